#!/usr/bin/env python3
"""Times Whylight beside ONNX Runtime on the same models, in turn, in one run.

    bench.py [--threads N] [--rounds N] [--repeat N] [--cli PATH] MODEL.onnx...

Each round measures both, one after the other, so that a machine whose speed drifts treats them alike; a
round's figure is the median of its repetitions, the ratio is taken round by round, and what is printed is
the median over rounds. Batch 1, new random input every time, warmed up. Needs the package onnxruntime (a
virtual environment is the place for it); a model that it cannot run is measured alone.
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


def whylight(args, model):
    command = [args.cli, "bench", model, "--threads", str(args.threads), "--repeat", str(args.repeat), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


class Runtime:
    """One session of ONNX Runtime; load_ms is what making it took."""

    def __init__(self, args, model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = args.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        start = time.perf_counter()
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.load_ms = 1e3 * (time.perf_counter() - start)
        entry = self.session.get_inputs()[0]
        self.name = entry.name
        self.shape = [size if isinstance(size, int) else 1 for size in entry.shape]

    def forward_ms(self, repeat):
        times = []
        for run in range(repeat + 2):
            picture = numpy.random.rand(*self.shape).astype(numpy.float32)
            start = time.perf_counter()
            self.session.run(None, {self.name: picture})
            if run >= 2:
                times.append(1e3 * (time.perf_counter() - start))
        return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--cli", default=os.path.join(HERE, "..", "..", "build", "src", "cli", "whylight-cli"))
    parser.add_argument("models", nargs="+", metavar="MODEL.onnx")
    args = parser.parse_args()

    print(f"{args.threads} threads, {args.rounds} rounds of {args.repeat}, ONNX Runtime {onnxruntime.__version__}; milliseconds")
    print("| model | forward | ONNX Runtime | ratio | Grad-CAM | ratio to ONNX Runtime's forward "
          "| all layers / own forward | class change / own forward | load | its load | peak MB |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for model in args.models:
        ours, theirs, ratios, explain_ratios = [], [], [], []
        runtime = Runtime(args, model)
        try:
            for _ in range(args.rounds):
                ours.append(whylight(args, model))
                theirs.append(runtime.forward_ms(args.repeat))
                ratios.append(ours[-1]["forward_ms"] / theirs[-1])
                explain_ratios.append(ours[-1]["explain_ms"] / theirs[-1])
        except RuntimeError as error:
            print(f"{model}: {error}", file=sys.stderr)
            continue
        middle = statistics.median

        def of(key, rows=ours):
            return middle(row[key] for row in rows)

        print(f"| {os.path.splitext(os.path.basename(model))[0]} | {of('forward_ms'):.2f} | {middle(theirs):.2f} | {middle(ratios):.2f} "
              f"| {of('explain_ms'):.2f} | {middle(explain_ratios):.2f} "
              f"| {middle(row['all_layers_ms'] / row['forward_ms'] for row in ours):.2f} "
              f"| {middle(row['class_change_ms'] / row['forward_ms'] for row in ours):.3f} "
              f"| {of('load_ms'):.0f} | {runtime.load_ms:.0f} | {of('peak_mb'):.0f} |", flush=True)


if __name__ == "__main__":
    main()
