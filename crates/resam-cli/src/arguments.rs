//! What can be typed.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use resam_bench::Workload;
use resam_sam::Published;

/// Segment overhead imagery from points.
#[derive(Debug, Parser)]
#[command(
    name = "resam",
    version,
    propagate_version = true,
    after_help = "`resam completions SHELL` prints completions for bash, zsh, fish, powershell or elvish, \
                  `resam man DIR` writes manual pages."
)]
pub(crate) struct Arguments {
    /// What every subcommand understands.
    #[command(flatten)]
    pub(crate) common: Common,
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every subcommand understands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Common {
    /// Where the network runs: `auto`, `cpu` or, in builds that have them, `cuda:N`, `vulkan:N`,
    /// `metal:N`; `resam doctor` lists what there is
    #[arg(long, global = true, default_value = "auto", value_name = "DEVICE")]
    pub(crate) device: String,
    /// Threads to use [default: one for each core]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Seed of everything random
    #[arg(long, global = true, default_value_t = 0, value_name = "S")]
    pub(crate) seed: u64,
    /// Print one JSON object on standard output instead of a table
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print no progress and no notes
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more notes
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Segment the objects of an image from points or boxes
    ///
    /// Coordinates are pixels: 0,0 is the top-left corner of the image and 0.5,0.5 the centre of
    /// its first pixel.
    Segment(Box<Segment>),
    /// Adapt a model to images from points on their objects
    ///
    /// Writes an adapter, which `segment` and `eval` take with `--adapter`, and a report. Ctrl-C leaves
    /// a checkpoint, and `--resume` goes on from it.
    Adapt(Adapt),
    /// Score a model on a COCO data set, with fixed points or true boxes
    Eval(Eval),
    /// Print the completions of a shell
    #[command(hide = true)]
    Completions(Completions),
    /// Write a manual page for each subcommand
    #[command(hide = true)]
    Man(Man),
    /// Say what an image, a checkpoint or an adapter is
    Info(Info),
    /// See the whole loop in a minute, on made images, with nothing to download
    ///
    /// Paints images of industrial sites and a scene, scores the built-in model on images kept back, adapts
    /// it from one point on each storage tank, scores it again, and segments the scene before and after.
    Demo(Demo),
    /// Look into weights
    Weights(Weights),
    /// Say what this machine and this build can do, to be pasted into an issue
    ///
    /// Lists devices, folders and weights that are here, and takes about ten seconds to find out what
    /// an image, a scene and a step of adaptation will take.
    Doctor(Doctor),
    /// Train the built-in model again, from nothing
    #[command(hide = true)]
    TrainNano(TrainNano),
}

/// Train the built-in model again, from nothing.
///
/// On made photographs, with points and boxes as people give them. Takes an hour on 2 cores; Ctrl-C ends
/// it early with the model as it is then. A record is written beside.
#[derive(Debug, Args)]
pub(crate) struct TrainNano {
    /// The checkpoint to write, `.safetensors`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Updates, each of a few pictures; the rate of learning falls to nothing at the last
    #[arg(long, value_name = "N", default_value = "6000")]
    pub(crate) updates: NonZeroUsize,
    /// End after so many, whatever is planned
    #[arg(long, value_name = "N")]
    pub(crate) until: Option<NonZeroUsize>,
    /// The highest rate of learning
    #[arg(long, value_name = "RATE", default_value = "1e-3")]
    pub(crate) rate: f64,
    /// The share of pictures whose textures are toned down, 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0")]
    pub(crate) plain: f64,
    /// Pictures of an update
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) batch: NonZeroUsize,
    /// Side of the pictures, in 16 pixels
    #[arg(long, value_name = "N", default_value = "16")]
    pub(crate) side: NonZeroUsize,
    /// Go on from the model of another training
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
}

/// See the whole loop in a minute.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder for everything that is made; it must be empty or not be there yet
    #[arg(value_name = "DIR", default_value = "resam-demo")]
    pub(crate) folder: PathBuf,
}

