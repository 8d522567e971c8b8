//! How a run that cannot go on says so: in words on standard error and, with `--json`, as one
//! object on standard output.

use std::error::Error as StdError;
use std::path::Path;

use resam::{Error, ErrorKind};
use serde_json::json;

use crate::hints;

/// Exit code for wrong usage.
const WRONG_USAGE: u8 = 2;
/// Exit code for a failure that is not the input's.
pub(crate) const AT_RUN_TIME: u8 = 3;

/// What is said of a failure.
struct Failure {
    /// What is wrong, its causes on lines of their own.
    message: String,
    kind: &'static str,
    hints: Vec<String>,
    exit_code: u8,
}

/// What an error says, without its causes and its hint.
pub(crate) fn one_line(error: &Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

/// Prints an error and its causes, the hints last; the exit code.
pub(crate) fn print(error: &Error, json: bool) -> u8 {
    let (mut message, hint) = parted(error.to_string());
    let mut hints: Vec<String> = hint.into_iter().collect();
    let mut said = message.clone();
    let mut cause = error.source();
    while let Some(error) = cause {
        let (of_cause, its_hint) = parted(error.to_string());
        hints.extend(its_hint);
        // Transparent errors repeat their cause.
        if !said.contains(&of_cause) {
            message.push_str(&format!("\n  because {of_cause}"));
            said.push_str(&of_cause);
        }
        cause = error.source();
    }
    hints.extend(hints::of(error).map(str::to_owned));
    // Errors that wrap another one may hand on its hint.
    let mut once = Vec::new();
    for hint in hints {
        if !once.contains(&hint) {
            once.push(hint);
        }
    }
    if once.is_empty() && message.contains("No such file or directory") {
        once.push("check the spelling and the folder".to_owned());
    }
    let failure = Failure {
        message: file_first(message),
        kind: match error.kind() {
            ErrorKind::Input => "input",
            ErrorKind::Io => "io",
            ErrorKind::Device => "device",
            ErrorKind::Interrupted => "interrupted",
        },
        hints: once,
        exit_code: error.kind().exit_code(),
    };
    let mut text = format!("error: {}", failure.message);
    for (index, hint) in failure.hints.iter().enumerate() {
        text += if index == 0 { "\n\n" } else { "\n" };
        text += &format!("hint: {hint}");
    }
    eprintln!("{text}");
    failure.print_json(json);
    failure.exit_code
}

/// Prints what `clap` says: help and the version on standard output, wrong usage as an error.
pub(crate) fn print_usage(error: &clap::Error, json: bool) -> u8 {
    if !error.use_stderr() {
        let flushed = |()| std::io::Write::flush(&mut std::io::stdout());
        crate::terminal::printed(error.print().and_then(flushed));
        return 0;
    }
    // Nobody is left to tell when standard error is closed.
    let _ = error.print();
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    let (message, advice) = text.split_once("\n\n").unwrap_or((text, ""));
    let failure = Failure {
        message: message.to_owned(),
        kind: "usage",
        hints: advice
            .split("\n\n")
            .filter(|part| !part.is_empty())
            .map(|part| part.trim().to_owned())
            .collect(),
        exit_code: WRONG_USAGE,
    };
    failure.print_json(json);
    failure.exit_code
}

/// Says of a run that panicked what it can; the words are printed by the hook.
pub(crate) fn print_fault(json: bool) -> u8 {
    let failure = Failure {
        message: "resam failed at run time".to_owned(),
        kind: "fault",
        hints: vec![REPORT.to_owned()],
        exit_code: AT_RUN_TIME,
    };
    failure.print_json(json);
    failure.exit_code
}

const REPORT: &str = "this is a fault of resam; please report it with the command that led to it";

impl Failure {
    fn print_json(&self, asked_for: bool) {
        if asked_for {
            let object = json!({
                "error": self.message,
                "kind": self.kind,
                "file": file_of(&self.message),
                "hint": (!self.hints.is_empty()).then(|| self.hints.join("\n")),
                "exit_code": self.exit_code,
            });
            println!("{object:#}");
        }
    }
}

/// The file or folder that a message is about: what stands before its first colon or, if that is
/// none, the first words in backticks that are one.
fn file_of(message: &str) -> Option<&str> {
    let typed = |text: &str| std::env::args_os().any(|word| word == text);
    let is_file = |text: &&str| {
        let looks_like_one = text.contains(['.', '/', '\\']) && !text.starts_with('-');
        !text.is_empty() && (Path::new(text).exists() || looks_like_one && typed(text))
    };
    let named = message.split_once(": ").map(|(name, _)| name);
    let named = named.map(|name| name.trim_matches('`')).filter(is_file);
    let quoted = || message.split('`').skip(1).step_by(2).find(is_file);
    named.or_else(quoted)
}

/// A message with the file in front, where the operating system's words name it in the middle.
fn file_first(message: String) -> String {
    let parts = || {
        let (before, said) = message.split_once("failed to ")?;
        let (verb, said) = said.split_once('`')?;
        let (path, reason) = said.split_once("`: ")?;
        let cannot = format!("cannot {}: ", verb.trim_end());
        let what = if before.is_empty() { &cannot } else { before };
        Some(format!("{path}: {what}{reason}"))
    };
    parts().unwrap_or(message)
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
        eprintln!(
            "error: resam {} failed at run time: {panic}\n\nhint: {REPORT}",
            env!("CARGO_PKG_VERSION")
        );
    }));
}
