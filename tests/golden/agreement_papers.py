"""The papers' formulas in a few lines of numpy and torch, in float64; part of agreement.py. Not a port of
anybody's code, and written before the program's: where both have the same mistake they made it twice."""
import numpy
import torch
import torch.nn.functional as F
from torch import nn

from agreement_results import UNSTEADY, uniform


def spatial(a):
    return tuple(range(1, a.ndim))


def over_space(w, a):
    return w.reshape(w.shape + (1,) * (a.ndim - 1))


def weighted(w, a):
    return (over_space(w, a) * a).sum(0)


def ratio(above, below):
    return numpy.divide(above, below, out=numpy.zeros_like(above + below), where=below != 0)


def gradcampp(a, g):
    alpha = ratio(g ** 2, 2 * g ** 2 + g ** 3 * over_space(a.sum(spatial(a)), a))
    return weighted((alpha * numpy.maximum(g, 0)).sum(spatial(a)), a)


def xgradcam(a, g):
    return weighted(ratio((g * a).sum(spatial(a)), a.sum(spatial(a))), a)


def principal(a, centre):
    """Projection on the first right singular vector; its sign, which is free, is that of the sum of the columns."""
    rows = a.reshape(len(a), -1).T
    rows = rows - rows.mean(0) if centre else rows
    projection = rows @ numpy.linalg.svd(rows, full_matrices=False)[2][0]
    sums = rows.sum(1)
    projection *= numpy.sign(projection @ (sums - sums.mean()))
    return projection.reshape(a.shape[1:])


def reaching_up(projection):
    return -projection if abs(projection.min()) > abs(projection.max()) else projection


def kpca(a):
    rows = a.reshape(len(a), -1).T
    rows = rows - rows.mean(0)
    k = numpy.tanh(rows @ rows.T / len(a) + 1)
    k = k - k.mean(0) - k.mean(1)[:, None] + k.mean()
    values, vectors = numpy.linalg.eigh(k)
    v = vectors[:, -1] * numpy.sqrt(values[-1])
    return (v * numpy.sign(v[numpy.abs(v).argmax()])).reshape(a.shape[1:])


def fem(a):
    limit = a.mean(spatial(a)) + 2 * a.std(spatial(a))
    return weighted((a > over_space(limit, a)).mean(spatial(a)), a)


def relu(a):
    return numpy.maximum(a, 0)


LAYER_METHODS = {
    "gradcam": lambda a, g: weighted(g.mean(spatial(a)), a),
    "counterfactual": lambda a, g: weighted(-g.mean(spatial(a)), a),
    "hirescam": lambda a, g: (g * a).sum(0),
    "elementwise": lambda a, g: relu(g * a).sum(0),
    "layercam": lambda a, g: (relu(g) * a).sum(0),
    "gradcam++": gradcampp,
    "xgradcam": xgradcam,
    "eigencam": lambda a, g: principal(a, False),
    "eigengradcam": lambda a, g: principal(g * a, True),
    "seg-eigencam": lambda a, g: reaching_up(principal(numpy.abs(g) * a, True)),
    "kpca-cam": lambda a, g: kpca(a),
    "fem": lambda a, g: fem(a),
}


# ---- the part of the network after a layer ----

class Replaced:
    """The network with something else in place of a layer's output."""

    def __init__(self, subject, module):
        self.net, self.x, self.module = subject.net, subject.x, module

    def scores(self, values):
        """Of each of @values [n, C, spatial...], in float64"""
        handle = self.module.register_forward_hook(lambda _module, _inputs, output: values.to(output.dtype))
        self.net.double()
        with torch.no_grad():
            y = self.net(self.x.double().expand(len(values), *self.x.shape[1:]))
        self.net.float()
        handle.remove()
        return y


def positions(shape):
    """One mask a position, with 1 there"""
    n = int(numpy.prod(shape))
    return numpy.eye(n).reshape(n, *shape)


