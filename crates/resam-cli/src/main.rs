//! The command line of resam: arguments, printing, progress, and hints that name flags. What it
//! does is the engine's, the library `resam`.

#[macro_use]
mod terminal;

mod arguments;
mod commands;
mod estimate;
mod failure;
mod hints;
mod interrupt;
mod progress;
mod progress_line;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use resam::{Error, ErrorKind};
use resam_geo::RasterError;

use crate::arguments::{Arguments, Command, WeightsCommand};
use crate::commands::Outcome;

fn main() -> ExitCode {
    failure::report_panics();
    resam_ops::memory::keep_freed_memory();
    resam_ops::signals::ignore_file_size_limit();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return failure::print_usage(&error, json_is_typed()).into(),
    };
    let json = arguments.common.json;
    say_renamed(&arguments);
    match std::panic::catch_unwind(|| run(&arguments)) {
        Ok(Ok(Outcome::Done)) if watch::something_left_out() => ExitCode::from(1),
        Ok(Ok(Outcome::Done)) => ExitCode::SUCCESS,
        Ok(Ok(Outcome::SomeFailed)) => ExitCode::from(1),
        Ok(Err(error)) => failure::print(&error, json).into(),
        Err(_) => failure::print_fault(json).into(),
    }
}

/// Whether `--json` is among the words of a command line that cannot be parsed.
fn json_is_typed() -> bool {
    let mut words = std::env::args_os().take_while(|word| word != "--");
    words.any(|word| word == "--json")
}

/// Says the new names of flags that were typed by their old ones.
fn say_renamed(arguments: &Arguments) {
    let words: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    for (old, new) in arguments::renamed(words.iter().map(String::as_str)) {
        commands::note(&arguments.common, &format!("`{old}` is now called `{new}`"));
    }
}

/// Refuses paths of files elsewhere, in whatever option they are.
fn refuse_remote() -> resam::Result<()> {
    let words = std::env::args_os().skip(1);
    let words = words.map(|word| word.to_string_lossy().into_owned());
    let path = |word: String| match word.split_once('=') {
        Some((flag, value)) if flag.starts_with('-') => value.to_owned(),
        _ => word,
    };
    let remote = words.map(path).find(|path| resam_geo::is_remote(path));
    remote.map_or(Ok(()), |path| {
        Err(RasterError::Remote { path: path.into() }.into())
    })
}

fn run(arguments: &Arguments) -> resam::Result<Outcome> {
    let common = &arguments.common;
    refuse_remote()?;
    if let Some(threads) = common.threads {
        // The pool is built once, before anything uses it.
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .build_global()
            .map_err(|error| Error::new(ErrorKind::Device, error))?;
    }
    match &arguments.command {
        Command::Segment(segment) => commands::segment::run(segment, common),
        Command::Adapt(adapt) => commands::adapt::run(adapt, common),
        Command::Eval(eval) => commands::eval::run(eval, common),
        Command::Demo(demo) => commands::demo::run(demo, common),
        Command::Info(info) => commands::info::run(info, common),
        Command::Weights(weights) => match &weights.command {
            WeightsCommand::List => commands::pull::list(common),
            WeightsCommand::Pull(pull) => commands::pull::run(pull, common),
            WeightsCommand::Inspect(inspect) => commands::inspect::run(inspect, common),
            WeightsCommand::Convert(convert) => commands::convert::run(convert, common),
            WeightsCommand::Merge(merge) => commands::merge::run(merge, common),
        },
        Command::TrainNano(training) => commands::train_nano::run(training, common),
        Command::Doctor(doctor) => commands::doctor::run(doctor, common),
        Command::Completions(completions) => commands::manual::completions(completions),
        Command::Man(man) => commands::manual::pages(man, common),
    }
}
