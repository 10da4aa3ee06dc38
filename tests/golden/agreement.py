#!/usr/bin/python3
"""Makes the goldens in agreement/: what other libraries say of small networks, in their own words.

    agreement.py [NAME...]

One folder a network:

    net.onnx           scores of 5 classes (maps of 3 where the network segments)
    input.npy          what it is given
    mask.npy           pixels that a segmentation is asked about
    LIBRARY.npy        all results of one library, float32 [n]
    LIBRARY.txt        one line a result, words KEY=VALUE: what was asked (method=, layer=, class=, options=, ...), what was
                       kept (kind=) and where it is (offset=, dims=); unsteady= and sign=free where the library's own
                       answer changes when it rounds otherwise, by how much of the map's range

Kinds: "raw" is the map before anything is clipped or normalised, "clipped" the same after the library's ReLU (where
no earlier one can be had), "finished" what the library returns, "input" an attribution in the input's shape, signed.
Results of "paper" are no library's: the papers' formulas, in a few lines of numpy and torch in float64.

Noise is not drawn by the libraries but handed to them (class Noise), the numbers that whylight draws.

Needs the versions in agreement-versions.txt; agreement_keras.py beside it makes those of tf-keras-vis, from net.onnx.
test-agreement compares.
"""
import importlib.metadata
import os
import sys
import warnings
from collections import OrderedDict

import numpy
import torch
import torch.nn.functional as F
from torch import nn

import agreement_libraries as libraries
from agreement_papers import paper
from agreement_results import FOLDER, Noise, Results, versions

CLASSES = [1, 3]
PICTURE = (3, 16, 20)
N_ROUNDED, ROUNDING = 5, 2.0 ** -23


# ---- networks ----

class Tap(nn.Identity):
    """What passes here gets a name in the graph: tap0, tap1, ..."""


def named(*layers):
    """A Sequential whose modules have the names that libraries look for ("relu", "fc", ...)."""
    counts, result = {}, OrderedDict()
    for layer in layers:
        name = {"Conv2d": "conv", "Conv3d": "conv"}.get(type(layer).__name__, type(layer).__name__.lower())
        counts[name] = counts.get(name, -1) + 1
        result["fc" if layer is layers[-1] else f"{name}{counts[name]}"] = layer
    return nn.Sequential(result)


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()
        self.down = None
        if stride != 1:
            self.down = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(y + (x if self.down is None else self.down(x)))


class Mobile(nn.Module):
    """Depthwise convolution, squeeze and excitation, SiLU; a linear bottleneck, so that values of both signs come out."""

    def __init__(self, inputs, middle, outputs, stride):
        super().__init__()
        self.expand, self.bn1 = nn.Conv2d(inputs, middle, 1, bias=False), nn.BatchNorm2d(middle)
        self.depth, self.bn2 = nn.Conv2d(middle, middle, 3, stride, 1, groups=middle, bias=False), nn.BatchNorm2d(middle)
        self.less, self.more = nn.Conv2d(middle, 4, 1), nn.Conv2d(4, middle, 1)
        self.project, self.bn3 = nn.Conv2d(middle, outputs, 1, bias=False), nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = F.silu(self.bn2(self.depth(F.silu(self.bn1(self.expand(x))))))
        y = y * torch.sigmoid(self.more(F.silu(self.less(y.mean((2, 3), keepdim=True)))))
        return self.bn3(self.project(y))


class Dense(nn.Module):
    """Everything so far goes in, and is kept beside what comes out."""

    def __init__(self, inputs, growth):
        super().__init__()
        self.bn, self.relu, self.conv = nn.BatchNorm2d(inputs), nn.ReLU(), nn.Conv2d(inputs, growth, 3, 1, 1)

    def forward(self, x):
        return torch.cat([x, self.conv(self.relu(self.bn(x)))], 1)


class Segment(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3, 1, 1), nn.Conv2d(8, 12, 3, 2, 1)
        self.three, self.last = nn.Conv2d(12, 12, 3, 2, 1), nn.Conv2d(20, 3, 1)
        self.relu1, self.relu2, self.relu3 = nn.ReLU(), nn.ReLU(), nn.ReLU()
        self.tap0, self.tap1, self.tap2 = Tap(), Tap(), Tap()

    def forward(self, x):
        one = self.tap0(self.relu1(self.one(x)))
        two = self.tap1(self.relu2(self.two(one)))
        three = self.tap2(self.relu3(self.three(two)))
        up = F.interpolate(three, size=x.shape[2:], mode="bilinear", align_corners=False)
        return self.last(torch.cat([one, up], 1))


def stem(channels):
    return [nn.Conv2d(3, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]


def pooled(channels):
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 5)]


def plain():
    return named(nn.Conv2d(3, 8, 3, 1, 1), nn.ReLU(), Tap(), nn.Conv2d(8, 12, 3, 2, 1), nn.ReLU(), Tap(),
                 nn.Conv2d(12, 16, 3, 2, 1), nn.ReLU(), Tap(), *pooled(16))


def residual():
    return named(*stem(8), nn.MaxPool2d(2), Tap(), Residual(8, 8, 1), Tap(), Residual(8, 12, 2), Tap(), *pooled(12))


def mobile():
    return named(nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.SiLU(), Tap(), Mobile(8, 16, 10, 2), Tap(),
                 Mobile(10, 20, 12, 2), Tap(), nn.SiLU(), *pooled(12))


def dense():
    """With two linear layers at the end: the score is not linear in the last map."""
    return named(*stem(8), Tap(), nn.AvgPool2d(2), Dense(8, 4), Dense(12, 4), Tap(), nn.AvgPool2d(2), nn.BatchNorm2d(16),
                 nn.ReLU(), Tap(), nn.Flatten(), nn.Linear(16 * 20, 12), nn.Softplus(), nn.Linear(12, 5))