def reciprocam(subject, module, a, k, mask):
    """Softmax of what the network says when only one position of the layer is left ("single"), or it and its neighbours,
    weighed by 1 2 1 along each axis over 4 ("gaussian"). "spread" is what the authors' program of 2022 does: the channels
    of the position are laid out over its neighbourhood, in the place of theirs."""
    points = positions(a.shape[1:])
    line = torch.tensor([0.25, 0.5, 0.25], dtype=torch.float64)
    stamp = torch.ones((), dtype=torch.float64)
    for _axis in a.shape[1:]:
        stamp = stamp[..., None] * line
    convolve = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[a.ndim - 1]
    stamps = convolve(torch.tensor(points)[:, None], stamp[None, None], padding=1)[:, 0].numpy()
    if mask == "spread":
        centres = (points[:, None] * a).sum(tuple(range(2, a.ndim + 1)))
        values = centres.reshape(*centres.shape, *[1] * (a.ndim - 1)) * stamps[:, None]
    else:
        values = a * (points if mask == "single" else stamps)[:, None]
    scores = Replaced(subject, module).scores(torch.tensor(values))
    p = torch.softmax(scores, 1)[:, k]
    # what roundings of logits in single precision change, of the map's range
    unsteady = float((p * (1 - p)).max() * scores.abs().max() * 2.0 ** -22 / (p.max() - p.min()))
    return p.reshape(a.shape[1:]), f"{unsteady:.1e}" if unsteady > UNSTEADY else None


def ablationcam(subject, module, a, k):
    """(y - y without the channel) / y"""
    without = numpy.repeat(a[None], len(a), 0)
    without[numpy.arange(len(a)), numpy.arange(len(a))] = 0
    scores = Replaced(subject, module).scores(torch.tensor(numpy.concatenate([a[None], without])))[:, k].numpy()
    return weighted((scores[0] - scores[1:]) / abs(scores[0]), a)


def shapleycam(subject, module, k):
    """mean (G - H A / 2) A for z_c + log p_c"""
    seen = []
    handle = module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    y = subject.net.double()(subject.x.double().requires_grad_(True))
    handle.remove()
    a = seen[0]
    g, = torch.autograd.grad(y[0, k] + torch.log_softmax(y[0], 0)[k], a, create_graph=True)
    h, = torch.autograd.grad(g, a, a.detach())
    subject.net.float()
    return weighted((g - h / 2)[0].detach().numpy().mean(spatial(a[0])), a[0].detach().numpy())


# ---- inputs ----

def guided(subject, k, deconvolve):
    """Gradient by the input where a ReLU lets pass only what is positive (and, unless @deconvolve, was active)."""
    def rule(_module, given, sent):
        return (sent[0].clamp(min=0) if deconvolve else given[0].clamp(min=0),)
    handles = [module.register_full_backward_hook(rule) for module in subject.net.modules() if isinstance(module, nn.ReLU)]
    x = subject.x.double().requires_grad_(True)
    g, = torch.autograd.grad(subject.net.double()(x)[0, k], x)
    subject.net.float()
    for handle in handles:
        handle.remove()
    return g[0]


def integrated(subject, k, n=64):
    """Gauss-Legendre, from a black input"""
    at, weights = numpy.polynomial.legendre.leggauss(n)
    x, total = subject.x.double(), 0
    net = subject.net.double()
    for t, weight in zip((at + 1) / 2, weights / 2):
        point = (t * x).requires_grad_(True)
        total = total + weight * torch.autograd.grad(net(point)[0, k], point)[0]
    net.float()
    return (x * total)[0]


def enlarge(a, shape):
    mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[len(shape)]
    return F.interpolate(torch.as_tensor(a)[:, None], size=tuple(shape), mode=mode, align_corners=False)[:, 0]


def score_pictures(subject, masks):
    """The logits of pictures seen through @masks [n, spatial...]"""
    with torch.no_grad():
        scores = subject.net.double()(subject.x.double() * masks[:, None])
    subject.net.float()
    return scores


