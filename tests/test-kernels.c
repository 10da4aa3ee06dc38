#include "config.h"

#include "base/parallel.h"
#include "net-check.h"

/* Every kernel of the fast backend, in all forms that it tells apart, against the plain
 * definitions: values and gradients, alone and fused with what follows. See net_check(). */

typedef struct
{
  const char *name;
  guint flags;
  const char *text;
} Case;

static const Case convolutions[] = {
  { "2d", 0, "in x 2,3,9,7; w k 4,3,3,3; w b 4; Conv x,k,b y pads=[1,1,1,1]; out y" },
  { "no-bias", 0, "in x 1,3,6,6; w k 20,3,1,1; Conv x,k y; out y" },
  { "strides", 0,
    "in x 1,5,11,8; w k 7,5,3,2; w b 7; Conv x,k,b y pads=[1,0,1,1] strides=[2,3]; out y" },
  { "asymmetric", 0, "in x 1,4,8,8; w k 4,4,3,3; Conv x,k y pads=[0,2,1,0] strides=[2,2]; out y" },
  { "same-upper", 0,
    "in x 1,4,7,8; w k 4,4,4,3; Conv x,k y auto_pad=SAME_UPPER strides=[2,2]; out y" },
  { "same-lower", 0,
    "in x 1,4,7,8; w k 4,4,4,3; Conv x,k y auto_pad=SAME_LOWER strides=[2,2]; out y" },
  { "dilated", 0,
    "in x 1,4,12,11; w k 6,4,3,3; w b 6; Conv x,k,b y pads=[2,2,2,2] dilations=[2,3]; out y" },
  { "big-dilation", 0,
    "in x 1,5,18,18; w k 5,5,3,3; Conv x,k y pads=[8,8,8,8] dilations=[8,8]; out y" },
  { "groups", 0, "in x 2,6,7,7; w k 8,3,3,3; w b 8; Conv x,k,b y pads=[1,1,1,1] group=2; out y" },
  { "depthwise", 0,
    "in x 1,16,9,9; w k 16,1,3,3; w b 16; Conv x,k,b y pads=[1,1,1,1] group=16; out y" },
  { "depthwise-stride", 0,
    "in x 1,24,9,8; w k 24,1,5,5; Conv x,k y pads=[2,2,2,2] strides=[2,2] group=24; out y" },
  { "depthwise-multiplier", 0, "in x 1,4,6,6; w k 12,1,3,3; w b 12; Conv x,k,b y group=4; out y" },
  { "1d", 0, "in x 2,3,17; w k 5,3,4; w b 5; Conv x,k,b y pads=[1,2] strides=[2]; out y" },
  { "1d-groups", 0, "in x 1,6,9; w k 6,1,3; Conv x,k y group=6 dilations=[2]; out y" },
  { "3d", 0,
    "in x 1,2,6,5,7; w k 4,2,3,3,3; w b 4; Conv x,k,b y pads=[1,1,1,1,1,1] strides=[1,2,1]; out "
    "y" },
  { "3d-dilated", 0,
    "in x 1,3,9,8,8; w k 3,3,3,3,3; Conv x,k y pads=[2,2,2,2,2,2] dilations=[2,2,2]; out y" },
  { "one-pixel", 0, "in x 3,8,1,1; w k 5,8,1,1; w b 5; Conv x,k,b y; out y" },
  { "one-channel", 0, "in x 1,1,8,8; w k 1,1,3,3; Conv x,k y; out y" },
  { "negative-pads", 0, "in x 1,3,8,8; w k 4,3,3,3; Conv x,k y pads=[-1,1,0,-2]; out y" },
  { "computed-weight", NET_FORWARD_ONLY, "in x 1,3,5,5; in k 2,3,3,3; Conv x,k y; out y" },
  { "computed-bias", 0, "in x 1,3,5,5; in b 2; w k 2,3,3,3; Conv x,k,b y; out y" },
  { "empty-batch", 0, "in x 0,3,5,5; w k 2,3,3,3; Conv x,k y; Relu y z; out z" },
  { "two-deep", NET_RULES,
    "in x 1,3,9,9; w k 8,3,3,3; w l 4,8,3,3; Conv x,k a pads=[1,1,1,1]; Relu a r; Conv r,l y; out "
    "y" },
};

static const Case transposed[] = {
  { "2d", 0,
    "in x 1,3,5,4; w k 3,4,3,3; w b 4; ConvTranspose x,k,b y strides=[2,2] pads=[1,1,1,1]; out y" },
  { "output-padding", 0,
    "in x 1,3,5,4; w k 3,4,3,3; ConvTranspose x,k y strides=[2,3] pads=[1,1,1,1] "
    "output_padding=[1,2]; out y" },
  { "output-padding-wide", 0,
    "in x 1,2,3,3; w k 2,2,2,2; ConvTranspose x,k y output_padding=[1,1]; out y" },
  { "output-shape", 0,
    "in x 1,3,5,4; w k 3,4,3,3; ConvTranspose x,k y strides=[2,2] output_shape=[10,8]; out y" },
  { "same", 0,
    "in x 1,3,5,4; w k 3,4,3,3; ConvTranspose x,k y strides=[2,2] auto_pad=SAME_UPPER; out y" },
  { "groups", 0,
    "in x 2,6,4,4; w k 6,2,3,3; w b 4; ConvTranspose x,k,b y group=2 strides=[2,2]; out y" },
  { "depthwise", 0,
    "in x 1,8,4,4; w k 8,1,4,4; ConvTranspose x,k y group=8 strides=[2,2] pads=[1,1,1,1]; out y" },
  { "dilated", 0, "in x 1,3,4,5; w k 3,2,3,3; ConvTranspose x,k y dilations=[2,1]; out y" },
  { "1d", 0, "in x 1,3,6; w k 3,5,4; w b 5; ConvTranspose x,k,b y strides=[2] pads=[1,0]; out y" },
  { "3d", 0, "in x 1,2,3,4,3; w k 2,3,2,2,2; ConvTranspose x,k y strides=[2,2,2]; out y" },
  { "fused", NET_RULES,
    "in x 1,4,5,5; w k 4,6,2,2; w b 6; w s 6; w t 6; w m 6; p v 6; w c 1,6,1,1; ConvTranspose "
    "x,k,b a strides=[2,2]; "
    "BatchNormalization a,s,t,m,v n; Add n,c o; Relu o y; out y" },
  { "fused-groups", 0,
    "in x 1,4,5,5; w k 4,3,2,2; w s 6; w t 6; w m 6; p v 6; ConvTranspose x,k a strides=[2,2] "
    "group=2; "
    "BatchNormalization a,s,t,m,v y; out y" },
};

/* BatchNormalization, per-channel factors and sums, activations and residual sums behind a
 * convolution. */
