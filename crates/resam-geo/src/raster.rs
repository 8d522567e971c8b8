//! An open raster file, which any number of threads read by window.

use std::io::{ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use fs_err::File;
use resam_crs::Crs;
use resam_image::DecodedImage;

use crate::auxiliary::{Auxiliary, overrule_by_metadata};
use crate::blocks::{self, Area};
use crate::corners::corners;
use crate::error::RasterError;
use crate::foreign::is_remote;
use crate::geo_transform::GeoTransform;
use crate::georeference::Georeference;
use crate::info::{BandInfo, ChunkLayout, Colour, CrsInfo, RasterInfo, ValidFrom};
use crate::level::Pixels;
use crate::mosaic;
use crate::nodata::nodata_of_file;
use crate::orientation::not_applied;
use crate::plain_image::PlainImage;
use crate::samples::Samples;
use crate::side_file::beside;
use crate::tiff::image::{Image, PALETTE, RGB, SEPARATED, WHITE_IS_ZERO, YCBCR};
use crate::tiff::{ByteOrder, Fault, Source, Stored, TiffFile, compression_name, tags, tiff_order};
use crate::window::Window;

/// Most samples that are read at once.
const MAX_SAMPLES: u64 = 1 << 27;

/// Table of colours of a palette image: 8-bit red, green and blue by number.
pub(crate) type Palette = Vec<[u8; 3]>;

/// A raster file. Windows can be read from several threads at once.
#[derive(Debug)]
pub struct Raster {
    pub(crate) path: PathBuf,
    /// What it was opened by, and all files that it is made of.
    pub(crate) opened: Vec<PathBuf>,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) pixels: Pixels,
    pub(crate) palette: Option<Palette>,
    pub(crate) crs: Option<Crs>,
    pub(crate) info: RasterInfo,
}

