//! The levels of a raster: the image and its overviews, each with its mask if there is one.

use std::fmt::Debug;

use resam_image::{turned, turned_size};

use crate::blocks::{self, Area};
use crate::cache::{Chunk, ChunkCache};
use crate::plain_image::PlainImage;
use crate::sample::SampleKind;
use crate::tiff::image::Image;
use crate::tiff::{Fault, TiffFile, decode_chunk, is_written, tags};

/// Bits of the tag that tells overviews and masks.
const REDUCED: u64 = 1;
const MASK: u64 = 4;

/// An image and the number that its chunks are kept under.
#[derive(Debug)]
pub(crate) struct Numbered {
    /// The file that it is in: the raster is 0, side files follow.
    pub(crate) file: usize,
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

/// An image of one chunk.
#[derive(Debug)]
struct InMemory(Vec<u8>);

impl ChunkSource for InMemory {
    fn decode(&self, _: &Numbered, _: u64) -> Result<Option<Vec<u8>>, Fault> {
        Ok(Some(self.0.clone()))
    }

    fn is_written(&self, _: &Numbered, _: u64) -> Result<bool, Fault> {
        Ok(true)
    }
}

/// Where the chunks of a raster are.
#[derive(Debug)]
enum Store {
    Files(Vec<Box<dyn ChunkSource>>),
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
    /// Whether the masks are in a file of their own.
    pub(crate) mask_beside: bool,
    store: Store,
    cache: ChunkCache,
}

impl Pixels {
    /// The first image of a file, with the overviews and masks that go with it.
    pub(crate) fn of_file(file: TiffFile, notes: &mut Vec<String>) -> Result<Self, Fault> {
        let image = Image::read(&file, &file.directories[0])?;
        let mut levels = vec![Level {
            pixels: Numbered {
                file: 0,
                number: 0,
                image,
            },
            mask: None,
        }];
        let mut masks = Vec::new();
        let mut pages = 0;
        for (number, directory) in file.directories.iter().enumerate().skip(1) {
            let subfile = file.unsigned(directory, tags::NEW_SUBFILE_TYPE)?;
            match subfile.unwrap_or(0) {
                kind if kind & MASK != 0 => masks.push(read_numbered(&file, 0, number)?),
                kind if kind & REDUCED != 0 => {
                    let pixels = read_numbered(&file, 0, number)?;
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
        Ok(Self::of_source(file, levels).with_masks(masks, notes))
    }

    /// Adds the overviews of a side file, if there are none yet.
    pub(crate) fn add_overviews(
        &mut self,
        file: TiffFile,
        notes: &mut Vec<String>,
    ) -> Result<bool, Fault> {
        let Store::Files(files) = &mut self.store else {
            return Ok(false);
        };
        if self.levels.len() > 1 {
            return Ok(false);
        }
        let (place, mut masks) = (files.len(), Vec::new());
        for (number, directory) in file.directories.iter().enumerate() {
            let subfile = file.unsigned(directory, tags::NEW_SUBFILE_TYPE)?;
            let read = read_numbered(&file, place, number)?;
            if subfile.unwrap_or(0) & MASK != 0 {
                masks.push(read);
            } else if is_overview(&self.levels[0].pixels.image, &read.image) {
                self.levels.push(Level {
                    pixels: read,
                    mask: None,
                });
            }
        }
        files.push(Box::new(file));
        self.levels[1..].sort_by_key(|level| std::cmp::Reverse(level.pixels.image.width));
        self.put_masks(masks, notes);
        Ok(self.levels.len() > 1)
    }

    /// Adds the masks of a side file. Says whether they are used: masks in the raster come first.
    pub(crate) fn add_masks(
        &mut self,
        file: TiffFile,
        notes: &mut Vec<String>,
    ) -> Result<bool, Fault> {
        let Store::Files(files) = &mut self.store else {
            return Ok(false);
        };
        if self.levels[0].mask.is_some() {
            return Ok(false);
        }
        let place = files.len();
        let masks = (0..file.directories.len()).map(|number| read_numbered(&file, place, number));
        let masks: Vec<Numbered> = masks.collect::<Result<_, Fault>>()?;
        let base = &self.levels[0].pixels.image;
        let fits = masks.iter().any(|mask| {
            (mask.image.width, mask.image.height, mask.image.bands) == (base.width, base.height, 1)
        });
        if !fits {
            return Err(Fault::broken(
                "it has no mask of one band and of the size of the raster",
            ));
        }
        files.push(Box::new(file));
        self.mask_beside = true;
        self.put_masks(masks, notes);
        Ok(true)
    }

    fn with_masks(mut self, masks: Vec<Numbered>, notes: &mut Vec<String>) -> Self {
        self.put_masks(masks, notes);
        self
    }

    /// Gives each level the mask of its size.
    fn put_masks(&mut self, masks: Vec<Numbered>, notes: &mut Vec<String>) {
        let levels = &mut self.levels;
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
    }

    /// Images whose chunks a source has. Nothing is nodata yet.
    pub(crate) fn of_source(source: impl ChunkSource + 'static, levels: Vec<Level>) -> Self {
        Self {
            levels,
            nodata: Vec::new(),
            alpha: None,
            mask_beside: false,
            store: Store::Files(vec![Box::new(source)]),
            cache: ChunkCache::default(),
        }
    }

    /// A plain image, which is held in memory from the first read on.
    pub(crate) fn of_plain_image(plain: PlainImage) -> Self {
        let (width, height) = (plain.info().width, plain.info().height);
        let image = Image::elsewhere(width, height, plain.bands(), plain.kind());
        let alpha = plain.info().has_opacity.then_some(3);
        let pixels = Numbered {
            file: 0,
            number: 0,
            image,
        };
        Self {
            levels: vec![Level { pixels, mask: None }],
            nodata: Vec::new(),
            alpha,
            mask_beside: false,
            store: Store::Memory(plain),
            cache: ChunkCache::default(),
        }
    }

    /// The plain image, if it is one.
    pub(crate) fn plain_image(&self) -> Option<&PlainImage> {
        match &self.store {
            Store::Memory(plain) => Some(plain),
            Store::Files(_) => None,
        }
    }

    /// All pixels as one chunk in memory, turned as an EXIF orientation says. Masks and overviews
    /// are left behind.
    pub(crate) fn turned(self, orientation: u8) -> Result<Self, Fault> {
        let nodata = self.nodata.clone();
        let alpha = self.alpha;
        if let Store::Memory(plain) = self.store {
            let mut turned = Self::of_plain_image(plain.turned());
            turned.nodata = nodata;
            return Ok(turned);
        }
        let base = self.base();
        let size = (base.width, base.height);
        let bytes = whole(&self, &self.levels[0].pixels)?;
        let pixel = base.bands * base.kind.size();
        let (width, height) = turned_size(orientation, size);
        let image = Image {
            photometric: base.photometric,
            extra_samples: base.extra_samples.clone(),
            bits: base.bits,
            ..Image::elsewhere(width, height, base.bands, base.kind)
        };
        let mut sources = vec![InMemory(turned(orientation, size, pixel, &bytes))];
        let mut mask = None;
        if let Some(stored) = &self.levels[0].mask {
            let bytes = whole(&self, stored)?;
            let size = (stored.image.width, stored.image.height);
            sources.push(InMemory(turned(
                orientation,
                size,
                stored.image.kind.size(),
                &bytes,
            )));
            mask = Some(Numbered {
                file: 1,
                number: 0,
                image: Image::elsewhere(width, height, 1, stored.image.kind),
            });
        }
        let pixels = Numbered {
            file: 0,
            number: 0,
            image,
        };
        let sources = sources.into_iter().map(|source| {
            let source: Box<dyn ChunkSource> = Box::new(source);
            source
        });
        Ok(Self {
            levels: vec![Level { pixels, mask }],
            nodata,
            alpha,
            mask_beside: self.mask_beside,
            store: Store::Files(sources.collect()),
            cache: ChunkCache::default(),
        })
    }

    /// As [`Pixels::plain_image`], to keep.
    pub(crate) fn into_plain_image(self) -> Option<PlainImage> {
        match self.store {
            Store::Memory(plain) => Some(plain),
            Store::Files(_) => None,
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
            Store::Files(files) => {
                // Directories of a file are fewer.
                let key = (numbered.file << 16 | numbered.number, index);
                let decode = || files[numbered.file].decode(numbered, index);
                self.cache.get(key, decode)
            }
        }
    }

    /// Whether a chunk was ever written.
    pub(crate) fn is_written(&self, numbered: &Numbered, index: u64) -> Result<bool, Fault> {
        match &self.store {
            Store::Memory(_) => Ok(true),
            Store::Files(files) => files[numbered.file].is_written(numbered, index),
        }
    }
}

fn read_numbered(tiff: &TiffFile, file: usize, number: usize) -> Result<Numbered, Fault> {
    let image = Image::read(tiff, &tiff.directories[number])?;
    Ok(Numbered {
        file,
        number,
        image,
    })
}

/// Whether an image shows the same as another one, at a coarser scale.
fn is_overview(base: &Image, image: &Image) -> bool {
    image.bands == base.bands
        && image.kind == base.kind
        && image.width <= base.width
        && image.height <= base.height
        && (image.width < base.width || image.height < base.height)
}

/// The most bytes of an image that is turned in memory.
const MOST_TURNED: u64 = 1 << 30;

/// All samples of an image, pixel after pixel.
fn whole(pixels: &Pixels, numbered: &Numbered) -> Result<Vec<u8>, Fault> {
    let image = &numbered.image;
    let (bands, size) = (image.bands, image.kind.size());
    let area = Area::whole(image);
    let bytes = area.pixels().saturating_mul((bands * size) as u64);
    if bytes > MOST_TURNED {
        return Err(Fault::Unsupported(format!(
            "an orientation that turns {bytes} bytes of pixels"
        )));
    }
    let mut samples = vec![0; bytes as usize];
    for (column, row) in blocks::chunks(image, area) {
        for piece in blocks::pieces_of_chunk(image, area, column, row) {
            for band in 0..bands {
                let Some(chunk) = blocks::chunk_of_band(pixels, numbered, &piece, band)? else {
                    continue;
                };
                let step = image.chunk_bands();
                let mut line = piece.area.y as usize;
                blocks::for_each_row(image, &piece, band, |start, _, count| {
                    let first = line * image.width as usize + piece.area.x as usize;
                    line += 1;
                    for place in 0..count {
                        let from = (start + place * step) * size;
                        let to = ((first + place) * bands + band) * size;
                        samples[to..to + size].copy_from_slice(&chunk[from..from + size]);
                    }
                });
            }
        }
    }
    Ok(samples)
}
