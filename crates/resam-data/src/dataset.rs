//! Images with their true masks, read one at a time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use resam_geo::{Exif, PictureOptions, Raster, RasterError, is_side_file, read_picture};
use resam_image::{DecodedImage, ImageError, turned_size};
use resam_mask::{Bitmap, Rle};
use resam_prompt::{Notices, PointFile};

use crate::coco::{CocoError, CocoFile};
use crate::complaints::Faults;
use crate::draws::shuffle;
use crate::error::DataError;
use crate::image_files::find_files;
use crate::label_image;
use crate::layouts::{LayoutError, files_below};
use crate::notes::Notes;
use crate::segmentation::Segmentation;

/// One image of a dataset. Its pixels are read by [`Dataset::read_image`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRecord {
    /// The image's id, unique in its dataset.
    pub id: u64,
    /// Path relative to the images folder, as annotations and point files name it.
    pub file_name: String,
    /// Path of the file.
    pub path: PathBuf,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// One true object. Its mask is made by [`Instance::mask`].
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The object's id, unique in its dataset; with COCO files the annotation's id.
    pub id: u64,
    /// The image it lies on.
    pub image_id: u64,
    /// Its category's id.
    pub category_id: u64,
    /// Its category's name.
    pub category: Arc<str>,
    /// Whether it covers a crowd instead of one object.
    pub crowd: bool,
    /// The image's width in pixels.
    pub width: u32,
    /// The image's height in pixels.
    pub height: u32,
    /// Its polygons or run lengths.
    pub segmentation: Arc<Segmentation>,
}

impl Instance {
    /// The true mask, of the image's size, as run lengths.
    ///
    /// # Errors
    /// [`CocoError::Mask`] when the segmentation does not fit the image.
    pub fn rle(&self) -> Result<Rle, CocoError> {
        self.segmentation
            .rle(self.width, self.height)
            .map_err(|source| CocoError::Mask {
                annotation: self.id,
                source,
            })
    }

    /// The true mask, of the image's size.
    ///
    /// # Errors
    /// [`CocoError::Mask`] when the segmentation does not fit the image.
    pub fn mask(&self) -> Result<Bitmap, CocoError> {
        self.segmentation
            .mask(self.width, self.height)
            .map_err(|source| CocoError::Mask {
                annotation: self.id,
                source,
            })
    }
}

/// Images ordered by id, with their true objects where these are known. Images without objects are
/// kept. A clone shares the annotations.
#[derive(Debug, Clone)]
pub struct Dataset {
    images: Vec<ImageRecord>,
    truth: Arc<Truth>,
    options: PictureOptions,
    notes: Arc<Notes>,
    notices: Notices,
}

#[derive(Debug)]
enum Truth {
    /// Objects are not known.
    None,
    /// By image id.
    Coco(HashMap<u64, Vec<Instance>>),
    /// An image of the same size, not zero on objects, by image id.
    LabelImages(HashMap<u64, PathBuf>),
}

impl Dataset {
    /// The images of a COCO file, with files in `images_dir`. A name that is not there, or that
    /// leaves the folder, is looked for by its last part, in any case, when it is the only one of
    /// that name. Images without a file are left out; see [`notices`](Self::notices).
    ///
    /// # Errors
    /// As [`CocoFile::parse`], and when no image has a file.
    pub fn coco(images_dir: impl AsRef<Path>, json: impl AsRef<Path>) -> Result<Self, DataError> {
        Self::coco_with(images_dir, json, false)
    }

    /// As [`coco`](Self::coco); with `strict` nothing is left out.
    ///
    /// # Errors
    /// As [`coco`](Self::coco), and with `strict` when something would be left out; all faults
    /// together.
    pub fn coco_with(
        images_dir: impl AsRef<Path>,
        json: impl AsRef<Path>,
        strict: bool,
    ) -> Result<Self, DataError> {
        let (images_dir, json) = (images_dir.as_ref(), json.as_ref());
        if !images_dir.is_dir() {
            return Err(LayoutError::NoFolder {
                path: images_dir.to_owned(),
            }
            .into());
        }
        let mut faults = Faults::new(&json.display().to_string());
        let file = CocoFile::read_collecting(json, &mut faults)?;
        let nothing = file.images.is_empty() || file.annotations.is_empty();
        if !faults.is_empty() && (strict || nothing) {
            return Err(faults.into_error().into());
        }
        let file = find_files(images_dir, file.noticing(faults), strict)?;
        Ok(Self::from_coco(images_dir, file))
    }

