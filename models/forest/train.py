#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Forest: forest or not, for every pixel of a satellite picture.

    train.py train DATA      train on DATA/train, write forest.onnx
    train.py evaluate DATA   the figures of the card; --split val or test
    train.py sample          the sample picture from the Landsat scene of r-cran-stars

DATA holds train, val and test with images and masks of the same names (PNG, 255 is
not forest).  README.md beside this file is the model card.
"""

import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import common

LABELS = ["forest", "not forest"]
CROP = 128
RECIPE = {"size": "any", "resize": "stretch", "filter": "bilinear", "channels": "RGB", "scale": 255,
          "mean": [0.38, 0.44, 0.46], "std": [0.16, 0.1, 0.08],
          "task": "segmentation", "layer": "up1.relu"}
BRIGHTER = 2                 # the set is stored dark; the network sees it as people like to


def read(data, split):
    """Pictures [3, height, width] in bytes and the classes of their pixels, two lists."""
    pictures, masks = [], []
    folder = os.path.join(data, split)
    for name in sorted(os.listdir(os.path.join(folder, "images"))):
        with Image.open(os.path.join(folder, "images", name)) as picture:
            pixels = np.asarray(picture.convert("RGB")).transpose(2, 0, 1).astype(np.int32)
        pictures.append(torch.from_numpy((pixels * BRIGHTER).clip(0, 255).astype(np.uint8)))
        with Image.open(os.path.join(folder, "masks", name)) as mask:
            mask = torch.from_numpy(np.asarray(mask.convert("L")) > 127).long()
        # One mask of the set has three columns too many.
        masks.append(mask[:pictures[-1].shape[1], :pictures[-1].shape[2]])
    return pictures, masks


def normalise(x):
    mean, std = (torch.tensor(RECIPE[key])[:, None, None] for key in ("mean", "std"))
    return (x - mean) / std


def exposure(x, gen):
    """A little brighter or darker, haze, bands against each other.

    Little, because the data are calibrated and young clearings differ by a few grey values
    only: a network that was to bear any brightness missed them.
    """
    n = len(x)

    def draw(low, high, bands=1):
        return low + (high - low) * torch.rand(n, bands, 1, 1, generator=gen)

    gain = torch.exp(draw(-0.12, 0.12)) * torch.exp(draw(-0.03, 0.03, 3))
    return (x * gain + draw(-0.012, 0.012) + draw(-0.004, 0.004, 3)).clamp(0, 1)


def make_net():
    return common.UNet(3, 12, 3, 2)


def score(model, x, y):
    """Pixels both say and either says, for each class, over all scenes."""
    total = np.zeros((2, 2), np.int64)
    with torch.no_grad():
        for picture, truth in zip(x, y):
            found = model(normalise(picture[None].float() / 255)).argmax(1)[0]
            total += common.intersections(truth.numpy(), found.numpy(), 2)
    return total


def train(args):
    common.seed_all(args.seed)
    torch.set_num_threads(args.threads)
    x, y = (torch.stack(parts) for parts in read(args.data, "train"))
    val = read(args.data, "val")

    def batches(epoch):
        gen = torch.Generator().manual_seed(args.seed * 10000 + epoch)
        for index in common.order(args.seed, epoch, len(x) * args.crops, args.batch):
            picture, mask = common.affine(x[index % len(x)].float() / 255, gen, CROP, 180, 1.5,
                                          target=y[index % len(x)])
            yield normalise(exposure(picture.clamp(0, 1), gen)), mask

    def validate(net):
        both, either = score(net, *val).T
        return f"IoU forest {both[0] / either[0]:.4f}, not forest {both[1] / either[1]:.4f}"

    net = common.fit(make_net(), batches, len(x) * args.crops // args.batch, args.epochs,
                     F.cross_entropy, validate, args.checkpoint, args.rate, args.decay)
    common.export(net, args.model, torch.rand(1, 3, 96, 104), "scores", LABELS, RECIPE,
                  "Forest or not, for every pixel of a satellite picture in true colours; scores, "
                  "softmax over the classes not included. Trained from nothing on the Amazon "
                  "Rainforest dataset (Bragagnolo et al., doi:10.5281/zenodo.3233081; contains "
                  "modified Copernicus Sentinel data) by models/forest/train.py, "
                  f"seed {args.seed}, {args.epochs} epochs.", free={2: "H", 3: "W"})


def evaluate(args):
    torch.set_num_threads(args.threads)
    model = common.Graph(args.model)
    x, y = read(args.data, args.split)
    print(common.versions())
    pixels = torch.cat([t.flatten() for t in y])
    print(f"{args.split}: {len(x)} scenes, "
          f"{100 * pixels.float().mean():.1f} % of the pixels not forest")
    for name, gain in ("as they are", 1), ("a tenth darker", 0.9), ("a tenth brighter", 1.1):
        pictures = [(t.float() * gain).clamp(0, 255) for t in x]
        total = score(model, pictures, y)
        both, either = total.T
        iou = both / either
        wrong = (either.sum() - both.sum()) / 2
        print(f"{name}: IoU not forest {iou[1]:.4f}, forest {iou[0]:.4f}, mean {iou.mean():.4f}; "
              f"pixels right {1 - wrong / pixels.numel():.4f}")
    scenes = [(lambda t: t[1, 0] / max(t[1, 1], 1))(score(model, x[n:n + 1], y[n:n + 1]))
              for n in range(len(x))]
    print("IoU not forest of each scene: " + ", ".join(f"{v:.2f}" for v in sorted(scenes)))


def sample(args):
    """Red, green and blue of the Landsat 7 scene of Olinda, brought to the range of the training.

    The same line for all places: the 2nd and the 98th percentile of each band go to those
    of the training scenes.
    """
    pages = []
    with tempfile.TemporaryDirectory() as folder:
        for band in 2, 1, 0:
            file = os.path.join(folder, f"{band}.png")
            # It warns of each tag of a map that it does not know.
            subprocess.run(["vips", "extract_band", args.scene, file, str(band)], check=True,
                           stderr=subprocess.DEVNULL)
            with Image.open(file) as picture:
                pages.append(np.asarray(picture.convert("L"), np.float32))
    bands = np.stack(pages, -1)
    low, high = np.percentile(bands, [2, 98], axis=(0, 1))
    wanted_low, wanted_high = np.array([44, 74, 90]), np.array([200, 170, 165])
    out = (bands - low) / (high - low) * (wanted_high - wanted_low) + wanted_low
    Image.fromarray(out.clip(0, 255).round().astype(np.uint8)).save(
        os.path.join(args.out, "forest-olinda.png"), optimize=True)


def main():
    top = argparse.ArgumentParser(description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = top.add_subparsers(dest="command", required=True)
    for name, run in ("train", train), ("evaluate", evaluate):
        p = sub.add_parser(name)
        p.set_defaults(run=run)
        p.add_argument("data", help="folder with train, val and test")
        p.add_argument("--model", default=os.path.join(HERE, "forest.onnx"))
        p.add_argument("--threads", type=int, default=1)
        p.add_argument("--split", default="val", choices=["train", "val", "test"])
        p.add_argument("--seed", type=int, default=1)
        p.add_argument("--crops", type=int, default=8, help="from each scene and epoch")
        p.add_argument("--epochs", type=int, default=20)
        p.add_argument("--batch", type=int, default=16)
        p.add_argument("--rate", type=float, default=4e-3)
        p.add_argument("--decay", type=float, default=0.02)
        p.add_argument("--checkpoint", default="/tmp/forest.checkpoint")
    p = sub.add_parser("sample")
    p.set_defaults(run=sample)
    p.add_argument("--scene", default="/usr/lib/R/site-library/stars/tif/L7_ETMs.tif")
    p.add_argument("--out", default=common.SAMPLES)
    args = top.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
