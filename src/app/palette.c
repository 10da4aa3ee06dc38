#include "config.h"

#include "palette.h"

#include "action-catalogue.h"

#include "service/fuzzy.h"
#include "service/help.h"

#include <glib/gi18n.h>
#include <string.h>

/* Looked through in one turn of the main loop: a network may have twenty thousand classes. */
#define COMMANDS_A_TURN 400
#define MAX_SHOWN 80
#define MAX_RECENT 6
/* What was used lately comes before what fits as well. */
#define RECENT_BONUS 12.0

/* ---- one row ---- */

#define WHY_TYPE_COMMAND (why_command_get_type ())
G_DECLARE_FINAL_TYPE (WhyCommand, why_command, WHY, COMMAND, GObject)

struct _WhyCommand
{
  GObject parent_instance;

  char *title;
  char *accel; /* nullable */
  char *action;
  GVariant *target; /* nullable */
  gboolean chosen;  /* the action has this value now */
};

G_DEFINE_FINAL_TYPE (WhyCommand, why_command, G_TYPE_OBJECT)

static void
why_command_finalize (GObject *object)
{
  WhyCommand *self = WHY_COMMAND (object);

  g_free (self->title);
  g_free (self->accel);
  g_free (self->action);
  g_clear_pointer (&self->target, g_variant_unref);
  G_OBJECT_CLASS (why_command_parent_class)->finalize (object);
}

static void
why_command_class_init (WhyCommandClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = why_command_finalize;
}

static void
why_command_init (WhyCommand *self)
{
}

/* ---- all that could be a row ---- */

typedef struct
{
  const WhyActionInfo *info;
  char *title;
  char *name;       /* of the action */
  GVariant *target; /* nullable */
  int recent;       /* 0: not used lately; the higher the later */
  double score;
} Candidate;

static void
candidate_free (gpointer data)
{
  Candidate *candidate = data;

  g_free (candidate->title);
  g_free (candidate->name);
  g_clear_pointer (&candidate->target, g_variant_unref);
  g_free (candidate);
}

struct _WhyPalette
{
  AdwWindow parent_instance;

  /* Template */
  GtkSearchEntry *entry;
  GtkStack *stack;
  GtkListView *list;
  GtkSingleSelection *selection;

  /* Owned */
  GSettings *settings;
  GPtrArray *candidates; /* of Candidate */
  GListStore *found;     /* of WhyCommand */
  GPtrArray *fitting;    /* of borrowed Candidate */
  char **recent;         /* detailed names, latest first */

  /* Borrowed */
  WhyWindow *window; /* this one is destroyed with it */

  /* State */
  guint scan_id;
  guint scanned;
};

G_DEFINE_FINAL_TYPE (WhyPalette, why_palette, ADW_TYPE_WINDOW)

static GAction *
find_action (WhyPalette *self, const char *name)
{
  if (g_str_has_prefix (name, "win."))
    return g_action_map_lookup_action (G_ACTION_MAP (self->window), name + strlen ("win."));
  if (g_str_has_prefix (name, "app."))
    return g_action_map_lookup_action (G_ACTION_MAP (gtk_window_get_application (GTK_WINDOW (self->window))),
                                       name + strlen ("app."));
  return NULL;
}

static int
rank_recent (WhyPalette *self, const char *name, GVariant *target)
{
  g_autofree char *detailed = g_action_print_detailed_name (name, target);
  const guint n_recent = g_strv_length (self->recent);

  for (guint rank = 0; rank < n_recent; rank++)
    {
      if (strcmp (self->recent[rank], detailed) == 0)
        return (int) (n_recent - rank);
    }
  return 0;
}

/* @value: (nullable): what comes after the title; @target: (nullable): consumed if floating */
static void
add_candidate (WhyPalette *self, const WhyActionInfo *info, const char *name, const char *value, GVariant *target)
{
  Candidate *candidate = g_new0 (Candidate, 1);

  candidate->info = info;
  candidate->name = g_strdup (name);
  candidate->target = target != NULL ? g_variant_ref_sink (target) : NULL;
  /* Translators: an action and one of its values, "Class: tabby" */
  candidate->title = value != NULL ? g_strdup_printf (_("%1$s: %2$s"), why_action_info_title (info), value)
                                   : g_strdup (why_action_info_title (info));
  candidate->recent = rank_recent (self, name, candidate->target);
  g_ptr_array_add (self->candidates, candidate);
}

