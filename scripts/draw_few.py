"""Draws a few images of a point file by chance, and of each the first positive point of one instance.

    python scripts/draw_few.py POINTS.csv COUNT SEED FEW.csv

The same seed draws the same with every version of Python from 3.11 on.
"""

import csv
import random
import sys


def main(points, count, seed, few):
    with open(points, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] == "1"]
    of_image = {}
    for row in rows:
        of_image.setdefault(row["image"], {}).setdefault(row["instance"], row)
    random.seed(int(seed))
    with open(few, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        for image in random.sample(sorted(of_image), int(count)):
            first = of_image[image]
            writer.writerow(first[random.choice(sorted(first))])


if __name__ == "__main__":
    main(*sys.argv[1:])
