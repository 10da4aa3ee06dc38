# SPDX-License-Identifier: Apache-2.0
"""What the training scripts of the networks beside this file share.

Blocks of residual networks in two and three dimensions, a training loop that
goes on where it was stopped, figures, the export to ONNX with recipe and labels
in the file, and a reader that runs such a file again, so that every figure of a
card is taken from the file that ships and not from what training left in memory.

Needs only python3-torch, python3-onnx and python3-numpy of Debian.
"""

import gzip
import io
import json
import os
import platform
import random
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import numpy_helper

MODELS = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.path.join(MODELS, "..", "data", "samples")
RESEARCH = "For research and teaching; not a medical device."


def seed_all(seed):
    """Every generator from one number; sums in another order may still differ a little."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)


def versions():
    return (f"Python {platform.python_version()}, torch {torch.__version__}, "
            f"onnx {onnx.__version__}, numpy {np.__version__}")


# ---------------------------------------------------------------- networks

class Unit(nn.Module):
    """Convolution, BatchNorm and, unless the sum of a block follows, ReLU."""

    def __init__(self, dims, cin, cout, kernel=3, stride=1, relu=True):
        super().__init__()
        conv, norm = [(nn.Conv2d, nn.BatchNorm2d), (nn.Conv3d, nn.BatchNorm3d)][dims - 2]
        self.conv = conv(cin, cout, kernel, stride, kernel // 2, bias=False)
        self.norm = norm(cout)
        self.relu = nn.ReLU() if relu else nn.Identity()

    def forward(self, x):
        return self.relu(self.norm(self.conv(x)))


class Block(nn.Module):
    """Two convolutions beside a shortcut (He et al., 2016)."""

    def __init__(self, dims, cin, cout, stride=1):
        super().__init__()
        self.unit1 = Unit(dims, cin, cout, 3, stride)
        self.unit2 = Unit(dims, cout, cout, 3, 1, relu=False)
        self.skip = (nn.Identity() if cin == cout and stride == 1
                     else Unit(dims, cin, cout, 1, stride, relu=False))
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.unit2(self.unit1(x)) + self.skip(x))


class Classifier(nn.Module):
    """Stem, residual blocks, pool over all cells, one linear layer.

    stem: (channels, kernel, stride) of each unit; blocks: (channels, stride) of each;
    pool: "mean" where evidence adds up, "max" where one place decides.
    """

    def __init__(self, dims, channels, stem, blocks, classes, pool="mean", dropout=0.0):
        super().__init__()
        units, width = [], channels
        for cout, kernel, stride in stem:
            units.append(Unit(dims, width, cout, kernel, stride))
            width = cout
        self.stem = nn.Sequential(*units)
        self.blocks = len(blocks)
        for n, (cout, stride) in enumerate(blocks, 1):
            setattr(self, f"block{n}", Block(dims, width, cout, stride))
            width = cout
        pools = {"mean": [nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d],
                 "max": [nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d]}
        self.pool = pools[pool][dims - 2](1)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.stem(x)
        for n in range(1, self.blocks + 1):
            x = getattr(self, f"block{n}")(x)
        self.cells = x
        return self.head(self.drop(torch.flatten(self.pool(x), 1)))


class Grow(torch.autograd.Function):
    """x enlarged to the sides of `beside`, for the export: one Shape in place of a dozen nodes."""

    @staticmethod
    def forward(ctx, x, beside):
        return F.interpolate(x, beside.shape[2:], mode="nearest")

    @staticmethod
    def symbolic(g, x, beside):
        none = g.op("prim::Constant")
        none.setType(torch.OptionalType.ofTensor())
        return g.op("Resize", x, none, none, g.op("Shape", beside), mode_s="nearest",
                    coordinate_transformation_mode_s="asymmetric", nearest_mode_s="floor")


class UNet(nn.Module):
    """Encoder and decoder with shortcuts (Ronneberger et al., 2015), scores for each pixel out.

    Each level halves the resolution; width is multiplied by two each time.
    """

    def __init__(self, channels, width, levels, classes):
        super().__init__()
        self.levels = levels
        self.stem = Unit(2, channels, width, 3, 1)
        wide = width
        for n in range(1, levels + 1):
            setattr(self, f"down{n}", Block(2, wide, wide * 2, 2))
            wide *= 2
        for n in range(levels, 0, -1):
            setattr(self, f"narrow{n}", Unit(2, wide, wide // 2, 1))
            setattr(self, f"up{n}", Unit(2, wide, wide // 2, 3))
            wide //= 2
        self.head = nn.Conv2d(wide, classes, 1)

    def forward(self, x):
        kept = [self.stem(x)]
        for n in range(1, self.levels + 1):
            kept.append(getattr(self, f"down{n}")(kept[-1]))
        x = kept.pop()
        for n in range(self.levels, 0, -1):
            beside = kept.pop()
            x = getattr(self, f"narrow{n}")(x)
            # To the size of the shortcut, not twice as large: a side need not be even.
            # The channels are as many, so that the shortcut's shape is that of the result.
            x = (Grow.apply(x, beside) if torch.onnx.is_in_onnx_export()
                 else F.interpolate(x, beside.shape[2:], mode="nearest"))
            x = getattr(self, f"up{n}")(torch.cat([x, beside], 1))
        return self.head(x)


# ---------------------------------------------------------------- training

def fit(net, batches, steps, epochs, loss, validate, checkpoint, rate=3e-3, decay=0.03,
        smooth=0.99, quiet=0.0):
    """AdamW with a rate that rises for a tenth of the steps and falls as a cosine.

    batches (epoch) yields steps pairs (input, target).  Returns the network with the
    exponential average of the weights; no epoch is picked, so validation chooses
    nothing here.  quiet is the price of a last layer that is not zero: with it, cells
    where there is nothing to say stay dark.  After each epoch everything is kept in
    checkpoint, and a run that finds it goes on from there.
    """
    # Faster, but enlarging it crashes on the way back in this version of PyTorch.
    if first_rank(net) == 4 and not isinstance(net, UNet):
        net = net.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=steps * epochs, pct_start=0.1)
    mean = {k: v.detach().clone() for k, v in net.state_dict().items()}
    begin, taken = 0, 0.0
    if os.path.exists(checkpoint):
        kept = torch.load(checkpoint)
        net.load_state_dict(kept["net"])
        optimiser.load_state_dict(kept["optimiser"])
        schedule.load_state_dict(kept["schedule"])
        mean, begin, taken = kept["mean"], kept["epoch"], kept["taken"]
    for epoch in range(begin, epochs):
        net.train()
        start, total = time.process_time(), 0.0
        for x, y in batches(epoch):
            optimiser.zero_grad()
            value = loss(net(x), y)
            (value + quiet * net.cells.mean() if quiet else value).backward()
            optimiser.step()
            schedule.step()
            total += value.item()
            # Early on the average forgets faster, or it would remember the random start.
            keep = min(smooth, (schedule.last_epoch + 1) / (schedule.last_epoch + 10))
            for k, v in net.state_dict().items():
                if v.is_floating_point():
                    mean[k].mul_(keep).add_(v, alpha=1 - keep)
                else:
                    mean[k].copy_(v)
        taken += time.process_time() - start
        torch.save({"net": net.state_dict(), "mean": mean, "optimiser": optimiser.state_dict(),
                    "schedule": schedule.state_dict(), "epoch": epoch + 1, "taken": taken},
                   checkpoint + ".part")
        os.replace(checkpoint + ".part", checkpoint)
        line = f"epoch {epoch + 1:3d}  loss {total / steps:.4f}  {taken:6.0f} s"
        if (epoch + 1) % 5 == 0 or epoch + 1 == epochs:
            now = {k: v.clone() for k, v in net.state_dict().items()}
            net.load_state_dict(mean)
            line += "  validation: " + validate(net.eval())
            net.load_state_dict(now)
        print(line, flush=True)
    net.load_state_dict(mean)
    return net.eval()


def first_rank(net):
    return next(p.dim() for p in net.parameters())


def order(seed, epoch, count, batch):
    """Indices of an epoch in batches of equal size; the last, incomplete one is left out."""
    shuffled = np.random.default_rng([seed, epoch]).permutation(count)
    return [shuffled[n:n + batch] for n in range(0, count - batch + 1, batch)]


def affine(x, gen, side, turn, zoom, mirror=True, target=None, shift=1.0):
    """Each picture turned by up to `turn` degrees, mirrored, zoomed, and cut to side x side.

    The window lies anywhere (shift 1) or nearer to the middle.  A target of one plane
    goes along, nearest neighbour.
    """
    n, _, high, wide = x.shape
    angle = (torch.rand(n, generator=gen) * 2 - 1) * turn * np.pi / 180
    scale = zoom ** (torch.rand(n, generator=gen) * 2 - 1)
    flip = (torch.randint(0, 2, (n,), generator=gen) * 2 - 1.0) if mirror else torch.ones(n)
    half = torch.tensor([side / wide, side / high])
    room = ((1 - half[0] / scale).clamp(min=0) * shift, (1 - half[1] / scale).clamp(min=0) * shift)
    dx = (torch.rand(n, generator=gen) * 2 - 1) * room[0]
    dy = (torch.rand(n, generator=gen) * 2 - 1) * room[1]
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    theta = torch.stack([torch.stack([cos * half[0] * flip, -sin * half[1], dx], 1),
                         torch.stack([sin * half[0] * flip, cos * half[1], dy], 1)], 1)
    grid = F.affine_grid(theta, [n, 1, side, side], align_corners=False)
    out = F.grid_sample(x, grid, "bilinear", "reflection", align_corners=False)
    if target is None:
        return out
    moved = F.grid_sample(target[:, None].float(), grid, "nearest", "reflection",
                          align_corners=False)
    return out, moved[:, 0].round().long()


# ----------------------------------------------------------------- figures

def confusion(truth, found, classes):
    """Counts, a row for each true class."""
    table = np.zeros((classes, classes), np.int64)
    np.add.at(table, (np.asarray(truth), np.asarray(found)), 1)
    return table


def balanced(table):
    """Mean of the classes' recalls."""
    return float(np.mean(np.diag(table) / table.sum(1)))


