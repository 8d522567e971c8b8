//! GDAL's virtual rasters: parts of files, each with its place in the whole. What takes more than
//! copying pixels is refused by its name.

use std::io::Read;
use std::path::{Path, PathBuf};

use resam_crs::Crs;
use roxmltree::{Document, Node, ParsingOptions};

use super::Rectangle;
use crate::error::RasterError;
use crate::geo_transform::GeoTransform;
use crate::info::Colour;
use crate::raster::Palette;
use crate::sample::SampleKind;

/// The largest description that is read, in bytes, and the most elements of it: those of a million
/// parts.
const MAX_BYTES: u64 = 1 << 29;
const MAX_NODES: u32 = 1 << 24;

/// How a VRT begins, within its first bytes.
const BEGINNING: u64 = 1024;
const NAME: &[u8] = b"<VRTDataset";

/// What a VRT says.
#[derive(Debug)]
pub(super) struct Description {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) crs: Option<Result<Crs, String>>,
    pub(super) geo_transform: Option<GeoTransform>,
    pub(super) bands: Vec<Band>,
    /// The parts of its mask.
    pub(super) mask: Option<Vec<Source>>,
    /// The files that it names, each once.
    pub(super) files: Vec<PathBuf>,
    pub(super) notes: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Band {
    pub(super) kind: SampleKind,
    pub(super) colour: Colour,
    pub(super) palette: Option<Palette>,
    pub(super) nodata: Option<f64>,
    /// Whether the nodata value only fills what no part covers.
    pub(super) hides_nodata: bool,
    pub(super) sources: Vec<Source>,
}

#[derive(Debug)]
pub(super) struct Source {
    pub(super) file: usize,
    /// From 1; none for the mask of the file.
    pub(super) band: Option<usize>,
    pub(super) from: Option<Rectangle>,
    pub(super) to: Option<Rectangle>,
    pub(super) nodata: Option<f64>,
    pub(super) uses_mask: bool,
    pub(super) offset: f64,
    pub(super) ratio: f64,
    /// How pixels are resampled, if it says so.
    pub(super) resampling: Option<String>,
}

/// Whether a file is a VRT: it begins as one does.
pub(crate) fn is_vrt(path: &Path) -> bool {
    let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let Some(file) = is_file.then(|| std::fs::File::open(path).ok()).flatten() else {
        return false;
    };
    let mut start = Vec::new();
    if file.take(BEGINNING).read_to_end(&mut start).is_err() {
        return false;
    }
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    let text = text.trim_ascii_start();
    text.starts_with(b"<") && text.windows(NAME.len()).any(|part| part == NAME)
}

