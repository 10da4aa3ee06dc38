#!/usr/bin/python3
"""Makes the goldens beside this file: tiny networks and what PyTorch's autograd says about them.

    make.py

One folder a network, each with a different part of real ones, exported by torch.onnx.export:

    net.onnx           scores of 4 classes (maps of 3 where the network segments)
    input.npy          what it is given
    output.npy         what it answers
    classes.npy        the classes explained, int64 [n]
    T.gradient.npy     the gradient of each class's logit (summed over pixels) by the tensor T of the graph, [n, dims of T
                       without the batch]; "input" is the picture
    T.map.npy          Grad-CAM at T, signed, [n, spatial dims of T]

Computed in float64, written as float32. test-golden compares. Weights come from a seed; statistics of batch
normalisations from random pictures. Needs Debian's python3-torch 1.13, python3-torchvision 0.14, python3-onnx 1.12:
other versions write other files.
"""
import os
import sys
from functools import partial

import numpy
import onnx
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torchvision.models import (convnext, densenet, efficientnet, mobilenetv2, mobilenetv3, resnet,
                                shufflenetv2, swin_transformer, vision_transformer)
from torchvision.ops import Permute

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import torchnets  # noqa: E402

CLASSES = [0, 2]
PICTURE = (3, 16, 16)


def head(channels):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 4))


