#include "config.h"

#include "session-file-private.h"

#include "base/error.h"
#include "base/json-text.h"
#include "annotation-private.h"
#include "checksum.h"
#include "service/json.h"
#include "session-compare.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define VERSION 1
#define MAX_BYTES (8u << 20)
#define MAX_DEPTH 8
#define MAX_OCCLUSIONS 10000
#define MAX_CASES 100000
#define MAX_ALSO_CLASSES 100000

void
why_session_file_free (WhySessionFile *session)
{
  g_free (session->model_path);
  g_free (session->picture_path);
  g_free (session->labels_path);
  for (int source = 0; source < WHY_SESSION_N_SOURCES; source++)
    g_free (session->checksums[source]);
  g_strfreev (session->cases);
  g_free (session->class_name);
  why_document_state_clear (&session->state);
  g_clear_pointer (&session->covers, g_array_unref);
  g_clear_pointer (&session->annotations, g_array_unref);
  g_clear_pointer (&session->steps, g_ptr_array_unref);
  g_free (session->fill);
  g_free (session->warning);
  g_free (session);
}

static char **
path_of (WhySessionFile *session, WhySessionSource source)
{
  return source == WHY_SESSION_MODEL     ? &session->model_path
         : source == WHY_SESSION_PICTURE ? &session->picture_path
                                         : &session->labels_path;
}

const char *
why_session_file_get_path (const WhySessionFile *session, WhySessionSource source)
{
  return *path_of ((WhySessionFile *) session, source);
}

void
why_session_file_set_path (WhySessionFile *session, WhySessionSource source, const char *path)
{
  char **field = path_of (session, source);

  g_free (*field);
  *field = g_strdup (path);
}

static void
warn_of_change (WhySessionFile *session, WhySessionSource source)
{
  static const char *const sentences[WHY_SESSION_N_SOURCES] = {
    N_ ("The model has changed since the session was saved"),
    N_ ("The picture has changed since the session was saved"),
    N_ ("The class names have changed since the session was saved"),
  };
  g_autofree char *before = g_steal_pointer (&session->warning);

  if (before == NULL)
    session->warning = g_strdup (_ (sentences[source]));
  else if (source == WHY_SESSION_PICTURE && strcmp (before, _ (sentences[WHY_SESSION_MODEL])) == 0)
    session->warning = g_strdup (_ ("Model and picture have changed since the session was saved"));
  else
    session->warning = g_strdup_printf ("%s. %s", before, _ (sentences[source]));
}

void
why_session_file_found (WhySessionFile *session, WhySessionSource source, const char *path, const char *checksum)
{
  why_session_file_set_path (session, source, path);
  session->missing &= ~(1u << source);
  if (session->checksums[source] != NULL && g_ascii_strcasecmp (session->checksums[source], checksum) != 0)
    warn_of_change (session, source);
}

/* ---- writing ---- */

char *
why_session_relative_path (const char *folder, const char *path)
{
  g_auto (GStrv) from = g_strsplit (folder, G_DIR_SEPARATOR_S, -1);
  g_auto (GStrv) to = g_strsplit (path, G_DIR_SEPARATOR_S, -1);
  GString *relative = g_string_new (NULL);
  gsize same = 0;

  while (from[same] != NULL && to[same] != NULL && strcmp (from[same], to[same]) == 0)
    same++;
  for (gsize part = same; from[part] != NULL && *from[part] != '\0'; part++)
    g_string_append (relative, "../");
  for (gsize part = same; to[part] != NULL; part++)
    g_string_append_printf (relative, "%s%s", to[part], to[part + 1] != NULL ? G_DIR_SEPARATOR_S : "");
  return g_string_free (relative, FALSE);
}

static gboolean
add_file (JsonBuilder *builder, const char *name, const char *folder, const char *path, gboolean with_checksum,
          WhyCancel *cancel, GError **error)
{
  json_builder_set_member_name (builder, name);
  if (path == NULL)
    {
      json_builder_add_null_value (builder);
      return TRUE;
    }
  g_autofree char *checksum = with_checksum ? why_checksum_file (path, cancel, error) : NULL;
  g_autofree char *relative = why_session_relative_path (folder, path);
  if (with_checksum && checksum == NULL)
    return FALSE;
  if (!g_utf8_validate (relative, -1, NULL))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "The file name %s is not UTF-8 text, so a session cannot hold it; rename the file", relative);
      return FALSE;
    }
  json_builder_begin_object (builder);
  why_json_add_string (builder, "path", relative);
  if (checksum != NULL)
    why_json_add_string (builder, "sha256", checksum);
  json_builder_end_object (builder);
  return TRUE;
}

