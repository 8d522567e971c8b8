"""Compares resam's coordinate systems with PROJ, at random places of their areas of use.

    python3 -m venv crs-venv && crs-venv/bin/pip install pyproj==3.7.2
    cargo build --release -p resam-crs --example transform
    crs-venv/bin/python scripts/crs_sweep.py target/release/examples/transform

Every 3rd projected code of EPSG and every 4th of ESRI are tried, in some minutes; a number behind the
program takes only every so many of these. It prints how many agreed to a metre,
were refused, came with a caution, or disagreed without a word; the last are listed, and make the exit
code 1. PROJ uses no grids here.
"""

import collections
import math
import random
import subprocess
import sys
import warnings

import pyproj
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.network import set_network_enabled

warnings.simplefilter("ignore")
set_network_enabled(False)
PLACES = 3
RANDOM = random.Random(21)


def places(area):
    west, south, east, north = area.bounds
    if east < west:
        east += 360
    for _ in range(PLACES):
        longitude = west + (east - west) * RANDOM.uniform(0.2, 0.8)
        latitude = south + (north - south) * RANDOM.uniform(0.2, 0.8)
        yield (longitude + 180) % 360 - 180, latitude


def cases():
    wanted = [("EPSG", 3), ("ESRI", 4)]
    for authority, step in wanted:
        infos = query_crs_info(auth_name=authority, pj_types=PJType.PROJECTED_CRS)
        for info in sorted(infos, key=lambda info: int(info.code))[:: step * (int(sys.argv[2]) if len(sys.argv) > 2 else 1)]:
            crs = pyproj.CRS.from_authority(authority, info.code)
            if not crs.area_of_use:
                continue
            # x east and y north, as resam has it.
            try:
                to_crs = pyproj.Transformer.from_crs("OGC:CRS84", crs, always_xy=True)
            except pyproj.exceptions.ProjError:
                continue
            for longitude, latitude in places(crs.area_of_use):
                x, y = to_crs.transform(longitude, latitude)
                if math.isfinite(x) and math.isfinite(y):
                    back = to_crs.transform(x, y, direction="INVERSE")
                    yield f"{authority}:{info.code}", x, y, back


def main():
    tried = list(cases())
    lines = "".join(f"{code}\t{x!r}\t{y!r}\n" for code, x, y, _ in tried)
    found = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    geod = pyproj.Geod(ellps="WGS84")
    counts, wrong = collections.Counter(), {}
    for (code, x, y, (longitude, latitude)), line in zip(tried, found, strict=True):
        cells = line.split("\t")
        if cells[0] == "refused":
            counts[code[:4], "refused"] += 1
            continue
        _, _, off = geod.inv(longitude, latitude, float(cells[0]), float(cells[1]))
        if off <= 1:
            counts[code[:4], "agreed"] += 1
        elif cells[2]:
            counts[code[:4], "cautioned"] += 1
        else:
            counts[code[:4], "disagreed"] += 1
            wrong[code] = max(off, wrong.get(code, 0))
    for authority in ["EPSG", "ESRI"]:
        print(authority, *(f"{kind} {counts[authority, kind]}" for kind in ["agreed", "refused", "cautioned", "disagreed"]))
    for code, off in wrong.items():
        print(f"{code}: off by {off:.1f} m without a caution ({pyproj.CRS(code).name})")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
