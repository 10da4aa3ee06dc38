#!/usr/bin/env python3
"""Times methods with many runs of the network: Whylight beside the libraries that have them, in turn.

    methods.py [--threads N] [--rounds N] [--masks N] [--samples N] [--methods LIST] [--cli PATH] --nets FOLDER [NAME...]

FOLDER holds the networks of torchnets.py as ONNX files; the libraries explain the same architecture in
PyTorch. Every program makes the same number of runs of the network for a map: one for each channel of the
layer (Score-CAM, Ablation-CAM), for each mask (RISE), for each noisy picture and back (SmoothGrad). A new
random picture each time, one map to warm up. A round measures all of them one after the other; the ratio is
taken to the fastest library of the round, and what is printed is the median over rounds. RISE is in none of
these libraries: there the authors' way, masks in batches, stands for them in PyTorch.
"""
import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import time

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import torchnets  # noqa: E402
from peers import version  # noqa: E402

# Where: the module, in PyTorch. Layers of a few hundred channels, early and late.
LAYERS = {"resnet18": "layer4", "mobilenet_v2": "features.17", "resnet50": "layer1"}
# Pictures at once in PyTorch: the libraries' own presets are 16 (pytorch-grad-cam) and 32 (TorchCAM, and
# Ablation-CAM).
BATCH = 16


class Torch:
    """One network in PyTorch and the methods on it; each returns milliseconds."""

    def __init__(self, name, args):
        torch.set_num_threads(args.threads)
        spec = torchnets.NETS[name]
        self.net = spec.build()
        self.shape = (1,) + spec.shape()
        self.layer = self.net.get_submodule("net." + LAYERS[name])
        self.args = args
        found = []
        hook = self.layer.register_forward_hook(lambda m, _, out: found.append(out.detach()))
        self.net(self.picture())
        hook.remove()
        self.layer_shape = list(found[0].shape)
        flat = found[0].flatten(2)
        self.n_flat = int((flat.amax(2) == flat.amin(2)).sum())

    def picture(self):
        return torch.rand(self.shape) * 2 - 1

    def timed(self, call):
        picture = self.picture()
        with contextlib.redirect_stderr(io.StringIO()):
            start = time.perf_counter()
            call(picture)
            return 1e3 * (time.perf_counter() - start)

    def target(self, output):
        return output[0]

    def scorecam(self):
        from pytorch_grad_cam import ScoreCAM
        from torchcam.methods import ScoreCAM as Theirs

        def by_torchcam(picture):
            with Theirs(self.net, self.layer, input_shape=self.shape[1:]) as extractor, torch.no_grad():
                output = self.net(picture)
                extractor(0, output)

        def by_pytorch_grad_cam(picture):
            with ScoreCAM(self.net, [self.layer]) as cam:
                cam(picture, targets=[self.target])
        return {"pytorch-grad-cam": by_pytorch_grad_cam, "TorchCAM": by_torchcam}

    def ablationcam(self):
        from pytorch_grad_cam import AblationCAM

        def run(picture):
            with AblationCAM(self.net, [self.layer]) as cam:
                cam(picture, targets=[self.target])
        return {"pytorch-grad-cam": run}

    def smoothgrad(self):
        from captum.attr import NoiseTunnel, Saliency
        tunnel = NoiseTunnel(Saliency(self.net))

        def with_batch(size):
            return lambda picture: tunnel.attribute(picture, nt_type="smoothgrad", nt_samples=self.args.samples,
                                                    nt_samples_batch_size=size, stdevs=0.3, target=0, abs=False)
        return {"Captum, all at once": with_batch(None), "Captum, 5 at once": with_batch(5)}

    def rise(self):
        def run(picture):
            masks = make_masks(self.args.masks, self.shape[2:])
            scores = []
            with torch.no_grad():
                for begin in range(0, self.args.masks, BATCH):
                    scores.append(self.net(picture * masks[begin:begin + BATCH])[:, 0])
            (torch.cat(scores) @ masks.flatten(1)) / self.args.masks / 0.5
        return {"PyTorch": run}


def make_masks(count, size, cells=7, share=0.5):
    """As RISE's authors do: a grid enlarged to one cell more than the picture, cut out at random."""
    cell = [-(-side // cells) for side in size]
    grid = (torch.rand(count, 1, cells, cells) < share).float()
    large = torch.nn.functional.interpolate(grid, [(cells + 1) * side for side in cell], mode="bilinear", align_corners=False)
    masks = torch.empty(count, 1, *size)
    for index in range(count):
        y, x = (int(torch.randint(0, side, ())) for side in cell)
        masks[index] = large[index, :, y:y + size[0], x:x + size[1]]
    return masks


def find_layer(args, model, shape):
    """The last tensor of that shape in the ONNX file."""
    done = subprocess.run([args.cli, "layers", model, "--json"], capture_output=True, text=True, check=True)
    return [layer["name"] for layer in json.loads(done.stdout)["layers"] if layer["shape"] == shape][-1]


def whylight(args, model, method, layer, options):
    command = [args.cli, "bench", model, "--what", "explain", "--repeat", "1", "--threads", str(args.threads), "--json",
               "--method", method]
    if layer:
        command += ["--layer", layer]
    for option in options:
        command += ["--option", option]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)["explain_ms"]


def measure(args, net, model, name, method):
    layer = find_layer(args, model, net.layer_shape) if method in ("scorecam", "ablationcam") else None
    options = {"rise": [f"masks={args.masks}"], "smoothgrad": [f"samples={args.samples}"]}.get(method, [])
    runs = {"rise": args.masks, "smoothgrad": args.samples}.get(method, net.layer_shape[1])
    calls = getattr(net, method)()
    ours, theirs = [], {title: [] for title in calls}
    for _ in range(args.rounds):
        ours.append(whylight(args, model, method, layer, options))
        for title, call in calls.items():
            theirs[title].append(net.timed(call))
    best = [min(times[at] for times in theirs.values()) for at in range(args.rounds)]
    ratio = statistics.median(b / o for b, o in zip(best, ours))
    others = ", ".join(f"{title} {statistics.median(times):.0f}" for title, times in theirs.items())
    where = f"{LAYERS[name]}, {'x'.join(str(d) for d in net.layer_shape[1:])}" if layer else "input"
    print(f"| {name} | {method} | {where} | {runs} | {statistics.median(ours):.0f} | {others} | {ratio:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--masks", type=int, default=96)
    parser.add_argument("--samples", type=int, default=25)
    parser.add_argument("--methods", default="scorecam,ablationcam,rise,smoothgrad")
    parser.add_argument("--cli", default=os.path.join(HERE, "..", "..", "build", "src", "cli", "whylight-cli"))
    parser.add_argument("--nets", required=True, metavar="FOLDER")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()

    versions = ", ".join(f"{title} {version(title)}" for title in ("torch", "grad-cam", "torchcam", "captum"))
    print(f"{args.threads} threads, {args.rounds} rounds, {versions}; milliseconds for one map")
    print("| network | method | at | runs | Whylight | others | fastest other / Whylight |")
    print("|---|---|---|--:|--:|---|--:|")
    for name in args.names or LAYERS:
        net = Torch(name, args)
        for _ in range(2):
            with torch.no_grad():
                net.net(net.picture().expand(BATCH, -1, -1, -1).contiguous())
        for method in args.methods.split(","):
            measure(args, net, os.path.join(args.nets, name + ".onnx"), name, method)


if __name__ == "__main__":
    main()
