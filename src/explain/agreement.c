#include "config.h"

#include "explain/agreement.h"

/* Found by test-agreement, which fails when this is not what it finds. */

#define PGC "pytorch-grad-cam", "1.5.7"
#define CAPTUM "captum", "0.9.0"
#define TORCHCAM "torchcam", "0.5.0"
#define MONAI "monai", "1.6.1"
#define TF_KERAS_VIS "tf-keras-vis", "0.8.7"
#define PAPER "paper", "own numpy"

#define AGREES WHY_AGREEMENT_AGREES
#define ILL_CONDITIONED WHY_AGREEMENT_ILL_CONDITIONED
#define DIFFERS WHY_AGREEMENT_DIFFERS

static const WhyAgreement rows[] = {
  { PGC, "ablationcam", "finished map", 30, 2e-5, AGREES, NULL },
  { PGC, "ablationcam", "raw map", 27, 5e-6, AGREES,
    "Where a layer's minimum is not 0, a channel is set to the minimum less 1e7, and to 1e7 "
    "less with every further channel of a batch of 32; the profile repeats it." },
  { PGC, "ablationcam", "raw map, ill-conditioned", 3, 2e-4, ILL_CONDITIONED,
    "The library's own answer changes as much when it rounds otherwise." },
  { PGC, "eigencam", "finished map", 36, 2e-6, AGREES, NULL },
  { PGC, "eigencam", "raw map", 36, 1e-6, AGREES,
    "Centres the channels, which the paper does not; the sign is the one that LAPACK's "
    "dgesdd returns, so the profile asks LAPACK." },
  { PGC, "eigengradcam", "finished map", 36, 5e-6, AGREES, NULL },
  { PGC, "eigengradcam", "raw map", 36, 5e-6, AGREES,
    "The sign is the one that LAPACK's dgesdd returns, so the profile asks LAPACK." },
  { PGC, "elementwise", "finished map", 69, 2e-5, AGREES, NULL },
  { PGC, "elementwise", "raw map", 69, 5e-6, AGREES, NULL },
  { PGC, "elementwise", "raw map, up to its sign", 3, 1e-6, AGREES,
    "Where a channel adds nothing anywhere, the sign that LAPACK returns hangs on rounding, "
    "in the library as well: raw maps are compared up to the sign, and finished ones not at "
    "all." },
  { PGC, "fem", "finished map", 36, 1e-6, AGREES, NULL },
  { PGC, "fem", "raw map", 36, 1e-6, AGREES, NULL },
  { PGC, "finercam", "finished map", 30, 5e-6, AGREES, NULL },
  { PGC, "finercam", "raw map", 30, 1e-6, AGREES,
    "The gradient goes through the probabilities that weigh the reference classes, too." },
  { PGC, "fullgrad", "finished map", 8, 2e-6, AGREES,
    "Every channel of every bias's map is stretched to 0 to 1 by itself; linear layers are "
    "left out." },
  { PGC, "gradcam", "finished map", 168, 2e-5, AGREES,
    "Stretched before enlarging and after; volumes are enlarged by cubic splines from "
    "corner to corner." },
  { PGC, "gradcam", "raw map", 132, 1e-5, AGREES, NULL },
  { PGC, "gradcam++", "finished map", 69, 5e-6, AGREES, NULL },
  { PGC, "gradcam++", "raw map", 69, 2e-6, AGREES,
    "Adds 1e-6 to the denominator of alpha." },
  { PGC, "gradcam++", "raw map, up to its sign", 3, 1e-6, AGREES,
    "Where a channel adds nothing anywhere, the sign that LAPACK returns hangs on rounding, "
    "in the library as well: raw maps are compared up to the sign, and finished ones not at "
    "all." },
  { PGC, "guided-backprop", "attribution", 6, 1e-6, AGREES, NULL },
  { PGC, "hirescam", "finished map", 72, 5e-6, AGREES, NULL },
  { PGC, "hirescam", "raw map", 72, 5e-6, AGREES, NULL },
  { PGC, "kpca-cam", "finished map", 32, 1e-5, AGREES, NULL },
  { PGC, "kpca-cam", "finished map, ill-conditioned", 4, 2e-4, ILL_CONDITIONED,
    "The kernel matrix is centred in single precision, which leaves few digits." },
  { PGC, "kpca-cam", "raw map", 32, 1e-5, AGREES, NULL },
  { PGC, "kpca-cam", "raw map, ill-conditioned", 4, 2e-4, ILL_CONDITIONED,
    "The kernel matrix is centred in single precision, which leaves few digits." },
  { PGC, "layercam", "finished map", 81, 1e-5, AGREES, NULL },
  { PGC, "layercam", "raw map", 69, 5e-6, AGREES, NULL },
  { PGC, "layercam", "raw map, up to its sign", 3, 1e-6, AGREES,
    "Where a channel adds nothing anywhere, the sign that LAPACK returns hangs on rounding, "
    "in the library as well: raw maps are compared up to the sign, and finished ones not at "
    "all." },
  { PGC, "refinecam", "finished map", 10, 2e-6, AGREES,
    "Its loop that should clip the maps changes nothing, for they are clipped; its "
    "eigen_smooth is taken for aug_smooth." },
  { PGC, "scorecam", "finished map", 30, 5e-6, AGREES, NULL },
  { PGC, "scorecam", "raw map", 30, 2e-6, AGREES,
    "Masks are enlarged from corner to corner; weights are the softmax over channels of the "
    "scores themselves." },
  { PGC, "seg-eigencam", "finished map", 36, 2e-6, AGREES, NULL },
  { PGC, "seg-eigencam", "raw map", 36, 5e-6, AGREES,
    "Turned so that the maximum is no smaller than minus the minimum." },
  { PGC, "shapleycam", "finished map", 66, 5e-6, AGREES, NULL },
  { PGC, "shapleycam", "raw map", 66, 1e-6, AGREES,
    "With a logit as score the second derivative of networks that are linear in pieces is "
    "0: the map is Grad-CAM's." },
  { PGC, "xgradcam", "finished map", 71, 1e-5, AGREES, NULL },
  { PGC, "xgradcam", "finished map, ill-conditioned", 1, 2e-4, ILL_CONDITIONED,
    "The library's own answer changes as much when it rounds otherwise." },
  { PGC, "xgradcam", "raw map", 71, 5e-6, AGREES,
    "Adds 1e-7 to the sum of the activations." },
  { PGC, "xgradcam", "raw map, ill-conditioned", 1, 1e-4, ILL_CONDITIONED,
    "The library's own answer changes as much when it rounds otherwise." },
  { CAPTUM, "deconvnet", "attribution", 8, 1e-6, AGREES,
    "Where ReLU was active is not looked at, as in the paper." },
  { CAPTUM, "gradcam", "finished map", 36, 1e-6, AGREES,
    "Enlarged to the nearest cell, with its sign." },
  { CAPTUM, "gradcam", "raw map", 36, 1e-6, AGREES, NULL },
  { CAPTUM, "gradient", "attribution", 20, 2e-6, AGREES, NULL },
  { CAPTUM, "gradient-x-input", "attribution", 10, 2e-6, AGREES, NULL },
  { CAPTUM, "guided-backprop", "attribution", 8, 1e-6, AGREES, NULL },
  { CAPTUM, "guided-gradcam", "attribution", 24, 2e-6, AGREES,
    "Grad-CAM is enlarged to the nearest cell." },
  { CAPTUM, "integrated-gradients", "attribution", 20, 1e-6, AGREES,
    "The weights of the trapezoid rule are for n intervals and add up to 1 - 1/n; the "
    "profile repeats it." },
  { CAPTUM, "occlusion", "raw map", 10, 5e-6, AGREES,
    "The mean over the windows that cover a pixel; the last ones are cut off at the border." },
  { CAPTUM, "smoothgrad", "attribution", 20, 1e-6, AGREES,
    "NoiseTunnel averages what Saliency returns, which is the magnitude of the gradient "
    "unless abs is False." },
  { CAPTUM, "vargrad", "attribution", 20, 5e-6, AGREES,
    "The variance is that of the gradient's magnitude unless abs is False." },
  { TORCHCAM, "cam", "finished map", 6, 2e-6, AGREES, NULL },
  { TORCHCAM, "cam", "raw map", 6, 1e-6, AGREES,
    "Neither clipped nor with the linear layer's bias." },
  { TORCHCAM, "finercam", "finished map", 30, 2e-6, AGREES, NULL },
  { TORCHCAM, "finercam", "raw map", 30, 1e-6, AGREES,
    "Takes 0.6 of the mean of the three nearest logits." },
  { TORCHCAM, "gradcam", "finished map", 36, 5e-6, AGREES,
    "Stays at the layer's size." },
  { TORCHCAM, "gradcam", "raw map", 36, 1e-6, AGREES, NULL },
  { TORCHCAM, "gradcam++", "finished map", 36, 2e-6, AGREES, NULL },
  { TORCHCAM, "gradcam++", "raw map", 36, 2e-6, AGREES,
    "The division by alpha's denominator works on a copy and is lost: alpha stays the "
    "gradient squared; the profile repeats it." },
  { TORCHCAM, "layercam", "finished map", 46, 2e-6, AGREES,
    "Of several layers the maximum of tanh (2 x), of maps that are stretched already." },
  { TORCHCAM, "layercam", "raw map", 36, 2e-6, AGREES, NULL },
  { TORCHCAM, "refinecam", "finished map", 10, 1e-6, AGREES, NULL },
  { TORCHCAM, "scorecam", "finished map", 36, 5e-6, AGREES, NULL },
  { TORCHCAM, "scorecam", "raw map", 36, 2e-6, AGREES,
    "Masks are stretched at the layer's size, before they are enlarged." },
  { TORCHCAM, "smooth-gradcam++", "finished map", 24, 1e-4, AGREES, NULL },
  { TORCHCAM, "smooth-gradcam++", "finished map, ill-conditioned", 6, 1e-3, ILL_CONDITIONED,
    "The denominator of alpha passes through zero, where every rounding shows; the library "
    "in double precision is as far from itself." },
  { TORCHCAM, "smooth-gradcam++", "raw map", 25, 1e-4, AGREES,
    "The activations and the clipped gradient are those of the last noisy picture; the "
    "profile repeats it." },
  { TORCHCAM, "smooth-gradcam++", "raw map, ill-conditioned", 5, 1e-3, ILL_CONDITIONED,
    "The denominator of alpha passes through zero, where every rounding shows; the library "
    "in double precision is as far from itself." },
  { TORCHCAM, "xgradcam", "finished map", 36, 5e-6, AGREES, NULL },
  { TORCHCAM, "xgradcam", "raw map", 36, 5e-6, AGREES, NULL },
  { MONAI, "cam", "finished map", 6, 1e-6, AGREES, NULL },
  { MONAI, "cam", "raw map", 6, 0.92, DIFFERS,
    "The linear layer's bias is added at every position; stretching takes it out again." },
  { MONAI, "gradcam", "finished map", 36, 5e-6, AGREES,
    "Turned round: 0 is where the evidence is strongest." },
  { MONAI, "gradcam", "raw map", 36, 2e-6, AGREES, NULL },
  { MONAI, "gradcam++", "finished map", 22, 2e-5, AGREES, NULL },
  { MONAI, "gradcam++", "finished map, ill-conditioned", 8, 2e-3, ILL_CONDITIONED,
    "The denominator of alpha passes through zero, where every rounding shows; the library "
    "in double precision is as far from itself." },
  { MONAI, "gradcam++", "raw map, over-exp(z)", 21, 5e-5, AGREES,
    "Explains exp (z), so that its map is ours times exp (z); the denominator of alpha has "
    "A G^3 summed cell by cell." },
  { MONAI, "gradcam++", "raw map, over-exp(z), ill-conditioned", 9, 5e-3, ILL_CONDITIONED,
    "The denominator of alpha passes through zero, where every rounding shows; the library "
    "in double precision is as far from itself." },
  { MONAI, "gradient", "attribution", 10, 1e-6, AGREES, NULL },
  { MONAI, "guided-backprop", "attribution", 8, 1e-6, AGREES,
    "Only modules whose name has 'relu' in it are guided; those of the networks compared "
    "do." },
  { MONAI, "occlusion", "raw map, as-a-fall", 8, 0.057, DIFFERS,
    "Returns what is left of the probability, covers with one mean for all channels, and "
    "shifts the last windows back into the picture; compared is the fall." },
  { MONAI, "smoothgrad", "attribution", 20, 1e-6, AGREES,
    "With magnitude, the root of the sum of squares over the number of pictures; the "
    "profile repeats it." },
  { TF_KERAS_VIS, "gradcam", "finished map", 24, 1e-6, AGREES,
    "Enlarged linearly from corner to corner." },
  { TF_KERAS_VIS, "gradcam", "raw map", 24, 2e-6, AGREES, NULL },
  { TF_KERAS_VIS, "gradcam++", "finished map", 19, 5e-5, AGREES, NULL },
  { TF_KERAS_VIS, "gradcam++", "finished map, ill-conditioned", 5, 0.0042, DIFFERS,
    "The denominator of alpha passes through zero, where every rounding shows; the library "
    "in double precision is as far from itself." },
  { TF_KERAS_VIS, "gradcam++", "raw map, over-exp(z)", 18, 5e-5, AGREES,
    "Explains exp (z), so that its map is ours times exp (z); makes the alphas of a channel "
    "sum to 1, without an epsilon." },
  { TF_KERAS_VIS, "gradcam++", "raw map, over-exp(z), ill-conditioned", 6, 0.0045, DIFFERS,
    "The denominator of alpha passes through zero, where every rounding shows; the library "
    "in double precision is as far from itself." },
  { TF_KERAS_VIS, "gradient", "attribution", 8, 1e-6, AGREES, NULL },
  { TF_KERAS_VIS, "gradient", "finished map", 8, 1e-6, AGREES,
    "The largest magnitude among the channels, stretched." },
  { TF_KERAS_VIS, "guided-backprop", "attribution", 6, 1e-6, AGREES, NULL },
  { TF_KERAS_VIS, "layercam", "finished map", 24, 1e-6, AGREES, NULL },
  { TF_KERAS_VIS, "layercam", "raw map", 24, 1e-6, AGREES, NULL },
  { TF_KERAS_VIS, "scorecam", "finished map", 48, 1e-6, AGREES, NULL },
  { TF_KERAS_VIS, "scorecam", "raw map", 24, 5e-6, AGREES,
    "Weights are the softmax of what the network returns, once more if that is a softmax; "
    "masks are enlarged from corner to corner." },
  { TF_KERAS_VIS, "smoothgrad", "finished map", 8, 1e-6, AGREES,
    "The mean of the gradients' magnitudes, then the largest among the channels." },
  { PAPER, "ablationcam", "raw map", 27, 5e-6, AGREES, NULL },
  { PAPER, "ablationcam", "raw map, ill-conditioned", 3, 2e-5, ILL_CONDITIONED,
    "The library's own answer changes as much when it rounds otherwise." },
  { PAPER, "counterfactual", "raw map", 36, 1e-6, AGREES, NULL },
  { PAPER, "deconvnet", "attribution", 8, 1e-6, AGREES, NULL },
  { PAPER, "eigencam", "raw map", 36, 1e-6, AGREES, NULL },
  { PAPER, "eigengradcam", "raw map", 36, 5e-6, AGREES, NULL },
  { PAPER, "elementwise", "raw map", 36, 1e-6, AGREES, NULL },
  { PAPER, "fem", "raw map", 36, 1e-6, AGREES, NULL },
  { PAPER, "gradcam", "finished map, as-seg-grad-cam", 6, 1e-6, AGREES,
    "Seg-Grad-CAM: the score is summed over a region; its authors clip after enlarging and "
    "divide by the maximum." },
  { PAPER, "gradcam", "raw map", 36, 1e-6, AGREES, NULL },
  { PAPER, "gradcam++", "raw map", 36, 1e-6, AGREES, NULL },
  { PAPER, "gradient", "attribution", 10, 1e-6, AGREES, NULL },
  { PAPER, "gradient-x-input", "attribution", 10, 2e-6, AGREES, NULL },
  { PAPER, "guided-backprop", "attribution", 8, 1e-6, AGREES, NULL },
  { PAPER, "hirescam", "raw map", 36, 2e-6, AGREES, NULL },
  { PAPER, "integrated-gradients", "attribution", 10, 1e-6, AGREES, NULL },
  { PAPER, "kpca-cam", "raw map", 36, 1e-6, AGREES, NULL },
  { PAPER, "layercam", "raw map", 36, 1e-6, AGREES, NULL },
  { PAPER, "reciprocam", "raw map", 56, 1e-4, AGREES, NULL },
  { PAPER, "reciprocam", "raw map, as-in-their-program", 26, 0.87, DIFFERS,
    "The authors' program of 2022 lays the channels of a position over its neighbourhood; "
    "here the neighbours keep their own, weighed by the same kernel." },
  { PAPER, "reciprocam", "raw map, as-in-their-program, ill-conditioned", 4, 0.74, DIFFERS,
    "The library's own answer changes as much when it rounds otherwise." },
  { PAPER, "reciprocam", "raw map, ill-conditioned", 4, 5e-4, ILL_CONDITIONED,
    "The library's own answer changes as much when it rounds otherwise." },
  { PAPER, "rise", "raw map", 10, 2e-6, AGREES, NULL },
  { PAPER, "scorecam", "raw map", 30, 1e-6, AGREES, NULL },
  { PAPER, "seg-eigencam", "raw map", 36, 5e-6, AGREES, NULL },
  { PAPER, "shapleycam", "raw map", 30, 1e-6, AGREES, NULL },
  { PAPER, "smoothgrad", "attribution", 10, 1e-6, AGREES, NULL },
  { PAPER, "xgradcam", "raw map", 36, 1e-5, AGREES, NULL },
};

const char *
why_agreement_verdict_id (WhyAgreementVerdict verdict)
{
  static const char *const ids[] = { "agrees", "ill-conditioned", "differs" };
  return ids[verdict];
}

const WhyAgreement *
why_agreement_list (gsize *n)
{
  *n = G_N_ELEMENTS (rows);
  return rows;
}