    /// The images of a parsed COCO file; the image files are not checked.
    pub fn from_coco(images_dir: &Path, file: CocoFile) -> Self {
        let names: HashMap<u64, Arc<str>> = file
            .categories
            .into_iter()
            .map(|category| (category.id, Arc::from(category.name)))
            .collect();
        let sizes: HashMap<u64, (u32, u32)> = file
            .images
            .iter()
            .map(|image| (image.id, (image.width, image.height)))
            .collect();
        let mut instances: HashMap<u64, Vec<Instance>> = HashMap::new();
        for annotation in file.annotations {
            let (width, height) = sizes.get(&annotation.image_id).copied().unwrap_or_default();
            instances
                .entry(annotation.image_id)
                .or_default()
                .push(Instance {
                    id: annotation.id,
                    image_id: annotation.image_id,
                    category_id: annotation.category_id,
                    category: names
                        .get(&annotation.category_id)
                        .cloned()
                        .unwrap_or_default(),
                    crowd: annotation.crowd,
                    width,
                    height,
                    segmentation: Arc::new(annotation.segmentation),
                });
        }
        let images = file
            .images
            .into_iter()
            .map(|image| ImageRecord {
                id: image.id,
                path: images_dir.join(&image.file_name),
                file_name: image.file_name,
                width: image.width,
                height: image.height,
            })
            .collect();
        Self {
            images,
            truth: Arc::new(Truth::Coco(instances)),
            options: PictureOptions::default(),
            notes: Arc::default(),
            notices: file.notices,
        }
    }

    /// All image files in a folder and its subfolders, with no objects known. Files that are not
    /// images are skipped; ids count from 1 in the order of the names.
    ///
    /// # Errors
    /// When the folder holds no image, or an image's header is broken.
    pub fn folder(images_dir: impl AsRef<Path>) -> Result<Self, DataError> {
        let images_dir = images_dir.as_ref();
        let mut images = Vec::new();
        for path in files_below(images_dir)? {
            if is_side_file(&path) {
                continue;
            }
            match Raster::open(&path) {
                Ok(raster) => images.push((path, raster.width(), raster.height())),
                Err(
                    RasterError::UnknownFormat { .. }
                    | RasterError::Foreign { .. }
                    | RasterError::Gdal { .. },
                ) => {}
                Err(error) => return Err(of_raster(error).into()),
            }
        }
        if images.is_empty() {
            return Err(LayoutError::NoImages {
                path: images_dir.to_owned(),
            }
            .into());
        }
        let images = (1..)
            .zip(images)
            .map(|(id, (path, width, height))| ImageRecord {
                id,
                file_name: relative_name(images_dir, &path),
                path,
                width,
                height,
            })
            .collect();
        Ok(Self {
            images,
            truth: Arc::new(Truth::None),
            options: PictureOptions::default(),
            notes: Arc::default(),
            notices: Notices::default(),
        })
    }

    /// A folder of images and a folder of label images of the same names (the extension may
    /// differ), not zero on objects; each connected component is one object.
    ///
    /// # Errors
    /// As [`Dataset::folder`], and when an image has no label image.
    pub fn label_images(
        images_dir: impl AsRef<Path>,
        labels_dir: impl AsRef<Path>,
    ) -> Result<Self, DataError> {
        let Self { images, .. } = Self::folder(images_dir)?;
        let labels_dir = labels_dir.as_ref();
        let by_stem: BTreeMap<PathBuf, PathBuf> = files_below(labels_dir)?
            .into_iter()
            .map(|path| {
                (
                    PathBuf::from(relative_name(labels_dir, &path)).with_extension(""),
                    path,
                )
            })
            .collect();
        let mut labels = HashMap::new();
        for image in &images {
            let stem = Path::new(&image.file_name).with_extension("");
            let Some(label) = by_stem.get(&stem) else {
                return Err(LayoutError::NoLabel {
                    image: image.path.clone(),
                    labels: labels_dir.to_owned(),
                }
                .into());
            };
            labels.insert(image.id, label.clone());
        }
        Ok(Self {
            images,
            truth: Arc::new(Truth::LabelImages(labels)),
            options: PictureOptions::default(),
            notes: Arc::default(),
            notices: Notices::default(),
        })
    }