def report(table, labels):
    """The counts as a table of a card."""
    lines = ["| | " + " | ".join("as " + name for name in labels) + " | recall |",
             "|---|" + "---:|" * (len(labels) + 1)]
    for row, name in enumerate(labels):
        cells = " | ".join(str(v) for v in table[row])
        lines.append(f"| {name} | {cells} | {table[row, row] / table[row].sum():.3f} |")
    return "\n".join(lines)


def interval(right, count):
    """95 % interval of a share (Wilson, 1927)."""
    z, p = 1.96, right / count
    centre = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return centre - half, centre + half


def intersections(truth, found, classes):
    """Pixels both say and either says, for each class: [classes, 2]; their quotient is the IoU."""
    return np.array([[((truth == c) & (found == c)).sum(), ((truth == c) | (found == c)).sum()]
                     for c in range(classes)])


def in_batches(model, x, batch=64):
    """What model says of x, a few at a time."""
    with torch.no_grad():
        return torch.cat([model(x[n:n + batch]) for n in range(0, len(x), batch)])


def enlarged(maps, shape):
    """Maps [N, spatial] at the size of the input, linear with half-pixel centres."""
    mode = "bilinear" if maps.dim() == 3 else "trilinear"
    return F.interpolate(maps[:, None], shape, mode=mode, align_corners=False)[:, 0]


