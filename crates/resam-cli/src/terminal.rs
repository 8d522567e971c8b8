//! What is printed: never a panic, whatever becomes of the terminal or the pipe. `println!` and
//! `eprintln!` of this program are those of this file.

use std::fmt::Arguments;
use std::io::{ErrorKind, IsTerminal, Write};

/// Prints on standard output. A reader that has gone wants no more: the program ends quietly.
/// Another failure is told on standard error, and the exit code is 2.
pub(crate) fn out(text: Arguments<'_>) {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_fmt(text).and_then(|()| stdout.flush());
    let Err(error) = written else {
        return;
    };
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    err(format_args!(
        "error: standard output cannot be written: {error}\n"
    ));
    std::process::exit(2);
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