/* A name that is no text is left out: the session is of the picture that is shown. */
static void
add_cases (JsonBuilder *builder, char **cases, const char *folder)
{
  json_builder_set_member_name (builder, "cases");
  json_builder_begin_array (builder);
  for (gsize index = 0; cases[index] != NULL; index++)
    {
      g_autofree char *relative = why_session_relative_path (folder, cases[index]);
      if (g_utf8_validate (relative, -1, NULL))
        json_builder_add_string_value (builder, relative);
    }
  json_builder_end_array (builder);
}

static void
add_target (JsonBuilder *builder, const WhyDocumentTarget *target)
{
  why_json_add_string (builder, "score", why_score_id (target->score));
  why_json_add_string (builder, "region", target->region);
  json_builder_set_member_name (builder, "also_classes");
  json_builder_begin_array (builder);
  for (guint index = 0; index < target->also_classes->len; index++)
    json_builder_add_int_value (builder, g_array_index (target->also_classes, int, index));
  json_builder_end_array (builder);
}

static void
add_look (JsonBuilder *builder, const WhyDocumentLook *look)
{
  why_json_add_double (builder, "clip", look->clip);
  why_json_add_boolean (builder, "contours", look->contours);
  why_json_add_int (builder, "contour_levels", look->contour_levels);
  why_json_add_boolean (builder, "contour_labels", look->contour_labels);
  why_json_add_string (builder, "alpha", why_document_alpha_id (look->alpha));
  why_json_add_string (builder, "colour_vision", why_vision_id (look->vision));
}

void
why_session_add_state (JsonBuilder *builder, const WhyDocumentState *state, const GArray *covers)
{
  why_json_add_int (builder, "target_class", state->target_class);
  why_json_add_int (builder, "contrast_class", state->contrast_class);
  why_json_add_string (builder, "layer", state->layer);
  why_json_add_string (builder, "method", state->method);
  why_json_add_string (builder, "profile", state->profile);
  why_json_add_string (builder, "method_options", state->method_options);
  why_json_add_string (builder, "polarity", state->polarity);
  why_json_add_string (builder, "colormap", state->colormap);
  why_json_add_string (builder, "limits", state->limits);
  why_json_add_double (builder, "lo", state->lo);
  why_json_add_double (builder, "hi", state->hi);
  why_json_add_double (builder, "opacity", state->opacity);
  why_json_add_double (builder, "threshold", state->threshold);
  why_json_add_boolean (builder, "show_map", state->show_map);
  why_json_add_boolean (builder, "smooth", state->smooth);
  add_target (builder, &state->target);
  add_look (builder, &state->look);
  why_session_add_view (builder, &state->view);
  why_json_add_double (builder, "um_per_pixel", state->um_per_pixel);
  if (state->roi.width > 0)
    {
      g_autofree char *roi = why_roi_to_string (&state->roi);
      why_json_add_string (builder, "roi", roi);
    }
  json_builder_set_member_name (builder, "occlusions");
  json_builder_begin_array (builder);
  for (guint index = 0; index < covers->len; index++)
    why_cover_write (&g_array_index (covers, WhyCover, index), builder);
  json_builder_end_array (builder);
}

gboolean
why_session_file_write (const WhySessionFile *session, const char *path, WhyCancel *cancel, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *full = g_canonicalize_filename (path, NULL);
  g_autofree char *folder = g_path_get_dirname (full);
  g_autoptr (GError) failure = NULL;

  json_builder_begin_object (builder);
  why_json_add_string (builder, "whylight", "session");
  why_json_add_int (builder, "version", VERSION);
  why_json_add_string (builder, "program", WHY_VERSION);
  const gboolean sums = !session->without_checksums;
  if (!add_file (builder, "model", folder, session->model_path, sums, cancel, error) ||
      !add_file (builder, "picture", folder, session->picture_path, sums, cancel, error) ||
      (session->labels_path != NULL && !add_file (builder, "labels", folder, session->labels_path, sums, cancel, error)))
    return FALSE;
  if (session->cases != NULL)
    add_cases (builder, session->cases, folder);
  why_session_add_state (builder, &session->state, session->covers);
  why_session_compare_add (builder, session->state.comparison, session->state.curtain, folder);
  why_session_add_annotations (builder, session->annotations);
  why_json_add_string (builder, "fill", session->fill);
  if (session->slice >= 0)
    {
      why_json_add_string (builder, "plane", why_plane_kind_to_string (session->plane));
      why_json_add_int (builder, "slice", session->slice);
    }
  if (session->cross[0] >= 0)
    why_session_add_cross_hair (builder, session->cross);
  why_session_add_steps (builder, session->steps, folder);
  json_builder_end_object (builder);
  g_autofree char *json = why_json_finish (builder);
  g_autofree char *text = g_strconcat (json, "\n", NULL);
  if (g_file_set_contents_full (full, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666, &failure))
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be written: %s", path, failure->message);
  return FALSE;
}

