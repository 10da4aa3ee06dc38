#include "config.h"

#include "service/help.h"

#include "base/error.h"
#include "data-files.h"

#include <string.h>

/* ---- reading ---- */

typedef struct
{
  WhyHelpPage *page;
  GString *markup; /* of the block being read; NULL: between blocks */
  GString *text;
  WhyHelpKind kind;
  int section_depth;
  int info_depth;
  gboolean in_description;
  GArray *steps; /* of int: number of the last step in each list around; -1: no steps */
  gboolean in_item;
  gboolean in_note;
} Reader;

static const struct
{
  const char *name;
  const char *before;
  const char *after;
} inlines[] = {
  { "em", "<i>", "</i>" },     { "gui", "<b>", "</b>" },     { "guiseq", "", "" },
  { "key", "<tt>", "</tt>" },  { "keyseq", "", "" },         { "code", "<tt>", "</tt>" },
};

static void
block_free (gpointer data)
{
  WhyHelpBlock *block = data;

  g_free (block->markup);
  g_free (block);
}

/* Line breaks and indentation of the file mean nothing. */
static char *
squeeze (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *at = text; *at != '\0'; at++)
    {
      if (!g_ascii_isspace (*at))
        g_string_append_c (out, *at);
      else if (out->len > 0 && out->str[out->len - 1] != ' ')
        g_string_append_c (out, ' ');
    }
  if (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate (out, out->len - 1);
  return g_string_free (out, FALSE);
}

static void
begin_block (Reader *reader, WhyHelpKind kind)
{
  reader->kind = kind;
  reader->markup = g_string_new (NULL);
}

static void
end_block (Reader *reader)
{
  WhyHelpBlock *block = g_new0 (WhyHelpBlock, 1);

  block->kind = reader->kind;
  block->markup = reader->kind == WHY_HELP_SCREEN ? g_strdup (g_strstrip (reader->markup->str)) : squeeze (reader->markup->str);
  if (reader->kind == WHY_HELP_STEP)
    block->number = g_array_index (reader->steps, int, reader->steps->len - 1);
  g_string_free (g_steal_pointer (&reader->markup), TRUE);
  g_ptr_array_add (reader->page->blocks, block);
}

static void
begin_paragraph (Reader *reader)
{
  const int steps = reader->steps->len > 0 ? g_array_index (reader->steps, int, reader->steps->len - 1) : -1;

  begin_block (reader, reader->in_note                   ? WHY_HELP_NOTE
                       : reader->steps->len > 0 && steps >= 0 ? WHY_HELP_STEP
                       : reader->steps->len > 0               ? WHY_HELP_ITEM
                                                              : WHY_HELP_PARAGRAPH);
}

static void
begin_link (Reader *reader, const char **names, const char **values)
{
  for (gsize index = 0; names[index] != NULL; index++)
    {
      const gboolean inside = strcmp (names[index], "xref") == 0;
      g_autofree char *target = NULL;
      if (!inside && strcmp (names[index], "href") != 0)
        continue;
      target = g_markup_printf_escaped ("<a href=\"%s%s\">", inside ? "page:" : "", values[index]);
      g_string_append (reader->markup, target);
      if (inside)
        g_ptr_array_add (reader->page->links, g_strdup (values[index]));
      return;
    }
  g_string_append (reader->markup, "<a href=\"\">");
}

