"""Mirrors a scene left to right where it lies, and GeoJSON in longitude and latitude with it.

    python scripts/mirror_scene.py SCENE.tif MIRRORED.tif [IN.geojson OUT.geojson ...]

A shift of polygons against footprints that has the other sign on the mirrored scene belongs to the
footprints or to the picture; one that keeps its sign belongs to the program.
"""

import json
import sys

import rasterio
from pyproj import Transformer
from shapely.geometry import mapping, shape
from shapely.ops import transform


def main(source, target, *vectors):
    with rasterio.open(source) as scene:
        bands, profile, bounds = scene.read(), scene.profile, scene.bounds
    with rasterio.open(target, "w", **profile) as mirrored:
        mirrored.write(bands[:, :, ::-1])
    to_scene = Transformer.from_crs(4326, profile["crs"], always_xy=True).transform
    to_map = Transformer.from_crs(profile["crs"], 4326, always_xy=True).transform

    def mirror(x, y, z=None):
        x, y = to_scene(x, y)
        middle = bounds.left + bounds.right
        x = [middle - east for east in x] if hasattr(x, "__len__") else middle - x
        return to_map(x, y)

    for own, written in zip(vectors[::2], vectors[1::2]):
        collection = json.load(open(own))
        for feature in collection["features"]:
            feature["geometry"] = mapping(transform(mirror, shape(feature["geometry"])))
        json.dump(collection, open(written, "w"))


main(*sys.argv[1:])
