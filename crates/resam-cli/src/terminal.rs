//! What is printed: never a panic, whatever becomes of the terminal or the pipe. `println!` and
//! `eprintln!` of this program are those of this file.

use std::fmt::Arguments;
use std::io::{Error, ErrorKind, IsTerminal, Result, Write};

use crate::failure::AT_RUN_TIME;

/// Prints on standard output, which is then flushed.
pub(crate) fn out(text: Arguments<'_>) {
    let mut stdout = std::io::stdout().lock();
    printed(stdout.write_fmt(text).and_then(|()| stdout.flush()));
}

/// Ends the program when standard output could not be written. A reader that has gone wants no
/// more: it ends quietly. A full disk is told on standard error.
pub(crate) fn printed(written: Result<()>) {
    let Err(error) = written else {
        return;
    };
    if is_gone(&error) {
        std::process::exit(0);
    }
    err(format_args!(
        "error: standard output cannot be written: {error}\n\nhint: see that the disk has room\n"
    ));
    std::process::exit(AT_RUN_TIME.into());
}

/// Whether whoever read the output has gone. Windows has a name of its own for it.
fn is_gone(error: &Error) -> bool {
    const NO_DATA: i32 = 232;
    error.kind() == ErrorKind::BrokenPipe || cfg!(windows) && error.raw_os_error() == Some(NO_DATA)
}

/// Prints on standard error. Nobody is left to tell when it is closed, and the work goes on.
pub(crate) fn err(text: Arguments<'_>) {
    let _ = std::io::stderr().lock().write_fmt(text);
}

/// A line that is not to be missed, whether notes are wanted or not: bold on a terminal.
pub(crate) fn warn(text: &str) {
    let [bold, plain] = if std::io::stderr().is_terminal() {
        ["\x1b[1m", "\x1b[0m"]
    } else {
        [""; 2]
    };
    err(format_args!("{bold}warning: {text}{plain}\n"));
}

/// As the standard library's, with [`out`](terminal::out), which never panics.
macro_rules! println {
    () => { $crate::terminal::out(format_args!("\n")) };
    ($($argument:tt)*) => {
        $crate::terminal::out(format_args!("{}\n", format_args!($($argument)*)))
    };
}

/// As the standard library's, with [`err`](terminal::err), which never panics.
macro_rules! eprintln {
    ($($argument:tt)*) => {
        $crate::terminal::err(format_args!("{}\n", format_args!($($argument)*)))
    };
}