#define CONV "in x 1,3,8,8; w k 6,3,3,3; w b 6; Conv x,k,b a pads=[1,1,1,1]; "
#define NORM "w s 6; w t 6; w m 6; p v 6; BatchNormalization a,s,t,m,v n; "
static const Case fused[] = {
  { "batch-norm", 0, CONV NORM "Relu n y; out y" },
  { "batch-norm-no-bias", 0, "in x 1,3,8,8; w k 6,3,3,3; Conv x,k a; " NORM "out n" },
  { "batch-norm-depthwise", 0,
    "in x 1,6,8,8; w k 6,1,3,3; Conv x,k a group=6; " NORM
    "Clip n,lo,hi y; f lo - -0.5; f hi - 0.5; out y" },
  { "batch-norm-twice", 0, CONV NORM "BatchNormalization n,s,t,m,v y epsilon=0.1; out y" },
  { "batch-norm-alone", 0, "in a 2,6,4,5; " NORM "out n" },
  { "batch-norm-first", 0, "in a 1,6,5,5; " NORM "w k 2,6,3,3; Conv n,k y; out y" },
  { "mul-add", 0, CONV "w f 6,1,1; w g 1,6,1,1; Mul a,f c; Add g,c d; Relu d y; out y" },
  { "mul-scalar", 0, CONV "f f - 0.25; f g 1 3; Mul f,a c; Add c,g y; out y" },
  { "mul-by-width", 0, CONV "w f 8; Mul a,f y; out y" },
  { "add-by-plane", 0, CONV "w f 1,1,8,8; Add a,f y; out y" },
  { "add-wider", 0, CONV "w f 2,6,8,8; Add a,f y; out y" },
  { "add-more-ranks", 0, CONV "w f 1,1,6,1,1; Add a,f y; out y" },
  { "mul-one-channel-wider", 0,
    "in x 1,3,5,5; w k 1,3,3,3; w f 1,4,1,1; Conv x,k a; Mul a,f y; out y" },
  { "square", 0, CONV "Mul a,a y; out y" },
  { "double", 0, CONV "Add a,a y; out y" },
  { "relu", NET_RULES, CONV "Relu a y; out y" },
  { "leaky", NET_RULES, CONV "LeakyRelu a y alpha=0.2; out y" },
  { "clip", NET_RULES, CONV "f lo - 0; f hi - 6; Clip a,lo,hi y; out y" },
  { "clip-low", 0, CONV "f lo - -0.25; Clip a,lo y; out y" },
  { "clip-high", 0, CONV "f hi - 0.25; Clip a,,hi y; out y" },
  { "clip-none", 0, CONV "Clip a y; out y" },
  { "clip-crossed", NET_FORWARD_ONLY, CONV "f lo - 0.5; f hi - -0.5; Clip a,lo,hi y; out y" },
  { "sigmoid", 0, CONV "Sigmoid a y; out y" },
  { "tanh", 0, CONV "Tanh a y; out y" },
  { "hard-swish", 0, CONV "HardSwish a y; out y" },
  { "hard-sigmoid", 0, CONV "HardSigmoid a y alpha=0.3 beta=0.4; out y" },
  { "gelu", 0, "opset 20; " CONV "Gelu a y; out y" },
  { "gelu-tanh", 0, "opset 20; " CONV "Gelu a y approximate=tanh; out y" },
  { "elu", NET_RULES, CONV "Elu a y alpha=0.7; out y" },
  { "silu", 0, CONV "Sigmoid a g; Mul a,g y; out y" },
  { "sum-in-place", 0,
    CONV "w l 6,6,1,1; Conv a,l c; Conv c,l d; Add d,c s; Relu s y; out y" },
  { "sum-in-place-wanted", 0, CONV "w l 6,6,1,1; Conv a,l c; Add c,a s; Relu s y; out a; out y" },
  { "sum-with-source", 0, CONV "w l 6,6,3,3; Conv a,l c pads=[1,1,1,1]; Add c,a y; out y" },
  { "sum-with-source-reshaped", 0,
    CONV "i d 1,6,8,8; w l 6,6,3,3; Reshape a,d q; Conv q,l c pads=[1,1,1,1]; Add c,a y; out y" },
  { "sum-read-again", 0, CONV "w l 6,6,1,1; Conv a,l c; Conv c,l d; Add d,a s; Mul s,a y; out y" },
  { "sum-of-branches", 0,
    CONV "w l 6,3,1,1; Conv x,l c; Add a,c s; Relu s r; w m 6,6,1,1; Conv r,m t; Add t,r y; out y" },
  { "sum-with-input", 0, "in x 1,6,8,8; w k 6,6,1,1; Conv x,k a; Conv a,k b; Add b,x y; out y" },
  { "sum-after-activation", 0, CONV "w l 6,6,1,1; Conv a,l c; Relu c r; Add r,a y; out y" },
  { "sum-plain-layout", 0,
    CONV "w o 1,6,8,8; Relu x n; w l 6,3,1,1; Conv n,l c; Transpose c t perm=[0,1,2,3]; Add a,t y; out y" },
  { "silu-gate-first", 0, CONV "Sigmoid a g; Mul g,a y; Relu y z; out z" },
  { "silu-gate-wanted", 0, CONV "Sigmoid a g; Mul a,g y; out g; out y" },
  { "silu-alone", 0, "in x 2,5,7; Sigmoid x g; Mul x,g y; out y" },
  { "silu-read-again", 0, CONV "Sigmoid a g; Mul a,g m; Add m,a y; out y" },
  { "gate-of-another", 0, CONV "Relu a r; Sigmoid r g; Mul a,g y; out y" },
  { "hard-swish-two-nodes", 0,
    CONV "HardSigmoid a g alpha=0.16666667 beta=0.5; Mul a,g y; out y" },
  { "hard-swish-then-add", 0,
    CONV "w o 1,6,8,8; HardSigmoid a g alpha=0.16666667 beta=0.5; Mul g,a m; Add m,o y; out y" },
  { "gated-hard-sigmoid", 0, CONV "HardSigmoid a g alpha=0.3 beta=0.4; Mul a,g y; out y" },
  { "chain", 0, CONV NORM "Relu n r; Sigmoid r s1; Tanh s1 y; out y" },
  { "long-chain", 0,
    CONV "LeakyRelu a c alpha=0.5; Tanh c d; LeakyRelu d e alpha=0.5; HardSigmoid e g; HardSigmoid "
         "g h; HardSwish h j; "
         "HardSigmoid j y; out y" },
  { "residual-left", NET_RULES, CONV "w l 6,3,1,1; Conv x,l r; Add r,a z; Relu z y; out y" },
  { "residual-right", NET_RULES, CONV "w l 6,3,1,1; Conv x,l r; Add a,r z; Relu z y; out y" },
  { "residual-of-input", 0,
    "in x 1,6,8,8; w k 6,6,3,3; Conv x,k a pads=[1,1,1,1]; " NORM "Add x,n z; Relu z y; out y" },
  { "residual-then-norm", 0, "in x 1,6,8,8; w k 6,6,1,1; Conv x,k c; Add c,x a; " NORM "out n" },
  { "residual-later", 0,
    "in x 1,6,8,8; w k 6,6,1,1; Conv x,k a; Relu x r; Sigmoid r q; Add a,q z; Relu z y; out y" },
  { "residual-chain", 0,
    "in x 1,6,8,8; w k 6,6,1,1; w l 6,6,3,3; Conv x,k a; Add a,x c; Relu c d; Conv d,l e "
    "pads=[1,1,1,1]; Add d,e h; Relu h y; out y" },
  { "residual-broadcast", 0, CONV "w l 6,3,8,8; Conv x,l r; Add a,r y; out y" },
  { "residual-constant", 0, CONV "w r 1,6,8,8; Add r,a y; out y" },
  { "residual-many", 0,
    "in x 1,6,6,6; w k 6,6,1,1; Conv x,k a; Add a,x c; Add x,c d; Add d,x e; Add e,x g; Add g,x y; "
    "out y" },
  { "activation-then-residual", 0, CONV "w l 6,3,1,1; Conv x,l r; Relu a q; Add q,r y; out y" },
  { "shared-tail", 0, CONV NORM "Relu n y; Sigmoid n z; Add y,z q; out q" },
  { "shared-conv", 0, CONV NORM "Add a,n y; out y" },
  { "tail-is-output", 0, CONV NORM "Relu n y; out y; out n; out a" },
  { "same-weight-twice", 0,
    "in x 1,6,8,8; w k 6,6,1,1; Conv x,k a; " NORM "Relu n r; Conv r,k y; out y" },
  { "norm-in-3d", 0, "in x 1,2,5,4,6; w k 6,2,3,3,3; Conv x,k a; " NORM "Relu n y; out y" },
  { "norm-in-1d", 0, "in x 1,2,9; w k 6,2,3; Conv x,k a; " NORM "Relu n y; out y" },
  { "deep-gradient", NET_RULES,
    CONV NORM "Relu n r; w l 5,6,3,3; p v5 5; w s5 5; w t5 5; w m5 5; Conv r,l c strides=[2,2]; "
              "BatchNormalization c,s5,t5,m5,v5 d; Relu d e; "
              "w q 3,5,1,1; Conv e,q y; out y" },
};