impl Raster {
    /// Opens a raster. GeoTIFF (OGC 19-008r4), BigTIFF, cloud-optimised GeoTIFF and TIFF 6.0 are
    /// read by window, and so are the files that a VRT of GDAL's places side by side. Of PNG, JPEG,
    /// WebP, BMP and GIF only the header is read here; the pixels are decoded at the first read or
    /// by [`Raster::load`], and held in memory. With the feature `gdal`, other formats and other
    /// kinds of TIFF are read by window through GDAL.
    ///
    /// A CRS that is not supported is not an error here: see [`Raster::require_crs`]. If the file
    /// has no georeference, a world file (`.tfw`, `.pgw`, `.wld`, ...) and a `.prj` file beside it
    /// are used.
    ///
    /// # Errors
    /// [`RasterError`] if there is no file at the path, or if the file is damaged or its format is
    /// not supported.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RasterError> {
        let path = path.as_ref();
        if !mosaic::is_vrt(path) {
            return Self::open_single(path);
        }
        match mosaic::open_vrt(path) {
            Err(error) if error.is_foreign() => through_gdal(path, error),
            other => other,
        }
    }

    /// Opens a raster that is one file.
    pub(crate) fn open_single(path: &Path) -> Result<Self, RasterError> {
        let path_owned = || path.to_owned();
        let metadata = match fs_err::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let path = path_owned();
                return Err(if is_remote(&path.to_string_lossy()) {
                    RasterError::Remote { path }
                } else {
                    RasterError::Missing { path }
                });
            }
            other => other?,
        };
        if !metadata.is_file() {
            let kind = if metadata.is_dir() {
                "a folder"
            } else {
                "a pipe or a device"
            };
            return Err(RasterError::NotAFile {
                path: path_owned(),
                kind,
            });
        }
        let mut file = File::open(path)?;
        let mut header = Vec::new();
        file.by_ref().take(8).read_to_end(&mut header)?;
        file.rewind()?;
        let own = match tiff_order(&header) {
            Some(_) => Self::of_tiff(path, Source::file(file)?, true),
            None => Self::of_plain_image(path),
        };
        match own {
            Err(error) if error.is_foreign() => through_gdal(path, error),
            other => other,
        }
    }

    /// Opens a TIFF in memory. `name` is for messages. World files and `.prj` files are not
    /// searched.
    ///
    /// # Errors
    /// As [`Raster::open`].
    pub fn from_bytes(name: impl AsRef<Path>, bytes: Vec<u8>) -> Result<Self, RasterError> {
        Self::of_tiff(name.as_ref(), Source::Bytes(bytes), false)
    }

    fn of_tiff(path: &Path, source: Source, look_beside: bool) -> Result<Self, RasterError> {
        let named = |fault| RasterError::of(path, fault);
        let file = TiffFile::open(source).map_err(named)?;
        let mut notes = Vec::new();
        let auxiliary = if look_beside {
            Auxiliary::beside(path)?
        } else {
            None
        };
        let mut georeference =
            Georeference::of_tags(&file, &file.directories[0], &mut notes).map_err(named)?;
        if look_beside {
            if let Some((name, auxiliary)) = &auxiliary {
                auxiliary.overrule_place(name, &mut georeference, &mut notes);
            }
            georeference.complete_from_files(path, &mut notes)?;
        }
        let nodata = nodata_text(&file).map_err(named)?;
        let metadata = file
            .text_if_short(&file.directories[0], tags::GDAL_METADATA)
            .map_err(named)?;
        let metadata_size = file.directories[0].entry(tags::GDAL_METADATA);
        if let (None, Some(entry)) = (&metadata, metadata_size) {
            let bytes = entry.count;
            notes.push(format!(
                "its GDAL_METADATA of {bytes} bytes is over the limit and not used"
            ));
        }

        let orientation = orientation_of(&file).map_err(named)?;
        if orientation != 1 {
            notes.push(not_applied(orientation));
        }
        let (order, big) = (file.order, file.big);
        let palette = palette_of(&file).map_err(named)?;
        let mut pixels = Pixels::of_file(file, &mut notes).map_err(named)?;
        let mut nodata = vec![nodata; pixels.base().bands];
        let palette = palette.filter(|_| pixels.base().photometric == PALETTE);
        let mut colours = colours(pixels.base(), palette.is_some());
        if let Some(text) = metadata
            && let Err(problem) = overrule_by_metadata(&text, &mut colours)
        {
            notes.push(format!(
                "its GDAL_METADATA is no sound XML and not used: {problem}"
            ));
        }
        if let Some((name, auxiliary)) = &auxiliary {
            auxiliary.overrule_colours(&mut colours);
            if auxiliary.overrule_nodata(&mut nodata) {
                notes.push(format!("its nodata value is from `{}`", name.display()));
            }
        }
        // Bands that are no index have no table of colours.
        let palette = palette.filter(|_| colours[0] == Colour::Palette);
        if look_beside {
            add_beside(path, &mut pixels, &mut notes)?;
        }
        pixels.alpha = colours.iter().position(|&colour| colour == Colour::Alpha);
        pixels.nodata = nodata_of_file(&nodata, pixels.base().kind, &mut notes);
        let nodata = text_of_nodata(&nodata).filter(|_| !pixels.nodata.is_empty());
        if let Stored::Complex(_) = pixels.base().stored {
            notes.push("its samples are complex: their amplitude is used".to_owned());
        }
        let image = pixels.base();
        georeference.check_degrees((image.width, image.height));
        let order = match order {
            ByteOrder::Little => "little endian",
            ByteOrder::Big => "big endian",
        };
        let is_geo = georeference.geo_transform.is_some() || georeference.crs.is_some();
        let chunks = if image.tiled {
            ChunkLayout::Tiles {
                width: image.chunk_width,
                height: image.chunk_height,
            }
        } else {
            ChunkLayout::Strips {
                rows: image.strip_rows(),
            }
        };
        let info = RasterInfo {
            format: if is_geo { "GeoTIFF" } else { "TIFF" }.to_owned(),
            bits_per_sample: image.bits,
            compression: compression_name(image.compression),
            predictor: image.predictor.name().map(str::to_owned),
            chunks,
            byte_order: Some(order.to_owned()),
            big,
            nodata,
            orientation,
            ..common_info(&pixels, colours, &georeference, notes)
        };
        Ok(Self {
            path: path.to_owned(),
            opened: vec![path.to_owned()],
            files: vec![path.to_owned()],
            pixels,
            palette,
            crs: georeference.crs,
            info,
        })
    }

    fn of_plain_image(path: &Path) -> Result<Self, RasterError> {
        let plain = PlainImage::open(path)?;
        let info = plain.info().clone();
        let mut notes = info.notes();
        let mut pixels = Pixels::of_plain_image(plain);
        let mut georeference = Georeference::default();
        let auxiliary = Auxiliary::beside(path)?;
        let mut nodata = Vec::new();
        if let Some((name, auxiliary)) = &auxiliary {
            auxiliary.overrule_place(name, &mut georeference, &mut notes);
            nodata = auxiliary.nodata_as_shown(info.colour.bands(), pixels.base().bands);
            if nodata.iter().any(Option::is_some) {
                notes.push(format!("its nodata value is from `{}`", name.display()));
            }
        }
        pixels.nodata = nodata_of_file(&nodata, pixels.base().kind, &mut notes);
        georeference.complete_from_files(path, &mut notes)?;
        georeference.check_degrees((info.width, info.height));
        let info = RasterInfo {
            format: format!("{:?}", info.format).to_uppercase(),
            bits_per_sample: info.bit_depth.into(),
            nodata: text_of_nodata(&nodata).filter(|_| !pixels.nodata.is_empty()),
            orientation: info.orientation,
            ..common_info(&pixels, colours(pixels.base(), false), &georeference, notes)
        };
        Ok(Self {
            path: path.to_owned(),
            opened: vec![path.to_owned()],
            files: vec![path.to_owned()],
            pixels,
            palette: None,
            crs: georeference.crs,
            info,
        })
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.pixels.base().width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.pixels.base().height
    }

    /// The number of bands, alpha included.
    pub fn bands(&self) -> usize {
        self.pixels.base().bands
    }

    /// The transform from pixels (corner convention) to the CRS, if the raster is georeferenced.
    pub fn geo_transform(&self) -> Option<GeoTransform> {
        self.info.geo_transform
    }

    /// The CRS, if the raster has one that is supported.
    pub fn crs(&self) -> Option<&Crs> {
        self.crs.as_ref()
    }

    /// The CRS, or an error.
    ///
    /// # Errors
    /// [`RasterError::NoCrs`] or [`RasterError::UnknownCrs`].
    pub fn require_crs(&self) -> Result<&Crs, RasterError> {
        let path = || self.path.clone();
        match (&self.crs, &self.info.crs_problem) {
            (Some(crs), _) => Ok(crs),
            (None, None) => Err(RasterError::NoCrs { path: path() }),
            (None, Some(detail)) => Err(RasterError::UnknownCrs {
                path: path(),
                detail: detail.clone(),
            }),
        }
    }

    /// The nodata value; that of the first band if the bands have different ones.
    pub fn nodata(&self) -> Option<f64> {
        self.pixels.nodata.first().copied().flatten()
    }

    /// The metadata of the file.
    pub fn info(&self) -> &RasterInfo {
        &self.info
    }

    /// Decodes a plain image now, so that a damaged one is found before long work, and adds what
    /// was changed on the way to the notes of [`Raster::info`]. Nothing is decoded twice. Of a
    /// raster that is read by window there is nothing to do.
    ///
    /// # Errors
    /// If the image is damaged.
    pub fn load(&mut self) -> Result<(), RasterError> {
        let Some(plain) = self.pixels.plain_image() else {
            return Ok(());
        };
        for note in plain.notes().map_err(RasterError::Image)? {
            if !self.info.notes.contains(note) {
                self.info.notes.push(note.clone());
            }
        }
        Ok(())
    }

    /// The whole of a plain image as [`resam_image::read_rgb`] reads it, opacity dropped, from the
    /// one decoding that there is, here or before; `None` for a raster that is read by window.
    ///
    /// # Errors
    /// If the image is damaged.
    pub fn into_rgb(self) -> Result<Option<DecodedImage>, RasterError> {
        let plain = self.pixels.into_plain_image();
        let decoded = plain.map(PlainImage::into_rgb).transpose();
        decoded.map_err(RasterError::Image)
    }

    /// Samples as they are stored, at full size. `bands` count from 1.
    ///
    /// # Errors
    /// [`RasterError`] if the raster does not have a band, if the window is empty or has more than
    /// 2^27 samples, or if a chunk of the window is damaged.
    pub fn read(&self, window: Window, bands: &[usize]) -> Result<Samples, RasterError> {
        let bands = self.check_bands(bands)?;
        let Window {
            x,
            y,
            width,
            height,
        } = window;
        let pixels = u64::from(width) * u64::from(height);
        let samples = pixels.saturating_mul(bands.len() as u64);
        if samples == 0 || samples > MAX_SAMPLES {
            return Err(RasterError::WindowSize {
                path: self.path.clone(),
                window,
                width,
                height,
            });
        }
        let level = &self.pixels.levels[0].pixels;
        let image = &level.image;
        let empty = |&band: &usize| self.pixels.nodata_of(band).unwrap_or(0.0);
        let empty: Vec<f64> = bands.iter().map(empty).collect();
        let mut values = empty.repeat(pixels as usize);
        let edges = [
            x,
            y,
            x.saturating_add(width.into()),
            y.saturating_add(height.into()),
        ];
        let named = |fault| RasterError::of(&self.path, fault);
        let Some(area) = Area::inside(image, edges) else {
            return Ok(Samples {
                width,
                height,
                bands: bands.len(),
                values,
            });
        };
        for (column, row) in blocks::chunks(image, area) {
            for piece in blocks::pieces_of_chunk(image, area, column, row) {
                for (place_of_band, &band) in bands.iter().enumerate() {
                    let chunk = blocks::chunk_of_band(&self.pixels, level, &piece, band);
                    let Some(chunk) = chunk.map_err(named)? else {
                        continue;
                    };
                    let inner = piece.area;
                    // Inside the window, so not negative.
                    let left = (i64::from(inner.x) - x) as usize;
                    let top = (i64::from(inner.y) - y) as usize;
                    blocks::for_each_sample(image, &chunk, &piece, band, |place, value| {
                        let line = place / inner.width as usize + top;
                        let column = place % inner.width as usize + left;
                        let pixel = line * width as usize + column;
                        values[pixel * bands.len() + place_of_band] = value;
                    });
                }
            }
        }
        Ok(Samples {
            width,
            height,
            bands: bands.len(),
            values,
        })
    }

    /// Bands from 1 as bands from 0.
    pub(crate) fn check_bands(&self, bands: &[usize]) -> Result<Vec<usize>, RasterError> {
        let count = self.bands();
        let missing = bands.iter().find(|&&band| band == 0 || band > count);
        if let Some(&asked) = missing {
            return Err(RasterError::NoSuchBand {
                path: self.path.clone(),
                asked,
                bands: count,
            });
        }
        Ok(bands.iter().map(|band| band - 1).collect())
    }

    /// Whether low values are bright.
    pub(crate) fn white_is_zero(&self) -> bool {
        self.pixels.base().photometric == WHITE_IS_ZERO
    }
}