    /// What was noticed in the annotations.
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// The images, ordered by id.
    pub fn images(&self) -> &[ImageRecord] {
        &self.images
    }

    /// The image of an id.
    pub fn image(&self, id: u64) -> Option<&ImageRecord> {
        let place = self
            .images
            .binary_search_by_key(&id, |image| image.id)
            .ok()?;
        self.images.get(place)
    }

    /// The image of a file name, as annotations and point files give it.
    pub fn image_named(&self, file_name: &str) -> Option<&ImageRecord> {
        self.images
            .iter()
            .find(|image| image.file_name == file_name)
    }

    /// The same images, read with options of the caller's.
    ///
    /// # Errors
    /// When an image is to be turned and its header cannot be read.
    pub fn seen_with(mut self, options: PictureOptions) -> Result<Self, DataError> {
        let has_sizes = matches!(*self.truth, Truth::Coco(_));
        if options.exif == Some(Exif::Apply) && !has_sizes {
            for image in &mut self.images {
                let raster = Raster::open(&image.path).map_err(of_raster)?;
                let size = (raster.width(), raster.height());
                // What is tied to the map stays as it is stored.
                if raster.geo_transform().is_none() {
                    (image.width, image.height) = turned_size(raster.orientation(), size);
                }
            }
        }
        self.options = options;
        Ok(self)
    }

    /// The pixels of an image.
    ///
    /// # Errors
    /// When the file cannot be decoded or is not of the size that the annotations give.
    pub fn read_image(&self, image: &ImageRecord) -> Result<DecodedImage, ImageError> {
        let raster = self.open(image)?;
        let decoded = read_picture(raster).map_err(of_raster)?;
        check_same_size(&image.path, decoded.rgb.dimensions(), image)?;
        self.notes.add(&image.file_name, &decoded.notes);
        Ok(decoded)
    }

    /// The file of the true masks of an image, if they are in a label image.
    pub fn label_file(&self, image: &ImageRecord) -> Option<&Path> {
        match &*self.truth {
            Truth::LabelImages(labels) => labels.get(&image.id).map(PathBuf::as_path),
            Truth::None | Truth::Coco(_) => None,
        }
    }

    /// The true objects by the id of their image, if they were read with the names of the images.
    pub fn known_annotations(&self) -> Option<BTreeMap<u64, &[Instance]>> {
        match &*self.truth {
            Truth::Coco(instances) => {
                Some(instances.iter().map(|(id, all)| (*id, &**all)).collect())
            }
            Truth::None | Truth::LabelImages(_) => None,
        }
    }

    /// Opens an image as it is to be seen.
    fn open(&self, image: &ImageRecord) -> Result<Raster, ImageError> {
        let mut options = self.options.clone();
        if options.exif.is_none() && matches!(*self.truth, Truth::Coco(_)) {
            options.exif = fitting_orientation(image)?;
        }
        options.open(&image.path).map_err(of_raster)
    }

