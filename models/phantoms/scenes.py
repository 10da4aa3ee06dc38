# SPDX-License-Identifier: Apache-2.0
"""Scenes whose evidence is known, drawn with cairo from seeds.

Each function takes a numpy generator and gives the picture, uint8 [height, width, 3]
(of tumour3d the volume, uint8 [z, y, x]), and the truth: masks of the structures.
Nothing comes from a photograph or a scan.
"""

import cairo
import numpy as np
from scipy import ndimage

FOR, AGAINST = 1, 2          # in the masks of `lesion`
LESION = 192                 # sides in pixels
CLEARING = 256
GLAND = 224
VOLUME = 48                  # voxels of a side


def noise(rng, side, *waves, periodic=False):
    """Smooth noise of unit variance, a sum of octaves with the given wavelengths in pixels.

    Periodic: the right edge goes on at the left one, the wavelengths are rounded.
    """
    total = np.zeros((side, side), np.float32)
    for wave in waves:
        cells = round(side / wave) if periodic else int(np.ceil(side / wave)) + 3
        step = cells / side if periodic else 1 / wave
        grid = rng.standard_normal((cells, cells)).astype(np.float32)
        rows = np.arange(side) * step + rng.random() + 0.5
        columns = np.arange(side) * step + rng.random() + 0.5
        # Separable, so that a wavelength costs two small products instead of a large zoom.
        total += between(rows, cells) @ grid @ between(columns, cells).T
    return total / (total.std() + 1e-6)


def between(at, cells):
    """Weights of the cells for each place, smooth in between."""
    low = np.floor(at).astype(int)
    part = at - low
    part = part * part * (3 - 2 * part)
    weights = np.zeros((len(at), cells), np.float32)
    weights[np.arange(len(at)), low % cells] = 1 - part
    weights[np.arange(len(at)), (low + 1) % cells] = part
    return weights