/// Reads the description.
pub(super) fn read(path: &Path) -> Result<Description, RasterError> {
    let mut bytes = Vec::new();
    let file = fs_err::File::open(path)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    let broken = |detail: String| RasterError::Vrt {
        path: path.to_owned(),
        detail,
    };
    if bytes.len() as u64 > MAX_BYTES {
        return Err(broken(format!("it has more than {MAX_BYTES} bytes")));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| broken("it is no UTF-8".to_owned()))?;
    let options = ParsingOptions {
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document::parse_with_options(text, options);
    let document = document.map_err(|error| broken(error.to_string()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    description(document.root_element(), folder).map_err(broken)
}

fn description(root: Node<'_, '_>, folder: &Path) -> Result<Description, String> {
    match root.attribute("subClass") {
        None => {}
        Some("VRTWarpedDataset") => return Err("a warped VRT".to_owned()),
        Some("VRTPansharpenedDataset") => return Err("a pansharpened VRT".to_owned()),
        Some(other) => return Err(format!("a VRT of the class `{other}`")),
    }
    let side = |name: &str| {
        let value = root
            .attribute(name)
            .and_then(|text| text.trim().parse().ok());
        let value = value.filter(|&side: &u32| side > 0 && side <= i32::MAX as u32);
        value.ok_or_else(|| format!("its `{name}` is no number of pixels"))
    };
    let mut found = Description {
        width: side("rasterXSize")?,
        height: side("rasterYSize")?,
        crs: None,
        geo_transform: None,
        bands: Vec::new(),
        mask: None,
        files: Vec::new(),
        notes: Vec::new(),
    };
    let mut files = Names {
        folder,
        known: std::collections::HashMap::new(),
    };
    for node in elements(root) {
        match node.tag_name().name() {
            "SRS" => {
                let text = text_of(node);
                if !text.is_empty() {
                    let crs = Crs::parse(text).map_err(|error| {
                        let error = error.to_string();
                        error.split("\n\n").next().unwrap_or_default().to_owned()
                    });
                    found.crs = Some(crs);
                }
            }
            "GeoTransform" => found.geo_transform = Some(transform(node)?),
            "VRTRasterBand" => {
                let number = found.bands.len() + 1;
                let band = band(node, &mut files);
                found
                    .bands
                    .push(band.map_err(|what| format!("band {number}: {what}"))?);
            }
            "MaskBand" => {
                let inner = elements(node).find(|node| node.tag_name().name() == "VRTRasterBand");
                let inner = inner.ok_or("a mask without a band")?;
                let band = band(inner, &mut files).map_err(|what| format!("its mask: {what}"))?;
                found.mask = Some(band.sources);
            }
            "GCPList" => {
                found
                    .notes
                    .push("it is tied by control points, which are not used".to_owned());
            }
            "OverviewList" => {
                found.notes.push("its overviews are not used".to_owned());
            }
            "Metadata" | "BlockXSize" | "BlockYSize" => {}
            "GDALWarpOptions" => return Err("a warped VRT".to_owned()),
            "PansharpeningOptions" => return Err("a pansharpened VRT".to_owned()),
            other => return Err(format!("`{other}` in it")),
        }
    }
    if found.bands.is_empty() {
        return Err("it has no bands".to_owned());
    }
    found.files = files.in_order();
    Ok(found)
}

/// The files that are named, numbered as they come.
struct Names<'a> {
    folder: &'a Path,
    known: std::collections::HashMap<PathBuf, usize>,
}

impl Names<'_> {
    fn number(&mut self, path: PathBuf) -> usize {
        let next = self.known.len();
        *self.known.entry(path).or_insert(next)
    }

    fn in_order(self) -> Vec<PathBuf> {
        let mut files: Vec<(PathBuf, usize)> = self.known.into_iter().collect();
        files.sort_by_key(|(_, number)| *number);
        files.into_iter().map(|(path, _)| path).collect()
    }
}

fn elements<'a, 'b>(node: Node<'a, 'b>) -> impl Iterator<Item = Node<'a, 'b>> {
    node.children().filter(Node::is_element)
}

fn text_of<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default().trim()
}

fn number(node: Node<'_, '_>) -> Result<f64, String> {
    let text = text_of(node);
    let parsed = text.to_ascii_lowercase().parse::<f64>();
    parsed.map_err(|_| format!("`{text}` in `{}` is no number", node.tag_name().name()))
}

fn yes(node: Node<'_, '_>) -> bool {
    matches!(
        &*text_of(node).to_ascii_lowercase(),
        "1" | "yes" | "true" | "on"
    )
}

fn transform(node: Node<'_, '_>) -> Result<GeoTransform, String> {
    let numbers: Option<Vec<f64>> = text_of(node)
        .split(',')
        .map(|text| text.trim().parse().ok())
        .collect();
    let numbers: Option<[f64; 6]> = numbers.and_then(|numbers| numbers.try_into().ok());
    numbers
        .map(GeoTransform)
        .filter(GeoTransform::is_invertible)
        .ok_or_else(|| "its `GeoTransform` is not six numbers with an inverse".to_owned())
}

