//! The page as a whole.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::table::table;
use crate::{FactGroup, Report, ReportError, Tone, Verdict, curves, gallery};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// More notes than this are folded up.
const MOST_OPEN_NOTES: usize = 10;

/// The report as HTML. Parts that are empty are left out.
pub(crate) fn page(report: &Report) -> Result<String, ReportError> {
    let pictures = gallery::sections(&report.gallery)?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (report.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    button.theme type="button" aria-pressed="false" hidden { "dark" }
                    h1 { (report.title) }
                    @if !report.subtitle.is_empty() { p.subtitle { (report.subtitle) } }
                }
                main {
                    @if !report.verdict.sentence.is_empty() { (verdict(&report.verdict)) }
                    @if !report.tables.is_empty() {
                        section { h2 { "Scores" } @for one in &report.tables { (table(one)) } }
                    }
                    (pictures)
                    @if !report.curves.is_empty() {
                        section {
                            h2 { "Learning curves" }
                            div.charts {
                                @for chart in &report.curves { (PreEscaped(curves::figure(chart))) }
                            }
                        }
                    }
                    @if !report.facts.is_empty() || !report.command.is_empty() {
                        section { h2 { "The run" } (run(report)) }
                    }
                    @if !report.notes.is_empty() { section { h2 { "Notes" } (notes(&report.notes)) } }
                }
                footer { "Written by resam " (env!("CARGO_PKG_VERSION")) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    // HTML forbids control characters, which file names may hold.
    let forbidden = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    let page = page.into_string();
    Ok(page.replace(forbidden, "\u{fffd}"))
}

/// The content security policy: browsers load nothing, and run the page's own script alone,
/// whatever a name contains.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; \
         base-uri 'none'; form-action 'none'"
    )
}

fn verdict(verdict: &Verdict) -> Markup {
    let (class, sign) = match verdict.tone {
        Tone::Good => ("good", "✓"),
        Tone::Neutral => ("neutral", "="),
        Tone::Bad => ("bad", "!"),
    };
    html! {
        section class=(format!("verdict {class}")) aria-label="Verdict" {
            span.sign aria-hidden="true" { (sign) }
            div {
                p.sentence { (verdict.sentence) }
                @for ground in &verdict.grounds { p { (ground) } }
            }
        }
    }
}

fn run(report: &Report) -> Markup {
    html! {
        @if !report.command.is_empty() {
            pre.command tabindex="0" aria-label="Command line" { code { (report.command) } }
        }
        div.facts {
            @for FactGroup { heading, facts } in &report.facts {
                div {
                    h3 { (heading) }
                    dl { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } }
                }
            }
        }
        @if let Some((heading, text)) = &report.listing {
            details {
                summary { (heading) }
                pre tabindex="0" aria-label=(heading) { code { (text) } }
            }
        }
    }
}

fn notes(notes: &[String]) -> Markup {
    let list = html! { ul.notes { @for note in notes { li { (note) } } } };
    if notes.len() <= MOST_OPEN_NOTES {
        return list;
    }
    html! { details { summary { (notes.len()) " notes" } (list) } }
}
