#!/usr/bin/env python3
"""Times Whylight beside ONNX Runtime, and beside PyTorch and its explanation libraries, in turn, in one run.

    bench.py [--threads N] [--rounds N] [--repeat N] [--peers] [--cli PATH] MODEL.onnx...

Each round measures all of them, one after the other, so that a machine whose speed drifts treats them
alike; a round's figure is the median of its repetitions, a ratio is taken round by round, and what is printed
is the median over rounds. Batch 1, new random input every time, warmed up. Needs the package onnxruntime; with
--peers also torch and torchvision, and measures those of grad-cam, torchcam and captum that are installed (a
virtual environment is the place for them). Models are files of torchnets.py where --peers is wanted: the name of the
file says which network PyTorch makes.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy
import onnxruntime

HERE = os.path.dirname(os.path.abspath(__file__))


def whylight(args, model, *options):
    command = [args.cli, "bench", model, "--threads", str(args.threads), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def status(key):
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key)) / 1024


class Runtime:
    """One session of ONNX Runtime; load_ms is what making it took."""

    def __init__(self, threads, model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        start = time.perf_counter()
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.load_ms = 1e3 * (time.perf_counter() - start)
        entry = self.session.get_inputs()[0]
        self.name = entry.name
        self.shape = [size if isinstance(size, int) else 1 for size in entry.shape]

    def run(self):
        self.session.run(None, {self.name: numpy.random.rand(*self.shape).astype(numpy.float32)})

    def forward_ms(self, repeat):
        times = []
        for run in range(repeat + 2):
            picture = numpy.random.rand(*self.shape).astype(numpy.float32)
            start = time.perf_counter()
            self.session.run(None, {self.name: picture})
            if run >= 2:
                times.append(1e3 * (time.perf_counter() - start))
        return statistics.median(times)


def runtime_peak(args, model):
    """Megabytes that a fresh process grows by for a session and two runs of it."""
    command = [sys.executable, os.path.abspath(__file__), "--peak-of-runtime", "--threads", str(args.threads), model]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure(args, model):
    """A row of figures: medians over the rounds."""
    name = os.path.splitext(os.path.basename(model))[0]
    runtime = Runtime(args.threads, model)
    others, libraries = None, []
    if args.peers:
        import peers
        others, libraries = peers.Peers(name, args.threads), [title for title, _ in peers.Peers.installed()]
    rounds = []
    for _ in range(args.rounds):
        row = whylight(args, model, "--repeat", str(args.repeat))
        row["runtime"] = runtime.forward_ms(args.repeat)
        row["runtime_load"] = Runtime(args.threads, model).load_ms
        if others is not None:
            few = max(args.repeat // 3, 2)
            row["torch"] = others.forward_ms(few)
            for library in libraries:
                row[library] = others.explain_ms(library, few)
        rounds.append(row)

    def middle(value):
        values = [value(row) for row in rounds]
        return None if None in values else statistics.median(values)

    figures = {"forward": middle(lambda r: r["forward_ms"]), "ONNX Runtime": middle(lambda r: r["runtime"]),
               "ratio": middle(lambda r: r["forward_ms"] / r["runtime"]),
               "Grad-CAM": middle(lambda r: r["explain_ms"]),
               "to its forward": middle(lambda r: r["explain_ms"] / r["runtime"]),
               "all layers": middle(lambda r: r["all_layers_ms"]),
               "to own forward": middle(lambda r: r["all_layers_ms"] / r["forward_ms"]),
               "class change": middle(lambda r: r["class_change_ms"] / r["forward_ms"]),
               "layer change": middle(lambda r: r["layer_change_ms"]),
               "load": middle(lambda r: r["load_ms"]), "to its load": middle(lambda r: r["load_ms"] / r["runtime_load"])}
    figures["peak MB"] = middle(lambda r: r["peak_mb"])
    figures["its peak MB"] = runtime_peak(args, model)
    if others is not None:
        figures["PyTorch"] = middle(lambda r: r["torch"])
        for library in libraries:
            figures[library] = middle(lambda r, key=library: r[key])
            figures["ours to " + library] = middle(lambda r, key=library: r["explain_ms"] / r[key] if r[key] else None)
    return name, figures


def write(value):
    return "-" if value is None else f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--peers", action="store_true", help="also PyTorch and the libraries on it")
    parser.add_argument("--peak-of-runtime", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--cli", default=os.path.join(HERE, "..", "..", "build", "src", "cli", "whylight-cli"))
    parser.add_argument("models", nargs="+", metavar="MODEL.onnx")
    args = parser.parse_args()

    if args.peak_of_runtime:
        before = status("VmRSS")
        runtime = Runtime(args.threads, args.models[0])
        runtime.run()
        runtime.run()
        print(status("VmHWM") - before)
        return
    versions = f"ONNX Runtime {onnxruntime.__version__}"
    if args.peers:
        import peers
        versions += f", PyTorch {peers.torch.__version__}, " + ", ".join(" ".join(p) for p in peers.Peers.installed())
    print(f"{args.threads} threads, {args.rounds} rounds of {args.repeat}; milliseconds; {versions}")
    rows = []
    for model in args.models:
        try:
            rows.append(measure(args, model))
        except RuntimeError as error:
            print(f"{model}: {error}", file=sys.stderr)
            continue
        if len(rows) == 1:
            print("| model | " + " | ".join(rows[0][1]) + " |")
            print("|---|" + "--:|" * len(rows[0][1]))
        print(f"| {rows[-1][0]} | " + " | ".join(write(v) for v in rows[-1][1].values()) + " |", flush=True)
    if len(rows) > 1:
        columns = [[row[1][key] for row in rows if row[1][key] is not None] for key in rows[0][1]]
        print("| *median* | " + " | ".join(write(statistics.median(c)) if c else "-" for c in columns) + " |")


if __name__ == "__main__":
    main()
