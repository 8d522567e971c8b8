//! What to type: the flags of the command line that help with an error of the libraries, which know
//! none.

use resam::adapt::SourceError;
use resam::files::FileError;
use resam::segment::{NoneInScene, NothingPointedAt};
use resam::{Ambiguous, Error, WithoutPlace};
use resam_geo::RasterError;
use resam_hub::PullError;
use resam_image::ImageError;
use resam_sam::SamError;
use resam_scene::SceneError;
use resam_train::TrainError;

/// The flags that help with an error, in words.
pub(crate) fn of(error: &Error) -> Option<&'static str> {
    if error.downcast_ref::<NothingPointedAt>().is_some() {
        return Some("type `--point X,Y`, `--box X0,Y0,X1,Y1` or `--points FILE`");
    }
    if error.downcast_ref::<Ambiguous>().is_some() {
        return Some("`--pixel` says pixels, `--points-crs EPSG:...` says the CRS");
    }
    if let Some(error) = error.downcast_ref::<WithoutPlace>() {
        return Some(if error.has_transform {
            "`--scene-crs EPSG:...` says the CRS of the scene"
        } else {
            "`--pixel` says that points are pixels"
        });
    }
    if error.downcast_ref::<NoneInScene>().is_some() {
        return Some("`--points-crs EPSG:...` says the CRS");
    }
    if let Some(error) = error.downcast_ref() {
        return of_source(error);
    }
    if let Some(error) = error.downcast_ref() {
        return of_run(error);
    }
    if let Some(error) = error.downcast_ref() {
        return of_model(error);
    }
    if let Some(SceneError::Changed { .. } | SceneError::NotAJournal { .. }) = error.downcast_ref()
    {
        return Some("`--restart` begins afresh");
    }
    if let Some(RasterError::NothingValid { .. }) = error.downcast_ref() {
        return Some("type the limits as `--stretch 0,3000`");
    }
    if let Some(FileError::NotOurs { .. }) = error.downcast_ref() {
        return Some(
            "`--overwrite` replaces it, a GeoPackage with all its layers; `--layer NAME` adds a layer",
        );
    }
    if let Some(ImageError::Orientation { .. }) = error.downcast_ref() {
        return Some("`--exif apply` or `--exif ignore` says it");
    }
    if let Some(RasterError::NodataCount { .. }) = error.downcast_ref() {
        return Some("`--nodata V` is for all bands, `--nodata V,V,V` for one each");
    }
    match error.downcast_ref()? {
        PullError::UnknownName { .. } | PullError::Proxy { .. } => None,
        PullError::Offline { .. } => {
            Some("leave `--offline` out, or run `resam weights pull NAME --from FILE`")
        }
        _ => Some("`--from URL|FILE` takes a mirror or a file"),
    }
}

fn of_source(error: &SourceError) -> Option<&'static str> {
    match error {
        SourceError::NoPoints => Some(
            "`--points FILE` takes a CSV with the columns `image,instance,x,y,label`; `--coco FILE` \
             alone draws points from its masks",
        ),
        SourceError::NoneInScenes { .. } => Some("`--points-crs EPSG:...` says the CRS"),
        SourceError::AllForValidation { .. } => {
            Some("`--val-images 0` keeps none, and so does `--val-points 0`")
        }
        SourceError::NoScenes { .. } => None,
    }
}

fn of_run(error: &TrainError) -> Option<&'static str> {
    match error {
        TrainError::Sam(error) => of_model(error),
        TrainError::Finished { .. } | TrainError::State(_) | TrainError::Unfit { .. } => {
            Some("`--restart` begins afresh")
        }
        TrainError::OtherSettings { .. } => {
            Some("leave the settings as they were to go on, or begin afresh with `--restart`")
        }
        TrainError::NothingToResume { .. } => Some("leave out `--resume` to begin there"),
        TrainError::NoMasks => Some("`--coco FILE` takes annotations"),
        _ => None,
    }
}

fn of_model(error: &SamError) -> Option<&'static str> {
    match error {
        SamError::Device { .. } => Some(
            "`cargo install --locked --path crates/resam-cli --features cuda` (or vulkan, metal) builds a \
             program that has more; `--device` picks one",
        ),
        SamError::Precision { .. } => Some("`--precision` sets it"),
        SamError::Failed(_) => Some("`--device` and `--input-size` set them"),
        SamError::AdapterFile { .. } => {
            Some("`--adapter` takes the folder that `resam adapt` writes")
        }
        _ => None,
    }
}
