#!/usr/bin/python3
"""Compares whylight-cli with PyTorch's autograd on torchvision's networks; prints the table of README.md.

    compare.py [--cli PATH] [--opsets 11,13,17] [--dynamic] [--no-folding] [--dynamo] [--backend NAME] [NAME...]

Every network is built with seeded random weights, asked by PyTorch in float32 and in float64, exported by
torch.onnx.export, and asked by whylight-cli. Compared are the output, signed Grad-CAM and HiResCAM at layers spread
over the depth, and the gradient by the input, for the top class and another one. A cell holds three errors, each the
worst over layers and classes: the program from PyTorch's float32, the program from PyTorch's float64, PyTorch's
float32 from its float64. An error is the largest difference over the largest magnitude of what is expected.

A gradient jumps where a ReLU, a maximum or another function with a kink decides otherwise, and of the millions of
such decisions in a large network a few lie within rounding of the edge. Where an error from float64 exceeds 1e-4,
PyTorch is asked once more, in both precisions, with every function that has a kink made to decide as it did in the
program's run (that of the map itself). "alike" holds what is left of the errors then: the program from float64, PyTorch's float32 from
float64 (of five pictures that differ by roundings, if one does not explain it). "decisions" is how many differ from
those of float64, "edge" how far the farthest of them lies from its edge, in units of the largest error of PyTorch's
float32 in that tensor. A mistake of the program would stay in "alike", or show as a decision far from its edge.

Every result must be within 1e-4 of float64 ("ok"); or come within 1e-4 or three times PyTorch's own error once the
decisions are the same, with the farthest at most three such errors from its edge ("edges"; "rounding", if no
decision differed); or be at most three times as far off as PyTorch's float32 ("as torch").

Needs Debian's python3-torch, python3-torchvision and python3-onnx; for --dynamo, which exports by the newer exporter,
a newer torch with onnxscript. A network takes about a minute; the suite's part
of this is test-golden, with what make.py made.
"""
import argparse
import hashlib
import math
import os
import subprocess
import sys
import tempfile
import traceback
import unittest.mock

import numpy
import onnx
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import torchnets  # noqa: E402 (beside the benchmarks that share it)

TOLERANCE = 1e-4  # of the maximum: what is promised
AS_TORCH = 3  # times PyTorch's own error, of which only a sample is seen: both round, in different orders
N_PERTURBED = 4
ROUNDING = 2.0 ** -22
CANCELLED = 1e-3  # of the same map without signs: there is no map of which to take an error
OTHER_CLASS = 7
TITLES = {"output": "output", "gradcam": "Grad-CAM", "hirescam": "HiResCAM", "gradient": "gradient"}

# From activation and gradient [1, C, spatial...] to the signed map
METHODS = {
    "gradcam": lambda a, g: (g.mean(tuple(range(2, g.dim())), keepdim=True) * a).sum(1),
    "hirescam": lambda a, g: (g * a).sum(1),
}


class Watched(torch.nn.Module):
    """A network whose forward also returns what the modules named in @layers put out."""

    def __init__(self, net, layers):
        super().__init__()
        self.net = net
        self.seen = {}
        self.order = layers
        for name in layers:
            net.get_submodule(name).register_forward_hook(self.watch(name))
        self.eval()  # the exporter puts modules back into the mode that it found the outermost in

    def watch(self, name):
        def hook(_module, _inputs, output):
            self.seen[name] = output
            return output.clone()  # what follows may work in place
        return hook

    def forward(self, x):
        self.seen.clear()
        y = self.net(x)
        return (y, *(self.seen[name] for name in self.order))


def to_map(out, x):
    """@out as N x C x spatial, None if it is none. Pictures here are square, which tells channels-last tensors; a list of
    tokens is a square number of them, behind a class token or not."""
    if out.dim() == 4 and x.dim() == 4 and out.shape[1] == out.shape[2] != out.shape[3]:
        out = out.movedim(-1, 1)
    elif out.dim() == 3 and x.dim() == 4 and out.shape[0] == x.shape[0]:
        side = math.isqrt(out.shape[1])
        if out.shape[1] - side * side > 1:
            return None
        out = out[:, out.shape[1] - side * side:].transpose(1, 2).unflatten(2, (side, side))
    elif out.dim() == 4 and out.shape[2] != out.shape[3]:
        return None  # windows of tokens, whose order only the network knows
    return out if out.dim() == x.dim() and out.shape[2:].numel() > 1 else None