/* The same post-op twice, with other parameters each time. */
#define TWICE_A "LeakyRelu a c alpha=0.5; Relu c y; out y"
#define TWICE_B                                                                                    \
  "Clip a,l1,h1 g; Clip g,l2,h2 y; f l1 - -0.5; f h1 - 0.5; f l2 - -1; f h2 - 0.3; out y"
#define TWICE_C "HardSigmoid a c alpha=0.3 beta=0.4; HardSigmoid c y alpha=0.7 beta=0.1; out y"
#define PLAIN "in x 1,3,8,8; w k 6,3,3,3; Conv x,k a; "
#define DEEP "in x 1,16,8,8; w k 16,1,3,3; Conv x,k a group=16; "
#define DEEP3 "in x 1,3,8,8; w k 3,1,3,3; Conv x,k a group=3; "
#define POINT "in x 1,16,8,8; w k 16,16,1,1; Conv x,k a; "
#define UP "in x 1,4,5,5; w k 4,6,2,2; ConvTranspose x,k a strides=[2,2]; "
#define ROWS "in x 5,7; w k 7,4; MatMul x,k a; "
#define VOLUME "in x 1,2,5,5,5; w k 4,2,3,3,3; Conv x,k a; "
static const Case twice[] = {
  { "plain-relu", 0, PLAIN TWICE_A },
  { "plain-clip", 0, PLAIN TWICE_B },
  { "plain-hard", 0, PLAIN TWICE_C },
  { "depthwise-relu", 0, DEEP TWICE_A },
  { "depthwise-clip", 0, DEEP TWICE_B },
  { "depthwise-hard", 0, DEEP TWICE_C },
  { "depthwise-3-relu", 0, DEEP3 TWICE_A },
  { "depthwise-3-clip", 0, DEEP3 TWICE_B },
  { "depthwise-3-hard", 0, DEEP3 TWICE_C },
  { "point-relu", 0, POINT TWICE_A },
  { "point-clip", 0, POINT TWICE_B },
  { "point-hard", 0, POINT TWICE_C },
  { "up-relu", 0, UP TWICE_A },
  { "up-clip", 0, UP TWICE_B },
  { "up-hard", 0, UP TWICE_C },
  { "rows-relu", 0, ROWS TWICE_A },
  { "rows-clip", 0, ROWS TWICE_B },
  { "rows-hard", 0, ROWS TWICE_C },
  { "volume-relu", 0, VOLUME TWICE_A },
  { "volume-clip", 0, VOLUME TWICE_B },
  { "volume-hard", 0, VOLUME TWICE_C },
};

static const Case products[] = {
  { "plain", 0, "in x 5,7; w k 7,4; MatMul x,k y; out y" },
  { "bias", 0, "in x 5,7; w k 7,4; w b 4; MatMul x,k a; Add b,a y; out y" },
  { "bias-scalar", 0, "in x 5,7; w k 7,4; f b - 0.5; MatMul x,k a; Add a,b y; out y" },
  { "bias-row", 0, "in x 5,7; w k 7,4; w b 5,1; MatMul x,k a; Add a,b y; out y" },
  { "bias-wider", 0, "in x 1,7; w k 7,4; w b 3,4; MatMul x,k a; Add a,b y; out y" },
  { "bias-more-ranks", 0, "in x 5,7; w k 7,4; w b 1,1,4; MatMul x,k a; Add a,b y; out y" },
  { "one-column", 0, "in x 5,7; w k 7,1; w b 1; MatMul x,k a; Add a,b y; out y" },
  { "activation", 0, "in x 5,7; w k 7,4; w b 4; MatMul x,k a; Add a,b c; Relu c y; out y" },
  { "residual", 0, "in x 5,7; w k 7,7; w b 7; MatMul x,k a; Add a,b c; Add x,c y; out y" },
  { "stack-residual", 0, "in x 2,5,7; w k 7,7; w b 7; MatMul x,k a; Add b,a c; Add c,x y; out y" },
  { "stack-residual-4", 0, "in x 2,3,5,7; w k 7,7; MatMul x,k a; Add a,x c; Sigmoid c y; out y" },
  { "stack-gelu", 0,
    "opset 20; in x 1,5,7; w k 7,9; w b 9; MatMul x,k a; Add a,b c; Gelu c y; out y" },
  { "stack-erf", 0,
    "in x 1,5,7; w k 7,9; w b 9; MatMul x,k a; Add a,b c; f r - 1.4142135; f h - 0.5; f o - 1; Div "
    "c,r d; Erf d e; Add e,o g; Mul c,g j; "
    "Mul j,h y; out y" },
  { "constant-left", 0, "in x 7,4; w k 5,7; MatMul k,x y; out y" },
  { "constant-left-stack", 0, "in x 3,7,4; w k 5,7; MatMul k,x y; out y" },
  { "both-vary", 0, "in x 5,7; in z 7,4; MatMul x,z y; out y" },
  { "batch", 0, "in x 2,3,5,7; in z 2,3,7,4; MatMul x,z y; out y" },
  { "batch-broadcast", 0, "in x 2,1,5,7; in z 3,7,4; MatMul x,z y; out y" },
  { "batch-broadcast-left", 0, "in x 5,7; in z 2,3,7,4; MatMul x,z y; out y" },
  { "batch-residual", 0, "in x 2,3,5,5; in z 2,3,5,5; MatMul x,z a; Add a,x y; out y" },
  { "rank-5", 0, "in x 1,2,2,3,4; in z 2,1,1,4,3; MatMul x,z y; out y" },
  { "vector-left", 0, "in x 7; w k 7,4; MatMul x,k y; out y" },
  { "vector-right", 0, "in x 5,7; w k 7; MatMul x,k y; out y" },
  { "vectors", 0, "in x 7; in z 7; MatMul x,z y; out y" },
  { "vector-batch", 0, "in x 2,5,7; in z 7; MatMul x,z y; out y" },
  { "empty-inner", 0, "in x 5,0; w k 0,4; MatMul x,k y; out y" },
  { "empty-rows", 0, "in x 0,7; w k 7,4; w b 4; MatMul x,k a; Add a,b y; out y" },
  { "gemm", 0, "in x 5,7; w k 7,4; w b 4; Gemm x,k,b y; out y" },
  { "gemm-no-c", 0, "in x 5,7; w k 7,4; Gemm x,k y; out y" },
  { "gemm-no-c-bias", 0, "in x 5,7; w k 7,4; w b 4; Gemm x,k a; Add a,b c; Relu c y; out y" },
  { "gemm-trans-b", NET_RULES, "in x 5,7; w k 4,7; w b 4; Gemm x,k,b a transB=1; Relu a y; out y" },
  { "gemm-trans-a", 0, "in x 7,5; w k 7,4; w b 4; Gemm x,k,b y transA=1; out y" },
  { "gemm-trans-both", 0, "in x 7,5; w k 4,7; w b 1,4; Gemm x,k,b y transA=1 transB=1; out y" },
  { "gemm-alpha", 0, "in x 5,7; w k 7,4; Gemm x,k a alpha=0.5; Relu a y; out y" },
  { "gemm-alpha-bias", 0, "in x 5,7; w k 7,4; w b 4; Gemm x,k a alpha=0.5; Add a,b y; out y" },
  { "gemm-alpha-beta", 0, "in x 5,7; w k 7,4; w b 4; Gemm x,k,b y alpha=0.5 beta=-2.0; out y" },
  { "gemm-c-row", 0, "in x 5,7; w k 7,4; w b 5,1; Gemm x,k,b y; out y" },
  { "gemm-c-full", 0, "in x 5,7; w k 7,4; w b 5,4; Gemm x,k,b y; out y" },
  { "gemm-c-scalar", 0, "in x 5,7; w k 7,4; f b - 0.5; Gemm x,k,b y; out y" },
  { "gemm-c-one", 0, "in x 5,7; w k 7,4; f b 1 0.5; Gemm x,k,b y; out y" },
  { "gemm-one-column", 0, "in x 5,7; w k 7,1; f b 1 0.5; Gemm x,k,b y; out y" },
  { "gemm-c-varies", 0, "in x 5,7; in b 4; w k 7,4; Gemm x,k,b y; out y" },
  { "gemm-all-vary", 0,
    "in x 5,7; in k 4,7; in b 5,4; Gemm x,k,b y transB=1 alpha=1.5 beta=0.5; out y" },
  { "gemm-residual", 0, "in x 5,7; w k 7,7; w b 7; Gemm x,k,b a; Add x,a c; Tanh c y; out y" },
  { "gemm-empty", 0, "in x 0,5; w k 4,0; Gemm x,k y transA=1 transB=1; out y" },
  { "attention", 0,
    "in x 1,6,8; w a 8,8; w b 8,8; w c 8,8; MatMul x,a q; MatMul x,b k; MatMul x,c v; Transpose k "
    "kt perm=[0,2,1]; MatMul q,kt s; "
    "f d - 0.35; Mul s,d t; Softmax t p axis=-1; MatMul p,v o; Add o,x y; out y" },
  { "heads", 0,
    "in x 1,6,8; w a 8,8; w b 8,8; w c 8,8; i h 1,6,2,4; i j 1,6,8; MatMul x,a q0; Reshape q0,h "
    "q1; Transpose q1 q perm=[0,2,1,3]; "
    "MatMul x,b k0; Reshape k0,h k1; Transpose k1 k perm=[0,2,3,1]; MatMul x,c v0; Reshape v0,h "
    "v1; Transpose v1 v perm=[0,2,1,3]; "
    "MatMul q,k s; Softmax s p axis=-1; MatMul p,v o0; Transpose o0 o1 perm=[0,2,1,3]; Reshape "
    "o1,j y; out y" },
};

