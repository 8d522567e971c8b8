//! COCO instance files (<https://cocodataset.org/#format-data>, "Object Detection"): images,
//! annotations with polygons or run lengths, categories.
//!
//! [`CocoFile::parse`] checks the whole structure and reports every fault with its record. Masks
//! are made from polygons and run lengths by [`CocoAnnotation::mask`]. Unknown keys are ignored.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path};

use resam_image::MAX_PIXELS;
use resam_mask::{Bitmap, MaskError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::complaints::Complaints;
use crate::segmentation::Segmentation;

/// Why a COCO file could not be used. All of these are errors of the input.
#[derive(Debug, thiserror::Error)]
pub enum CocoError {
    /// The operating system refused to read the file.
    #[error("cannot read the annotations: {0}")]
    Read(#[from] std::io::Error),
    /// The file is not JSON, or it has not the lists of a COCO file.
    #[error("{file}: not a COCO instance file: {source}\n\nhint: {hint}")]
    NotCoco {
        /// The file.
        file: String,
        /// What the JSON reader says, with line and column.
        source: serde_json::Error,
        /// What to do.
        hint: &'static str,
    },
    /// Records contradict each other or themselves.
    #[error("{0}\n\nhint: mend these records or delete them from the file")]
    Faults(Complaints),
    /// A mask could not be made from its record.
    #[error(
        "annotation {annotation}: no mask can be made: {source}\n\nhint: mend the record or delete it from the file"
    )]
    Mask {
        /// The annotation's id.
        annotation: u64,
        /// What is wrong.
        source: MaskError,
    },
}

/// A parsed and checked COCO instance file.
#[derive(Debug, Clone, PartialEq)]
pub struct CocoFile {
    /// The name that messages use, normally the path of the file.
    pub name: String,
    /// The images, ordered by id.
    pub images: Vec<CocoImage>,
    /// The annotations in the file's order, crowds included.
    pub annotations: Vec<CocoAnnotation>,
    /// The categories in the file's order.
    pub categories: Vec<CocoCategory>,
}

/// One entry of `images`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CocoImage {
    /// The image's id.
    pub id: u64,
    /// Path relative to the images folder, never leaving it.
    pub file_name: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// One entry of `annotations`.
#[derive(Debug, Clone, PartialEq)]
pub struct CocoAnnotation {
    /// The annotation's id.
    pub id: u64,
    /// The image it lies on.
    pub image_id: u64,
    /// Its category.
    pub category_id: u64,
    /// COCO's `iscrowd`: it covers a crowd and not one object. Crowds are neither trained on nor
    /// scored.
    pub crowd: bool,
    /// Its polygons or run lengths.
    pub segmentation: Segmentation,
}

impl CocoAnnotation {
    /// The mask, of the size of the annotation's image: `width` x `height` pixels.
    ///
    /// # Errors
    /// [`CocoError::Mask`] when the segmentation does not fit the size.
    pub fn mask(&self, width: u32, height: u32) -> Result<Bitmap, CocoError> {
        self.segmentation
            .mask(width, height)
            .map_err(|source| CocoError::Mask {
                annotation: self.id,
                source,
            })
    }
}

/// One entry of `categories`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CocoCategory {
    /// The category's id.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// The lists of the file. Records stay text, so that a fault names its record.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(borrow)]
    images: Vec<&'a RawValue>,
    #[serde(borrow)]
    annotations: Vec<&'a RawValue>,
    #[serde(borrow)]
    categories: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawAnnotation<'a> {
    id: u64,
    image_id: u64,
    category_id: u64,
    #[serde(default, borrow)]
    iscrowd: Option<&'a RawValue>,
    #[serde(default, borrow)]
    segmentation: Option<&'a RawValue>,
}

impl CocoFile {
    /// Reads and checks a COCO file.
    ///
    /// # Errors
    /// As [`CocoFile::parse`], and when the file cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, CocoError> {
        let path = path.as_ref();
        Self::parse(&path.display().to_string(), &fs_err::read(path)?)
    }

    /// Checks and parses the bytes of a COCO file; messages call it `name`.
    ///
    /// # Errors
    /// When the bytes are not JSON of COCO's outline, and when any record is at fault: ids used
    /// twice, an annotation of an unknown image or category, an image without pixels or over
    /// [`MAX_PIXELS`], a file name that leaves the images folder or is used twice, a segmentation
    /// that is missing or malformed. All faulty records are reported together.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, CocoError> {
        let mut complaints = Complaints::new(name);
        let file = Self::parse_collecting(name, bytes, &mut complaints)?;
        complaints.into_result().map_err(CocoError::Faults)?;
        Ok(file)
    }

    /// As [`CocoFile::parse`], leaving the faulty records out and their complaints to the caller.
    pub(crate) fn parse_collecting(
        name: &str,
        bytes: &[u8],
        complaints: &mut Complaints,
    ) -> Result<Self, CocoError> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let outline: Outline<'_> =
            serde_json::from_slice(bytes).map_err(|source| CocoError::NotCoco {
                file: name.to_owned(),
                hint: hint_for(&source, bytes),
                source,
            })?;
        let mut images = read_images(&outline.images, complaints);
        let categories = read_categories(&outline.categories, complaints);
        let annotations = read_annotations(&outline.annotations, &images, &categories, complaints);
        images.sort_by_key(|image| image.id);
        Ok(Self {
            name: name.to_owned(),
            images,
            annotations,
            categories,
        })
    }
}