def stem(channels, stride=1):
    return nn.Sequential(nn.Conv2d(3, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU())


class Tap(nn.Identity):
    """What passes here gets a name in the graph and a golden."""


class LastTap(Tap):
    """The same where channels are the last dimension: no map, for that would take rows for channels."""


class UNet(nn.Module):
    """Down by pooling, up by transposed convolution and by bilinear resizing, skip connections, a class a pixel."""

    def __init__(self):
        super().__init__()
        self.one, self.two = stem(6), nn.Conv2d(6, 8, 3, 1, 1)
        self.three = nn.Conv2d(8, 8, 3, 1, 2, dilation=2)
        self.up = nn.ConvTranspose2d(8, 6, 3, 2, 1, output_padding=1)
        self.last = nn.Conv2d(20, 3, 1)
        self.middle, self.joined = Tap(), Tap()

    def forward(self, x):
        one = self.one(x)
        two = F.leaky_relu(self.two(F.max_pool2d(one, 2)), 0.1)
        three = self.middle(torch.tanh(self.three(F.avg_pool2d(two, 3, 2, 1))))
        up = self.up(F.interpolate(three, scale_factor=2, mode="nearest") + two)
        smooth = F.interpolate(three, size=x.shape[2:], mode="bilinear", align_corners=False)
        return self.last(F.relu(self.joined(torch.cat([one, up, smooth], 1))))


class Tokens(nn.Module):
    """A vision transformer: patches, class token, positions, attention."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, 16))
        self.positions = nn.Parameter(torch.randn(1, 17, 16))
        block = partial(vision_transformer.EncoderBlock, 2, 16, 32, 0.0, 0.0)
        self.blocks = nn.Sequential(block(), LastTap(), block())
        self.norm, self.last, self.grid = nn.LayerNorm(16), nn.Linear(16, 4), Tap()

    def forward(self, x):
        x = self.grid(self.patches(x)).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        return self.last(self.norm(self.blocks(x))[:, 0])


def swin(block):
    """Two blocks of windows on a grid that is no multiple of the window, the second with a shift."""
    layers = [nn.Conv2d(3, 16, 4, 4), Tap(), Permute([0, 2, 3, 1])]
    layers += [block(16, 2, window_size=[4, 4], shift_size=[shift, shift]) for shift in (0, 2)]
    for layer in layers[-2:]:
        torchnets.drop_key_bias(layer)
    layers += [LastTap(), nn.LayerNorm(16), Permute([0, 3, 1, 2]), Tap(), head(16)]
    return nn.Sequential(*layers)


NETS = {}  # name: network, input without batch, opset, options of the export


def golden(name, opset, shape=PICTURE, **options):
    def register(build):
        NETS[name] = (build, shape, opset, options)
        return build
    return register


@golden("residual", 11)
def residual():
    down = nn.Sequential(resnet.conv1x1(8, 12, 2), nn.BatchNorm2d(12))
    return nn.Sequential(stem(8), nn.MaxPool2d(3, 2, 1), Tap(), resnet.BasicBlock(8, 8), Tap(),
                         resnet.BasicBlock(8, 12, 2, down), Tap(), head(12))


def v3(outputs, activation, stride):
    config = mobilenetv3.InvertedResidualConfig(8, 3, 16, outputs, True, activation, stride, 1, 1.0)
    return mobilenetv3.InvertedResidual(config, partial(nn.BatchNorm2d, eps=0.001))


@golden("squeeze-excite", 14)
def squeeze_excite():
    return nn.Sequential(stem(8), v3(8, "HS", 1), Tap(), v3(16, "RE", 2), Tap(), nn.Hardswish(),
                         head(16))


@golden("inverted-residual", 13, folding=False)
def inverted_residual():
    block = mobilenetv2.InvertedResidual
    return nn.Sequential(stem(8), block(8, 8, 1, 3), Tap(), block(8, 12, 2, 3), Tap(), nn.ReLU6(),
                         head(12))


@golden("mbconv", 13)
def mbconv():
    fused = efficientnet.FusedMBConvConfig(2, 3, 1, 8, 8, 1)
    plain = efficientnet.MBConvConfig(3, 5, 2, 8, 16, 1)
    return nn.Sequential(stem(8), efficientnet.FusedMBConv(fused, 0.0, nn.BatchNorm2d), Tap(),
                         efficientnet.MBConv(plain, 0.0, nn.BatchNorm2d), Tap(), nn.SiLU(),
                         head(16))


@golden("dense-concat", 11, folding=False)
def dense_concat():
    def block():
        return densenet._DenseBlock(2, 8, 2, 4, 0.0)
    return nn.Sequential(stem(8), block(), Tap(), densenet._Transition(16, 8), Tap(), block(),
                         nn.BatchNorm2d(16), nn.ReLU(), Tap(), head(16))


@golden("channel-shuffle", 13, dynamic=True)
def channel_shuffle():
    block = shufflenetv2.InvertedResidual
    return nn.Sequential(stem(8), block(8, 16, 2), Tap(), block(16, 16, 1), Tap(), head(16))


golden("unet", 11, dynamic=True)(UNet)


@golden("volume", 13, (2, 6, 12, 10))
def volume():
    return nn.Sequential(nn.Conv3d(2, 6, (1, 3, 3), (1, 2, 2), (0, 1, 1)), nn.BatchNorm3d(6),
                         nn.ReLU(), Tap(), nn.Conv3d(6, 8, (3, 1, 1), 1, (1, 0, 0)), nn.ELU(),
                         nn.MaxPool3d(2), Tap(), nn.Conv3d(8, 8, 3, padding=1, groups=2), Tap(),
                         nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(8, 4))


golden("attention", 14)(Tokens)


@golden("convnext", 17)
def convnext_blocks():
    return nn.Sequential(nn.Conv2d(3, 12, 2, 2), convnext.LayerNorm2d(12, eps=1e-6), Tap(),
                         convnext.CNBlock(12, 1.0, 0.0), Tap(), convnext.CNBlock(12, 0.5, 0.0),
                         Tap(), head(12))


@golden("windows", 11, (3, 24, 40))
def windows():
    return swin(swin_transformer.SwinTransformerBlock)


@golden("windows-cosine", 13, (3, 24, 40), folding=False)
def windows_cosine():
    return swin(swin_transformer.SwinTransformerBlockV2)


@golden("group-norm", 13)
def group_norm():
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect"), nn.GroupNorm(2, 8),
                         nn.SiLU(), Tap(), nn.Conv2d(8, 8, 3, 2, 1),
                         nn.InstanceNorm2d(8, affine=True), nn.Mish(), Tap(), head(8))


@golden("softmax-head", 13)
def softmax_head():
    return nn.Sequential(nn.Conv2d(3, 8, 5, 2), nn.PReLU(8), nn.LocalResponseNorm(3, 1.0),
                         nn.MaxPool2d(2, ceil_mode=True), Tap(), nn.Conv2d(8, 8, 3, padding=1),
                         nn.Softplus(), Tap(), nn.Flatten(), nn.Linear(72, 10), nn.Sigmoid(),
                         nn.Linear(10, 4), nn.Softmax(1))


class Watched(nn.Module):
    """A network that also returns what went through its taps, and its logits, if it ends in Softmax."""

    def __init__(self, net):
        super().__init__()
        self.net, self.seen, self.logits = net, [], None
        for module in net.modules():
            if isinstance(module, Tap):
                module.register_forward_hook(self.watch)
            elif isinstance(module, nn.Softmax):
                module.register_forward_pre_hook(self.before_softmax)
        self.eval()

    def watch(self, module, _inputs, output):
        self.seen.append((module, output))
        return output.clone()

    def before_softmax(self, _module, inputs):
        self.logits = inputs[0]

    def forward(self, x):
        self.seen.clear()
        y = self.net(x)
        return (y, *(output for _tap, output in self.seen))


def save(folder, name, array):
    numpy.save(os.path.join(folder, name + ".npy"), numpy.ascontiguousarray(array))


def make(name):
    build, shape, opset, options = NETS[name]
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(1 + list(NETS).index(name))
    net = build().eval()
    torchnets.calibrate(net, shape)
    watched = Watched(net)
    x = torch.randn(1, *shape)
    with torch.no_grad():
        names = [f"tap{index}" for index in range(len(watched(x)) - 1)]

    path = os.path.join(folder, "net.onnx")
    torchnets.export(watched, shape, path, opset, outputs=["output", *names], **options)
    model = onnx.load(path)
    del model.graph.output[1:]
    model.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
    onnx.save(model, path)

    watched.double()
    wide = x.double().requires_grad_(True)
    y, *activations = watched(wide)
    scores = watched.logits if watched.logits is not None else y
    gradients = [torch.autograd.grad(scores[0, k].sum(), [wide, *activations], retain_graph=True)
                 for k in CLASSES]
    save(folder, "input", x.numpy())
    save(folder, "output", y.detach().float().numpy())
    save(folder, "classes", numpy.array(CLASSES, numpy.int64))
    for index, (tensor, activation) in enumerate(zip(["input", *names], [wide, *activations])):
        g = torch.cat([each[index] for each in gradients])
        save(folder, tensor + ".gradient", g.float().numpy())
        if tensor != "input" and not isinstance(watched.seen[index - 1][0], LastTap):
            spatial = tuple(range(2, g.dim()))
            cam = (g.mean(spatial, keepdim=True) * activation.detach()).sum(1)
            save(folder, tensor + ".map", cam.float().numpy())


def main():
    versions = (torch.__version__[:4], torchvision.__version__[:4], onnx.__version__[:4])
    if versions != ("1.13", "0.14", "1.12"):
        sys.exit(f"make.py is for torch 1.13, torchvision 0.14 and onnx 1.12, not {versions}")
    torch.set_num_threads(1)
    for name in NETS:
        make(name)
        print(name, flush=True)


if __name__ == "__main__":
    main()
