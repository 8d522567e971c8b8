//! The levels of a raster: the image and its overviews, each with its mask if there is one.

use std::fmt::Debug;

use crate::cache::{Chunk, ChunkCache};
use crate::plain_image::PlainImage;
use crate::sample::SampleKind;
use crate::tiff::image::Image;
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

/// A source of chunks, used by several threads at once.
pub(crate) trait ChunkSource: Debug + Send + Sync {
    /// The samples of a chunk, little endian, rows of `chunk_width` pixels of `chunk_bands`
    /// samples; or nothing if it was never written.
    fn decode(&self, numbered: &Numbered, index: u64) -> Result<Option<Vec<u8>>, Fault>;

    /// Whether a chunk was ever written.
    fn is_written(&self, numbered: &Numbered, index: u64) -> Result<bool, Fault>;
}

impl ChunkSource for TiffFile {
    fn decode(&self, numbered: &Numbered, index: u64) -> Result<Option<Vec<u8>>, Fault> {
        decode_chunk(self, &numbered.image, index)
    }

    fn is_written(&self, numbered: &Numbered, index: u64) -> Result<bool, Fault> {
        is_written(self, &numbered.image, index)
    }
}

/// Where the chunks of a raster are.
#[derive(Debug)]
enum Store {
    File(Box<dyn ChunkSource>),
    /// The only chunk of the only image.
    Memory(PlainImage),
}

/// All pixels of a raster.
#[derive(Debug)]
pub(crate) struct Pixels {
    /// The image, then its overviews from the largest.
    pub(crate) levels: Vec<Level>,
    /// The value of samples that hold no data, band by band; empty if there is none.
    pub(crate) nodata: Vec<Option<f64>>,
    /// The band of opacity, from 0.
    pub(crate) alpha: Option<usize>,
    store: Store,
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
        Ok(Self::of_source(file, levels, alpha))
    }

    /// Images whose chunks a source has. Nothing is nodata yet.
    pub(crate) fn of_source(
        source: impl ChunkSource + 'static,
        levels: Vec<Level>,
        alpha: Option<usize>,
    ) -> Self {
        Self {
            levels,
            nodata: Vec::new(),
            alpha,
            store: Store::File(Box::new(source)),
            cache: ChunkCache::default(),
        }
    }

    /// A plain image, which is held in memory from the first read on.
    pub(crate) fn of_plain_image(plain: PlainImage) -> Self {
        let (width, height) = (plain.info().width, plain.info().height);
        let image = Image::elsewhere(width, height, plain.bands(), SampleKind::U8);
        let alpha = plain.info().has_opacity.then_some(3);
        let pixels = Numbered { number: 0, image };
        Self {
            levels: vec![Level { pixels, mask: None }],
            nodata: Vec::new(),
            alpha,
            store: Store::Memory(plain),
            cache: ChunkCache::default(),
        }
    }

    /// The plain image, if it is one.
    pub(crate) fn plain_image(&self) -> Option<&PlainImage> {
        match &self.store {
            Store::Memory(plain) => Some(plain),
            Store::File(_) => None,
        }
    }

    /// As [`Pixels::plain_image`], to keep.
    pub(crate) fn into_plain_image(self) -> Option<PlainImage> {
        match self.store {
            Store::Memory(plain) => Some(plain),
            Store::File(_) => None,
        }
    }

    /// Keeps at most so many bytes of decoded chunks.
    pub(crate) fn keep_at_most(&mut self, bytes: usize) {
        self.cache = ChunkCache::of_budget(bytes);
    }

    /// The image at full size.
    pub(crate) fn base(&self) -> &Image {
        &self.levels[0].pixels.image
    }

    /// The nodata value of a band as a sample can hold it: the text in a file has more digits than
    /// a sample of 32 bits.
    pub(crate) fn nodata_of(&self, band: usize) -> Option<f64> {
        let nodata = self.nodata.get(band).copied().flatten()?;
        Some(match self.base().kind {
            SampleKind::F32 => f64::from(nodata as f32),
            _ => nodata,
        })
    }

    /// A chunk, or nothing if it was never written.
    pub(crate) fn chunk(&self, numbered: &Numbered, index: u64) -> Result<Option<Chunk>, Fault> {
        match &self.store {
            Store::Memory(plain) => plain.samples().map(Some).map_err(Fault::Image),
            Store::File(source) => {
                let key = (numbered.number, index);
                self.cache.get(key, || source.decode(numbered, index))
            }
        }
    }

    /// Whether a chunk was ever written.
    pub(crate) fn is_written(&self, numbered: &Numbered, index: u64) -> Result<bool, Fault> {
        match &self.store {
            Store::Memory(_) => Ok(true),
            Store::File(source) => source.is_written(numbered, index),
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
