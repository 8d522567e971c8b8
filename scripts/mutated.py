#!/usr/bin/env python3
"""Hands damaged files to the built program and checks how it takes them.

    scripts/mutated.py --binary target/release/resam --runs 20000 --seed 0 --keep failures

Seeds are fixtures of this repository and files that the program itself makes: an adapter, a recipe,
a journal, cache entries. Each run damages one file (bits, bytes, lengths, numbers, pieces of other
files) and gives it to the command that reads such files. Right is: exit code 0 to 3, no panic, no
signal, an end within --seconds and --megabytes, and, where the file is refused, its name in the
message. A table says how many runs of each kind were right; a wrong one is kept with its command.
Needs Python's standard library alone. The exit code is 1 if a run was wrong.
"""

import argparse
import collections
import concurrent.futures
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CRATES = ROOT / "crates"
SEEDS = ROOT / "fuzz" / "seeds"
# Numbers that break sums: limits of integers and floats, what is not a number.
NUMBERS = [b"0", b"-1", b"1e999", b"-1e999", b"NaN", b"null", b"4294967296", b"9223372036854775807",
           b"18446744073709551616", b"1e-320", b"0.1", b"\"\"", b"[]", b"{}"]
WORDS = [bytes(n) for n in (1, 2, 4, 8)] + [b"\xff" * n for n in (1, 2, 4, 8)] + [
    b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\x01\x00", b"\x00\x01"]


def mutate(data, others, chance):
    """`data` with one to four wounds."""
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 2, 4])):
        if not data:
            return bytes(chance.choice(others))
        at = chance.randrange(len(data))
        match chance.randrange(9):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at] = chance.randrange(256)
            case 2:
                word = chance.choice(WORDS)
                data[at : at + len(word)] = word
            case 3:
                del data[at:]
            case 4:
                data[at:] = bytes(len(data) - at)
            case 5:
                del data[at : at + chance.choice([1, 2, 8, 64, 1000])]
            case 6:
                piece = data[at : at + chance.choice([1, 4, 16, 256])]
                data[at:at] = piece * chance.choice([1, 2, 50])
            case 7:
                other = chance.choice(others)
                begin = chance.randrange(max(1, len(other)))
                piece = other[begin : begin + chance.choice([4, 32, 512])]
                data[at : at + len(piece)] = piece
            case 8:
                found = list(re.finditer(rb"-?\d+(\.\d+)?", data[:200_000]))
                if found:
                    number = chance.choice(found)
                    data[number.start() : number.end()] = chance.choice(NUMBERS)
    return bytes(data)


class Kind:
    """Files of one kind, and the commands that read them."""

    def __init__(self, name, seeds, commands, place=None):
        self.name, self.commands, self.place = name, commands, place
        self.seeds = [(Path(seed).name, Path(seed).read_bytes()) for seed in seeds]
        assert self.seeds, f"no seeds of {name}"


