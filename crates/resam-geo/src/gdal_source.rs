//! Rasters of other formats, read through the installed GDAL: JPEG 2000, `.img`, VRT, NetCDF and
//! all others that it has a driver for.
//!
//! GDAL only reads samples by window, at the scales of its overviews; the rest is the same for all
//! rasters. A GDAL data set may move between threads, but two threads must not use it at once. So
//! there is a pool: a thread takes a data set out, or opens another one. With one data set behind a
//! lock, threads could not decode in parallel, and decoding takes most of the time in JPEG 2000.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use gdal::errors::GdalError;
use gdal::raster::{GdalType, RasterBand};
use gdal::version::VersionInfo;
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags, Metadata};
use resam_crs::Crs;

use crate::control_points::ControlPoint;
use crate::error::RasterError;
use crate::geo_transform::GeoTransform;
use crate::georeference::Georeference;
use crate::info::{ChunkLayout, Colour, RasterInfo};
use crate::level::{ChunkSource, Level, Numbered, Pixels};
use crate::raster::{Palette, Raster, common_info};
use crate::sample::SampleKind;
use crate::tiff::Fault;
use crate::tiff::image::{Image, WHITE_IS_ZERO};

/// Chunks are blocks of GDAL, or several of them up to about this side and this many bytes.
const CHUNK_SIDE: u64 = 512;
const CHUNK_BYTES: u64 = 1 << 22;
/// Blocks of more bytes, or of a larger side in pixels, are read in parts.
const MOST_BLOCK_BYTES: u64 = 1 << 26;
const WIDEST_BLOCK: u64 = 1 << 16;
/// Rasters of up to this number of bands have all bands in one chunk: otherwise a scene of three
/// bands would decode each block three times.
const MOST_BANDS_TOGETHER: usize = 4;

/// Opens a raster through GDAL.
pub(crate) fn open(path: &Path) -> Result<Raster, RasterError> {
    // GDAL's messages are in its errors. By default GDAL prints them too.
    static QUIET: Once = Once::new();
    QUIET.call_once(|| gdal::config::set_error_handler(|_, _, _| {}));
    read(path).map_err(|fault| RasterError::of(path, fault))
}

impl From<GdalError> for Fault {
    fn from(error: GdalError) -> Self {
        let text = match error {
            GdalError::CplError { msg, .. } | GdalError::NullPointer { msg, .. } => msg,
            other => other.to_string(),
        };
        let text = text.trim().trim_end_matches('.');
        // If a file that this one refers to is missing, GDAL reports it once and then fails without
        // a message.
        let unsaid = "it does not say why; a file that this one refers to may be missing";
        Self::Gdal(if text.is_empty() { unsaid } else { text }.to_owned())
    }
}

/// The unused data sets of one file.
#[derive(Debug)]
struct GdalSource {
    path: PathBuf,
    idle: Mutex<Vec<Dataset>>,
}

impl ChunkSource for GdalSource {
    fn decode(&self, numbered: &Numbered, index: u64) -> Result<Option<Vec<u8>>, Fault> {
        // A poisoned lock is harmless: it guards only a list of unused data sets.
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let dataset = match taken {
            Some(dataset) => dataset,
            None => open_dataset(&self.path)?,
        };
        let samples = read_chunk(&dataset, numbered, index)?;
        idle().push(dataset);
        Ok(Some(samples))
    }

    fn is_written(&self, _: &Numbered, _: u64) -> Result<bool, Fault> {
        Ok(true)
    }
}

fn open_dataset(path: &Path) -> Result<Dataset, Fault> {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
        ..DatasetOptions::default()
    };
    Ok(Dataset::open_ex(path, options)?)
}

/// Images are numbered by level, from the full size on, with the mask of each behind it.
fn number_of(level: usize, is_mask: bool) -> usize {
    2 * level + usize::from(is_mask)
}

