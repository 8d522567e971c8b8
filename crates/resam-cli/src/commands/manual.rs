//! `resam completions` and `resam man`: what is made from the arguments themselves, so that it
//! never says anything else than `--help` does.

use clap::{Command, CommandFactory};
use resam::files::write_atomically;
use resam::{Error, Result};
use serde_json::json;

use super::Outcome;
use crate::arguments::{Arguments, Common, Completions, Man};

pub(crate) fn completions(arguments: &Completions) -> Result<Outcome> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "resam", &mut script);
    crate::terminal::out(format_args!("{}", String::from_utf8_lossy(&script)));
    Ok(Outcome::Done)
}

pub(crate) fn pages(arguments: &Man, common: &Common) -> Result<Outcome> {
    let folder = &arguments.folder;
    std::fs::create_dir_all(folder).map_err(|error| {
        Error::input(
            format!("{}: no such folder can be made: {error}", folder.display()),
            "name another folder",
        )
    })?;
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    let mut files = Vec::new();
    for page in visible(command) {
        let version = concat!("resam ", env!("CARGO_PKG_VERSION"));
        let page = clap_mangen::Man::new(page).manual("resam").source(version);
        let path = folder.join(page.get_filename());
        write_atomically(&path, |file| page.render(&mut *file))?;
        files.push(path.display().to_string());
    }
    if common.json {
        println!("{:#}", json!({ "files": files }));
    } else {
        for file in files {
            println!("{file}");
        }
    }
    Ok(Outcome::Done)
}

/// A command and all that can be typed after it, but what is hidden.
fn visible(command: Command) -> Vec<Command> {
    let shown = |one: &&Command| !one.is_hide_set() && one.get_name() != "help";
    let below: Vec<Command> = command.get_subcommands().filter(shown).cloned().collect();
    let mut all = vec![command];
    all.extend(below.into_iter().flat_map(visible));
    all
}
