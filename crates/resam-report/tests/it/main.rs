//! What this crate promises, as statements.

mod charts;
mod gallery;
mod metrics;
mod report;
mod table;
mod tensorboard;

use std::path::Path;

use resam_report::Report;

fn html(report: &Report) -> String {
    report.to_html().unwrap()
}

/// Whatever stands between two texts, at every place.
fn all_between<'text>(text: &'text str, start: &str, end: &str) -> Vec<&'text str> {
    let after = text.split(start).skip(1);
    after.filter_map(|rest| rest.split(end).next()).collect()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
