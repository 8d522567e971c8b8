//! COCO instance files (<https://cocodataset.org/#format-data>, "Object Detection"): images,
//! annotations with polygons or run lengths, categories.
//!
//! [`CocoFile::parse`] checks every record. Masks
//! are made from polygons and run lengths by [`CocoAnnotation::mask`]. Unknown keys are ignored.

use std::collections::{HashMap, HashSet};
use std::io::{BufReader, Read};
use std::path::Path;

use resam_files::open_regular;
use resam_image::MAX_PIXELS;
use resam_mask::{Bitmap, MaskError};
use resam_prompt::{Notices, Weight};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::coco_stream::{List, Pass, stream};
use crate::complaints::{Complaints, Faults};
use crate::number::Number;
use crate::segmentation::Segmentation;

/// Why a COCO file could not be used. All of these are errors of the input.
#[derive(Debug, thiserror::Error)]
pub enum CocoError {
    /// The operating system refused to read the file.
    #[error("{0}")]
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
    /// Records have no meaning, and none is left or none may be left out.
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
    /// What was noticed.
    pub notices: Notices,
}

/// One entry of `images`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CocoImage {
    /// The image's id.
    pub id: u64,
    /// Path relative to the images folder, as the file has it. It may be one of another machine:
    /// [`Dataset::coco`](crate::Dataset::coco) looks for it within the folder only.
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

#[derive(Deserialize)]
struct RawImage {
    id: Number,
    file_name: String,
    width: Number,
    height: Number,
}

#[derive(Deserialize)]
struct RawCategory {
    id: Number,
    name: String,
}

#[derive(Deserialize)]
struct RawAnnotation<'a> {
    id: Number,
    image_id: Number,
    #[serde(default)]
    category_id: Option<Number>,
    #[serde(default, borrow)]
    iscrowd: Option<&'a RawValue>,
    #[serde(default, borrow)]
    segmentation: Option<&'a RawValue>,
}

/// The category of annotations of a file without categories.
const NO_CATEGORY: u64 = 0;

const LEFT_OUT: [&str; 2] = [
    "record has no meaning and is left out",
    "records have no meaning and are left out",
];
const NO_CATEGORIES: [&str; 2] = [
    "file has no list `categories`: all objects are of one kind",
    "",
];

impl CocoFile {
    /// Reads a COCO file.
    ///
    /// # Errors
    /// As [`CocoFile::parse`], and when the file cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, CocoError> {
        let path = path.as_ref();
        let mut faults = Faults::new(&path.display().to_string());
        let file = Self::read_collecting(path, &mut faults)?;
        file.checked(faults)
    }

    /// Reads the bytes of a COCO file; messages call it `name`.
    ///
    /// What has one meaning is taken: numbers that are written as texts (`"1"`) or with a fraction
    /// of nothing (`1.0`), a file without categories. A record that has none is left out and told
    /// in [`notices`](Self::notices): an id that was used before, an annotation of an unknown image
    /// or category, an image without pixels or over [`MAX_PIXELS`], a file name that leaves the
    /// images folder or is used twice, a segmentation that is missing or malformed.
    ///
    /// # Errors
    /// When the bytes are not JSON of COCO's outline, and when no image is left.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, CocoError> {
        let mut faults = Faults::new(name);
        let open = || -> Result<&[u8], CocoError> { Ok(bytes) };
        let file = Self::collect(name, open, &mut faults)?;
        file.checked(faults)
    }

    /// Refuses a file none of whose images is of use, or that has records of which none is.
    fn checked(self, faults: Faults) -> Result<Self, CocoError> {
        if !faults.is_empty() && (self.images.is_empty() || self.annotations.is_empty()) {
            return Err(faults.into_error());
        }
        Ok(self.noticing(faults))
    }

    /// Adds what was left out to what was noticed.
    pub(crate) fn noticing(mut self, faults: Faults) -> Self {
        faults.tell(&mut self.notices, LEFT_OUT);
        self
    }

    /// As [`CocoFile::read`], leaving the faulty records out and their faults to the caller.
    pub(crate) fn read_collecting(path: &Path, faults: &mut Faults) -> Result<Self, CocoError> {
        let name = path.display().to_string();
        let open = || Ok(BufReader::with_capacity(1 << 20, open_regular(path)?));
        Self::collect(&name, open, faults)
    }

    /// Goes through the file twice: images and categories, then the annotations, so that of these
    /// only one is in memory as text.
    fn collect<R: Read>(
        name: &str,
        open: impl Fn() -> Result<R, CocoError>,
        faults: &mut Faults,
    ) -> Result<Self, CocoError> {
        let failed = |source| not_coco(name, source);
        let mut notices = Notices::default();
        let mut images = Images::default();
        let mut categories = Categories::default();
        let lists = stream(open()?, Pass::Frame, |list, index, record| match list {
            List::Images => images.add(index, record, faults),
            List::Categories => categories.add(index, record, faults),
            List::Annotations => true,
        });
        let lists = lists.map_err(failed)?;
        for list in [List::Images, List::Annotations] {
            if !lists.contains(&list) {
                let missing = format!("missing field `{}`", list.key());
                return Err(failed(serde::de::Error::custom(missing)));
            }
        }
        let any_category = !lists.contains(&List::Categories);
        if any_category {
            notices.add(name, Weight::Taken, NO_CATEGORIES, String::new);
            categories.all.push(CocoCategory {
                id: NO_CATEGORY,
                name: "object".to_owned(),
            });
        }
        let sizes = images.all.iter();
        let mut annotations = Annotations {
            sizes: sizes
                .map(|image| (image.id, (image.width, image.height)))
                .collect(),
            categories: (!any_category)
                .then(|| categories.all.iter().map(|category| category.id).collect()),
            ids: HashSet::new(),
            all: Vec::new(),
        };
        let read = stream(open()?, Pass::Annotations, |_, index, record| {
            annotations.add(index, record, faults)
        });
        read.map_err(failed)?;
        let mut images = images.all;
        images.sort_by_key(|image| image.id);
        Ok(Self {
            name: name.to_owned(),
            images,
            annotations: annotations.all,
            categories: categories.all,
            notices,
        })
    }
}

