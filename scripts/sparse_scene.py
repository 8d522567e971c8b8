"""Makes a BigTIFF of which only twenty places were ever written, and 2,000 points all over it.

    python scripts/sparse_scene.py SIDE SCENE.tif POINTS.csv

The places are squares of noise of 2,048 pixels around the first twenty points; everywhere else there
is no data.
"""

import random
import sys

import numpy
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

WRITTEN, POINTS, TILE = 2048, 2000, 512


def main(side, scene, points):
    side = int(side)
    draw = random.Random(3)
    noise = numpy.random.default_rng(1).integers(1, 255, (3, WRITTEN, WRITTEN), dtype=numpy.uint8)
    places = [(draw.uniform(100, side - 100), draw.uniform(100, side - 100)) for _ in range(POINTS)]
    profile = {
        "driver": "GTiff", "width": side, "height": side, "count": 3, "dtype": "uint8",
        "crs": "EPSG:32636", "transform": from_origin(300000, 200000, 0.3, 0.3), "nodata": 0,
        "tiled": True, "blockxsize": TILE, "blockysize": TILE, "compress": "deflate",
        "photometric": "RGB", "sparse_ok": True, "BIGTIFF": "YES",
    }  # fmt: skip
    with rasterio.open(scene, "w", **profile) as raster:
        for place in places[:20]:
            corner = [min(max(int(at) // TILE * TILE - TILE, 0), side - WRITTEN) for at in place]
            raster.write(noise, window=Window(*corner, WRITTEN, WRITTEN))
    with open(points, "w") as rows:
        rows.write("instance,x,y,label\n")
        for number, (x, y) in enumerate(places):
            rows.write(f"{number},{x:.1f},{y:.1f},1\n")


main(*sys.argv[1:])
