#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Wardrobe: a small multi-label network for scenes of one to four garments.

    train.py train     compose scenes, train, evaluate, write wardrobe.onnx
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
MEAN = [0.5, 0.5, 0.5]
STD = [0.25, 0.25, 0.25]
EXPLAIN = "block4.relu"      # last spatial tensor, 16 x 16 cells
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
        solid = (self.planes[:, 1, 2:30, 2:30] > 127).numpy()
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
        support = (value > 0.06).float()
        grown = F.max_pool2d(support, 3, 1, 1)
        closed = 1 - F.max_pool2d(1 - grown, 3, 1, 1)
        # A soft rim: the mean of the mask and its 3 x 3 average.
        alpha = 0.5 * closed + 0.5 * F.avg_pool2d(closed, 3, 1, 1)
        alpha = alpha * grown
        # Fashion-MNIST fades to black at the rim.  Carry the brightness of
        # the inside outwards, or every garment would wear a dark outline.
        bright = value
        inside = (value > 0.25).float()
        for _ in range(2):
            weight = F.avg_pool2d(inside, 3, 1, 1)
            mean = F.avg_pool2d(bright * inside, 3, 1, 1) / (weight + 1e-6)
            outside = (inside == 0) & (weight > 0) & (closed - F.avg_pool2d(
                closed, 3, 1, 1) != 0)
            bright = torch.where(outside, torch.maximum(mean, bright), bright)
            inside = torch.maximum(inside, outside.float())
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
        return 0.5 + 0.085 * weft + 0.085 * warp + \
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
        wave = u(4, 8)
        chips = soft_step(noise(gen, extent, scale, wave), 1.15, 0.05)
        dark = soft_step(noise(gen, extent, scale, wave * 0.8), 1.2, 0.05)
        return base + 0.28 * chips - 0.28 * dark * (1 - chips)
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

    PATCH = 88               # room for a 56-pixel garment, turned, and shadow

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
        size = rng.uniform(28, 56, (count, most))
        turn = np.radians(np.clip(rng.normal(0, 9, (count, most)), -25, 25))
        flip = np.where(rng.random((count, most)) < 0.5, -1.0, 1.0)
        # Corners of the garment's tight box, flipped and turned.
        e = self.garments.extent[images]
        cx = np.stack([e[..., 0], e[..., 2], e[..., 0], e[..., 2]], -1)
        cy = np.stack([e[..., 1], e[..., 1], e[..., 3], e[..., 3]], -1)
        cx = cx * flip[..., None]
        c, s = np.cos(turn)[..., None], np.sin(turn)[..., None]
        rx, ry = (c * cx - s * cy) * size[..., None], (s * cx + c * cy) * size[..., None]
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
        dyes = hsv_to_rgb(rng.random(shape), rng.uniform(0.05, 0.75, shape),
                          rng.uniform(0.45, 1.0, shape))
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
        rim = patch // 2
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
        unit = scale * 1.0
        corner = np.round(centre[at, slot] * unit).astype(int)
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
        alpha = ((cut[:, 1:] - 0.28) / 0.44).clamp_(0, 1)
        alpha = alpha * alpha * (3 - 2 * alpha)
        blur = 2 * int(2 * scale) + 1
        shade = F.avg_pool2d(F.avg_pool2d(alpha, blur, 1, blur // 2),
                             blur, 1, blur // 2)
        colour = tint[at, slot][:, :, None, None] * (0.26 + 0.74 * cut[:, :1])
        if scale > 1:
            # Cloth grain, too fine to survive at 128 pixels.
            grain = torch.randn(len(at), 1, patch, patch, generator=self.gen)
            grain = F.avg_pool2d(grain, (1, 3), 1, (0, 1)) \
                + F.avg_pool2d(grain, (3, 1), 1, (1, 0))
            colour = colour * (1 + 0.03 * grain)
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
            h, w = under.shape[1:]
            under *= 1 - strength[i] * shade[g, :, :h, :w]
            over = canvas[i, :, y:y + patch, x:x + patch]
            over += alpha[g] * (colour[g] - over)
            r, c = np.flatnonzero(rows[g]), np.flatnonzero(cols[g])
            if len(r) and len(c):
                boxes.append((i, classes[i, slot[g]], x - rim + c[0], y - rim + r[0],
                              c[-1] - c[0] + 1, r[-1] - r[0] + 1))
        scene = canvas[:, :, rim:rim + side, rim:rim + side]
        if self.augment:
            # Exposure, contrast and a little sensor noise.
            gain = 1 + 0.12 * torch.randn(count, 1, 1, 1, generator=self.gen)
            lift = 0.04 * torch.randn(count, 1, 1, 1, generator=self.gen)
            level = 0.02 * torch.rand(count, 1, 1, 1, generator=self.gen)
            scene = scene * gain + lift + level * torch.randn(
                scene.shape, generator=self.gen)
        scene = scene.clamp(0, 1)
        target = torch.zeros(count, 10)
        target[torch.from_numpy(at), torch.from_numpy(classes[at, slot])] = 1
        return scene, target, np.array(boxes, np.int64).reshape(-1, 6)