/* ---- values ---- */

static void
add_classes (WhyPalette *self, const WhyActionInfo *info, const char *name)
{
  GListModel *classes = why_document_get_classes (why_window_get_document (self->window));
  const guint n_classes = g_list_model_get_n_items (classes);

  if (strcmp (name, "win.target-class") == 0)
    add_candidate (self, info, name, _("the most likely"), g_variant_new_int32 (-1));
  else
    add_candidate (self, info, name, _("none"), g_variant_new_int32 (-1));
  for (guint index = 0; index < n_classes; index++)
    {
      g_autoptr (WhyClassItem) item = g_list_model_get_item (classes, index);
      add_candidate (self, info, name, why_class_item_get_label (item), g_variant_new_int32 ((int) index));
    }
}

static void
add_layers (WhyPalette *self, const WhyActionInfo *info, const char *name)
{
  GListModel *layers = why_document_get_layers (why_window_get_document (self->window));

  for (guint index = 0; index < g_list_model_get_n_items (layers); index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (layers, index);
      add_candidate (self, info, name, why_layer_item_get_name (item), g_variant_new_string (why_layer_item_get_name (item)));
    }
}

static void
add_methods (WhyPalette *self, const WhyActionInfo *info, const char *name)
{
  WhyModel *model = why_document_get_model (why_window_get_document (self->window));
  gsize n_methods;
  const WhyExplainerClass *const *methods = why_explainer_list (&n_methods);

  for (gsize method = 0; method < n_methods; method++)
    {
      if (model == NULL || why_model_get_method_limitation (model, methods[method]->id) == NULL)
        add_candidate (self, info, name, _(methods[method]->title), g_variant_new_string (methods[method]->id));
    }
}

static void
add_profiles (WhyPalette *self, const WhyActionInfo *info, const char *name)
{
  const char *id = why_document_get_method (why_window_get_document (self->window));
  const WhyExplainerClass *method = why_explainer_lookup (id, NULL);
  gsize n_profiles;
  const WhyProfile *profiles = why_profile_list (&n_profiles);

  for (gsize profile = 0; method != NULL && profile < n_profiles; profile++)
    {
      if (why_profile_fits (&profiles[profile], method))
        add_candidate (self, info, name, _(profiles[profile].title), g_variant_new_string (profiles[profile].id));
    }
}

static void
add_colormaps (WhyPalette *self, const WhyActionInfo *info, const char *name)
{
  gsize n_colormaps;
  const WhyColormap *const *colormaps = why_colormap_list (&n_colormaps);

  for (gsize colormap = 0; colormap < n_colormaps; colormap++)
    add_candidate (self, info, name, why_colormap_get_title (colormaps[colormap]),
                   g_variant_new_string (why_colormap_get_id (colormaps[colormap])));
}

static void
add_shares (WhyPalette *self, const WhyActionInfo *info, const char *name)
{
  for (int percent = 0; percent <= 100; percent += 25)
    {
      g_autofree char *text = g_strdup_printf (_("%d%%"), percent);
      add_candidate (self, info, name, text, g_variant_new_double (percent / 100.0));
    }
}

static void
add_cases (WhyPalette *self, const WhyActionInfo *info, const char *name)
{
  GListModel *cases = G_LIST_MODEL (why_document_get_cases (why_window_get_document (self->window)));

  for (guint position = 0; position < g_list_model_get_n_items (cases); position++)
    {
      g_autoptr (WhyCase) item = g_list_model_get_item (cases, position);
      add_candidate (self, info, name, why_case_get_name (item), g_variant_new_int32 ((int) position));
    }
}

static void
add_help (WhyPalette *self, const WhyActionInfo *info, const char *name)
{
  g_auto (GStrv) ids = why_help_list (NULL);

  for (gsize page = 0; ids != NULL && ids[page] != NULL; page++)
    {
      g_autoptr (WhyHelpPage) help = why_help_load (ids[page], NULL);
      if (help != NULL)
        add_candidate (self, info, name, help->title, g_variant_new_string (ids[page]));
    }
}

