"""The papers' formulas in a few lines of numpy and torch, in float64; part of agreement.py. Not a port of
anybody's code, and written before the program's: where both have the same mistake they made it twice."""
import numpy
import torch
import torch.nn.functional as F
from torch import nn


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
    """Projection on the first right singular vector; the value of largest magnitude is made positive."""
    rows = a.reshape(len(a), -1).T
    rows = rows - rows.mean(0) if centre else rows
    projection = rows @ numpy.linalg.svd(rows, full_matrices=False)[2][0]
    projection *= numpy.sign(projection[numpy.abs(projection).argmax()])
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


def reciprocam(subject, module, a, k, kernel):
    """Softmax of what the network says when only one position of the layer is left. With @kernel the position's
    channels are laid out around it, weighed by 1 2 1 along each axis (over 4)."""
    points = positions(a.shape[1:])
    if kernel:
        line = torch.tensor([0.25, 0.5, 0.25], dtype=torch.float64)
        stamp = line
        for _axis in a.shape[2:]:
            stamp = stamp[..., None] * line
        convolve = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[a.ndim - 1]
        stamps = convolve(torch.tensor(points)[:, None], stamp[None, None], padding=1)[:, 0].numpy()
    else:
        stamps = points
    centres = (points[:, None] * a).sum(tuple(range(2, a.ndim + 1)))
    values = centres.reshape(*centres.shape, *[1] * (a.ndim - 1)) * stamps[:, None]
    scores = Replaced(subject, module).scores(torch.tensor(values))
    return torch.softmax(scores, 1)[:, k].reshape(a.shape[1:])


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


def paper(subject, results, _noise):
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
        results.add("shapleycam", "raw", shapleycam(subject, module, k), **subject.asked(tap, k), score="rest")
        for kernel in (False, True):
            results.add("reciprocam", "raw", reciprocam(subject, module, a, k, kernel), **subject.asked(tap, k),
                        options="mask=" + ("gaussian" if kernel else "point"))
    if subject.dense:
        return
    for k in subject.classes:
        _pairs, (x, g), _score = subject.activations(k)
        results.add("gradient", "input", g, class_=k)
        results.add("gradient-x-input", "input", g * x, class_=k)
        results.add("integrated-gradients", "input", integrated(subject, k), class_=k, options="steps=64")
        if any(isinstance(module, nn.ReLU) for module in subject.net.modules()):
            results.add("guided-backprop", "input", guided(subject, k, False), class_=k)
            results.add("deconvnet", "input", guided(subject, k, True), class_=k)