/* The same operators between tensors that a convolution left in channels last, and plain ones. */
#define LAST "in x 2,3,6,5; w k 4,3,3,3; Conv x,k a pads=[1,1,1,1]; "
#define LAST2 LAST "w l 4,3,1,1; Conv x,l c; "
static const Case elementwise[] = {
  { "add", 0, LAST2 "Sub a,c y; out y" },
  { "sub-mul-div", 0, LAST2 "Exp c d; Mul a,d e; Sub e,a g; Div g,d y; out y" },
  { "max-min", 0, LAST2 "Max a,c d; Min d,a e; Max e,x1 y; f x1 - 0.1; out y" },
  { "pow", 0, LAST "f two - 2; Pow a,two y; out y" },
  { "pow-constant-base", 0, LAST "f two - 2; Pow two,a y; out y" },
  { "pow-varying", 0, "in x 3,4; in z 3,4; Exp x e; Pow e,z y; out y" },
  { "sum-2", 0, LAST2 "Sum a,c y; out y" },
  { "sum-3", 0, LAST2 "Sum a,c,a y; out y" },
  { "sum-1", 0, LAST "Sum a y; out y" },
  { "last-and-plain", 0, LAST "in z 2,4,6,5; Sub a,z d; Sub z,a e; Mul d,e y; out y" },
  { "constant-plane", 0, LAST "w f 2,4,6,5; Sub f,a y; out y" },
  { "constant-channel", 0, LAST "w f 4,1,1; w g 1,4,1,1; Sub a,f d; Sub g,d y; out y" },
  { "constant-scalar", 0, LAST "f f - 3; f g 1,1,1,1 2; Sub f,a d; Div d,g y; out y" },
  { "constant-width", 0, LAST "w f 5; w g 6,5; w h 6,1; Sub a,f d; Sub g,d e; Sub e,h y; out y" },
  { "constant-batch", 0,
    LAST "w f 2,1,1,1; w g 2,4,1,1; w h 2,1,6,5; Sub a,f d; Mul d,g e; Mul h,e y; out y" },
  { "channel-map", 0, LAST "GlobalAveragePool a g; Sigmoid g s; Mul a,s d; Mul s,d y; out y" },
  { "channel-map-plain", 0, "in a 2,4,6,5; in g 2,4,1,1; Mul a,g d; Sub g,d y; out y" },
  { "channel-map-last", 0, LAST "in g 2,4,1,1; Mul a,g d; Sub g,d y; out y" },
  { "space-map", 0, LAST "w l 1,3,1,1; Conv x,l m; Mul a,m d; Sub m,d y; out y" },
  { "space-map-plain", 0, LAST "in m 2,1,6,5; Mul a,m d; Sub m,d y; out y" },
  { "lower-rank", 0, LAST "in m 6,5; in n 5; in o 4,1,1; Mul a,m d; Sub n,d e; Mul e,o y; out y" },
  { "scalar-input", 0, LAST "in m -; Mul a,m y; out y" },
  { "one-input", 0, LAST "in m 1; Mul a,m d; Sub m,d y; out y" },
  { "outer", 0, "in x 4,1; in z 1,5; Mul x,z d; Sub d,x y; out y" },
  { "outer-4", 0, "in x 2,1,3,1; in z 1,4,1,5; Mul x,z d; Sub z,d y; out y" },
  { "outer-last", 0,
    LAST "ReduceMean a g axes=[2]; ReduceMean a h axes=[3]; Mul g,h d; Sub d,a y; out y" },
  { "interleaved", 0, "in x 2,3,2,3,2; in z 2,1,2,1,2; Mul x,z d; Sub z,d y; out y" },
  { "interleaved-more", 0, "in x 2,3,2,3,2,2; in z 2,1,2,1,2,1; Mul x,z d; Sub z,d y; out y" },
  { "scalars", 0, "in x -; in z -; Mul x,z d; Sub d,x y; out y" },
  { "vectors", 0, "in x 70; in z 70; Mul x,z d; Add d,x y; out y" },
  { "3d", 0,
    "in x 1,2,4,3,5; w k 3,2,1,1,1; Conv x,k a; GlobalAveragePool a g; Mul a,g d; w f 3,1,1,1; Sub "
    "d,f y; out y" },
  { "1d", 0,
    "in x 2,2,9; w k 3,2,1; Conv x,k a; GlobalAveragePool a g; Mul a,g d; w f 3,1; Sub d,f y; out "
    "y" },
  { "empty", 0, "in x 2,0,3; in z 2,1,3; Mul x,z d; Relu d e; f f - 2; Sub e,f y; out y" },
  { "empty-last", 0, "in x 2,3,0; in z 3,1; Mul x,z d; Sigmoid d y; out y" },
  { "one-position", 0,
    "in x 2,4,1,1; in z 2,4,1,1; Mul x,z d; w k 3,4,1,1; Conv d,k e; Relu e y; out y" },
  { "big", 0, "in x 1,8,64,64; w k 8,8,1,1; Conv x,k a; Mul a,x d; Sigmoid d e; Sub e,a y; out y" },
  { "unary", NET_RULES,
    LAST "Relu a b1; LeakyRelu b1 b2; Neg a b3; Abs b3 b4; Add b2,b4 b5; Sigmoid b5 b6; Tanh b5 "
         "b7; Sub b6,b7 b8; Exp b8 b9; Log b9 b10; "
         "Sqrt b9 b11; Reciprocal b11 b12; Add b10,b12 b13; Erf b13 y; out y" },
  { "unary-plain", NET_RULES,
    "in a 3,7; Relu a b1; LeakyRelu b1 b2; Neg a b3; Abs b3 b4; Add b2,b4 b5; Sigmoid b5 b6; Tanh "
    "b5 b7; Sub b6,b7 b8; Exp b8 b9; "
    "Log b9 b10; Sqrt b9 b11; Reciprocal b11 b12; Add b10,b12 b13; Erf b13 y; out y" },
  { "unary-hard", NET_RULES,
    LAST "f lo - -0.6; f hi - 0.7; Clip a,lo,hi b1; Add a,b1 b2; HardSigmoid b2 b3; HardSwish b2 "
         "b4; Mul b3,b4 b5; Elu b5 b6 alpha=1.5; "
         "Sign a b7; Mul b6,b7 y; out y" },
  { "gelu", 0, "opset 20; in x 3,7; Gelu x a; Gelu a y approximate=tanh; out y" },
  { "clip-computed", NET_FORWARD_ONLY, "in x 3,4; in z -; Abs z lo; Clip x,lo y; out y" },
  { "expand", 0, LAST "i s 2,4,6,5; GlobalAveragePool a g; Expand g,s d; Sub a,d y; out y" },
  { "expand-row", 0, "in x 5; i s 2,3,4,5; Expand x,s y; out y" },
  { "expand-inside", 0,
    LAST "i s 3,1,4,6,5; Expand a,s d; i t 1,4,6,5; Expand a,t e; out d; out e" },
  { "expand-middle", 0, "in x 2,1,3; i s 2,4,3; Expand x,s y; out y" },
  { "expand-scalar", 0, "in x -; i s 2,3; Expand x,s y; out y" },
  { "in-place", 0,
    "in x 4,4; in z 4,4; Mul x,z a; Add a,x b; Sub z,b c; Neg c d; Mul d,d e; Add e,z y; out y" },
};

