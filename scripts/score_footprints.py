"""Scores polygons against footprints, both GeoJSON in longitude and latitude.

    python scripts/score_footprints.py points FOOTPRINTS.geojson POINTS.geojson
    python scripts/score_footprints.py score FOOTPRINTS.geojson POLYGONS.geojson SCENE_EPSG METRES_A_PIXEL [X0 Y0 X1 Y1]
    python scripts/score_footprints.py best FOOTPRINTS.geojson POLYGONS.geojson SCENE_EPSG METRES_A_PIXEL [X0 Y0 X1 Y1]

`points` writes a point inside each footprint (its centroid where that lies inside), its number as
`instance`. `score` pairs polygons with footprints by that number, in the scene's CRS; a footprint
without a polygon counts as 0. X0 Y0 X1 Y1 is the scene's extent in its CRS: footprints that it cuts
are compared inside it, those whose point lies outside were not asked about and are left out. `best`
pairs each footprint with the polygon that fits it best, for polygons that were found without points.
"""

import json
import statistics
import sys

from pyproj import Transformer
from shapely.geometry import box, mapping, shape
from shapely.ops import transform


def footprints(path):
    features = json.load(open(path))["features"]
    return [shape(feature["geometry"]).buffer(0) for feature in features]


def point(outline):
    centroid = outline.centroid
    return centroid if outline.contains(centroid) else outline.representative_point()


def points(source, target):
    features = []
    for number, outline in enumerate(footprints(source)):
        place = point(outline)
        features.append(
            {"type": "Feature", "properties": {"instance": str(number)}, "geometry": mapping(place)}
        )
    json.dump({"type": "FeatureCollection", "features": features}, open(target, "w"))


def in_scene(truth, to_scene, extent):
    """The number of each footprint whose point lies in the scene, and its outline there."""
    inside = box(*map(float, extent)) if extent else None
    for number, outline in enumerate(footprints(truth)):
        place = transform(to_scene, point(outline))
        outline = transform(to_scene, outline)
        if inside is None:
            yield number, outline
        elif inside.contains(place):
            yield number, outline.intersection(inside)


def overlap(a, b):
    return a.intersection(b).area / a.union(b).area


def polygons(found, to_scene):
    for feature in json.load(open(found))["features"]:
        outline = transform(to_scene, shape(feature["geometry"]).buffer(0))
        yield feature["properties"]["prompt"], outline


def score(truth, found, epsg, pixel, extent):
    to_scene = Transformer.from_crs(4326, int(epsg), always_xy=True).transform
    answers = {}
    for prompts, outline in polygons(found, to_scene):
        answers.update((int(number), outline) for number in prompts.split(";"))
    ious, shifts = [], []
    for number, outline in in_scene(truth, to_scene, extent):
        answer = answers.get(number)
        ious.append(overlap(outline, answer) if answer else 0.0)
        if ious[-1] > 0.6:
            a, b = outline.centroid, answer.centroid
            shifts.append(((b.x - a.x) / float(pixel), (b.y - a.y) / float(pixel)))
    print(f"{len(ious)} footprints, mean IoU {statistics.mean(ious):.4f}, median {statistics.median(ious):.4f}")
    if shifts:
        x, y = (statistics.median(s[axis] for s in shifts) for axis in (0, 1))
        print(f"median shift of {len(shifts)} centroids (IoU above 0.6): {x:+.2f} px east, {y:+.2f} px north")


def best(truth, found, epsg, _, extent):
    to_scene = Transformer.from_crs(4326, int(epsg), always_xy=True).transform
    answers = [outline for _, outline in polygons(found, to_scene)]
    ious = [
        max(overlap(outline, answer) for answer in answers)
        for _, outline in in_scene(truth, to_scene, extent)
    ]
    shares = [sum(iou >= bound for iou in ious) / len(ious) for bound in (0.5, 0.7)]
    print(
        f"{len(answers)} polygons, {len(ious)} footprints, mean of the best IoU {statistics.mean(ious):.4f}, "
        f"at least 0.5 {shares[0]:.2f}, at least 0.7 {shares[1]:.2f}"
    )


if __name__ == "__main__":
    if sys.argv[1] == "points":
        points(*sys.argv[2:4])
    else:
        {"score": score, "best": best}[sys.argv[1]](*sys.argv[2:6], sys.argv[6:])