/// Rasters that this crate does not read, through GDAL.
#[cfg(feature = "gdal")]
fn through_gdal(path: &Path, _: RasterError) -> Result<Raster, RasterError> {
    crate::gdal_source::open(path)
}

#[cfg(not(feature = "gdal"))]
fn through_gdal(_: &Path, error: RasterError) -> Result<Raster, RasterError> {
    Err(error)
}

/// The metadata that all kinds of raster share; other fields are empty.
pub(crate) fn common_info(
    pixels: &Pixels,
    colours: Vec<Colour>,
    georeference: &Georeference,
    mut notes: Vec<String>,
) -> RasterInfo {
    let image = pixels.base();
    let bands: Vec<BandInfo> = colours
        .into_iter()
        .enumerate()
        .map(|(index, colour)| BandInfo {
            number: index + 1,
            kind: image.kind,
            colour,
        })
        .collect();
    let number_of = |colour| Some(1 + bands.iter().position(|band| band.colour == colour)?);
    let named = [Colour::Red, Colour::Green, Colour::Blue].map(number_of);
    let coloured = bands.iter().filter(|band| band.colour != Colour::Alpha);
    let coloured: Vec<usize> = coloured.map(|band| band.number).collect();
    let has_inks = bands.iter().any(|band| band.colour == Colour::Cyan);
    let default_bands = match named {
        [Some(red), Some(green), Some(blue)] => vec![red, green, blue],
        _ if coloured.len() < 3 || bands[0].colour == Colour::Palette => {
            vec![coloured.first().copied().unwrap_or(1)]
        }
        _ => coloured[..3].to_vec(),
    };
    if coloured.len() >= 3 && default_bands.len() == 3 && named.contains(&None) && !has_inks {
        notes.push(
            "which bands are red, green and blue is not said: the first three are taken".to_owned(),
        );
    }
    let mut valid_from = Vec::new();
    if !pixels.nodata.is_empty() {
        valid_from.push(ValidFrom::Nodata);
    }
    if let Some(alpha) = pixels.alpha {
        valid_from.push(ValidFrom::Alpha { band: alpha + 1 });
    }
    if pixels.levels[0].mask.is_some() {
        valid_from.push(if pixels.mask_beside {
            ValidFrom::MaskBeside
        } else {
            ValidFrom::Mask
        });
    }
    let overviews = pixels.levels[1..].iter();
    let crs = georeference.crs.as_ref();
    let transform = georeference.geo_transform;
    RasterInfo {
        format: String::new(),
        width: image.width,
        height: image.height,
        bands,
        default_bands,
        bits_per_sample: 8,
        read_by: None,
        compression: "decoded at once".to_owned(),
        predictor: None,
        chunks: ChunkLayout::Whole,
        planar: image.planar,
        byte_order: None,
        big: false,
        overviews: overviews
            .map(|level| [level.pixels.image.width, level.pixels.image.height])
            .collect(),
        nodata: None,
        valid_from,
        crs: crs.map(CrsInfo::of),
        loose_control_points: georeference.loose_control_points,
        crs_problem: georeference.crs_problem.clone(),
        geo_transform: transform,
        pixel_size: transform.map(|transform| transform.pixel_size().into()),
        pixel_is_point: georeference.pixel_is_point,
        corners: transform.map_or_else(Vec::new, |transform| {
            corners(image.width, image.height, &transform, crs)
        }),
        orientation: 1,
        notes,
    }
}