/* ---- reading ---- */

static gboolean
fits (JsonNode *node, WhySessionKind kind)
{
  if (JSON_NODE_HOLDS_NULL (node))
    return kind == WHY_SESSION_TEXT_OR_NULL;
  if (!JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  const GType type = json_node_get_value_type (node);
  switch (kind)
    {
    case WHY_SESSION_TEXT:
    case WHY_SESSION_TEXT_OR_NULL:
      return type == G_TYPE_STRING;
    case WHY_SESSION_NUMBER:
      return (type == G_TYPE_DOUBLE || type == G_TYPE_INT64) && isfinite (json_node_get_double (node));
    case WHY_SESSION_WHOLE:
      return type == G_TYPE_INT64;
    case WHY_SESSION_TRUTH:
      return type == G_TYPE_BOOLEAN;
    default:
      return FALSE;
    }
}

/* Sets @target (char **, double *, gint64 * or gboolean *) from a member, if it is there. */
gboolean
why_session_take (JsonObject *object, const char *name, WhySessionKind kind, gpointer target, GError **error)
{
  static const char *const wanted[] = { "a string", "a string or null", "a number", "a whole number", "true or false" };
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    return TRUE;
  if (!fits (node, kind))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: %s is needed", name, wanted[kind]);
      return FALSE;
    }
  if (kind == WHY_SESSION_TEXT || kind == WHY_SESSION_TEXT_OR_NULL)
    {
      g_free (*(char **) target);
      *(char **) target = JSON_NODE_HOLDS_NULL (node) ? NULL : json_node_dup_string (node);
    }
  else if (kind == WHY_SESSION_NUMBER)
    *(double *) target = json_node_get_double (node);
  else if (kind == WHY_SESSION_WHOLE)
    *(gint64 *) target = json_node_get_int (node);
  else
    *(gboolean *) target = json_node_get_boolean (node);
  return TRUE;
}

gboolean
why_session_check_keys (JsonObject *object, const char *const *known, gsize n_known, GError **error)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *member = members; member != NULL; member = member->next)
    {
      gboolean found = FALSE;

      for (gsize key = 0; key < n_known && !found; key++)
        found = strcmp (member->data, known[key]) == 0;
      if (!found)
        {
          g_autofree char *nearest = why_error_nearest (member->data, known, n_known);
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "key \"%.60s\" is not known%s", (char *) member->data, nearest);
          return FALSE;
        }
    }
  return TRUE;
}

/* A file that the session names. */
static gboolean
take_file (WhySessionFile *session, JsonObject *object, WhySessionSource source, const char *folder, WhyCancel *cancel,
           GError **error)
{
  static const char *const names[WHY_SESSION_N_SOURCES] = { "model", "picture", "labels" };
  static const char *const known[] = { "path", "sha256" };
  const char *name = names[source];
  JsonNode *node = json_object_get_member (object, name);
  g_autofree char *relative = NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  JsonObject *file = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  if (file == NULL || !json_object_has_member (file, "path"))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: an object with a path is needed", name);
      return FALSE;
    }
  if (!why_session_check_keys (file, known, G_N_ELEMENTS (known), error) ||
      !why_session_take (file, "path", WHY_SESSION_TEXT, &relative, error) ||
      !why_session_take (file, "sha256", WHY_SESSION_TEXT, &session->checksums[source], error))
    {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }
  g_autofree char *path = g_canonicalize_filename (relative, folder);
  why_session_file_set_path (session, source, path);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      session->missing |= 1u << source;
      return TRUE;
    }
  if (session->checksums[source] == NULL)
    return TRUE;
  g_autofree char *checksum = why_checksum_file (path, cancel, error);
  if (checksum == NULL)
    return FALSE;
  why_session_file_found (session, source, path, checksum);
  return TRUE;
}

