"""Makes rasters of many varieties with GDAL, and compares what GDAL and resam read of them.

    python3 -m venv venv && venv/bin/pip install rasterio numpy pillow
    cargo build --release -p resam-geo --example dump_raster
    venv/bin/python scripts/raster_agreement.py [--keep FOLDER] [--dump PROGRAM] [NAME ...]

Compared are the samples of all bands, which pixels are valid, the colours of the bands, the
transform and the EPSG code. Each variety has agreed, is refused by name (a message that says what
is not read), or has disagreed. The exit code is 1 if any has disagreed. With names, only the
varieties that contain one of them are made. resam has one reader of pixels for all its commands;
`dump_raster` is the shortest way to it.

Differences that are meant: samples that are NaN or infinite are never valid in resam; complex
samples are read as their amplitude; where several sources of validity are given (nodata, alpha,
mask) all must agree, of which GDAL takes the first; a nodata value that is no number, or that no
sample can have, is said and not used; plain images are read as red, green and blue; of CMYK, which
GDAL converts, resam has the inks as bands and shows their colours, so those are compared. The IJG's
libjpeg in the wheel smooths chroma in another way than libjpeg-turbo, so JPEG of YCbCr is compared
on average.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import rasterio
from PIL import Image
from rasterio.crs import CRS
from rasterio.enums import ColorInterp as Colour
from rasterio.enums import MaskFlags
from rasterio.enums import Resampling
from rasterio.shutil import copy
from rasterio.transform import Affine

warnings.filterwarnings("ignore")
ROOT = pathlib.Path(__file__).parent.parent
WIDTH, HEIGHT = 83, 61
UTM = Affine(0.5, 0, 440000, 0, -0.5, 36000)
VARIETIES = {}


def variety(name):
    def add(make):
        VARIETIES[name] = make
        return make

    return add


def values(dtype, bands=1, bits=None, width=WIDTH, height=HEIGHT):
    """Smooth in places and noisy in others, so that all paths of a codec are used."""
    random = np.random.default_rng(7)
    b, y, x = np.mgrid[0:bands, 0:height, 0:width].astype("float64")
    shape = np.sin(x / 9 + b) * np.cos(y / 7) * 0.5 + 0.5
    shape[:, :20, :30] = random.random((bands, 20, 30))
    shape[:, 30:45, 40:70] = 0.25
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        turned = np.exp(1j * (x + 2 * y) / 5)
        return ((shape * 3000 - 900) * turned).astype(dtype)
    if dtype.kind == "f":
        return (shape * 5000 - 1000).astype(dtype)
    info = np.iinfo(dtype)
    low, high = (0, 2**bits - 1) if bits else (info.min, info.max)
    # Beyond 53 bits a float has no digits.
    scaled = shape * (float(high) - float(low)) * 0.999 + float(low)
    return scaled.astype(dtype)


def write(path, array, colours=None, mask=None, env=None, tags=None, palette=None, transform=UTM, crs="EPSG:32636", nodata=None, driver="GTiff",
          band_tags=None, **options):
    bands, height, width = array.shape
    with rasterio.Env(**(env or {"GDAL_TIFF_INTERNAL_MASK": "YES"})):
        with rasterio.open(path, "w", driver=driver, width=width, height=height, count=bands,
                           dtype=options.pop("dtype", array.dtype), transform=transform, crs=crs,
                           nodata=nodata, **options) as out:
            if tags:
                out.update_tags(**tags)
            if colours:
                out.colorinterp = colours
            if palette:
                out.write_colormap(1, palette)
            out.write(array)
            if mask is not None:
                out.write_mask(mask)


def simple(name, kind, bands=1, bits=None, **options):
    @variety(name)
    def make(folder):
        path = folder / "a.tif"
        write(path, values(kind, bands, bits), **options)
        return path


TILED = dict(tiled=True, blockxsize=32, blockysize=16)

for bits in [1, 2, 3, 4, 5, 6, 7]:
    simple(f"bits {bits}", "uint8", bits=bits, nbits=bits)
for bits in [9, 10, 11, 12, 13, 14, 15]:
    simple(f"bits {bits}", "uint16", bits=bits, nbits=bits)
    simple(f"bits {bits} deflate tiles rgb", "uint16", 3, bits, nbits=bits, compress="deflate", **TILED)
for bits in [17, 24, 31]:
    simple(f"bits {bits} lzw", "uint32", 1, bits, nbits=bits, compress="lzw")
simple("bits 12 big endian", "uint16", bits=12, nbits=12, endianness="big")
simple("bits 4 planar", "uint8", 3, 4, nbits=4, interleave="band", compress="deflate")
simple("float16", "float32", nbits=16)
simple("float16 deflate predictor 3 tiles", "float32", 2, nbits=16, compress="deflate", predictor=3, **TILED)
simple("float16 big endian", "float32", nbits=16, endianness="big")
simple("float16 predictor 2", "float32", nbits=16, compress="zstd", predictor=2)
simple("float24", "float32", nbits=24)
simple("float24 predictor 3", "float32", nbits=24, compress="deflate", predictor=3)
simple("float24 big endian", "float32", nbits=24, endianness="big")

KINDS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]
for kind in KINDS:
    simple(f"{kind} uncompressed big endian", kind, 2, endianness="big")
    simple(f"{kind} deflate predictor 2 tiles", kind, 3, compress="deflate", predictor=2, **TILED)
    simple(f"{kind} zstd predictor 2 big endian planar", kind, 3, compress="zstd", predictor=2,
           endianness="big", interleave="band")
    simple(f"{kind} lzma predictor 2", kind, 2, compress="lzma", predictor=2)
    simple(f"{kind} lzw", kind, 1, compress="lzw", bigtiff="yes")
    simple(f"{kind} packbits", kind, 4, compress="packbits")
    if "64" not in kind or "float" in kind:
        simple(f"{kind} lerc", kind, 1, compress="lerc", max_z_error=0)
        simple(f"{kind} lerc_deflate tiles rgb", kind, 3, compress="lerc_deflate", max_z_error=0, **TILED)
        simple(f"{kind} lerc_zstd planar", kind, 3, compress="lerc_zstd", max_z_error=0, interleave="band")
for kind in ["float32", "float64"]:
    simple(f"{kind} predictor 3 deflate", kind, 2, compress="deflate", predictor=3)
    simple(f"{kind} predictor 3 lzw big endian tiles", kind, 1, compress="lzw", predictor=3,
           endianness="big", **TILED)
simple("lerc lossy", "float32", 1, compress="lerc", max_z_error=0.5)
simple("lerc lossy u8", "uint8", 3, compress="lerc", max_z_error=2)
for kind in ["complex_int16", "complex64", "complex128"]:
    array = "complex64" if kind != "complex128" else kind
    simple(f"{kind}", array, dtype=kind)
    simple(f"{kind} big endian deflate", array, 2, dtype=kind, compress="deflate", endianness="big")
simple("complex_int16 predictor 2", "complex64", dtype="complex_int16", compress="deflate", predictor=2)
simple("complex64 predictor 2 big endian", "complex64", compress="deflate", predictor=2, endianness="big")

for codec in ["ccittrle", "ccittfax3", "ccittfax4"]:
    simple(f"{codec}", "uint8", bits=1, nbits=1, compress=codec)
    simple(f"{codec} tiles", "uint8", bits=1, nbits=1, compress=codec, **TILED)
    simple(f"{codec} min is white", "uint8", bits=1, nbits=1, compress=codec, photometric="miniswhite")


def discs():
    y, x = np.mgrid[0:300, 0:70001]
    return ((((x % 97) - 48) ** 2 + ((y % 89) - 44) ** 2 < 900) * 1).astype("uint8")[None]


@variety("ccittfax4 wider than 65535")
def _(folder):
    write(folder / "a.tif", discs()[:, :40], nbits=1, compress="ccittfax4")
    return folder / "a.tif"


for photometric in ["rgb", "ycbcr"]:
    simple(f"jpeg {photometric}", "uint8", 3, compress="jpeg", photometric=photometric, jpeg_quality=95)
    simple(f"jpeg {photometric} tiles", "uint8", 3, compress="jpeg", photometric=photometric, **TILED)
simple("jpeg grey", "uint8", 1, compress="jpeg")
simple("jpeg 4 bands", "uint8", 4, compress="jpeg", photometric="rgb", jpegtablesmode=0)
simple("jpeg planar", "uint8", 3, compress="jpeg", interleave="band", photometric="rgb")
simple("jpeg 12 bits", "uint16", 1, 12, compress="jpeg", nbits=12)
simple("webp lossless", "uint8", 3, compress="webp", webp_lossless="yes")
simple("webp lossless alpha tiles", "uint8", 4, compress="webp", webp_lossless="yes", **TILED)
simple("webp lossy", "uint8", 3, compress="webp", webp_level=80)
simple("webp lossy alpha tiles", "uint8", 4, compress="webp", webp_level=80, **TILED)
simple("jxl", "uint8", 3, compress="jxl")
simple("min is white", "uint8", photometric="miniswhite")
simple("min is white 16", "uint16", photometric="miniswhite", compress="lzw")
simple("cmyk", "uint8", 4, photometric="cmyk")
simple("cmyk jpeg", "uint8", 4, photometric="cmyk", compress="jpeg")
simple("cielab (GDAL converts it to RGBA)", "uint8", 3, photometric="cielab")
simple("icclab", "uint8", 3, photometric="icclab")


@variety("palette")
def _(folder):
    table = {i: (i, 255 - i, (i * 7) % 256, 255) for i in range(256)}
    write(folder / "a.tif", values("uint8"), palette=table)
    return folder / "a.tif"


@variety("palette 4 bits")
def _(folder):
    table = {i: (i * 16, 255 - i, (i * 7) % 256, 255) for i in range(16)}
    write(folder / "a.tif", values("uint8", bits=4), palette=table, nbits=4)
    return folder / "a.tif"


for name, order in [("alpha first", [Colour.alpha, Colour.red, Colour.green, Colour.blue]),
                    ("bgr", [Colour.blue, Colour.green, Colour.red]),
                    ("grey alpha", [Colour.gray, Colour.alpha]),
                    ("alpha second of five", [Colour.red, Colour.alpha, Colour.green, Colour.blue, Colour.undefined]),
                    ("undefined rgb", [Colour.undefined] * 3)]:
    def make(folder, order=order):
        array = values("uint8", len(order))
        array[:, 10:20, 10:60] = 0
        write(folder / "a.tif", array, colours=order)
        return folder / "a.tif"
    VARIETIES[f"colours {name}"] = make

simple("extra sample unassociated alpha", "uint16", 4, photometric="rgb", alpha="non-premultiplied")
simple("extra sample premultiplied alpha", "uint8", 4, photometric="rgb", alpha="premultiplied")
simple("extra sample unspecified", "uint8", 5, photometric="rgb", alpha="unspecified")


def some_mask():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return (((x - 40) ** 2 + (y - 30) ** 2 < 600) * 255).astype("uint8")


@variety("mask inside")
def _(folder):
    write(folder / "a.tif", values("uint8", 3), mask=some_mask(), compress="deflate")
    return folder / "a.tif"


@variety("mask beside")
def _(folder):
    write(folder / "a.tif", values("uint16", 3), mask=some_mask(), env={"GDAL_TIFF_INTERNAL_MASK": "NO"})
    assert (folder / "a.tif.msk").exists()
    return folder / "a.tif"


@variety("mask beside, of 1 bit, tiled")
def _(folder):
    write(folder / "a.tif", values("float32"), **TILED)
    write(folder / "a.tif.msk", some_mask()[None] // 255, nbits=1, compress="ccittfax4",
          tags={"INTERNAL_MASK_FLAGS_1": "2"}, crs=None, transform=Affine.identity())
    return folder / "a.tif"


for label, text, kind in [("0 0 0", "0 0 0", "uint8"), ("nan", "nan", "float32"),
                          ("inf", "inf", "float32"),
                          ("out of range", "-9999", "uint8"), ("out of range high", "70000", "uint16"),
                          ("spaces", " 7 ", "int16"),
                          ("exponent", "1e2", "int16"), ("lowest", "-3.4028234663852886e+38", "float32"),
                          ("int64", "-9223372036854775808", "int64"),
                          ("uint64", "18446744073709551615", "uint64"), ("comma", "0,0,0", "uint8"),
                          ("empty", "", "uint8"), ("int32", "-2147483648", "int32"),
                          ("float of an integer", "255.0", "uint8")]:
    def make(folder, text=text, kind=kind):
        array = values(kind, 3)
        for row, value in enumerate([0, 7, 100, 255]):
            array[:, row, :] = np.array(value).astype(kind)
        if np.dtype(kind).kind == "f":
            array[:, 5] = np.nan
            array[:, 6] = np.inf
            array[:, 7] = np.finfo("float32").min
        else:
            array[:, 5] = np.iinfo(kind).min
            array[:, 6] = np.iinfo(kind).max
        write(folder / "a.tif", array, nodata=None)
        set_nodata_text(folder / "a.tif", text)
        return folder / "a.tif"
    VARIETIES[f"nodata {label}"] = make


def set_nodata_text(path, text):
    """Adds the tag 42113 with any text: GDAL writes numbers alone."""
    data = bytearray(path.read_bytes())
    assert data[:4] == b"II*\0"
    at = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[at:at + 2], "little")
    entries = [bytes(data[at + 2 + 12 * i:at + 14 + 12 * i]) for i in range(count)]
    raw = text.encode() + b"\0"
    start = len(data)
    data += raw + b"\0" * (len(raw) % 2)
    value = start.to_bytes(4, "little") if len(raw) > 4 else raw.ljust(4, b"\0")
    entries.append((42113).to_bytes(2, "little") + (2).to_bytes(2, "little")
                   + len(raw).to_bytes(4, "little") + value)
    entries.sort(key=lambda entry: int.from_bytes(entry[:2], "little"))
    directory = len(data)
    data += len(entries).to_bytes(2, "little") + b"".join(entries) + bytes(4)
    data[4:8] = directory.to_bytes(4, "little")
    path.write_bytes(data)


PAM = "<PAMDataset>{}</PAMDataset>"


@variety("side file: CRS, transform and nodata")
def _(folder):
    write(folder / "a.tif", values("uint8", 3), crs=None, transform=Affine.identity())
    wkt = CRS.from_epsg(32633).to_wkt()
    bands = "".join(f'<PAMRasterBand band="{b}"><NoDataValue>0</NoDataValue></PAMRasterBand>' for b in (1, 2, 3))
    (folder / "a.tif.aux.xml").write_text(PAM.format(
        f"<SRS dataAxisToSRSAxisMapping=\"1,2\">{wkt}</SRS><GeoTransform> 5.0e+05, 2.0e+00, 0, 5.8e+06, 0, -2.0e+00</GeoTransform>{bands}"))
    return folder / "a.tif"


@variety("side file overrules the file")
def _(folder):
    write(folder / "a.tif", values("uint8", 3), nodata=0)
    wkt = CRS.from_epsg(32633).to_wkt()
    (folder / "a.tif.aux.xml").write_text(PAM.format(
        f"<SRS>{wkt}</SRS><GeoTransform>5.0e+05, 2.0e+00, 0, 5.8e+06, 0, -2.0e+00</GeoTransform>"))
    return folder / "a.tif"


@variety("side file of a PNG")
def _(folder):
    write(folder / "a.png", values("uint8", 3), driver="PNG", nodata=0)
    return folder / "a.png"


@variety("side file of a JPEG")
def _(folder):
    write(folder / "a.jpg", values("uint8", 1), driver="JPEG")
    return folder / "a.jpg"


@variety("side file: nodata overrules that of the file")
def _(folder):
    write(folder / "a.tif", values("uint8", 1), nodata=0)
    (folder / "a.tif.aux.xml").write_text(PAM.format(
        '<PAMRasterBand band="1"><NoDataValue>1.28E+02</NoDataValue></PAMRasterBand>'))
    return folder / "a.tif"


@variety("side file: colours")
def _(folder):
    write(folder / "a.tif", values("uint8", 4), photometric="minisblack")
    names = ["Blue", "Green", "Red", "Alpha"]
    (folder / "a.tif.aux.xml").write_text(PAM.format("".join(
        f'<PAMRasterBand band="{b + 1}"><ColorInterp>{name}</ColorInterp></PAMRasterBand>'
        for b, name in enumerate(names))))
    return folder / "a.tif"


@variety("side file: statistics alone")
def _(folder):
    write(folder / "a.tif", values("uint16", 1))
    with rasterio.open(folder / "a.tif") as src:
        src.statistics(1, approx=False)
    (folder / "a.tif.aux.xml").write_text(PAM.format(
        '<PAMRasterBand band="1"><Metadata><MDI key="STATISTICS_MINIMUM">3</MDI></Metadata></PAMRasterBand>'))
    return folder / "a.tif"


@variety("overviews beside")
def _(folder):
    write(folder / "a.tif", values("uint8", 1, width=200, height=150), compress="deflate")
    with rasterio.Env(TIFF_USE_OVR="YES"), rasterio.open(folder / "a.tif", "r+") as out:
        out.build_overviews([2, 4], Resampling.average)
    assert (folder / "a.tif.ovr").exists()
    return folder / "a.tif"


@variety("cloud optimised")
def _(folder):
    write(folder / "b.tif", values("uint16", 3, width=1200, height=900), nodata=0)
    copy(folder / "b.tif", folder / "a.tif", driver="COG", compress="zstd", blocksize=256)
    return folder / "a.tif"


@variety("world file")
def _(folder):
    write(folder / "a.tif", values("uint8"), crs=None, transform=None)
    (folder / "a.tfw").write_text("2\n0\n0\n-2\n500001\n5800001\n")
    return folder / "a.tif"


for exif in range(1, 9):
    def make(folder, exif=exif):
        tags = Image.Exif()
        tags[0x0112] = exif
        array = np.moveaxis(values("uint8", 3), 0, 2)
        Image.fromarray(array).save(folder / "a.png", exif=tags)
        return folder / "a.png"
    VARIETIES[f"orientation {exif} png"] = make

    def make(folder, exif=exif):
        array = np.moveaxis(values("uint8", 3), 0, 2)
        Image.fromarray(array).save(folder / "a.tif", tiffinfo={274: exif})
        return folder / "a.tif"
    VARIETIES[f"orientation {exif} tif"] = make

for bands, name in [(1, "grey"), (2, "grey alpha"), (3, "rgb"), (4, "rgba")]:
    def make(folder, bands=bands):
        write(folder / "a.png", values("uint16", bands), driver="PNG", crs=None, transform=Affine.identity())
        return folder / "a.png"
    VARIETIES[f"png 16 bits {name}"] = make

    def make(folder, bands=bands):
        write(folder / "a.png", values("uint8", bands), driver="PNG", crs=None, transform=Affine.identity())
        return folder / "a.png"
    VARIETIES[f"png 8 bits {name}"] = make


@variety("sparse")
def _(folder):
    with rasterio.open(folder / "a.tif", "w", driver="GTiff", width=128, height=128, count=3, dtype="uint8",
                       sparse_ok="yes", nodata=9, transform=UTM, crs="EPSG:32636", **TILED) as out:
        out.write(values("uint8", 3)[:, :16, :32], window=rasterio.windows.Window(32, 32, 32, 16))
    return folder / "a.tif"


@variety("sparse, nodata out of range")
def _(folder):
    with rasterio.open(folder / "a.tif", "w", driver="GTiff", width=128, height=128, count=1, dtype="uint8",
                       sparse_ok="yes", transform=UTM, crs="EPSG:32636", **TILED) as out:
        out.write(values("uint8", 1)[:, :16, :32], window=rasterio.windows.Window(32, 32, 32, 16))
    set_nodata_text(folder / "a.tif", "-9999")
    return folder / "a.tif"


@variety("mask and nodata")
def _(folder):
    write(folder / "a.tif", values("uint8", 3), mask=some_mask(), nodata=0)
    return folder / "a.tif"


@variety("alpha and nodata")
def _(folder):
    array = values("uint8", 4)
    array[:, 10:20] = 0
    write(folder / "a.tif", array, photometric="rgb", alpha="yes", nodata=3)
    return folder / "a.tif"


NAMES = {Colour.gray: "grey", Colour.red: "red", Colour.green: "green", Colour.blue: "blue",
         Colour.alpha: "alpha", Colour.palette: "palette", Colour.undefined: "undefined",
         Colour.cyan: "cyan", Colour.magenta: "magenta", Colour.yellow: "yellow", Colour.black: "black"}


def expected_valid(src, shown):
    """As the docstring says, and several sources of validity must all agree (GDAL takes the first)."""
    data = src.read()
    valid = np.zeros(data.shape[1:], bool)
    for band in shown:
        one = src.read_masks(band) != 0
        values = data[band - 1]
        if MaskFlags.all_valid in src.mask_flag_enums[band - 1]:
            one[:] = True
        nodata = src.nodatavals[band - 1]
        if nodata is not None and MaskFlags.nodata not in src.mask_flag_enums[band - 1]:
            one &= values != nodata
        if values.dtype.kind in "fc":
            one &= np.isfinite(values)
        valid |= one
    for band, colour in enumerate(src.colorinterp):
        if colour == Colour.alpha:
            valid &= data[band] != 0
    return valid


def compare(path, dump):
    """What differs, or nothing; raises what GDAL raises."""
    header, rest = dump.split(b"\n", 1)
    info = json.loads(header)
    if "error" in info:
        message = info["error"].split("\n")[0]
        named = " is not read" in message or "not supported" in message
        return ("refused" if named else "disagreed"), message
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="FALSE"), rasterio.open(path) as src:
        data = src.read()
        count, height, width = data.shape
        if (info["width"], info["height"]) != (width, height):
            return "disagreed", f"size {info['width']} x {info['height']}"
        ours = np.frombuffer(rest, "<f8", width * height * len(info["bands"]))
        ours = ours.reshape(height, width, -1)
        rest = rest[ours.nbytes:]
        plain = path.suffix != ".tif"
        if plain:
            # Grey is red, green and blue; a colour that is transparent is an opacity.
            rgb = data[:1].repeat(3, 0) if count < 3 else data[:3]
            alpha = {2: data[1:2], 4: data[3:4]}.get(count)
            wanted = rgb if alpha is None else np.concatenate([rgb, alpha])
            given = np.moveaxis(ours, 2, 0)[:len(wanted)]
            off = np.abs(given - wanted.astype(float)).max()
            if off > (6 if path.suffix == ".jpg" else 0):
                return "disagreed", f"samples differ by up to {off}"
            colours = np.frombuffer(rest, "u1", width * height * 3)
            valid = np.frombuffer(rest[colours.nbytes:], "u1").reshape(height, width) != 0
            shown = range(1, min(count, 3) + 1) if count > 2 else [1]
            if (valid != expected_valid(src, shown)).any():
                return "disagreed", "pixels differ in whether they are valid"
            return place(info, src)
        if len(info["bands"]) != count:
            return "disagreed", f"{len(info['bands'])} bands and not {count}"
        if info["bands"][0]["colour"] == "cyan":
            shown = np.frombuffer(rest, "u1", width * height * 3).reshape(height, width, 3)
            off = np.abs(shown.astype(int) - np.moveaxis(data[:3], 0, 2)).max()
            return ("agreed", "") if off <= 1 else ("disagreed", f"colours differ by up to {off}")
        colours = [band["colour"] for band in info["bands"]]
        theirs = [NAMES.get(colour, "undefined") for colour in src.colorinterp]
        # A grey that GDAL takes for granted, or shows by a table of black and white.
        if theirs[0] in ("grey", "palette", "undefined") and colours[0] in ("grey", "undefined"):
            colours[0] = theirs[0]
        if colours != theirs:
            return "disagreed", f"colours {colours} and not {theirs}"
        wanted = np.moveaxis(np.abs(data) if data.dtype.kind == "c" else data, 0, 2).astype("f8")
        loose = {"jpeg": 6, "webp": 6}.get((src.compression.value if src.compression else "").lower(), 0)
        if path.suffix == ".jpg":
            loose = 6
        if data.dtype.kind == "c":
            loose = 1e-3
        if "ycbcr" in str(path):
            off = np.abs(ours - wanted).mean()
            if off > 4:
                return "disagreed", f"samples differ by {off} on average"
        elif not np.allclose(ours, wanted, rtol=0 if not data.dtype.kind == "c" else 1e-6, atol=loose, equal_nan=True):
            off = np.abs(ours - wanted)
            return "disagreed", f"samples differ by up to {np.nanmax(off)}, {np.mean(off > loose):.2%} of them"
        colours = np.frombuffer(rest, "u1", width * height * 3)
        valid = np.frombuffer(rest[colours.nbytes:], "u1").reshape(height, width) != 0
        expected = expected_valid(src, info["default_bands"])
        if (valid != expected).any():
            return "disagreed", f"{(valid != expected).sum()} pixels differ in whether they are valid"
        # rasterio has none for whole numbers that a float does not hold.
        nodata = info["nodata"] if data.dtype == "uint64" else src.nodata
        if (nodata is None) != (info["nodata"] is None):
            return "disagreed", f"nodata {info['nodata']} and not {nodata}"
        return place(info, src)


def place(info, src):
    """What differs of the place on the map."""
    epsg = src.crs.to_epsg() if src.crs else None
    found = info["crs"]["epsg"] if info["crs"] else None
    if epsg != found:
        return "disagreed", f"EPSG:{found} and not EPSG:{epsg}"
    transform = info["geo_transform"]
    if transform == [0, 1, 0, 0, 0, 1]:
        transform = None
    given = None if src.transform == Affine.identity() else list(src.transform.to_gdal())
    if (transform is None) != (given is None) or (given and not np.allclose(transform, given, rtol=1e-12)):
        return "disagreed", f"transform {transform} and not {given}"
    return "agreed", ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--dump", default=target / "release/examples/dump_raster")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the rasters")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        base = arguments.keep or pathlib.Path(temporary)
        made, unmade = {}, {}
        for name, make in VARIETIES.items():
            if arguments.names and not any(part in name for part in arguments.names):
                continue
            folder = base / "".join(c if c.isalnum() else "_" for c in name)
            folder.mkdir(parents=True, exist_ok=True)
            try:
                made[name] = make(folder)
            except Exception as error:
                unmade[name] = str(error).split("\n")[0]
        subprocess.run([arguments.dump, *made.values()], check=True)
        results = {"agreed": [], "refused": [], "disagreed": []}
        for name, path in made.items():
            try:
                verdict, detail = compare(path, pathlib.Path(f"{path}.dump").read_bytes())
            except Exception as error:
                verdict, detail = "disagreed", f"comparison: {error}"
            results[verdict].append(name)
            if verdict != "agreed":
                print(f"{verdict:<10} {name}: {detail}")
        for name, error in unmade.items():
            print(f"not made   {name}: {error}")
        print(f"{len(results['agreed'])} agreed, {len(results['refused'])} refused by name, "
              f"{len(results['disagreed'])} disagreed, {len(unmade)} that this GDAL does not write "
              f"(GDAL {rasterio.__gdal_version__})")
    sys.exit(bool(results["disagreed"]))


if __name__ == "__main__":
    main()
