"""Cuts a COCO file and the point file of its images in two: what is kept back, and what is learnt from.

    python scripts/cut_coco.py INSTANCES.json POINTS.csv id|place EVERY OFFSET KEPT REST

Kept back are the images whose id, or whose place in the order of ids, leaves OFFSET when it is divided by EVERY.
Writes KEPT.json, KEPT.csv, REST.json and REST.csv.
"""

import csv
import json
import sys


def main(instances, points, by, every, offset, kept, rest):
    every, offset = int(every), int(offset)
    with open(instances) as file:
        coco = json.load(file)
    with open(points, newline="") as file:
        rows = list(csv.DictReader(file))
    ids = sorted(image["id"] for image in coco["images"])
    number = {"id": lambda image: image, "place": ids.index}[by]
    held = {image for image in ids if number(image) % every == offset}
    for name, part in ((kept, held), (rest, set(ids) - held)):
        images = [image for image in coco["images"] if image["id"] in part]
        annotations = [one for one in coco["annotations"] if one["image_id"] in part]
        with open(f"{name}.json", "w") as file:
            json.dump({**coco, "images": images, "annotations": annotations}, file)
        files = {image["file_name"] for image in images}
        with open(f"{name}.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for row in rows if row["image"] in files)


if __name__ == "__main__":
    main(*sys.argv[1:])