static void
add_info (WhyPalette *self, const WhyActionInfo *info)
{
  g_autofree char *name = NULL;
  g_autoptr (GVariant) target = NULL;

  if (info->action == NULL || info->values == WHY_VALUES_SCRIPT ||
      !g_action_parse_detailed_name (info->action, &name, &target, NULL))
    return;
  GAction *action = find_action (self, name);
  if ((action != NULL && !g_action_get_enabled (action)) ||
      (action == NULL && strcmp (name, "window.close") != 0))
    return;
  switch (info->values)
    {
    case WHY_VALUES_CLASSES:
      add_classes (self, info, name);
      break;
    case WHY_VALUES_LAYERS:
      add_layers (self, info, name);
      break;
    case WHY_VALUES_METHODS:
      add_methods (self, info, name);
      break;
    case WHY_VALUES_PROFILES:
      add_profiles (self, info, name);
      break;
    case WHY_VALUES_COLORMAPS:
      add_colormaps (self, info, name);
      break;
    case WHY_VALUES_SHARES:
      add_shares (self, info, name);
      break;
    case WHY_VALUES_CASES:
      add_cases (self, info, name);
      break;
    case WHY_VALUES_HELP:
      add_help (self, info, name);
      break;
    case WHY_VALUES_NONE:
    case WHY_VALUES_SCRIPT:
    default:
      add_candidate (self, info, name, NULL, target);
      break;
    }
}

static void
fill (WhyPalette *self)
{
  gsize n_infos;
  const WhyActionInfo *infos = why_action_catalogue (&n_infos);

  for (gsize info = 0; info < n_infos; info++)
    add_info (self, &infos[info]);
}

/* ---- finding ---- */

static gint
compare_candidates (gconstpointer first, gconstpointer second)
{
  const Candidate *a = *(Candidate *const *) first;
  const Candidate *b = *(Candidate *const *) second;

  if (a->score != b->score)
    return a->score > b->score ? -1 : 1;
  if (a->recent != b->recent)
    return b->recent - a->recent;
  /* As the catalogue has them. */
  return a->info < b->info ? -1 : a->info > b->info ? 1 : 0;
}

static WhyCommand *
command_new (WhyPalette *self, const Candidate *candidate)
{
  WhyCommand *command = g_object_new (WHY_TYPE_COMMAND, NULL);
  GAction *action = find_action (self, candidate->name);
  guint key;
  GdkModifierType modifiers;

  command->title = g_strdup (candidate->title);
  command->action = g_strdup (candidate->name);
  command->target = candidate->target != NULL ? g_variant_ref (candidate->target) : NULL;
  if (candidate->info->accels[0] != NULL && gtk_accelerator_parse (candidate->info->accels[0], &key, &modifiers))
    command->accel = gtk_accelerator_get_label (key, modifiers);
  if (action != NULL && candidate->target != NULL)
    {
      g_autoptr (GVariant) state = g_action_get_state (action);
      command->chosen = state != NULL && g_variant_equal (state, candidate->target);
    }
  return command;
}

static void
show_found (WhyPalette *self)
{
  g_autoptr (GPtrArray) commands = g_ptr_array_new_with_free_func (g_object_unref);

  g_ptr_array_sort (self->fitting, compare_candidates);
  for (guint index = 0; index < MIN (self->fitting->len, MAX_SHOWN); index++)
    g_ptr_array_add (commands, command_new (self, g_ptr_array_index (self->fitting, index)));
  g_list_store_splice (self->found, 0, g_list_model_get_n_items (G_LIST_MODEL (self->found)), commands->pdata, commands->len);
  gtk_single_selection_set_selected (self->selection, 0);
  if (commands->len > 0)
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", 0);
  gtk_stack_set_visible_child_name (self->stack, commands->len > 0 ? "commands" : "nothing");
}

