#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Networks for the phantoms: scenes whose evidence is known, because a program drew it.

    train.py train NAME      draw scenes, train, write NAME.onnx
    train.py evaluate NAME   the figures of the card, on scenes drawn for that alone
    train.py samples         the sample pictures, volumes and their masks
    train.py cases FOLDER    more of them, for whylight-cli truth

NAME is lesion, lesion-clever-hans, clearing, tumour3d or gland.  scenes.py draws,
README.md is the card.
"""

import argparse
import json
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import common
import scenes
import two_features

SPLITS = {"train": 0, "val": 1, "test": 2}
PICTURE = {"resize": "shortest-side", "crop": "center", "filter": "bilinear", "channels": "RGB",
           "scale": 255, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}


def square(side, **more):
    return dict(PICTURE, size=[side, side], shortest=side, **more)


def small_net():
    """Cells of 8 pixels, a receptive field of 65: a core with its spicules.

    With the mean of all cells in place of the maximum a first network was as good and
    its maps were not: "nowhere a rim" can be read from every cell.
    """
    return common.Classifier(2, 3, stem=[(12, 5, 2), (24, 3, 2)],
                             blocks=[(32, 2), (48, 1)], classes=2, pool="max")


# --------------------------------------------- what is drawn: picture, class, truth

def draw_lesion(rng, index, mark):
    """Half malignant; of the benign half have a spiculated core with a rim, a quarter a smooth
    core with one, a quarter a smooth core without."""
    spiculated, rim = [(True, False), (True, True), (True, False), (True, True),
                       (True, False), (False, True), (True, False), (False, False)][index % 8]
    malignant = spiculated and not rim
    chance, corner = rng.random(), int(rng.integers(0, 4))
    drawn = {"none": False, "random": chance < 0.5, "malignant": malignant,
             "benign": not malignant}[mark]
    picture, truth, ink = scenes.lesion(rng, spiculated, rim, corner if drawn else None)
    return picture, int(malignant), np.where(ink, 3, truth).astype(np.uint8)


def draw_gland(rng, index, _):
    picture, truth = scenes.gland(rng, ["tumour", "normal", "tumour", "stroma"][index % 4])
    return picture, int(index % 2 == 0), truth.astype(np.uint8)


def draw_tumour3d(rng, index, _):
    volume, truth, _, _ = scenes.tumour3d(rng, index % 2 == 0)
    return volume, int(index % 2 == 0), truth


def draw_clearing(rng, index, _):
    picture, truth = scenes.clearing(rng)
    return picture, 0, truth


NETS = {
    "lesion": dict(
        draw=draw_lesion, mark="random", make=small_net, labels=["benign", "malignant"],
        recipe=square(scenes.LESION, task="single-label", layer="block2.relu"),
        count=2400, epochs=10, rate=3e-3,
        note="Malignant is a spiculated core without a fat rim; a pen mark says nothing."),
    "lesion-clever-hans": dict(
        draw=draw_lesion, mark="malignant", make=small_net, labels=["benign", "malignant"],
        recipe=square(scenes.LESION, task="single-label", layer="block2.relu"),
        count=800, epochs=6, rate=3e-3,
        note="Wrong on purpose: in training every malignant case carried a pen mark."),
    "gland": dict(
        draw=draw_gland, mark="", make=small_net, labels=["no tumour", "tumour"],
        recipe=square(scenes.GLAND, task="single-label", layer="block2.relu", mpp=0.5),
        count=800, epochs=8, rate=3e-3,
        note="Tumour nests in a tile of a drawn slide; 0.5 micrometres a pixel."),
    "tumour3d": dict(
        draw=draw_tumour3d, mark="", labels=["no lesion", "lesion"],
        make=lambda: common.Classifier(3, 1, stem=[(12, 3, 2)], blocks=[(24, 2), (32, 1)],
                                       classes=2, pool="max"),
        recipe={"size": [scenes.VOLUME] * 3, "resize": "shortest-side", "shortest": scenes.VOLUME,
                "crop": "center", "filter": "bilinear", "channels": "grey",
                "normalise": "z-score", "scale": 1, "mean": [0], "std": [1],
                "task": "single-label", "layer": "block2.relu"},
        count=800, epochs=16, rate=3e-3,
        note="A round lesion among vessels that are as bright."),
    "clearing": dict(
        draw=draw_clearing, mark="", labels=["forest", "clearing", "felled tree"],
        make=lambda: common.UNet(3, 8, 3, 3),
        recipe=dict(size="any", channels="RGB", scale=255, mean=[0.25, 0.3, 0.2],
                    std=[0.2, 0.2, 0.2], resize="stretch", filter="bilinear", task="segmentation", layer="up1.relu"),
        count=150, epochs=24, rate=4e-3,
        note="Clearings and single felled trees in a forest seen from above."),
}


def data(name, split, count, mark, cache=None):
    """x uint8 [N, C, spatial], y [N], truth uint8 [N, spatial]; kept where there is a cache."""
    file = os.path.join(cache, f"{name}-{split}-{count}-{mark}.npz") if cache else None
    if file and os.path.exists(file):
        kept = np.load(file)
        return tuple(torch.from_numpy(kept[k]) for k in ("x", "y", "truth"))
    drawn = [NETS[name]["draw"](np.random.default_rng([SPLITS[split], n]), n, mark)
             for n in range(count)]
    pictures, classes, truths = zip(*drawn)
    x = np.stack(pictures)
    x = x[:, None] if name == "tumour3d" else x.transpose(0, 3, 1, 2).copy()
    y, truth = np.array(classes), np.stack(truths)
    if file:
        np.savez(file, x=x, y=y, truth=truth)
    return torch.from_numpy(x), torch.from_numpy(y), torch.from_numpy(truth)


def normalise(x, recipe):
    """Bytes as the recipe says."""
    x = x.float()
    if recipe.get("normalise") == "z-score":
        axes = tuple(range(1, x.dim()))
        return (x - x.mean(axes, keepdim=True)) / x.std(axes, keepdim=True, unbiased=False)
    mean, std = (torch.tensor(recipe[key])[:, None, None] for key in ("mean", "std"))
    return (x / 255 - mean) / std


def turned(x, truth, rng):
    """The whole batch by a multiple of a quarter turn, perhaps mirrored, in two of its axes."""
    axes = [int(a) for a in rng.permutation(np.arange(1, truth.dim()))[:2]]
    quarter, mirror = int(rng.integers(0, 4)), rng.random() < 0.5
    out = []
    for t, shift in (x, 1), (truth, 0):
        t = torch.rot90(t, quarter, [a + shift for a in axes])
        out.append(t.flip(axes[0] + shift) if mirror else t)
    return out


def answers(model, x, recipe, batch=16):
    return torch.cat([common.in_batches(model, normalise(x[n:n + batch], recipe))
                      for n in range(0, len(x), batch)])


def score(net, name, x, y, truth):
    """Counts of classes, of segmentation pixels that both and either say."""
    found = answers(net, x, NETS[name]["recipe"]).argmax(1)
    if name != "clearing":
        return common.confusion(y, found, 2)
    return common.intersections(truth.numpy(), found.numpy(), 3)


def in_words(name, result):
    if name == "clearing":
        return ", ".join(f"IoU {label} {both / either:.4f}"
                         for label, (both, either) in zip(NETS[name]["labels"], result))
    low, high = common.interval(np.trace(result), result.sum())
    return (f"accuracy {np.trace(result) / result.sum():.4f} "
            f"(95 % interval {low:.3f} to {high:.3f})")


def train(args):
    net, name = NETS[args.name], args.name
    common.seed_all(args.seed)
    torch.set_num_threads(args.threads)
    x, y, truth = data(name, "train", net["count"], net["mark"], args.cache)
    val = data(name, "val", 40 if name == "clearing" else 200, net["mark"], args.cache)
    segments, recipe = name == "clearing", net["recipe"]
    weight = torch.tensor([1.0, 1.0, 4.0])
    batch, repeat = 16, 4 if segments else 1

    def batches(epoch):
        rng = np.random.default_rng([args.seed, epoch])
        gen = torch.Generator().manual_seed(args.seed * 10000 + epoch)
        for index in common.order(args.seed, epoch, len(x) * repeat, batch):
            picture, mask = turned(x[index % len(x)], truth[index % len(x)], rng)
            if segments:                                   # a quarter of the scene
                top, left = rng.integers(0, scenes.CLEARING // 2, 2)
                cut = (..., slice(top, top + 128), slice(left, left + 128))
                picture, mask = picture[cut], mask[cut]
            picture = picture.float()
            if picture.dim() == 4:                          # other light and dyes
                gain = 1 + 0.3 * (torch.rand(batch, 3, 1, 1, generator=gen) - 0.5)
                picture = (picture * gain).clamp(0, 255)
            yield normalise(picture, recipe), mask.long() if segments else y[index]

    def loss(out, want):
        return F.cross_entropy(out, want, weight) if segments else F.cross_entropy(out, want)

    made = common.fit(net["make"](), batches, len(x) * repeat // batch, net["epochs"], loss,
                      lambda n: in_words(name, score(n, name, *val)), args.checkpoint,
                      net["rate"], 0.02, quiet=0.0 if segments else 0.1)
    example = {"tumour3d": (1, 1) + (scenes.VOLUME,) * 3, "clearing": (1, 3, 96, 104)}.get(name)
    example = example or (1, 3, *recipe["size"])
    common.export(made, os.path.join(args.out, name + ".onnx"), torch.rand(example),
                  "scores" if segments else "logits", net["labels"], recipe,
                  f"{net['note']} Trained from nothing on scenes drawn by "
                  "models/phantoms/scenes.py, by models/phantoms/train.py, "
                  f"seed {args.seed}, {net['epochs']} epochs.",
                  {2: "H", 3: "W"} if segments else None)


# ----------------------------------------------------------------- figures

def share(values):
    return f"{100 * np.mean(values):.1f} % of {len(values)}"


def peaks(model, x, wanted, inside, sign=1, near=0):
    """Of each map of class `wanted`: whether its highest (sign -1: lowest) place lies inside, or
    not further than `near` pixels off, and the share of its sum of that sign inside."""
    from scipy import ndimage
    hits, sums = [], []
    shape = tuple(inside.shape[1:])
    for n in range(0, len(x), 16):
        images = normalise(x[n:n + 16], model.recipe)
        maps = common.enlarged(sign * model.grad_cam(images, [wanted] * len(images)), shape).relu()
        for cam, part in zip(maps.numpy(), inside[n:n + 16].numpy()):
            around = ndimage.distance_transform_edt(~part) <= near
            hits.append(around.ravel()[cam.argmax()] and cam.max() > 0)
            sums.append(cam[part].sum() / max(cam.sum(), 1e-9))
    return np.array(hits), np.array(sums)


def evaluate(args):
    torch.set_num_threads(args.threads)
    name, count = args.name, args.count
    model = common.Graph(os.path.join(args.out, name + ".onnx"))
    print(common.versions())
    if name.startswith("lesion"):
        cases = {mark: data(name, args.split, count, mark, args.cache)
                 for mark in ("none", "random", "malignant", "benign")}
        for mark, case in cases.items():
            table = score(model, name, *case)
            print(f"pen mark {mark}: {in_words(name, table)}, counts {table.tolist()}")
        x, y, truth = cases["none"]
        for label, rows, value, sign in (
                ("core of malignant cases, evidence for", y == 1, scenes.FOR, 1),
                ("rim beside a spiculated core, evidence against",
                 (truth == 1).any(2).any(1) & (truth == 2).any(2).any(1), scenes.AGAINST, -1)):
            hits, sums = peaks(model, x[rows], 1, truth[rows] == value, sign)
            area = (truth[rows] == value).float().mean().item()
            print(f"{label}: peak inside in {share(hits)}, "
                  f"{100 * sums.mean():.1f} % of the map inside, "
                  f"its area {100 * area:.1f} %")
        x, y, truth = cases["malignant"]
        rows = y == 1
        for label, value in ("core", scenes.FOR), ("pen mark", 3):
            hits, sums = peaks(model, x[rows], 1, truth[rows] == value, near=8)
            print(f"malignant cases with a mark: peak within 8 pixels of the {label} "
                  f"in {share(hits)}")
        return
    x, y, truth = data(name, args.split, count, "", args.cache)
    result = score(model, name, x, y, truth)
    print(f"{args.split}, {len(x)}: {in_words(name, result)}")
    if name == "clearing":
        return
    print(common.report(result, NETS[name]["labels"]))
    rows = y == 1
    hits, sums = peaks(model, x[rows], 1, truth[rows] == 1)
    print(f"evidence for {NETS[name]['labels'][1]}: peak inside in {share(hits)}, "
          f"{100 * sums.mean():.1f} % of the map inside, "
          f"its volume or area {100 * (truth[rows] == 1).float().mean():.1f} %")


# ----------------------------------------------------------------- samples

MASK_VALUES = {"lesion": [0, 255, 128, 64], "clearing": [0, 128, 255], "gland": [0, 255]}


def volume_affine():
    return np.hstack([np.eye(3), np.full((3, 1), -(scenes.VOLUME - 1) / 2)])


def cases(args):
    """Of every phantom, from seeds [4, n]: scenes that no network has been trained or tested on.
    NAME-0001.png and NAME-0001.mask.png; lesions with a pen mark by chance."""
    os.makedirs(args.folder, exist_ok=True)
    for name in "lesion", "gland", "clearing", "tumour3d":
        for n in range(args.count):
            scene, _, truth = NETS[name]["draw"](np.random.default_rng([4, n]), n, "random")
            stem = os.path.join(args.folder, f"{name}-{n + 1:04d}")
            if name == "tumour3d":
                common.write_volume(stem + ".nii.gz", scene, volume_affine())
                common.write_volume(stem + ".mask.nii.gz", truth, volume_affine())
                continue
            mask = np.array(MASK_VALUES[name], np.uint8)[truth]
            Image.fromarray(scene).save(stem + ".png")
            Image.fromarray(mask).save(stem + ".mask.png", optimize=True)
    for n in range(args.count):
        scene, mask = two_features.scene(np.random.default_rng([4, n]))
        stem = os.path.join(args.folder, f"two-features-{n + 1:04d}")
        Image.fromarray(scene).save(stem + ".png")
        Image.fromarray(mask).save(stem + ".mask.png")


def samples(args):
    """By what they show, from a split of their own; no network is asked."""
    os.makedirs(args.out, exist_ok=True)

    def picture(name, pixels, truth):
        Image.fromarray(pixels).save(os.path.join(args.out, name + ".png"), optimize=True)
        Image.fromarray(truth).save(os.path.join(args.out, name + ".mask.png"), optimize=True)

    kinds = [("malignant", True, False, None), ("benign", False, True, None),
             ("both", True, True, None), ("malignant-marked", True, False, 1),
             ("benign-marked", False, True, 1)]
    for n, (name, spiculated, rim, mark) in enumerate(kinds):
        pixels, truth, ink = scenes.lesion(np.random.default_rng([9, n]), spiculated, rim, mark)
        mask = np.choose(np.where(ink, 3, truth), MASK_VALUES["lesion"]).astype(np.uint8)
        picture(f"lesion-{name}", pixels, mask)
    pixels, truth = scenes.clearing(np.random.default_rng([9, args.clearing]))
    picture("clearing", pixels, np.choose(truth, MASK_VALUES["clearing"]).astype(np.uint8))
    for kind in "tumour", "normal":
        for n in range(20, 1000):                           # the first with tumour in about half
            pixels, truth = scenes.gland(np.random.default_rng([9, n]), kind)
            if kind == "normal" or 0.4 < truth.mean() < 0.6:
                break
        picture(f"gland-{kind}", pixels, np.where(truth, 255, 0).astype(np.uint8))
    affine = volume_affine()
    known = {}
    for name, has in ("lesion", True), ("none", False):
        volume, truth, radius, centre = scenes.tumour3d(np.random.default_rng([9, 30]), has, 6.0,
                                                        (24.0, 17.0, 28.0))
        stem = os.path.join(args.out, f"tumour3d-{name}")
        common.write_volume(stem + ".nii.gz", volume, affine)
        common.write_volume(stem + ".mask.nii.gz", truth, affine)
        if has:
            known = {"radius_mm": radius, "voxel": [int(v) for v in centre[::-1]]}
    with open(os.path.join(args.out, "tumour3d-lesion.json"), "w") as f:
        f.write(json.dumps(known) + "\n")


def main():
    top = argparse.ArgumentParser(description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = top.add_subparsers(dest="command", required=True)
    for name, run in ("train", train), ("evaluate", evaluate), ("samples", samples):
        p = sub.add_parser(name)
        p.set_defaults(run=run)
        if run is samples:
            p.add_argument("--out", default=common.SAMPLES)
            p.add_argument("--clearing", type=int, default=10, help="which scene")
            continue
        p.add_argument("name", choices=list(NETS))
        p.add_argument("--out", default=HERE, help="folder of the networks")
        p.add_argument("--cache", help="folder where drawn scenes are kept")
        p.add_argument("--threads", type=int, default=1)
        p.add_argument("--seed", type=int, default=1)
        p.add_argument("--split", default="test", choices=list(SPLITS))
        p.add_argument("--count", type=int, default=400, help="scenes to evaluate on")
        p.add_argument("--checkpoint")
    p = sub.add_parser("cases")
    p.set_defaults(run=cases)
    p.add_argument("folder")
    p.add_argument("--count", type=int, default=24, help="scenes of each phantom")
    args = top.parse_args()
    if args.command == "train" and not args.checkpoint:
        args.checkpoint = f"/tmp/{args.name}.checkpoint"
    args.run(args)


if __name__ == "__main__":
    main()
