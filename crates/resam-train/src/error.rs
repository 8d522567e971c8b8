//! What can go wrong with a run.

use std::path::PathBuf;

/// An error of a run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data set.
    #[error(transparent)]
    Data(#[from] resam_data::DataError),
    /// A CSV table of points.
    #[error(transparent)]
    Points(#[from] resam_prompt::PointsError),
    /// The model or the adapter.
    #[error(transparent)]
    Sam(#[from] resam_sam::SamError),
    /// A checkpoint of the run.
    #[error(transparent)]
    State(#[from] resam_adapt::StateError),
    /// A file that is written whole or not at all.
    #[error(transparent)]
    Write(#[from] resam_files::FileError),
    /// The metrics or the report.
    #[error(transparent)]
    Report(#[from] resam_report::ReportError),
    /// A made image or scene.
    #[error(transparent)]
    Synth(#[from] resam_synth::SynthError),
    /// A raster.
    #[error(transparent)]
    Raster(#[from] resam_geo::RasterError),
    /// A file of vectors.
    #[error(transparent)]
    Vector(#[from] resam_vector::VectorError),
    /// A coordinate reference system.
    #[error(transparent)]
    Crs(#[from] resam_crs::CrsError),
    /// A mask.
    #[error(transparent)]
    Mask(#[from] resam_mask::MaskError),
    /// A file or a folder.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// Nothing says where objects are.
    #[error(
        "no image has a point on an object\n\nhint: `--points FILE` takes a CSV with the columns \
         `image,instance,x,y,label`; `--coco FILE` alone draws points from its masks"
    )]
    NoPoints,
    /// The windows of a scene.
    #[error(transparent)]
    Scene(#[from] resam_scene::SceneError),
    /// No point lies on a scene.
    #[error(
        "`{}`: none of its points lies in {among}: {landed}\n\nhint: see `resam info` of a scene for \
         where it lies, and say the points' CRS with `--points-crs EPSG:...` if their file does not",
        path.display()
    )]
    NoneInScenes {
        /// The points.
        path: PathBuf,
        /// The scenes.
        among: String,
        /// Where a point lies instead, or what else is wrong.
        landed: String,
    },
    /// A folder without scenes.
    #[error("`{}` holds no raster that can be read\n\nhint: name a raster or a folder of rasters", path.display())]
    NoScenes {
        /// The folder.
        path: PathBuf,
    },
    /// A recipe in a file that cannot be used.
    #[error("`{}`: {reason}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, with a hint.
        reason: String,
    },
    /// The folder holds another run already.
    #[error(
        "`{}` holds a run already\n\nhint: `--resume` goes on with it; another folder begins anew",
        path.display()
    )]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// There is no run to go on with.
    #[error(
        "`{}` holds no checkpoint to go on from\n\nhint: leave out `--resume` to begin there",
        path.display()
    )]
    NothingToResume {
        /// The folder.
        path: PathBuf,
    },
    /// The state of a run does not fit the model.
    #[error("`{}` does not fit the model: {reason}", path.display())]
    Unfit {
        /// The checkpoint.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// True masks are asked for where there are none.
    #[error(
        "`labels.supervision = \"masks\"` needs true masks\n\nhint: give `--coco FILE`, or learn from \
         points"
    )]
    NoMasks,
}
