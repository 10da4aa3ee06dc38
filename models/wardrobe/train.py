#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Wardrobe: a small multi-label network for scenes of one to four garments.

    train.py train     compose scenes, train, evaluate, write wardrobe.onnx
    train.py refine    go on with an exported file until the rate is zero
    train.py evaluate  run wardrobe.onnx on held-out scenes, print the figures
    train.py samples   write the sample pictures and their box annotations

Needs only Debian packages: python3-torch, python3-onnx, python3-numpy and
dataset-fashion-mnist.  README.md beside this file is the model card.
"""

import argparse
import gzip
import json
import math
import os
import platform
import struct
import sys
import time
import zlib

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
DATASET = "/usr/share/datasets/fashion-mnist"
LABELS = ["T-shirt", "trousers", "pullover", "dress", "coat",
          "sandal", "shirt", "sneaker", "bag", "ankle boot"]
SIDE = 128                   # the network sees SIDE x SIDE pixels
GARMENT = (36, 60)           # least and greatest size of a garment, in pixels of the scene
MEAN = [0.5, 0.5, 0.5]
STD = [0.25, 0.25, 0.25]
EXPLAIN = "block3.relu"      # last spatial tensor, 16 x 16 cells
VALIDATION = 5000            # training images kept apart for validation


# ---------------------------------------------------------------- garments

def read_idx(path):
    """One IDX file (the format of MNIST and Fashion-MNIST) as an array."""
    with gzip.open(path, "rb") as f:
        data = f.read()
    rank = data[3]
    shape = struct.unpack(">" + "I" * rank, data[4:4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


class Garments:
    """Fashion-MNIST images cut out of their black ground.

    Each image becomes two planes of 32 x 32: brightness and opacity.  The
    opacity is the closed support of the garment, so that small dark spots
    inside stay opaque while the gap under a bag's handle stays open; the same
    rule serves every class, so the cut-out tells nothing by itself.
    """

    def __init__(self, folder, split):
        stem = "t10k" if split == "test" else "train"
        images = read_idx(f"{folder}/{stem}-images-idx3-ubyte.gz")
        labels = read_idx(f"{folder}/{stem}-labels-idx1-ubyte.gz")
        if split == "validation":
            images, labels = images[-VALIDATION:], labels[-VALIDATION:]
        elif split == "train":
            images, labels = images[:-VALIDATION], labels[:-VALIDATION]
        self.labels = labels.astype(np.int64)
        planes = [self.cut_out(torch.from_numpy(images[i:i + 5000].copy()))
                  for i in range(0, len(images), 5000)]
        self.planes = torch.cat(planes)
        self.by_class = [np.flatnonzero(self.labels == c) for c in range(10)]
        # Tight extent of the opaque part in tile units, -0.5 .. 0.5.
        solid = (self.planes[:, 1, 2:30, 2:30] > 100).numpy()
        rows, cols = solid.any(2), solid.any(1)
        ok = rows.any(1)
        self.extent = np.stack([cols.argmax(1), rows.argmax(1),
                                28 - cols[:, ::-1].argmax(1),
                                28 - rows[:, ::-1].argmax(1)], 1) / 28 - 0.5
        # A handful of images are almost empty; they would be invisible.
        area = solid.sum((1, 2))
        self.by_class = [i[ok[i] & (area[i] > 40)] for i in self.by_class]

    @staticmethod
    def cut_out(images):
        value = F.pad(images.float()[:, None] / 255, (2, 2, 2, 2))

        def grow(mask):
            return F.max_pool2d(mask, 3, 1, 1)

        def shrink(mask):
            return 1 - F.max_pool2d(1 - mask, 3, 1, 1)

        soft = (value / 0.16).clamp(0, 1)
        support = shrink(grow((value > 0.08).float()))
        alpha = torch.maximum(soft, shrink(support))
        taps = torch.tensor([1.0, 2.0, 1.0]) / 4
        alpha = F.conv2d(alpha, (taps[:, None] * taps)[None, None], padding=1)
        # Fashion-MNIST fades to black at the rim.  Carry the brightness of
        # the inside outwards, or every garment would wear a dark outline.
        known = shrink(support)
        known = torch.where(known.sum((2, 3), keepdim=True) > 30, known, support)
        bright = value
        for _ in range(4):
            weight = F.avg_pool2d(known, 3, 1, 1)
            mean = F.avg_pool2d(bright * known, 3, 1, 1) / (weight + 1e-6)
            fresh = (known == 0) & (weight > 0)
            bright = torch.where(fresh, torch.maximum(value, 0.92 * mean), bright)
            known = torch.maximum(known, fresh.float())
        return (torch.cat([bright, alpha], 1) * 255).round().byte()

    def draw(self, rng, classes):
        """Indices of random images of the given classes."""
        pick = rng.random(classes.shape)
        out = np.empty(classes.shape, np.int64)
        for c in range(10):
            where = classes == c
            pool = self.by_class[c]
            out[where] = pool[(pick[where] * len(pool)).astype(np.int64)]
        return out


# ----------------------------------------------------------------- grounds
#
# A ground is a scalar field in 0..1 that is later mapped to a ramp between
# two colours.  Lengths are in pixels of the 128-pixel scene; `scale` pixels
# are computed for each, so the same ground can be drawn for a 512-pixel
# picture and for training.

def noise(gen, extent, scale, across, along=None):
    """Smooth noise, about unit variance, wavelength `across` (x) by `along` (y)."""
    along = along or across
    nx, ny = int(extent / across) + 4, int(extent / along) + 4
    grid = torch.randn(1, 1, ny, nx, generator=gen)
    n = int(round(extent * scale))
    xs = (torch.arange(n) + 0.5) / scale / across + 1.5
    ys = (torch.arange(n) + 0.5) / scale / along + 1.5
    gx = (2 * xs + 1) / nx - 1
    gy = (2 * ys + 1) / ny - 1
    where = torch.stack(torch.broadcast_tensors(gx[None, :], gy[:, None]), -1)
    return F.grid_sample(grid, where[None], mode="bicubic",
                         align_corners=False)[0, 0] * 1.4


def cloudy(gen, extent, scale, longest, shortest, gain=0.55):
    """Sum of octaves of noise from the longest to the shortest wavelength."""
    total, weight, norm = 0, 1.0, 0.0
    wave = longest
    while wave >= shortest:
        total = total + weight * noise(gen, extent, scale, wave)
        norm += weight * weight
        weight *= gain
        wave /= 2
    return total / math.sqrt(norm)


def soft_step(x, edge, width):
    return torch.sigmoid((x - edge) / width)


def ground_field(kind, rng, gen, extent, scale):
    n = int(round(extent * scale))
    axis = (torch.arange(n) + 0.5) / scale
    x, y = axis[None, :].expand(n, n), axis[:, None].expand(n, n)
    u = rng.uniform
    if kind == "boards":
        width, length = u(17, 32), u(90, 170)
        offset = u(0, width)
        row = torch.floor((y + offset) / width)
        tone = torch.randn(64, generator=gen)[row.long() % 64]
        shift = torch.rand(64, generator=gen)[row.long() % 64] * length
        part = torch.floor((x + shift) / length)
        tone = tone + 0.7 * torch.randn(4096, generator=gen)[
            (row * 7 + part * 131).long() % 4096]
        # The grain: rings cut at a flat angle, plus fine fibres.
        bend = noise(gen, extent, scale, 70, 9) + tone * 2
        ring = torch.sin((y / u(2.6, 4.5) + 1.3 * bend) * 2 * math.pi / 2)
        fibre = noise(gen, extent, scale, 26, 0.9)
        field = 0.52 + 0.07 * tone + 0.06 * ring + 0.045 * fibre
        d_row = torch.abs((y + offset) / width - row - 0.5) * -width + width / 2
        d_end = torch.abs((x + shift) / length - part - 0.5) * -length + length / 2
        gap = torch.minimum(d_row, d_end)
        return field * (0.45 + 0.55 * soft_step(gap, 0.55, 0.18))
    if kind == "linen":
        weft = noise(gen, extent, scale, 14, 0.8)
        warp = noise(gen, extent, scale, 0.8, 14)
        return 0.5 + 0.06 * weft + 0.06 * warp + \
            0.05 * cloudy(gen, extent, scale, 60, 15)
    if kind == "marble":
        wx = 9 * cloudy(gen, extent, scale, 45, 6)
        ridge = cloudy(gen, extent, scale, u(45, 75), 4)
        turn = u(0, math.pi)
        vein = torch.abs(torch.sin((x * math.cos(turn) + y * math.sin(turn)
                                    + 1.6 * wx) * math.pi / u(50, 90)
                                   + 0.8 * ridge))
        return 0.75 + 0.07 * cloudy(gen, extent, scale, 50, 3) \
            - u(0.25, 0.45) * torch.exp(-vein * u(7, 12))
    if kind == "tiles":
        size = u(22, 44)
        ox, oy = u(0, size), u(0, size)
        cx, cy = torch.floor((x + ox) / size), torch.floor((y + oy) / size)
        tone = torch.randn(4096, generator=gen)[(cx * 61 + cy * 17).long() % 4096]
        dx = size / 2 - torch.abs((x + ox) - (cx + 0.5) * size)
        dy = size / 2 - torch.abs((y + oy) - (cy + 0.5) * size)
        edge = torch.minimum(dx, dy)
        glaze = 0.58 + 0.05 * tone + 0.05 * cloudy(gen, extent, scale, 24, 2)
        glaze = glaze + 0.06 * torch.exp(-((edge - 1.8) / 0.8) ** 2)
        grout = u(0.2, 0.95)
        k = soft_step(edge, 0.8, 0.2)
        return grout * (1 - k) + glaze * k
    if kind == "plaster":
        return 0.5 + 0.11 * cloudy(gen, extent, scale, 50, 0.8, 0.6)
    if kind == "stripes":
        turn = rng.choice([0, math.pi / 2, u(0, math.pi)])
        wave = u(12, 40)
        s = torch.sin((x * math.cos(turn) + y * math.sin(turn))
                      * 2 * math.pi / wave + u(0, 6.3))
        weave = noise(gen, extent, scale, 5, 0.8) + noise(gen, extent, scale, 0.8, 5)
        return 0.5 + u(0.10, 0.26) * torch.tanh(s * u(2, 12)) + 0.035 * weave
    if kind == "gingham":
        wave = u(9, 22)
        turn = rng.choice([0, math.pi / 4])
        p = x * math.cos(turn) + y * math.sin(turn)
        q = y * math.cos(turn) - x * math.sin(turn)
        sx = torch.tanh(10 * torch.sin(p * math.pi / wave))
        sy = torch.tanh(10 * torch.sin(q * math.pi / wave))
        weave = noise(gen, extent, scale, 4, 0.8) + noise(gen, extent, scale, 0.8, 4)
        return 0.5 + u(0.07, 0.16) * (sx + sy) + 0.03 * weave
    if kind == "terrazzo":
        base = 0.55 + 0.05 * cloudy(gen, extent, scale, 40, 2)
        wave = u(3, 6)
        chips = soft_step(noise(gen, extent, scale, wave), 1.45, 0.06)
        dark = soft_step(noise(gen, extent, scale, wave * 0.8), 1.5, 0.06)
        return base + 0.2 * chips - 0.17 * dark * (1 - chips)
    raise ValueError(kind)


KINDS = ["boards", "linen", "marble", "tiles", "plaster", "stripes",
         "gingham", "terrazzo"]
# Usual hue, saturation and value of each kind: low and high ends.
PALETTE = {
    "boards":   [(0.05, 0.11), (0.30, 0.55), (0.45, 0.85)],
    "linen":    [(0.06, 0.65), (0.05, 0.25), (0.50, 0.90)],
    "marble":   [(0.05, 0.65), (0.02, 0.12), (0.70, 0.97)],
    "tiles":    [(0.02, 0.62), (0.10, 0.45), (0.45, 0.85)],
    "plaster":  [(0.04, 0.62), (0.08, 0.35), (0.50, 0.90)],
    "stripes":  [(0.00, 1.00), (0.10, 0.40), (0.50, 0.90)],
    "gingham":  [(0.00, 1.00), (0.15, 0.45), (0.60, 0.95)],
    "terrazzo": [(0.03, 0.60), (0.04, 0.25), (0.55, 0.90)],
}


class Grounds:
    """A bank of scalar fields, some wider than a scene so crops vary."""

    def __init__(self, seed, count, scale=1, extent=176):
        rng = np.random.default_rng(seed)
        gen = torch.Generator().manual_seed(seed)
        # Fields for training are drawn twice as fine and averaged, as a
        # picture brought down to 128 pixels would be.
        over = 2 if scale == 1 else 1
        self.kinds, fields = [], []
        for i in range(count):
            kind = KINDS[i % len(KINDS)]
            field = ground_field(kind, rng, gen, extent, scale * over)
            if rng.random() < 0.5:
                field = field.t()
            if over > 1:
                field = F.avg_pool2d(field[None, None], over)[0, 0]
            fields.append((field.clamp(0, 1) * 255).round().byte())
            self.kinds.append(kind)
        self.fields = torch.stack(fields)


def hsv_to_rgb(h, s, v):
    k = (np.array([5.0, 3.0, 1.0]) + h[..., None] * 6) % 6
    f = np.clip(np.minimum(k, 4 - k), 0, 1)
    return v[..., None] * (1 - s[..., None] * f)


# ------------------------------------------------------------------ scenes

class Composer:
    """Draws batches of scenes: ground, light, soft shadows, garments.

    All randomness comes from the seed.  `canvas` is the scene's side in
    128-scale pixels, `scale` the pixels drawn per unit of that.
    """

    PATCH = 92               # room for a garment of the greatest size, turned, and shadow

    def __init__(self, garments, grounds, seed, scale=1, canvas=SIDE,
                 most=4, augment=False):
        self.garments, self.grounds = garments, grounds
        self.rng = np.random.default_rng(seed)
        self.gen = torch.Generator().manual_seed(seed)
        self.scale, self.canvas, self.most = scale, canvas, most
        self.augment = augment

    def layout(self, count):
        """Choose garments and places; candidates that overlap are refused."""
        rng, most, tries = self.rng, self.most, 24
        wanted = rng.integers(1, most + 1, count)
        classes = rng.integers(0, 10, (count, most))
        images = self.garments.draw(rng, classes)
        size = rng.uniform(*GARMENT, (count, most))
        turn = np.radians(np.clip(rng.normal(0, 9, (count, most)), -25, 25))
        flip = np.where(rng.random((count, most)) < 0.5, -1.0, 1.0)
        # Corners of the garment's tight box, flipped and turned.
        e = self.garments.extent[images]
        cx = np.stack([e[..., 0], e[..., 2], e[..., 0], e[..., 2]], -1)
        cy = np.stack([e[..., 1], e[..., 1], e[..., 3], e[..., 3]], -1)
        cx = cx * flip[..., None]
        c, s = np.cos(turn)[..., None], np.sin(turn)[..., None]
        rx = (c * cx - s * cy) * size[..., None]
        ry = (s * cx + c * cy) * size[..., None]
        low = np.stack([rx.min(-1), ry.min(-1)], -1)
        high = np.stack([rx.max(-1), ry.max(-1)], -1)
        centre = np.zeros((count, most, 2))
        used = np.zeros((count, most), bool)
        room = (high - low) / 2 + 1.5
        for k in range(most):
            # A candidate is the middle of the tight box, fully inside.
            span = np.maximum(self.canvas - 2 * room[:, k], 0)
            mid = room[:, k, None] + span[:, None] * rng.random((count, tries, 2))
            place = mid - ((low + high) / 2)[:, k, None]
            a0 = place + low[:, k, None]
            a1 = place + high[:, k, None]
            fine = np.ones((count, tries), bool)
            for j in range(k):
                b0 = (centre + low)[:, j, None]
                b1 = (centre + high)[:, j, None]
                common = np.clip(np.minimum(a1, b1) - np.maximum(a0, b0) + 2, 0, None)
                fine &= (common.prod(-1) == 0) | ~used[:, j, None]
            first = fine.argmax(1)
            used[:, k] = fine.any(1) & (k < wanted)
            centre[:, k] = place[np.arange(count), first]
        return classes, images, size, turn, flip, centre, used

    def colours(self, kinds):
        """Two colours for each ground and a tint for each garment."""
        rng, count = self.rng, len(kinds)
        usual = np.array([PALETTE[k] for k in kinds])
        wide = np.array([(0.0, 1.0), (0.05, 0.55), (0.35, 0.95)])
        ends = np.where((rng.random(count) < 0.6)[:, None, None], usual, wide)
        h, s, v = (ends[:, i, 0] + (ends[:, i, 1] - ends[:, i, 0])
                   * rng.random(count) for i in range(3))
        turn = rng.normal(0, 0.02, count)
        dark = hsv_to_rgb((h + turn) % 1, np.clip(s * 1.25, 0, 1), v * 0.42)
        light = hsv_to_rgb((h - turn) % 1, s * 0.6, np.minimum(v * 1.22, 1.0))
        mean = (dark + light) / 2
        # Of four random dyes take the one that stands out best.
        shape = (count, self.most, 4)
        value = rng.uniform(0.45, 1.0, shape)
        dyes = hsv_to_rgb(rng.random(shape), rng.uniform(0.05, 0.85, shape)
                          * (1.25 - 0.6 * value), value)
        apart = np.abs(dyes * 0.75 - mean[:, None, None]).sum(-1)
        best = apart.argmax(-1)
        tint = np.take_along_axis(dyes, best[..., None, None], 2)[:, :, 0]
        return dark, light, tint

    def batch(self, count):
        """Scenes as float [N,3,S,S] in 0..1, labels [N,10] and boxes.

        Boxes are (scene, class, x, y, w, h) rows in pixels of the scene.
        """
        rng, scale, side = self.rng, self.scale, self.canvas * self.scale
        pick = rng.integers(0, len(self.grounds.fields), count)
        self.last_kinds = [self.grounds.kinds[i] for i in pick]
        classes, images, size, turn, flip, centre, used = self.layout(count)
        dark, light, tint = (torch.from_numpy(a).float()
                             for a in self.colours(self.last_kinds))

        # Ground: a crop, perhaps mirrored, on the ramp, under slanted light.
        patch = self.PATCH * scale
        # Room round the scene, for a garment may lie far off its tile's centre.
        spread = 16 * scale
        rim = patch // 2 + spread
        field = torch.empty(count, 1, side, side)
        spare = self.grounds.fields.shape[1] - side
        for i, (y, x) in enumerate(rng.integers(0, spare + 1, (count, 2))):
            crop = self.grounds.fields[pick[i], y:y + side, x:x + side]
            dims = [d for d in (0, 1) if rng.random() < 0.5]
            field[i, 0] = crop.flip(dims) if dims else crop
        field /= 255
        scene = dark[:, :, None, None] + field * (light - dark)[:, :, None, None]
        ramp = torch.linspace(-1, 1, side)
        slope = torch.from_numpy(rng.uniform(-0.13, 0.13, (count, 2))).float()
        scene *= 1 + slope[:, 0, None, None, None] * ramp[None, None, None, :] \
            + slope[:, 1, None, None, None] * ramp[None, None, :, None]
        canvas = F.pad(scene, (rim,) * 4)

        # Garments: every patch of the batch in one call, then pasted.
        at, slot = np.nonzero(used)
        size, turn, flip = size[at, slot], turn[at, slot], flip[at, slot]
        corner = np.round(centre[at, slot] * scale).astype(int) + spread
        # Patch coordinates (-1..1) to source coordinates (-1..1 over 32 px).
        zoom = self.PATCH / (size * 32 / 28)
        theta = np.zeros((len(at), 2, 3))
        theta[:, 0, 0] = flip * zoom * np.cos(turn)
        theta[:, 0, 1] = flip * zoom * np.sin(turn)
        theta[:, 1, 0] = -zoom * np.sin(turn)
        theta[:, 1, 1] = zoom * np.cos(turn)
        where = F.affine_grid(torch.from_numpy(theta).float(),
                              (len(at), 2, patch, patch), align_corners=False)
        source = self.garments.planes[torch.from_numpy(images[at, slot])]
        cut = F.grid_sample(source.float() / 255, where, mode="bicubic",
                            align_corners=False).clamp_(0, 1)
        # A crisp rim: steepen the interpolated opacity.
        alpha = ((cut[:, 1:] - 0.26) / 0.40).clamp_(0, 1)
        alpha = alpha * alpha * (3 - 2 * alpha)
        blur = 2 * int(2 * scale) + 1
        shade = alpha
        for window in ((1, blur), (blur, 1)) * 2:
            shade = F.avg_pool2d(shade, window, 1,
                                 (window[0] // 2, window[1] // 2))
        colour = tint[at, slot][:, :, None, None] * (0.28 + 0.72 * cut[:, :1])
        if scale > 1:
            # Cloth grain, too fine to survive at 128 pixels.
            grain = torch.randn(len(at), 1, patch, patch, generator=self.gen)
            grain = F.avg_pool2d(grain, (1, 3), 1, (0, 1)) \
                + F.avg_pool2d(grain, (3, 1), 1, (1, 0))
            colour = colour * (1 + 0.016 * grain)
        colour = colour.clamp_(0, 1)

        strength = rng.uniform(0.35, 0.6, count)
        drop = np.round(rng.uniform(1.0, 2.6, (count, 2)) * scale).astype(int)
        boxes = []
        rows, cols = (alpha[:, 0] > 0.5).any(2), (alpha[:, 0] > 0.5).any(1)
        rows, cols = rows.numpy(), cols.numpy()
        for g in range(len(at)):
            i, (x, y) = at[g], corner[g]
            dx, dy = drop[i]
            under = canvas[i, :, y + dy:y + dy + patch, x + dx:x + dx + patch]
            under *= 1 - strength[i] * shade[g]
            over = canvas[i, :, y:y + patch, x:x + patch]
            over += alpha[g] * (colour[g] - over)
            r, c = np.flatnonzero(rows[g]), np.flatnonzero(cols[g])
            if len(r) and len(c):
                boxes.append((i, classes[i, slot[g]], x - rim + c[0], y - rim + r[0],
                              c[-1] - c[0] + 1, r[-1] - r[0] + 1))
        scene = canvas[:, :, rim:rim + side, rim:rim + side]
        if self.augment:
            # Softness as resizing leaves it, exposure, a little sensor noise.
            soft = torch.rand(count, 1, 1, 1, generator=self.gen) - 0.3
            blurred = F.avg_pool2d(F.pad(scene, (1, 1, 1, 1), "replicate"), 2, 1)
            blurred = F.avg_pool2d(blurred, 2, 1)
            scene = scene + soft.clamp(min=0) * (blurred - scene)
            gain = 1 + 0.12 * torch.randn(count, 1, 1, 1, generator=self.gen)
            lift = 0.04 * torch.randn(count, 1, 1, 1, generator=self.gen)
            level = 0.02 * torch.rand(count, 1, 1, 1, generator=self.gen)
            scene = scene * gain + lift + level * torch.randn(
                scene.shape, generator=self.gen)
        scene = scene.clamp(0, 1)
        target = torch.zeros(count, 10)
        target[torch.from_numpy(at), torch.from_numpy(classes[at, slot])] = 1
        return scene, target, np.array(boxes, np.int64).reshape(-1, 6)


# ----------------------------------------------------------------- network

class Block(nn.Module):
    """Two 3 x 3 convolutions with BatchNorm and a shortcut."""

    def __init__(self, inside, outside, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.skip = None
        if stride != 1 or inside != outside:
            self.skip = nn.Conv2d(inside, outside, 1, stride, 0, bias=False)
            self.bn_skip = nn.BatchNorm2d(outside)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (self.bn_skip(self.skip(x)) if self.skip else x))


class Wardrobe(nn.Module):
    """Stem, three residual blocks, the maximum over all places, one layer.

    The answer "is there a bag?" should not depend on how large the bag is or
    what else lies around, so the pool is a maximum and not a mean.  For
    Grad-CAM this changes nothing but a factor: the slope of a logit to the
    mean of a channel is the head's weight either way.
    """

    def __init__(self, widths=(24, 48, 80)):
        super().__init__()
        a, b, c = widths
        self.stem = nn.Conv2d(3, a, 5, 2, 2, bias=False)
        self.bn = nn.BatchNorm2d(a)
        self.block1 = Block(a, b, 2)
        self.block2 = Block(b, c, 2)
        self.block3 = Block(c, c, 1)
        self.head = nn.Linear(c, len(LABELS))

    def forward(self, x):
        x = F.relu(self.bn(self.stem(x)))
        x = self.block3(self.block2(self.block1(x)))
        return self.head(x.amax((2, 3)))


def normalise(x):
    """Pixels in 0..1 to network input; the recipe in the file says the same."""
    mean = torch.tensor(MEAN)[:, None, None]
    std = torch.tensor(STD)[:, None, None]
    return (x - mean) / std


def average_precision(score, truth):
    """Area under the precision-recall steps, one class."""
    order = np.argsort(-score, kind="stable")
    hit = truth[order] > 0
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    return float(precision[hit].mean())


def quick_check(net, composer, count):
    """Average precision of each class; `net` maps images to logits."""
    scores, truth = [], []
    with torch.no_grad():
        for _ in range(0, count, 100):
            x, y, _ = composer.batch(100)
            x = normalise(x).contiguous(memory_format=torch.channels_last)
            scores.append(net(x).numpy())
            truth.append(y.numpy())
    scores, truth = np.concatenate(scores), np.concatenate(truth)
    return [average_precision(scores[:, c], truth[:, c]) for c in range(10)]


def train(args):
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    started = time.time()

    def say(*what):
        print(f"{time.time() - started:7.0f} s ", *what, flush=True)

    fit, held = (Garments(args.dataset, s) for s in ("train", "validation"))
    grounds = Grounds(args.seed, args.grounds)
    # Other grounds, other garments; the validation scenes steer no gradient.
    check_grounds = Grounds(args.seed + 1, 96)
    say("data ready:", len(fit.labels), "garments,", args.grounds, "grounds")

    net = Wardrobe().to(memory_format=torch.channels_last)
    kept = Wardrobe().to(memory_format=torch.channels_last)
    kept.load_state_dict(net.state_dict())
    total = args.steps1 + args.steps2
    optim = torch.optim.AdamW(net.parameters(), lr=args.rate,
                              weight_decay=args.decay)

    def rate(step):
        return min(1, (step + 1) / 200) * \
            (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / total)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optim, rate)
    # First single garments on small canvases (cheap), then whole scenes.
    single = Composer(fit, grounds, args.seed + 2, canvas=SIDE // 2, most=1,
                      augment=True)
    scenes = Composer(fit, grounds, args.seed + 3, augment=True)
    running = 0.0
    for step in range(total):
        x, y, _ = (single.batch(2 * args.batch) if step < args.steps1
                   else scenes.batch(args.batch))
        x = normalise(x).contiguous(memory_format=torch.channels_last)
        loss = F.binary_cross_entropy_with_logits(net(x), y)
        optim.zero_grad(set_to_none=True)
        loss.backward()
        optim.step()
        schedule.step()
        # Averaged weights generalise better than the last ones.
        blend = 1 - min(0.999, (step + 1) / (step + 20))
        with torch.no_grad():
            for k, v in zip(kept.state_dict().values(), net.state_dict().values()):
                if k.dtype.is_floating_point:
                    k += blend * (v - k)
                else:
                    k.copy_(v)
        running += 0.02 * (loss.item() - running) if running else loss.item()
        if (step + 1) % args.report == 0 or step + 1 == total:
            ap = quick_check(kept.eval(), Composer(held, check_grounds, 9), 1000)
            say(f"step {step + 1}  loss {running:.4f}  validation mAP "
                f"{np.mean(ap):.4f}  shirt {ap[6]:.3f}")
            export(kept, args.model, note(args, step + 1))
        if step + 1 == args.stop:
            break
    check_export(kept, args.model)
    say("written:", args.model, os.path.getsize(args.model), "bytes")


# ------------------------------------------------------------------ export

def folded(conv, bn):
    """Weights of a convolution with its BatchNorm multiplied in."""
    gain = bn.weight / torch.sqrt(bn.running_var + bn.eps)
    return conv.weight * gain[:, None, None, None], bn.bias - bn.running_mean * gain


def describe(model):
    """Stores in the file how to use it: the only place where this is written."""
    recipe = {"version": 1, "task": "multi-label", "layer": EXPLAIN,
              "size": [SIDE, SIDE], "resize": "stretch",
              "filter": "bilinear", "crop": "none", "channels": "RGB",
              "scale": 255, "mean": MEAN, "std": STD}
    helper.set_model_props(model, {
        "whylight.recipe": json.dumps(recipe),
        "whylight.labels": json.dumps(LABELS),
        "license": "Apache-2.0"})


def export(net, path, note):
    """Write the network as ONNX with names one can read.

    The graph is written out by hand: the exporter of PyTorch names tensors by
    number, and these names are shown to people.
    """
    nodes, weights = [], []

    def constant(name, value):
        value = value.detach().contiguous().numpy().astype(np.float32)
        weights.append(numpy_helper.from_array(value, name))
        return name

    def conv(name, source, layer, bn):
        w, b = folded(layer, bn)
        nodes.append(helper.make_node(
            "Conv",
            [source, constant(name + ".weight", w), constant(name + ".bias", b)],
            [name], name=name, kernel_shape=list(layer.kernel_size),
            strides=list(layer.stride), pads=list(layer.padding) * 2))
        return name

    def simple(op, name, *source, **attributes):
        nodes.append(helper.make_node(op, list(source), [name], name=name,
                                      **attributes))
        return name

    x = simple("Relu", "stem.relu", conv("stem.conv", "image", net.stem, net.bn))
    for tag in ("block1", "block2", "block3"):
        block = getattr(net, tag)
        y = conv(tag + ".conv1", x, block.conv1, block.bn1)
        y = simple("Relu", tag + ".relu1", y)
        y = conv(tag + ".conv2", y, block.conv2, block.bn2)
        if block.skip:
            x = conv(tag + ".skip", x, block.skip, block.bn_skip)
        x = simple("Relu", tag + ".relu", simple("Add", tag + ".add", y, x))
    cells = SIDE // 8
    x = simple("MaxPool", "pool", x, kernel_shape=[cells, cells],
               strides=[cells, cells])
    x = simple("Flatten", "flat", x, axis=1)
    simple("Gemm", "logits", x, constant("head.weight", net.head.weight),
           constant("head.bias", net.head.bias), transB=1)

    graph = helper.make_graph(
        nodes, "wardrobe",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT,
                                       ["N", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT,
                                       ["N", len(LABELS)])], weights)
    model = helper.make_model(
        graph, producer_name="whylight models/wardrobe/train.py",
        opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7             # the version that came with opset 13
    model.doc_string = note
    describe(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def note(args, steps):
    return ("Which of ten kinds of garment are in a scene; multi-label logits. "
            "Trained from nothing on scenes composed from Fashion-MNIST "
            "(MIT, Zalando SE) by models/wardrobe/train.py, "
            f"seed {args.seed}, {steps} steps; {versions()}.")


def check_export(net, path):
    """The file must give what the network gives."""
    x = normalise(torch.rand(4, 3, SIDE, SIDE,
                             generator=torch.Generator().manual_seed(0)))
    with torch.no_grad():
        apart = (net.eval()(x) - run_graph(onnx.load(path), x)[0]).abs().max().item()
    print(f"largest difference between network and file: {apart:.2e}")
    if apart > 1e-3:
        raise RuntimeError("the exported file differs from the network")


def weights_of(model):
    return {w.name: torch.from_numpy(numpy_helper.to_array(w).copy())
            for w in model.graph.initializer}


def run_graph(model, image, watch=None, weights=None):
    """Run the ONNX file node by node; `watch` becomes a leaf with gradient."""
    value = dict(weights or weights_of(model), image=image)
    for node in model.graph.node:
        a = {t.name: helper.get_attribute_value(t) for t in node.attribute}
        i = [value[n] for n in node.input]
        if node.op_type == "Conv":
            out = F.conv2d(i[0], i[1], i[2], a["strides"], a["pads"][:2])
        elif node.op_type == "Relu":
            out = F.relu(i[0])
        elif node.op_type == "Add":
            out = i[0] + i[1]
        elif node.op_type == "MaxPool":
            out = F.max_pool2d(i[0], a["kernel_shape"], a["strides"])
        elif node.op_type == "Flatten":
            out = i[0].flatten(a["axis"])
        elif node.op_type == "Gemm":
            out = i[0] @ i[1].t() + i[2]
        else:
            raise ValueError("operator not expected: " + node.op_type)
        name = node.output[0]
        if name == watch:
            out = out.detach().requires_grad_()
        value[name] = out
    return value["logits"], value.get(watch)


def grad_cam(logits, layer, wanted):
    """Grad-CAM maps [N,S,S] for one class of each image."""
    chosen = logits[torch.arange(len(logits)), wanted].sum()
    slope, = torch.autograd.grad(chosen, layer, retain_graph=True)
    weight = slope.mean((2, 3), keepdim=True)
    small = F.relu((weight * layer).sum(1, keepdim=True)).detach()
    return F.interpolate(small, (SIDE, SIDE), mode="bilinear",
                         align_corners=False)[:, 0]


def refine(args):
    """Settle an exported network: whole scenes, learning rate falling to zero.

    BatchNorm is folded by now, so the statistics are fixed and the graph of
    the file itself is trained.
    """
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    started = time.time()
    model = onnx.load(args.model)
    fit, held = (Garments(args.dataset, s) for s in ("train", "validation"))
    scenes = Composer(fit, Grounds(args.seed, args.grounds), args.seed + 1,
                      augment=True)
    check_grounds = Grounds(2, 96)
    weights = {k: (w.contiguous(memory_format=torch.channels_last)
                   if w.dim() == 4 else w).requires_grad_()
               for k, w in weights_of(model).items()}
    optim = torch.optim.Adam(weights.values(), lr=args.rate)
    running = 0.0
    for step in range(args.steps):
        for group in optim.param_groups:
            group["lr"] = args.rate * min(1, (step + 1) / 20) \
                * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        x, y, _ = scenes.batch(args.batch)
        x = normalise(x).contiguous(memory_format=torch.channels_last)
        logits, _ = run_graph(model, x, weights=weights)
        loss = F.binary_cross_entropy_with_logits(logits, y)
        optim.zero_grad(set_to_none=True)
        loss.backward()
        optim.step()
        running += 0.02 * (loss.item() - running) if running else loss.item()
        if (step + 1) % args.report == 0 or step + 1 == args.steps:
            ap = quick_check(lambda v: run_graph(model, v, weights=weights)[0],
                             Composer(held, check_grounds, 9), 1000)
            print(f"{time.time() - started:7.0f} s  step {step + 1}  loss "
                  f"{running:.4f}  validation mAP {np.mean(ap):.4f}  "
                  f"shirt {ap[6]:.3f}", flush=True)
    for w in model.graph.initializer:
        value = weights[w.name].detach().contiguous().numpy()
        w.CopyFrom(numpy_helper.from_array(value, w.name))
    describe(model)
    model.doc_string += f" Refined: seed {args.seed}, {args.steps} steps."
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, args.out)


# -------------------------------------------------------------- evaluation

def shrink(picture, how):
    """A scene drawn at 512 pixels brought to the network's 128."""
    return F.interpolate(picture, (SIDE, SIDE), mode="bilinear",
                         align_corners=False, antialias=(how == "antialiased"))


