#pragma once

#include "explain/profile.h"

G_BEGIN_DECLS

/* Options of methods. A method has a table of them; a request gives values as one text,
 * "samples=25,noise=0.15", which is easy to keep in files and on command lines. What the text does
 * not name has its preset, which may depend on the profile. */

typedef enum
{
  WHY_OPTION_INTEGER,
  WHY_OPTION_REAL,
  WHY_OPTION_BOOLEAN, /* "yes" or "no" */
  WHY_OPTION_CHOICE,
} WhyOptionKind;

typedef struct
{
  WhyProfileKind profile;
  double preset;
} WhyOptionPreset;

#define WHY_OPTION_MAX_PRESETS 4

/**
 * WhyOptionClass:
 * @id: used in files and on the command line, never translated
 * @title: for people; marked for translation
 * @preset: number; 0 or 1 for a boolean; index of the choice
 * @minimum, @maximum: for numbers, both included
 * @choices: (nullable): %NULL-terminated ids
 * @several_layers: says something only where several layers are fused
 * @by_profile: other presets; ends with an entry for the papers' profile
 */
typedef struct
{
  const char *id;
  const char *title;
  WhyOptionKind kind;
  double preset;
  double minimum, maximum;
  const char *const *choices;
  gboolean several_layers;
  WhyOptionPreset by_profile[WHY_OPTION_MAX_PRESETS];
} WhyOptionClass;

/** why_options_list: Returns: (transfer container) (element-type WhyOptionClass): the method's own
 *   options, then those that all methods of its sort share */
GPtrArray *why_options_list (const struct _WhyExplainerClass *method) G_GNUC_WARN_UNUSED_RESULT;

/** why_options_check: @text: (nullable): %WHY_ERROR_BAD_REQUEST names the option, what is wrong and
 * what it takes */
gboolean
why_options_check (const struct _WhyExplainerClass *method, const char *text, GError **error);

/** why_option_preset: of one option under a profile */
double why_option_preset (const WhyOptionClass *option, WhyProfileKind profile);

/** why_options_get: @text: (nullable): checked. Returns: the value of the option @id under a
 *   profile, as in WhyOptionClass.preset */
double why_options_get (const struct _WhyExplainerClass *method,
                        WhyProfileKind profile,
                        const char *text,
                        const char *id);

/**
 * why_options_replace:
 * @text: (nullable): checked
 * @value: (nullable): %NULL takes the option out
 *
 * Returns: (transfer full) (nullable): the text with another value of the option @id; %NULL if
 * nothing is left in it
 */
char *
why_options_replace (const char *text, const char *id, const char *value) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