# ----------------------------------------------------------------- volumes

def read_volume(path):
    """A NIfTI-1 file of one volume as float32 [z, y, x] and its affine, 3 rows of 4."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        data = f.read()
    rank, nx, ny, nz = struct.unpack("<4h", data[40:48])
    kind, = struct.unpack("<h", data[70:72])
    offset, slope, shift = struct.unpack("<3f", data[108:120])
    if struct.unpack("<i", data[:4]) != (348,) or rank < 3:
        raise RuntimeError(f"{path}: not a little-endian NIfTI-1 volume")
    dtype = {2: "u1", 4: "<i2", 8: "<i4", 16: "<f4", 64: "<f8", 256: "i1", 512: "<u2"}[kind]
    values = np.frombuffer(data, dtype, nx * ny * nz, int(offset)).reshape(nz, ny, nx)
    affine = np.array(struct.unpack("<12f", data[280:328])).reshape(3, 4)
    return values.astype(np.float32) * (slope or 1) + (shift if slope else 0), affine


def write_volume(path, values, affine):
    """[z, y, x], bytes or float32, as NIfTI-1 in millimetres of scanner space."""
    header = bytearray(352)
    nz, ny, nx = values.shape
    kind, bits = {"uint8": (2, 8), "float32": (16, 32)}[str(values.dtype)]
    size = np.linalg.norm(affine[:, :3], axis=0)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, nx, ny, nz, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, kind, bits)
    struct.pack_into("<4f", header, 76, 1, *size)
    struct.pack_into("<3f", header, 108, 352, 1, 0)
    header[123] = 2                                      # millimetres
    struct.pack_into("<2h", header, 252, 0, 1)           # the rows below, scanner space
    struct.pack_into("<12f", header, 280, *np.asarray(affine, float).ravel())
    header[344:348] = b"n+1\0"
    with open(path, "wb") as f:
        # Without time and name, so that the same volume is the same file.
        with gzip.GzipFile("", "wb", 9, f, 0) as packed:
            packed.write(bytes(header) + np.ascontiguousarray(values).tobytes())


# ------------------------------------------------------------------ export

def fold(net):
    """BatchNorm goes into the convolution before it."""
    for unit in [m for m in net.modules() if isinstance(m, Unit)]:
        if isinstance(unit.norm, nn.Identity):
            continue
        unit.conv = nn.utils.fusion.fuse_conv_bn_eval(unit.conv, unit.norm)
        unit.norm = nn.Identity()


def centre(net):
    """Take from each class's weights the mean over the classes.

    Softmax does not notice.  Left in, the common part would show in the map of every
    class, though it decides between none of them.
    """
    with torch.no_grad():
        net.head.weight -= net.head.weight.mean(0, keepdim=True)
        net.head.bias -= net.head.bias.mean()


def short_name(name):
    """For "/stem/stem.0/relu/Relu_output_0" "stem.0.relu", for "/block1/Add_output_0" "block1.add"
    """
    parts = name.replace("_output_0", "").strip("/").split("/")
    parts = [p for p, after in zip(parts, parts[1:] + [""]) if not after.startswith(p + ".")]
    *scope, operator = parts
    operator = operator.lower()
    kind = operator.split("_")[0]
    last = scope[-1].split(".")[-1] if scope else ""
    leaf = {"conv": "conv", "relu": "relu", "gemm": "head", "resize": "grow"}.get(kind)
    if last.rstrip("0123456789") in (leaf, "head", "pool", "grow"):
        return ".".join(scope)
    return ".".join(scope + [operator])


def rename(model):
    """Tensors and nodes get the names of the modules; people read them."""
    fixed = {v.name for v in list(model.graph.input) + list(model.graph.output)}
    fixed |= {w.name for w in model.graph.initializer} | {""}
    names = {}
    for node in model.graph.node:
        node.name = short_name(node.name)
        for n, output in enumerate(node.output):
            if output not in fixed:
                names[output] = short_name(output)
            node.output[n] = names.get(output, output)
        for n, source in enumerate(node.input):
            node.input[n] = names.get(source, source)
    if len(set(names.values())) != len(names):
        raise RuntimeError("two tensors would get one name")


def describe(model, labels, recipe):
    """Recipe and labels into the file; nothing else has to be carried along."""
    del model.metadata_props[:]
    for key, value in {"whylight.recipe": json.dumps(dict(version=1, **recipe)),
                       "whylight.labels": json.dumps(labels)}.items():
        model.metadata_props.add(key=key, value=value)


def export(net, path, example, output, labels, recipe, note, free=None):
    """Write the network as ONNX; example is one input, free names its free dimensions."""
    centre(net)
    with torch.no_grad():
        expected = net.eval()(example)
    fold(net)
    free = {0: "N", **(free or {})}
    data = io.BytesIO()
    torch.onnx.export(net.to(memory_format=torch.contiguous_format) if example.dim() == 4 else net,
                      example, data, opset_version=13, input_names=["image"],
                      output_names=[output], dynamic_axes={"image": free, output: free})
    model = onnx.load_from_string(data.getvalue())
    rename(model)
    model.producer_name = "whylight " + os.path.relpath(os.path.realpath(sys.argv[0]),
                                                        os.path.dirname(MODELS))
    model.producer_version = ""
    model.graph.name = os.path.splitext(os.path.basename(path))[0]
    model.doc_string = f"{note} {RESEARCH} {versions()}."
    describe(model, labels, recipe)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    apart = (expected - Graph(path)(example)).abs().max().item()
    weights = sum(np.prod(w.dims) for w in model.graph.initializer)
    print(f"{path}: {weights} weights, {os.path.getsize(path)} bytes; "
          f"largest difference between network and file {apart:.2e}")
    if apart > 1e-3 * max(1.0, expected.abs().max().item()):
        raise RuntimeError("the exported file differs from the network")


class Graph:
    """An ONNX file of these networks, run by PyTorch."""

    def __init__(self, path):
        self.model = onnx.load(path)
        self.constants = {w.name: torch.from_numpy(numpy_helper.to_array(w).copy())
                          for w in self.model.graph.initializer}
        self.recipe = json.loads(next(p.value for p in self.model.metadata_props
                                      if p.key == "whylight.recipe"))

    def __call__(self, image, watch=None):
        """The output, or (output, tensor) with watch naming a tensor that keeps its gradient."""
        values = dict(self.constants, image=image)
        for node in self.model.graph.node:
            a = {t.name: onnx.helper.get_attribute_value(t) for t in node.attribute}
            x = [values[name] if name else None for name in node.input]
            kind = node.op_type
            if kind == "Conv":
                rank = x[0].dim() - 2
                pads = a.get("pads", [0] * (2 * rank))
                y = [F.conv2d, F.conv3d][rank - 2](x[0], x[1], x[2] if len(x) > 2 else None,
                                                   a.get("strides", 1), pads[:rank],
                                                   a.get("dilations", 1))
            elif kind == "Relu":
                y = torch.relu(x[0])
            elif kind == "Add":
                y = x[0] + x[1]
            elif kind == "GlobalAveragePool":
                y = x[0].mean(tuple(range(2, x[0].dim())), keepdim=True)
            elif kind == "MaxPool":
                pool = [F.max_pool2d, F.max_pool3d][x[0].dim() - 4]
                y = pool(x[0], a["kernel_shape"], a["strides"])
            elif kind == "Flatten":
                y = torch.flatten(x[0], 1)
            elif kind == "Gemm":
                y = F.linear(x[0], x[1], x[2])
            elif kind == "Concat":
                y = torch.cat(x, a["axis"])
            elif kind == "Constant":
                y = torch.from_numpy(numpy_helper.to_array(a["value"]).copy())
            elif kind == "Resize":
                y = F.interpolate(x[0], x[3][2:].tolist(), mode="nearest")
            elif kind == "Shape":
                y = torch.tensor(x[0].shape)
            else:
                raise RuntimeError(f"{node.name}: {kind} is not known here")
            values[node.output[0]] = y
            if node.output[0] == watch:
                y.retain_grad()
        out = values[self.model.graph.output[0].name]
        return (out, values[watch]) if watch else out

    def grad_cam(self, image, wanted):
        """Grad-CAM of output `wanted` (an index for each picture) at the recipe's layer.

        [N, spatial]: the map before it is enlarged and before negative parts are removed.
        """
        with torch.enable_grad():
            score, layer = self(image.clone().requires_grad_(True), self.recipe["layer"])
            score[torch.arange(len(image)), torch.as_tensor(wanted)].sum().backward()
        spatial = tuple(range(2, layer.dim()))
        weights = layer.grad.mean(spatial, keepdim=True)
        return (weights * layer).sum(1).detach()


# --------------------------------------------------- the program's own engine

def agree(cli, model, inputs):
    """Largest difference between whylight-cli's answer and PyTorch's, for the same input."""
    graph = Graph(model)
    output = graph.model.graph.output[0].name
    worst = 0.0
    for path in inputs:
        with tempfile.TemporaryDirectory() as folder:
            image, answer = f"{folder}/image.npy", f"{folder}/answer.npy"
            subprocess.run([cli, "run", model, path, "--output", f"image={image}",
                            "--output", f"{output}={answer}"],
                           check=True, stdout=subprocess.DEVNULL)
            with torch.no_grad():
                expected = graph(torch.from_numpy(np.load(image))).numpy()
            found = np.load(answer)
        apart = float(np.abs(expected - found).max())
        worst = max(worst, apart)
        print(f"{os.path.basename(path)}: difference {apart:.2e}, answers up to "
              f"{np.abs(expected).max():.2f}")
    return worst


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("common.py WHYLIGHT-CLI MODEL INPUT...: the program's answer beside PyTorch's")
    # The same network in another order of float32 sums.
    sys.exit(agree(sys.argv[1], sys.argv[2], sys.argv[3:]) > 1e-3)
