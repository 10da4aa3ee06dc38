#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Help pages: Mallard, of which these elements are known: page, info (left out but for its desc), title, p, section, list,
 * steps, item, note, screen, and within text em, gui, guiseq, key, keyseq, code, link (xref or href). Another element is an
 * error: a page shall not lose a sentence silently. */

typedef enum
{
  WHY_HELP_TITLE,   /* of the page */
  WHY_HELP_HEADING, /* of a section */
  WHY_HELP_PARAGRAPH,
  WHY_HELP_ITEM,
  WHY_HELP_STEP,
  WHY_HELP_NOTE,
  WHY_HELP_SCREEN, /* lines of a terminal, as they are */
} WhyHelpKind;

/**
 * WhyHelpBlock:
 * @number: of a step, from 1 on
 * @markup: Pango markup; links are <a href="page:ID"> or an address
 */
typedef struct
{
  WhyHelpKind kind;
  int number;
  char *markup;
} WhyHelpBlock;

/**
 * WhyHelpPage:
 * @blocks: (element-type WhyHelpBlock): begin with the title
 * @links: (element-type utf8): ids of the pages it refers to
 * @text: all of it in lower case, for searching
 */
typedef struct
{
  char *id;
  char *title;
  char *description;
  GPtrArray *blocks;
  GPtrArray *links;
  char *text;
} WhyHelpPage;

/** why_help_list: Returns: (transfer full) (array zero-terminated) (nullable): ids in the order of the contents, "index" first;
 *   %WHY_ERROR_NOT_FOUND where the pages are not installed */
char **why_help_list (GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_help_load: Returns: (transfer full) (nullable): in the user's language if there is one */
WhyHelpPage *why_help_load (const char *id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_help_parse: @text: a page; @id: for messages */
WhyHelpPage *why_help_parse (const char *id, const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_help_matches: whether all words of @words are on the page */
gboolean why_help_matches (const WhyHelpPage *page, const char *words);

void why_help_page_free (WhyHelpPage *page);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyHelpPage, why_help_page_free)

G_END_DECLS
