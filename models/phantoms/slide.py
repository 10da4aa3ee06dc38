#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A whole slide whose tumour is known: 40,960 x 30,720 pixels as a pyramidal TIFF.

    slide.py SLIDE.tiff                      writes SLIDE.tiff and SLIDE.geojson with the outlines
    slide.py SLIDE.tiff --fields FIELDS.csv  compares a survey of it with these outlines

0.5 micrometres a pixel (20x).  Two pieces of tissue with normal glands, seven nests of
tumour, a stroke of a pen around healthy tissue.  The slide is composed band after band
and handed to the program `vips` (package libvips-tools), which writes tiles and levels.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import time

import cairo
import numpy as np
from PIL import Image, ImageDraw

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import scenes

WIDTH, HEIGHT = 40960, 30720
COARSE = 32                  # pixels of the slide to one of the plan
PATCH = 1536                 # side of a texture, repeated without a seam
CELL = 512                   # composed at a time
GLASS, PEN = (243, 241, 243), (26, 70, 48)
# Centres and radii in pixels of the slide.
NESTS = [(9000, 8200, 1500), (13600, 12400, 2100), (7400, 17300, 900), (27500, 9400, 2600),
         (33100, 14800, 1300), (29200, 20600, 1800), (24600, 16200, 500)]
TISSUE = [(10500, 14500, 7600, 11000), (29500, 15000, 8200, 10200)]
MARK = (12200, 20400, 2300)  # the pen's circle, around healthy tissue


def outline(rng, centre, radius, squeeze=1.0, rough=0.14):
    """A smooth closed outline in pixels of the slide, finely sampled."""
    points = scenes.ring(rng, (0, 0), radius, 12, rough) * [1, squeeze] + centre
    angle = np.arange(0, 12, 1 / 16)
    low, part = angle.astype(int), (angle % 1)[:, None]
    p0, p1, p2, p3 = (points[(low + k) % 12] for k in (-1, 0, 1, 2))
    # Catmull-Rom, as Canvas.blob draws it.
    return 0.5 * (2 * p1 + (p2 - p0) * part + (2 * p0 - 5 * p1 + 4 * p2 - p3) * part ** 2
                  + (3 * p1 - p0 - 3 * p2 + p3) * part ** 3)


