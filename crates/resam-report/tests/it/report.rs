use image::{Rgb, RgbImage};
use resam_report::{
    Cell, Chart, FactGroup, GalleryItem, GallerySection, Layer, Report, Row, Series, Table, Tone,
    Verdict,
};

use crate::{all_between, html, names_in};

/// A report that has something in every part, all text being the same.
fn report_of(text: &str) -> Report {
    let text = || text.to_owned();
    let table = || Table {
        title: text(),
        note: text(),
        columns: vec![text()],
        rows: vec![Row {
            name: text(),
            note: text(),
            cells: vec![Cell::Text(text()), Cell::Change(Some(0.1), 2)],
            strong: true,
        }],
    };
    let layer = || Layer {
        name: text(),
        ..Layer::default()
    };
    Report {
        title: text(),
        subtitle: text(),
        verdict: Verdict {
            sentence: text(),
            tone: Tone::Good,
            grounds: vec![text()],
        },
        tables: vec![table()],
        facts: vec![FactGroup {
            heading: text(),
            facts: vec![(text(), text())],
        }],
        command: text(),
        curves: vec![Chart {
            title: text(),
            x_label: text(),
            y_label: text(),
            series: vec![Series {
                name: text(),
                points: vec![(0.0, 1.0), (1.0, 0.5)],
            }],
        }],
        gallery: vec![GallerySection {
            heading: text(),
            intro: text(),
            items: vec![GalleryItem {
                title: text(),
                note: text(),
                image: RgbImage::from_pixel(8, 8, Rgb([90; 3])),
                points: vec![[4.0, 4.0]],
                layers: vec![layer(), layer()],
                table: Some(table()),
            }],
        }],
        notes: vec![text()],
        listing: Some((text(), text())),
    }
}

#[test]
fn the_page_refers_to_nothing_outside_and_runs_its_own_script_alone() {
    let page = html(&report_of("text"));
    for reference in [
        "http:", "https:", "\"//", "@import", "<link", "<iframe", " onclick", " onload", "src=",
    ] {
        assert!(!page.contains(reference), "{reference}");
    }
    for link in all_between(&page, "href=\"", "\"") {
        let inside = link.starts_with("data:image/jpeg;base64,") || link.starts_with("#p1-");
        assert!(inside, "{link}");
    }
    for link in all_between(&page, "url(", ")") {
        assert!(link.starts_with("#p1-"), "{link}");
    }
    let policy = all_between(
        &page,
        "http-equiv=\"Content-Security-Policy\" content=\"",
        "\"",
    )[0];
    assert!(
        policy.starts_with("default-src &#39;none&#39;;")
            || policy.starts_with("default-src 'none';")
    );
    let scripts = policy
        .split("script-src ")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    assert!(
        scripts.contains("'sha256-") && !scripts.contains("unsafe"),
        "{scripts}"
    );
    assert_eq!(page.matches("<script").count(), 1);
}

#[test]
fn no_text_can_become_markup() {
    let smuggled = "</script><script>alert('1')</script>\" onload=\"x&</style>";
    let plain = html(&report_of("text"));
    let page = html(&report_of(smuggled));
    for markup in ["<script", "</script", "</style", "\" onload"] {
        assert_eq!(
            page.matches(markup).count(),
            plain.matches(markup).count(),
            "{markup}"
        );
    }
    assert!(!page.contains("x&<") && !page.contains("x&\""));
}

#[test]
fn control_characters_do_not_reach_the_page() {
    let page = html(&report_of("a\u{0}b\u{1b}[31m"));
    assert!(page.contains("a\u{fffd}b\u{fffd}[31m"));
    assert!(!page.contains(['\u{0}', '\u{1b}']));
}

/// A reader that knows the few elements without an end.
#[test]
fn every_element_is_closed_in_order() {
    let page = html(&report_of("1 < 2 > \"3\" & '4'"));
    let style = all_between(&page, "<style>", "</style>")[0];
    let script = all_between(&page, "<script>", "</script>")[0];
    let page = page.replace(style, "").replace(script, "");
    let mut open = Vec::new();
    for tag in all_between(&page, "<", ">") {
        let name = tag
            .split([' ', '\n', '/'])
            .find(|name| !name.is_empty())
            .unwrap();
        let has_no_end = ["!DOCTYPE", "meta", "input"].contains(&name) || tag.ends_with('/');
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !has_no_end {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn parts_that_are_empty_are_left_out() {
    let report = Report {
        title: "Nothing yet".to_owned(),
        ..Report::default()
    };
    let page = html(&report);
    assert!(page.contains("<h1>Nothing yet</h1>") && page.contains("<title>Nothing yet</title>"));
    for element in [
        "<h2", "<table", "<dl", "<figure", "<ul", "<p", "<pre", "<details",
    ] {
        assert!(!page.contains(&format!("{element} ")), "{element}");
        assert!(!page.contains(&format!("{element}>")), "{element}");
    }
    let headings = all_between(&html(&report_of("text")), "<h2>", "</h2>").join(", ");
    assert_eq!(
        headings,
        "Scores, Pictures, Learning curves, The run, Notes"
    );
}

#[test]
fn many_notes_are_folded_up_and_none_is_lost() {
    let page_with = |count: usize| {
        html(&Report {
            notes: (0..count).map(|note| format!("note {note};")).collect(),
            ..Report::default()
        })
    };
    assert!(!page_with(3).contains("<details>"));
    let page = page_with(1000);
    assert!(page.contains("<summary>1000 notes</summary>"));
    assert!((0..1000).all(|note| page.contains(&format!(">note {note};<"))));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(html(&report_of("text")), html(&report_of("text")));
}

#[test]
fn the_file_holds_the_page_and_replaces_an_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    fs_err::write(&path, "old").unwrap();
    let report = report_of("text");
    report.write(&path).unwrap();
    assert_eq!(fs_err::read_to_string(&path).unwrap(), html(&report));
    assert_eq!(names_in(folder.path()), ["report.html"]);
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("report.html");
    let message = report_of("text").write(&path).unwrap_err().to_string();
    assert!(
        message.contains("report.html: cannot be written"),
        "{message}"
    );
    assert!(message.contains("\n\nhint: "), "{message}");
}
