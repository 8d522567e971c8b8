//! How a run that cannot go on says so.

use std::io::Write;

use resam::Error;

use crate::hints;

/// Exit code for a failure that is not the input's.
pub(crate) const AT_RUN_TIME: u8 = 3;

/// What an error says, without its causes and its hint.
pub(crate) fn one_line(error: &Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

/// Prints an error and its causes, the hint last.
pub(crate) fn print(error: &Error) {
    let (mut text, mut hint) = parted(format!("error: {error}"));
    let mut said = text.clone();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let (of_cause, its_hint) = parted(error.to_string());
        hint = hint.or(its_hint);
        // Transparent errors repeat their cause.
        if !said.contains(&of_cause) {
            text.push_str(&format!("\n  because {of_cause}"));
            said.push_str(&of_cause);
        }
        cause = error.source();
    }
    let hints: Vec<String> = hint
        .into_iter()
        .chain(hints::of(error).map(str::to_owned))
        .collect();
    if !hints.is_empty() {
        text.push_str(&format!("\n\nhint: {}", hints.join("; ")));
    }
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A message, and the hint that follows it.
fn parted(mut text: String) -> (String, Option<String>) {
    const HINT: &str = "\n\nhint: ";
    let hint = text
        .find(HINT)
        .map(|at| text.split_off(at)[HINT.len()..].to_owned());
    (text, hint)
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