def measure(model, composer, count, ways):
    """Scores, truth and Grad-CAM peaks of `count` scenes.

    Each scene is judged once for every way of bringing it to 128 pixels.
    """
    found = {w: {"score": [], "pairs": []} for w in ways}
    truth = []
    step = 20
    for first in range(0, count, step):
        picture, target, boxes = composer.batch(min(step, count - first))
        truth.append(target.numpy())
        boxes = boxes.astype(float)
        boxes[:, 2:] /= composer.scale
        for way in ways:
            small = picture if way == "direct" else shrink(picture, way)
            # A picture file holds whole numbers.
            small = (small * 255).round() / 255
            logits, layer = run_graph(model, normalise(small), EXPLAIN)
            score = logits.detach().numpy()
            found[way]["score"].append(score)
            for c in range(10):
                maps = grad_cam(logits, layer,
                                torch.full((len(small),), c)).numpy()
                for i in np.flatnonzero(target[:, c].numpy()):
                    y, x = np.unravel_index(maps[i].argmax(), maps[i].shape)
                    own = boxes[(boxes[:, 0] == i) & (boxes[:, 1] == c)][:, 2:]
                    inside = maps[i].max() > 0 and any(
                        bx <= x + 0.5 < bx + w and by <= y + 0.5 < by + h
                        for bx, by, w, h in own)
                    share = (own[:, 2] * own[:, 3]).sum() / SIDE ** 2
                    found[way]["pairs"].append(
                        (c, inside, score[i, c] > 0, target[i].sum() > 1, share))
    truth = np.concatenate(truth)
    for f in found.values():
        f["score"] = np.concatenate(f["score"])
        f["pairs"] = np.array(f["pairs"], float)
    return truth, found


