//! What can be typed: one file a subcommand.

mod adapt;
mod common;
mod demo;
mod doctor;
mod eval;
mod info;
mod manual;
mod model;
mod picture;
mod renamed;
mod scene;
mod segment;
mod train_nano;
mod values;
mod weights;

pub(crate) use adapt::Adapt;
pub(crate) use common::Common;
pub(crate) use demo::Demo;
pub(crate) use doctor::{Bench, Doctor};
pub(crate) use eval::{BenchmarkArguments, Eval};
pub(crate) use info::{Info, Inspect};
pub(crate) use manual::{Completions, Man};
pub(crate) use model::{ModelArguments, WeightsArgument};
pub(crate) use picture::PictureArguments;
pub(crate) use renamed::renamed;
pub(crate) use scene::SceneInput;
pub(crate) use segment::Segment;
pub(crate) use train_nano::TrainNano;
pub(crate) use weights::{Convert, Merge, Pull, Weights, WeightsCommand, Width};

use clap::{Parser, Subcommand};

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
    /// Writes an adapter, which `segment` and `eval` take with `--adapter`, and a report. Ctrl-C
    /// leaves a checkpoint; the same command resumes from it.
    Adapt(Box<Adapt>),
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
    /// See the whole loop in a minute, on synthetic images, with nothing to download
    ///
    /// Paints images of industrial sites and a scene, scores the built-in model on validation
    /// images, adapts it from one point on each storage tank, scores it again, and segments the
    /// scene before and after.
    Demo(Demo),
    /// Look into weights
    Weights(Weights),
    /// Say what this machine and this build can do, to be pasted into an issue
    ///
    /// Lists devices, folders and weights that are here, and takes about ten seconds to find out
    /// what an image, a scene and a step of adaptation will take.
    Doctor(Doctor),
    /// Train the built-in model again, from nothing
    #[command(hide = true)]
    TrainNano(TrainNano),
}