/// The model and how it runs.
#[derive(Debug, Args)]
pub(crate) struct Model {
    /// Checkpoint of a Segment Anything model: `.pth` or `.safetensors`, SAM or MobileSAM; or the name
    /// of one that `resam weights pull` brought; `nano` is built in, to try things with
    #[arg(long, value_name = "FILE|NAME", default_value = "nano")]
    pub(crate) weights: PathBuf,
    /// What `resam adapt` made of these weights: its output folder, or any PEFT directory for them
    #[arg(long, value_name = "DIR")]
    pub(crate) adapter: Option<PathBuf>,
    /// Answer points with the single mask, even if the adapter was made for `--requery`
    #[arg(long)]
    pub(crate) single: bool,
    /// Look once: `--requery` then does not ask about small objects again in parts of the image that the
    /// model sees enlarged, each of which takes an encoding
    #[arg(long)]
    pub(crate) no_closer: bool,
    /// Side of the network's input in pixels, a multiple of 16 [default: the model's own, 1024]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) input_size: Option<usize>,
    /// Numbers that the image encoder computes with; half precision needs a GPU that has it
    #[arg(long, value_enum, default_value_t = PrecisionKind::F32)]
    pub(crate) precision: PrecisionKind,
}

/// Numbers that the image encoder computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PrecisionKind {
    /// Half precision where the device has it, else single
    Auto,
    /// Single precision
    F32,
    /// Half precision
    F16,
    /// Half precision with the range of single
    Bf16,
}

/// Segment the objects of an image from points or boxes.
#[derive(Debug, Args)]
pub(crate) struct Segment {
    /// The image or the scene: GeoTIFF, BigTIFF, COG, or JPEG, PNG, TIFF, WebP, BMP, GIF
    pub(crate) image: PathBuf,
    /// The model
    #[command(flatten)]
    pub(crate) model: Model,
    /// A point on an object; each is an object of its own, unless `--box` or `--one-object` is given
    #[arg(long, value_name = "X,Y", allow_hyphen_values = true)]
    pub(crate) point: Vec<String>,
    /// A point that is on none of the objects
    #[arg(long, value_name = "X,Y", allow_hyphen_values = true)]
    pub(crate) not: Vec<String>,
    /// A box around an object; points given with one box are about the object in it
    #[arg(long = "box", value_name = "X0,Y0,X1,Y1", allow_hyphen_values = true)]
    pub(crate) boxes: Vec<String>,
    /// All points are on the same object
    #[arg(long)]
    pub(crate) one_object: bool,
    /// Points: CSV with columns x, y in pixels and, where wanted, image, instance, label (1 on the
    /// object, 0 not); or GeoJSON, GeoPackage or CSV of lon, lat in any CRS
    #[arg(long, value_name = "FILE", conflicts_with_all = ["point", "not", "boxes"])]
    pub(crate) points: Option<PathBuf>,
    /// Let the model choose among the three masks that it has for an ambiguous prompt
    #[arg(long, conflicts_with = "requery")]
    pub(crate) multimask: bool,
    /// Take of the model's masks the one that a point most likely means: its box brings it back, it is
    /// of the size of the others, and it holds no other object's point
    #[arg(long)]
    pub(crate) requery: bool,
    /// What to write, by extension: .gpkg, .geojson or .fgb polygons, .tif a label image, .json COCO,
    /// .png an overlay; may be given several times
    #[arg(short, long, value_name = "OUT", required = true)]
    pub(crate) output: Vec<PathBuf>,
    /// What is about scenes
    #[command(flatten)]
    pub(crate) scene: SceneArguments,
}

