//! The pixels of a raster: the image itself and its overviews, each with a mask if there is one.

use crate::cache::{Chunk, ChunkCache};
use crate::tiff::image::{Image, Places};
use crate::tiff::{Directory, Fault, TiffFile, decode_chunk, is_written, tags};

/// Bits of the tag that tells overviews and masks.
const REDUCED: u64 = 1;
const MASK: u64 = 4;

/// An image and the number that its chunks are kept under.
#[derive(Debug)]
pub(crate) struct Numbered {
    pub(crate) number: usize,
    pub(crate) image: Image,
}

/// The raster at one scale.
#[derive(Debug)]
pub(crate) struct Level {
    pub(crate) pixels: Numbered,
    /// Zero where a pixel is not valid.
    pub(crate) mask: Option<Numbered>,
}

/// All pixels of a raster.
#[derive(Debug)]
pub(crate) struct Pixels {
    /// The file, unless the only image is in memory.
    pub(crate) file: Option<TiffFile>,
    /// The image, then its overviews from the largest.
    pub(crate) levels: Vec<Level>,
    /// The value of samples that hold no data.
    pub(crate) nodata: Option<f64>,
    /// The band of opacity, from 0.
    pub(crate) alpha: Option<usize>,
    cache: ChunkCache,
}

impl Pixels {
    /// The first image of a file, with the overviews and masks that go with it.
    pub(crate) fn of_file(file: TiffFile, notes: &mut Vec<String>) -> Result<Self, Fault> {
        let image = Image::read(&file, &file.directories[0])?;
        let mut levels = vec![Level {
            pixels: Numbered { number: 0, image },
            mask: None,
        }];
        let mut masks = Vec::new();
        let mut pages = 0;
        for (number, directory) in file.directories.iter().enumerate().skip(1) {
            let subfile = file.unsigned(directory, tags::NEW_SUBFILE_TYPE)?;
            match subfile.unwrap_or(0) {
                kind if kind & MASK != 0 => masks.push(read_numbered(&file, number, directory)?),
                kind if kind & REDUCED != 0 => {
                    let pixels = read_numbered(&file, number, directory)?;
                    if is_overview(&levels[0].pixels.image, &pixels.image) {
                        levels.push(Level { pixels, mask: None });
                    } else {
                        notes.push("an overview of other bands or size is not used".to_owned());
                    }
                }
                _ => pages += 1,
            }
        }
        if pages > 0 {
            notes.push(format!("{pages} more images in the file are not used"));
        }
        levels[1..].sort_by_key(|level| std::cmp::Reverse(level.pixels.image.width));
        for mask in masks {
            let size = (mask.image.width, mask.image.height);
            let same = levels.iter_mut().find(|level| {
                let image = &level.pixels.image;
                (image.width, image.height) == size && level.mask.is_none()
            });
            if let Some(level) = same.filter(|_| mask.image.bands == 1) {
                level.mask = Some(mask);
            } else {
                notes.push("a mask of no image's size is not used".to_owned());
            }
        }
        // An overview without the mask that the image has would show what is not valid.
        if levels[0].mask.is_some() {
            let before = levels.len();
            levels.retain(|level| level.mask.is_some());
            if levels.len() < before {
                notes.push("overviews without the mask of the image are not used".to_owned());
            }
        }
        let base = &levels[0].pixels.image;
        let colours = base.bands.saturating_sub(base.extra_samples.len());
        let opacity = base
            .extra_samples
            .iter()
            .position(|&kind| kind == 1 || kind == 2);
        let alpha = opacity
            .map(|place| colours + place)
            .filter(|&band| band < base.bands);
        Ok(Self {
            file: Some(file),
            levels,
            nodata: None,
            alpha,
            cache: ChunkCache::default(),
        })
    }

    /// An image in memory.
    pub(crate) fn in_memory(image: Image) -> Self {
        let alpha = (image.bands == 4).then_some(3);
        let pixels = Numbered { number: 0, image };
        Self {
            file: None,
            levels: vec![Level { pixels, mask: None }],
            nodata: None,
            alpha,
            cache: ChunkCache::default(),
        }
    }

    /// The image at full size.
    pub(crate) fn base(&self) -> &Image {
        &self.levels[0].pixels.image
    }

    /// A chunk, or nothing if it was never written.
    pub(crate) fn chunk(&self, numbered: &Numbered, index: u64) -> Result<Option<Chunk>, Fault> {
        match (&numbered.image.places, &self.file) {
            (Places::Memory(samples), _) => Ok(Some(samples.clone())),
            (_, Some(file)) => {
                let key = (numbered.number, index);
                self.cache
                    .get(key, || decode_chunk(file, &numbered.image, index))
            }
            (_, None) => Ok(None),
        }
    }

    /// Whether a chunk was ever written.
    pub(crate) fn is_written(&self, numbered: &Numbered, index: u64) -> Result<bool, Fault> {
        match (&numbered.image.places, &self.file) {
            (Places::Memory(_), _) => Ok(true),
            (_, Some(file)) => is_written(file, &numbered.image, index),
            (_, None) => Ok(false),
        }
    }
}

fn read_numbered(file: &TiffFile, number: usize, directory: &Directory) -> Result<Numbered, Fault> {
    let image = Image::read(file, directory)?;
    Ok(Numbered { number, image })
}

/// Whether an image shows the same as another one, at a coarser scale.
fn is_overview(base: &Image, image: &Image) -> bool {
    image.bands == base.bands
        && image.kind == base.kind
        && image.width <= base.width
        && image.height <= base.height
        && (image.width < base.width || image.height < base.height)
}