def choose_layers(net, x, n):
    """Modules with spatial outputs that depend on @x and are called once, spread evenly from the first to the last."""
    net.requires_grad_(False)
    calls, handles = {}, []

    def watch(name):
        def hook(_module, _inputs, output):
            calls.setdefault(name, []).append(output)
        return hook

    for name, module in net.named_modules():
        if name and not isinstance(module, torch.nn.Dropout):
            handles.append(module.register_forward_hook(watch(name)))
    y = net(x.clone().requires_grad_(True))
    for handle in handles:
        handle.remove()
    seen, names = {id(y)}, []
    for name, outputs in calls.items():
        out = outputs[0]
        if len(outputs) > 1 or not torch.is_tensor(out) or not out.requires_grad or id(out) in seen:
            continue
        if to_map(out, x) is not None:
            seen.add(id(out))
            names.append(name)
    if len(names) <= n:
        return names
    return [names[round(k * (len(names) - 1) / max(n - 1, 1))] for k in range(n)]


def error_of(actual, expected):
    if tuple(actual.shape) != tuple(expected.shape):
        raise RuntimeError(f"shape {tuple(actual.shape)}, expected {tuple(expected.shape)}")
    largest = numpy.abs(expected).max()
    if not largest > 0:
        raise RuntimeError("PyTorch answers nothing but zeros: there is nothing to compare")
    return float(numpy.abs(actual.astype(numpy.float64) - expected).max() / largest)


def ask_torch(watched, x, classes):
    """name of a result -> array: "output", ("input", class), (method, layer, class)"""
    x = x.clone().requires_grad_(True)
    y, *activations = watched(x)
    results = {"output": y.detach().double().numpy()}
    for k in classes:
        gradients = torch.autograd.grad(y[0, k].sum(), [x, *activations], retain_graph=True, allow_unused=True)
        results["gradient", None, k] = gradients[0].double().numpy()
        for layer, (a, g) in enumerate(zip(activations, gradients[1:])):
            for method, combine in METHODS.items():
                if g is None:
                    continue
                a, g = to_map(a.detach().double(), x), to_map(g.double(), x)
                cam = combine(a, g)
                # No token of the picture is read after the last attention, and some sums cancel: such a map is rounding
                # error by definition.
                if cam.abs().max() > CANCELLED * combine(a.abs(), g.abs()).max():
                    results[method, layer, k] = cam.numpy()
    return results