static gboolean
take_cases (WhySessionFile *session, JsonObject *object, const char *folder, GError **error)
{
  JsonNode *node = json_object_get_member (object, "cases");
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  const guint n_cases = array != NULL ? json_array_get_length (array) : 0;

  if (node == NULL)
    return TRUE;
  if (array == NULL || n_cases > MAX_CASES)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "cases: a list of at most %d paths is needed", MAX_CASES);
      return FALSE;
    }
  session->cases = g_new0 (char *, n_cases + 1);
  for (guint index = 0; index < n_cases; index++)
    {
      JsonNode *element = json_array_get_element (array, index);
      if (!fits (element, WHY_SESSION_TEXT))
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "cases: number %u: a path is needed", index + 1);
          return FALSE;
        }
      session->cases[index] = g_canonicalize_filename (json_node_get_string (element), folder);
    }
  return TRUE;
}

static gboolean
take_occlusions (JsonObject *object, GArray *covers, GError **error)
{
  JsonNode *node = json_object_get_member (object, "occlusions");
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (node == NULL)
    return TRUE;
  if (array == NULL || json_array_get_length (array) > MAX_OCCLUSIONS)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "occlusions: a list of at most %d is needed", MAX_OCCLUSIONS);
      return FALSE;
    }
  for (guint index = 0; index < json_array_get_length (array); index++)
    {
      WhyCover cover;

      if (!why_cover_read (json_array_get_element (array, index), &cover, error))
        {
          g_prefix_error (error, "occlusions: number %u: ", index + 1);
          return FALSE;
        }
      g_array_append_val (covers, cover);
    }
  return TRUE;
}

static gboolean
take_class (JsonObject *object, const char *name, int *class, GError **error)
{
  gint64 number = *class;

  if (!why_session_take (object, name, WHY_SESSION_WHOLE, &number, error))
    return FALSE;
  if (number < -1 || number > G_MAXINT)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: %" G_GINT64_FORMAT " is no class", name, number);
      return FALSE;
    }
  *class = (int) number;
  return TRUE;
}

static gboolean
take_also_classes (JsonObject *object, GArray **also_classes, GError **error)
{
  JsonNode *node = json_object_get_member (object, "also_classes");
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (node == NULL)
    return TRUE;
  gboolean fine = array != NULL && json_array_get_length (array) <= MAX_ALSO_CLASSES;
  g_autoptr (GArray) classes = g_array_new (FALSE, FALSE, sizeof (int));
  for (guint index = 0; fine && index < json_array_get_length (array); index++)
    {
      JsonNode *element = json_array_get_element (array, index);
      fine = fits (element, WHY_SESSION_WHOLE) && json_node_get_int (element) >= 0 && json_node_get_int (element) <= G_MAXINT;
      const int number = fine ? (int) json_node_get_int (element) : 0;
      g_array_append_val (classes, number);
    }
  if (!fine)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "also_classes: a list of at most %d classes is needed", MAX_ALSO_CLASSES);
      return FALSE;
    }
  g_array_unref (*also_classes);
  *also_classes = g_steal_pointer (&classes);
  return TRUE;
}

static gboolean
take_target (JsonObject *object, WhyDocumentTarget *target, GError **error)
{
  g_autofree char *score = NULL;
  WhyRegionKind kind;
  double numbers[4];

  if (!why_session_take (object, "score", WHY_SESSION_TEXT, &score, error) || !why_session_take (object, "region", WHY_SESSION_TEXT, &target->region, error) ||
      !take_also_classes (object, &target->also_classes, error))
    return FALSE;
  if ((score != NULL && !why_score_parse (score, &target->score, error)) ||
      !why_region_parse (target->region, &kind, numbers, error))
    return FALSE;
  return TRUE;
}