/// What each band stands for.
fn colours(image: &Image, has_palette: bool) -> Vec<Colour> {
    let alpha = |band: usize| {
        let extra = image.extra_samples.len().min(image.bands);
        let place = band.checked_sub(image.bands - extra);
        place.is_some_and(|place| matches!(image.extra_samples[place], 1 | 2))
    };
    let named: &[Colour] = match image.photometric {
        SEPARATED if image.bands >= 4 => {
            &[Colour::Cyan, Colour::Magenta, Colour::Yellow, Colour::Black]
        }
        _ if has_palette => &[Colour::Palette],
        RGB | YCBCR => &[Colour::Red, Colour::Green, Colour::Blue],
        // Several bands without a colour interpretation have no known meaning.
        0 | 1 if image.bands <= 2 => &[Colour::Grey],
        _ => &[],
    };
    let colour = |band: usize| match named.get(band) {
        _ if alpha(band) => Colour::Alpha,
        Some(&colour) => colour,
        None => Colour::Undefined,
    };
    (0..image.bands).map(colour).collect()
}

/// The table of colours: all reds, all greens, all blues, of 16 bits. Tables of old software have
/// values of 8 bits.
fn palette_of(file: &TiffFile) -> Result<Option<Palette>, Fault> {
    let values = file.unsigned_list(&file.directories[0], tags::COLOR_MAP)?;
    let count = values.len() / 3;
    if count == 0 {
        return Ok(None);
    }
    let shift = if values.iter().any(|&value| value > 255) {
        8
    } else {
        0
    };
    let colour = |index: usize| {
        [0, 1, 2].map(|channel| (values[channel * count + index] >> shift).min(255) as u8)
    };
    Ok(Some((0..count).map(colour).collect()))
}