/// What `segment` understands of georeferenced rasters and of rasters larger than a window.
#[derive(Debug, Args)]
#[command(next_help_heading = "Scenes")]
pub(crate) struct SceneArguments {
    /// No points: find whatever there is, on a grid of points
    #[arg(long, conflicts_with_all = ["point", "not", "boxes", "points", "requery", "multimask"])]
    pub(crate) auto: bool,
    /// Points along the side of a window, with `--auto`
    #[arg(long, value_name = "N", default_value = "32", requires = "auto")]
    pub(crate) points_per_side: std::num::NonZeroU32,
    /// The least quality that the model expects of a mask, with `--auto`
    #[arg(long, value_name = "IOU", default_value = "0.88", requires = "auto")]
    pub(crate) min_quality: f32,
    /// The least stability of a mask, with `--auto`
    #[arg(long, value_name = "SHARE", default_value = "0.95", requires = "auto")]
    pub(crate) min_stability: f32,
    /// Leave out objects and parts of less than this, in square metres (square pixels without a CRS)
    #[arg(long, value_name = "M2", value_parser = area)]
    pub(crate) min_area: Option<f64>,
    /// Leave out objects of more than this, in square metres (square pixels without a CRS)
    #[arg(long, value_name = "M2", value_parser = area)]
    pub(crate) max_area: Option<f64>,
    /// How scenes are seen
    #[command(flatten)]
    pub(crate) input: SceneInput,
    /// Folder in which to keep what the encoder made of windows, for other runs over the scene, and the
    /// answers to this one's question
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Gigabytes that the cache may take
    #[arg(long, value_name = "GB", default_value = "8", value_parser = gigabytes, requires = "cache")]
    pub(crate) cache_size: u64,
    /// Objects whose masks overlap by this IoU or more are one, with the names of both
    #[arg(long, value_name = "IOU")]
    pub(crate) merge: Option<f64>,
    /// What becomes of pixels that several objects have
    #[arg(long, value_enum, default_value_t = OverlapName::Keep, value_name = "WHAT")]
    pub(crate) overlap: OverlapName,
    /// Simplify outlines by up to so many pixels; shared edges stay shared
    #[arg(long, value_name = "PIXELS", value_parser = area)]
    pub(crate) simplify: Option<f64>,
    /// Give buildings their right angles
    #[arg(long)]
    pub(crate) regularize: bool,
    /// Fill holes of up to so many square metres; all of them without a number
    #[arg(long, value_name = "M2", num_args = 0..=1, default_missing_value = "inf", value_parser = hole)]
    pub(crate) fill_holes: Option<f64>,
    /// CRS of the polygons [default: the scene's; GeoJSON is always longitude and latitude]
    #[arg(long, value_name = "CRS")]
    pub(crate) out_crs: Option<String>,
    /// Begin afresh where a stopped run would go on
    #[arg(long)]
    pub(crate) restart: bool,
}

/// How scenes are seen, and where points on the map are.
#[derive(Debug, Args)]
pub(crate) struct SceneInput {
    /// Bands for red, green and blue, or one for grey, from 1 [default: what the file says]
    #[arg(long, value_name = "R,G,B", value_delimiter = ',')]
    pub(crate) bands: Option<Vec<usize>>,
    /// How values become 8 bits: `none`, `minmax`, percentiles such as `p2-p98`, limits such as
    /// `0,3000`; one stretch for the whole scene [default: none for 8-bit data, else p2-p98]
    #[arg(long, value_name = "STRETCH", allow_hyphen_values = true)]
    pub(crate) stretch: Option<resam_geo::Stretch>,
    /// Side of a window in pixels of the scene: smaller shows the model small objects larger
    /// [default: the model's input]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) window: Option<std::num::NonZeroU32>,
    /// CRS of the points, whatever their file says, such as EPSG:32636
    #[arg(long, value_name = "CRS", requires = "points")]
    pub(crate) points_crs: Option<String>,
    /// Layer of a GeoPackage that has several
    #[arg(long, value_name = "NAME", requires = "points")]
    pub(crate) points_layer: Option<String>,
}

impl SceneInput {
    /// Whether something asks for a scene rather than a plain image.
    pub(crate) fn asks_for_a_scene(&self) -> bool {
        self.bands.is_some()
            || self.stretch.is_some()
            || self.window.is_some()
            || self.points_crs.is_some()
            || self.points_layer.is_some()
    }
}

impl SceneArguments {
    /// Whether something asks for a scene rather than a plain image.
    pub(crate) fn asks_for_a_scene(&self) -> bool {
        self.auto
            || self.input.asks_for_a_scene()
            || self.cache.is_some()
            || self.merge.is_some()
            || self.overlap != OverlapName::Keep
            || self.simplify.is_some()
            || self.regularize
            || self.fill_holes.is_some()
            || self.min_area.is_some()
            || self.max_area.is_some()
            || self.out_crs.is_some()
    }
}

/// What becomes of pixels that several objects have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OverlapName {
    /// Each object keeps them
    Keep,
    /// The object of the best quality keeps them
    Resolve,
}

/// A size from 0 up.
fn area(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(area) if area >= 0.0 && area.is_finite() => Ok(area),
        _ => Err("give a number from 0 up".to_owned()),
    }
}

/// The same, or all.
fn hole(text: &str) -> Result<f64, String> {
    match text {
        "inf" => Ok(f64::INFINITY),
        text => area(text),
    }
}

/// The recipes that come with resam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RecipeName {
    /// Ours
    Default,
    /// The published code's behaviour, on NWPU VHR-10
    Published,
    /// The published one as the paper runs it on WHU buildings
    Whu,
    /// The published one as the paper runs it on HRSID
    Hrsid,
    /// The published one as the paper runs it on NWPU VHR-10
    Nwpu,
}

