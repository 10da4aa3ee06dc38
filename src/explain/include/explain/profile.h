#pragma once

#include "explain/map.h"

G_BEGIN_DECLS

/* Agreement profiles: whose definition of a method is followed. Libraries differ in what they
 * differentiate, in small constants, in the order of clipping and enlarging and in how they
 * enlarge, so that two correct maps of one method can look quite unlike each other. A profile
 * repeats one library's choices, to compare numbers with it. Two things depend on it: the methods
 * themselves, where a library computes something else than the paper, and the chain from the raw
 * map to the picture that the library returns (why_profile_finish()). Raw maps stay raw. */

typedef enum
{
  WHY_PROFILE_PAPER,
  WHY_PROFILE_PYTORCH_GRAD_CAM,
  WHY_PROFILE_CAPTUM,
  WHY_PROFILE_TORCHCAM,
  WHY_PROFILE_MONAI,
  WHY_PROFILE_TF_KERAS_VIS,
  WHY_N_PROFILES,
} WhyProfileKind;

/* For the lists of profiles that fit a method; the paper's always does. */
#define WHY_FITS_PYTORCH_GRAD_CAM (1u << WHY_PROFILE_PYTORCH_GRAD_CAM)
#define WHY_FITS_CAPTUM (1u << WHY_PROFILE_CAPTUM)
#define WHY_FITS_TORCHCAM (1u << WHY_PROFILE_TORCHCAM)
#define WHY_FITS_MONAI (1u << WHY_PROFILE_MONAI)
#define WHY_FITS_TF_KERAS_VIS (1u << WHY_PROFILE_TF_KERAS_VIS)

/**
 * WhyProfile:
 * @id: used in files and on the command line, never translated
 * @title: name of the library
 * @version: the one whose results it was compared with; "" for the papers
 * @about: one sentence on the chain after the raw map; marked for translation
 */
typedef struct
{
  WhyProfileKind kind;
  const char *id;
  const char *title;
  const char *version;
  const char *about;
} WhyProfile;

struct _WhyExplainerClass;

/** why_profile_lookup: @id: (nullable): %NULL: "paper"; an error lists all. Static. */
const WhyProfile *why_profile_lookup (const char *id, GError **error);

/** why_profile_list: Returns: (array length=n): all profiles; the paper's first */
const WhyProfile *why_profile_list (gsize *n);

/** why_profile_fits: whether the library has the method */
gboolean why_profile_fits (const WhyProfile *profile, const struct _WhyExplainerClass *method);

/** why_profile_check: %WHY_ERROR_BAD_REQUEST naming the profiles that fit if this one does not */
gboolean why_profile_check (const WhyProfile *profile,
                            const struct _WhyExplainerClass *method,
                            GError **error);

/**
 * why_profile_finish:
 * @map: raw; its parts are used where it was made of several
 * @rank, @dims: of the prepared input (1 x C x spatial)
 *
 * What the profile's library returns for this map: clipped, normalised and enlarged to the input's
 * size by its rules and in its order. A flat map becomes zeros, as it has nothing to normalise.
 *
 * Returns: (transfer full) (nullable): float32 [spatial...], dense
 */
WhyTensor *why_profile_finish (const WhyProfile *profile,
                               const WhyMap *map,
                               int rank,
                               const gint64 *dims,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