static const Case pools[] = {
  { "max", 0, LAST "MaxPool a y kernel_shape=[2,2] strides=[2,2]; out y" },
  { "max-overlap", 0, LAST "MaxPool a y kernel_shape=[3,3] strides=[2,1] pads=[1,1,1,1]; out y" },
  { "max-asymmetric", 0,
    LAST "MaxPool a y kernel_shape=[3,2] strides=[2,2] pads=[0,1,1,0]; out y" },
  { "max-ceil", 0, LAST "MaxPool a y kernel_shape=[3,3] strides=[2,2] ceil_mode=1; out y" },
  { "max-ceil-pads", 0,
    LAST "MaxPool a y kernel_shape=[2,3] strides=[3,2] pads=[1,1,1,1] ceil_mode=1; out y" },
  { "max-dilated", 0, LAST "MaxPool a y kernel_shape=[2,2] dilations=[2,3] pads=[1,1,0,1]; out y" },
  { "max-same", 0, LAST "MaxPool a y kernel_shape=[3,3] strides=[2,2] auto_pad=SAME_LOWER; out y" },
  { "max-plain", 0, "in x 2,3,7,6; MaxPool x y kernel_shape=[3,3] strides=[2,2]; out y" },
  { "max-1d", 0, "in x 2,3,9; MaxPool x y kernel_shape=[3] strides=[2] pads=[1,0]; out y" },
  { "max-3d", 0,
    "in x 1,2,5,6,4; MaxPool x y kernel_shape=[2,3,2] strides=[2,2,1] pads=[0,1,0,0,1,1]; out y" },
  { "max-indices", NET_FORWARD_ONLY,
    LAST "MaxPool a y,i1 kernel_shape=[2,2] strides=[2,2]; out y; out i1" },
  { "average", 0, LAST "AveragePool a y kernel_shape=[2,2] strides=[2,2]; out y" },
  { "average-pads", 0,
    LAST "AveragePool a y kernel_shape=[3,3] strides=[2,1] pads=[1,1,1,0]; out y" },
  { "average-include", 0,
    LAST
    "AveragePool a y kernel_shape=[3,3] strides=[2,1] pads=[1,1,1,0] count_include_pad=1; out y" },
  { "average-ceil", 0,
    LAST "AveragePool a y kernel_shape=[3,3] strides=[2,2] pads=[1,0,1,1] ceil_mode=1; out y" },
  { "average-ceil-include", 0,
    LAST "AveragePool a y kernel_shape=[3,3] strides=[2,2] pads=[1,0,1,1] ceil_mode=1 "
         "count_include_pad=1; out y" },
  { "average-dilated", 0,
    "opset 19; " LAST "AveragePool a y kernel_shape=[2,2] dilations=[2,2] pads=[1,1,1,1]; out y" },
  { "average-same", 0,
    LAST "AveragePool a y kernel_shape=[4,3] strides=[2,2] auto_pad=SAME_UPPER; out y" },
  { "average-1d", 0, "in x 2,3,9; AveragePool x y kernel_shape=[4] strides=[3] pads=[1,2]; out y" },
  { "average-3d", 0,
    "in x 1,2,5,6,4; AveragePool x y kernel_shape=[2,3,2] strides=[2,2,1] pads=[0,1,0,0,1,1]; out "
    "y" },
  { "many-channels", 0,
    "in x 1,40,6,6; MaxPool x a kernel_shape=[2,2]; AveragePool a y kernel_shape=[2,2]; out y" },
  { "lp", 0, LAST "LpPool a y kernel_shape=[2,2] strides=[2,2] p=2; out y" },
  { "global", 0, LAST "GlobalAveragePool a y; out y" },
  { "global-plain", 0, "in x 2,70,5,3; GlobalAveragePool x y; out y" },
  { "global-1d", 0, "in x 2,3,130; GlobalAveragePool x y; out y" },
  { "global-3d", 0, "in x 1,3,5,6,7; GlobalAveragePool x y; out y" },
  { "global-flat", 0, "in x 2,3; GlobalAveragePool x y; out y" },
  { "global-max", 0, LAST "GlobalMaxPool a y; out y" },
  { "head", NET_RULES,
    LAST
    "Relu a r; GlobalAveragePool r g; Flatten g f; w q 5,4; w b 5; Gemm f,q,b y transB=1; out y" },
};