/// Adapt a model to images from points on their objects.
#[derive(Debug, Args)]
pub(crate) struct Adapt {
    /// Folder of the images; or a scene, or a folder of scenes: GeoTIFF and the like
    #[arg(
        long,
        value_name = "DIR|SCENE",
        required_unless_present = "print_config"
    )]
    pub(crate) images: Option<PathBuf>,
    /// Points: CSV with columns image, x, y in pixels and, where wanted, instance, label (1 on the object,
    /// 0 not); or, on scenes, GeoJSON, GeoPackage or CSV of lon, lat in any CRS
    #[arg(long, value_name = "FILE", required_unless_present_any = ["coco", "split", "print_config"])]
    pub(crate) points: Option<PathBuf>,
    /// COCO instance annotations: points are drawn from the masks, unless `--points` gives them, and
    /// held-out images are scored with them
    #[arg(long, value_name = "FILE")]
    pub(crate) coco: Option<PathBuf>,
    /// The part of a benchmark
    #[command(flatten)]
    pub(crate) part: BenchmarkPart,
    /// Points to draw for each instance: so many positive and as many negative ones
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "points")]
    pub(crate) points_per_instance: NonZeroUsize,
    /// Checkpoint of a Segment Anything model: `.pth` or `.safetensors`, SAM or MobileSAM; or the name
    /// of one that `resam weights pull` brought; `nano` is built in, to try things with
    #[arg(long, value_name = "FILE|NAME", default_value = "nano")]
    pub(crate) weights: PathBuf,
    /// Folder of the run: adapter, checkpoints, metrics, report
    #[arg(
        short,
        long,
        value_name = "DIR",
        required_unless_present = "print_config"
    )]
    pub(crate) output: Option<PathBuf>,
    /// The recipe that the run begins from
    #[arg(long, value_enum, default_value_t = RecipeName::Default, value_name = "RECIPE")]
    pub(crate) recipe: RecipeName,
    /// TOML file whose values take the place of the recipe's
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print the recipe as TOML and do nothing
    #[arg(long)]
    pub(crate) print_config: bool,
    /// What labels are made of
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) supervision: Option<SupervisionKind>,
    /// Passes over the images
    #[arg(long, value_name = "E", conflicts_with = "steps")]
    pub(crate) epochs: Option<NonZeroUsize>,
    /// Images to learn from, one after the other, in all
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<std::num::NonZeroU64>,
    /// Learn for so long, measures included, instead of a number of images
    #[arg(long, value_name = "M", conflicts_with_all = ["epochs", "steps"], value_parser = minutes)]
    pub(crate) minutes: Option<f64>,
    /// Gigabytes on disk, inside the output folder and for the time of the run, to keep what is the
    /// same at each look at an image; 0 computes it each time, to the same result
    #[arg(long, value_name = "GB", default_value = "16", value_parser = gigabytes)]
    pub(crate) keep_looks: u64,
    /// Images that are kept back to see how the model does on others [default: a tenth, at most 8,
    /// none of fewer than 20]
    #[arg(long, value_name = "N")]
    pub(crate) hold_out: Option<usize>,
    /// Side of the network's input in pixels, a multiple of 16 [default: the model's own, 1024]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) input_size: Option<usize>,
    /// Compute the encoder's blocks again on the way back: less memory, more time
    #[arg(long)]
    pub(crate) checkpoint_activations: bool,
    /// Go on with the run that the output folder holds
    #[arg(long)]
    pub(crate) resume: bool,
    /// Updates between two checkpoints
    #[arg(long, value_name = "N", default_value = "25")]
    pub(crate) checkpoint_every: std::num::NonZeroU64,
    /// Checkpoints to keep, beside the best
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) keep: NonZeroUsize,
    /// How scenes are seen
    #[command(flatten, next_help_heading = "Scenes")]
    pub(crate) scenes: SceneInput,
}

/// A part of a benchmark whose folder `--images` is, in place of `--coco`.
#[derive(Debug, Clone, Args)]
pub(crate) struct BenchmarkPart {
    /// A part of WHU buildings, HRSID or NWPU VHR-10, as they are unpacked: `--images` is the folder
    /// of the whole benchmark
    #[arg(long, value_enum, value_name = "PART", conflicts_with = "coco")]
    pub(crate) split: Option<SplitName>,
    /// Of HRSID only images of this kind
    #[arg(long, value_enum, value_name = "KIND", requires = "split")]
    pub(crate) scene: Option<SceneName>,
}