fn band(node: Node<'_, '_>, files: &mut Names<'_>) -> Result<Band, String> {
    match node.attribute("subClass") {
        None | Some("VRTSourcedRasterBand") => {}
        Some("VRTDerivedRasterBand") => return Err("a derived band (pixel function)".to_owned()),
        Some("VRTWarpedRasterBand") => return Err("a warped band".to_owned()),
        Some("VRTRawRasterBand") => return Err("a raw band".to_owned()),
        Some("VRTPansharpenedRasterBand") => return Err("a pansharpened band".to_owned()),
        Some(other) => return Err(format!("a band of the class `{other}`")),
    }
    let kind = match node.attribute("dataType").unwrap_or("Byte") {
        "Byte" | "UInt8" => SampleKind::U8,
        "Int8" => SampleKind::I8,
        "UInt16" => SampleKind::U16,
        "Int16" => SampleKind::I16,
        "UInt32" => SampleKind::U32,
        "Int32" => SampleKind::I32,
        "Float16" | "Float32" => SampleKind::F32,
        "Float64" => SampleKind::F64,
        "UInt64" => SampleKind::U64,
        "Int64" => SampleKind::I64,
        other => return Err(format!("samples of type {other}")),
    };
    let mut band = Band {
        kind,
        colour: Colour::Undefined,
        palette: None,
        nodata: None,
        hides_nodata: false,
        sources: Vec::new(),
    };
    for node in elements(node) {
        match node.tag_name().name() {
            "NoDataValue" => band.nodata = Some(number(node)?),
            "HideNoDataValue" => band.hides_nodata = yes(node),
            "ColorInterp" => {
                band.colour = match text_of(node) {
                    "Gray" => Colour::Grey,
                    "Red" => Colour::Red,
                    "Green" => Colour::Green,
                    "Blue" => Colour::Blue,
                    "Alpha" => Colour::Alpha,
                    "Palette" => Colour::Palette,
                    _ => Colour::Undefined,
                }
            }
            "ColorTable" => band.palette = Some(palette(node)),
            "SimpleSource" | "ComplexSource" => band.sources.push(source(node, files)?),
            "MaskBand" => return Err("a mask of a single band".to_owned()),
            "Metadata" | "Description" | "UnitType" | "Offset" | "Scale" | "CategoryNames"
            | "Histograms" | "Overview" => {}
            other => return Err(format!("`{other}`")),
        }
    }
    Ok(band)
}

fn palette(node: Node<'_, '_>) -> Palette {
    let entries = elements(node).filter(|node| node.tag_name().name() == "Entry");
    let colour = |entry: Node<'_, '_>| {
        ["c1", "c2", "c3"].map(|name| {
            let value = entry
                .attribute(name)
                .and_then(|text| text.parse::<i32>().ok());
            value.unwrap_or(0).clamp(0, 255) as u8
        })
    };
    entries.map(colour).collect()
}

fn source(node: Node<'_, '_>, files: &mut Names<'_>) -> Result<Source, String> {
    let mut file = None;
    let mut found = Source {
        file: 0,
        band: Some(1),
        from: None,
        to: None,
        nodata: None,
        uses_mask: false,
        offset: 0.0,
        ratio: 1.0,
        resampling: node.attribute("resampling").map(str::to_owned),
    };
    let kind = node.tag_name().name();
    for node in elements(node) {
        match node.tag_name().name() {
            "SourceFilename" => file = Some(file_name(node, files.folder)?),
            "SourceBand" => {
                let text = text_of(node);
                found.band = if text.starts_with("mask,") {
                    None
                } else {
                    let number = text.parse().ok().filter(|&number: &usize| number > 0);
                    Some(number.ok_or_else(|| format!("the source band `{text}`"))?)
                };
            }
            "SrcRect" => found.from = Some(rectangle(node)?),
            "DstRect" => found.to = Some(rectangle(node)?),
            "NODATA" => found.nodata = Some(number(node)?),
            "UseMaskBand" => found.uses_mask = yes(node),
            "ScaleOffset" => found.offset = number(node)?,
            "ScaleRatio" => found.ratio = number(node)?,
            "SourceProperties" => {}
            other => return Err(format!("`{other}` of a `{kind}`")),
        }
    }
    let file = file.ok_or_else(|| format!("a `{kind}` without a file"))?;
    found.file = files.number(file);
    Ok(found)
}

fn file_name(node: Node<'_, '_>, folder: &Path) -> Result<PathBuf, String> {
    let name = text_of(node);
    if name.is_empty() {
        return Err("a source without a file name".to_owned());
    }
    if name.starts_with("/vsi") || name.contains("://") {
        return Err(format!("the source `{name}`, which is no plain file"));
    }
    let is_relative = node
        .attribute("relativeToVRT")
        .is_some_and(|text| text.trim() == "1");
    Ok(if is_relative {
        folder.join(name)
    } else {
        PathBuf::from(name)
    })
}

fn rectangle(node: Node<'_, '_>) -> Result<Rectangle, String> {
    let side = |name: &str| {
        let value = node
            .attribute(name)
            .and_then(|text| text.trim().parse().ok());
        let value = value.filter(|value: &f64| value.is_finite() && value.abs() < 1e10);
        value.ok_or_else(|| format!("a `{}` without a good `{name}`", node.tag_name().name()))
    };
    Ok(Rectangle::new(
        side("xOff")?,
        side("yOff")?,
        side("xSize")?,
        side("ySize")?,
    ))
}
