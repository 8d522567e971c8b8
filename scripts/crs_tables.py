"""Makes the tables of `crates/resam-crs/data` from PROJ's database.

    python3 -m venv crs-venv && crs-venv/bin/pip install pyproj==3.7.2
    crs-venv/bin/python scripts/crs_tables.py

PROJ's database is under the MIT licence; its entries of ESRI come from Esri's
projection-engine-db-doc (Apache 2.0), those of EPSG from the EPSG registry. Facts only: codes, names,
numbers. Lines are separated by tabs.

`esri.tsv`: CRSs of ESRI. `P`, code, name, base (`EPSG:` or `ESRI:` code), projection as PROJ writes
it; or `G`, code, name, half axis, inverse flattening (0: a sphere), prime meridian in degrees, datum.
`esri_names.tsv`: what ESRI calls CRSs of EPSG: code, name.
`esri_datums.tsv`: what ESRI calls datums of EPSG: code of a geographic CRS on the datum, name.
"""

import os
import sqlite3
import warnings
from pathlib import Path

import pyproj
from pyproj.datadir import get_data_dir

warnings.simplefilter("ignore")
DATA = Path(__file__).resolve().parent.parent / "crates/resam-crs/data"
database = sqlite3.connect(os.path.join(get_data_dir(), "proj.db"))
OF_DATUM = ("+datum=", "+ellps=", "+R=", "+a=", "+b=", "+rf=", "+towgs84=", "+nadgrids=", "+pm=", "+no_defs", "+type=")


def write(name, rows):
    text = "".join("\t".join(str(cell) for cell in row) + "\n" for row in rows)
    (DATA / name).write_text(text)
    print(name, len(rows), "rows", len(text), "bytes")


def number(value):
    return repr(round(value, 12)).removesuffix(".0")


def esri():
    rows = []
    query = "SELECT code, geodetic_crs_auth_name, geodetic_crs_code FROM projected_crs WHERE auth_name = 'ESRI' ORDER BY CAST(code AS INTEGER)"
    for code, authority, base in database.execute(query):
        crs = pyproj.CRS.from_authority("ESRI", code)
        try:
            words = crs.to_proj4().split()
        except pyproj.exceptions.CRSError:
            continue
        if not any(word.startswith("+proj=") for word in words):
            continue
        projection = " ".join(word for word in words if not word.startswith(OF_DATUM))
        rows.append(["P", code, crs.name, f"{authority}:{base}", projection])
    query = "SELECT code FROM geodetic_crs WHERE auth_name = 'ESRI' AND type = 'geographic 2D' ORDER BY CAST(code AS INTEGER)"
    for (code,) in database.execute(query):
        crs = pyproj.CRS.from_authority("ESRI", code)
        if abs(crs.axis_info[0].unit_conversion_factor - 0.0174532925199433) > 1e-12:
            continue
        ellipsoid, meridian = crs.ellipsoid, crs.prime_meridian
        greenwich = meridian.longitude * meridian.unit_conversion_factor / 0.017453292519943295
        rows.append(["G", code, crs.name, number(ellipsoid.semi_major_metre), number(ellipsoid.inverse_flattening), number(greenwich), crs.datum.name])
    write("esri.tsv", rows)


def names():
    query = "SELECT CAST(code AS INTEGER), alt_name FROM alias_name WHERE source = 'ESRI' AND auth_name = 'EPSG' AND table_name IN ('projected_crs', 'geodetic_crs') ORDER BY 1, 2"
    geographic = {int(code) for (code,) in database.execute("SELECT code FROM geodetic_crs WHERE auth_name = 'EPSG' AND type != 'geographic 2D'")}
    write("esri_names.tsv", [row for row in database.execute(query) if row[0] not in geographic])


def datums():
    query = """
        SELECT MIN(CAST(crs.code AS INTEGER)), alias.alt_name
        FROM alias_name AS alias
        JOIN geodetic_datum AS datum ON datum.auth_name = 'EPSG' AND datum.code = alias.code
        JOIN geodetic_crs AS crs ON crs.datum_auth_name = 'EPSG' AND crs.datum_code = datum.code
        WHERE alias.source IN ('ESRI', 'EPSG', 'ESRI_OLD') AND alias.table_name = 'geodetic_datum' AND alias.auth_name = 'EPSG'
          AND datum.prime_meridian_code = '8901' AND crs.auth_name = 'EPSG' AND crs.type = 'geographic 2D'
        GROUP BY alias.alt_name ORDER BY 1, 2
    """
    write("esri_datums.tsv", list(database.execute(query)))


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    esri()
    names()
    datums()
