//! The arguments of `resam segment`.

use std::path::PathBuf;

use clap::Args;
use resam::{
    AutomaticOptions, CacheOptions, CleanOptions, ColourBy, Crs, OutputOptions, Overlap,
    OverlayOptions, Parts, SegmentOptions,
};

use super::values::{Dedup, area, dedup, gigabytes, hole};
use super::{Common, ModelArguments, SceneInput};

/// Segment the objects of an image from points or boxes.
#[derive(Debug, Args)]
pub(crate) struct Segment {
    /// The image or the scene: GeoTIFF, BigTIFF, COG, VRT, or JPEG, PNG, TIFF, WebP, BMP, GIF; or
    /// several rasters, or a folder of them, that are one scene
    #[arg(value_name = "IMAGE", required = true)]
    pub(crate) images: Vec<PathBuf>,
    /// The model
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    /// A point on an object, in pixels, or on the map where it can be nothing else (`--pixel` and
    /// `--points-crs` say which); each is an object of its own, unless `--box` or `--one-object`
    /// is given
    #[arg(long, value_name = "X,Y", allow_hyphen_values = true)]
    pub(crate) point: Vec<String>,
    /// A point that is on none of the objects
    #[arg(long, alias = "not", value_name = "X,Y", allow_hyphen_values = true)]
    pub(crate) negative: Vec<String>,
    /// A box around an object; points given with one box are about the object in it
    #[arg(long = "box", value_name = "X0,Y0,X1,Y1", allow_hyphen_values = true)]
    pub(crate) boxes: Vec<String>,
    /// All points are on the same object
    #[arg(long)]
    pub(crate) one_object: bool,
    /// Points: CSV with columns x, y in pixels and, where wanted, image, instance, label (1 on the
    /// object, 0 not); or GeoJSON, GeoPackage or CSV of lon, lat in any CRS
    #[arg(long, value_name = "FILE", group = "pointed", conflicts_with_all = ["point", "negative", "boxes"])]
    pub(crate) points: Option<PathBuf>,
    /// Boxes around objects: polygons of a vector file, or CSV with columns x0, y0, x1, y1
    #[arg(long = "boxes", value_name = "FILE", group = "pointed", conflicts_with_all = ["point", "negative", "boxes", "points"])]
    pub(crate) box_file: Option<PathBuf>,
    /// What to write, by extension: .gpkg, .geojson or .fgb polygons, .tif a label image, .json
    /// COCO, .png an overlay; may be given several times
    #[arg(short, long, value_name = "OUT", required = true)]
    pub(crate) output: Vec<PathBuf>,
    /// Options of scenes
    #[command(flatten)]
    pub(crate) scene: SceneArguments,
}

/// What `segment` understands of georeferenced rasters and of rasters larger than a window.
#[derive(Debug, Args)]
#[command(next_help_heading = "Scenes")]
pub(crate) struct SceneArguments {
    /// No points: find whatever there is, on a grid of points
    #[arg(long, conflicts_with_all = ["point", "negative", "boxes", "points", "box_file", "mask_selection", "requery", "multimask"])]
    pub(crate) auto: bool,
    /// Points along the side of a window, with `--auto`
    #[arg(long, value_name = "N", default_value = "32", requires = "auto")]
    pub(crate) points_per_side: std::num::NonZeroU32,
    /// The least score of a mask, the IoU that the model predicts, with `--auto`
    #[arg(
        long,
        alias = "min-quality",
        value_name = "IOU",
        default_value = "0.88",
        requires = "auto"
    )]
    pub(crate) min_score: f32,
    /// The least stability score of a mask, with `--auto`
    #[arg(
        long,
        alias = "min-stability",
        value_name = "SHARE",
        default_value = "0.95",
        requires = "auto"
    )]
    pub(crate) min_stability_score: f32,
    /// Leave out objects and parts of less than this, in square metres (square pixels without a
    /// CRS)
    #[arg(long, value_name = "M2", value_parser = area)]
    pub(crate) min_area: Option<f64>,
    /// Leave out objects of more than this, in square metres (square pixels without a CRS)
    #[arg(long, value_name = "M2", value_parser = area)]
    pub(crate) max_area: Option<f64>,
    /// How scenes are given to the network
    #[command(flatten)]
    pub(crate) input: SceneInput,
    /// Polygons of the area of interest (GeoJSON, GeoPackage): only what is pointed at inside it is
    /// asked about, and of automatic masks those stay whose inner point is in it
    #[arg(long, value_name = "FILE")]
    pub(crate) aoi: Option<PathBuf>,
    /// Folder in which to keep embeddings of windows and answers to prompts, for other runs over
    /// the scene, at the same time or later
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Gigabytes that the cache may take
    #[arg(long, value_name = "GB", default_value = "8", value_parser = gigabytes, requires = "cache")]
    pub(crate) cache_size: u64,
    /// Objects whose masks overlap by this IoU or more are one, with the names of both; `none` or
    /// 1 keeps every object
    #[arg(long, aliases = ["merge", "dedup"], value_name = "IOU", default_value = "0.7", value_parser = dedup)]
    pub(crate) dedup_iou: Dedup,
    /// The parts of a mask that are its object [default: those under the point, and those near them
    /// of at least a tenth of their area]
    #[arg(long, value_enum, value_name = "WHICH")]
    pub(crate) parts: Option<PartsName>,
    /// What becomes of pixels that several objects have
    #[arg(long, value_enum, default_value_t = OverlapName::Keep, value_name = "WHAT")]
    pub(crate) overlap: OverlapName,
    /// Simplify outlines by up to so many pixels; shared edges stay shared
    #[arg(long, value_name = "PIXELS", value_parser = area)]
    pub(crate) simplify: Option<f64>,
    /// Give buildings their right angles
    #[arg(long)]
    pub(crate) regularize: bool,
    /// Fill holes of up to so many square metres; all of them without a number [default: those of
    /// up to a hundredth of their object]
    #[arg(long, value_name = "M2", num_args = 0..=1, default_missing_value = "inf", value_parser = hole)]
    pub(crate) fill_holes: Option<f64>,
    /// What the colours of an overlay (.png) stand for [default: classes, where points have any,
    /// else objects]
    #[arg(long, alias = "overlay-color", value_enum, value_name = "WHAT")]
    pub(crate) overlay_colour: Option<ColourName>,
    /// Draw no points and boxes on an overlay
    #[arg(long)]
    pub(crate) no_overlay_points: bool,
    /// The name of the layer of polygons [default: the name of the first output]
    #[arg(long, value_name = "NAME")]
    pub(crate) layer: Option<String>,
    /// Replace files that no run of resam wrote, and a GeoPackage with all its layers
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// CRS of the polygons [default: the scene's; GeoJSON is always longitude and latitude]
    #[arg(long, value_name = "CRS")]
    pub(crate) out_crs: Option<String>,
    /// Begin afresh where a stopped run would go on
    #[arg(long)]
    pub(crate) restart: bool,
}