/* Chains of movements, which become one copy or none. */
static const Case views[] = {
  { "heads-of-one-product", 0,
    "in x 1,5,8; w k 8,24; MatMul x,k a; i h 1,5,3,2,4; Reshape a,h b; Transpose b c perm=[2,0,3,1,4]; "
    "f i0 - 0; i s0 0; i e0 1; i s1 1; i e1 2; i s2 2; i e2 3; i ax 0; Slice c,s0,e0,ax q0; Slice c,s1,e1,ax k0; "
    "Slice c,s2,e2,ax v0; Squeeze q0,ax q; Squeeze k0,ax kk; Squeeze v0,ax v; "
    "Transpose kk kt perm=[0,1,3,2]; MatMul q,kt s; Softmax s p axis=-1; MatMul p,v o; "
    "Transpose o o1 perm=[0,2,1,3]; i j 1,5,8; Reshape o1,j y; out y" },
  { "heads-by-gather", 0,
    "in x 2,5,8; w k 8,24; MatMul x,k a; i h 2,5,3,2,4; Reshape a,h b; i i0 0; i i1 1; i i2 -1; i ax 2; "
    "Gather b,i0 q0 axis=2; Gather b,i1 k0 axis=2; Gather b,i2 v0 axis=2; Squeeze q0,ax q1; Squeeze k0,ax k1; "
    "Squeeze v0,ax v1; Transpose q1 q perm=[0,2,1,3]; Transpose k1 kt perm=[0,2,3,1]; "
    "Transpose v1 v perm=[0,2,1,3]; MatMul q,kt s; Softmax s p axis=-1; MatMul p,v o; "
    "Transpose o o1 perm=[0,2,1,3]; i j 2,5,8; Reshape o1,j y; out y" },
  { "windows", 0,
    "in x 1,4,6,3; i h 1,2,2,3,2,3; Reshape x,h a; Transpose a b perm=[0,1,3,2,4,5]; i j 6,4,3; Reshape b,j c; "
    "w k 3,3; MatMul c,k d; Reshape d,l e; i l 1,2,3,2,2,3; Transpose e g perm=[0,1,3,2,4,5]; i m 1,4,6,3; "
    "Reshape g,m y; out y" },
  { "roll", 0,
    "in x 1,5,4,3; i z 0; i two 2; i three 3; i end 9; i a1 1; i a2 2; Slice x,two,end,a1 a; Slice x,z,two,a1 b; "
    "Concat a,b c axis=1; Slice c,three,end,a2 d; Slice c,z,three,a2 e; Concat d,e y axis=2; out y" },
  { "patch-merging", 0,
    LAST "i h0 0,0; i h1 1,0; i h2 0,1; i h3 1,1; i end 9,9; i ax 2,3; i st 2,2; i fit 6,4; i o2 0,0; "
         "Slice a,o2,fit,ax t; Slice t,h0,end,ax,st p; Slice t,h1,end,ax,st q; Slice t,h2,end,ax,st r; "
         "Slice t,h3,end,ax,st s; Concat p,q,r,s y axis=1; out y" },
  { "overlapping", 0,
    "in x 5,6; i s1 0; i e1 4; i s2 2; i e2 6; i ax 1; Slice x,s1,e1,ax a; Slice x,s2,e2,ax b; Mul a,b y; out y" },
  { "backwards", 0,
    "in x 5,6; i s -1; i e -9; i ax 0; i st -2; Slice x,s,e,ax,st a; Transpose a b; w k 3,4; MatMul b,k y; out y" },
  { "apart", 0,
    "in x 2,7,3; i s1 0; i e1 2; i s2 4; i e2 6; i ax 1; Slice x,s1,e1,ax a; Slice x,s2,e2,ax b; Mul a,b y; out y" },
  { "both-turned", 0,
    "in x 2,3,5; in z 2,4,3; Transpose x a perm=[0,2,1]; Transpose z b perm=[0,2,1]; MatMul a,b c; "
    "MatMul z,x d; Transpose d e perm=[0,2,1]; Sub c,e y; out y" },
  { "turned-one-column", 0,
    "in x 2,3,1; in z 2,3,4; Transpose x a perm=[0,2,1]; MatMul a,z y; out y" },
  { "turned-broadcast", 0,
    "in x 3,5; in z 2,4,3; Transpose x a perm=[1,0]; Transpose z b perm=[0,2,1]; MatMul a,b y; out y" },
  { "read-by-many", 0,
    "in x 1,4,5,6; Transpose x a perm=[0,2,3,1]; Relu a b; Sigmoid a c; i s 5,24; Reshape a,s d; "
    "MatMul d,k e; w k 24,2; ReduceMean e g axes=[0,1]; Add b,c h; Add h,g y; out y" },
  { "reshape-of-turned", 0,
    "in x 2,3,4,5; Transpose x a perm=[1,0,2,3]; i s 3,2,20; Reshape a,s b; Transpose b c perm=[2,0,1]; "
    "i t 4,5,6; Reshape c,t d; Tanh d y; out y" },
  { "channel-halves", 0,
    LAST "i z 0; i m 2; i e 4; i ax 1; Slice a,z,m,ax b; Slice a,m,e,ax c; w l 2,2,1,1; Conv c,l d; Relu d g; "
         "Concat b,g h axis=1; i s 2,2,2,6,5; Reshape h,s j; Transpose j o perm=[0,2,1,3,4]; i t 2,4,6,5; "
         "Reshape o,t q; w n 3,4,1,1; Conv q,n y; out y" },
  { "dropout", 0, "in x 3,5; Relu x a; Dropout a b,mask; Softmax b y axis=1; out y" },
};

