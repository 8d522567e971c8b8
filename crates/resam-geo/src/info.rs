//! The metadata of a raster file.

use std::fmt;

use resam_crs::{Crs, Transform};
use serde::Serialize;

use crate::geo_transform::GeoTransform;
use crate::sample::SampleKind;

/// The metadata of a raster file. `Display` writes it as lines of text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RasterInfo {
    /// `GeoTIFF`, `TIFF`, or the format of a plain image.
    pub format: String,
    /// The library that reads the file, with its version, such as `GDAL 3.6.2`; `None` if this
    /// crate reads it.
    pub read_by: Option<String>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The bands in order, alpha included.
    pub bands: Vec<BandInfo>,
    /// The bands that are shown as red, green and blue by default, from 1.
    pub default_bands: Vec<usize>,
    /// Bits of one stored sample (TIFF tag `BitsPerSample`).
    pub bits_per_sample: u16,
    /// The name of the compression (TIFF tag `Compression`).
    pub compression: String,
    /// How samples are stored as differences (TIFF tag `Predictor`); `None` if they are not.
    pub predictor: Option<String>,
    /// How the raster is divided into strips or tiles.
    pub chunks: ChunkLayout,
    /// Whether each band has its own chunks (TIFF tag `PlanarConfiguration`).
    pub planar: bool,
    /// `little endian` or `big endian`, for a TIFF.
    pub byte_order: Option<String>,
    /// Whether it is a BigTIFF, with offsets of 64 bits.
    pub big: bool,
    /// Width and height of each overview, from the largest.
    pub overviews: Vec<[u32; 2]>,
    /// The nodata value, as the file has it (TIFF tag `GDAL_NODATA`).
    pub nodata: Option<String>,
    /// The sources of validity. A pixel is valid if all of them say so; if the list is empty, all
    /// pixels are valid.
    pub valid_from: Vec<ValidFrom>,
    /// The CRS, if the file has one that is supported.
    pub crs: Option<CrsInfo>,
    /// Why the CRS of the file is not supported, if that is so.
    pub crs_problem: Option<String>,
    /// From pixels (corner convention) to the CRS.
    pub geo_transform: Option<GeoTransform>,
    /// Width and height of a pixel, in units of the CRS.
    pub pixel_size: Option<[f64; 2]>,
    /// Whether the georeference of the file is that of pixel centres (`RasterPixelIsPoint`).
    /// [`geo_transform`](Self::geo_transform) is that of corners in any case.
    pub pixel_is_point: bool,
    /// The upper left, upper right, lower right and lower left corner; empty without a
    /// georeference.
    pub corners: Vec<Corner>,
    /// How the pixels are to be turned to stand upright (TIFF and EXIF tag `Orientation`), 1 to 8.
    pub orientation: u8,
    /// How many control points tie the raster, if no affine transform fits them. Positions are
    /// pixels then.
    pub loose_control_points: Option<usize>,
    /// Other remarks, one sentence each.
    pub notes: Vec<String>,
}

/// One band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BandInfo {
    /// The number of the band, from 1.
    pub number: usize,
    /// The type of its samples.
    pub kind: SampleKind,
    /// The meaning of the band.
    pub colour: Colour,
}

/// The meaning of a band (TIFF tags `PhotometricInterpretation` and `ExtraSamples`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// Brightness.
    Grey,
    /// Red.
    Red,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Opacity: pixels with the value 0 are not valid.
    Alpha,
    /// An index into a table of colours (TIFF tag `ColorMap`).
    Palette,
    /// Cyan ink.
    Cyan,
    /// Magenta ink.
    Magenta,
    /// Yellow ink.
    Yellow,
    /// Black ink.
    Black,
    /// Unknown.
    Undefined,
}

/// How a raster is divided into chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChunkLayout {
    /// Tiles of this size.
    Tiles {
        /// Columns of a tile.
        width: u32,
        /// Rows of a tile.
        height: u32,
    },
    /// Strips of the whole width.
    Strips {
        /// Rows of a strip.
        rows: u32,
    },
    /// A plain image, which is decoded as a whole.
    Whole,
}

/// A source of the validity of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ValidFrom {
    /// The nodata value.
    Nodata,
    /// An alpha band.
    Alpha {
        /// The number of the band, from 1.
        band: usize,
    },
    /// A mask in the file (TIFF tag `NewSubfileType`, bit 2).
    Mask,
    /// A mask in the file `.msk` beside it.
    MaskBeside,
}

/// The names of a CRS.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrsInfo {
    /// The name, such as `WGS 84 / UTM zone 36N`.
    pub name: String,
    /// The EPSG code, if it has one.
    pub epsg: Option<u32>,
    /// The authority and the code, such as `ESRI:54009`, if it has one.
    pub code: Option<String>,
    /// The PROJ string.
    pub proj: String,
    /// How good longitudes and latitudes on WGS 84 are, if not as good as those of PROJ.
    pub caution: Option<String>,
}

/// One corner of a raster.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Corner {
    /// Which corner it is.
    pub name: &'static str,
    /// Easting or longitude in the CRS.
    pub x: f64,
    /// Northing or latitude in the CRS.
    pub y: f64,
    /// Longitude on WGS 84 in degrees, if it can be computed.
    pub longitude: Option<f64>,
    /// Latitude on WGS 84 in degrees, if it can be computed.
    pub latitude: Option<f64>,
}

