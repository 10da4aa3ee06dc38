#!/usr/bin/python3
"""Torchvision networks with seeded random weights, and their export to ONNX: for benchmarks and comparisons.

    torchnets.py [--opset N] [--size N] [--dynamic] [--no-folding] FOLDER [NAME...]

Weights are random, but batch normalisations are calibrated on random pictures first, so that activations
keep a sane scale through the depth of the network. Needs Debian's python3-torch, python3-torchvision and
python3-onnx (torch 1.13, torchvision 0.14).
"""
import argparse
import inspect
import os

import torch
import torchvision

MODELS = torchvision.models
SEED = 20240


class Net:
    """How to make one network. size: what its authors trained it at; small: the smallest that makes sense
    here (depth of three dimensions stays); opset: the lowest that this exporter can write it in."""

    def __init__(self, make, size=224, small=96, opset=11, frames=0, **options):
        self.make, self.size, self.small, self.opset, self.frames, self.options = make, size, small, opset, frames, options

    def shape(self, size=None):
        size = size or self.size
        return (3, self.frames, size, size) if self.frames else (3, size, size)

    def build(self, size=None):
        """The network with its batch normalisations calibrated, ready to be asked."""
        options = dict(self.options)
        if options.pop("fixed_size", False):
            options["image_size"] = size or self.size
        torch.manual_seed(SEED)
        net = FirstOutput(self.make(weights=None, **options).eval())
        drop_key_bias(net)
        wake(net)
        calibrate(net, self.shape(size))
        return net


NETS = {
    "alexnet": Net(MODELS.alexnet, small=224),
    "vgg11_bn": Net(MODELS.vgg11_bn, small=224),
    "vgg16": Net(MODELS.vgg16, small=224),
    "resnet18": Net(MODELS.resnet18),
    "resnet50": Net(MODELS.resnet50),
    "wide_resnet50_2": Net(MODELS.wide_resnet50_2),
    "resnext50_32x4d": Net(MODELS.resnext50_32x4d),
    "densenet121": Net(MODELS.densenet121),
    "squeezenet1_0": Net(MODELS.squeezenet1_0),
    "squeezenet1_1": Net(MODELS.squeezenet1_1),
    "googlenet": Net(MODELS.googlenet, init_weights=True, aux_logits=False),
    "inception_v3": Net(MODELS.inception_v3, size=299, small=139, init_weights=True),
    "mobilenet_v2": Net(MODELS.mobilenet_v2),
    "mobilenet_v3_small": Net(MODELS.mobilenet_v3_small),
    "mobilenet_v3_large": Net(MODELS.mobilenet_v3_large),
    "shufflenet_v2_x1_0": Net(MODELS.shufflenet_v2_x1_0),
    "mnasnet1_0": Net(MODELS.mnasnet1_0),
    "efficientnet_b0": Net(MODELS.efficientnet_b0),
    "efficientnet_v2_s": Net(MODELS.efficientnet_v2_s),
    "regnet_x_400mf": Net(MODELS.regnet_x_400mf),
    "regnet_y_400mf": Net(MODELS.regnet_y_400mf),
    "convnext_tiny": Net(MODELS.convnext_tiny),
    "vit_b_16": Net(MODELS.vit_b_16, opset=14, fixed_size=True),
    "vit_b_32": Net(MODELS.vit_b_32, opset=14, fixed_size=True),
    "swin_t": Net(MODELS.swin_t),
    "swin_v2_t": Net(MODELS.swin_v2_t, size=256),
    "maxvit_t": Net(MODELS.maxvit_t, opset=14, small=224, input_size=(224, 224)),
    "fcn_resnet50": Net(MODELS.segmentation.fcn_resnet50, weights_backbone=None),
    "deeplabv3_mobilenet_v3_large": Net(MODELS.segmentation.deeplabv3_mobilenet_v3_large, weights_backbone=None),
    "lraspp_mobilenet_v3_large": Net(MODELS.segmentation.lraspp_mobilenet_v3_large, weights_backbone=None),
    "r3d_18": Net(MODELS.video.r3d_18, size=112, small=56, frames=16),
    "mc3_18": Net(MODELS.video.mc3_18, size=112, small=56, frames=16),
    "r2plus1d_18": Net(MODELS.video.r2plus1d_18, size=112, small=56, frames=16),
}

# What the benchmarks measure
BENCH = ("mobilenet_v2 mobilenet_v3_large squeezenet1_1 resnet18 resnet50 densenet121 efficientnet_b0 vgg16 inception_v3 "
         "regnet_y_400mf convnext_tiny vit_b_16 swin_t fcn_resnet50 r3d_18").split()


class FirstOutput(torch.nn.Module):
    """Segmentation nets return a dictionary: keep its main tensor."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        y = self.net(x)
        return y["out"] if isinstance(y, dict) else y


def drop_key_bias(net):
    """Swin v2 zeroes the bias of its keys in place, which this exporter cannot express: leave all of that bias out."""
    for module in net.modules():
        if isinstance(module, MODELS.swin_transformer.ShiftedWindowAttentionV2):
            module.qkv.bias = None


def wake(net):
    """Transformers begin with a last layer of zeros, which would make every answer and gradient zero."""
    for module in net.modules():
        if isinstance(module, torch.nn.Linear) and not module.weight.any():
            torch.nn.init.normal_(module.weight, std=0.05)


def calibrate(net, shape, batch=4):
    """Sets the statistics of every batch normalisation from random pictures."""
    norms = [m for m in net.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    if norms:
        with torch.no_grad():
            for _ in range(2):
                net(torch.randn(batch, *shape))
    net.eval()


def export(net, shape, path, opset, outputs=("output",), dynamic=False, folding=True, dynamo=False):
    """Writes @net to an ONNX file. dynamic: batch and spatial sizes stay open; dynamo: by the newer exporter."""
    axes = None
    if dynamic:
        names = ["batch", None] + ["depth", "height", "width"][4 - len(shape):]
        axes = {"input": {axis: name for axis, name in enumerate(names) if name}}
    if dynamo:
        shapes = {"x": {axis: torch.export.Dim.AUTO for axis in axes["input"]}} if dynamic else None
        torch.onnx.export(net, (torch.randn(1, *shape),), path, opset_version=opset, input_names=["input"],
                          output_names=list(outputs), dynamic_shapes=shapes, optimize=folding, dynamo=True,
                          external_data=False, verbose=False)
        return
    options = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(net, torch.randn(1, *shape), path, opset_version=opset, input_names=["input"],
                      output_names=list(outputs), dynamic_axes=axes, do_constant_folding=folding, **options)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--opset", type=int, default=14, help="operator set (14)")
    parser.add_argument("--size", type=int, help="height and width of the input (as trained)")
    parser.add_argument("--dynamic", action="store_true", help="leave batch and spatial sizes open")
    parser.add_argument("--no-folding", action="store_true", help="leave constants and batch normalisations as they are")
    parser.add_argument("--dynamo", action="store_true", help="by the newer exporter (torch 2.5 or later, with onnxscript)")
    parser.add_argument("folder")
    parser.add_argument("name", nargs="*", help="networks (those of the benchmark): " + " ".join(NETS))
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    for name in args.name or BENCH:
        net = NETS[name]
        path = os.path.join(args.folder, name + ".onnx")
        export(net.build(args.size), net.shape(args.size), path, max(args.opset, net.opset), dynamic=args.dynamic,
               folding=not args.no_folding, dynamo=args.dynamo)
        print(path, flush=True)


if __name__ == "__main__":
    main()