/// The parts of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SplitName {
    /// For training
    Train,
    /// For choosing
    Val,
    /// For the final score
    Test,
    /// The one annotation file that belongs to no part
    All,
}

/// The kinds of HRSID's images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SceneName {
    /// With land in the picture
    Inshore,
    /// Open sea
    Offshore,
}

/// A number of minutes.
fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(minutes) if minutes > 0.0 && minutes.is_finite() => Ok(minutes),
        _ => Err("give minutes as a number above 0".to_owned()),
    }
}

/// Gigabytes, as bytes.
fn gigabytes(text: &str) -> Result<u64, String> {
    match text.parse::<f64>() {
        Ok(size) if (0.0..=1e9).contains(&size) => Ok((size * 1e9) as u64),
        _ => Err("give gigabytes as a number from 0 up".to_owned()),
    }
}

/// What labels are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SupervisionKind {
    /// Pseudo-labels from points: the method
    Points,
    /// True masks: the method's ceiling
    Masks,
}

/// How `eval` prompts the model when no point file is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PromptKind {
    /// Points drawn from the true masks with the seed
    Points,
    /// The box of the true mask
    Box,
}

/// Score a model on a COCO data set, with fixed points or true boxes.
#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// Folder of the images
    #[arg(long, value_name = "DIR")]
    pub(crate) images: PathBuf,
    /// COCO instance annotations
    #[arg(long, value_name = "FILE", required_unless_present = "split")]
    pub(crate) coco: Option<PathBuf>,
    /// The part of a benchmark
    #[command(flatten)]
    pub(crate) part: BenchmarkPart,
    /// The model
    #[command(flatten)]
    pub(crate) model: Model,
    /// CSV of points whose `instance` is the id of the annotation
    #[arg(long, value_name = "FILE", conflicts_with = "prompt")]
    pub(crate) points: Option<PathBuf>,
    /// What to prompt with when there is no point file
    #[arg(long, value_enum, default_value_t = PromptKind::Points)]
    pub(crate) prompt: PromptKind,
    /// Points to draw for each instance: so many positive and as many negative ones
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) points_per_instance: NonZeroUsize,
    /// Let the model choose among the three masks that it has for an ambiguous prompt
    #[arg(long, conflicts_with = "requery")]
    pub(crate) multimask: bool,
    /// Take of the model's masks the one that a point most likely means: its box brings it back, it is
    /// of the size of the others, and it holds no other object's point
    #[arg(long)]
    pub(crate) requery: bool,
    /// A pixel is on the object when its logit is above this; SAM's own is 0, ReSAM's scorer took
    /// 0.5
    #[arg(
        long,
        default_value_t = 0.0,
        value_name = "LOGIT",
        allow_hyphen_values = true
    )]
    pub(crate) threshold: f32,
    /// Only the first N images by id
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<NonZeroUsize>,
    /// A row for each category
    #[arg(long)]
    pub(crate) per_class: bool,
    /// Write a CSV with a row for each instance
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
}

/// Say what an image or a checkpoint is.
#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The file, or the folder of an adapter
    pub(crate) file: PathBuf,
}

/// Look into weights.
#[derive(Debug, Args)]
pub(crate) struct Weights {
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) command: WeightsCommand,
}

/// What can be done with weights.
#[derive(Debug, Subcommand)]
pub(crate) enum WeightsCommand {
    /// List the weights that can be fetched by name, and those that are here
    List,
    /// Fetch pretrained weights from their publisher, checked, and resumed where it stopped
    Pull(Pull),
    /// List the tensors of a checkpoint and say which model it is
    Inspect(Info),
    /// Write a checkpoint with numbers of another width, by default in half of the space
    ///
    /// Every model loads from the result as from the original; the arithmetic stays f32.
    Convert(Convert),
    /// Bake an adapter into the weights that it was trained on
    ///
    /// The published Python modules load the result, and so does everything that took the weights.
    Merge(Merge),
}

/// Fetch pretrained weights from their publisher.
#[derive(Debug, Args)]
pub(crate) struct Pull {
    /// The name; `resam weights list` has them
    pub(crate) name: String,
    /// Take the file from here instead, an address or a path: it has to be the same to the last byte
    #[arg(long, value_name = "URL|FILE")]
    pub(crate) from: Option<String>,
    /// Use no network: only say whether the weights are here, or take them `--from` a file
    #[arg(long)]
    pub(crate) offline: bool,
}