def plan(draw):
    """A coverage map, uint8, a pixel for COARSE x COARSE of the slide."""
    surface = cairo.ImageSurface(cairo.FORMAT_A8, WIDTH // COARSE, HEIGHT // COARSE)
    pen = cairo.Context(surface)
    pen.scale(1 / COARSE, 1 / COARSE)
    draw(pen)
    surface.flush()
    return np.ndarray((HEIGHT // COARSE, surface.get_stride()), np.uint8,
                      surface.get_data())[:, :WIDTH // COARSE].copy()


def polygons(pen, outlines):
    for points in outlines:
        pen.move_to(*points[0])
        for point in points[1:]:
            pen.line_to(*point)
        pen.close_path()


def layers(rng):
    """Outlines of the tumour, and the plans of tissue, glands, tumour and pen."""
    tissue = [outline(rng, (x, y), wide, high / wide) for x, y, wide, high in TISSUE]
    stroma = [outline(rng, (x + rng.normal(0, 2500), y + rng.normal(0, 4000)),
                      rng.uniform(1500, 3500), 1.3, 0.3) for x, y, _, _ in TISSUE for _ in range(5)]
    nests = [outline(rng, (x, y), radius) for x, y, radius in NESTS]

    def filled(outlines):
        return plan(lambda pen: (polygons(pen, outlines), pen.fill()))

    def circle(pen):
        pen.set_line_width(420)
        pen.set_line_cap(cairo.LINE_CAP_ROUND)
        pen.arc(*MARK, 0.2, 6.2)
        pen.stroke()

    return nests, {"tissue": filled(tissue), "stroma": filled(stroma), "tumour": filled(nests),
                   "pen": plan(circle)}


def compose(plans, textures, top, left):
    """CELL x CELL pixels, or None where there is nothing but glass."""
    size = CELL // COARSE
    row, column = top // COARSE, left // COARSE
    masks = {}
    for name, whole in plans.items():
        # One coarse pixel more on each side, so that outlines meet from cell to cell.
        part = np.pad(whole, 1, mode="edge")[row:row + size + 2, column:column + size + 2]
        if part.max() == 0:
            masks[name] = False
        elif part.min() == 255:
            masks[name] = True
        else:
            large = Image.fromarray(part).resize((CELL + 2 * COARSE,) * 2, Image.BILINEAR)
            masks[name] = np.asarray(large)[COARSE:-COARSE, COARSE:-COARSE] > 127
    if masks["tissue"] is False and masks["pen"] is False:
        return None
    out = np.empty((CELL, CELL, 3), np.uint8)
    out[:] = GLASS
    y, x = top % PATCH, left % PATCH
    # Later layers lie on top; all of them only on tissue.
    for name, where in (("normal", True), ("stroma", masks["stroma"]), ("tumour", masks["tumour"])):
        where = np.logical_and(where, masks["tissue"])
        texture = textures[name][y:y + CELL, x:x + CELL]
        if where.ndim:
            np.copyto(out, texture, where=where[..., None])
        elif where:
            out[:] = texture
    if masks["pen"] is not False:
        stained = (out * 0.3 + np.array(PEN) * 0.7).astype(np.uint8)
        np.copyto(out, stained, where=np.asarray(masks["pen"])[..., None])
    return out


def compare(slide, table):
    """Prints how many fields a survey calls tumour: inside of an outline, outside, across one."""
    step = 8                     # pixels of the slide to one of the truth
    truth = Image.new("L", (WIDTH // step, HEIGHT // step), 0)
    with open(os.path.splitext(slide)[0] + ".geojson") as f:
        for feature in json.load(f)["features"]:
            ring = feature["geometry"]["coordinates"][0]
            ImageDraw.Draw(truth).polygon([(x / step, y / step) for x, y in ring], fill=1)
    truth = np.asarray(truth)
    found = {"inside": [], "outside": [], "across": []}
    with open(table, newline="") as f:
        for row in csv.DictReader(f):
            x, y, w, h = (int(row[key]) // step for key in ("x", "y", "width", "height"))
            share = truth[y:y + h, x:x + w].mean()
            where = "inside" if share == 1 else "outside" if share == 0 else "across"
            found[where].append(float(row["tumour"]))
    for where, values in found.items():
        values = np.array(values)
        print(f"{where:8}{len(values):6} fields, {np.sum(values > 0.5):5} called tumour; "
              f"probability {values.min():.4f} to {values.max():.4f}")


def main():
    top = argparse.ArgumentParser(description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("slide")
    top.add_argument("--seed", type=int, default=5)
    top.add_argument("--fields", help="table that whylight-cli survey wrote")
    args = top.parse_args()
    if args.fields:
        compare(args.slide, args.fields)
        return
    begin = time.monotonic()
    rng = np.random.default_rng(args.seed)
    nests, plans = layers(rng)
    textures = {kind: scenes.gland_tissue(rng, PATCH, kind, periodic=True)
                for kind in ("stroma", "normal", "tumour")}
    print(f"textures drawn, {time.monotonic() - begin:.0f} s", flush=True)

    options = ("tile,pyramid,compression=jpeg,Q=80,tile-width=256,tile-height=256,"
               "xres=2000,yres=2000")
    writer = subprocess.Popen(["vips", "copy", "stdin", f"{args.slide}[{options}]"],
                              stdin=subprocess.PIPE)
    writer.stdin.write(f"P6\n{WIDTH} {HEIGHT}\n255\n".encode())
    band = np.empty((CELL, WIDTH, 3), np.uint8)
    for y in range(0, HEIGHT, CELL):
        for x in range(0, WIDTH, CELL):
            cell = compose(plans, textures, y, x)
            band[:, x:x + CELL] = GLASS if cell is None else cell
        writer.stdin.write(memoryview(band).cast("B"))
    writer.stdin.close()
    if writer.wait() != 0:
        sys.exit("vips could not write the slide")

    features = [{"type": "Feature", "properties": {"objectType": "annotation",
                                                   "classification": {"name": "Tumour"}},
                 "geometry": {"type": "Polygon", "coordinates":
                              [[[round(v, 1) for v in p] for p in points.tolist()]
                               + [[round(v, 1) for v in points[0].tolist()]]]}}
                for points in nests]
    with open(os.path.splitext(args.slide)[0] + ".geojson", "w") as f:
        json.dump({"type": "FeatureCollection", "features": features}, f)
    print(f"{args.slide}: {WIDTH} x {HEIGHT} pixels, {os.path.getsize(args.slide) / 1e6:.0f} MB, "
          f"{time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