def figures(truth, score, pairs, detail):
    ap = [average_precision(score[:, c], truth[:, c]) for c in range(10)]
    said = score > 0
    hits = (said & (truth > 0)).sum(0)
    precision = hits / np.maximum(said.sum(0), 1)
    recall = hits / truth.sum(0)
    if detail:
        print("| class | scenes with it | average precision | precision at 0 "
              "| recall at 0 | peak in box |")
        print("|---|---:|---:|---:|---:|---:|")
        for c, name in enumerate(LABELS):
            mine = pairs[pairs[:, 0] == c]
            print(f"| {name} | {int(truth[:, c].sum())} | {ap[c]:.3f} "
                  f"| {precision[c]:.3f} | {recall[c]:.3f} "
                  f"| {100 * mine[:, 1].mean():.1f} % |")
    many, sure = pairs[:, 3] > 0, pairs[:, 2] > 0
    print(f"scenes: {len(truth)}   mean average precision: {np.mean(ap):.4f}")
    print(f"all ten answers right (logit > 0): "
          f"{100 * (said == (truth > 0)).all(1).mean():.1f} % of scenes")
    print(f"Grad-CAM peak in a box of the class: {100 * pairs[:, 1].mean():.2f} % "
          f"of {len(pairs)} pairs (a random point: {100 * pairs[:, 4].mean():.1f} %)")
    print(f"  in scenes with two or more classes: {100 * pairs[many, 1].mean():.2f} % "
          f"of {many.sum()} pairs")
    print(f"  where the class was recognised (logit > 0): "
          f"{100 * pairs[sure, 1].mean():.2f} % of {sure.sum()} pairs")


