#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tissue: benign lung, adenocarcinoma or squamous cell carcinoma?

    train.py train DATA     train on the folders DATA/train, write tissue.onnx
    train.py refine DATA    go on from the checkpoint of train, larger pieces, lower rate
    train.py evaluate DATA  the figures of the card; --split val or test
    train.py colour DATA    what mean and deviation of the colours alone give

DATA holds train, val and test with one folder of JPEG for each class, split by
source tile.  README.md beside this file is the model card.
"""

import argparse
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import common

FOLDERS = ["lung_n", "lung_aca", "lung_scc"]
LABELS = ["benign lung", "adenocarcinoma", "squamous cell carcinoma"]
SIDE = 224
RECIPE = {"size": [SIDE, SIDE], "resize": "shortest-side", "shortest": SIDE, "crop": "center",
          "filter": "bilinear", "channels": "RGB", "scale": 255,
          "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25],
          "task": "single-label", "layer": "block4.relu"}


def read(data, split):
    """[N, 3, 224, 224] bytes and classes."""
    pictures, classes = [], []
    for c, folder in enumerate(FOLDERS):
        path = os.path.join(data, split, folder)
        for name in sorted(os.listdir(path)):
            with Image.open(os.path.join(path, name)) as picture:
                pictures.append(np.asarray(picture.convert("RGB")).transpose(2, 0, 1))
            classes.append(c)
    return torch.from_numpy(np.stack(pictures)), torch.tensor(classes)


def normalise(x):
    return (x - 0.5) / 0.25


def stain(x, gen):
    """Other stains: each picture's optical density is turned about the grey axis, its
    saturation and strength changed.

    Light that passes two stains is weakened by the product, so densities (-log) add up
    and a linear map of them is another pair of stains.  What is left to learn from is
    how dark structures are arranged, not which colour they have.
    """
    n = len(x)
    density = -torch.log(x.clamp(min=1 / 255))

    def draw(low, high, *shape):
        return low + (high - low) * torch.rand(n, *shape, generator=gen)

    angle, saturation = draw(-1.0, 1.0) * np.pi, draw(0.0, 1.3)
    # A fifth stays nearly as it is, that the true stain is seen too.
    true = draw(0, 1) < 0.2
    angle = torch.where(true, angle * 0.05, angle)
    saturation = torch.where(true, draw(0.9, 1.1), saturation)
    grey = torch.full((3, 3), 1 / 3)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3 ** 0.5
    turn = (torch.cos(angle)[:, None, None] * (torch.eye(3) - grey)
            + torch.sin(angle)[:, None, None] * cross)
    matrix = grey + saturation[:, None, None] * turn
    matrix = matrix * draw(0.65, 1.5)[:, None, None] * draw(0.9, 1.1, 3, 1)
    density = torch.einsum("nij,njyx->niyx", matrix, density) + draw(-0.1, 0.15, 3, 1, 1)
    return torch.exp(-density.clamp(0, 5.5))


def make_net():
    return common.Classifier(2, 3, stem=[(16, 5, 2), (32, 3, 2)],
                             blocks=[(64, 2), (64, 1), (128, 2), (128, 1)], classes=3, dropout=0.2)


def score(model, x, y):
    found = common.in_batches(lambda v: model(normalise(v.float() / 255)), x).argmax(1)
    return common.confusion(y, found, 3)


def train(args):
    common.seed_all(args.seed)
    torch.set_num_threads(args.threads)
    x, y = read(args.data, "train")
    val = read(args.data, "val")

    def batches(epoch):
        gen = torch.Generator().manual_seed(args.seed * 10000 + epoch)
        for index in common.order(args.seed, epoch, len(x), args.batch):
            picture = common.affine(x[index].float() / 255, gen, args.crop, 180, 1.25)
            yield normalise(stain(picture.clamp(0, 1), gen)), y[index]

    net = make_net()
    if args.command == "refine":
        net.load_state_dict(torch.load(args.start)["mean"])
    net = common.fit(net, batches, len(x) // args.batch, args.epochs,
                     lambda out, want: F.cross_entropy(out, want, label_smoothing=0.05),
                     lambda net: f"balanced {common.balanced(score(net, *val)):.4f}",
                     args.checkpoint, args.rate, args.decay)
    common.export(net, args.model, torch.rand(1, 3, SIDE, SIDE), "logits", LABELS, RECIPE,
                  "Benign lung tissue, adenocarcinoma or squamous cell carcinoma; single-label "
                  "logits. Trained from nothing on the lung half of LC25000 (Borkowski et al., "
                  "arXiv:1912.12142) by models/tissue/train.py; the last "
                  f"{args.epochs} epochs with seed {args.seed}.")


def evaluate(args):
    torch.set_num_threads(args.threads)
    model = common.Graph(args.model)
    x, y = read(args.data, args.split)
    print(common.versions())
    table = score(model, x, y)
    print(f"{args.split}: {len(x)} tiles, balanced accuracy {common.balanced(table):.4f}")
    print(common.report(table, LABELS))
    grey = x.float().mean(1, keepdim=True).expand(-1, 3, -1, -1)
    print(f"in grey: {common.balanced(score(model, grey, y)):.4f}")
    for name, swap in (("red and blue exchanged", [2, 1, 0]),
                       ("green and blue exchanged", [0, 2, 1])):
        print(f"{name}: {common.balanced(score(model, x[:, swap], y)):.4f}")


def colour(args):
    """Linear discriminant on six numbers of a tile: what a network could do without looking."""
    def features(split):
        x, y = read(args.data, split)
        flat = x.float().flatten(2) / 255
        return torch.cat([flat.mean(2), flat.std(2)], 1).numpy(), y.numpy()

    x, y = features("train")
    means = np.stack([x[y == c].mean(0) for c in range(3)])
    within = sum(np.cov(x[y == c].T) for c in range(3)) / 3
    direction = np.linalg.solve(within, means.T)
    offset = -0.5 * np.einsum("ci,ic->c", means, direction)
    v, truth = features(args.split)
    table = common.confusion(truth, (v @ direction + offset).argmax(1), 3)
    print(f"{args.split}: mean and deviation of the colours alone, "
          f"balanced accuracy {common.balanced(table):.4f}")


def main():
    top = argparse.ArgumentParser(description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = top.add_subparsers(dest="command", required=True)
    for name, run in (("train", train), ("refine", train), ("evaluate", evaluate),
                      ("colour", colour)):
        again = name == "refine"
        p = sub.add_parser(name)
        p.set_defaults(run=run)
        p.add_argument("data", help="folder with train, val and test")
        p.add_argument("--model", default=os.path.join(HERE, "tissue.onnx"))
        p.add_argument("--threads", type=int, default=1)
        p.add_argument("--split", default="val", choices=["train", "val", "test"])
        p.add_argument("--seed", type=int, default=51 if again else 1)
        p.add_argument("--epochs", type=int, default=24 if again else 40)
        p.add_argument("--crop", type=int, default=160 if again else 144, help="side of a piece")
        p.add_argument("--batch", type=int, default=32)
        p.add_argument("--rate", type=float, default=1e-3 if again else 3e-3)
        p.add_argument("--decay", type=float, default=0.05)
        p.add_argument("--checkpoint", default=f"/tmp/tissue.{name}.checkpoint")
        p.add_argument("--start", default="/tmp/tissue.train.checkpoint", help="of refine")
    args = top.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