/// The nodata value of a TIFF, as it is written there.
fn nodata_text(file: &TiffFile) -> Result<Option<String>, Fault> {
    let text = file.text(&file.directories[0], tags::GDAL_NODATA)?;
    let text = text.map(|text| text.trim().to_owned());
    Ok(text.filter(|text| !text.is_empty()))
}

/// The nodata values of the bands: one if they are all the same.
fn text_of_nodata(nodata: &[Option<String>]) -> Option<String> {
    let first = nodata.first()?;
    if nodata.iter().all(|text| text == first) {
        return first.clone();
    }
    let texts: Vec<&str> = nodata
        .iter()
        .map(|text| text.as_deref().unwrap_or("none"))
        .collect();
    Some(texts.join(","))
}

/// Adds the overviews and masks of the files beside a TIFF.
fn add_beside(
    path: &Path,
    pixels: &mut Pixels,
    notes: &mut Vec<String>,
) -> Result<(), RasterError> {
    let open = |file: &Path| -> Result<TiffFile, Fault> {
        TiffFile::open(Source::file(File::open(file)?)?)
    };
    if let Some(file) = beside(path, ".ovr") {
        // Without its overviews a raster shows the same.
        let added = open(&file).and_then(|tiff| pixels.add_overviews(tiff, notes));
        if let Err(fault) = added {
            notes.push(format!("`{}` is not used: {fault}", file.display()));
        }
    }
    if let Some(file) = beside(path, ".msk") {
        let added = open(&file).and_then(|tiff| pixels.add_masks(tiff, notes));
        let used = added.map_err(|fault| match fault {
            Fault::Read(error) => RasterError::Read(error),
            other => RasterError::SideFile {
                path: file.clone(),
                detail: other.to_string(),
            },
        })?;
        notes.push(if used {
            format!("its mask is from `{}`", file.display())
        } else {
            format!(
                "`{}` is not used: the raster has a mask itself",
                file.display()
            )
        });
    }
    Ok(())
}

/// How a TIFF is to be turned; what is no orientation is upright.
fn orientation_of(file: &TiffFile) -> Result<u8, Fault> {
    let orientation = file.unsigned(&file.directories[0], tags::ORIENTATION)?;
    Ok(match orientation {
        Some(turn @ 2..=8) => turn as u8,
        _ => 1,
    })
}