fn not_coco(name: &str, source: serde_json::Error) -> CocoError {
    CocoError::NotCoco {
        file: name.to_owned(),
        hint: "expected one JSON object with the lists `images`, `annotations` and `categories`",
        source,
    }
}

/// The images that were read.
#[derive(Default)]
struct Images {
    all: Vec<CocoImage>,
    ids: HashSet<u64>,
    names: HashMap<String, u64>,
}

impl Images {
    fn add(&mut self, index: usize, record: &str, faults: &mut Faults) -> bool {
        if let Err((name, fault)) = self.take(index, record) {
            faults.add(format_args!("image {name}: {fault}"));
        }
        faults.are_bearable()
    }

    fn take(&mut self, index: usize, record: &str) -> Result<(), (String, String)> {
        let raw: RawImage =
            serde_json::from_str(record).map_err(|error| (label(record, index), plain(&error)))?;
        let id = raw.id.0;
        let refuse = |fault: String| Err((id.to_string(), fault));
        let side = |side: Number| u32::try_from(side.0).unwrap_or(u32::MAX);
        let (width, height) = (side(raw.width), side(raw.height));
        let file_name = raw.file_name;
        if !self.ids.insert(id) {
            return refuse("the id is used twice".to_owned());
        }
        if width == 0 || height == 0 {
            return refuse(format!("{width} x {height} pixels are none"));
        }
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            return refuse(format!(
                "{width} x {height} pixels are over the limit of {MAX_PIXELS}"
            ));
        }
        if file_name
            .rsplit(['/', '\\'])
            .next()
            .is_none_or(|last| matches!(last, "" | "." | ".."))
        {
            return refuse(format!("file name `{file_name}` names no file"));
        }
        if let Some(other) = self.names.get(&file_name) {
            return refuse(format!("file `{file_name}` is image {other} already"));
        }
        self.names.insert(file_name.clone(), id);
        self.all.push(CocoImage {
            id,
            file_name,
            width,
            height,
        });
        Ok(())
    }
}

/// The categories that were read.
#[derive(Default)]
struct Categories {
    all: Vec<CocoCategory>,
    ids: HashSet<u64>,
}

impl Categories {
    fn add(&mut self, index: usize, record: &str, faults: &mut Faults) -> bool {
        match serde_json::from_str::<RawCategory>(record) {
            Ok(RawCategory { id, name }) if self.ids.insert(id.0) => {
                self.all.push(CocoCategory { id: id.0, name });
            }
            Ok(RawCategory { id, .. }) => {
                faults.add(format_args!("category {}: the id is used twice", id.0));
            }
            Err(error) => {
                let name = label(record, index);
                faults.add(format_args!("category {name}: {}", plain(&error)));
            }
        }
        faults.are_bearable()
    }
}

/// The annotations that were read, and what they refer to.
struct Annotations {
    sizes: HashMap<u64, (u32, u32)>,
    /// None where the file has no categories.
    categories: Option<HashSet<u64>>,
    ids: HashSet<u64>,
    all: Vec<CocoAnnotation>,
}

impl Annotations {
    fn add(&mut self, index: usize, record: &str, faults: &mut Faults) -> bool {
        match self.take(index, record) {
            Ok(annotation) => self.all.push(annotation),
            Err((name, fault)) => faults.add(format_args!("annotation {name}: {fault}")),
        }
        faults.are_bearable()
    }

    fn take(&mut self, index: usize, record: &str) -> Result<CocoAnnotation, (String, String)> {
        let raw: RawAnnotation<'_> =
            serde_json::from_str(record).map_err(|error| (label(record, index), plain(&error)))?;
        let id = raw.id.0;
        let refuse = |fault: String| (id.to_string(), fault);
        if !self.ids.insert(id) {
            return Err(refuse("the id is used twice".to_owned()));
        }
        let category_id = match (&self.categories, raw.category_id) {
            (None, _) => NO_CATEGORY,
            (Some(known), Some(category)) if known.contains(&category.0) => category.0,
            (Some(_), Some(category)) => {
                return Err(refuse(format!("unknown category {}", category.0)));
            }
            (Some(_), None) => return Err(refuse("missing field `category_id`".to_owned())),
        };
        let crowd = match raw.iscrowd.map(RawValue::get) {
            None | Some("0" | "0.0" | "false" | "null" | "\"0\"") => false,
            Some("1" | "1.0" | "true" | "\"1\"") => true,
            Some(other) => {
                let other: String = other.chars().take(60).collect();
                return Err(refuse(format!("`iscrowd` is {other}, not 0 or 1")));
            }
        };
        let image_id = raw.image_id.0;
        let &(width, height) = self
            .sizes
            .get(&image_id)
            .ok_or_else(|| refuse(format!("unknown image {image_id}")))?;
        let json = raw.segmentation.map_or("null", RawValue::get);
        let segmentation = Segmentation::parse(json, width, height).map_err(refuse)?;
        Ok(CocoAnnotation {
            id,
            image_id,
            category_id,
            crowd,
            segmentation,
        })
    }
}

/// The record's id where it can be told, its place in the list otherwise.
fn label(record: &str, index: usize) -> String {
    #[derive(Deserialize)]
    struct Identified<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    match serde_json::from_str::<Identified<'_>>(record) {
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