impl CrsInfo {
    /// The names of a CRS.
    pub(crate) fn of(crs: &Crs) -> Self {
        Self {
            name: crs.name().to_owned(),
            epsg: crs.epsg(),
            code: crs
                .authority_code()
                .map(|(authority, code)| format!("{authority}:{code}")),
            proj: crs.proj_string().to_owned(),
            caution: Transform::new(crs, &Crs::wgs84())
                .ok()
                .and_then(|to_degrees| to_degrees.caution()),
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Grey => "grey",
            Self::Red => "red",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Alpha => "alpha",
            Self::Palette => "palette",
            Self::Cyan => "cyan",
            Self::Magenta => "magenta",
            Self::Yellow => "yellow",
            Self::Black => "black",
            Self::Undefined => "no colour said",
        })
    }
}

impl fmt::Display for ChunkLayout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tiles { width, height } => write!(formatter, "tiles of {width} x {height}"),
            Self::Strips { rows: 1 } => formatter.write_str("strips of 1 row"),
            Self::Strips { rows } => write!(formatter, "strips of {rows} rows"),
            Self::Whole => formatter.write_str("one piece"),
        }
    }
}

impl fmt::Display for ValidFrom {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nodata => formatter.write_str("other than nodata"),
            Self::Alpha { band } => write!(formatter, "not transparent in band {band}"),
            Self::Mask => formatter.write_str("in the mask of the file"),
            Self::MaskBeside => formatter.write_str("in the mask beside the file"),
        }
    }
}

impl fmt::Display for RasterInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: String| writeln!(formatter, "{name:<12} {value}");
        let big = if self.big { ", BigTIFF" } else { "" };
        let order = self.byte_order.as_deref().unwrap_or_default();
        let comma = if order.is_empty() { "" } else { ", " };
        let reader = self.read_by.as_ref();
        let reader = reader.map_or_else(String::new, |name| format!(", read by {name}"));
        line(
            "format",
            format!("{}{big}{comma}{order}{reader}", self.format),
        )?;
        line("size", format!("{} x {} pixels", self.width, self.height))?;
        for band in &self.bands {
            line(
                &format!("band {}", band.number),
                format!("{}, {}", band.kind, band.colour),
            )?;
        }
        let numbers: Vec<String> = self.default_bands.iter().map(usize::to_string).collect();
        line("shown", format!("bands {} unless told", numbers.join(",")))?;
        let planar = if self.planar { ", a plane a band" } else { "" };
        let predictor = self.predictor.as_deref().unwrap_or_default();
        let comma = if predictor.is_empty() { "" } else { ", " };
        line(
            "stored",
            format!(
                "{}{planar}, {}{comma}{predictor}",
                self.chunks, self.compression
            ),
        )?;
        let sizes = self
            .overviews
            .iter()
            .map(|[width, height]| format!("{width} x {height}"));
        let sizes: Vec<String> = sizes.collect();
        line(
            "overviews",
            if sizes.is_empty() {
                "none".to_owned()
            } else {
                sizes.join(", ")
            },
        )?;
        line(
            "nodata",
            self.nodata.clone().unwrap_or_else(|| "none".to_owned()),
        )?;
        let valid: Vec<String> = self.valid_from.iter().map(ValidFrom::to_string).collect();
        line(
            "valid",
            if valid.is_empty() {
                "all pixels".to_owned()
            } else {
                format!("pixels that are {}", valid.join(" and "))
            },
        )?;
        line("CRS", self.crs_line())?;
        if let Some(crs) = &self.crs {
            line("PROJ", crs.proj.clone())?;
            if let Some(caution) = &crs.caution {
                line("caution", caution.clone())?;
            }
        }
        if let Some(GeoTransform([x0, a, b, y0, d, e])) = self.geo_transform {
            line("transform", format!("{x0}, {a}, {b}, {y0}, {d}, {e}"))?;
        }
        if let Some([width, height]) = self.pixel_size {
            let tied = if self.pixel_is_point {
                "centres of pixels are tied (pixel is point)"
            } else {
                "corners of pixels are tied (pixel is area)"
            };
            line("pixel", format!("{width} x {height}, {tied}"))?;
        }
        for corner in &self.corners {
            let on_earth = match (corner.longitude, corner.latitude) {
                (Some(longitude), Some(latitude)) => {
                    format!(" (longitude {longitude:.7}, latitude {latitude:.7})")
                }
                _ => String::new(),
            };
            line(corner.name, format!("{}, {}{on_earth}", corner.x, corner.y))?;
        }
        for note in &self.notes {
            line("note", note.clone())?;
        }
        Ok(())
    }
}

impl RasterInfo {
    fn crs_line(&self) -> String {
        match (&self.crs, &self.crs_problem) {
            (Some(CrsInfo { name, code, .. }), _) => match code {
                Some(code) => format!("{name} ({code})"),
                None => name.clone(),
            },
            (None, Some(problem)) => format!("not understood: {problem}"),
            (None, None) => "none: positions are pixels".to_owned(),
        }
    }
}