/// Hands the band (from 0) of a numbered image to `take`.
fn with_band<T>(
    dataset: &Dataset,
    number: usize,
    band: usize,
    take: impl FnOnce(&RasterBand<'_>) -> gdal::errors::Result<T>,
) -> gdal::errors::Result<T> {
    let mut found = dataset.rasterband(band + 1)?;
    if let Some(overview) = (number / 2).checked_sub(1) {
        found = found.overview(overview)?;
    }
    if number % 2 == 1 {
        return take(&found.open_mask_band()?);
    }
    take(&found)
}

fn read_chunk(dataset: &Dataset, numbered: &Numbered, index: u64) -> Result<Vec<u8>, Fault> {
    let image = &numbered.image;
    let (across, down) = (image.chunks_across(), image.chunks_down());
    let (column, row) = (index % across, index / across % down);
    let left = column * u64::from(image.chunk_width);
    let (top, rows) = image.chunk_rows(row);
    // Inside an image whose sides GDAL counts with 31 bits.
    let columns = (u64::from(image.width) - left).min(image.chunk_width.into()) as usize;
    let (corner, size) = ((left as isize, top as isize), (columns, rows as usize));
    let bands = image.chunk_bands();
    let first = if image.planar {
        (index / across / down) as usize
    } else {
        0
    };
    let pixel_bytes = bands * image.kind.size();
    let row_bytes = image.chunk_width as usize * pixel_bytes;
    // `chunk_size` keeps this small.
    let mut chunk = vec![0; row_bytes * size.1];
    for place in 0..bands {
        with_band(dataset, numbered.number, first + place, |band| {
            let into = Target {
                chunk: &mut chunk,
                row_bytes,
                pixel_bytes,
                offset: place * image.kind.size(),
            };
            match image.kind {
                // Signed bytes come as they are stored, see `kind_and_colours`.
                SampleKind::U8 | SampleKind::I8 => into.read(band, corner, size, u8::to_le_bytes),
                SampleKind::U16 => into.read(band, corner, size, u16::to_le_bytes),
                SampleKind::I16 => into.read(band, corner, size, i16::to_le_bytes),
                SampleKind::U32 => into.read(band, corner, size, u32::to_le_bytes),
                SampleKind::I32 => into.read(band, corner, size, i32::to_le_bytes),
                SampleKind::F32 => into.read(band, corner, size, f32::to_le_bytes),
                SampleKind::U64 => into.read(band, corner, size, u64::to_le_bytes),
                SampleKind::I64 => into.read(band, corner, size, i64::to_le_bytes),
                SampleKind::F64 => into.read(band, corner, size, f64::to_le_bytes),
            }
        })?;
    }
    Ok(chunk)
}

/// Where in a chunk the samples of a band go.
struct Target<'a> {
    chunk: &'a mut [u8],
    row_bytes: usize,
    pixel_bytes: usize,
    offset: usize,
}

