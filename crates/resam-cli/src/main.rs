//! The command line of resam: argument structs and printing. What it does lives in the libraries.

mod arguments;
mod commands;
mod failure;
mod interrupt;
mod machine;
mod progress;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command, WeightsCommand};

fn main() -> ExitCode {
    failure::report_panics();
    resam_ops::memory::keep_freed_memory();
    let arguments = Arguments::parse();
    let outcome = std::panic::catch_unwind(|| run(&arguments));
    match outcome {
        Ok(Ok(commands::Outcome::Done)) => ExitCode::SUCCESS,
        Ok(Ok(commands::Outcome::SomeFailed)) => ExitCode::from(1),
        Ok(Err(error)) => {
            failure::print(&error);
            ExitCode::from(failure::code(&error))
        }
        Err(_) => ExitCode::from(failure::AT_RUN_TIME),
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<commands::Outcome> {
    let common = &arguments.common;
    if let Some(threads) = common.threads {
        // The pool is built once, before anything uses it.
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .build_global()?;
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
