//! What a raster file says about itself.

use std::fmt;

use serde::Serialize;

use crate::geo_transform::GeoTransform;
use crate::sample::SampleKind;

/// What a raster file says about itself; `Display` makes lines for people of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RasterInfo {
    /// `GeoTIFF`, `TIFF`, or the format of a plain image.
    pub format: String,
    /// The library that reads it where resam itself does not, and its version, such as `GDAL 3.6.2`.
    pub read_by: Option<String>,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The bands in order, alpha included.
    pub bands: Vec<BandInfo>,
    /// The bands that make red, green and blue unless others are asked for.
    pub default_bands: Vec<usize>,
    /// Bits of one stored sample.
    pub bits_per_sample: u16,
    /// The name of the compression.
    pub compression: String,
    /// How samples are stored as differences, if they are.
    pub predictor: Option<String>,
    /// How the raster is cut into chunks.
    pub chunks: ChunkLayout,
    /// Whether each band has chunks of its own.
    pub planar: bool,
    /// `little endian` or `big endian`, for a TIFF.
    pub byte_order: Option<String>,
    /// Whether it is a BigTIFF, with offsets of 64 bits.
    pub big: bool,
    /// Width and height of each overview, from the largest.
    pub overviews: Vec<[u32; 2]>,
    /// The value of pixels that hold no data, as the file has it.
    pub nodata: Option<String>,
    /// What says which pixels are valid; with none of them all are. A pixel is valid if all say so.
    pub valid_from: Vec<ValidFrom>,
    /// The CRS, if it has one that is understood.
    pub crs: Option<CrsInfo>,
    /// Why the CRS of the file is not understood, if it has one.
    pub crs_problem: Option<String>,
    /// From pixels (corner convention) to the CRS.
    pub geo_transform: Option<GeoTransform>,
    /// Width and height of a pixel in units of the CRS.
    pub pixel_size: Option<[f64; 2]>,
    /// Whether the file ties the centres of pixels to the ground, and not their corners.
    pub pixel_is_point: bool,
    /// Upper left, upper right, lower right and lower left corner.
    pub corners: Vec<Corner>,
    /// What else is worth knowing, one sentence each.
    pub notes: Vec<String>,
}

/// One band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BandInfo {
    /// Its number, from 1.
    pub number: usize,
    /// The kind of its samples.
    pub kind: SampleKind,
    /// What it stands for.
    pub colour: Colour,
}

/// What a band stands for.
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
    /// Opacity: a pixel with zero here is not valid.
    Alpha,
    /// A number into a table of colours.
    Palette,
    /// Not said.
    Undefined,
}

/// How a raster is cut into chunks.
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
    /// Strips over the whole width.
    Strips {
        /// Rows of a strip.
        rows: u32,
    },
    /// A plain image, decoded at once.
    Whole,
}

/// What says which pixels are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ValidFrom {
    /// The nodata value.
    Nodata,
    /// A band of opacity.
    Alpha {
        /// Its number, from 1.
        band: usize,
    },
    /// A mask inside the file.
    Mask,
}

/// A CRS as it is called.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrsInfo {
    /// Its name.
    pub name: String,
    /// Its EPSG code, if it has one.
    pub epsg: Option<u32>,
    /// As a PROJ string.
    pub proj: String,
}

/// One corner of a raster.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Corner {
    /// Which one.
    pub name: &'static str,
    /// East in the CRS.
    pub x: f64,
    /// North in the CRS.
    pub y: f64,
    /// Degrees east on WGS 84, if the CRS is understood there.
    pub longitude: Option<f64>,
    /// Degrees north on WGS 84, if the CRS is understood there.
    pub latitude: Option<f64>,
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
            (Some(CrsInfo { name, epsg, .. }), _) => match epsg {
                Some(code) => format!("{name} (EPSG:{code})"),
                None => name.clone(),
            },
            (None, Some(problem)) => format!("not understood: {problem}"),
            (None, None) => "none: positions are pixels".to_owned(),
        }
    }
}
