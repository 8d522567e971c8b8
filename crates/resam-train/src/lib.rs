//! A run of adaptation: its folder, its clock, its recipe as a file, validation and the report.
//!
//! ```text
//! recipe, images with points -> train -> iterations (resam-adapt) -> checkpoints, metrics
//!                                     -> validation -> the best model -> adapter, report
//! ```

mod answers;
mod clock;
mod comparison;
mod error;
mod folder;
mod gain;
mod gallery;
mod kept;
mod observer;
mod prepare;
pub mod recipe_file;
mod record;
mod result;
mod run;
mod run_state;
mod settings;
mod summary;
mod validation;

pub use answers::{Answer, Answering};
pub use error::TrainError;
pub use folder::Folder;
pub use gain::Gain;
pub use observer::{Observer, RunProgress};
pub use result::TrainingResult;
pub use run::{TrainingInput, train};
pub use settings::{About, Settings, Start};
pub use validation::Validation;
