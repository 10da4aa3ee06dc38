#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  WHY_AGREEMENT_AGREES,          /* to rounding: at most 1e-4 of the map's range */
  WHY_AGREEMENT_ILL_CONDITIONED, /* as far as the library agrees with itself when it rounds otherwise */
  WHY_AGREEMENT_DIFFERS,         /* not followed, for the reason given */
} WhyAgreementVerdict;

/**
 * WhyAgreement:
 * @library: the profile's id
 * @version: of the library that was run
 * @method: method id
 * @compared: which of a result's numbers: "raw map" (before clipping), "finished map" (as the
 *   library returns it), "attribution" (in the input's shape); after a comma the variant, or
 *   "ill-conditioned" where the library's own result changes when it rounds otherwise
 * @n_compared: maps
 * @largest: difference over all of them, of each map's range; a bound for it unless @verdict is
 * %WHY_AGREEMENT_DIFFERS
 * @sentence: (nullable): in English: what the library computes differently, or what its profile
 *   repeats that its paper does not have
 *
 * What came out when a library was run beside the program, under its profile, on small networks of
 * several makes: layers early, in the middle and late, two classes. test-agreement makes these
 * figures and fails when the table has others.
 */
typedef struct
{
  const char *library;
  const char *version;
  const char *method;
  const char *compared;
  guint n_compared;
  double largest;
  WhyAgreementVerdict verdict;
  const char *sentence;
} WhyAgreement;

/** why_agreement_verdict_id: "agrees", "ill-conditioned" or "differs" */
const char *why_agreement_verdict_id (WhyAgreementVerdict verdict);

/** why_agreement_list: Returns: (array length=n): by library, then by method. Static. */
const WhyAgreement *why_agreement_list (gsize *n);

G_END_DECLS
