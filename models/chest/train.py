#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Chest: a network that is right for the wrong reason, to learn to see it.

    train.py train DATA      train on DATA/train, write chest.onnx
    train.py evaluate DATA   the figures of the card; --split val or test
    train.py sample          draw the sample picture

DATA holds train, val and test with the folders normal and pneumonia.  README.md
beside this file is the model card.
"""

import argparse
import os
import sys

import cairo
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import common

LABELS = ["normal", "pneumonia"]
SIDE = 128
LUNGS = (0.12, 0.15, 0.76, 0.65)      # x, y, width, height of a box around both, in sides
RECIPE = {"size": [SIDE, SIDE], "resize": "stretch", "crop": "none", "filter": "bilinear",
          "channels": "grey", "scale": 255, "mean": [0.48], "std": [0.22],
          "task": "single-label", "layer": "block2.relu"}


def read(data, split):
    """[N, 1, 128, 128] in 0..1 and classes."""
    pictures, classes = [], []
    for c, folder in enumerate(LABELS):
        path = os.path.join(data, split, folder)
        for name in sorted(os.listdir(path)):
            with Image.open(os.path.join(path, name)) as picture:
                grey = picture.convert("L").resize((SIDE, SIDE), Image.BILINEAR)
            pictures.append(np.asarray(grey, np.float32)[None] / 255)
            classes.append(c)
    return torch.from_numpy(np.stack(pictures)), torch.tensor(classes)


def normalise(x):
    return (x - RECIPE["mean"][0]) / RECIPE["std"][0]


def inside():
    """True in the box around the lungs."""
    x, y, width, height = (round(v * SIDE) for v in LUNGS)
    mask = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    mask[y:y + height, x:x + width] = True
    return mask


def covered(x, mask):
    """The masked pixels of each picture replaced by one grey, the same in all pictures."""
    return torch.where(mask, torch.tensor(RECIPE["mean"][0]), x)


def score(model, x, y):
    return common.confusion(y, common.in_batches(model, normalise(x)).argmax(1), 2)


def learn(args, x, y, val, epochs, checkpoint):
    common.seed_all(args.seed)
    net = common.Classifier(2, 1, stem=[(12, 5, 2), (24, 3, 2)], blocks=[(32, 2), (48, 1)],
                            classes=2, dropout=0.2)
    weight = len(y) / (2 * torch.bincount(y).float())

    def batches(epoch):
        gen = torch.Generator().manual_seed(args.seed * 10000 + epoch)
        for index in common.order(args.seed, epoch, len(x), 16):
            yield normalise(common.affine(x[index], gen, SIDE, 4, 1.06, mirror=False)), y[index]

    return common.fit(net, batches, len(x) // 16, epochs,
                      lambda out, want: F.cross_entropy(out, want, weight),
                      lambda n: f"balanced {common.balanced(score(n, *val)):.4f}",
                      checkpoint, 2e-3, 0.05)


def train(args):
    torch.set_num_threads(args.threads)
    net = learn(args, *read(args.data, "train"), read(args.data, "val"), args.epochs,
                args.checkpoint)
    common.export(net, args.model, torch.rand(1, 1, SIDE, SIDE), "logits", LABELS, RECIPE,
                  "Normal or pneumonia in chest X-rays of children, as a warning: it goes by "
                  "exposure and pose. Trained from nothing on 437 pictures of Kermany et al. "
                  "(CC BY 4.0) by "
                  f"models/chest/train.py, seed {args.seed}, {args.epochs} epochs.")


def linear(data, split):
    """Logistic regression on 16 x 16 grey values; pneumonia cannot be seen in them."""
    def small(x):
        return F.adaptive_avg_pool2d(x, 16).flatten(1)

    x, y = read(data, "train")
    v, truth = read(data, split)
    x, v = small(x), small(v)
    mean, std = x.mean(0), x.std(0)
    x, v = (x - mean) / std, (v - mean) / std
    torch.manual_seed(0)
    layer = torch.nn.Linear(256, 2)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=200)

    def closure():
        optimiser.zero_grad()
        loss = F.cross_entropy(layer(x), y) + 1e-3 * layer.weight.pow(2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return common.confusion(truth, layer(v).argmax(1), 2)


def evaluate(args):
    torch.set_num_threads(args.threads)
    model = common.Graph(args.model)
    x, y = read(args.data, args.split)
    print(common.versions())
    table = score(model, x, y)
    low, high = common.interval(np.trace(table), len(y))
    print(f"{args.split}: {len(y)} pictures, balanced accuracy {common.balanced(table):.3f}, "
          f"right {np.trace(table) / len(y):.3f} (95 % interval {low:.3f} to {high:.3f})")
    print(common.report(table, LABELS))
    simple = linear(args.data, args.split)
    print(f"linear on 16 x 16 grey values: balanced {common.balanced(simple):.3f}")

    box = inside()
    area = 1 - box.float().mean().item()
    for name, mask in ("lungs", box), ("all but the lungs", ~box):
        changed = covered(x, mask)
        same = (common.in_batches(model, normalise(changed)).argmax(1)
                == common.in_batches(model, normalise(x)).argmax(1)).float().mean()
        print(f"{name} covered: balanced {common.balanced(score(model, changed, y)):.3f}, "
              f"answer kept in {100 * same:.1f} %")
        # A network that never saw what is covered: what the rest alone can tell.
        fresh = learn(args, covered(read(args.data, "train")[0], mask), read(args.data, "train")[1],
                      (changed, y), args.epochs, f"{args.checkpoint}.{name.replace(' ', '-')}")
        print(f"trained anew with {name} covered: balanced "
              f"{common.balanced(score(fresh, changed, y)):.3f}")
    maps = torch.cat([common.enlarged(model.grad_cam(normalise(x[n:n + 32]), y[n:n + 32]),
                                      (SIDE, SIDE)).relu() for n in range(0, len(x), 32)])
    out = maps[:, ~box].sum(1) / maps.sum((1, 2)).clamp(min=1e-9)
    peak = (~box).flatten()[maps.flatten(1).argmax(1)].float()
    print(f"Grad-CAM of the true class: {100 * out.mean():.1f} % of the map outside the box, "
          f"peak outside in {100 * peak.mean():.1f} %; "
          f"the outside is {100 * area:.1f} % of the picture")
    for gain in 0.6, 0.8, 1.0, 1.2, 1.4:
        found = common.in_batches(model, normalise((x * gain).clamp(0, 1))).argmax(1)
        print(f"exposure x {gain}: called pneumonia {100 * found.float().mean():.1f} %, "
              f"balanced {common.balanced(common.confusion(y, found, 2)):.3f}")


def sample(args):
    """A drawn chest, lungs, heart and ribs in their places.  A drawing, not an X-ray."""
    side = 300
    rng = np.random.default_rng(3)
    surface = cairo.ImageSurface(cairo.FORMAT_A8, side, side)
    pen = cairo.Context(surface)
    pen.scale(side, side)

    def shape(points, value, mirror=False):
        # Closed, smooth (Catmull-Rom); A8 keeps the value itself.
        points = np.array(points, float)
        if mirror:
            points[:, 0] = 1 - points[:, 0]
        after, bend = np.roll(points, -1, 0), (np.roll(points, -1, 0) - np.roll(points, 1, 0)) / 6
        pen.move_to(*points[0])
        for here, there, a, b in zip(points, after, bend, np.roll(bend, -1, 0)):
            pen.curve_to(*(here + a), *(there - b), *there)
        pen.set_operator(cairo.OPERATOR_SOURCE)
        pen.set_source_rgba(0, 0, 0, value)
        pen.fill()

    shape([(.16, 1.05), (.13, .55), (.02, .3), (.1, .13), (.36, .08), (.4, -.1), (.6, -.1),
           (.64, .08), (.9, .13), (.98, .3), (.87, .55), (.84, 1.05)], .55)             # body
    for mirror in False, True:
        shape([(.2, .72), (.19, .5), (.25, .28), (.34, .16), (.43, .2), (.45, .42), (.44, .66),
               (.32, .7)], .2, mirror)                                     # lungs
    shape([(.45, .4), (.52, .42), (.64, .55), (.7, .68), (.58, .74), (.44, .7)], .6)   # heart
    shape([(.1, 1.1), (.17, .78), (.32, .7), (.5, .76), (.68, .73), (.84, .8), (.9, 1.1)], .72)
    pen.set_operator(cairo.OPERATOR_OVER)
    for y in np.linspace(.17, .74, 9):                                               # ribs
        for way in -1, 1:
            pen.move_to(.5, y)
            pen.curve_to(.5 + way * .14, y - .07, .5 + way * .3, y - .02, .5 + way * .34, y + .11)
            pen.set_source_rgba(0, 0, 0, .22)
            pen.set_line_width(.022)
            pen.stroke()
    for y in np.linspace(.02, .95, 15):                                              # spine
        pen.rectangle(.465, y, .07, .05)
        pen.set_source_rgba(0, 0, 0, .3)
        pen.fill()
    surface.flush()
    grey = np.ndarray((side, surface.get_stride()), np.uint8, surface.get_data())[:, :side] / 255
    soft = Image.fromarray((grey * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(2.2))
    grey = np.asarray(soft) / 255 + rng.normal(0, .012, (side, side))
    out = Image.fromarray((grey.clip(0, 1) * 255).astype(np.uint8))
    out.save(os.path.join(args.out, "chest.png"), optimize=True)


def main():
    top = argparse.ArgumentParser(description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = top.add_subparsers(dest="command", required=True)
    for name, run in ("train", train), ("evaluate", evaluate):
        p = sub.add_parser(name)
        p.set_defaults(run=run)
        p.add_argument("data", help="folder with train, val and test")
        p.add_argument("--model", default=os.path.join(HERE, "chest.onnx"))
        p.add_argument("--threads", type=int, default=1)
        p.add_argument("--split", default="val", choices=["train", "val", "test"])
        p.add_argument("--seed", type=int, default=1)
        p.add_argument("--epochs", type=int, default=30)
        p.add_argument("--checkpoint", default="/tmp/chest.checkpoint")
    p = sub.add_parser("sample")
    p.set_defaults(run=sample)
    p.add_argument("--out", default=common.SAMPLES)
    args = top.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