static gboolean
take_look (JsonObject *object, WhyDocumentLook *look, GError **error)
{
  g_autofree char *alpha = NULL;
  g_autofree char *vision = NULL;
  gint64 levels = look->contour_levels;

  if (!why_session_take (object, "clip", WHY_SESSION_NUMBER, &look->clip, error) || !why_session_take (object, "contours", WHY_SESSION_TRUTH, &look->contours, error) ||
      !why_session_take (object, "contour_levels", WHY_SESSION_WHOLE, &levels, error) ||
      !why_session_take (object, "contour_labels", WHY_SESSION_TRUTH, &look->contour_labels, error) || !why_session_take (object, "alpha", WHY_SESSION_TEXT, &alpha, error) ||
      !why_session_take (object, "colour_vision", WHY_SESSION_TEXT, &vision, error))
    return FALSE;
  if (alpha != NULL && !why_document_alpha_parse (alpha, &look->alpha))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "alpha: \"%.40s\" is not known; there are auto, uniform and value", alpha);
      return FALSE;
    }
  look->clip = CLAMP (look->clip, 0.0, 0.5);
  look->contour_levels = (int) CLAMP (levels, 1, WHY_MAX_CONTOURS);
  return vision == NULL || why_vision_parse (vision, &look->vision, error);
}

/* Absent where none was chosen. */
static gboolean
take_roi (JsonObject *object, WhyRoi *roi, GError **error)
{
  g_autofree char *text = NULL;

  if (!why_session_take (object, "roi", WHY_SESSION_TEXT_OR_NULL, &text, error) ||
      (text != NULL && !why_roi_parse (text, roi, error)))
    {
      g_prefix_error_literal (error, "roi: ");
      return FALSE;
    }
  return TRUE;
}

gboolean
why_session_take_state (JsonObject *object, WhyDocumentState *state, GArray *covers, GError **error)
{
  if (!take_class (object, "target_class", &state->target_class, error) ||
      !take_class (object, "contrast_class", &state->contrast_class, error) ||
      !why_session_take (object, "layer", WHY_SESSION_TEXT_OR_NULL, &state->layer, error) ||
      !why_session_take (object, "method", WHY_SESSION_TEXT, &state->method, error) ||
      !why_session_take (object, "profile", WHY_SESSION_TEXT, &state->profile, error) ||
      !why_session_take (object, "method_options", WHY_SESSION_TEXT_OR_NULL, &state->method_options, error) ||
      !why_session_take (object, "polarity", WHY_SESSION_TEXT, &state->polarity, error) ||
      !why_session_take (object, "colormap", WHY_SESSION_TEXT_OR_NULL, &state->colormap, error) ||
      !why_session_take (object, "limits", WHY_SESSION_TEXT, &state->limits, error) ||
      !why_session_take (object, "lo", WHY_SESSION_NUMBER, &state->lo, error) ||
      !why_session_take (object, "hi", WHY_SESSION_NUMBER, &state->hi, error) ||
      !why_session_take (object, "opacity", WHY_SESSION_NUMBER, &state->opacity, error) ||
      !why_session_take (object, "threshold", WHY_SESSION_NUMBER, &state->threshold, error) ||
      !why_session_take (object, "show_map", WHY_SESSION_TRUTH, &state->show_map, error) ||
      !why_session_take (object, "smooth", WHY_SESSION_TRUTH, &state->smooth, error) ||
      !why_session_take (object, "um_per_pixel", WHY_SESSION_NUMBER, &state->um_per_pixel, error) ||
      !take_roi (object, &state->roi, error) ||
      !take_target (object, &state->target, error) || !take_look (object, &state->look, error) ||
      !why_session_take_view (object, &state->view, error) ||
      !take_occlusions (object, covers, error))
    return FALSE;
  if (strcmp (state->limits, "own") != 0 && strcmp (state->limits, "locked") != 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "limits: \"%.40s\" is not known; there are own and locked", state->limits);
      return FALSE;
    }
  state->opacity = CLAMP (state->opacity, 0.0, 1.0);
  state->threshold = CLAMP (state->threshold, 0.0, 1.0);
  state->um_per_pixel = CLAMP (state->um_per_pixel, 0.0, 1e9);
  return TRUE;
}

