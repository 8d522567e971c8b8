#!/usr/bin/env python3
"""Which dependencies there are, whether deny.toml allows them, and their licences.

    scripts/dependencies.py check
    scripts/dependencies.py licences FILE [--features vulkan,cuda] [--target TRIPLE]
    scripts/dependencies.py sbom FILE [--features vulkan,cuda] [--target TRIPLE]

`check` reads the licences, bans and sources of deny.toml, as cargo-deny does, of every package that
Cargo.lock has for any feature and platform. `licences` writes the texts of what is linked into the
program. `sbom` writes the list of what is linked into it, in CycloneDX 1.6. None needs a network when
the dependencies are downloaded.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

TEXTS = re.compile(r"^(licen[cs]e|copying|notice|copyright|unlicense)", re.IGNORECASE)
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def cargo(*arguments):
    done = subprocess.run(["cargo", *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def packages(*arguments):
    return json.loads(cargo("metadata", "--format-version", "1", "--locked", *arguments))["packages"]


def allowed(expression, names):
    """Whether an SPDX expression can be met with the licences `names`."""
    # `A/B` is the old way to write `A OR B`.
    text = re.sub(r"\s*/\s*", " OR ", expression)
    tokens = re.findall(r"\(|\)|[^\s()]+", text)

    def alternatives():
        met = conjunction()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            met = conjunction() or met
        return met

    def conjunction():
        met = single()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            met = single() and met
        return met

    def single():
        token = tokens.pop(0) if tokens else ""
        if token == "(":
            met = alternatives()
            tokens[:1] = []
            return met
        if tokens and tokens[0] == "WITH":
            tokens.pop(0)
            token += " WITH " + tokens.pop(0)
        return token in names

    return alternatives() and not tokens


def check():
    rules = tomllib.loads(Path("deny.toml").read_text(encoding="utf-8"))
    names = set(rules["licenses"]["allow"])
    clarified = {one["crate"]: one["expression"] for one in rules["licenses"].get("clarify", [])}
    banned = {one["crate"] for one in rules["bans"]["deny"]}
    faults, used, count = [], set(), 0
    for package in packages("--all-features"):
        if package["source"] is None:
            continue
        count += 1
        label = f"{package['name']} {package['version']}"
        if package["source"] != CRATES_IO:
            faults.append(f"{label}: from {package['source']}")
        if package["name"] in banned:
            faults.append(f"{label}: banned")
        licence = clarified.get(package["name"]) or package["license"]
        used.add(package["name"])
        if not licence or not allowed(licence, names):
            faults.append(f"{label}: licence {licence}")
    faults += [f"deny.toml: `{name}` is no dependency" for name in sorted(set(clarified) - used)]
    print("\n".join(faults + [f"{count} dependencies, {len(faults)} not allowed"]))
    sys.exit(bool(faults))


def linked(features, target):
    """Name and version of what is linked into the program."""
    arguments = ["tree", "--locked", "-p", "resam-cli", "-e", "normal,no-proc-macro", "--prefix", "none"]
    arguments += ["--format", "{p}", "--features", features]
    if target:
        arguments += ["--target", target]
    lines = cargo(*arguments).splitlines()
    return {tuple(line.replace(" v", " ", 1).split()[:2]) for line in lines if line}


def licences(features, target):
    """The texts of all licences, each once, below the packages that come with it."""
    wanted = linked(features, target)
    by_text, listed = {}, []
    for package in packages("--features", features) if features else packages():
        name, version = package["name"], package["version"]
        if package["source"] is None or (name, version) not in wanted:
            continue
        label = f"{name} {version}"
        listed.append(f"- {label}: {package['license']}, {package['repository'] or 'no repository'}")
        folder = Path(package["manifest_path"]).parent
        for file in sorted(path for path in folder.iterdir() if path.is_file() and TEXTS.match(path.name)):
            text = file.read_text(encoding="utf-8", errors="replace").strip()
            by_text.setdefault(text, []).append(label)
    parts = ["# Licences of what is linked into resam", "\n".join(sorted(listed))]
    for text, labels in by_text.items():
        parts.append(f"## {', '.join(sorted(set(labels)))}\n\n```text\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def checksums():
    """The SHA-256 sums of packages, by name and version, as Cargo.lock has them."""
    lock = tomllib.loads(Path("Cargo.lock").read_text(encoding="utf-8"))
    return {(one["name"], one["version"]): one.get("checksum") for one in lock["package"]}


def component(package, checksum):
    """A package as CycloneDX has it."""
    name, version = package["name"], package["version"]
    reference = f"pkg:cargo/{name}@{version}"
    found = {"type": "library", "bom-ref": reference, "name": name, "version": version, "purl": reference}
    if package["license"]:
        found["licenses"] = [{"expression": re.sub(r"\s*/\s*", " OR ", package["license"])}]
    if checksum:
        found["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package["repository"]:
        found["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return found


def sbom(features, target):
    """The bill of materials of the program (CycloneDX 1.6), the same bytes for the same lock file."""
    wanted, sums = linked(features, target), checksums()
    every = packages("--features", features) if features else packages()
    program = next(package for package in every if package["name"] == "resam-cli")
    own = component(program, None) | {"type": "application"}
    parts = [
        component(package, sums.get((package["name"], package["version"])))
        for package in sorted(every, key=lambda package: (package["name"], package["version"]))
        if (package["name"], package["version"]) in wanted and package["name"] != "resam-cli"
    ]
    text = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own},
        "components": parts,
    }
    return json.dumps(text, indent=1) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tasks = parser.add_subparsers(dest="task", required=True)
    tasks.add_parser("check")
    writers = {"licences": licences, "sbom": sbom}
    for name in writers:
        write = tasks.add_parser(name)
        write.add_argument("file", type=Path)
        write.add_argument("--features", default="")
        write.add_argument("--target")
    arguments = parser.parse_args()
    if arguments.task == "check":
        check()
    else:
        text = writers[arguments.task](arguments.features, arguments.target)
        arguments.file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
