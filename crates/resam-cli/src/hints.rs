//! What to type: hints that name flags of the command line, for errors of the libraries, which know
//! none.

use resam::Error;
use resam_adapt::StateError;
use resam_eval::evaluate::EvaluateError;
use resam_sam::SamError;
use resam_scene::SceneError;
use resam_train::TrainError;

/// The hint for an error, where a flag helps.
pub(crate) fn of(error: &Error) -> Option<String> {
    None
}
