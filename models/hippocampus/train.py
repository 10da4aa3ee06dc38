#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Hippocampus: front part, back part or other tissue in a cube of an MRI scan?

    train.py train DATA      train, write hippocampus.onnx
    train.py evaluate DATA   the figures of the card; --split val or test
    train.py samples         cut the sample cubes from the template of mricron-data

DATA holds nii/images, nii/labels (Medical Segmentation Decathlon, task 4) and
volumes.csv, which says the split of each file.  README.md is the model card.
"""

import argparse
import csv
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import common

LABELS = ["no hippocampus", "anterior hippocampus", "posterior hippocampus"]
SIDE = 20
RECIPE = {"size": [SIDE, SIDE, SIDE], "resize": "shortest-side", "shortest": SIDE,
          "crop": "center", "filter": "bilinear", "channels": "grey", "normalise": "z-score",
          "scale": 1, "mean": [0], "std": [1], "task": "single-label", "layer": "block2.relu"}
TEMPLATE = "/usr/share/mricron/templates"
HIPPOCAMPUS = {37: "left", 38: "right"}     # of the atlas aal.nii.gz


def cubes_of(volume, label, rng, count):
    """Cubes at random places, `count` of each class where there are any.

    0: fewer than 40 of the 8,000 voxels are hippocampus; 1 and 2: at least 500 are of
    the front or of the back part, and at least three times as many as of the other.
    """
    found = {0: [], 1: [], 2: []}
    room = [size - SIDE for size in label.shape]
    if min(room) < 0:
        return []
    for _ in range(60 * count):
        corner = [rng.integers(0, r + 1) for r in room]
        cut = tuple(slice(c, c + SIDE) for c in corner)
        front, back = (label[cut] == 1).sum(), (label[cut] == 2).sum()
        which = (0 if front + back < 40 else 1 if front >= max(500, 3 * back)
                 else 2 if back >= max(500, 3 * front) else None)
        if which is not None and len(found[which]) < count:
            found[which].append((volume[cut], label[cut], which))
    return sum(found.values(), [])


def read(data, split, count, seed):
    """Cubes [N, 1, 20, 20, 20], labels of the voxels [N, 20, 20, 20], classes [N]."""
    rng, cubes = np.random.default_rng(seed), []
    with open(os.path.join(data, "volumes.csv")) as f:
        names = [row["file"] for row in csv.DictReader(f) if row["split"] == split]
    for name in names:
        volume, _ = common.read_volume(os.path.join(data, "nii", "images", name))
        label, _ = common.read_volume(os.path.join(data, "nii", "labels", name))
        cubes += cubes_of(volume, label.astype(np.uint8), rng, count)
    x, mask, y = zip(*cubes)
    return (torch.from_numpy(np.stack(x))[:, None], torch.from_numpy(np.stack(mask)),
            torch.tensor(y), len(names))


def normalise(x):
    """z-score of each cube, as the recipe says."""
    axes = (1, 2, 3, 4)
    spread = x.std(axes, keepdim=True, unbiased=False).clamp(min=1e-6)
    return (x - x.mean(axes, keepdim=True)) / spread


def vary(x, gen):
    """Left and right exchanged, another contrast, noise, a field that brightens to one side."""
    n = len(x)

    def draw(low, high):
        return low + (high - low) * torch.rand(n, 1, 1, 1, 1, generator=gen)

    mirror = torch.rand(n, generator=gen) < 0.5
    x = torch.where(mirror[:, None, None, None, None], x.flip(4), x)
    low, high = x.amin((2, 3, 4), keepdim=True), x.amax((2, 3, 4), keepdim=True)
    x = ((x - low) / (high - low).clamp(min=1e-6)) ** torch.exp(draw(-0.5, 0.5))
    ramp = torch.linspace(-1, 1, SIDE)
    field = (draw(-0.15, 0.15) * ramp[:, None, None] + draw(-0.15, 0.15) * ramp[:, None]
             + draw(-0.15, 0.15) * ramp)
    return x * (1 + field) + draw(0, 0.06) * torch.randn(x.shape, generator=gen)


def other_surroundings(x, mask, y, gen):
    """Half of the cubes get what surrounds the hippocampus from a cube without one.

    Where a cube was cut can be told from the tissue around, too; a network that goes by it
    is right and its maps show the surroundings.  The seam is no clue: cubes without a
    hippocampus are put together in the same way, with the outline of another cube.
    """
    n = len(x)
    inside = (mask > 0).float()[:, None]
    borrowed = inside[torch.randperm(n, generator=gen)]
    inside = torch.where((y == 0)[:, None, None, None, None], borrowed, inside)
    inside = F.max_pool3d(inside, 3, 1, 1)
    empty = torch.nonzero(y == 0).flatten()
    if len(empty) == 0:
        return x
    ground = x[empty[torch.randint(0, len(empty), (n,), generator=gen)]]

    def moments(t):
        return t.mean((2, 3, 4), keepdim=True), t.std((2, 3, 4), keepdim=True).clamp(min=1e-6)

    (here, spread), (there, wide) = moments(x), moments(ground)
    mixed = torch.where(inside > 0, x, (ground - there) / wide * spread + here)
    some = torch.rand(n, generator=gen) < 0.5
    return torch.where(some[:, None, None, None, None], mixed, x)


def make_net():
    return common.Classifier(3, 1, stem=[(16, 3, 1)], blocks=[(32, 2), (48, 1)],
                             classes=3, pool="max", dropout=0.2)


def score(model, x, y):
    return common.confusion(y, common.in_batches(lambda v: model(normalise(v)), x).argmax(1), 3)


def train(args):
    common.seed_all(args.seed)
    torch.set_num_threads(args.threads)
    x, mask, y, volumes = read(args.data, "train", args.cubes, args.seed)
    val = read(args.data, "val", 3, args.seed)
    weight = len(y) / (3 * torch.bincount(y).float())
    print(f"{volumes} volumes, cubes of each class {torch.bincount(y).tolist()}", flush=True)

    def batches(epoch):
        gen = torch.Generator().manual_seed(args.seed * 10000 + epoch)
        for index in common.order(args.seed, epoch, len(x), args.batch):
            cubes = other_surroundings(x[index], mask[index], y[index], gen)
            yield normalise(vary(cubes, gen)), y[index]

    net = common.fit(make_net(), batches, len(x) // args.batch, args.epochs,
                     lambda out, want: F.cross_entropy(out, want, weight, label_smoothing=0.05),
                     lambda net: f"balanced {common.balanced(score(net, val[0], val[2])):.4f}",
                     args.checkpoint, args.rate, args.decay, quiet=0.1)
    common.export(net, args.model, torch.randn(1, 1, SIDE, SIDE, SIDE), "logits", LABELS, RECIPE,
                  "Front part, back part or no hippocampus in a cube of 20 mm of a T1-weighted MRI "
                  "scan; single-label logits. Trained from nothing on the Medical Segmentation "
                  "Decathlon, task 4 (CC BY-SA 4.0), by models/hippocampus/train.py, "
                  f"seed {args.seed}, {args.epochs} epochs.")


def overlap(model, x, mask, y):
    """Where the map of the true class lies: shares of cubes and of the map's sum."""
    rows = []
    for n in range(0, len(x), 64):
        cut = slice(n, n + 64)
        maps = common.enlarged(model.grad_cam(normalise(x[cut]), y[cut]), (SIDE,) * 3).relu()
        for cam, part, c in zip(maps, mask[cut], y[cut]):
            if c == 0 or cam.max() <= 0:
                continue
            inside = part == c
            rows.append([inside.flatten()[cam.argmax()].item(),
                         (cam[inside].sum() / cam.sum()).item(), inside.float().mean().item()])
    return np.array(rows)


