"""Says what is wrong with the polygons of a run, and scores them against footprints.

    python -m venv quality-venv && quality-venv/bin/pip install shapely pyproj
    python scripts/polygon_quality.py points FOOTPRINTS.geojson POINTS.geojson
    python scripts/polygon_quality.py check LAYER.gpkg METRES_A_PIXEL WINDOW_PIXELS [FOOTPRINTS.geojson]

`points` writes a point inside each footprint, with its number as `instance`. `check` prints, of a
GeoPackage that `resam segment` wrote:

- polygons of more than half a window;
- near-doubles: pairs whose IoU is at least 0.7;
- objects of more than one part;
- stairs: objects with three sides in a row along the axes, none longer than a pixel and a half, that
  turn one way and then the other;
- with footprints, the mean IoU over those that have an answer, and over all that were asked about.

The exit code is 1 if a number is above what docs/commands/segment.md promises for `--regularize`.
"""

import json
import sqlite3
import statistics
import sys

import pyproj
from shapely import STRtree, wkb
from shapely.geometry import mapping, shape
from shapely.ops import transform

ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}


def footprints(path):
    """Outlines, and the CRS that the file states (GDAL's old member `crs`) or WGS 84."""
    document = json.load(open(path))
    name = document.get("crs", {}).get("properties", {}).get("name", "EPSG:4326")
    outlines = [shape(feature["geometry"]).buffer(0) for feature in document["features"]]
    return outlines, pyproj.CRS.from_user_input(name), document.get("crs")


def points(source, target):
    outlines, _, crs = footprints(source)
    features = []
    for number, outline in enumerate(outlines):
        inside = outline.contains(outline.centroid)
        place = outline.centroid if inside else outline.representative_point()
        features.append(
            {"type": "Feature", "properties": {"instance": str(number)}, "geometry": mapping(place)}
        )
    document = {"type": "FeatureCollection", "features": features}
    if crs:
        document["crs"] = crs
    json.dump(document, open(target, "w"))


def layer(path):
    """Geometries with their prompts, and the CRS of the layer."""
    database = sqlite3.connect(path)
    table, code = database.execute("SELECT table_name, srs_id FROM gpkg_contents").fetchone()
    (definition,) = database.execute(
        "SELECT definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", [code]
    ).fetchone()
    rows = []
    for blob, prompt in database.execute(f'SELECT geom, prompt FROM "{table}"'):
        start = 8 + ENVELOPES[(blob[3] >> 1) & 7]
        rows.append((wkb.loads(blob[start:]), prompt))
    return rows, pyproj.CRS.from_user_input(definition)


def polygons(geometry):
    return list(geometry.geoms) if geometry.geom_type == "MultiPolygon" else [geometry]


def has_stairs(geometry, pixel):
    for polygon in polygons(geometry):
        for ring in [polygon.exterior, *polygon.interiors]:
            corners = list(ring.coords)[:-1]
            sides = [
                (b[0] - a[0], b[1] - a[1])
                for a, b in zip(corners, corners[1:] + corners[:1])
            ]
            for at in range(len(sides)):
                run = [sides[(at + step) % len(sides)] for step in range(3)]
                along = all(min(abs(x), abs(y)) < pixel * 1e-3 for x, y in run)
                short = all(abs(x) + abs(y) <= 1.5 * pixel for x, y in run)
                turns = [
                    a[0] * b[1] - a[1] * b[0] for a, b in zip(run, run[1:])
                ]
                if along and short and turns[0] * turns[1] < 0:
                    return True
    return False


def check(path, pixel, window, truth=None):
    pixel, window = float(pixel), float(window)
    rows, crs = layer(path)
    shapes = [geometry for geometry, _ in rows]
    half = (window * pixel) ** 2 / 2
    large = sum(geometry.area > half for geometry in shapes)
    tree, doubles = STRtree(shapes), 0
    for at, one in enumerate(shapes):
        for other in tree.query(one):
            if other > at:
                common = one.intersection(shapes[other]).area
                doubles += common / (one.area + shapes[other].area - common) >= 0.7
    multi = sum(len(polygons(geometry)) > 1 for geometry in shapes)
    stairs = sum(has_stairs(geometry, pixel) for geometry in shapes)
    invalid = sum(not geometry.is_valid for geometry in shapes)
    print(
        f"{len(rows)} objects: {large} over half a window, {doubles} near-doubles, {multi} of several "
        f"parts ({100 * multi / max(len(rows), 1):.1f} %), {stairs} with stairs, {invalid} not valid"
    )
    if truth:
        outlines, own, _ = footprints(truth)
        to_scene = pyproj.Transformer.from_crs(own, crs, always_xy=True).transform
        ious = {}
        for geometry, prompt in rows:
            for number in prompt.split(";"):
                outline = transform(to_scene, outlines[int(number)])
                common = outline.intersection(geometry).area
                ious[number] = common / outline.union(geometry).area
        print(
            f"mean IoU {statistics.mean(ious.values()):.4f} of {len(ious)} footprints with an answer, "
            f"{sum(ious.values()) / len(outlines):.4f} of all {len(outlines)}"
        )
    return bool(large or doubles or multi > 0.03 * len(rows) or stairs or invalid)


if __name__ == "__main__":
    if sys.argv[1] == "points":
        points(*sys.argv[2:4])
    else:
        sys.exit(check(*sys.argv[2:]))