class Trial:
    """What is needed to damage files and to hand them to the program."""

    def __init__(self, arguments, stage):
        self.arguments, self.stage = arguments, stage
        self.binary = str(arguments.binary.resolve())
        self.made = stage / "made"
        self.made.mkdir()

    def run(self, *command, cwd=None, check=False):
        done = subprocess.run([self.binary, *map(str, command)], cwd=cwd, capture_output=True, check=False)
        if check and done.returncode not in (0, 1):
            sys.exit(f"{command}: exit code {done.returncode}: {done.stderr.decode(errors='replace')}")
        return done

    def make_seeds(self):
        """An adapter, a run, a journal and cache entries, from the demo's synthetic images."""
        demo = self.made / "demo"
        self.run("demo", demo, check=True)
        self.scene = CRATES / "resam-geo/tests/fixtures/place_area_utm_north.tif"
        self.adapter, self.points = demo / "adapted", demo / "scene/points.geojson"
        self.big_scene = demo / "scene/scene.tif"
        cache = self.made / "cache"
        self.run("segment", self.scene, "--point", "3,3", "--cache", cache,
                 "-o", self.made / "a.gpkg", "-o", self.made / "a.fgb", "-o", self.made / "a.json", check=True)
        (self.made / "recipe.toml").write_bytes(self.run("adapt", "--print-config").stdout)
        self.cache = cache
        self.journal = self.stopped_journal()

    def stopped_journal(self):
        """The journal of a run that was killed."""
        output = self.made / "j.gpkg"
        journal = self.made / "j.gpkg.resam-journal"
        command = [self.binary, "segment", self.big_scene, "--points", self.points, "-o", output]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not (journal.is_file() and journal.stat().st_size > 500):
            time.sleep(0.001)
        process.kill()
        process.wait()
        return journal if journal.is_file() else None

    def kinds(self):
        geo, image = CRATES / "resam-geo/tests/fixtures", CRATES / "resam-image/tests/fixtures"
        vector = CRATES / "resam-vector/tests/fixtures"
        rasters = [p for p in geo.rglob("*") if p.suffix in (".tif", ".png") and p.stat().st_size < 60_000]
        pictures = [p for p in image.rglob("*") if p.suffix in (".png", ".jpg", ".webp", ".bmp", ".gif", ".tif")]
        scene = self.scene
        info, out = ["info", "{}"], "{dir}/o.gpkg"
        segment = ["segment", "{}", "--point", "3,3", "-o", "{dir}/o.geojson"]
        points = ["segment", scene, "--points", "{}", "-o", out]
        kinds = [
            Kind("TIFF", rasters, [info, info, segment]),
            Kind("picture", pictures, [info, segment]),
            Kind("GeoJSON", [*SEEDS.glob("geojson_points/*json"), self.points], [info, points]),
            Kind("CSV", [*SEEDS.glob("points/*")], [info, points]),
            Kind("GeoPackage", [self.made / "a.gpkg", *vector.rglob("*.gpkg")], [info, points]),
            Kind("FlatGeobuf", [self.made / "a.fgb", *vector.rglob("*.fgb")], [info, points]),
            Kind("COCO", [*SEEDS.glob("coco/*"), self.made / "a.json"],
                 [["eval", "--images", geo, "--coco", "{}"], info]),
            Kind("checkpoint", [*SEEDS.glob("checkpoint/*")],
                 [info, ["weights", "convert", "{}", "-o", "{dir}/o.safetensors"]]),
            Kind("adapter settings", [self.adapter / "adapter_config.json"], [info,
                 ["segment", scene, "--point", "3,3", "--adapter", "{dir}", "-o", out]], self.adapter),
            Kind("adapter factors", [next(self.adapter.glob("*.safetensors"))], [["info", "{dir}"],
                 ["segment", scene, "--point", "3,3", "--adapter", "{dir}", "-o", out]], self.adapter),
            Kind("recipe", [self.made / "recipe.toml"], [["adapt", "--config", "{}", "--print-config"]]),
        ]
        entries = [path for path in self.cache.rglob("*") if path.is_file()] if self.cache.is_dir() else []
        if entries:
            kinds.append(Kind("cache entry", entries, [["segment", scene, "--point", "3,3",
                         "--cache", "{dir}", "-o", out]]))
        if self.journal:
            kinds.append(Kind("journal", [self.journal], [["segment", self.big_scene, "--points",
                         self.points, "-o", "{dir}/j.gpkg"]]))
        shapes = [path for path in vector.rglob("*.shp")]
        if shapes:
            kinds.append(Kind("Shapefile", shapes, [info, points]))
        return kinds

    def one(self, number, kind):
        """What is wrong with one run, or nothing; and its exit code."""
        chance = random.Random(f"{self.arguments.seed} {kind.name} {number}")
        name, data = chance.choice(kind.seeds)
        damaged = mutate(data, [seed for _, seed in kind.seeds], chance)
        folder = Path(tempfile.mkdtemp(dir=self.stage))
        try:
            if kind.place:
                shutil.copytree(kind.place, folder, dirs_exist_ok=True)
            file = folder / name
            file.write_bytes(damaged)
            fields = {"{}": str(file), "{dir}/o.gpkg": str(folder / "o.gpkg"), "{dir}": str(folder)}
            command = [self.binary]
            for word in chance.choice(kind.commands):
                word = str(word)
                command.append(fields.get(word) or word.replace("{dir}", str(folder)))
            code, wrong = self.watch(command, file, folder)
            if wrong and self.arguments.keep:
                kept = self.arguments.keep / f"{kind.name.replace(' ', '-')}-{number}"
                shutil.copytree(folder, kept, dirs_exist_ok=True)
                text = " ".join(command).replace(str(folder), str(kept))
                (kept / "command.txt").write_text(f"{text}\n{wrong}\n")
            return kind.name, code, wrong
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def watch(self, command, file, folder):
        errors = folder / "stderr.txt"
        begun = time.monotonic()
        with errors.open("wb") as sink:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=sink, cwd=folder)
            usage = None
            while usage is None:
                pid, status, found = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    usage = found
                elif time.monotonic() - begun > self.arguments.seconds:
                    process.kill()
                    os.wait4(process.pid, 0)
                    return "late", f"no end after {self.arguments.seconds} s"
                else:
                    time.sleep(0.002)
            process.returncode = os.waitstatus_to_exitcode(status)
        code, text = process.returncode, errors.read_text(errors="replace")
        if "panicked at" in text:
            return code, "panic: " + text.split("panicked at", 1)[1][:200]
        if code not in (0, 1, 2, 3):
            return code, f"exit code {code}: {text[-200:]}"
        if usage.ru_maxrss > self.arguments.megabytes * 1024:
            return code, f"{usage.ru_maxrss // 1024} MB of memory"
        named = file.name in text or folder.name in text
        if code in (2, 3) and not named:
            return code, f"the message does not name the file: {text[-300:]}"
        return code, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", type=Path, help="folder for the files that were taken wrongly")
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    counts, wrongs = collections.defaultdict(collections.Counter), []
    with tempfile.TemporaryDirectory() as stage:
        trial = Trial(arguments, Path(stage))
        trial.make_seeds()
        kinds = trial.kinds()
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            runs = (pool.submit(trial.one, n, kinds[n % len(kinds)]) for n in range(arguments.runs))
            for done in concurrent.futures.as_completed(list(runs)):
                kind, code, wrong = done.result()
                counts[kind][code] += 1
                if wrong:
                    wrongs.append((kind, wrong))
                    counts[kind]["wrong"] += 1
    print(f"{'kind':<18}{'runs':>8}{'read':>8}{'refused':>9}{'wrong':>7}")
    for kind, found in sorted(counts.items()):
        runs = sum(count for code, count in found.items() if code != "wrong")
        read = found[0] + found[1]
        print(f"{kind:<18}{runs:>8}{read:>8}{found[2] + found[3]:>9}{found['wrong']:>7}")
    for kind, wrong in wrongs[:40]:
        print(f"{kind}: {wrong}")
    sys.exit(1 if wrongs else 0)


if __name__ == "__main__":
    main()