def scorecam(subject, a, k):
    masks = enlarge(a, subject.x.shape[2:]).flatten(1)
    masks = (masks - masks.min(1, keepdim=True)[0]) / (masks.max(1, keepdim=True)[0] - masks.min(1, keepdim=True)[0])
    shown = masks.isfinite().all(1)  # a flat channel makes no mask
    scores = score_pictures(subject, masks[shown].reshape(-1, *subject.x.shape[2:]))[:, k]
    weights = numpy.zeros(len(a))
    weights[shown.numpy()] = torch.softmax(scores, 0).numpy()
    return weighted(weights, a)


def rise(subject, k, n=60, cells=5, p=0.5):
    """sum f(x M) M / (n p), f the probability; the masks are whylight's"""
    shape = numpy.array(subject.x.shape[2:])
    grid = numpy.minimum(cells, shape)
    cell = -(-shape // grid)
    masks = []
    for index in range(n):
        u = uniform(0, numpy.arange(len(shape) + grid.prod()) + index * (len(shape) + grid.prod()))
        large = enlarge((u[len(shape):] < p).astype(float).reshape(1, *grid), (grid + 1) * cell)[0]
        for axis, (shift, size) in enumerate(zip((u * numpy.pad(cell, (0, len(u) - len(cell)))).astype(int), shape)):
            large = large.narrow(axis, shift, size)
        masks.append(large)
    masks = torch.stack(masks)
    scores = torch.softmax(score_pictures(subject, masks), 1)[:, k]
    return torch.tensordot(scores, masks, 1) / (n * p)


def smoothgrad(subject, k, noise, n=6, sigma=0.15):
    x, total = subject.x.double(), 0
    span = float(x.max() - x.min())
    noise.sample = 0
    net = subject.net.double()
    for _sample in range(n):
        point = (x + sigma * span * torch.tensor(noise.draw(tuple(x.shape)))).requires_grad_(True)
        total = total + torch.autograd.grad(net(point)[0, k], point)[0]
    net.float()
    return (total / n)[0]


def paper(subject, results, noise):
    for tap, _name, module, k in subject.questions():
        pairs, _input, _score = subject.activations(k)
        a, g = pairs[int(tap[3:])]
        for method, formula in LAYER_METHODS.items():
            results.add(method, "raw", formula(a, g), **subject.asked(tap, k))
        if subject.dense:
            large = F.interpolate(torch.tensor(weighted(g.mean(spatial(a)), a))[None, None], size=subject.x.shape[2:],
                                  mode="bilinear", align_corners=False)[0, 0].clamp(min=0)
            results.add("gradcam", "finished", large / large.max(), **subject.asked(tap, k), row="as-seg-grad-cam")
            continue
        results.add("ablationcam", "raw", ablationcam(subject, module, a, k), **subject.asked(tap, k))
        results.add("scorecam", "raw", scorecam(subject, a, k), **subject.asked(tap, k))
        results.add("shapleycam", "raw", shapleycam(subject, module, k), **subject.asked(tap, k), score="rest")
        for mask in ("single", "gaussian", "spread"):
            probabilities, unsteady = reciprocam(subject, module, a, k, mask)
            results.add("reciprocam", "raw", probabilities, **subject.asked(tap, k), unsteady=unsteady,
                        score="probability", options="mask=" + ("gaussian" if mask == "spread" else mask),
                        row="as-in-their-program" if mask == "spread" else None)
    if subject.dense:
        return
    for k in subject.classes:
        _pairs, (x, g), _score = subject.activations(k)
        results.add("gradient", "input", g, class_=k)
        results.add("gradient-x-input", "input", g * x, class_=k)
        results.add("rise", "raw", rise(subject, k), class_=k, score="probability", options="masks=60,cells=5")
        results.add("smoothgrad", "input", smoothgrad(subject, k, noise), class_=k, options="samples=6")
        results.add("integrated-gradients", "input", integrated(subject, k), class_=k, options="steps=64")
        if subject.rectified():
            results.add("guided-backprop", "input", guided(subject, k, False), class_=k)
            results.add("deconvnet", "input", guided(subject, k, True), class_=k)