/// Python writes `NaN` and `Infinity`, which are not JSON (RFC 8259, section 6); the hint says so.
fn hint_for(error: &serde_json::Error, bytes: &[u8]) -> &'static str {
    let line = bytes
        .split(|&byte| byte == b'\n')
        .nth(error.line().saturating_sub(1));
    let from = error.column().saturating_sub(2);
    let near = line.map_or(&[][..], |line| &line[from.min(line.len())..]);
    if [&b"NaN"[..], b"Infinity"]
        .iter()
        .any(|word| near.windows(word.len()).take(4).any(|at| at == *word))
    {
        "`NaN` and `Infinity` are not numbers in JSON; remove the record that holds them"
    } else {
        "expected one JSON object with the lists `images`, `annotations` and `categories`"
    }
}

fn read_images(records: &[&RawValue], complaints: &mut Complaints) -> Vec<CocoImage> {
    let mut images = Vec::with_capacity(records.len());
    let mut ids = HashSet::new();
    let mut names = HashMap::new();
    for (index, record) in records.iter().enumerate() {
        let image: CocoImage = match serde_json::from_str(record.get()) {
            Ok(image) => image,
            Err(error) => {
                complaints.add(format_args!(
                    "image {}: {}",
                    label(record, index),
                    plain(&error)
                ));
                continue;
            }
        };
        let CocoImage {
            id,
            ref file_name,
            width,
            height,
        } = image;
        if !ids.insert(id) {
            complaints.add(format_args!("image {id}: the id is used twice"));
            continue;
        }
        if width == 0 || height == 0 {
            complaints.add(format_args!(
                "image {id}: {width} x {height} pixels are none"
            ));
        } else if u64::from(width) * u64::from(height) > MAX_PIXELS {
            complaints.add(format_args!(
                "image {id}: {width} x {height} pixels are over the limit of {MAX_PIXELS}"
            ));
        }
        if !stays_inside(file_name) {
            complaints.add(format_args!(
                "image {id}: file name `{file_name}` leaves the images folder or names no file"
            ));
        } else if let Some(other) = names.insert(file_name.clone(), id) {
            complaints.add(format_args!(
                "image {id}: file `{file_name}` is image {other} already"
            ));
        }
        images.push(image);
    }
    images
}

fn read_categories(records: &[&RawValue], complaints: &mut Complaints) -> Vec<CocoCategory> {
    let mut categories: Vec<CocoCategory> = Vec::with_capacity(records.len());
    let mut ids = HashSet::new();
    for (index, record) in records.iter().enumerate() {
        match serde_json::from_str::<CocoCategory>(record.get()) {
            Ok(category) if ids.insert(category.id) => categories.push(category),
            Ok(category) => {
                complaints.add(format_args!(
                    "category {}: the id is used twice",
                    category.id
                ));
            }
            Err(error) => {
                complaints.add(format_args!(
                    "category {}: {}",
                    label(record, index),
                    plain(&error)
                ));
            }
        }
    }
    categories
}

fn read_annotations(
    records: &[&RawValue],
    images: &[CocoImage],
    categories: &[CocoCategory],
    complaints: &mut Complaints,
) -> Vec<CocoAnnotation> {
    let sizes: HashMap<u64, (u32, u32)> = images
        .iter()
        .map(|image| (image.id, (image.width, image.height)))
        .collect();
    let categories: HashSet<u64> = categories.iter().map(|category| category.id).collect();
    let mut annotations = Vec::with_capacity(records.len());
    let mut ids = HashSet::with_capacity(records.len());
    for (index, record) in records.iter().enumerate() {
        let raw: RawAnnotation<'_> = match serde_json::from_str(record.get()) {
            Ok(raw) => raw,
            Err(error) => {
                complaints.add(format_args!(
                    "annotation {}: {}",
                    label(record, index),
                    plain(&error)
                ));
                continue;
            }
        };
        let id = raw.id;
        if !ids.insert(id) {
            complaints.add(format_args!("annotation {id}: the id is used twice"));
            continue;
        }
        if !categories.contains(&raw.category_id) {
            complaints.add(format_args!(
                "annotation {id}: unknown category {}",
                raw.category_id
            ));
        }
        let crowd = match raw.iscrowd.map(RawValue::get) {
            None | Some("0" | "false" | "null") => false,
            Some("1" | "true") => true,
            Some(other) => {
                complaints.add(format_args!(
                    "annotation {id}: `iscrowd` is {other}, not 0 or 1"
                ));
                continue;
            }
        };
        let Some(&(width, height)) = sizes.get(&raw.image_id) else {
            complaints.add(format_args!(
                "annotation {id}: unknown image {}",
                raw.image_id
            ));
            continue;
        };
        match Segmentation::parse(
            raw.segmentation.map_or("null", RawValue::get),
            width,
            height,
        ) {
            Ok(segmentation) => annotations.push(CocoAnnotation {
                id,
                image_id: raw.image_id,
                category_id: raw.category_id,
                crowd,
                segmentation,
            }),
            Err(fault) => complaints.add(format_args!("annotation {id}: {fault}")),
        }
    }
    annotations
}

/// The record's id where it can be told, its place in the list otherwise.
fn label(record: &RawValue, index: usize) -> String {
    #[derive(Deserialize)]
    struct Identified<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    match serde_json::from_str::<Identified<'_>>(record.get()) {
        Ok(Identified { id }) if id.get().len() <= 24 => id.get().to_owned(),
        _ => format!("number {} of the list", index + 1),
    }
}

/// The message without its place, which counts within the record and would mislead.
pub(crate) fn plain(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rfind(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message,
    }
}

fn stays_inside(file_name: &str) -> bool {
    let mut parts = Path::new(file_name).components().peekable();
    parts.peek().is_some()
        && parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        && !file_name.split(['/', '\\']).any(|part| part == "..")
        && Path::new(file_name).file_name().is_some()
}
