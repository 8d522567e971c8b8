//! A run from files to files: everything that can be wrong is found before the long work.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use resam_crs::{Crs, Transform};
use resam_export::{Format, Segmentation, WriteOptions, record_path};
use resam_polygon::PolygonOptions;
use resam_prompt::PointedObject;
use resam_scene::Ground;
use resam_vector::VectorFormat;

use super::aoi;
use super::journal::{self, HeldJournal};
use super::options::{AutomaticOptions, OutputOptions, SegmentOptions};
use super::prompts::{check_inside, on_raster};
use super::typed::TypedPrompts;
use crate::error::Result;
use crate::model::Model;
use crate::observer::Observer;
use crate::outputs::{check_ours, check_outputs, write_records};
use crate::points::Points;
use crate::record::{Computed, record};
use crate::scene::Scene;

/// What is looked for.
#[derive(Debug)]
pub enum Target {
    /// The objects of a file of points.
    Points(Points),
    /// The objects of typed points and boxes.
    Typed(TypedPrompts),
    /// Objects whose points and boxes are pixels of the raster.
    Objects(Vec<PointedObject>),
    /// Whatever there is.
    Everything(AutomaticOptions),
}

/// What is looked for, once points are in pixels of the raster.
#[derive(Debug)]
enum Asked {
    Objects(Vec<PointedObject>),
    Everything(AutomaticOptions),
}

/// A run from a scene and points to files.
#[derive(Debug)]
pub struct SegmentJob {
    scene: Scene,
    asked: Asked,
    outputs: Vec<PathBuf>,
    options: SegmentOptions,
    output_options: OutputOptions,
}

/// What came out, and how long it took.
#[derive(Debug)]
pub struct Segmented {
    /// The objects.
    pub segmentation: Segmentation,
    /// Seconds from the first window to the last.
    pub seconds: f64,
}

impl SegmentJob {
    /// Checks scene, points and outputs, in seconds; nothing is computed and nothing is written
    /// yet.
    ///
    /// The format of an output is told by its ending; see [`Format`].
    ///
    /// # Errors
    /// Whatever [`run`](Self::run) would find wrong, but for the model.
    pub fn new(
        scene: Scene,
        target: Target,
        outputs: Vec<PathBuf>,
        options: SegmentOptions,
        output_options: OutputOptions,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let raster = scene.raster()?;
        let ground = Ground {
            crs: raster.crs().cloned(),
            transform: raster.geo_transform(),
        };
        let mut inputs = [scene.files(), &output_options.inputs].concat();
        if let Target::Points(points) = &target {
            inputs.push(points.path().to_owned());
        }
        inputs.extend(options.aoi.clone());
        let own_journal = outputs.first().map(|output| journal::beside(output));
        let records = outputs.iter().map(|output| record_path(output));
        let all: Vec<PathBuf> = outputs.iter().cloned().chain(records).collect();
        check_outputs(
            &all.into_iter()
                .chain(own_journal.clone())
                .collect::<Vec<_>>(),
            &inputs,
        )?;
        let layer = output_options.layer_of(&outputs);
        // A journal is there while a run of ours is not at its end.
        let is_resumed = own_journal.is_some_and(|journal| journal.exists());
        for path in &outputs {
            let format = Format::check(path, ground.map_crs(), output_options.out_crs.as_ref())?;
            if let (Format::Vector(vector), Some(own)) = (format, ground.map_crs()) {
                let out = match vector {
                    VectorFormat::GeoJson => Some(Crs::wgs84()),
                    _ => output_options.out_crs.clone(),
                };
                let out = out.map(|out| Transform::new(own, &out)).transpose()?;
                if let Some(caution) = out.and_then(|out| out.caution()) {
                    observer.note(&caution);
                }
            }
            if !output_options.overwrite && !is_resumed {
                check_ours(path, &layer)?;
            }
        }
        if let Some(area) = &options.aoi {
            aoi::read(area, &raster, observer)?;
        }
        // Points become objects here, so that what is wrong with them is found now.
        let asked = match target {
            Target::Points(points) => {
                Asked::Objects(on_raster(&points, &scene, &raster, observer)?)
            }
            Target::Typed(typed) => Asked::Objects(typed.on(&raster, observer)?),
            Target::Objects(objects) => {
                check_inside(&objects, raster.width(), raster.height())?;
                Asked::Objects(objects)
            }
            Target::Everything(automatic) => Asked::Everything(automatic),
        };
        Ok(Self {
            scene,
            asked,
            outputs,
            options,
            output_options,
        })
    }

    /// Finds the objects, writes every output and the record of the run beside them.
    ///
    /// A run over a scene that was interrupted, or a process that was killed, goes on when the same
    /// job is run again.
    ///
    /// # Errors
    /// As [`Model::segment`], and when an output cannot be written.
    pub fn run(self, model: &Model, seed: u64, observer: &mut dyn Observer) -> Result<Segmented> {
        let Self {
            scene,
            asked,
            outputs,
            mut options,
            output_options,
        } = self;
        if options.journal.is_none() {
            options.journal = outputs.first().map(|output| journal::beside(output));
        }
        // Held until the outputs are there, so that no other run writes them at the same time.
        let held = HeldJournal::default();
        options.held = Some(held.clone());
        remove_strays(&outputs);
        let started = Instant::now();
        let mut segmentation = match asked {
            Asked::Objects(objects) => {
                model.segment_objects(&scene, objects, &options, observer)?
            }
            Asked::Everything(automatic) => {
                model.segment_everything(&scene, &automatic, &options, observer)?
            }
        };
        let seconds = started.elapsed().as_secs_f64();
        let write = write_options(&output_options, &outputs);
        for path in &outputs {
            let written = segmentation.write_with(path, &write)?;
            segmentation.cleaning.smoothed = segmentation.cleaning.smoothed.max(written.smoothed);
        }
        if segmentation.cleaning.smoothed > 0 {
            observer.note(&format!(
                "{} objects have no right angles and get a smooth outline, at most {} pixels from \
                 their mask",
                segmentation.cleaning.smoothed,
                output_options.simplify.unwrap_or(1.0).max(1.0)
            ));
        }
        let stages = [("load", model.seconds_to_load()), ("segment", seconds)];
        let record = record(Computed::by(model, seed), &stages, segmentation.to_json());
        write_records(&record, &outputs, observer)?;
        // The outputs are there: what the run would go on from is not needed any more.
        if segmentation.failed_windows() == 0 {
            held.remove()?;
        }
        Ok(Segmented {
            segmentation,
            seconds,
        })
    }
}

/// Removes what runs that were killed left where the outputs go.
fn remove_strays(outputs: &[PathBuf]) {
    let folders: BTreeSet<&Path> = outputs.iter().map(|output| folder_of(output)).collect();
    for folder in folders {
        // A folder that cannot be cleaned cannot be written to: who writes says so.
        resam_files::remove_abandoned(folder).ok();
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// How polygons are made of the objects.
fn write_options(output: &OutputOptions, outputs: &[PathBuf]) -> WriteOptions {
    WriteOptions {
        out_crs: output.out_crs.clone(),
        polygons: PolygonOptions {
            simplify: output.simplify,
            regularize: output.regularize,
            ..PolygonOptions::default()
        },
        layer: Some(output.layer_of(outputs)),
        overwrite: output.overwrite,
        overlay: output.overlay,
    }
}