/// Bake an adapter into the weights that it was trained on.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The weights
    pub(crate) file: PathBuf,
    /// The adapter: a PEFT directory
    #[arg(long, value_name = "DIR")]
    pub(crate) adapter: PathBuf,
    /// What to write: a `.safetensors` file, with the published names
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// Write a checkpoint with numbers of another width, by default in half of the space.
#[derive(Debug, Args)]
pub(crate) struct Convert {
    /// The checkpoint
    pub(crate) file: PathBuf,
    /// What to write: a `.safetensors` file, with the published names
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// The numbers: f16 has 11 bits of precision up to 65504, bf16 has 8 up to 3e38, f32 has 24
    #[arg(long, value_enum, default_value_t = Width::F16, value_name = "DTYPE")]
    pub(crate) dtype: Width,
}

/// How wide numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Width {
    /// IEEE half precision
    F16,
    /// The upper half of single precision
    Bf16,
    /// Single precision
    F32,
}

/// Say what this machine and this build can do, to be pasted into an issue.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The times of the network.
    #[command(flatten)]
    pub(crate) bench: Bench,
}

/// The published model whose size is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum BenchModel {
    /// MobileSAM, TinyViT-5M
    TinyVit,
    /// SAM, ViT-B
    VitB,
}

impl BenchModel {
    pub(crate) fn published(self) -> Published {
        match self {
            Self::TinyVit => Published::TinyVit,
            Self::VitB => Published::VitB,
        }
    }
}

/// The times of the network on this machine.
#[derive(Debug, Args)]
#[command(next_help_heading = "Times of the network")]
pub(crate) struct Bench {
    /// Time the network instead: an image encoded, 1 and 50 prompts decoded, one adaptation step
    /// on 10 instances; with the memory that each takes
    #[arg(long)]
    pub(crate) bench: bool,
    /// Checkpoint to time [default: random weights, which take the same time]
    #[arg(long, value_name = "FILE", requires = "bench", conflicts_with_all = ["model", "keep_weights"])]
    pub(crate) weights: Option<PathBuf>,
    /// The size of the random weights
    #[arg(
        long,
        value_enum,
        default_value_t = BenchModel::TinyVit,
        value_name = "MODEL",
        requires = "bench"
    )]
    pub(crate) model: BenchModel,
    /// What to time, separated by commas: `encode`, `decode-1`, `decode-50`, `adapt`
    #[arg(
        long,
        value_name = "WORK",
        value_delimiter = ',',
        value_parser = workload,
        requires = "bench"
    )]
    pub(crate) only: Vec<Workload>,
    /// Times that each is done, after once to warm up
    #[arg(long, value_name = "N", default_value = "3", requires = "bench")]
    pub(crate) rounds: NonZeroUsize,
    /// Side of the network's input in pixels, a multiple of 16 [default: the model's own, 1024]
    #[arg(long, value_name = "PIXELS", requires = "bench")]
    pub(crate) input_size: Option<usize>,
    /// The first attention block that the adaptation step trains [default: 0 in a TinyViT, the
    /// middle one in a ViT]
    #[arg(long, value_name = "BLOCK", requires = "bench")]
    pub(crate) start_block: Option<usize>,
    /// Do one round for each line of standard input and answer with a line of JSON, for programs
    /// that take turns; with one `--only`
    #[arg(long, requires_all = ["bench", "only"], conflicts_with = "rounds")]
    pub(crate) on_request: bool,
    /// Write what was given and what came out as safetensors, to compare with another program
    #[arg(long, value_name = "FILE", requires = "bench")]
    pub(crate) answers: Option<PathBuf>,
    /// Write the random weights, for another program to use
    #[arg(long, value_name = "FILE", requires = "bench")]
    pub(crate) keep_weights: Option<PathBuf>,
}

/// The workload of a name.
fn workload(name: &str) -> Result<Workload, String> {
    let named = Workload::ALL.into_iter().find(|one| one.name() == name);
    named.ok_or_else(|| {
        let names = Workload::ALL.map(Workload::name).join("`, `");
        format!("it is one of `{names}`")
    })
}

/// Print the completions of a shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Write a manual page for each subcommand.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder to write into, made if there is none: `man` finds pages in `~/.local/share/man/man1`
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}