static void
on_start (GMarkupParseContext *context, const char *name, const char **names, const char **values, gpointer data, GError **error)
{
  Reader *reader = data;
  const int none = -1;
  const int first = 0;

  if (reader->info_depth > 0)
    {
      reader->info_depth++;
      reader->in_description = reader->in_description || strcmp (name, "desc") == 0;
      return;
    }
  if (reader->markup != NULL)
    {
      if (strcmp (name, "link") == 0)
        {
          begin_link (reader, names, values);
          return;
        }
      for (gsize index = 0; index < G_N_ELEMENTS (inlines); index++)
        {
          if (strcmp (name, inlines[index].name) == 0)
            {
              /* Keys and menus one after the other. */
              const char *parent = g_slist_nth_data ((GSList *) g_markup_parse_context_get_element_stack (context), 1);
              if (reader->markup->len > 0 && g_strcmp0 (parent, "keyseq") == 0 && g_str_has_suffix (reader->markup->str, "</tt>"))
                g_string_append (reader->markup, "+");
              if (g_strcmp0 (parent, "guiseq") == 0 && g_str_has_suffix (reader->markup->str, "</b>"))
                g_string_append (reader->markup, " › ");
              g_string_append (reader->markup, inlines[index].before);
              return;
            }
        }
    }
  else if (strcmp (name, "info") == 0)
    reader->info_depth = 1;
  else if (strcmp (name, "title") == 0)
    begin_block (reader, reader->section_depth > 0 ? WHY_HELP_HEADING : WHY_HELP_TITLE);
  else if (strcmp (name, "p") == 0)
    begin_paragraph (reader);
  else if (strcmp (name, "screen") == 0)
    begin_block (reader, WHY_HELP_SCREEN);
  else if (strcmp (name, "section") == 0)
    reader->section_depth++;
  else if (strcmp (name, "list") == 0)
    g_array_append_val (reader->steps, none);
  else if (strcmp (name, "steps") == 0)
    g_array_append_val (reader->steps, first);
  else if (strcmp (name, "note") == 0)
    reader->in_note = TRUE;
  else if (strcmp (name, "item") == 0 && reader->steps->len > 0)
    {
      int *number = &g_array_index (reader->steps, int, reader->steps->len - 1);
      if (*number >= 0)
        (*number)++;
    }
  else if (strcmp (name, "page") != 0)
    g_set_error (error, G_MARKUP_ERROR, G_MARKUP_ERROR_UNKNOWN_ELEMENT, "<%s> is not known here", name);
  else
    return;
  if (reader->markup != NULL && *error == NULL && strcmp (name, "title") != 0 && strcmp (name, "p") != 0 &&
      strcmp (name, "screen") != 0)
    g_set_error (error, G_MARKUP_ERROR, G_MARKUP_ERROR_UNKNOWN_ELEMENT, "<%s> is not known within a text", name);
}

static void
on_end (GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
  Reader *reader = data;

  if (reader->info_depth > 0)
    {
      reader->info_depth--;
      if (strcmp (name, "desc") == 0)
        reader->in_description = FALSE;
      return;
    }
  if (strcmp (name, "title") == 0 || strcmp (name, "p") == 0 || strcmp (name, "screen") == 0)
    end_block (reader);
  else if (strcmp (name, "section") == 0)
    reader->section_depth--;
  else if (strcmp (name, "list") == 0 || strcmp (name, "steps") == 0)
    g_array_set_size (reader->steps, reader->steps->len - 1);
  else if (strcmp (name, "note") == 0)
    reader->in_note = FALSE;
  else if (strcmp (name, "link") == 0)
    g_string_append (reader->markup, "</a>");
  for (gsize index = 0; reader->markup != NULL && index < G_N_ELEMENTS (inlines); index++)
    {
      if (strcmp (name, inlines[index].name) == 0)
        g_string_append (reader->markup, inlines[index].after);
    }
}

static void
on_text (GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  Reader *reader = data;
  const char *element = g_markup_parse_context_get_element (context);

  if (reader->in_description)
    {
      g_autofree char *words = g_strndup (text, length);
      g_autofree char *before = g_steal_pointer (&reader->page->description);
      g_autofree char *both = g_strconcat (before != NULL ? before : "", words, NULL);
      reader->page->description = squeeze (both);
      return;
    }
  if (reader->info_depth > 0)
    return;
  if (reader->markup == NULL)
    {
      for (gsize at = 0; at < length; at++)
        {
          if (!g_ascii_isspace (text[at]))
            {
              g_set_error (error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, "there is text outside of a paragraph");
              return;
            }
        }
      return;
    }
  /* What stands between the keys of a sequence is layout. */
  if (g_strcmp0 (element, "keyseq") == 0 || g_strcmp0 (element, "guiseq") == 0)
    return;
  g_autofree char *escaped = g_markup_escape_text (text, (gssize) length);
  g_string_append (reader->markup, escaped);
  g_string_append_len (reader->text, text, (gssize) length);
  if (strcmp (element, "title") == 0 && reader->section_depth == 0)
    {
      g_free (reader->page->title);
      reader->page->title = g_strndup (text, length);
    }
}