static gboolean
scan_cb (gpointer data)
{
  WhyPalette *self = data;
  const char *pattern = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  const guint end = MIN (self->scanned + COMMANDS_A_TURN, self->candidates->len);

  for (; self->scanned < end; self->scanned++)
    {
      Candidate *candidate = g_ptr_array_index (self->candidates, self->scanned);
      candidate->score = why_fuzzy_score (pattern, candidate->title);
      /* Nothing typed: what was used lately, then what is an action by itself. */
      if (candidate->score < 0 ||
          (candidate->score == 0 && candidate->recent == 0 && candidate->info->values != WHY_VALUES_NONE))
        continue;
      if (candidate->recent > 0)
        candidate->score += RECENT_BONUS;
      g_ptr_array_add (self->fitting, candidate);
    }
  if (self->scanned < self->candidates->len)
    return G_SOURCE_CONTINUE;
  self->scan_id = 0;
  show_found (self);
  return G_SOURCE_REMOVE;
}

static void
on_changed_cb (WhyPalette *self)
{
  g_ptr_array_set_size (self->fitting, 0);
  self->scanned = 0;
  if (self->scan_id == 0)
    self->scan_id = g_idle_add_full (GDK_PRIORITY_REDRAW, scan_cb, self, NULL);
}

/* ---- doing ---- */

static void
remember (WhyPalette *self, WhyCommand *command)
{
  g_autofree char *detailed = g_action_print_detailed_name (command->action, command->target);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint n_kept = 1;

  g_strv_builder_add (builder, detailed);
  for (gsize rank = 0; self->recent[rank] != NULL && n_kept < MAX_RECENT; rank++)
    {
      if (strcmp (self->recent[rank], detailed) == 0)
        continue;
      g_strv_builder_add (builder, self->recent[rank]);
      n_kept++;
    }
  g_auto (GStrv) recent = g_strv_builder_end (builder);
  g_settings_set_strv (self->settings, "recent-commands", (const char *const *) recent);
}

void
why_palette_run (WhyPalette *self)
{
  g_return_if_fail (WHY_IS_PALETTE (self));

  /* Enter may come before the list is up to date with the letters. */
  while (self->scan_id != 0)
    {
      const guint id = self->scan_id;
      if (!scan_cb (self))
        g_source_remove (id);
    }
  g_autoptr (WhyCommand) command = NULL;
  if (gtk_single_selection_get_selected_item (self->selection) != NULL)
    command = g_object_ref (gtk_single_selection_get_selected_item (self->selection));
  if (command == NULL)
    return;
  g_autoptr (WhyWindow) window = g_object_ref (self->window);
  remember (self, command);
  gtk_window_destroy (GTK_WINDOW (self));
  gtk_widget_activate_action_variant (GTK_WIDGET (window), command->action, command->target);
}

static void
on_activate_cb (WhyPalette *self, guint position)
{
  gtk_single_selection_set_selected (self->selection, position);
  why_palette_run (self);
}

static gboolean
on_key_pressed_cb (GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, WhyPalette *self)
{
  const guint n_found = why_palette_get_n_found (self);
  int step = 0;

  switch (keyval)
    {
    case GDK_KEY_Down:
      step = 1;
      break;
    case GDK_KEY_Up:
      step = -1;
      break;
    case GDK_KEY_Page_Down:
      step = 8;
      break;
    case GDK_KEY_Page_Up:
      step = -8;
      break;
    case GDK_KEY_Escape:
      gtk_window_close (GTK_WINDOW (self));
      return TRUE;
    default:
      return FALSE;
    }
  if (n_found > 0)
    {
      const int selected = (int) gtk_single_selection_get_selected (self->selection);
      const guint next = (guint) CLAMP (selected + step, 0, (int) n_found - 1);
      gtk_single_selection_set_selected (self->selection, next);
      gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", next);
    }
  return TRUE;
}

/* ---- rows ---- */

static void
on_setup_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *title = gtk_label_new (NULL);
  GtkWidget *chosen = gtk_image_new_from_icon_name ("object-select-symbolic");
  GtkWidget *accel = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (title, TRUE);
  gtk_widget_add_css_class (accel, "dim-label");
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), chosen);
  gtk_box_append (GTK_BOX (box), accel);
  gtk_list_item_set_child (list_item, box);
}

