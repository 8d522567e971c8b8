#!/usr/bin/env python3
"""Kills, full disks, damaged files and neighbours, from outside, through the built binary.

    python3 scripts/torture.py [--binary target/release/resam] [--minutes 10] [--seed 1] [--only adapt-kill]

Needs the standard library alone, on Linux. Data are made: small images, a small scene; the model is
the one in the program. Trials of all kinds take turns until each has its number or the minutes are
over. At the end a table says how many were done, and what was wrong:

    differences   another result than that of a run that nothing disturbed, without a word
    strays        files that are left behind after the next run
    panics        a panic, a signal that nobody sent, or an exit code above 3
    dead ends     the next run of the same command does not come to its end

Exit code 1 when anything was wrong. What failed is kept below --keep, one folder a trial.

The full disk is a small tmpfs where this runs as root, else a limit on the size of files. Trials
with a read-only folder need one of both: root, to mount; or another user, whom permissions bind.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

# How many trials of each kind are wanted.
WANTED = {
    "adapt-kill": 200,
    "segment-kill": 500,
    "adapt-full": 100,
    "segment-full": 100,
    "read-only": 20,
    "damaged-run": 1000,
    "damaged-adapter": 1000,
    "eight": 200,
}
FAULTS = ("differences", "strays", "panics", "dead ends")
TIMELESS = ("seconds", "elapsed", "started", "output", "command_line")


def png(path, width, height, pixel):
    """An RGB image."""
    rows = b"".join(
        b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height)
    )

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def geotiff(path, width, height, pixel):
    """An RGB scene in EPSG:32636, half a metre a pixel, without compression, in one strip."""
    data = b"".join(bytes(pixel(x, y)) for y in range(height) for x in range(width))
    entries, after = [], b""
    start = 8 + 2 + 12 * 13 + 4

    def add(tag, kind, values):
        nonlocal after
        form = {3: "H", 4: "I", 12: "d"}[kind]
        packed = struct.pack(f"<{len(values)}{form}", *values)
        if len(packed) <= 4:
            value = packed.ljust(4, b"\0")
        else:
            value = struct.pack("<I", start + len(after))
            after += packed
        entries.append(struct.pack("<HHI", tag, kind, len(values)) + value)

    add(256, 4, [width])
    add(257, 4, [height])
    add(258, 3, [8, 8, 8])
    add(259, 3, [1])
    add(262, 3, [2])
    place = len(entries)
    add(273, 4, [0])
    add(277, 3, [3])
    add(278, 4, [height])
    add(279, 4, [len(data)])
    add(284, 3, [1])
    add(33550, 12, [0.5, 0.5, 0.0])
    add(33922, 12, [0, 0, 0, 450000.0, 36000.0, 0])
    add(34735, 3, [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32636])
    entries[place] = struct.pack("<HHII", 273, 4, 1, start + len(after))
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + struct.pack("<I", 0)
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + directory + after + data)


def make_data(folder):
    """Images, a scene, and points on both."""
    images = folder / "images"
    images.mkdir()
    points = "image,instance,x,y,label\n"
    for number in range(4):
        corner = 10 + 6 * number

        def pixel(x, y, corner=corner):
            inside = corner <= x < corner + 30 and corner <= y < corner + 30
            return (220, 200, 90) if inside else (40 + x % 7, 60, 50 + y % 5)

        png(images / f"{number}.png", 96, 96, pixel)
        points += f"{number}.png,a,{corner + 15},{corner + 15},1\n"
    (folder / "points.csv").write_text(points)
    (folder / "recipe.toml").write_text("[labels]\nmin_consistency = 0.0\n[schedule]\nvalidate_every = 3\n")

    def ground(x, y):
        inside = x % 90 < 36 and y % 90 < 36
        return (220, 200, 90) if inside else (40 + x % 7, 60, 50 + y % 5)

    geotiff(folder / "scene.tif", 700, 500, ground)
    rows = [
        f"{450000 + 0.5 * (90 * column + 18)},{36000 - 0.5 * (90 * row + 18)},{row}-{column},1"
        for row in range(5)
        for column in range(7)
    ]
    (folder / "map.csv").write_text("easting,northing,instance,label\n" + "\n".join(rows) + "\n")


def timeless(value):
    """JSON without times and names of folders."""
    if isinstance(value, dict):
        return {name: timeless(inner) for name, inner in value.items() if name not in TIMELESS}
    if isinstance(value, list):
        return [timeless(inner) for inner in value]
    return value


def content(path):
    """What of a product has to be the same."""
    data = path.read_bytes()
    if path.suffix == ".jsonl":
        return [timeless(json.loads(line)) for line in data.splitlines()]
    if path.name == "run.json":
        # Of a scene it says too how much was found in the journal.
        result = timeless(json.loads(data))["result"]
        return result if "updates" in result else result.get("objects")
    if path.suffix == ".geojson":
        # A layer is called like its file.
        value = json.loads(data)
        value.pop("name", None)
        return value
    if path.suffix == ".html":
        return data.rstrip()[-7:]
    return data


class Torture:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.base = Path(tempfile.mkdtemp(prefix="resam-torture-"))
        self.data = self.base / "data"
        self.data.mkdir()
        make_data(self.data)
        self.done = {kind: 0 for kind in WANTED}
        self.skipped = {}
        self.wrong = {kind: dict.fromkeys(FAULTS, 0) for kind in WANTED}
        self.end = time.monotonic() + 60 * options.minutes
        self.number = 0

    # Commands.

    def adapt(self, run):
        return [
            "adapt", "--images", self.data / "images", "--points", self.data / "points.csv",
            "--config", self.data / "recipe.toml", "--iterations", "8", "--checkpoint-every", "2",
            "--val-images", "1", "--input-size", "96", "-o", run,
        ]

    def segment(self, output, *more):
        return [
            "segment", self.data / "scene.tif", "--points", self.data / "map.csv",
            "--window", "128", "-o", output, *more,
        ]

    def start(self, arguments, **more):
        command = [self.options.binary, *map(str, arguments), "--quiet", "--device", "cpu", "--threads", "1"]
        return subprocess.Popen(
            command, cwd=self.base, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            errors="replace", **more,
        )

    def run(self, arguments, **more):
        """Exit code and messages; those of a process that hangs are a dead end."""
        process = self.start(arguments, **more)
        try:
            _, said = process.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            process.kill()
            return -1, process.communicate()[1] + "\nit hung"
        return process.returncode, said

    # Judgement.

    def fault(self, kind, what, told, folder=None):
        self.wrong[kind][what] += 1
        print(f"{kind} {self.done[kind]}: {what}: {told.strip()[-400:]}", file=sys.stderr)
        if folder and self.options.keep and folder.exists():
            shutil.copytree(folder, Path(self.options.keep) / f"{kind}-{self.done[kind]}", dirs_exist_ok=True)

    def clean(self, kind, code, said, killed=False):
        """Whether a process ended in a way that it chose."""
        if "panicked" in said or "fault of resam" in said or not (0 <= code <= 3 or killed and code == -9):
            self.fault(kind, "panics", f"exit code {code}: {said}")
            return False
        return True

    def compare(self, kind, found, whole, told):
        """Compares a folder with that of the whole run."""
        names = {path.name for path in found.rglob("*") if path.is_file() and self.counts(path)}
        wanted = {path.name for path in whole.rglob("*") if path.is_file() and self.counts(path)}
        if strays := names - wanted:
            self.fault(kind, "strays", f"{told}: {sorted(strays)}", found)
        if missing := wanted - names:
            self.fault(kind, "differences", f"{told}: no {sorted(missing)}", found)
        for path in sorted(whole.rglob("*")):
            other = found / path.relative_to(whole)
            if path.is_file() and other.is_file() and self.counts(path):
                if not path.name.startswith("update-") and content(path) != content(other):
                    self.fault(kind, "differences", f"{told}: {path.name}", found)

    @staticmethod
    def counts(path):
        return not path.name.startswith("events.out")

    def again(self, kind, arguments, found, whole, told):
        """The same command once more comes to its end, with the same result."""
        code, said = self.run(arguments)
        if not self.clean(kind, code, said):
            return
        if code != 0 and "finished run" not in said:
            self.fault(kind, "dead ends", f"{told}: exit code {code}: {said}", found)
            return
        self.compare(kind, found, whole, told)

    # Trials.

    def prepare(self):
        self.whole_run, self.whole_map = self.base / "run", self.base / "map"
        self.whole_map.mkdir()
        begun = time.monotonic()
        code, said = self.run(self.adapt(self.whole_run))
        self.adapt_takes = time.monotonic() - begun
        assert code == 0, said
        begun = time.monotonic()
        code, said = self.run(self.segment(self.whole_map / "out.geojson"))
        self.segment_takes = time.monotonic() - begun
        assert code == 0, said
        # Runs that were killed in the middle, to be damaged.
        self.halves = []
        for _ in range(4):
            half = self.fresh()
            process = self.start(self.adapt(half))
            while process.poll() is None and len(list(half.glob("checkpoints/update-*"))) < 2:
                time.sleep(0.005)
            process.kill()
            process.communicate()
            self.halves.append(half)

    def fresh(self):
        self.number += 1
        return self.base / f"trial-{self.number}"

    def adapt_kill(self, kind):
        folder = self.fresh()
        self.kill(kind, self.adapt(folder), self.adapt_takes)
        self.again(kind, self.adapt(folder), folder, self.whole_run, "after a kill")
        shutil.rmtree(folder)

    def segment_kill(self, kind):
        folder = self.fresh()
        folder.mkdir()
        arguments = self.segment(folder / "out.geojson")
        self.kill(kind, arguments, self.segment_takes)
        self.again(kind, arguments, folder, self.whole_map, "after a kill")
        shutil.rmtree(folder)

    def kill(self, kind, arguments, takes):
        process = self.start(arguments)
        time.sleep(self.random.uniform(0, 1.05 * takes))
        process.send_signal(signal.SIGKILL)
        _, said = process.communicate()
        self.clean(kind, process.returncode, said, killed=True)

    def adapt_full(self, kind):
        self.full(kind, lambda folder: self.adapt(folder / "run"), self.whole_run, "run", 900_000)

    def segment_full(self, kind):
        def arguments(folder):
            (folder / "map").mkdir(exist_ok=True)
            return self.segment(folder / "map" / "out.geojson")

        self.full(kind, arguments, self.whole_map, "map", 40_000)

    def full(self, kind, arguments, whole, name, largest):
        folder = self.fresh()
        folder.mkdir()
        size = self.random.randrange(4096, largest)
        mounted = os.geteuid() == 0 and self.mount(folder, f"size={size}")
        if mounted:
            code, said = self.run(arguments(folder))
        else:
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            code, said = self.run(arguments(folder), preexec_fn=limit)
        self.clean(kind, code, said)
        if mounted:
            subprocess.run(["mount", "-o", "remount,size=100m", folder], check=True)
        if code not in (0, 1) and str(folder) not in said:
            self.fault(kind, "dead ends", f"the message names no file: {said}")
        told = f"after a disk of {size} bytes was full"
        self.again(kind, arguments(folder), folder / name, whole, told)
        self.remove(folder, mounted)

    def read_only(self, kind):
        folder = self.fresh()
        folder.mkdir()
        mounted = os.geteuid() == 0
        if mounted and not (self.mount(folder, "size=50m") and self.remount(folder, "ro")):
            self.skipped[kind] = "nothing can be mounted"
            self.remove(folder, False)
            return
        if not mounted:
            folder.chmod(0o555)
        commands = [self.adapt(folder / "run"), self.segment(folder / "out.geojson")]
        for arguments in commands:
            code, said = self.run(arguments)
            if self.clean(kind, code, said) and (code not in (2, 3) or str(folder) not in said):
                self.fault(kind, "dead ends", f"exit code {code}: {said}")
        self.remount(folder, "rw") if mounted else folder.chmod(0o755)
        if left := list(folder.iterdir()):
            self.fault(kind, "strays", f"{left}")
        self.remove(folder, mounted)

    def mount(self, folder, options):
        command = ["mount", "-t", "tmpfs", "-o", options, "none", folder]
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0

    def remount(self, folder, mode):
        return subprocess.run(["mount", "-o", f"remount,{mode}", folder]).returncode == 0

    def remove(self, folder, mounted):
        if mounted:
            subprocess.run(["umount", folder], check=True)
        shutil.rmtree(folder)

    def damage(self, path):
        """Zeroes, cuts, flips a bit of, or swaps parts of a file."""
        data = bytearray(path.read_bytes())
        if not data:
            return "nothing"
        at, how = self.random.randrange(len(data)), self.random.choice(("zeroed", "cut", "flipped", "swapped"))
        if how == "zeroed":
            length = min(len(data) - at, self.random.randrange(1, 5000))
            data[at : at + length] = bytes(length)
        elif how == "cut":
            del data[at:]
        elif how == "flipped":
            data[at] ^= 1 << self.random.randrange(8)
        else:
            other = self.random.randrange(len(data))
            length = min(abs(at - other), 512, len(data) - max(at, other))
            first, second = data[at : at + length], data[other : other + length]
            data[at : at + length], data[other : other + length] = second, first
        path.write_bytes(data)
        return f"{path.name} {how} at {at}"

    def damaged_run(self, kind):
        folder = self.fresh()
        shutil.copytree(self.random.choice(self.halves), folder)
        files = [path for path in folder.rglob("*") if path.is_file()]
        told = self.damage(self.random.choice(files))
        code, said = self.run(self.adapt(folder))
        if self.clean(kind, code, said):
            if code == 0:
                self.compare(kind, folder, self.whole_run, told)
            elif code != 2 or str(folder) not in said:
                self.fault(kind, "dead ends", f"{told}: exit code {code}: {said}", folder)
        shutil.rmtree(folder)

    def damaged_adapter(self, kind):
        folder = self.fresh()
        folder.mkdir()
        for name in ("adapter_config.json", "adapter_model.safetensors"):
            shutil.copy(self.whole_run / name, folder)
        image = [self.data / "images" / "0.png", "--point", "25,25"]

        def answer(adapter):
            output = self.fresh().with_suffix(".json")
            more = ["-o", output, "--adapter", adapter]
            code, said = self.run(["segment", *image, *more])
            found = output.read_bytes() if output.exists() else b""
            output.unlink(missing_ok=True)
            return code, said, found

        if not hasattr(self, "whole_answer"):
            code, said, self.whole_answer = answer(folder)
            assert code == 0, said
        told = self.damage(self.random.choice(list(folder.iterdir())))
        code, said, found = answer(folder)
        if self.clean(kind, code, said):
            if code == 0 and found != self.whole_answer:
                self.fault(kind, "differences", told, folder)
            elif code not in (0, 2) or code == 2 and str(folder) not in said:
                self.fault(kind, "dead ends", f"{told}: exit code {code}: {said}", folder)
        shutil.rmtree(folder)

    def eight(self, kind):
        """Eight processes on one cache and one output folder."""
        folder = self.fresh()
        (folder / "maps").mkdir(parents=True)
        cache = ["--cache", folder / "cache"]
        outputs = [folder / "maps" / f"{number}.geojson" for number in range(8)]
        processes = [self.start(self.segment(output, *cache)) for output in outputs]
        for process in processes:
            _, said = process.communicate()
            if self.clean(kind, process.returncode, said) and process.returncode != 0:
                self.fault(kind, "dead ends", said, folder)
        whole = self.whole_map / "out.geojson"
        for output in outputs:
            if output.exists() and content(output) != content(whole):
                self.fault(kind, "differences", output.name, folder)
        if strays := [path.name for path in folder.rglob(".*") if path.is_file()]:
            self.fault(kind, "strays", f"{strays}", folder)
        shutil.rmtree(folder)

    def all(self):
        trials = {kind: getattr(self, kind.replace("-", "_")) for kind in WANTED}
        if self.options.only:
            trials = {kind: trials[kind] for kind in self.options.only}
        # The kind that is furthest from its number has its turn.
        while time.monotonic() < self.end:
            left = [kind for kind in trials if kind not in self.skipped and self.done[kind] < WANTED[kind]]
            if not left:
                break
            kind = min(left, key=lambda kind: self.done[kind] / WANTED[kind])
            trials[kind](kind)
            self.done[kind] += 1

    def table(self):
        print(f"{'trial':<16}{'done':>6}{'wanted':>8}" + "".join(f"{what:>13}" for what in FAULTS))
        for kind in WANTED:
            counts = "".join(f"{self.wrong[kind][what]:>13}" for what in FAULTS)
            note = f"  skipped: {self.skipped[kind]}" if kind in self.skipped else ""
            print(f"{kind:<16}{self.done[kind]:>6}{WANTED[kind]:>8}{counts}{note}")
        return sum(sum(counts.values()) for counts in self.wrong.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    parser.add_argument("--binary", default=f"{target}/release/resam", help="the program")
    parser.add_argument("--minutes", type=float, default=10, help="the most that it takes")
    parser.add_argument("--seed", type=int, default=1, help="the seed of all that is drawn")
    parser.add_argument("--only", action="append", choices=list(WANTED), help="one kind of trial, or several")
    parser.add_argument("--keep", help="a folder for what failed")
    options = parser.parse_args()
    options.binary = str(Path(options.binary).resolve())
    torture = Torture(options)
    try:
        torture.prepare()
        torture.all()
    finally:
        shutil.rmtree(torture.base, ignore_errors=True)
    sys.exit(1 if torture.table() else 0)


if __name__ == "__main__":
    main()
