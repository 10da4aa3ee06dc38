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
    T.map.npy          Grad-CAM at T, signed, [n, spatial dims of T]; where T holds tokens or has its channels last, they
                       are put in order by hand first
    preset.txt         (some) the tensor that should be explained when none is named

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
    """What passes here gets a name in the graph and a golden. to_map: how its elements are N x C x spatial, done by
    hand. preset: it is what should be explained when nobody names a layer."""

    def __init__(self, preset=False):
        super().__init__()
        self.preset = preset

    def to_map(self, x):
        return x


class LastTap(Tap):
    """Where channels are the last dimension."""

    def to_map(self, x):
        return x.movedim(-1, 1)


class TokenTap(Tap):
    """Where there are tokens, the first @n_others of which have no place."""

    def __init__(self, n_others, rows, columns, preset=False):
        super().__init__(preset)
        self.n_others, self.rows, self.columns = n_others, rows, columns

    def to_map(self, x):
        return x[:, self.n_others:].transpose(1, 2).unflatten(2, (self.rows, self.columns))


class WindowTap(Tap):
    """Where a grid is cut into square windows, after it was shifted."""

    def __init__(self, size, rows, columns, shift):
        super().__init__()
        self.size, self.rows, self.columns, self.shift = size, rows, columns, shift

    def to_map(self, x):
        return torch.roll(unite(x, self.size, self.rows, self.columns), (self.shift, self.shift), (1, 2)).movedim(-1, 1)


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
        self.blocks = nn.Sequential(block(), TokenTap(1, 4, 4), block())
        self.blocks[2].ln_1 = nn.Sequential(self.blocks[2].ln_1, TokenTap(1, 4, 4, preset=True))
        self.norm, self.last, self.grid = nn.LayerNorm(16), nn.Linear(16, 4), Tap()

    def forward(self, x):
        x = self.grid(self.patches(x)).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        return self.last(self.norm(self.blocks(x))[:, 0])


