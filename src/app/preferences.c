#include "config.h"

#include "preferences.h"

#include "base/parallel.h"
#include "draw/colormap.h"
#include "explain/explain.h"
#include "service/runner.h"

#include <glib/gi18n.h>
#include <string.h>

/* A list of ids with titles in a combo row, bound to a setting that holds an id. */
typedef struct
{
  GSettings *settings; /* owned */
  const char *key;
  GPtrArray *ids; /* of static strings */
} Choice;

static void
choice_free (gpointer data, GClosure *closure)
{
  Choice *choice = data;

  g_object_unref (choice->settings);
  g_ptr_array_unref (choice->ids);
  g_free (choice);
}

static void
on_chosen_cb (AdwComboRow *row, GParamSpec *pspec, gpointer data)
{
  const Choice *choice = data;
  const guint selected = adw_combo_row_get_selected (row);

  if (selected < choice->ids->len)
    g_settings_set_string (choice->settings, choice->key, g_ptr_array_index (choice->ids, selected));
}

/* @ids: (transfer full) */
static void
bind_choice (AdwComboRow *row, GSettings *settings, const char *key, GPtrArray *ids, GtkStringList *titles)
{
  Choice *choice = g_new0 (Choice, 1);
  g_autofree char *present = g_settings_get_string (settings, key);

  choice->settings = g_object_ref (settings);
  choice->key = key;
  choice->ids = ids;
  adw_combo_row_set_model (row, G_LIST_MODEL (titles));
  for (guint index = 0; index < ids->len; index++)
    {
      if (strcmp (g_ptr_array_index (ids, index), present) == 0)
        adw_combo_row_set_selected (row, index);
    }
  g_signal_connect_data (row, "notify::selected", G_CALLBACK (on_chosen_cb), choice, choice_free, 0);
}

static void
bind_methods (AdwComboRow *row, GSettings *settings)
{
  gsize n_methods;
  const WhyExplainerClass *const *methods = why_explainer_list (&n_methods);
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);
  GPtrArray *ids = g_ptr_array_new ();

  for (gsize method = 0; method < n_methods; method++)
    {
      /* Controls are for comparing; nobody begins with them. */
      if ((methods[method]->needs & WHY_IS_CONTROL) != 0)
        continue;
      gtk_string_list_append (titles, _(methods[method]->title));
      g_ptr_array_add (ids, (gpointer) methods[method]->id);
    }
  bind_choice (row, settings, "method", ids, titles);
}

static void
bind_colormaps (AdwComboRow *row, GSettings *settings)
{
  gsize n_colormaps;
  const WhyColormap *const *colormaps = why_colormap_list (&n_colormaps);
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);
  GPtrArray *ids = g_ptr_array_new ();

  for (gsize colormap = 0; colormap < n_colormaps; colormap++)
    {
      gtk_string_list_append (titles, why_colormap_get_title (colormaps[colormap]));
      g_ptr_array_add (ids, (gpointer) why_colormap_get_id (colormaps[colormap]));
    }
  bind_choice (row, settings, "colormap", ids, titles);
}

static void
on_color_scheme_cb (AdwComboRow *row, GParamSpec *pspec, GSettings *settings)
{
  g_settings_set_enum (settings, "color-scheme", (int) adw_combo_row_get_selected (row));
}

void
why_preferences_show (GtkWindow *parent, GSettings *settings)
{
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_resource ("/io/github/whylight/Whylight/preferences.ui");
  GtkWindow *window = GTK_WINDOW (gtk_builder_get_object (builder, "preferences"));
  GObject *color_scheme = gtk_builder_get_object (builder, "color_scheme");
  static const struct
  {
    const char *id;
    const char *property;
    const char *key;
  } bindings[] = {
    { "smooth", "active", "smooth" },           { "autosave", "active", "autosave" },
    { "predict_cases", "active", "predict-cases" }, { "threads", "value", "threads" },
    { "memory", "value", "memory-budget" },     { "opacity", "value", "opacity" },
  };

  adw_combo_row_set_selected (ADW_COMBO_ROW (color_scheme), (guint) g_settings_get_enum (settings, "color-scheme"));
  g_signal_connect_object (color_scheme, "notify::selected", G_CALLBACK (on_color_scheme_cb), settings, 0);
  for (gsize binding = 0; binding < G_N_ELEMENTS (bindings); binding++)
    g_settings_bind (settings, bindings[binding].key, gtk_builder_get_object (builder, bindings[binding].id),
                     bindings[binding].property, G_SETTINGS_BIND_DEFAULT);
  bind_methods (ADW_COMBO_ROW (gtk_builder_get_object (builder, "method")), settings);
  bind_colormaps (ADW_COMBO_ROW (gtk_builder_get_object (builder, "colormap")), settings);
  gtk_window_set_transient_for (window, parent);
  gtk_window_present (window);
}

void
why_preferences_apply (GSettings *settings)
{
  const int threads = g_settings_get_int (settings, "threads");

  why_parallel_set_threads (threads > 0 ? threads : (int) g_get_num_processors ());
  why_runner_set_memory_budget ((gsize) g_settings_get_int (settings, "memory-budget") << 20);
}