static void
on_bind_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  WhyCommand *command = gtk_list_item_get_item (list_item);
  GtkWidget *title = gtk_widget_get_first_child (gtk_list_item_get_child (list_item));
  GtkWidget *chosen = gtk_widget_get_next_sibling (title);
  GtkWidget *accel = gtk_widget_get_next_sibling (chosen);

  gtk_label_set_label (GTK_LABEL (title), command->title);
  gtk_widget_set_tooltip_text (title, command->title);
  gtk_widget_set_visible (chosen, command->chosen);
  gtk_accessible_update_property (GTK_ACCESSIBLE (chosen), GTK_ACCESSIBLE_PROPERTY_LABEL, _("chosen"), -1);
  gtk_label_set_label (GTK_LABEL (accel), command->accel != NULL ? command->accel : "");
}

/* ---- life ---- */

static void
why_palette_dispose (GObject *object)
{
  WhyPalette *self = WHY_PALETTE (object);

  g_clear_handle_id (&self->scan_id, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_PALETTE);
  g_clear_object (&self->settings);
  g_clear_object (&self->found);
  g_clear_pointer (&self->fitting, g_ptr_array_unref);
  g_clear_pointer (&self->candidates, g_ptr_array_unref);
  g_clear_pointer (&self->recent, g_strfreev);
  G_OBJECT_CLASS (why_palette_parent_class)->dispose (object);
}

static void
why_palette_class_init (WhyPaletteClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_palette_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/palette.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyPalette, entry);
  gtk_widget_class_bind_template_child (widget_class, WhyPalette, stack);
  gtk_widget_class_bind_template_child (widget_class, WhyPalette, list);
  gtk_widget_class_bind_template_child (widget_class, WhyPalette, selection);
}

static void
why_palette_init (WhyPalette *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  self->settings = g_settings_new (WHY_APP_ID);
  self->recent = g_settings_get_strv (self->settings, "recent-commands");
  self->candidates = g_ptr_array_new_with_free_func (candidate_free);
  self->fitting = g_ptr_array_new ();
  self->found = g_list_store_new (WHY_TYPE_COMMAND);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->found));
  g_signal_connect (factory, "setup", G_CALLBACK (on_setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind_cb), NULL);
  gtk_list_view_set_factory (self->list, factory);
  /* The entry keeps the focus: arrow keys move the choice below it. */
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  g_signal_connect_swapped (self->entry, "changed", G_CALLBACK (on_changed_cb), self);
  g_signal_connect_swapped (self->entry, "activate", G_CALLBACK (why_palette_run), self);
  g_signal_connect_swapped (self->list, "activate", G_CALLBACK (on_activate_cb), self);
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
}

GtkWidget *
why_palette_new (WhyWindow *window)
{
  WhyPalette *self = g_object_new (WHY_TYPE_PALETTE, "transient-for", window, NULL);
  const int width = gtk_widget_get_width (GTK_WIDGET (window));
  const int height = gtk_widget_get_height (GTK_WIDGET (window));

  self->window = window;
  if (width > 0 && height > 0)
    gtk_window_set_default_size (GTK_WINDOW (self), CLAMP (width - 24, 320, 520), CLAMP (height - 120, 240, 440));
  fill (self);
  on_changed_cb (self);
  return GTK_WIDGET (self);
}

void
why_palette_set_text (WhyPalette *self, const char *text)
{
  g_return_if_fail (WHY_IS_PALETTE (self));
  gtk_editable_set_text (GTK_EDITABLE (self->entry), text);
}

gboolean
why_palette_is_settled (WhyPalette *self)
{
  g_return_val_if_fail (WHY_IS_PALETTE (self), TRUE);
  return self->scan_id == 0;
}

guint
why_palette_get_n_found (WhyPalette *self)
{
  g_return_val_if_fail (WHY_IS_PALETTE (self), 0);
  return g_list_model_get_n_items (G_LIST_MODEL (self->found));
}

const char *
why_palette_get_title (WhyPalette *self, guint position)
{
  g_return_val_if_fail (WHY_IS_PALETTE (self), NULL);
  g_autoptr (WhyCommand) command = g_list_model_get_item (G_LIST_MODEL (self->found), position);
  return command != NULL ? command->title : NULL;
}