void
why_help_page_free (WhyHelpPage *page)
{
  g_free (page->id);
  g_free (page->title);
  g_free (page->description);
  g_free (page->text);
  g_ptr_array_unref (page->blocks);
  g_ptr_array_unref (page->links);
  g_free (page);
}

WhyHelpPage *
why_help_parse (const char *id, const char *text, GError **error)
{
  static const GMarkupParser parser = { .start_element = on_start, .end_element = on_end, .text = on_text };
  g_autoptr (WhyHelpPage) page = g_new0 (WhyHelpPage, 1);
  Reader reader = { .page = page, .text = g_string_new (NULL), .steps = g_array_new (FALSE, FALSE, sizeof (int)) };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, &reader, NULL);
  g_autoptr (GError) failure = NULL;

  page->id = g_strdup (id);
  page->blocks = g_ptr_array_new_with_free_func (block_free);
  page->links = g_ptr_array_new_with_free_func (g_free);
  gboolean fine = g_markup_parse_context_parse (context, text, -1, &failure) &&
                  g_markup_parse_context_end_parse (context, &failure);
  if (page->description != NULL)
    g_string_append_printf (reader.text, " %s", page->description);
  page->text = g_utf8_casefold (reader.text->str, -1);
  g_string_free (reader.text, TRUE);
  g_array_unref (reader.steps);
  if (reader.markup != NULL)
    g_string_free (reader.markup, TRUE);
  if (fine && page->title == NULL)
    {
      g_set_error_literal (&failure, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "has no title");
      fine = FALSE;
    }
  if (!fine)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "help page %s: %s", id, failure->message);
      return NULL;
    }
  return g_steal_pointer (&page);
}

/* ---- finding ---- */

WhyHelpPage *
why_help_load (const char *id, GError **error)
{
  const char *const *languages = g_get_language_names ();
  g_autofree char *name = g_strconcat (id, ".page", NULL);
  g_autoptr (GError) failure = NULL;

  if (strchr (id, '/') != NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "There is no help page %s", id);
      return NULL;
    }
  /* The last of the languages is always C. */
  for (gsize language = 0; languages[language] != NULL; language++)
    {
      g_autofree char *kind = g_build_filename ("help", languages[language], NULL);
      g_autofree char *text = NULL;
      g_clear_error (&failure);
      g_autofree char *path = why_data_file_find (kind, name, kind, &failure);
      if (path != NULL && g_file_get_contents (path, &text, NULL, error))
        return why_help_parse (id, text, error);
    }
  g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

char **
why_help_list (GError **error)
{
  g_autoptr (WhyHelpPage) index = why_help_load ("index", error);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (index == NULL)
    return NULL;
  g_strv_builder_add (builder, "index");
  for (guint link = 0; link < index->links->len; link++)
    g_strv_builder_add (builder, g_ptr_array_index (index->links, link));
  return g_strv_builder_end (builder);
}

gboolean
why_help_matches (const WhyHelpPage *page, const char *words)
{
  g_autofree char *folded = g_utf8_casefold (words, -1);
  g_auto (GStrv) parts = g_strsplit_set (folded, " \t", -1);

  for (gsize part = 0; parts[part] != NULL; part++)
    {
      if (*parts[part] != '\0' && strstr (page->text, parts[part]) == NULL)
        return FALSE;
    }
  return TRUE;
}