def evaluate(args):
    torch.set_num_threads(args.threads)
    model = common.Graph(args.model)
    x, mask, y, volumes = read(args.data, args.split, 3, args.seed + 1000)
    print(common.versions())
    table = score(model, x, y)
    print(f"{args.split}: {len(x)} cubes of {volumes} volumes, "
          f"balanced accuracy {common.balanced(table):.4f}")
    print(common.report(table, LABELS))
    rows = overlap(model, x, mask, y)
    print(f"Grad-CAM of the true part, {len(rows)} cubes: peak inside it in "
          f"{100 * rows[:, 0].mean():.1f} %, "
          f"{100 * rows[:, 1].mean():.1f} % of the map's sum inside; it is "
          f"{100 * rows[:, 2].mean():.1f} % of a cube")


def samples(args):
    """Front, back and elsewhere in the template, by the atlas that lies beside it."""
    brain, affine = common.read_volume(os.path.join(TEMPLATE, "ch2.nii.gz"))
    atlas, same = common.read_volume(os.path.join(TEMPLATE, "aal.nii.gz"))
    if brain.shape != atlas.shape or not np.allclose(affine, same):
        raise RuntimeError("template and atlas do not fit each other")
    places = []
    for value, side in HIPPOCAMPUS.items():
        where = np.argwhere(atlas == value)
        low, high = where[:, 1].min(), where[:, 1].max()
        third = (high - low) / 3
        front = where[where[:, 1] > high - third].mean(0)
        back = where[where[:, 1] < low + third].mean(0)
        places += [(f"{side}-anterior", front), (f"{side}-posterior", back)]
    # White matter above the left hippocampus, 35 mm further up.
    places.append(("elsewhere", places[0][1] + [35, 0, 0]))
    os.makedirs(args.out, exist_ok=True)
    for name, centre in places:
        corner = np.round(centre - SIDE / 2 + 0.5).astype(int)
        cut = tuple(slice(c, c + SIDE) for c in corner)
        moved = affine.copy()
        moved[:, 3] += affine[:, :3] @ corner[::-1]
        stem = os.path.join(args.out, f"hippocampus-{name}")
        common.write_volume(stem + ".nii.gz", brain[cut].astype(np.uint8), moved)
        if name != "elsewhere":
            inside = np.isin(atlas[cut], list(HIPPOCAMPUS)).astype(np.uint8)
            common.write_volume(stem + ".mask.nii.gz", inside, moved)
        print(name, "first voxel", corner[::-1].tolist(), "of the template")


def main():
    top = argparse.ArgumentParser(description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = top.add_subparsers(dest="command", required=True)
    for name, run in ("train", train), ("evaluate", evaluate), ("samples", samples):
        p = sub.add_parser(name)
        p.set_defaults(run=run)
        if run is samples:
            p.add_argument("--out", default=common.SAMPLES)
            continue
        p.add_argument("data", help="folder with nii and volumes.csv")
        p.add_argument("--model", default=os.path.join(HERE, "hippocampus.onnx"))
        p.add_argument("--threads", type=int, default=1)
        p.add_argument("--split", default="val", choices=["train", "val", "test"])
        p.add_argument("--seed", type=int, default=1)
        p.add_argument("--cubes", type=int, default=6, help="of each class from each volume")
        p.add_argument("--epochs", type=int, default=14)
        p.add_argument("--batch", type=int, default=32)
        p.add_argument("--rate", type=float, default=2e-3)
        p.add_argument("--decay", type=float, default=0.03)
        p.add_argument("--checkpoint", default="/tmp/hippocampus.checkpoint")
    args = top.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