def volume():
    return named(nn.Conv3d(2, 6, 3, (1, 2, 2), 1), nn.BatchNorm3d(6), nn.ReLU(), Tap(), nn.Conv3d(6, 8, 3, 1, 1), nn.ReLU(),
                 Tap(), nn.MaxPool3d(2), nn.Conv3d(8, 10, 3, 1, 1), nn.ReLU(), Tap(), nn.AdaptiveAvgPool3d(1),
                 nn.Flatten(), nn.Linear(10, 5))


NETS = {"plain": (plain, PICTURE), "residual": (residual, PICTURE), "mobile": (mobile, PICTURE), "dense": (dense, PICTURE),
        "volume": (volume, (2, 6, 12, 14)), "segment": (Segment, PICTURE)}


class Watched(nn.Module):
    """A network that also returns what went through its taps."""

    def __init__(self, net):
        super().__init__()
        self.net, self.seen = net, []
        self.handles = [module.register_forward_hook(self.watch) for module in net.modules() if isinstance(module, Tap)]
        self.eval()

    def watch(self, _module, _inputs, output):
        self.seen.append(output)
        return output.clone()

    def forward(self, x):
        self.seen.clear()
        y = self.net(x)
        return (y, *self.seen)


def calibrate(net, shape):
    """Gives batch normalisations the statistics of pictures, affine values of their own, and logits some contrast."""
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm3d)):
            module.momentum = None
            nn.init.uniform_(module.weight, 0.6, 1.4)
            nn.init.uniform_(module.bias, -0.3, 0.5)
    net.train()
    with torch.no_grad():
        net(torch.randn(16, *shape))
        net.eval()
        last = [module for module in net.modules() if isinstance(module, (nn.Linear, nn.Conv2d))][-1]
        last.weight *= 4


def export(net, x, path):
    import onnx
    watched = Watched(net)
    names = [f"tap{index}" for index in range(len(watched(x)) - 1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(watched, x, path, opset_version=13, input_names=["input"], output_names=["output", *names],
                          dynamo=False)
    for handle in watched.handles:
        handle.remove()
    model = onnx.load(path)
    del model.graph.output[1:]
    model.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
        node.ClearField("metadata_props")
    onnx.save(model, path)


class Subject:
    """A network, what it is given and where it is asked."""

    def __init__(self, name):
        build, shape = NETS[name]
        self.name, self.folder = name, os.path.join(FOLDER, name)
        os.makedirs(self.folder, exist_ok=True)
        torch.manual_seed(11 + list(NETS).index(name))
        self.net = build().eval()
        calibrate(self.net, shape)
        self.x = torch.randn(1, *shape)
        self.flat = len(shape) == 3
        self.dense = name == "segment"
        self.classes = [0, 2] if self.dense else CLASSES
        export(self.net, self.x, os.path.join(self.folder, "net.onnx"))
        numpy.save(os.path.join(self.folder, "input.npy"), self.x.numpy())
        self.taps = [(module_name, module) for module_name, module in self.net.named_modules() if isinstance(module, Tap)]
        self.mask = torch.zeros(shape[1:])
        if self.dense:
            self.mask[3:11, 6:16] = 1
            numpy.save(os.path.join(self.folder, "mask.npy"), self.mask.numpy())

    def rectified(self):
        """Whether there is a ReLU, whose gradient some methods change"""
        return any(isinstance(module, nn.ReLU) for module in self.net.modules())

    def questions(self):
        """(tap's name in the graph, name of the module, module, class)"""
        for index, (name, module) in enumerate(self.taps):
            for k in self.classes:
                yield f"tap{index}", name, module, k

    def rounded_otherwise(self):
        """The same network and input in double precision, and then with inputs that differ by roundings"""
        x = self.x
        self.net.double()
        self.x = x.double()
        yield self
        self.net.float()
        for _try in range(N_ROUNDED):
            self.x = x * (1 + ROUNDING * torch.randn(x.shape))
            yield self
        self.x = x

    def asked(self, layer, k):
        return {"layer": layer, "class_": k, "region": "mask" if self.dense else None}

    def activations(self, k):
        """float64 [(A, G)] at the taps for class @k; the same of the input; the score"""
        net = self.net.double()
        seen, handles = [], []
        for _name, module in self.taps:
            handles.append(module.register_forward_hook(lambda _module, _inputs, output: seen.append(output)))
        x = self.x.double().requires_grad_(True)
        y = net(x)
        value = (y[0, k] * self.mask).sum() if self.dense else y[0, k]
        gradients = torch.autograd.grad(value, [*seen, x])
        for handle in handles:
            handle.remove()
        net.float()
        pairs = [(a[0].detach().numpy(), g[0].numpy()) for a, g in zip([*seen, x], gradients)]
        return pairs[:-1], pairs[-1], float(value)


def ask(subject, library, run):
    results = Results(subject.name, library)
    with libraries.quiet():
        run(subject, results, Noise())
    return results


def main():
    wrong = {name: found for name, wanted in versions("agreement-versions.txt").items()
             if (found := importlib.metadata.version(name).split("+")[0]) != wanted}
    if wrong:
        sys.exit(f"agreement.py is for the versions in agreement-versions.txt, not for {wrong}")
    torch.set_num_threads(1)
    for name in sys.argv[1:] or NETS:
        subject = Subject(name)
        made = {}
        for library, run in {**libraries.LIBRARIES, "paper": paper}.items():
            results = ask(subject, library, run)
            results.judge([ask(each, library, run) for each in subject.rounded_otherwise()])
            results.save()
            made[library] = len(results.lines)
        print(name, made, flush=True)


if __name__ == "__main__":
    main()
