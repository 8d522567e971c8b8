//! How a run that cannot go on says so.

use std::io::Write;

use resam_eval::evaluate::EvaluateError;
use resam_sam::SamError;
use resam_train::RunError;

/// Exit code for a failure that is not the input's.
pub(crate) const AT_RUN_TIME: u8 = 3;
/// Exit code for wrong usage or input.
const WRONG_INPUT: u8 = 2;

/// Wrong input on the command line: a message and what to do.
#[derive(Debug)]
pub(crate) struct WrongInput {
    message: String,
    hint: Option<String>,
}

impl WrongInput {
    /// An error that says what is wrong, and how to put it right.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }
}

impl std::fmt::Display for WrongInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for WrongInput {}

/// The exit code of an error. Everything that the libraries report is about a file, a value or a
/// place to write to; only the thread pool and a device can fail otherwise.
pub(crate) fn code(error: &anyhow::Error) -> u8 {
    let of_run = match error.downcast_ref() {
        Some(RunError::Sam(model)) => Some(model),
        _ => None,
    };
    let of_evaluation = match error.downcast_ref() {
        Some(EvaluateError::Sam(model)) => Some(model),
        _ => None,
    };
    let model = of_run.or(of_evaluation).or(error.downcast_ref());
    if matches!(model, Some(SamError::Failed(_))) || error.is::<rayon::ThreadPoolBuildError>() {
        AT_RUN_TIME
    } else {
        WRONG_INPUT
    }
}

/// What an error says, without its causes and its hint.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

/// Prints an error and its causes, the hint last.
pub(crate) fn print(error: &anyhow::Error) {
    let mut text = format!("error: {error}");
    let mut hint = text.find("\n\nhint: ").map(|at| text.split_off(at));
    let mut said = text.clone();
    for cause in error.chain().skip(1) {
        let mut cause = cause.to_string();
        if let Some(at) = cause.find("\n\nhint: ") {
            hint.get_or_insert(cause.split_off(at));
        }
        // Transparent errors repeat their cause.
        if !said.contains(&cause) {
            text.push_str(&format!("\n  because {cause}"));
            said.push_str(&cause);
        }
    }
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}{}", hint.unwrap_or_default());
}

/// A panic is a fault of resam: it is said so, in words that can be pasted into an issue.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let _ = writeln!(
            std::io::stderr(),
            "error: resam {} failed at run time: {panic}\n\nhint: this is a fault of resam; please \
             report it with the command that led to it",
            env!("CARGO_PKG_VERSION")
        );
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_fails_is_no_wrong_input_wherever_it_fails() {
        let failed = || SamError::Failed("it was lost".into());
        let errors = [
            anyhow::Error::from(failed()),
            RunError::from(failed()).into(),
            EvaluateError::from(failed()).into(),
        ];
        for error in &errors {
            assert_eq!(code(error), AT_RUN_TIME, "{error}");
        }
        assert_eq!(code(&RunError::NoPoints.into()), WRONG_INPUT);
    }
}
