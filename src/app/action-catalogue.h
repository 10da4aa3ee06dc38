#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Everything a person can do, in one table: what it is called, its keys, and where its values come from. The
 * accelerators, the shortcuts window and the command palette are made from it. An action that is not in it is a
 * failure of tests/test-app-desk.c. */

typedef enum
{
  WHY_ACTIONS_FILES,
  WHY_ACTIONS_CASES,
  WHY_ACTIONS_PAGES,
  WHY_ACTIONS_PICTURE,
  WHY_ACTIONS_QUESTION,
  WHY_ACTIONS_MAP,
  WHY_ACTIONS_COVERING,
  WHY_ACTIONS_CHECKING,
  WHY_ACTIONS_MEASURING,
  WHY_ACTIONS_COMPARING,
  WHY_ACTIONS_TALKS,
  WHY_ACTIONS_GENERAL,
  WHY_N_ACTIONS_GROUPS,
} WhyActionsGroup;

/* What an action without a fixed value can be given. */
typedef enum
{
  WHY_VALUES_NONE,   /* it takes none, or the name carries it: "win.page('look')" */
  WHY_VALUES_SCRIPT, /* only scripts know one: a path, a rectangle */
  WHY_VALUES_CLASSES,
  WHY_VALUES_LAYERS,
  WHY_VALUES_METHODS,
  WHY_VALUES_PROFILES,
  WHY_VALUES_COLORMAPS,
  WHY_VALUES_SHARES, /* 0 %, 25 % ... 100 % */
  WHY_VALUES_CASES,
  WHY_VALUES_HELP,
} WhyValues;

/**
 * WhyActionInfo:
 * @action: (nullable): detailed name, "win.zoom(2.0)"; %NULL: keys that are no action
 * @title: N_()
 * @values: see WhyValues
 * @accels: of the whole window
 * @keys: (nullable): what else does it, as the shortcuts window writes it: letters, which are typed in entries
 */
typedef struct
{
  const char *action;
  const char *title;
  WhyActionsGroup group;
  WhyValues values;
  const char *accels[4];
  const char *keys;
} WhyActionInfo;

const WhyActionInfo *why_action_catalogue (gsize *n_infos);

/** why_actions_group_title: Returns: translated */
const char *why_actions_group_title (WhyActionsGroup group);

/** why_action_info_title: Returns: translated */
const char *why_action_info_title (const WhyActionInfo *info);

/** why_action_info_get_name: Returns: (transfer full): "win.zoom" for "win.zoom(2.0)" */
char *why_action_info_dup_name (const WhyActionInfo *info) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