impl Target<'_> {
    fn read<T: Copy + Default + GdalType, const SIZE: usize>(
        self,
        band: &RasterBand<'_>,
        corner: (isize, isize),
        size: (usize, usize),
        bytes_of: fn(T) -> [u8; SIZE],
    ) -> gdal::errors::Result<()> {
        let mut samples = vec![T::default(); size.0 * size.1];
        band.read_into_slice(corner, size, size, &mut samples, None)?;
        let rows = self.chunk.chunks_exact_mut(self.row_bytes);
        for (row, samples) in rows.zip(samples.chunks_exact(size.0)) {
            for (pixel, &sample) in row.chunks_exact_mut(self.pixel_bytes).zip(samples) {
                pixel[self.offset..self.offset + SIZE].copy_from_slice(&bytes_of(sample));
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Raster, Fault> {
    let dataset = open_dataset(path)?;
    let count = dataset.raster_count();
    if count == 0 {
        return Err(without_bands(&dataset));
    }
    let (kind, colours) = kind_and_colours(&dataset)?;
    let mut notes = Vec::new();
    let alpha = colours.iter().position(|&colour| colour == Colour::Alpha);
    let levels = levels(&dataset, kind, &mut notes)?;
    let palette = match colours[..] {
        [Colour::Palette] => palette(&dataset)?,
        _ => None,
    };
    let block = dataset.rasterband(1)?.block_size();
    let nodata: Vec<Option<f64>> = (1..=count)
        .map(|band| Ok(dataset.rasterband(band)?.no_data_value()))
        .collect::<Result<_, GdalError>>()?;
    let mut georeference = georeference(&dataset, &mut notes);
    georeference.complete_from_files(path, &mut notes)?;
    let structure = |key| dataset.metadata_item(key, "IMAGE_STRUCTURE");
    let compression = structure("COMPRESSION").unwrap_or_else(|| "as its format has it".to_owned());
    let interleave = structure("INTERLEAVE");
    let format = dataset.driver().short_name();
    let source = GdalSource {
        path: path.to_owned(),
        idle: Mutex::new(vec![dataset]),
    };
    let mut pixels = Pixels::of_source(source, levels);
    pixels.alpha = alpha;
    if nodata.iter().any(Option::is_some) {
        pixels.nodata = nodata;
    }
    let image = pixels.base();
    georeference.check_degrees((image.width, image.height));
    // Blocks are no larger than the raster in all but a few formats.
    let sides = [(block.0, image.width), (block.1, image.height)];
    let [width, height] = sides.map(|(side, most)| (side.max(1) as u64).min(most.into()) as u32);
    let chunks = if width == image.width {
        ChunkLayout::Strips { rows: height }
    } else {
        ChunkLayout::Tiles { width, height }
    };
    let info = RasterInfo {
        format,
        read_by: Some(format!("GDAL {}", VersionInfo::release_name())),
        bits_per_sample: image.bits,
        compression,
        chunks,
        planar: interleave.as_deref() == Some("BAND"),
        nodata: nodata_text(&pixels.nodata),
        ..common_info(&pixels, colours, &georeference, notes)
    };
    Ok(Raster {
        path: path.to_owned(),
        opened: vec![path.to_owned()],
        files: vec![path.to_owned()],
        pixels,
        palette,
        crs: georeference.crs,
        info,
    })
}

/// A file that only holds other rasters, as those of NetCDF and HDF do.
fn without_bands(dataset: &Dataset) -> Fault {
    let lines = dataset.metadata_domain("SUBDATASETS").unwrap_or_default();
    let names = lines.iter().filter_map(|line| {
        let (key, name) = line.split_once('=')?;
        key.ends_with("_NAME").then(|| format!("`{name}`"))
    });
    let names: Vec<String> = names.collect();
    Fault::Gdal(match &names[..] {
        [] => "it has no bands".to_owned(),
        _ => format!(
            "it holds several rasters, {}, of which `gdal_translate -of VRT NAME one.vrt` picks one",
            names.join(", ")
        ),
    })
}

/// The kind that holds the samples of all bands, and what each band stands for.
///
/// Both are taken from the description that GDAL itself writes of the raster, since the binding
/// panics at meanings of bands that are younger than it (from GDAL 3.10 on) and does not tell kinds
/// of samples that it does not know.
fn kind_and_colours(dataset: &Dataset) -> Result<(SampleKind, Vec<Colour>), Fault> {
    let driver = DriverManager::get_driver_by_name("VRT")?;
    // It refers to the data set, and is closed before it.
    let copy = dataset.create_copy(&driver, "", &Default::default())?;
    let description = copy.metadata_domain("xml:VRT").unwrap_or_default().concat();
    let count = dataset.raster_count();
    let mut colours = Vec::new();
    let mut kind = None;
    // Masks come last, and have no number.
    let bands = description.split("<VRTRasterBand ").skip(1).take(count);
    for (number, band) in (1..).zip(bands) {
        let name = between(band, "dataType=\"", "\"").unwrap_or("unknown");
        // Before GDAL 3.7, signed bytes were bytes with a remark.
        let remark = dataset.rasterband(number)?;
        let remark = remark.metadata_item("PIXELTYPE", "IMAGE_STRUCTURE");
        let this = match name {
            "Byte" if remark.as_deref() == Some("SIGNEDBYTE") => SampleKind::I8,
            "Byte" | "UInt8" => SampleKind::U8,
            // The binding has none of 8 bits for all versions of GDAL.
            "Int8" | "Int16" => SampleKind::I16,
            "UInt16" => SampleKind::U16,
            "UInt32" => SampleKind::U32,
            "Int32" => SampleKind::I32,
            "Float16" | "Float32" => SampleKind::F32,
            "Float64" => SampleKind::F64,
            other => return Err(Fault::Unsupported(format!("samples of type {other}"))),
        };
        if kind.is_some_and(|kind| kind != this && [kind, this].contains(&SampleKind::I8)) {
            let what = "signed bytes beside samples of another type";
            return Err(Fault::Unsupported(what.to_owned()));
        }
        kind = Some(kind.map_or(this, |kind| kind_of_both(kind, this)));
        colours.push(match between(band, "<ColorInterp>", "</ColorInterp>") {
            Some("Gray") => Colour::Grey,
            Some("Palette") => Colour::Palette,
            Some("Red") => Colour::Red,
            Some("Green") => Colour::Green,
            Some("Blue") => Colour::Blue,
            Some("Alpha") => Colour::Alpha,
            _ => Colour::Undefined,
        });
    }
    match kind {
        Some(kind) if colours.len() == count => Ok((kind, colours)),
        _ => Err(Fault::Gdal("it does not describe its bands".to_owned())),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

/// The smallest kind that holds all values of two.
fn kind_of_both(one: SampleKind, other: SampleKind) -> SampleKind {
    use SampleKind::{F32, F64, I16, I32, U8, U16, U32};
    let holds = |wide: SampleKind, kind: SampleKind| match wide {
        _ if wide == kind => true,
        U16 | I16 => kind == U8,
        U32 => matches!(kind, U8 | U16),
        I32 | F32 => matches!(kind, U8 | U16 | I16),
        F64 => true,
        _ => false,
    };
    let kinds = [U8, U16, I16, U32, I32, F32];
    let both = kinds
        .into_iter()
        .find(|&kind| holds(kind, one) && holds(kind, other));
    both.unwrap_or(F64)
}

/// The image, and the overviews that all of its bands have.
fn levels(
    dataset: &Dataset,
    kind: SampleKind,
    notes: &mut Vec<String>,
) -> Result<Vec<Level>, Fault> {
    let count = dataset.raster_count();
    let first = dataset.rasterband(1)?;
    let has_mask = |band: &RasterBand<'_>| {
        let flags = band.mask_flags()?;
        Ok::<_, GdalError>(flags.is_per_dataset() && !flags.is_alpha() && !flags.is_all_valid())
    };
    let flags = first.mask_flags()?;
    if !flags.is_per_dataset() && !flags.is_all_valid() && !flags.is_nodata() && !flags.is_alpha() {
        notes.push("masks of single bands are not used".to_owned());
    }
    let is_masked = has_mask(&first)?;
    let bits = first.metadata_item("NBITS", "IMAGE_STRUCTURE");
    let bits: Option<u16> = bits.and_then(|text| text.parse().ok());
    let white_is_zero = dataset.metadata_item("MINISWHITE", "IMAGE_STRUCTURE");
    let level = |level: usize, band: &RasterBand<'_>| {
        let mut image = image(band, count, kind)?;
        image.bits = bits.map_or(image.bits, |bits| bits.clamp(1, image.bits));
        if white_is_zero.as_deref() == Some("YES") {
            image.photometric = WHITE_IS_ZERO;
        }
        let mask = is_masked.then(|| {
            let image = self::image(&band.open_mask_band()?, 1, SampleKind::U8)?;
            let number = number_of(level, true);
            Ok::<_, Fault>(Numbered {
                file: 0,
                number,
                image,
            })
        });
        let number = number_of(level, false);
        Ok::<_, Fault>(Level {
            pixels: Numbered {
                file: 0,
                number,
                image,
            },
            mask: mask.transpose()?,
        })
    };
    let mut levels = vec![level(0, &first)?];
    for overview in 0..usize::try_from(first.overview_count()?).unwrap_or(0) {
        let band = first.overview(overview)?;
        let mut same = band.size() < first.size() && (!is_masked || has_mask(&band)?);
        for number in 2..=count {
            let other = dataset.rasterband(number)?.overview(overview);
            same &= other.is_ok_and(|other| other.size() == band.size());
        }
        if same {
            levels.push(level(overview + 1, &band)?);
        } else {
            notes.push("an overview of other bands, size or mask is not used".to_owned());
        }
    }
    levels[1..].sort_by_key(|level| std::cmp::Reverse(level.pixels.image.width));
    Ok(levels)
}

/// An image of the size of a band, in chunks that go well with its blocks.
fn image(band: &RasterBand<'_>, bands: usize, kind: SampleKind) -> Result<Image, Fault> {
    let (width, height) = band.size();
    let side = |side: usize| {
        let side = u32::try_from(side).ok().filter(|&side| side > 0);
        side.ok_or_else(|| Fault::Gdal(format!("an image of it has {width} x {height} pixels")))
    };
    let (width, height) = (side(width)?, side(height)?);
    let planar = bands > MOST_BANDS_TOGETHER;
    let pixel_bytes = kind.size() as u64 * if planar { 1 } else { bands as u64 };
    let (chunk_width, chunk_height) = chunk_size(band.block_size(), pixel_bytes);
    Ok(Image {
        planar,
        tiled: true,
        chunk_width: chunk_width.min(width),
        chunk_height: chunk_height.min(height),
        ..Image::elsewhere(width, height, bands, kind)
    })
}

/// Blocks together, or a part of one.
fn chunk_size((width, height): (usize, usize), pixel_bytes: u64) -> (u32, u32) {
    let (width, height) = (width.max(1) as u64, height.max(1) as u64);
    let together = |side: u64, most: u64| (most / side).max(1) * side;
    let chunk_width = together(width, CHUNK_SIDE).min(WIDEST_BLOCK);
    let row_bytes = chunk_width * pixel_bytes;
    let rows = (CHUNK_BYTES / row_bytes).clamp(1, CHUNK_SIDE);
    let chunk_height = together(height, rows);
    let chunk_height = if chunk_height.saturating_mul(row_bytes) > MOST_BLOCK_BYTES {
        rows
    } else {
        chunk_height
    };
    // Both are below 2^32: the block's own are of 31 bits.
    (chunk_width as u32, chunk_height as u32)
}

fn palette(dataset: &Dataset) -> Result<Option<Palette>, Fault> {
    let band = dataset.rasterband(1)?;
    Ok(band.color_table().map(|table| {
        let colour = |index| {
            let colour = table.entry_as_rgb(index);
            let colour = colour.map_or([0; 3], |colour| [colour.r, colour.g, colour.b]);
            colour.map(|value| value.clamp(0, 255) as u8)
        };
        (0..table.entry_count()).map(colour).collect()
    }))
}

fn georeference(dataset: &Dataset, notes: &mut Vec<String>) -> Georeference {
    let transform = dataset.geo_transform().ok().map(GeoTransform);
    let transform = transform.filter(|&transform| transform != GeoTransform::IDENTITY);
    let geo_transform = transform.filter(GeoTransform::is_invertible);
    if transform.is_some() && geo_transform.is_none() {
        notes.push("its transform has no inverse and is not used".to_owned());
    }
    // The text states the EPSG code, if there is one.
    let text = dataset.spatial_ref().ok().map(|system| system.to_wkt());
    let crs = text.map(|text| match text {
        Ok(text) => Crs::parse(&text).map_err(|error| error.to_string()),
        Err(error) => Err(Fault::from(error).to_string()),
    });
    let (crs, crs_problem) = match crs {
        None => (None, None),
        Some(Ok(crs)) => (Some(crs), None),
        Some(Err(problem)) => (None, problem.split("\n\n").next().map(str::to_owned)),
    };
    let tied = dataset.metadata_item("AREA_OR_POINT", "");
    let mut georeference = Georeference {
        geo_transform,
        crs,
        crs_problem,
        pixel_is_point: tied.is_some_and(|tied| tied.eq_ignore_ascii_case("point")),
        ..Georeference::default()
    };
    if transform.is_none() {
        let points = dataset.gcps().iter().map(|point| ControlPoint {
            pixel: [point.pixel(), point.line()],
            map: [point.x(), point.y()],
        });
        let points: Vec<ControlPoint> = points.collect();
        // GDAL counts pixels from their corners, wherever the file ties them.
        let is_point = std::mem::take(&mut georeference.pixel_is_point);
        georeference.use_control_points(&points, notes);
        georeference.pixel_is_point = is_point;
    }
    georeference
}

/// The value of all bands, or that of each.
fn nodata_text(values: &[Option<f64>]) -> Option<String> {
    let text = |value: &Option<f64>| match value {
        Some(value) => format!("{value:?}").trim_end_matches(".0").to_lowercase(),
        None => "none".to_owned(),
    };
    let mut texts: Vec<String> = values.iter().map(text).collect();
    texts.dedup();
    match &texts[..] {
        [] => None,
        [one] => Some(one.clone()),
        _ => Some(values.iter().map(text).collect::<Vec<_>>().join(", ")),
    }
}
