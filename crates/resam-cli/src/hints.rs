//! What to type: hints that name flags of the command line, for errors of the libraries, which know
//! none.

use resam::Error;
use resam::segment::{NoneInScene, NothingPointedAt};

/// The hint for an error, where a flag helps.
pub(crate) fn of(error: &Error) -> Option<String> {
    None
}