class Decisions:
    """Which piece of every function with a kink the program was on, in the order of the graph; made to hold in PyTorch."""

    def __init__(self, tensors):
        # (operator, its output in the program's run, or its input for MaxPool); None where the gradient does not come by
        self.tensors = tensors
        self.singles = []  # what PyTorch's float32 puts in
        self.next = self.n_differing = 0
        self.edge = 0.0

    def digest(self):
        """The same for the same decisions."""
        found = hashlib.sha256()
        for _, value in self.tensors:
            found.update(b"-" if value is None else value.numpy().tobytes())
        return found.digest()

    def take(self, x, *operators):
        if self.next == len(self.tensors):
            raise RuntimeError("PyTorch has more functions with kinks than the file")
        operator, value = self.tensors[self.next]
        self.next += 1
        if x.dtype == torch.float32:
            self.singles.append(x.detach())
        if operator not in operators or (value is not None and value.shape != x.shape):
            shape = "" if value is None else f" {list(value.shape)}"
            raise RuntimeError(f"{operator}{shape} in the file, {operators[0]} {list(x.shape)} in PyTorch")
        return operator, value

    def count(self, x, differing, distance):
        if x.dtype == torch.float64 and differing.any():
            noise = (x - self.singles[self.next - 1]).abs().max()
            self.n_differing += int(differing.sum())
            self.edge = max(self.edge, float(distance[differing].max() / noise))

    def piece(self, x, low, high, is_low, is_high, middle, values):
        """@low, @high: the kinks of x; @values: what the function is beyond them."""
        self.count(x, (x > low) == is_low, (x - low).abs())
        if high is not None:
            self.count(x, (x < high) == is_high, (x - high).abs())
        y = torch.where(is_low, values[0], middle)
        return y if high is None else torch.where(is_high, values[1], y)

    def relu(self, x, inplace=False):
        _, y = self.take(x, "Relu")
        if y is None:
            return x.clamp(min=0)
        return self.piece(x, 0, None, y <= 0, None, x, [torch.zeros_like(x)])

    def hardtanh(self, x, min_val=-1.0, max_val=1.0, inplace=False):
        _, y = self.take(x, "Clip")
        if y is None:
            return x.clamp(min_val, max_val)
        ends = [torch.full_like(x, min_val), torch.full_like(x, max_val)]
        return self.piece(x, min_val, max_val, y <= min_val, y >= max_val, x, ends)

    def relu6(self, x, inplace=False):
        return self.hardtanh(x, 0.0, 6.0)

    def hardsigmoid(self, x, inplace=False):
        _, y = self.take(x, "HardSigmoid")
        if y is None:
            return (x / 6 + 0.5).clamp(0, 1)
        return self.piece(x, -3, 3, y <= 0, y >= 1, x / 6 + 0.5, [torch.zeros_like(x), torch.ones_like(x)])

    def hardswish(self, x, inplace=False):
        operator, y = self.take(x, "HardSwish", "HardSigmoid")
        if y is None:
            return x * (x / 6 + 0.5).clamp(0, 1)
        is_high = y >= (3 if operator == "HardSwish" else 1)
        return self.piece(x, -3, 3, y == 0, is_high, x * (x / 6 + 0.5), [torch.zeros_like(x), x])

    def max_pool(self, pool):
        def pooled(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
            _, seen = self.take(x, "MaxPool")
            window = (kernel_size, stride, padding, dilation, ceil_mode)
            highest, _ = pool(x, *window, return_indices=True)
            if seen is None:
                return highest
            _, where = pool(seen, *window, return_indices=True)
            y = x.flatten(2).gather(2, where.flatten(2)).reshape(highest.shape)
            self.count(x, y < highest, highest - y)
            return y
        return pooled

    def ask(self, watched, x, classes):
        """ask_torch with these decisions. PyTorch's modules call these functions by name, so all of them follow."""
        functional = torch.nn.functional
        names = {name: getattr(self, name) for name in ("relu", "relu6", "hardtanh", "hardsigmoid", "hardswish")}
        names.update({name: self.max_pool(getattr(functional, name)) for name in ("max_pool2d", "max_pool3d")})
        self.next = 0
        if x.dtype == torch.float32:
            self.singles.clear()
        with unittest.mock.patch.multiple(functional, **names):
            results = ask_torch(watched, x, classes)
        if self.next != len(self.tensors):
            raise RuntimeError("PyTorch has fewer functions with kinks than the file")
        return results


def perturbed(x):
    return x * (1 + ROUNDING * (2 * torch.rand_like(x) - 1))


def ask_both(ask, watched, x, classes):
    """In float32 and in float64."""
    return ask(watched.float(), x, classes), ask(watched.double(), x.double(), classes)


def export(watched, shape, path, args, opset):
    """The network with its watched tensors named, but not as outputs."""
    names = [f"layer{index}" for index in range(len(watched.order))]
    watched.requires_grad_(True)  # or attention takes a short cut that this exporter cannot express
    torchnets.export(watched, shape, path, opset, outputs=["output", *names], dynamic=args.dynamic,
                     folding=not args.no_folding, dynamo=args.dynamo)
    watched.requires_grad_(False)
    model = onnx.load(path)
    del model.graph.output[1:]
    onnx.save(model, path)


class Program:
    def __init__(self, args):
        self.args = args
        self.graph = None
        listing = self.call("methods")
        self.methods = {line.split()[0] for line in listing.splitlines() if line}
        self.kinds = ["output", *(kind for kind in (*METHODS, "gradient") if kind in self.methods)]

    def call(self, *words):
        done = subprocess.run([self.args.cli, *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip() or f"status {done.returncode}")
        return done.stdout

    def ask(self, folder, key, tensors=()):
        """@tensors: (name, file) of what to write of the same run, for maps."""
        model, x, out = (os.path.join(folder, name) for name in ("net.onnx", "x.npy", "out.npy"))
        common = ["--backend", self.args.backend]
        if key == "output":
            self.call("run", model, x, *common, "--output", f"output={out}")
        else:
            method, layer, k = key
            where = ["--layer", f"layer{layer}"] if layer is not None else []
            for name, file in tensors:
                where += ["--tensor", f"{name}={file}"]
            self.call("explain", model, x, *common, "--method", method, *where, "--class", str(k), "--polarity", "signed",
                      "--region", "all", "--raw", out)
        return numpy.load(out)

    def graph_of(self, path):
        """Without the weights; read once."""
        identity = (path, os.stat(path).st_ino)
        if self.graph is None or self.graph[0] != identity:
            graph = onnx.load(path).graph
            del graph.initializer[:]
            self.graph = (identity, graph)
        return self.graph[1]

    def decide(self, folder, key):
        """A map, and the decisions in its own run: those that lie between its layer and the output."""
        graph = self.graph_of(os.path.join(folder, "net.onnx"))
        behind = {"input" if key[1] is None else f"layer{key[1]}"}
        wanted = []
        for node in graph.node:
            reached = not behind.isdisjoint(node.input)
            if reached:
                behind.update(node.output)
            if node.op_type in ("Relu", "Clip", "HardSigmoid", "HardSwish", "MaxPool"):
                name = node.input[0] if node.op_type == "MaxPool" else node.output[0]
                wanted.append((node.op_type, name if reached else None))
        names = sorted({name for _, name in wanted if name is not None})
        files = {name: os.path.join(folder, f"seen{index}.npy") for index, name in enumerate(names)}
        answer = self.ask(folder, key, files.items())
        tensors = {name: torch.from_numpy(numpy.load(file)) for name, file in files.items()}
        return answer, Decisions([(operator, tensors.get(name)) for operator, name in wanted])


class Row:
    """What one line of the table says."""

    def __init__(self, program):
        self.kinds = program.kinds
        self.worst = {}  # kind -> [program from float32, program from float64, float32 from float64]
        self.far = {}  # results whose error exceeds the tolerance -> (what the program says, PyTorch's own error)
        self.alike = None  # (program, PyTorch) from float64 with the same decisions
        self.n_differing, self.edge = 0, 0.0
        self.problems = []

    def add(self, key, kind, answer, single, exact):
        errors = [error_of(answer, single), error_of(answer, exact), error_of(single, exact)]
        self.worst[kind] = [max(pair) for pair in zip(errors, self.worst.get(kind, errors))]
        if not errors[1] <= TOLERANCE:
            self.far[key] = (answer, errors[1], errors[2])
            if key == "output" and errors[1] > AS_TORCH * errors[2]:
                self.problems.append(f"output: off by {errors[1]:.1e}, PyTorch by {errors[2]:.1e}")

    def decide_alike(self, program, folder, watched, x, classes):
        """What is left of the errors beyond the tolerance once PyTorch decides as the program did."""
        self.alike = (0.0, 0.0)
        asked = {}  # PyTorch's answers, by layer and decisions: most results of a layer have the same ones
        for key in self.far:
            if key == "output":
                continue
            _, error, unequal = self.far[key]
            answer, decisions = program.decide(folder, key)
            known = (key[1], decisions.digest())
            if known not in asked:
                single, exact = ask_both(decisions.ask, watched, x, classes)
                asked[known] = (decisions.n_differing, decisions.edge, single, exact)
            n_differing, edge, single, exact = asked[known]
            self.n_differing = max(self.n_differing, n_differing)
            self.edge = max(self.edge, edge)
            alike, own = error_of(answer, exact[key]), error_of(single[key], exact[key])
            for _ in range(N_PERTURBED if alike > max(TOLERANCE, AS_TORCH * own) else 0):
                single, exact = ask_both(decisions.ask, watched, perturbed(x), classes)
                own = max(own, error_of(single[key], exact[key]))
            self.alike = max(self.alike, (alike, own))
            if (alike > max(TOLERANCE, AS_TORCH * own) or edge > AS_TORCH) and error > AS_TORCH * unequal:
                self.problems.append(f"{key}: off by {error:.1e}, PyTorch by {unequal:.1e}; with the same decisions by "
                                     f"{alike:.1e}, PyTorch by {own:.1e}; {edge:.1f} from an edge")

    def verdict(self):
        if self.problems:
            return "FAIL"
        if not self.far:
            return "ok"
        if self.alike is None or self.alike[0] > max(TOLERANCE, AS_TORCH * self.alike[1]) or self.edge > AS_TORCH:
            return "as torch"
        return "edges" if self.n_differing else "rounding"

    def show(self, name, opset):
        cells = [" ".join(f"{error:.0e}" for error in self.worst[kind]) if kind in self.worst else "-" for kind in self.kinds]
        if self.alike is not None:
            cells += [" ".join(f"{error:.0e}" for error in self.alike), str(self.n_differing), f"{self.edge:.1f}"]
        else:
            cells += ["", "", ""]
        print("| " + " | ".join([name, str(opset), *cells, self.verdict()]) + " |", flush=True)


def compare_file(program, folder, watched, x, single, exact):
    row = Row(program)
    for key, expected in exact.items():
        kind = key if key == "output" else key[0]
        if kind not in program.kinds or key not in single:
            continue
        try:
            row.add(key, kind, program.ask(folder, key), single[key], expected)
        except RuntimeError as failure:
            row.problems.append(f"{key}: {failure}")
    if row.far:
        try:
            row.decide_alike(program, folder, watched, x, sorted({key[2] for key in exact if key != "output"}))
        except RuntimeError as failure:
            row.problems.append(f"same decisions: {failure}")
    return row


def pick_classes(watched, x):
    """The one with the highest score, and another."""
    with torch.no_grad():
        scores = watched(x)[0][0].flatten(1).sum(1) if watched(x)[0].dim() > 2 else watched(x)[0][0]
    top = int(scores.argmax())
    return [top, OTHER_CLASS if top != OTHER_CLASS else OTHER_CLASS + 1]


def export_all(name, watched, folder, args):
    """The opsets that the network could be exported for."""
    net, done = torchnets.NETS[name], []
    for opset in sorted({max(int(opset), net.opset) for opset in args.opsets.split(",")}):
        try:
            export(watched, net.shape(args.size or net.small), os.path.join(folder, f"{opset}.onnx"), args, opset)
            done.append(opset)
        except Exception as failure:  # pylint: disable=broad-except; whatever the exporter raises
            reason = (str(failure).strip() or type(failure).__name__).splitlines()[0]
            print(f"{name:29s} {opset:3d}  not exported: {reason}", flush=True)
    return done


def compare_net(program, name, args):
    net = torchnets.NETS[name]
    size = args.size or net.small
    plain = net.build(size)
    torch.manual_seed(torchnets.SEED + 1)
    x = torch.randn(1, *net.shape(size))
    watched = Watched(plain, choose_layers(plain, x, args.layers))
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        opsets = export_all(name, watched, folder, args)
        numpy.save(os.path.join(folder, "x.npy"), x.numpy())
        classes = pick_classes(watched.float(), x)
        single, exact = ask_both(ask_torch, watched, x, classes)
        for opset in opsets:
            link = os.path.join(folder, "net.onnx")
            if os.path.lexists(link):
                os.remove(link)
            os.link(os.path.join(folder, f"{opset}.onnx"), link)
            row = compare_file(program, folder, watched, x, single, exact)
            row.show(name, opset)
            problems += [f"{name} opset {opset}: {problem}" for problem in row.problems]
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", default="whylight-cli", help="the program to compare")
    parser.add_argument("--opsets", default="11,13,17")
    parser.add_argument("--size", type=int, help="height and width of the input (the smallest that makes sense)")
    parser.add_argument("--dynamic", action="store_true", help="export with open batch and spatial sizes")
    parser.add_argument("--no-folding", action="store_true", help="export without folding of constants")
    parser.add_argument("--dynamo", action="store_true", help="by the newer exporter (torch 2.5 or later, with onnxscript; opset 18)")
    parser.add_argument("--layers", type=int, default=5, help="how many to compare maps at (5)")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    parser.add_argument("name", nargs="*", help="networks (all)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    program = Program(args)
    columns = ["network", "opset", *(TITLES[kind] for kind in program.kinds), "alike", "decisions", "edge", ""]
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    problems = []
    for name in args.name or torchnets.NETS:
        try:
            problems += compare_net(program, name, args)
        except Exception:  # pylint: disable=broad-except; one network must not hide the others
            problems.append(f"{name}: {traceback.format_exc(limit=3)}")
    print("", *problems, "Not all agree." if problems else "All agree.", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