static const Case movement[] = {
  { "concat", 0, LAST2 "Concat a,c,a y axis=1; out y" },
  { "concat-mixed", 0, LAST "in z 2,2,6,5; Concat z,a d axis=1; Relu d y; out y" },
  { "concat-constant", 0, LAST "w z 2,2,6,5; Concat z,a d axis=1; Relu d y; out y" },
  { "concat-batch", 0, LAST2 "Concat a,c y axis=0; out y" },
  { "concat-height", 0, LAST2 "Concat a,c d axis=2; Concat d,d y axis=-1; out y" },
  { "concat-rank-2", 0, "in x 2,3; in z 2,4; Concat x,z y axis=1; out y" },
  { "concat-rank-1", 0, "in x 2; in z 4; Concat x,z y axis=0; out y" },
  { "concat-empty", 0, "in x 2,0; in z 2,4; Concat x,z y axis=1; out y" },
  { "concat-one", 0, LAST "Concat a y axis=1; out y" },
  { "split", 0, LAST "i s 1,3; Split a,s d,e axis=1; Mul e,d y; out y" },
  { "split-even", 0, LAST "Split a d,e axis=2; Sub d,e y; out y" },
  { "split-skip", 0, LAST "Split a d,e axis=1; Relu e y; out y" },
  { "split-plain", 0,
    "in x 4,6; i s 1,2,3; Split x,s d,e,g axis=1; Concat g,d y axis=1; out y; out e" },
  { "split-batch", 0, LAST "Split a d,e axis=0; Sub d,e y; out y" },
  { "slice", 0, LAST "i s 1,2; i e 4,5; i ax 1,2; Slice a,s,e,ax y; out y" },
  { "slice-steps", 0,
    LAST "i s -1,0; i e -100,6; i ax 1,3; i st -1,2; Slice a,s,e,ax,st y; out y" },
  { "slice-plain", 0,
    "in x 5,6; i s 4,1; i e 0,6; i ax 0,1; i st -2,2; Slice x,s,e,ax,st y; out y" },
  { "slice-empty", 0, "in x 5,6; i s 3; i e 3; i ax 0; Slice x,s,e,ax y; out y" },
  { "slice-beyond", 0, "in x 5,6; i s 9; i e 12; i ax 1; Slice x,s,e,ax y; out y" },
  { "slice-channel", 0, LAST "i s 2; i e 3; i ax 1; Slice a,s,e,ax d; Mul a,d y; out y" },
  { "pad", 0, LAST "i p 0,1,2,0,0,2,0,3; Pad a,p y; out y" },
  { "pad-constant", 0, LAST "i p 0,0,1,1,0,0,1,1; f v - 0.5; Pad a,p,v y; out y" },
  { "pad-negative", 0, LAST "i p 0,0,-1,1,0,0,1,-2; Pad a,p y; out y" },
  { "pad-reflect", 0, LAST "i p 0,0,1,2,0,0,2,1; Pad a,p y mode=reflect; out y" },
  { "pad-edge", 0, LAST "i p 0,0,1,2,0,0,2,1; Pad a,p y mode=edge; out y" },
  { "pad-channels", 0, LAST "i p 0,2,0,0,0,2,0,0; Pad a,p d; w q 3,8,1,1; Conv d,q y; out y" },
  { "transpose", 0, LAST "Transpose a y perm=[2,0,3,1]; out y" },
  { "transpose-reverse", 0, LAST "Transpose a y; out y" },
  { "transpose-to-plain", 0, LAST "Transpose a d perm=[0,2,3,1]; w b 4; Add d,b y; out y" },
  { "transpose-there-and-back", 0,
    LAST "Transpose a d perm=[0,2,3,1]; Relu d e; Transpose e y perm=[0,3,1,2]; out y" },
  { "transpose-to-last", 0,
    "in z 1,5,6,3; Transpose z x perm=[0,3,1,2]; w k 4,3,3,3; Conv x,k a; Relu a y; out y" },
  { "transpose-twice", 0,
    "in z 2,5,6,3; Transpose z x perm=[0,3,1,2]; Transpose x c perm=[0,2,3,1]; Sub c,z y; out y" },
  { "transpose-last-2", 0, "in x 2,3,4,5; Transpose x y perm=[0,1,3,2]; out y" },
  { "transpose-ones", 0, "in x 1,3,1,5; Transpose x y perm=[2,3,0,1]; out y" },
  { "transpose-empty", 0, "in x 2,0,3; Transpose x y perm=[2,1,0]; out y" },
  { "reshape", 0, LAST "i s 2,4,30; Reshape a,s d; Relu d e; i t 2,-1; Reshape e,t y; out y" },
  { "reshape-tokens", 0,
    LAST "i s 2,4,30; Reshape a,s d; Transpose d e perm=[0,2,1]; w q 4,3; MatMul e,q y; out y" },
  { "reshape-mixing", 0, LAST "i s 2,2,12,5; Reshape a,s d; w q 3,2,1,1; Conv d,q y; out y" },
  { "reshape-shuffle", 0,
    LAST "i s 2,2,2,6,5; i t 2,4,6,5; Reshape a,s d; Transpose d e perm=[0,2,1,3,4]; Reshape e,t "
         "g; w q 2,2,1,1; Conv g,q y group=2; out y" },
  { "reshape-of-input", 0,
    "in x 2,12; i s 2,3,4; i t 2,12; Reshape x,s a; Reshape a,t b; Relu b y; out y; out a" },
  { "flatten", 0, LAST "Flatten a d; w q 120,3; MatMul d,q y; out y" },
  { "flatten-2", 0, LAST "Flatten a d axis=2; Relu d y; out y" },
  { "flatten-0", 0, LAST "Flatten a d axis=0; Relu d y; out y" },
  { "squeeze", 0,
    LAST
    "GlobalAveragePool a g; i ax 2,3; Squeeze g,ax d; i au 1; Unsqueeze d,au e; Relu e y; out y" },
  { "squeeze-one-channel", 0,
    "in x 1,3,5,6; w q 1,3,1,1; Conv x,q a; i ax 1; Squeeze a,ax d; Softmax d y axis=2; out y" },
  { "unsqueeze-spatial", 0,
    LAST "i ax 4; Unsqueeze a,ax d; i s 2,4,6,5; Reshape d,s e; w q 2,4,1,1; Conv e,q y; out y" },
  { "alias-of-output", 0, LAST "Relu a b1; i s 2,120; Reshape b1,s y; Sigmoid b1 z; out y; out z" },
  { "alias-and-in-place", 0,
    "in x 2,6; Relu x a; i s 3,4; Reshape a,s b; Neg b c; i t 2,6; Reshape c,t d; Sub d,a y; out "
    "y" },
  { "resize", 0,
    LAST "f sc 4 1,1,2,2; Resize a,,sc d mode=nearest; w q 2,4,1,1; Conv d,q y; out y" },
  { "resize-linear", 0, LAST "f sc 4 1,1,2,1.5; Resize a,,sc y mode=linear; out y" },
  { "depth-to-space", 0, LAST "DepthToSpace a d blocksize=2; Relu d y; out y" },
  { "gather", 0, LAST "i g 3,0,0; Gather a,g y axis=1; out y" },
};

/* Elements of one, two and eight bytes, plain and channels last, in whole rows and with steps. */
#define SIGNS LAST "f zero - 0; Greater a,zero m; "
static const Case types[] = {
  { "bool", NET_FORWARD_ONLY, SIGNS "Transpose m t perm=[3,1,0,2]; Not t u; Cast u y to=1; out y" },
  { "bool-concat", NET_FORWARD_ONLY, SIGNS "Concat m,m n axis=1; Where n,o,zero y; f o - 1; out y" },
  { "int16", NET_FORWARD_ONLY,
    SIGNS "Cast m j to=5; Transpose j t perm=[0,3,2,1]; Cast t y to=1; out y" },
  { "int64", NET_FORWARD_ONLY,
    SIGNS "Cast m j to=7; Add j,j l; Concat j,l n axis=1; Transpose n t perm=[2,1,3,0]; "
          "Cast t y to=1; out y" },
  { "int16-input", NET_FORWARD_ONLY,
    "in x int16 2,3,4; i s 3; i e -100; i ax 2; i st -2; Slice x,s,e,ax,st z; Cast z y to=1; out y" },
  { "uint8-input", NET_FORWARD_ONLY,
    "in x uint8 2,3,4; Transpose x t perm=[2,0,1]; Concat t,t z axis=1; Cast z y to=1; out y" },
  { "int64-input", NET_FORWARD_ONLY,
    "in x int64 5,4; i s 0,3; i e 5,-9; i ax 0,1; i st 2,-1; Slice x,s,e,ax,st z; Cast z y to=1; "
    "out y" },
};