static gboolean
take_object (WhySessionFile *session, JsonObject *object, const char *folder, WhyCancel *cancel, GError **error)
{
  static const char *const known[] = {
    "whylight", "version", "program", "model", "picture", "labels", "cases", "target_class", "contrast_class",
    "layer", "method", "profile", "method_options", "polarity", "colormap", "limits", "lo", "hi", "opacity",
    "threshold", "show_map", "smooth", "um_per_pixel", "roi", "fill", "plane", "slice", "occlusions", "score",
    "region", "also_classes", "clip", "contours", "contour_levels", "contour_labels", "alpha", "colour_vision",
    "compare", "annotations", "steps", "planes", "projection", "cross_hair", "mirrored", "rotation", "window_width",
    "window_level",
  };
  WhyDocumentState *state = &session->state;
  g_autofree char *kind = NULL;
  g_autofree char *plane = NULL;
  gint64 version = 0;

  if (!why_session_take (object, "whylight", WHY_SESSION_TEXT, &kind, error) || !why_session_take (object, "version", WHY_SESSION_WHOLE, &version, error))
    return FALSE;
  if (g_strcmp0 (kind, "session") != 0)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "is no session of this program");
      return FALSE;
    }
  if (version != VERSION)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "is a session of version %" G_GINT64_FORMAT "; this program knows version %d", version, VERSION);
      return FALSE;
    }
  if (!why_session_check_keys (object, known, G_N_ELEMENTS (known), error) ||
      !why_session_take_state (object, state, session->covers, error) ||
      !why_session_take (object, "fill", WHY_SESSION_TEXT, &session->fill, error) ||
      !why_session_take (object, "plane", WHY_SESSION_TEXT, &plane, error) ||
      !why_session_take (object, "slice", WHY_SESSION_WHOLE, &session->slice, error) ||
      !why_session_take_cross_hair (object, session->cross, error) ||
      !why_session_compare_take (object, folder, &state->comparison, &state->curtain, error) ||
      !why_session_take_steps (object, folder, session->steps, error) ||
      !take_cases (session, object, folder, error) ||
      !take_file (session, object, WHY_SESSION_MODEL, folder, cancel, error) ||
      !take_file (session, object, WHY_SESSION_PICTURE, folder, cancel, error) ||
      !take_file (session, object, WHY_SESSION_LABELS, folder, cancel, error) ||
      !why_session_take_annotations (object, session->annotations, error))
    return FALSE;
  if (plane != NULL && !why_plane_kind_from_string (plane, &session->plane))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "plane: \"%.40s\" is not known; there are axial, coronal and sagittal", plane);
      return FALSE;
    }
  return TRUE;
}

static char *
read_text (const char *path, gsize *length, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) failure = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, &failure);
  char *text = g_malloc (MAX_BYTES + 1);

  if (stream == NULL || !g_input_stream_read_all (G_INPUT_STREAM (stream), text, MAX_BYTES + 1, length, NULL, &failure))
    g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "cannot be read: %s", failure->message);
  else if (*length > MAX_BYTES)
    g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "is larger than a session can be (%u MB)", MAX_BYTES >> 20);
  else if (!g_utf8_validate_len (text, *length, NULL))
    g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "is not UTF-8 text");
  else
    return text;
  g_free (text);
  return NULL;
}

WhySessionFile *
why_session_file_read (const char *path, WhyCancel *cancel, GError **error)
{
  g_autoptr (WhySessionFile) session = g_new0 (WhySessionFile, 1);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autofree char *full = g_canonicalize_filename (path, NULL);
  g_autofree char *folder = g_path_get_dirname (full);
  g_autoptr (GError) failure = NULL;
  gsize length = 0;
  g_autofree char *text = read_text (full, &length, &failure);

  why_document_state_init (&session->state);
  session->covers = why_cover_array_new ();
  session->annotations = why_annotation_data_new ();
  session->steps = why_session_steps_new ();
  session->slice = -1;
  session->cross[0] = -1;
  gboolean fine = text != NULL && why_json_text_check (text, length, MAX_DEPTH, &failure);
  if (fine && !json_parser_load_from_data (parser, text, (gssize) length, &failure))
    {
      g_prefix_error_literal (&failure, "is not JSON: ");
      fine = FALSE;
    }
  JsonNode *root = fine ? json_parser_get_root (parser) : NULL;
  if (fine && (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)))
    g_set_error_literal (&failure, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "is not a JSON object");
  else if (fine && take_object (session, json_node_get_object (root), folder, cancel, &failure))
    return g_steal_pointer (&session);
  if (g_error_matches (failure, WHY_ERROR, WHY_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&failure));
  else
    g_set_error (error, WHY_ERROR, failure->domain == WHY_ERROR ? failure->code : WHY_ERROR_BAD_REQUEST, "%s: %s", path,
                 failure->message);
  return NULL;
}
