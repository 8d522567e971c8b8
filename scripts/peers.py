#!/usr/bin/env python3
"""Measures resam and its peers in the same run, taking turns, and prints the table of the README.

    python3 -m venv peers && peers/bin/pip install -r scripts/requirements-peers.txt
    cargo build --release
    cargo build --release --manifest-path scripts/candle-peer/Cargo.toml
    peers/bin/python scripts/peers.py --resam target/release/resam \\
        --segment-anything segment-anything --mobile-sam MobileSAM \\
        --candle scripts/candle-peer/target/release/candle-peer

The two folders are clones of the published repositories; `--candle` may be left out. Every side of
every row is a process of its own that does one workload when it is asked to, so that memory is that
of the workload (with loading, and with the libraries). Before anything is timed, the answers are
compared on the same weights and inputs: a relative error above 1e-3 ends the run. Weights are
random, written by resam, unless `--tiny-weights` names real ones.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
TOLERANCE = 1e-3

# What is measured: model, workload, first block with adapters, words.
ROWS = [
    ("vit-b", "encode", 0, "ViT-B encoder"),
    ("tiny-vit", "encode", 0, "TinyViT encoder"),
    ("tiny-vit", "decode-1", 0, "decoder, 1 prompt, mask at 1024 px"),
    ("tiny-vit", "decode-50", 0, "decoder, 50 prompts on one image, masks at 1024 px"),
    ("tiny-vit", "adapt", 0, "adaptation step, TinyViT, rank 4, 10 instances"),
    ("vit-b", "adapt", 6, "adaptation step, ViT-B, rank 4 from block 6, 10 instances"),
]


class Side:
    """A process that does one round of a workload for each line that it is sent."""

    def __init__(self, name, command, environment=None):
        self.name = name
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            text=True,
        )
        self.seconds = []
        # The first round warms up.
        self.first = self.round()
        self.seconds.clear()

    def round(self):
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            sys.exit(f"{self.name} gave up; what it said stands above")
        answer = json.loads(line)
        self.seconds.append(answer["seconds"])
        self.peak = answer["peak_memory_bytes"]
        return answer

    def stop(self):
        self.process.kill()
        self.process.wait()


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def write_weights(arguments, model, path):
    command = [arguments.resam, "doctor", "--bench", "--model", model, "--keep-weights", path]
    subprocess.run([*command, "--only", "decode-1", "--rounds", "1", "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)


def check(side):
    """Ends the run unless a side answered what resam did."""
    errors = side.first["errors"]
    worst = max(errors, key=lambda name: errors[name] if errors[name] == errors[name] else 1e9)
    say(f"  {side.name}: largest relative error {errors[worst]:.1e} ({worst})")
    if not errors[worst] <= TOLERANCE:
        sys.exit(f"{side.name} and resam differ: {json.dumps(errors, indent=1)}")


def measure(arguments, row, weights, folder):
    """Yields a line of the table for each peer."""
    model, workload, start_block, words = row
    answers = str(folder / "answers.safetensors")
    threads = str(arguments.threads)
    command = [arguments.resam, "doctor", "--bench", "--weights", weights, "--only", workload]
    command += ["--start-block", str(start_block), "--threads", threads, "--on-request"]
    sides = []
    try:
        sides.append(Side("resam", [*command, "--answers", answers]))
        package = arguments.segment_anything if model == "vit-b" else arguments.mobile_sam
        command = [sys.executable, str(HERE / "torch_peer.py"), model, workload, weights, answers]
        sides.append(Side("PyTorch", [*command, package, str(start_block), threads]))
        if arguments.candle and workload == "encode":
            command = [arguments.candle, model, weights, answers]
            sides.append(Side("candle", command, {"RAYON_NUM_THREADS": threads}))
        for side in sides[1:]:
            check(side)
        for number in range(arguments.rounds):
            # Whoever was first is last the next time.
            for side in sides if number % 2 == 0 else reversed(sides):
                side.round()
                say(f"  round {number + 1}: {side.name} {side.seconds[-1]:.3f} s")
    finally:
        for side in sides:
            side.stop()
    ours = sides[0]
    for theirs in sides[1:]:
        ratios = [mine / other for mine, other in zip(ours.seconds, theirs.seconds)]
        yield (
            f"| {words} | {theirs.first['peer']} | **{statistics.median(ratios):.2f}** "
            f"({min(ratios):.2f} to {max(ratios):.2f}) "
            f"| {statistics.median(ours.seconds):.3g} s | {statistics.median(theirs.seconds):.3g} s "
            f"| {ours.peak / 1e9:.2f} GB | {theirs.peak / 1e9:.2f} GB |"
        )


def processor():
    try:
        with open("/proc/cpuinfo") as info:
            return next(line.split(":", 1)[1].strip() for line in info if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--resam", required=True, help="the binary")
    parser.add_argument("--segment-anything", required=True, metavar="DIR")
    parser.add_argument("--mobile-sam", required=True, metavar="DIR")
    parser.add_argument("--candle", metavar="BINARY", help="scripts/candle-peer, built")
    parser.add_argument("--tiny-weights", metavar="FILE", help="TinyViT weights, .safetensors")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    names = [f"{model}/{workload}" for model, workload, *_ in ROWS]
    parser.add_argument("--only", action="append", choices=names, help="a row; may be repeated")
    arguments = parser.parse_args()

    lines = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        weights = {"tiny-vit": arguments.tiny_weights} if arguments.tiny_weights else {}
        for name, row in zip(names, ROWS):
            if arguments.only and name not in arguments.only:
                continue
            model = row[0]
            if model not in weights:
                weights[model] = str(folder / f"{model}.safetensors")
                write_weights(arguments, model, weights[model])
            say(name)
            lines.extend(measure(arguments, row, weights[model], folder))

    print(f"{processor()}, {arguments.threads} threads, float32, {arguments.rounds} rounds\n")
    print("| work | against | time, of theirs | resam | theirs | memory, resam | theirs |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
