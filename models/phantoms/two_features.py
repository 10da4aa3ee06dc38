#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A network small enough to be followed with a pencil; its weights are set by hand.

    two_features.py          writes two-features.onnx and the sample picture,
                             and prints every number of the card

A picture of 4 x 4 pixels, two features of 2 x 2 cells, three answers.
"""

import argparse
import os
import sys

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import common

LABELS = ["green", "magenta", "green at the left"]
RECIPE = {"size": [4, 4], "resize": "stretch", "crop": "none", "filter": "bilinear",
          "channels": "RGB", "scale": 255, "mean": [0, 0, 0], "std": [1, 1, 1],
          "task": "multi-label", "layer": "features"}
# Green in the upper left cell (full) and the lower right one (less), magenta in the upper right.
GREEN = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, .4, .4], [0, 0, .4, .4]])
MAGENTA = np.array([[0, 0, .8, .8], [0, 0, .8, .8], [0, 0, 0, 0], [0, 0, 0, 0]])


def weights():
    """Feature 0 is the mean of green in a cell, feature 1 that of red and blue."""
    conv = np.zeros((2, 3, 2, 2), np.float32)
    conv[0, 1] = 0.25
    conv[1, 0] = conv[1, 2] = 0.125
    head = np.zeros((3, 2, 2, 2), np.float32)
    head[0, 0], head[0, 1] = 0.25, -0.25           # mean of green less mean of magenta
    head[1, 0], head[1, 1] = -0.25, 0.25
    head[2, 0] = [[0.5, -0.5], [0.5, -0.5]]        # green at the left less green at the right
    return conv, head.reshape(3, 8)


def write(path):
    conv, head = weights()
    nodes = [helper.make_node("Conv", ["image", "conv.weight"], ["conv"], name="conv",
                              kernel_shape=[2, 2], strides=[2, 2]),
             helper.make_node("Relu", ["conv"], ["features"], name="features"),
             helper.make_node("Flatten", ["features"], ["flat"], name="flat", axis=1),
             helper.make_node("Gemm", ["flat", "head.weight", "head.bias"], ["logits"],
                              name="logits", transB=1)]
    graph = helper.make_graph(
        nodes, "two-features",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 4, 4])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 3])],
        [numpy_helper.from_array(conv, "conv.weight"), numpy_helper.from_array(head, "head.weight"),
         numpy_helper.from_array(np.zeros(3, np.float32), "head.bias")])
    model = helper.make_model(graph, producer_name="whylight models/phantoms/two_features.py",
                              opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    model.doc_string = "Two features with weights set by hand, to follow a map with a pencil."
    common.describe(model, LABELS, RECIPE)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def drawn(green, magenta):
    """A picture of how green and how magenta each pixel is, and the truth of the answer "green"."""
    picture = (np.stack([magenta, green, magenta], -1) * 255).round().astype(np.uint8)
    return picture, np.where(green > 0, 255, np.where(magenta > 0, 128, 0)).astype(np.uint8)


def scene(rng):
    """Each block green, magenta or black, at least one of either, of any strength."""
    kinds = np.concatenate([[1, 2], rng.integers(0, 3, 2)])
    kinds = rng.permutation(kinds).reshape(2, 2)
    strength = rng.integers(1, 6, (2, 2)) / 5
    return drawn(*(np.kron(strength * (kinds == kind), np.ones((2, 2))) for kind in (1, 2)))


def main():
    top = argparse.ArgumentParser(description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--model", default=os.path.join(HERE, "two-features.onnx"))
    top.add_argument("--out", default=common.SAMPLES)
    args = top.parse_args()
    write(args.model)
    picture, mask = drawn(GREEN, MAGENTA)
    Image.fromarray(picture).save(os.path.join(args.out, "two-features.png"))
    Image.fromarray(mask).save(os.path.join(args.out, "two-features.mask.png"))

    model = common.Graph(args.model)
    x = torch.from_numpy(picture.astype(np.float32).transpose(2, 0, 1)[None] / 255)
    x.requires_grad_(True)
    np.set_printoptions(precision=3, suppress=True)
    for c, label in enumerate(LABELS):
        out, layer = model(x, "features")
        out[0, c].backward()
        gradient = layer.grad[0].numpy()
        a = layer[0].detach().numpy()
        mean = gradient.mean((1, 2))
        print(f"{label}: {out[0, c].item():.3f}\n"
              f"gradient {gradient.tolist()}, means {mean.tolist()}\n"
              f"Grad-CAM {np.tensordot(mean, a, 1).round(4).tolist()}\n"
              f"HiResCAM {(gradient * a).sum(0).round(4).tolist()}")
    print("features", layer[0].detach().numpy().round(4).tolist())


if __name__ == "__main__":
    main()