    /// Looks at the headers of all images, so that [`Dataset::notes`] has what is noticed there.
    /// Images that cannot be opened are passed over: reading them says why.
    ///
    /// # Errors
    /// [`ImageError::Orientation`] when an image may be meant turned or not.
    pub fn look(&self) -> Result<(), ImageError> {
        for image in &self.images {
            match self.open(image) {
                Ok(raster) => self.notes.add(&image.file_name, &raster.info().notes),
                Err(error @ ImageError::Orientation { .. }) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// What was noticed of the images that have been read, one sentence a kind.
    pub fn notes(&self) -> Vec<String> {
        self.notes.lines()
    }

    /// The objects to train on or to score: all true objects of the image except crowds.
    ///
    /// # Errors
    /// When a label image cannot be read.
    pub fn instances(&self, image: &ImageRecord) -> Result<Vec<Instance>, DataError> {
        let mut instances = self.annotations(image)?;
        instances.retain(|instance| !instance.crowd);
        Ok(instances)
    }

    /// All true objects of the image, crowds included.
    ///
    /// # Errors
    /// When a label image cannot be read.
    pub fn annotations(&self, image: &ImageRecord) -> Result<Vec<Instance>, DataError> {
        match &*self.truth {
            Truth::None => Ok(Vec::new()),
            Truth::Coco(instances) => Ok(instances.get(&image.id).cloned().unwrap_or_default()),
            Truth::LabelImages(labels) => match labels.get(&image.id) {
                Some(label) => label_image::instances(label, image),
                None => Ok(Vec::new()),
            },
        }
    }

    /// Whether true objects are known.
    pub fn has_truth(&self) -> bool {
        !matches!(*self.truth, Truth::None)
    }

    /// Checks a point file against the images: each image named must be there, and each point must
    /// lie on its image.
    ///
    /// # Errors
    /// Names the first point at fault.
    pub fn check_points(&self, points: &PointFile) -> Result<(), DataError> {
        points.check_images(self.images.iter().map(|image| &*image.file_name))?;
        let named = points.images();
        for image in &self.images {
            if named.is_empty() || named.contains(&*image.file_name) {
                points.check_inside(&image.file_name, image.width, image.height)?;
            }
        }
        Ok(())
    }

    /// The first `count` images by id.
    #[must_use]
    pub fn limit(mut self, count: usize) -> Self {
        self.images.truncate(count);
        self
    }

    /// The images for which `keep` answers true.
    #[must_use]
    pub fn retain(mut self, keep: impl FnMut(&ImageRecord) -> bool) -> Self {
        self.images.retain(keep);
        self
    }

    /// Splits off a development set of `count` images, drawn by `seed`: the rest and the drawn.
    /// The draw depends on the images' ids and the seed alone.
    #[must_use]
    pub fn hold_out(self, count: usize, seed: u64) -> (Self, Self) {
        let mut ids: Vec<u64> = self.images.iter().map(|image| image.id).collect();
        shuffle(&mut ids, seed);
        let held: HashSet<u64> = ids.into_iter().take(count).collect();
        let rest = self.clone().retain(|image| !held.contains(&image.id));
        (rest, self.retain(|image| held.contains(&image.id)))
    }
}

/// What is to become of the orientation of an image, told by the size that its annotations give.
fn fitting_orientation(image: &ImageRecord) -> Result<Option<Exif>, ImageError> {
    let raster = Raster::open(&image.path).map_err(of_raster)?;
    let orientation = raster.orientation();
    if orientation == 1 || raster.geo_transform().is_some() {
        return Ok(None);
    }
    let annotated = (image.width, image.height);
    let stored = (raster.width(), raster.height());
    match (
        annotated == stored,
        annotated == turned_size(orientation, stored),
    ) {
        (true, true) => Err(ImageError::Orientation {
            path: image.path.clone(),
            orientation,
        }),
        (false, true) => Ok(Some(Exif::Apply)),
        _ => Ok(Some(Exif::Ignore)),
    }
}

/// The error of an image that the reader of rasters refuses.
pub(crate) fn of_raster(error: RasterError) -> ImageError {
    match error {
        RasterError::UnknownFormat { path } => ImageError::UnknownFormat { path },
        RasterError::Missing { path } => ImageError::Missing { path },
        other => ImageError::Other {
            message: other.to_string(),
        },
    }
}

pub(crate) fn check_same_size(
    path: &Path,
    (width, height): (u32, u32),
    image: &ImageRecord,
) -> Result<(), ImageError> {
    if (width, height) == (image.width, image.height) {
        return Ok(());
    }
    Err(ImageError::OtherSize {
        path: path.to_owned(),
        width,
        height,
        expected_width: image.width,
        expected_height: image.height,
    })
}

/// With forward slashes on every system, as annotations and point files have them.
pub(crate) fn relative_name(folder: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(folder).unwrap_or(path);
    relative
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}