impl Segment {
    /// How the model is asked.
    pub(crate) fn options(&self) -> SegmentOptions {
        let scene = &self.scene;
        SegmentOptions {
            selection: self.model.selection.options(),
            clean: CleanOptions {
                parts: match scene.parts {
                    None => Parts::Main,
                    Some(PartsName::Point) => Parts::Point,
                    Some(PartsName::Largest) => Parts::Largest,
                    Some(PartsName::All) => Parts::All,
                },
                fill_holes: scene.fill_holes,
                min_area: scene.min_area,
                max_area: scene.max_area,
                dedup_iou: scene.dedup_iou.0,
                overlap: match scene.overlap {
                    OverlapName::Keep => Overlap::Keep,
                    OverlapName::Resolve => Overlap::Resolve,
                },
            },
            aoi: scene.aoi.clone(),
            cache: scene.cache.as_ref().map(|folder| CacheOptions {
                folder: folder.clone(),
                bytes: scene.cache_size,
            }),
            journal: None,
            held: None,
            restart: scene.restart,
        }
    }

    /// How objects become polygons.
    pub(crate) fn output_options(&self, common: &Common) -> resam::Result<OutputOptions> {
        let scene = &self.scene;
        Ok(OutputOptions {
            out_crs: scene.out_crs.as_deref().map(Crs::parse).transpose()?,
            simplify: scene.simplify,
            regularize: scene.regularize,
            overlay: OverlayOptions {
                colour_by: match scene.overlay_colour {
                    None => ColourBy::Auto,
                    Some(ColourName::Class) => ColourBy::Class,
                    Some(ColourName::Score) => ColourBy::Score,
                    Some(ColourName::Object) => ColourBy::Object,
                },
                prompts: !scene.no_overlay_points,
            },
            layer: scene.layer.clone(),
            overwrite: scene.overwrite,
            inputs: self.model.options(common).inputs(),
        })
    }

    /// How whatever there is is found, with `--auto`.
    pub(crate) fn automatic(&self) -> Option<AutomaticOptions> {
        let scene = &self.scene;
        scene.auto.then(|| AutomaticOptions {
            points_per_side: scene.points_per_side.get(),
            min_score: scene.min_score,
            min_stability_score: scene.min_stability_score,
        })
    }
}

/// Which parts of a mask are its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PartsName {
    /// Those under the points
    Point,
    /// The largest one
    Largest,
    /// All, with their small holes: the mask as the model gave it
    All,
}

/// What the colours of an overlay stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ColourName {
    /// The class of the points
    Class,
    /// The score
    Score,
    /// Nothing: each object has its own
    Object,
}

/// What becomes of pixels that several objects have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OverlapName {
    /// Each object keeps them
    Keep,
    /// The object of the best score keeps them
    Resolve,
}
