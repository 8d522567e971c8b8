#!/usr/bin/env python3
"""Packs a release: one archive of the program, completions, manual pages, licences, and its sums.

    scripts/dist.py --binary target/release/resam --out target/dist

Writes OUT/resam-VERSION-TARGET.tar.gz and OUT/resam-VERSION-TARGET.tar.gz.sha256. The archive has a
SHA256SUMS of what is in it, and `resam.cdx.json`, the bill of materials (CycloneDX 1.6). Two runs of
one commit on one machine give the same bytes.
"""

import argparse
import gzip
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import dependencies

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"]
COMPLETIONS = {
    "bash": "resam.bash",
    "zsh": "_resam",
    "fish": "resam.fish",
    "powershell": "resam.ps1",
    "elvish": "resam.elv",
}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def host():
    lines = output("rustc", "-vV").splitlines()
    return next(line.split()[1] for line in lines if line.startswith("host: "))


def fill(folder, binary, features, target):
    """Puts everything of a release into `folder`."""
    program = folder / "bin" / ("resam.exe" if binary.suffix == ".exe" else "resam")
    program.parent.mkdir(parents=True)
    shutil.copyfile(binary, program)
    program.chmod(0o755)
    completions = folder / "completions"
    completions.mkdir()
    for shell, name in COMPLETIONS.items():
        text = output(str(program), "completions", shell)
        (completions / name).write_text(text, encoding="utf-8", newline="\n")
    output(str(program), "--quiet", "man", str(folder / "man" / "man1"))
    for name in DOCUMENTS:
        shutil.copyfile(ROOT / name, folder / name)
    texts = dependencies.licences(features, target)
    (folder / "LICENCES-OF-DEPENDENCIES.md").write_text(texts, encoding="utf-8", newline="\n")
    parts = dependencies.sbom(features, target)
    (folder / "resam.cdx.json").write_text(parts, encoding="utf-8", newline="\n")


def digest(data):
    return hashlib.sha256(data).hexdigest()


def pack(folder, time):
    """The folder as the bytes of an archive, with nothing in it of the machine or of today."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=time) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            entry = tarfile.TarInfo(path.relative_to(folder.parent).as_posix())
            entry.size, entry.mtime = path.stat().st_size, time
            entry.mode = 0o755 if path.parent.name == "bin" else 0o644
            with path.open("rb") as file:
                archive.addfile(entry, file)
    return buffer.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--features", default="")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    if not binary.is_file() and binary.with_suffix(".exe").is_file():
        binary = binary.with_suffix(".exe")
    if not binary.is_file():
        sys.exit(f"{binary}: no such program; build it first")
    out = arguments.out.resolve()
    version, target = output(str(binary), "--version").split()[1], host()
    time = int(output("git", "log", "-1", "--format=%ct"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / f"resam-{version}-{target}"
        fill(folder, binary, arguments.features, target)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        sums = [f"{digest(path.read_bytes())}  {path.relative_to(folder).as_posix()}\n" for path in files]
        (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8", newline="\n")
        data = pack(folder, time)
    out.mkdir(parents=True, exist_ok=True)
    archive = out / f"resam-{version}-{target}.tar.gz"
    archive.write_bytes(data)
    line = f"{digest(data)}  {archive.name}\n"
    (out / f"{archive.name}.sha256").write_text(line, encoding="utf-8", newline="\n")
    print(archive)


if __name__ == "__main__":
    main()
