//! The page as a whole.

use crate::html::escape;
use crate::{Report, ReportError, curves, gallery, scores};

const STYLE: &str = include_str!("page.css");
/// The content security policy: browsers load nothing and run nothing, whatever a name contains.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
/// More notes than this are folded up.
const MOST_OPEN_NOTES: usize = 10;

/// The report as HTML. Parts that are empty are left out.
pub(crate) fn page(report: &Report) -> Result<String, ReportError> {
    let title = escape(&report.title);
    let mut body = format!("<header>\n<h1>{title}</h1>\n");
    if !report.summary.is_empty() {
        body += &format!("<p class=\"summary\">{}</p>\n", escape(&report.summary));
    }
    body += "</header>\n";
    if !report.scores.is_empty() {
        body += &section("Scores", &scores::table(&report.scores));
    }
    if !report.facts.is_empty() {
        body += &section("The run", &facts(&report.facts));
    }
    if !report.curves.is_empty() {
        let figures: String = report.curves.iter().map(curves::figure).collect();
        body += &section(
            "Curves",
            &format!("<div class=\"charts\">\n{figures}</div>\n"),
        );
    }
    if !report.gallery.is_empty() {
        let items: Result<String, _> = report.gallery.iter().map(gallery::item).collect();
        body += &section("Images", &items?);
    }
    if !report.notes.is_empty() {
        body += &section("Notes", &notes(&report.notes));
    }
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         <footer>Written by resam {}</footer>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
    ))
}

fn section(heading: &str, content: &str) -> String {
    format!("<section>\n<h2>{heading}</h2>\n{content}</section>\n")
}

fn facts(facts: &[(String, String)]) -> String {
    let mut list = String::new();
    for (name, value) in facts {
        list += &format!(
            "<div><dt>{}</dt><dd>{}</dd></div>\n",
            escape(name),
            escape(value)
        );
    }
    format!("<dl class=\"facts\">\n{list}</dl>\n")
}

fn notes(notes: &[String]) -> String {
    let mut list = String::new();
    for note in notes {
        list += &format!("<li>{}</li>\n", escape(note));
    }
    let list = format!("<ul class=\"notes\">\n{list}</ul>\n");
    if notes.len() <= MOST_OPEN_NOTES {
        return list;
    }
    format!(
        "<details>\n<summary>{} notes</summary>\n{list}</details>\n",
        notes.len()
    )
}
