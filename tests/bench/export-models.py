#!/usr/bin/python3
"""Exports torchvision networks with seeded random weights to ONNX, for benchmarks and comparisons.

    export-models.py FOLDER [NAME...]

Weights are random, but batch normalisations are calibrated on random pictures first, so that activations
keep a sane scale through the depth of the network. Needs Debian's python3-torch, python3-torchvision and
python3-onnx (torch 1.13, torchvision 0.14).
"""
import os
import sys

import torch
import torchvision

IMAGE = (3, 224, 224)
# name: constructor, input without batch, opset
NETS = {
    "mobilenet_v2": (torchvision.models.mobilenet_v2, IMAGE, 13),
    "mobilenet_v3_large": (torchvision.models.mobilenet_v3_large, IMAGE, 14),
    "squeezenet1_1": (torchvision.models.squeezenet1_1, IMAGE, 13),
    "resnet18": (torchvision.models.resnet18, IMAGE, 13),
    "resnet50": (torchvision.models.resnet50, IMAGE, 13),
    "densenet121": (torchvision.models.densenet121, IMAGE, 13),
    "efficientnet_b0": (torchvision.models.efficientnet_b0, IMAGE, 13),
    "vgg16": (torchvision.models.vgg16, IMAGE, 13),
    "inception_v3": (lambda **k: torchvision.models.inception_v3(init_weights=True, **k), (3, 299, 299), 13),
    "regnet_y_400mf": (torchvision.models.regnet_y_400mf, IMAGE, 13),
    "convnext_tiny": (torchvision.models.convnext_tiny, IMAGE, 13),
    "vit_b_16": (torchvision.models.vit_b_16, IMAGE, 14),
    "swin_t": (torchvision.models.swin_t, IMAGE, 13),
    "fcn_resnet50": (lambda **k: torchvision.models.segmentation.fcn_resnet50(weights_backbone=None, **k), IMAGE, 13),
    "r3d_18": (torchvision.models.video.r3d_18, (3, 16, 112, 112), 13),
}


class FirstOutput(torch.nn.Module):
    """Segmentation nets return a dictionary, Inception a tuple while training: keep the first tensor."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        y = self.net(x)
        return y["out"] if isinstance(y, dict) else y


def calibrate(net, shape):
    for module in net.modules():
        if isinstance(module, (torch.nn.BatchNorm2d, torch.nn.BatchNorm3d)):
            module.reset_running_stats()
            module.momentum = None
            module.train()
    with torch.no_grad():
        for _ in range(2):
            net(torch.randn(2, *shape))
    net.eval()


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name in sys.argv[2:] or NETS:
        make, shape, opset = NETS[name]
        torch.manual_seed(20240)
        net = make(weights=None).eval()
        calibrate(net, shape)
        path = os.path.join(folder, name + ".onnx")
        torch.onnx.export(FirstOutput(net).eval(), torch.randn(1, *shape), path, opset_version=opset,
                          input_names=["input"], output_names=["output"])
        print(path, flush=True)


if __name__ == "__main__":
    main()
