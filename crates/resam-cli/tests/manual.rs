//! `resam completions` and `resam man`, from outside: they say what `--help` says.

mod help;

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn resam(arguments: &[&str]) -> Output {
    Command::new(assert_cmd::cargo::cargo_bin!("resam"))
        .args(arguments)
        .output()
        .expect("it runs")
}

fn printed(arguments: &[&str]) -> String {
    let output = resam(arguments);
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Every subcommand that `--help` lists, with those below it: `["weights", "pull"]`.
fn subcommands(of: &[String]) -> Vec<Vec<String>> {
    let mut arguments: Vec<&str> = of.iter().map(String::as_str).collect();
    arguments.push("-h");
    let mut all = Vec::new();
    for name in help::subcommands(&printed(&arguments)) {
        let path = [of, &[name]].concat();
        all.push(path.clone());
        all.extend(subcommands(&path));
    }
    all
}

#[test]
fn every_subcommand_has_a_manual_page_with_its_flags() {
    let folder = tempfile::tempdir().expect("a folder");
    let into = folder.path().join("made/man1");
    let printed_names = printed(&["man", into.to_str().expect("a path")]);
    let page = |name: &str| {
        let path = into.join(format!("{name}.1"));
        std::fs::read_to_string(path).unwrap_or_else(|_| panic!("no page {name}.1"))
    };
    let commands = subcommands(&[]);
    assert!(commands.contains(&vec!["weights".to_owned(), "pull".to_owned()]));
    for path in &commands {
        let name = format!("resam-{}", path.join("-"));
        let text = page(&name);
        assert!(text.contains(&format!(".TH {name} 1")), "{text}");
        assert!(text.contains(".SH SYNOPSIS"), "{text}");
        assert!(printed_names.contains(&format!("{name}.1")));
    }
    assert!(page("resam").contains("resam\\-segment(1)"));
    assert!(page("resam-segment").contains("\\-\\-requery"));
    assert!(page("resam-weights-pull").contains("\\-\\-offline"));
    let pages = std::fs::read_dir(&into).expect("the folder").count();
    assert_eq!(pages, commands.len() + 1, "no page for what is hidden");
}

#[test]
fn completions_of_every_shell_know_subcommands_and_flags() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&["completions", shell]);
        for words in ["segment", "requery", "weights", "checkpoint-every"] {
            assert!(script.contains(words), "no `{words}` for {shell}");
        }
    }
}

#[test]
fn bash_takes_its_completions() {
    let bash = Command::new("bash")
        .args(["-n", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut bash) = bash else {
        eprintln!("skipped: no bash here");
        return;
    };
    let script = printed(&["completions", "bash"]);
    let mut input = bash.stdin.take().expect("its input");
    input.write_all(script.as_bytes()).expect("it reads");
    drop(input);
    let output = bash.wait_with_output().expect("it ends");
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && complaints.is_empty(),
        "{complaints}"
    );
}

#[test]
fn an_unknown_shell_and_a_folder_that_cannot_be_made_are_refused() {
    let output = resam(&["completions", "tcsh"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("bash"));
    let file = tempfile::NamedTempFile::new().expect("a file");
    let below = file.path().join("man1");
    let output = resam(&["man", below.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        message.contains("man1: no such folder can be made"),
        "{message}"
    );
}
