#!/usr/bin/python3
"""Compares whylight-cli with PyTorch's autograd on torchvision's networks.

    compare.py [--cli PATH] [--opsets 11,13,17] [--smooth] [--dynamic] [--no-folding] [--backend NAME] [NAME...]

Every network is built with seeded random weights, asked by PyTorch in float64 and in float32, exported by
torch.onnx.export, and asked by whylight-cli. Compared are the output, signed Grad-CAM (and HiResCAM, where the
program knows it) at layers spread over the depth, and the gradient by the input, for the top class and another one.
An error is the largest difference from float64, over the largest magnitude of what float64 says. "torch" is what
single precision costs PyTorch: the largest error of its own float32, and of float64 on pictures that differ by a few
roundings of float32. A gradient jumps where a ReLU or a maximum changes its mind, and of the millions in a large
network some sit on the edge: there the program can be no nearer than PyTorch is to itself. So a network that is off by more
than the tolerance is asked about another picture ("again"): a mistake would show with every picture, an edge does
not. --smooth takes the jumps out (SiLU for ReLU, mean for maximum), for networks so large that no picture is free
of them: nothing but the program's arithmetic is left then.

Needs Debian's python3-torch, python3-torchvision and python3-onnx. Takes minutes; the suite's part of this is
test-golden, with what make.py made.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import traceback

import numpy
import onnx
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import torchnets  # noqa: E402 (beside the benchmarks that share it)

TOLERANCE = 1e-4  # of the maximum: what is promised
CANCELLED = 1e-3  # of the same map without signs: there is no map of which to take an error
OTHER_CLASS = 7
N_PERTURBED = 2
ROUNDING = 2.0 ** -22
SLOW = ["vgg16", "vit_b_16"]  # their smaller sisters are compared

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


def choose_layers(net, x, n):
    """Modules with spatial outputs that are called once, spread evenly from the first to the last."""
    calls, handles = {}, []

    def watch(name):
        def hook(_module, _inputs, output):
            calls.setdefault(name, []).append(output)
        return hook

    for name, module in net.named_modules():
        if name and not isinstance(module, torch.nn.Dropout):
            handles.append(module.register_forward_hook(watch(name)))
    with torch.no_grad():
        y = net(x)
    for handle in handles:
        handle.remove()
    seen, names = {id(y)}, []
    for name, outputs in calls.items():
        out = outputs[0]
        if len(outputs) > 1 or not torch.is_tensor(out) or id(out) in seen:
            continue
        if out.dim() == x.dim() and out.shape[2:].numel() > 1:
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
                a, g = a.detach().double(), g.double()
                cam = combine(a, g)
                # Where channels are last, a normalisation's gradient sums to nothing over what the method takes for
                # space: such a map is rounding error by definition.
                if cam.abs().max() > CANCELLED * combine(a.abs(), g.abs()).max():
                    results[method, layer, k] = cam.numpy()
    return results


def smooth():
    """Modules call these functions by name, so all of them change."""
    functional = torch.nn.functional
    functional.relu = lambda x, inplace=False: functional.silu(x)
    functional.relu6 = lambda x, inplace=False: functional.silu(x)

    def mean(pool):
        def pooled(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
            return pool(x, kernel_size, stride, padding, ceil_mode)
        return pooled

    functional.max_pool2d = mean(functional.avg_pool2d)
    functional.max_pool3d = mean(functional.avg_pool3d)
    torch.max_pool2d, torch.max_pool3d = functional.max_pool2d, functional.max_pool3d
    torch.nn.ReLU6.forward = lambda _self, x: functional.silu(x)


def perturbed(x):
    return x * (1 + ROUNDING * (2 * torch.rand_like(x) - 1))


def export(watched, shape, path, args, opset):
    """The network with its watched tensors named, but not as outputs."""
    names = [f"layer{index}" for index in range(len(watched.order))]
    torchnets.export(watched, shape, path, opset, outputs=["output", *names], dynamic=args.dynamic,
                     folding=not args.no_folding, dynamo=args.dynamo)
    model = onnx.load(path)
    del model.graph.output[1:]
    onnx.save(model, path)


class Program:
    def __init__(self, args):
        self.args = args
        listing = self.call("methods")
        self.methods = {line.split()[0] for line in listing.splitlines() if line}
        self.kinds = ["output", *(kind for kind in (*METHODS, "gradient") if kind in self.methods)]

    def call(self, *words):
        done = subprocess.run([self.args.cli, *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip() or f"status {done.returncode}")
        return done.stdout

    def ask(self, folder, key):
        model, x, out = (os.path.join(folder, name) for name in ("net.onnx", "x.npy", "out.npy"))
        common = ["--backend", self.args.backend]
        if key == "output":
            self.call("run", model, x, *common, "--output", f"output={out}")
        else:
            method, layer, k = key
            where = ["--layer", f"layer{layer}"] if layer is not None else []
            self.call("explain", model, x, *common, "--method", method, *where, "--class", str(k), "--polarity", "signed",
                      "--region", "all", "--raw", out)
        return numpy.load(out)


def compare_file(program, folder, watched, exact, others):
    """Errors of one exported file: the worst of each kind, and messages."""
    worst, problems = {}, []
    for key, expected in exact.items():
        kind = key if key == "output" else key[0]
        if kind not in program.kinds or any(key not in other for other in others):
            continue
        where = watched.order[key[1]] if kind != "output" and key[1] is not None else ""
        try:
            error = error_of(program.ask(folder, key), expected)
        except RuntimeError as failure:
            problems.append(f"{kind} {where}: {failure}")
            continue
        noise = max(error_of(other[key], expected) for other in others)
        if kind not in worst or error > worst[kind][0]:
            worst[kind] = (error, noise, where)
        if not error <= TOLERANCE:
            cause = "an edge that PyTorch has as well" if error <= 3 * noise else "an edge, if another picture passes"
            problems.append(f"{kind} {where} class {key[2] if kind != 'output' else '-'}: off by {error:.1e}, "
                            f"PyTorch by {noise:.1e}: {cause}")
    return worst, problems


def show(worst, kind):
    if kind not in worst:
        return "       -       "
    return f"{worst[kind][0]:7.1e} {worst[kind][1]:7.1e}"


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
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        pending = export_all(name, watched, folder, args)
        for picture in range(args.pictures):
            if not pending:
                break
            numpy.save(os.path.join(folder, "x.npy"), x.numpy())
            classes = pick_classes(watched.float(), x)
            single = ask_torch(watched, x, classes)
            exact = ask_torch(watched.double(), x.double(), classes)
            others = [single] + [ask_torch(watched, perturbed(x.double()), classes) for _ in range(N_PERTURBED)]
            for opset in list(pending):
                link = os.path.join(folder, "net.onnx")
                if os.path.lexists(link):
                    os.remove(link)
                os.link(os.path.join(folder, f"{opset}.onnx"), link)
                worst, problems = compare_file(program, folder, watched, exact, others)
                maps = "  ".join(show(worst, kind) for kind in program.kinds)
                verdict = "ok" if not problems else "FAIL" if picture + 1 == args.pictures else "again"
                print(f"{name:29s} {opset:3d}  {maps}  {worst.get('gradcam', (0, 0, '-'))[2]:40s} {verdict}", flush=True)
                if not problems:
                    pending.remove(opset)
                failures += [f"{name} opset {opset}, picture {picture}: {problem}" for problem in problems]
            x = torch.randn(1, *net.shape(size))
    return failures, len(pending)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", default="whylight-cli", help="the program to compare")
    parser.add_argument("--opsets", default="11,13,17")
    parser.add_argument("--size", type=int, help="height and width of the input (the smallest that makes sense)")
    parser.add_argument("--smooth", action="store_true", help="put functions without kinks in the place of ReLU and maximum")
    parser.add_argument("--dynamic", action="store_true", help="export with open batch and spatial sizes")
    parser.add_argument("--no-folding", action="store_true", help="export without folding of constants")
    parser.add_argument("--dynamo", action="store_true", help="by the newer exporter (torch 2.5 or later, with onnxscript; opset 18)")
    parser.add_argument("--layers", type=int, default=5, help="how many to compare Grad-CAM at (5)")
    parser.add_argument("--pictures", type=int, default=3, help="how many to try (3)")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    parser.add_argument("name", nargs="*", help="networks (all but the largest)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.smooth:
        smooth()
    program = Program(args)
    print(f"{'':29s}      " + "  ".join(f"{kind:15s}" for kind in program.kinds))
    print(f"{'network':29s} opset " + "  ".join("program torch  " for kind in program.kinds) + "  worst layer")
    failures, n_failed = [], 0
    for name in args.name or [name for name in torchnets.NETS if name not in SLOW]:
        try:
            found, n_pending = compare_net(program, name, args)
            failures += found
            n_failed += n_pending
        except Exception:  # pylint: disable=broad-except; one network must not hide the others
            failures.append(f"{name}: {traceback.format_exc(limit=3)}")
            n_failed += 1
    print("", *failures, f"{n_failed} failed" if n_failed else "All within tolerance.", sep="\n")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