static const Case reductions[] = {
  { "sum-space", 0, LAST "i ax 2,3; ReduceSum a,ax y; out y" },
  { "sum-space-drop", 0, LAST "i ax 2,3; ReduceSum a,ax y keepdims=0; out y" },
  { "sum-channels", 0, LAST "i ax 1; ReduceSum a,ax y; out y" },
  { "sum-channels-drop", 0, LAST "i ax 1; ReduceSum a,ax y keepdims=0; out y" },
  { "sum-batch", 0, LAST "i ax 0; ReduceSum a,ax y; out y" },
  { "sum-batch-drop", 0, LAST "i ax 0; ReduceSum a,ax y keepdims=0; out y" },
  { "sum-batch-height-drop", 0, LAST "i ax 0,2; ReduceSum a,ax y keepdims=0; out y" },
  { "sum-batch-space-drop", 0, LAST "i ax 0,2,3; ReduceSum a,ax y keepdims=0; out y" },
  { "sum-batch-width-drop", 0,
    "in x 1,3,6,5; w k 4,3,1,1; Conv x,k a; i ax 0,3; ReduceSum a,ax y keepdims=0; out y" },
  { "sum-1d-batch-drop", 0,
    "in x 1,3,6; w k 4,3,1; Conv x,k a; i ax 0; ReduceSum a,ax y keepdims=0; out y" },
  { "sum-height", 0, LAST "i ax 2; ReduceSum a,ax y; out y" },
  { "sum-width", 0, LAST "i ax 3; ReduceSum a,ax y; out y" },
  { "sum-channels-width", 0, LAST "i ax 1,3; ReduceSum a,ax y; out y" },
  { "sum-channels-height-drop", 0, LAST "i ax 1,2; ReduceSum a,ax y keepdims=0; out y" },
  { "sum-all", 0, LAST "ReduceSum a y keepdims=0; out y" },
  { "sum-none", 0, LAST "ReduceSum a y noop_with_empty_axes=1; out y" },
  { "mean-space", 0, LAST "ReduceMean a y axes=[2,3]; out y" },
  { "mean-space-drop", 0,
    LAST "ReduceMean a g axes=[2,3] keepdims=0; w q 4,3; MatMul g,q y; out y" },
  { "mean-plain", 0, "in x 3,70,4; ReduceMean x y axes=[1]; out y" },
  { "mean-last", 0, "in x 3,7; ReduceMean x y axes=[-1] keepdims=0; out y" },
  { "mean-apart", 0, "in x 2,3,4,5; ReduceMean x y axes=[1,3]; out y" },
  { "mean-3d", 0,
    "in x 1,2,3,4,5; w k 3,2,1,1,1; Conv x,k a; ReduceMean a y axes=[2,3,4] keepdims=0; out y" },
  { "sum-empty", 0, "in x 2,0,3; i ax 1; ReduceSum x,ax y; out y" },
  { "max", 0, LAST "ReduceMax a y axes=[1]; out y" },
  { "softmax", 0, "in x 3,10; Softmax x y axis=1; out y" },
  { "softmax-big", 0, "in x 2,1000; f t - 20; Mul x,t z; Softmax z y axis=1; out y" },
  { "softmax-channels", 0, LAST "Softmax a y axis=1; out y" },
  { "softmax-channels-plain", 0, "in a 2,4,6,5; Softmax a y axis=1; out y" },
  { "softmax-width", 0, LAST "Softmax a y axis=3; out y" },
  { "softmax-height", 0, LAST "Softmax a y axis=2; out y" },
  { "softmax-batch", 0, "in x 3,4; Softmax x y axis=0; out y" },
  { "softmax-11", 0, "opset 11; " LAST "Softmax a y axis=1; out y" },
  { "softmax-11-2", 0, "opset 11; " LAST "Softmax a y axis=2; out y" },
  { "softmax-vector", 0, "in x 7; Softmax x y axis=0; out y" },
  { "softmax-scalar", 0, "in x -; Softmax x y; out y" },
  { "log-softmax", 0, "in x 3,10; LogSoftmax x y axis=1; out y" },
  { "log-softmax-channels", 0, LAST "LogSoftmax a y axis=1; out y" },
  { "softmax-in-place", 0, "in x 3,5; in z 3,5; Add x,z a; Softmax a p axis=1; Mul p,x y; out y" },
  { "layer-norm", 0, "in x 1,5,8; w s 8; w b 8; LayerNormalization x,s,b y axis=-1; out y" },
  { "layer-norm-parts", 0,
    "in x 1,5,8; w s 8; w b 8; ReduceMean x m axes=[-1]; Sub x,m c; f two - 2; Pow c,two q; "
    "ReduceMean q v axes=[-1]; f e - 0.00001; "
    "Add v,e ve; Sqrt ve d; Div c,d u; Mul u,s us; Add us,b y; out y" },
  { "layer-norm-long", 0,
    "in x 3,2100; w s 2100; w b 2100; LayerNormalization x,s,b y axis=-1; out y" },
  { "layer-norm-no-shift", 0, "in x 5,37; w s 37; LayerNormalization x,s y axis=-1; out y" },
  { "layer-norm-in-place", 0,
    "in x 5,37; w s 37; w b 37; Tanh x a; LayerNormalization a,s,b n axis=-1; Relu n y; out y" },
  { "layer-norm-of-image", 0,
    LAST "w s 4; w b 4; Transpose a t perm=[0,2,3,1]; LayerNormalization t,s,b n axis=-1; "
         "Transpose n y perm=[0,3,1,2]; out y" },
  { "gelu-parts", 0,
    "in x 5,7; w k 7,9; w b 9; MatMul x,k a; Add a,b c; f r - 1.4142135; Div c,r d; Erf d e; f one - 1; "
    "Add e,one g; Mul c,g h; f half - 0.5; Mul h,half y; out y" },
  { "gelu-tanh-parts", 0,
    "in c 5,7; f three - 3; Pow c,three d; f k - 0.044715; Mul d,k e; Add c,e g; f z - 0.7978846; "
    "Mul g,z h; Tanh h j; f one - 1; Add j,one l; f half - 0.5; Mul c,half m; Mul m,l y; out y" },
  { "instance-norm", 0, LAST "w s 4; w b 4; InstanceNormalization a,s,b y; out y" },
  { "group-norm", 0,
    "opset 21; " LAST "w s 4; w b 4; GroupNormalization a,s,b y num_groups=2; out y" },
  { "lrn", 0, LAST "LRN a y size=3 alpha=0.1; out y" },
  { "lp-normalization", 0, LAST "LpNormalization a y axis=1; out y" },
};

static const struct
{
  const char *family;
  const Case *cases;
  gsize n;
} families[] = {
  { "conv", convolutions, G_N_ELEMENTS (convolutions) },
  { "conv-transpose", transposed, G_N_ELEMENTS (transposed) },
  { "fused", fused, G_N_ELEMENTS (fused) },
  { "twice", twice, G_N_ELEMENTS (twice) },
  { "matmul", products, G_N_ELEMENTS (products) },
  { "elementwise", elementwise, G_N_ELEMENTS (elementwise) },
  { "pool", pools, G_N_ELEMENTS (pools) },
  { "views", views, G_N_ELEMENTS (views) },
  { "movement", movement, G_N_ELEMENTS (movement) },
  { "types", types, G_N_ELEMENTS (types) },
  { "reduce", reductions, G_N_ELEMENTS (reductions) },
};

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  net_check (test->text, test->flags);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* The networks are too small to share out, and waiting for another thread takes longer than they
   * do. */
  why_parallel_set_threads (1);
  for (gsize family = 0; family < G_N_ELEMENTS (families); family++)
    for (gsize index = 0; index < families[family].n; index++)
      {
        const Case *test = &families[family].cases[index];
        g_autofree char *path =
          g_strdup_printf ("/kernels/%s/%s", families[family].family, test->name);
        g_test_add_data_func (path, test, test_case);
      }
  return g_test_run ();
}