class Attention(nn.Module):
    """Queries, keys and values by one map (as timm has it) or by three (as in Hugging Face's)."""

    def __init__(self, width, heads, one_map=True):
        super().__init__()
        self.heads, self.one_map = heads, one_map
        self.maps = nn.ModuleList([nn.Linear(width, 3 * width)] if one_map else [nn.Linear(width, width) for _ in range(3)])
        self.last = nn.Linear(width, width)

    def forward(self, x):
        n, count, width = x.shape
        if self.one_map:
            q, k, v = self.maps[0](x).reshape(n, count, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        else:
            q, k, v = (part(x).view(n, count, self.heads, width // self.heads).permute(0, 2, 1, 3) for part in self.maps)
        scores = q @ k.transpose(-2, -1) / (width // self.heads) ** 0.5
        return self.last((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, count, width))


class Block(nn.Module):
    """Attention and two linear layers, each on what is normalised before. tap: of the first norm"""

    def __init__(self, width, heads, one_map=True, tap=None):
        super().__init__()
        self.one, self.two, self.tap = nn.LayerNorm(width), nn.LayerNorm(width), tap or nn.Identity()
        self.attention = Attention(width, heads, one_map)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        x = x + self.attention(self.tap(self.one(x)))
        return x + self.mlp(self.two(x))


class Distilled(nn.Module):
    """As DeiT: a class token and a distillation token, the mean of two heads; the grid is not square."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 12, 4, 4)
        self.tokens = nn.Parameter(torch.randn(1, 2, 12))
        self.positions = nn.Parameter(torch.randn(1, 2 + 15, 12))
        self.blocks = nn.Sequential(Block(12, 3), TokenTap(2, 3, 5), Block(12, 3, tap=TokenTap(2, 3, 5, preset=True)))
        self.norm, self.one, self.two = nn.LayerNorm(12), nn.Linear(12, 4), nn.Linear(12, 4)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.tokens.expand(x.shape[0], -1, -1), x], 1) + self.positions
        x = self.norm(self.blocks(x))
        return (self.one(x[:, 0]) + self.two(x[:, 1])) / 2


class Registers(nn.Module):
    """As DINOv2: registers behind the class token, patches cut by reshaping, three maps for the attention, and a head
    that also reads the mean of all patches."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Linear(48, 12)
        self.token, self.registers = nn.Parameter(torch.randn(1, 1, 12)), nn.Parameter(torch.randn(1, 2, 12))
        self.positions = nn.Parameter(torch.randn(1, 15, 12))
        self.blocks = nn.Sequential(Block(12, 2, one_map=False), TokenTap(3, 5, 3), Block(12, 2, one_map=False))
        self.norm, self.last = nn.Sequential(nn.LayerNorm(12), TokenTap(3, 5, 3, preset=True)), nn.Linear(24, 4)

    def forward(self, x):
        x = x.reshape(1, 3, 5, 4, 3, 4).permute(0, 2, 4, 3, 5, 1).reshape(1, 15, 48)
        x = torch.cat([self.token, self.registers, self.patches(x) + self.positions], 1)
        x = self.norm(self.blocks(x))
        return self.last(torch.cat([x[:, 0], x[:, 3:].mean(1)], 1))


def cut(x, size):
    """N x rows x columns x C into windows: (N windows) x places x C"""
    n, rows, columns, width = x.shape
    x = x.view(n, rows // size, size, columns // size, size, width).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(-1, size * size, width)


def unite(windows, size, rows, columns):
    """The inverse"""
    x = windows.view(-1, rows // size, columns // size, size, size, windows.shape[-1]).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(-1, rows, columns, windows.shape[-1])


class ListedWindows(nn.Module):
    """A block of attention in windows on tokens in a list, N x L x C, as timm and Hugging Face have it."""

    def __init__(self, width, size, shift, rows, columns):
        super().__init__()
        self.size, self.shift, self.rows, self.columns = size, shift, rows, columns
        self.norm, self.attention = nn.LayerNorm(width), Attention(width, 2)
        self.tap = WindowTap(size, rows, columns, shift)
        self.mlp = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, x):
        shape, shift = x.shape, (-self.shift, -self.shift)
        y = torch.roll(self.norm(x).view(-1, self.rows, self.columns, shape[-1]), shift, (1, 2))
        y = unite(self.attention(self.tap(cut(y, self.size))), self.size, self.rows, self.columns)
        x = x + torch.roll(y, (self.shift, self.shift), (1, 2)).view(shape)
        return x + self.mlp(x)


class Merging(nn.Module):
    """Four neighbours become one token of twice the width."""

    def __init__(self, width, rows, columns):
        super().__init__()
        self.rows, self.columns = rows, columns
        self.norm, self.last = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x):
        x = x.view(x.shape[0], self.rows, self.columns, x.shape[2])
        x = torch.cat([x[:, row::2, column::2] for row, column in ((0, 0), (1, 0), (0, 1), (1, 1))], -1)
        return self.last(self.norm(x.flatten(1, 2)))


class Stages(nn.Module):
    """As Swin in timm: two stages, lists of tokens all the way, the mean of the last ones."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, 4)
        self.one = nn.Sequential(nn.LayerNorm(8), ListedWindows(8, 2, 0, 4, 8), ListedWindows(8, 2, 1, 4, 8), TokenTap(0, 4, 8))
        self.two = nn.Sequential(Merging(8, 4, 8), TokenTap(0, 2, 4), ListedWindows(16, 2, 1, 2, 4))
        self.norm, self.last = nn.Sequential(nn.LayerNorm(16), TokenTap(0, 2, 4, preset=True)), nn.Linear(16, 4)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.last(self.norm(self.two(self.one(x))).mean(1))


class BlocksAndGrids(nn.Module):
    """As MaxViT: a convolutional block with a gate, attention in windows, attention in a grid of far places, and a
    reduction of keys and values by a convolution, as in PVT."""

    def __init__(self):
        super().__init__()
        config = partial(torchvision.models.maxvit.PartitionAttentionLayer, in_channels=8, head_dim=4, partition_size=2,
                         grid_size=(4, 4), mlp_ratio=2, activation_layer=nn.GELU, norm_layer=nn.LayerNorm,
                         attention_dropout=0.0, mlp_dropout=0.0, p_stochastic_dropout=0.0)
        self.stem = nn.Sequential(stem(8, 2), v3(8, "HS", 2), Tap())
        self.blocks = nn.Sequential(config(partition_type="window"), Tap(), config(partition_type="grid"), Tap())
        self.fewer, self.maps = nn.Conv2d(8, 8, 2, 2), nn.ModuleList([nn.Linear(8, 8) for _ in range(3)])
        self.norm, self.tokens, self.last = nn.LayerNorm(8), TokenTap(0, 4, 4, preset=True), nn.Linear(8, 4)

    def forward(self, x):
        x = self.blocks(self.stem(x))
        few = self.fewer(x).flatten(2).transpose(1, 2)
        x = x.flatten(2).transpose(1, 2)
        attention = (self.maps[0](self.norm(x)) @ self.maps[1](few).transpose(1, 2)).softmax(-1)
        return self.last(self.tokens(x + attention @ self.maps[2](few)).mean(1))


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


golden("distilled", 14, (3, 12, 20))(Distilled)
golden("registers", 17, (3, 20, 12))(Registers)
golden("stages", 13, (3, 16, 32))(Stages)
golden("blocks-and-grids", 14)(BlocksAndGrids)


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
        join = torch.cat if activation.shape[0] == 1 else torch.stack
        save(folder, tensor + ".gradient", join([each[index] for each in gradients]).float().numpy())
        if tensor == "input":
            continue
        tap = watched.seen[index - 1][0]
        a, g = tap.to_map(activation.detach()), torch.cat([tap.to_map(each[index]) for each in gradients])
        cam = (g.mean(tuple(range(2, g.dim())), keepdim=True) * a).sum(1)
        save(folder, tensor + ".map", cam.float().numpy())
        if tap.preset:
            with open(os.path.join(folder, "preset.txt"), "w", encoding="utf-8") as file:
                file.write(tensor + "\n")


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