class Canvas:
    """A cairo surface over an RGB picture; the same strokes may go to a mask."""

    def __init__(self, width, height, ground=None):
        self.surface = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
        self.pixels = np.ndarray((height, self.surface.get_stride() // 4, 4), np.uint8,
                                 self.surface.get_data())[:, :width]
        if ground is not None:
            self.pixels[..., :3] = ground[..., ::-1]
            self.surface.mark_dirty()
        self.pen = cairo.Context(self.surface)

    def fill(self, colour, alpha=1.0):
        self.pen.set_source_rgba(*colour, alpha)
        self.pen.fill()

    def stroke(self, colour, width, alpha=1.0):
        self.pen.set_source_rgba(*colour, alpha)
        self.pen.set_line_width(width)
        self.pen.stroke()

    def blob(self, points):
        """A closed smooth path through the points."""
        before = np.roll(points, 1, 0)
        after = np.roll(points, -1, 0)
        bend = (after - before) / 6
        self.pen.move_to(*points[0])
        for here, there, a, b in zip(points, after, bend, np.roll(bend, -1, 0)):
            self.pen.curve_to(*(here + a), *(there - b), *there)
        self.pen.close_path()

    def rgb(self):
        self.surface.flush()
        return self.pixels[..., 2::-1].copy()

    def covered(self):
        """Where a mask, drawn in white on black, is at least half covered."""
        self.surface.flush()
        return self.pixels[..., 1] > 127


def paint(colour, field, amount):
    """A colour that varies with the field, as bytes."""
    return (255 * np.clip(np.asarray(colour) + amount * field[..., None], 0, 1)).astype(np.uint8)


def ring(rng, centre, radius, count, rough):
    """Points around a centre, the radius varied."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.uniform(0, 6.3)
    far = radius * (1 + rough * rng.uniform(-1, 1, count))
    return np.stack([centre[0] + far * np.cos(angle), centre[1] + far * np.sin(angle)], 1)


def nuclei(rng, canvas, count, keep_off=None, size=(2.0, 3.6), colour=(0.36, 0.2, 0.5)):
    """Dark oval nuclei at random places where keep_off is not set."""
    high, wide = canvas.pixels.shape[:2]
    for _ in range(count):
        x, y = rng.uniform(0, wide), rng.uniform(0, high)
        if keep_off is not None and keep_off[int(y), int(x)]:
            continue
        canvas.pen.save()
        canvas.pen.translate(x, y)
        canvas.pen.rotate(rng.uniform(0, np.pi))
        canvas.pen.scale(rng.uniform(*size), rng.uniform(*size) * 0.75)
        canvas.pen.arc(0, 0, 1, 0, 2 * np.pi)
        canvas.pen.restore()
        canvas.fill(np.clip(np.asarray(colour) + rng.uniform(-0.08, 0.08), 0, 1), 0.9)


# ------------------------------------------------------------------ lesion

def lesion(rng, spiculated, rim, mark=None):
    """A core in stained tissue; mark: None or a corner 0..3 with a stroke of a pen.

    Malignant is a spiculated core without a fat rim.  Masks: FOR (a core with spicules),
    AGAINST (the fat rim, a smooth core), 0 (nuclei, fibres, pen), and apart from them where
    the pen went.
    """
    side = LESION
    tissue = np.array([0.87, 0.66, 0.74]) + rng.uniform(-0.05, 0.05, 3)
    canvas = Canvas(side, side, paint(tissue, noise(rng, side, 60, 22, 8), 0.035))
    pen = canvas.pen
    pen.set_line_cap(cairo.LINE_CAP_ROUND)
    for _ in range(26):                                     # fibres of the stroma
        x, y = rng.uniform(-10, side + 10, 2)
        angle = rng.normal(0.5, 0.5)
        dx, dy = np.cos(angle) * rng.uniform(20, 60), np.sin(angle) * rng.uniform(20, 60)
        bx, by = rng.normal(0, 9, 2)
        pen.move_to(x, y)
        pen.curve_to(x + dx / 3 + bx, y + dy / 3 + by, x + 2 * dx / 3 - bx, y + 2 * dy / 3 - by,
                     x + dx, y + dy)
        canvas.stroke(np.clip(tissue + rng.uniform(-0.12, 0.04), 0, 1), rng.uniform(0.8, 2.2), 0.6)

    radius = rng.uniform(13, 19)
    centre = rng.uniform(66, side - 66, 2)
    truth = np.zeros((side, side), np.uint8)
    fat = Canvas(side, side, np.zeros((side, side, 3), np.uint8))
    if rim:
        # Droplets in a crescent; the gap to the core keeps the two apart in a map.
        begin, span = rng.uniform(0, 2 * np.pi), rng.uniform(2.6, 4.2)
        inner = radius * 1.5 + 12
        for _ in range(150):
            angle = begin + span * rng.random()
            far = inner + rng.uniform(0, 16)
            x, y = centre[0] + far * np.cos(angle), centre[1] + far * np.sin(angle)
            size = rng.uniform(3, 5.5)
            for layer, colour, alpha in (canvas, (0.98, 0.95, 0.9), 0.95), (fat, (1, 1, 1), 1.0):
                layer.pen.arc(x, y, size, 0, 2 * np.pi)
                layer.fill(colour, alpha)
            pen.arc(x, y, size, 0, 2 * np.pi)
            canvas.stroke((0.8, 0.62, 0.7), 0.8, 0.7)
        truth[fat.covered()] = AGAINST

    core = Canvas(side, side, np.zeros((side, side, 3), np.uint8))
    core.pen.set_line_cap(cairo.LINE_CAP_ROUND)
    dark = np.array([0.55, 0.3, 0.52]) + rng.uniform(-0.05, 0.05, 3)
    outline = ring(rng, centre, radius, 14, 0.12 if spiculated else 0.05)
    if spiculated:
        count = rng.integers(11, 17)
        for angle in np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.uniform(0, 1):
            angle += rng.normal(0, 0.1)
            near, far = radius * 0.7, radius * rng.uniform(1.35, 1.65)
            bend = rng.normal(0, 2.5, 2)
            start = centre + near * np.array([np.cos(angle), np.sin(angle)])
            end = centre + far * np.array([np.cos(angle), np.sin(angle)])
            width = rng.uniform(1.8, 2.8)
            for layer, colour in (canvas, dark), (core, (1, 1, 1)):
                layer.pen.move_to(*start)
                layer.pen.curve_to(*(start * 0.6 + end * 0.4 + bend),
                                   *(end * 0.7 + start * 0.3), *end)
                layer.stroke(colour, width)
    for layer, colour in (canvas, dark), (core, (1, 1, 1)):
        layer.blob(outline)
        layer.fill(colour)
    inside = core.covered()
    # Cells crowd in both kinds of core alike.
    for _ in range(26):
        angle, far = rng.uniform(0, 2 * np.pi), radius * 0.85 * np.sqrt(rng.random())
        pen.arc(centre[0] + far * np.cos(angle), centre[1] + far * np.sin(angle),
                rng.uniform(1.4, 2.4), 0, 2 * np.pi)
        canvas.fill((0.3, 0.14, 0.4), 0.9)
    nuclei(rng, canvas, rng.integers(50, 110), keep_off=inside | (truth == AGAINST))
    truth[inside] = FOR if spiculated else AGAINST

    ink = Canvas(side, side, np.zeros((side, side, 3), np.uint8))
    if mark is not None:
        x, y = [(22, 22), (side - 22, 22), (22, side - 22), (side - 22, side - 22)][mark]
        points = np.array([x, y]) + np.cumsum(rng.normal(0, 1.5, (5, 2)), 0)
        points += np.outer(np.linspace(-13, 13, 5),
                           [np.cos(0.8), rng.choice([-1, 1]) * np.sin(0.8)])
        for layer, colour in (canvas, (0.1, 0.22, 0.55)), (ink, (1, 1, 1)):
            layer.pen.set_line_cap(cairo.LINE_CAP_ROUND)
            layer.pen.move_to(*points[0])
            layer.pen.curve_to(*points[1], *points[2], *points[3])
            layer.pen.line_to(*points[4])
            layer.stroke(colour, 5.0, 0.92 if layer is canvas else 1.0)
    grain = rng.normal(0, 3, (side, side, 3))
    picture = np.clip(canvas.rgb() + grain, 0, 255).astype(np.uint8)
    return picture, truth, ink.covered()


# ---------------------------------------------------------------- clearing

def clearing(rng):
    """Rain forest from above: large clearings, single felled trees, rivers that are neither.

    Truth: 0 forest (and water), 1 clearing, 2 felled tree.
    """
    side = CLEARING
    leaf = np.array([0.14, 0.27, 0.12]) + rng.uniform(-0.03, 0.03, 3)
    canvas = Canvas(side, side, paint(leaf, noise(rng, side, 90, 30), 0.02))
    pen = canvas.pen
    pen.set_line_cap(cairo.LINE_CAP_ROUND)
    for _ in range(1500):                                   # crowns, lit from the upper left
        x, y = rng.uniform(0, side, 2)
        size, tone = rng.uniform(2.5, 6.5), rng.uniform(-0.04, 0.05)
        pen.arc(x + 0.8, y + 0.8, size, 0, 2 * np.pi)
        canvas.fill(leaf * 0.55, 0.5)
        pen.arc(x, y, size, 0, 2 * np.pi)
        canvas.fill(np.clip(leaf + tone, 0, 1), 0.8)
        pen.arc(x - size * 0.3, y - size * 0.3, size * 0.45, 0, 2 * np.pi)
        canvas.fill(np.clip(leaf + tone + 0.05, 0, 1), 0.7)
    if rng.random() < 0.6:
        start, end = rng.uniform(0, side, 2)
        pen.move_to(-5, start)
        pen.curve_to(side / 3, rng.uniform(0, side), 2 * side / 3, rng.uniform(0, side),
                     side + 5, end)
        canvas.stroke((0.16, 0.22, 0.25), rng.uniform(4, 11))

    truth = np.zeros((side, side), np.uint8)
    bare = Canvas(side, side, np.zeros((side, side, 3), np.uint8))
    for _ in range(rng.integers(0, 4)):
        soil = np.array([0.6, 0.48, 0.33]) + rng.uniform(-0.1, 0.1) + rng.uniform(-0.03, 0.03, 3)
        points = ring(rng, rng.uniform(20, side - 20, 2), rng.uniform(16, 52),
                      rng.integers(6, 11), 0.3)
        for layer, colour in (canvas, soil), (bare, (1, 1, 1)):
            layer.blob(points)
            layer.fill(colour)
    truth[bare.covered()] = 1
    # Grass and stumps in the clearings.
    open_ground = np.argwhere(truth == 1)
    for y, x in open_ground[rng.integers(0, max(len(open_ground), 1), len(open_ground) // 40)]:
        pen.arc(x, y, rng.uniform(0.7, 2.2), 0, 2 * np.pi)
        canvas.fill((0.42, 0.42, 0.22) if rng.random() < 0.6 else (0.36, 0.27, 0.18), 0.7)

    felled = Canvas(side, side, np.zeros((side, side, 3), np.uint8))
    margin = ndimage.distance_transform_edt(truth == 0)
    for _ in range(rng.integers(0, 9)):
        x, y = rng.uniform(8, side - 8, 2)
        if margin[int(y), int(x)] < 14:
            continue
        angle, length = rng.uniform(0, np.pi), rng.uniform(6, 10)
        dx, dy = np.cos(angle) * length / 2, np.sin(angle) * length / 2
        pen.move_to(x - dx, y - dy)                         # the gap in the canopy
        pen.line_to(x + dx, y + dy)
        canvas.stroke((0.09, 0.13, 0.07), 5.5, 0.8)
        for layer, colour in (canvas, (0.74, 0.66, 0.52)), (felled, (1, 1, 1)):
            layer.pen.set_line_cap(cairo.LINE_CAP_ROUND)
            layer.pen.move_to(x - dx, y - dy)
            layer.pen.line_to(x + dx, y + dy)
            layer.stroke(colour, 2.2)
    truth[felled.covered()] = 2
    blur = ndimage.gaussian_filter(canvas.rgb().astype(np.float32), (0.5, 0.5, 0))
    picture = np.clip(blur * rng.uniform(0.85, 1.2) + rng.normal(0, 3, (side, side, 3)), 0, 255)
    return picture.astype(np.uint8), truth


# ---------------------------------------------------------------- tumour3d

def tumour3d(rng, has_lesion, radius=None, centre=None):
    """Tissue with bright vessels, and a lesion as bright as they are, or none.

    A voxel is 1 mm.  Brightness alone tells nothing: a volume without a lesion has a
    vessel more.  Truth: 1 lesion, 2 vessels.  Also radius (mm) and centre (z, y, x).
    """
    side = VOLUME
    grid = np.stack(np.meshgrid(*[np.arange(side, dtype=np.float32)] * 3, indexing="ij"))
    smooth = sum(ndimage.zoom(rng.standard_normal((n,) * 3), side / n, order=1) * weight
                 for n, weight in ((4, 1.0), (8, 0.6), (16, 0.4)))
    axes = rng.uniform(20, 23, 3)
    away = (((grid - (side - 1) / 2) / axes[:, None, None, None]) ** 2).sum(0)
    body = away < 1
    values = np.where(body, 95 + 7 * smooth, 12 + 2 * smooth)
    values[(away > 0.86) & body] += 25                      # a bright skin, for orientation
    bright = rng.uniform(160, 195)

    truth = np.zeros((side,) * 3, np.uint8)
    for _ in range(rng.integers(3, 6) + (0 if has_lesion else 1)):
        # A tube along a smooth path from one side to the other.
        ends = rng.normal(0, 1, (2, 3))
        ends *= 19 / np.linalg.norm(ends, axis=1, keepdims=True)
        middle = rng.normal(0, 7, 3)
        t = np.linspace(0, 1, 200)[:, None]
        path = ends[0] * (1 - t) ** 2 + 2 * middle * t * (1 - t) + ends[1] * t ** 2 + side / 2
        off_path = np.ones((side,) * 3, bool)
        off_path[tuple(path.astype(int).T)] = False
        truth[(ndimage.distance_transform_edt(off_path) < rng.uniform(1.2, 2.1)) & body] = 2
    radius = radius or rng.uniform(3.5, 7.5)
    if centre is None:
        direction = rng.normal(0, 1, 3)
        direction /= np.linalg.norm(direction)
        centre = (side - 1) / 2 + direction * rng.uniform(0, 18 - radius)
    centre = np.asarray(centre, float)
    if has_lesion:
        angle = grid - centre[:, None, None, None]
        lumps = ndimage.zoom(rng.standard_normal((6,) * 3), side / 6, order=1)
        truth[np.sqrt((angle ** 2).sum(0)) < radius * (1 + 0.08 * lumps)] = 1
    values[truth > 0] = bright
    values = ndimage.gaussian_filter(values, 0.6) + rng.normal(0, 5, values.shape)
    return np.clip(values, 0, 255).astype(np.uint8), truth, radius, centre


# ------------------------------------------------------------------- gland

def gland_tissue(rng, side, kind, periodic=False):
    """A patch of stained tissue: "stroma", "normal" glands or "tumour" nests.

    Periodic: it can be laid side by side without a seam.
    """
    rose = np.array([0.9, 0.72, 0.8]) + rng.uniform(-0.03, 0.03, 3)
    canvas = Canvas(side, side, paint(rose, noise(rng, side, 120, 40, 12, periodic=periodic), 0.03))
    if periodic:
        # Recorded, to be painted again a side further wherever it goes over an edge.
        surface = cairo.RecordingSurface(cairo.CONTENT_COLOR_ALPHA, None)
        onto, canvas.pen = canvas.pen, cairo.Context(surface)
    pen = canvas.pen
    area = side * side / 224 ** 2
    for _ in range(int(40 * area)):
        x, y = rng.uniform(-20, side + 20, 2)
        angle = rng.normal(0.4, 0.6)
        dx, dy = np.cos(angle) * 50, np.sin(angle) * 50
        pen.move_to(x, y)
        pen.curve_to(x + dx / 3, y + dy / 3 + rng.normal(0, 8), x + 2 * dx / 3,
                     y + 2 * dy / 3 + rng.normal(0, 8), x + dx, y + dy)
        canvas.stroke(np.clip(rose - rng.uniform(0, 0.12), 0, 1), rng.uniform(1, 3), 0.5)
    nuclei(rng, canvas, int(14 * area), size=(2.2, 4.2))
    if kind == "normal":
        # One row of even nuclei around an open lumen.
        for x, y in scattered(rng, side, 66, periodic):
            radius = rng.uniform(19, 27)
            canvas.blob(ring(rng, (x, y), radius + 8, 12, 0.05))
            canvas.fill((0.82, 0.6, 0.78))
            canvas.blob(ring(rng, (x, y), radius * 0.55, 10, 0.12))
            canvas.fill((0.97, 0.95, 0.96))
            for px, py in ring(rng, (x, y), radius + 3, int(radius * 0.85), 0.03):
                pen.arc(px, py, rng.uniform(2.9, 3.5), 0, 2 * np.pi)
                canvas.fill((0.4, 0.24, 0.56), 0.95)
    elif kind == "tumour":
        # Crowded nuclei of every size and tone, no lumen.
        for x, y in scattered(rng, side, 58, periodic):
            radius = rng.uniform(24, 32)
            canvas.blob(ring(rng, (x, y), radius, 9, 0.25))
            canvas.fill((0.76, 0.54, 0.74))
            for _ in range(int(radius * 1.15)):
                angle, far = rng.uniform(0, 6.3), radius * 0.92 * np.sqrt(rng.random())
                pen.save()
                pen.translate(x + far * np.cos(angle), y + far * np.sin(angle))
                pen.rotate(rng.uniform(0, 3.2))
                pen.scale(rng.uniform(2.4, 5.6), rng.uniform(2.2, 4))
                pen.arc(0, 0, 1, 0, 2 * np.pi)
                pen.restore()
                canvas.fill(np.array([0.34, 0.18, 0.48]) + rng.uniform(-0.1, 0.1), 0.9)
    if periodic:
        for x in (-side, 0, side):
            for y in (-side, 0, side):
                onto.set_source_surface(surface, x, y)
                onto.paint()
    return canvas.rgb()


def scattered(rng, side, apart, periodic):
    """Places on a shaken grid, so that few overlap; beyond the edges too, unless periodic."""
    count = side // apart if periodic else side // apart + 2
    step = side / count if periodic else apart
    for row in range(count):
        for column in range(count):
            shift = rng.uniform(-0.22, 0.22, 2) * apart
            yield (column - 0.5) * step + shift[0], (row - 0.5) * step + shift[1]


def ink(rng, picture):
    """A stroke of a pen across a tile, as on the slide; it says nothing."""
    canvas = Canvas(picture.shape[1], picture.shape[0], picture)
    canvas.pen.move_to(*rng.uniform(-40, 264, 2))
    canvas.pen.curve_to(*rng.uniform(0, 224, 6))
    canvas.stroke((0.1, 0.3, 0.2), rng.uniform(15, 50), 0.75)
    return canvas.rgb()


def gland(rng, kind):
    """A tile as cut from the slide: nothing but glass, stroma, normal glands, or tumour.

    Tumour: at least a quarter of the tile.  Truth: where the tumour is.
    """
    side = GLAND
    base = gland_tissue(rng, side, "stroma" if kind == "stroma" or rng.random() < 0.3 else "normal")
    truth = np.zeros((side, side), bool)
    if kind == "tumour":
        while not 0.25 <= truth.mean() <= 1:
            field = noise(rng, side, 170)
            truth = field > rng.uniform(-2.5, 0.6)
        base[truth] = gland_tissue(rng, side, "tumour")[truth]
    if rng.random() < 0.3:                                  # the edge of the tissue
        glass = (noise(rng, side, 200) > rng.uniform(0.6, 1.6)) & ~truth
        base[glass] = (243, 241, 243)
    if rng.random() < 0.15:
        base = ink(rng, base)
    tint = np.array([1, 1, 1]) + rng.uniform(-0.05, 0.05, 3)
    return np.clip(base * tint + rng.normal(0, 3, base.shape), 0, 255).astype(np.uint8), truth
