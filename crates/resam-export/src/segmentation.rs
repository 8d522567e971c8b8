//! The result for one image, plain or a scene.

use std::path::{Path, PathBuf};

use resam_crs::Crs;
use resam_geo::{PictureOptions, Raster, RasterError, Scene, Stretch, StretchLimits};
use resam_polygon::PolygonOptions;
use resam_scene::{Counts, Failure, Ground, PointedObject, SegmentedObject};
use resam_vector::{VectorFormat, replace_layer, write_layer};

use crate::{
    Cleaning, Format, OutputError, coco, labels, layer::layer_and_smoothed, layer::state_boxes_in,
    overlay, overlay::OverlayOptions,
};

/// The objects of one image, with what was asked and what could not be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// The image.
    pub image: ImageReference,
    /// The name of the model.
    pub model: String,
    /// What was asked; objects and failures name prompts by their places in this list.
    pub prompts: Vec<PointedObject>,
    /// The objects, in the order of their ids.
    pub objects: Vec<SegmentedObject>,
    /// What could not be done.
    pub failures: Vec<Failure>,
    /// What was done, counted.
    pub counts: Counts,
    /// What became of the masks on the way to the objects.
    pub cleaning: Cleaning,
}

/// An image by its file: where it is, where it lies, and how the model saw it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageReference {
    /// The file, or what several that are one scene are called.
    pub path: PathBuf,
    /// The files that are one scene; empty where `path` is the file.
    pub parts: Vec<PathBuf>,
    /// Its name, as outputs refer to it.
    pub file_name: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// From pixels to the map; nothing for a plain image.
    pub ground: Ground,
    /// The bands that the model saw, from 1.
    pub bands: Vec<usize>,
    /// How values became 8 bits; none for a plain image, whose bytes are seen as they are.
    pub stretch: Option<Stretch>,
    /// What became of the stretch, for each band.
    pub stretch_limits: Vec<StretchLimits>,
    /// What the caller knew better than the file.
    pub seen_as: PictureOptions,
}

/// How a [`Segmentation`] is written.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// The CRS of polygons; by default that of the image, and WGS 84 in GeoJSON.
    pub out_crs: Option<Crs>,
    /// How masks become polygons; by default they keep the exact sides of their pixels.
    pub polygons: PolygonOptions,
    /// What the overlay shows.
    pub overlay: OverlayOptions,
    /// The name of the layer of polygons; by default that of the file without its ending.
    pub layer: Option<String>,
    /// Whether a GeoPackage that is there is replaced as a whole. By default it keeps its other
    /// layers.
    pub overwrite: bool,
}

/// What is to be said of a file that was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Objects without right angles, where these were asked for: their outlines are smooth.
    pub smoothed: usize,
}

