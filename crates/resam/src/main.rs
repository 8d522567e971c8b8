//! The command line of resam.
fn main() {}