def versions():
    return (f"Python {platform.python_version()}, torch {torch.__version__}, "
            f"onnx {onnx.__version__}, numpy {np.__version__}")


def evaluate(args):
    torch.set_num_threads(args.threads)
    model = onnx.load(args.model)
    held = Garments(args.dataset, "test")
    print(f"{versions()}; seed {args.seed}")
    # Drawn at 512 pixels like the samples, then brought down by the recipe.
    composer = Composer(held, Grounds(args.seed, 96, 4, 160), args.seed + 1, 4)
    ways = ["bilinear", "antialiased"]
    truth, found = measure(model, composer, args.scenes, ways)
    print("\nDrawn at 512 pixels, resized to 128 (bilinear, half-pixel centres):")
    figures(truth, found["bilinear"]["score"], found["bilinear"]["pairs"], True)
    print("\nThe same scenes, resized with antialiasing:")
    figures(truth, found["antialiased"]["score"], found["antialiased"]["pairs"], False)
    composer = Composer(held, Grounds(args.seed + 2, 192), args.seed + 3)
    truth, found = measure(model, composer, args.scenes, ["direct"])
    print("\nOther scenes, drawn at 128 pixels as in training:")
    figures(truth, found["direct"]["score"], found["direct"]["pairs"], False)


# ----------------------------------------------------------------- samples