impl Segmentation {
    /// Writes the result in the [`Format`] of the path's ending, with the default options.
    ///
    /// # Errors
    /// As [`write_with`](Self::write_with).
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), OutputError> {
        self.write_with(path.as_ref(), &WriteOptions::default())?;
        Ok(())
    }

    /// Writes the result in the [`Format`] of the path's ending; an existing file is replaced,
    /// of an existing GeoPackage the layer of the name.
    ///
    /// An overlay is drawn on the image, which is read again.
    ///
    /// # Errors
    /// If the ending stands for no format, the image has no pixels, ids do not count up from 1, a
    /// mask does not lie in the image, a vertex has no place in the CRS asked for, the image cannot
    /// be read for an overlay or is too large for COCO, or the file cannot be written. What was at
    /// the path before is then still there.
    pub fn write_with(&self, path: &Path, options: &WriteOptions) -> Result<Written, OutputError> {
        let format = Format::of(path)?;
        self.check()?;
        match format {
            Format::Overlay => overlay::write(path, self, &options.overlay)?,
            Format::Coco => coco::write(path, self)?,
            Format::Labels => labels::write(path, self)?,
            Format::Vector(format) => return self.write_polygons(path, format, options),
        }
        Ok(Written::default())
    }

    fn write_polygons(
        &self,
        path: &Path,
        format: VectorFormat,
        options: &WriteOptions,
    ) -> Result<Written, OutputError> {
        /// What a file states that depends on nothing but its content.
        const NO_DATE: &str = "1970-01-01T00:00:00.000Z";
        let stem = || path.file_stem().unwrap_or_default().to_string_lossy();
        let name = options.layer.clone().unwrap_or_else(|| stem().into_owned());
        let (mut layer, smoothed) = layer_and_smoothed(self, &name, &options.polygons)?;
        let crs = options.out_crs.as_ref();
        let degrees = Crs::wgs84();
        let target = crs.or((format == VectorFormat::GeoJson).then_some(&degrees));
        if let Some(target) = target {
            state_boxes_in(&mut layer, target)?;
        }
        if options.overwrite {
            write_layer(path, &layer, crs)?;
        } else {
            replace_layer(path, &layer, crs, NO_DATE)?;
        }
        Ok(Written { smoothed })
    }

    /// What the cleaning did, a sentence each.
    pub fn cleaning_sentences(&self) -> Vec<String> {
        let prompt = |at: usize| self.prompts.get(at);
        self.cleaning
            .sentences(|at| prompt(at).map_or("?".to_owned(), |prompt| prompt.id.clone()))
    }

    /// What the user calls an object: the prompts that it answers.
    pub fn names(&self, object: &SegmentedObject) -> Vec<&str> {
        let prompts = object.prompts.iter().filter_map(|&at| self.prompts.get(at));
        prompts.map(|prompt| prompt.id.as_str()).collect()
    }

    /// What the user calls an object: its prompts with `;` between them, or its id where nobody
    /// pointed at it.
    pub fn name(&self, object: &SegmentedObject) -> String {
        let names = self.names(object);
        if names.is_empty() {
            object.id.to_string()
        } else {
            names.join(";")
        }
    }

    /// Windows of a scene that could not be read, encoded or answered.
    pub fn failed_windows(&self) -> usize {
        let windows = self.failures.iter();
        let windows = windows.filter(|failure| matches!(failure, Failure::Window { .. }));
        windows.count()
    }

    /// Refuses what no format could express.
    fn check(&self) -> Result<(), OutputError> {
        let (width, height) = (self.image.width, self.image.height);
        if width == 0 || height == 0 {
            return Err(OutputError::NoPixels {
                file_name: self.image.file_name.clone(),
                size: (width, height),
            });
        }
        let mut previous = 0;
        for object in &self.objects {
            if object.id <= previous {
                return Err(OutputError::IdOutOfOrder {
                    id: object.id,
                    previous,
                });
            }
            previous = object.id;
            let [x0, y0, x1, y1] = object.mask.bounds();
            if x0 < 0 || y0 < 0 || x1 > width.into() || y1 > height.into() {
                return Err(OutputError::MaskOutside {
                    id: object.id,
                    bounds: [x0, y0, x1, y1],
                    file_name: self.image.file_name.clone(),
                    image_size: (width, height),
                });
            }
        }
        Ok(())
    }
}

impl ImageReference {
    /// A plain image of `width` x `height` pixels: it lies nowhere, and its bytes are seen as they
    /// are.
    pub fn plain(path: &Path, width: u32, height: u32) -> Self {
        Self {
            path: path.to_owned(),
            file_name: file_name(path),
            width,
            height,
            bands: vec![1, 2, 3],
            ..Self::default()
        }
    }

    /// A scene as it was looked at.
    pub fn of_scene(scene: &Scene) -> Self {
        let raster = scene.raster();
        Self {
            path: raster.path().to_owned(),
            parts: match raster.opened() {
                [_] => Vec::new(),
                parts => parts.to_vec(),
            },
            file_name: file_name(raster.path()),
            width: raster.width(),
            height: raster.height(),
            ground: Ground::of(scene),
            bands: scene.bands(),
            stretch: Some(scene.stretch()),
            stretch_limits: scene.stretch_limits().to_vec(),
            seen_as: PictureOptions::default(),
        }
    }
}

impl ImageReference {
    /// The raster, opened again.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn raster(&self) -> Result<Raster, RasterError> {
        self.seen_as.apply(if self.parts.is_empty() {
            Raster::open(&self.path)?
        } else {
            Raster::open_all(&self.parts)?
        })
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