def write_png(path, pixels):
    """An 8-bit RGB PNG; each row takes the filter with the least residue."""
    height, width, _ = pixels.shape
    now = pixels.reshape(height, -1).astype(np.int16)
    left = np.pad(now, ((0, 0), (3, 0)))[:, :-3]
    up = np.pad(now, ((1, 0), (0, 0)))[:-1]
    corner = np.pad(up, ((0, 0), (3, 0)))[:, :-3]
    guess = left + up - corner
    a, b, c = (np.abs(guess - v) for v in (left, up, corner))
    paeth = np.where((a <= b) & (a <= c), left, np.where(b <= c, up, corner))
    kinds = [now, now - left, now - up, now - (left + up) // 2, now - paeth]
    kinds = np.stack([k.astype(np.uint8) for k in kinds])
    best = np.abs(kinds.astype(np.int8).astype(int)).sum(2).argmin(0)
    raw = b"".join(bytes([best[y]]) + kinds[best[y], y].tobytes()
                   for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + \
            struct.pack(">I", zlib.crc32(kind + data))

    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n"
                + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def samples(args):
    """Six held-out scenes, chosen by what they hold and in the order drawn.

    The first is the first scene drawn with a bag and four different garments;
    each of the others is the next scene with two or more garments on a kind of
    ground not shown yet.  No network is asked.
    """
    torch.set_num_threads(args.threads)
    held = Garments(args.dataset, "test")
    composer = Composer(held, Grounds(args.seed, 96, 4, 160), args.seed + 1, 4)
    os.makedirs(args.out, exist_ok=True)
    shown, drawn = [], 0
    while len(shown) < args.count:
        picture, target, boxes = composer.batch(1)
        drawn += 1
        kind = composer.last_kinds[0]
        if kind in shown or len(boxes) < 2:
            continue
        if not shown and (not target[0, 8] or target.sum() < 4):
            continue
        shown.append(kind)
        name = f"wardrobe-{len(shown)}"
        pixels = (picture[0].permute(1, 2, 0) * 255).round().byte().numpy()
        write_png(f"{args.out}/{name}.png", pixels)
        rows = ",\n".join("  " + json.dumps({"label": LABELS[c], "class": int(c),
                                             "box": [int(v) for v in box]})
                          for _, c, *box in boxes)
        with open(f"{args.out}/{name}.json", "w") as f:
            f.write(f'{{"image": "{name}.png", "size": [{pixels.shape[1]}, '
                    f'{pixels.shape[0]}], "boxes": [\n{rows}\n]}}\n')
        print(name, "scene", drawn, kind, [LABELS[c] for c in boxes[:, 1]])


def average(args):
    """The mean of the weights of several networks of one training.

    Stochastic weight averaging (Izmailov et al., 2018): the end points of several
    falling learning rates lie around a flatter place than any of them.
    """
    models = [onnx.load(path) for path in args.models]
    named = [weights_of(model) for model in models]
    mean = models[0]
    for w in mean.graph.initializer:
        value = sum(weights[w.name].double() for weights in named) / len(named)
        w.CopyFrom(numpy_helper.from_array(value.float().numpy(), w.name))
    describe(mean)
    mean.doc_string = (models[-1].doc_string +
                       f" Mean of the last {len(models)} networks.")
    torch.set_num_threads(args.threads)
    held = Garments(args.dataset, "validation")
    ap = quick_check(lambda v: run_graph(mean, v, weights=weights_of(mean))[0],
                     Composer(held, Grounds(2, 96), 9), 1000)
    print(f"validation mAP {np.mean(ap):.4f}")
    onnx.save(mean, args.out)


def main():
    top = argparse.ArgumentParser(description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = top.add_subparsers(dest="command", required=True)

    def command(name, run, help, seed):
        p = sub.add_parser(name, help=help)
        p.set_defaults(run=run)
        p.add_argument("--dataset", default=DATASET, help="folder of Fashion-MNIST")
        p.add_argument("--threads", type=int, default=2)
        p.add_argument("--seed", type=int, default=seed)
        return p

    p = command("train", train, "train and write the ONNX file", 1)
    p.add_argument("--model", default=os.path.join(HERE, "wardrobe.onnx"))
    p.add_argument("--steps1", type=int, default=6000,
                   help="steps on single garments, 64 x 64")
    p.add_argument("--steps2", type=int, default=4600,
                   help="steps on whole scenes, 128 x 128")
    p.add_argument("--stop", type=int, default=0,
                   help="end at this step of the schedule (0: run all of it)")
    p.add_argument("--batch", type=int, default=64,
                   help="scenes in a step (twice as many single garments)")
    p.add_argument("--rate", type=float, default=3e-3)
    p.add_argument("--decay", type=float, default=0.03)
    p.add_argument("--grounds", type=int, default=800)
    p.add_argument("--report", type=int, default=400)

    p = command("refine", refine, "settle an exported network", 50)
    p.add_argument("--model", default=os.path.join(HERE, "wardrobe.onnx"))
    p.add_argument("--out", default=os.path.join(HERE, "wardrobe.onnx"))
    p.add_argument("--steps", type=int, default=600)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--rate", type=float, default=6e-4)
    p.add_argument("--grounds", type=int, default=400)
    p.add_argument("--report", type=int, default=100)

    p = command("average", average, "average the weights of networks", 0)
    p.add_argument("models", nargs="+", metavar="MODEL.onnx")
    p.add_argument("--out", default=os.path.join(HERE, "wardrobe.onnx"))

    p = command("evaluate", evaluate, "print the figures of the model card", 1000)
    p.add_argument("--model", default=os.path.join(HERE, "wardrobe.onnx"))
    p.add_argument("--scenes", type=int, default=2000)

    p = command("samples", samples, "write sample pictures", 2000)
    p.add_argument("--out", default=os.path.join(HERE, "..", "..", "data", "samples"))
    p.add_argument("--count", type=int, default=6)

    args = top.parse_args()
    args.run(args)


if __name__ == "__main__":
    sys.exit(main())
