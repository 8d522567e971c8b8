//! A download that goes well, or well enough.

use std::path::Path;

use proptest::prelude::*;
use resam_hub::pull_entry;

use crate::common::{FILE_NAME, bytes, fetch, from, kept, model};
use crate::server::{Answer, Server};

#[test]
fn a_model_arrives_under_its_name_and_nothing_is_left_beside_it() {
    let content = bytes(300_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server = Server::new(move |request, _| Answer::to(request, &sent, "\"1\""));
    let path = fetch(&model(&content), &from(&server, home.path())).unwrap();
    assert_eq!(path, home.path().join("weights").join(FILE_NAME));
    assert_eq!(std::fs::read(path).unwrap(), content);
    assert_eq!(kept(home.path()), [FILE_NAME]);
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn progress_counts_up_to_the_length_of_the_file() {
    let content = bytes(300_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server = Server::new(move |request, _| Answer::to(request, &sent, "\"1\""));
    let mut seen = Vec::new();
    let mut progress = |done, total| seen.push((done, total));
    pull_entry(&model(&content), &from(&server, home.path()), &mut progress).unwrap();
    assert!(seen.iter().all(|(_, total)| *total == 300_000));
    assert!(seen.is_sorted());
    assert_eq!(seen.first().unwrap().0, 0);
    assert_eq!(seen.last().unwrap().0, 300_000);
}

#[test]
fn what_is_there_and_right_is_not_fetched_again() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server = Server::new(move |request, _| Answer::to(request, &sent, "\"1\""));
    let options = from(&server, home.path());
    let first = fetch(&model(&content), &options).unwrap();
    let second = fetch(&model(&content), &options).unwrap();
    assert_eq!(first, second);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_file_that_was_damaged_on_the_disk_is_fetched_again() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server = Server::new(move |request, _| Answer::to(request, &sent, "\"1\""));
    let options = from(&server, home.path());
    let path = fetch(&model(&content), &options).unwrap();
    let mut damaged = content.clone();
    damaged[500] ^= 1;
    std::fs::write(&path, damaged).unwrap();
    fetch(&model(&content), &options).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content);
}

#[test]
fn a_server_that_does_not_say_the_length_is_good_enough() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server = Server::new(move |_, _| Answer::file(&sent).without("Content-Length"));
    let path = fetch(&model(&content), &from(&server, home.path())).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content);
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server = Server::new(move |request, number| match number {
        0 => Answer::status(503).with("Retry-After", 0),
        1 => Answer::status(429),
        _ => Answer::to(request, &sent, "\"1\""),
    });
    fetch(&model(&content), &from(&server, home.path())).unwrap();
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn the_server_may_send_us_elsewhere_and_is_told_who_asks() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server = Server::new(move |request, _| match request.target.as_str() {
        "/small.pth" => Answer::status(302).with("Location", "/elsewhere"),
        "/elsewhere" => Answer::to(request, &sent, "\"1\""),
        other => panic!("asked for {other}"),
    });
    fetch(&model(&content), &from(&server, home.path())).unwrap();
    let asked = server.asked();
    let agent = asked[1].header("user-agent").unwrap();
    assert!(agent.starts_with("resam/"), "{agent}");
    assert_eq!(asked[1].header("accept-encoding"), Some("identity"));
}

/// Fetches from a server that cuts its connections at given places, and checks what arrives.
fn fetch_through_cuts(home: &Path, content: &[u8], cuts: Vec<usize>, gives_parts: bool) -> Server {
    let (sent, retries) = (content.to_vec(), cuts.len() as u32);
    let server = Server::new(move |request, number| {
        let answer = if gives_parts {
            Answer::to(request, &sent, "\"1\"")
        } else {
            Answer::file(&sent)
        };
        match cuts.get(number) {
            Some(cut) => answer.cut_after(*cut),
            None => answer,
        }
    });
    let mut options = from(&server, home);
    options.retries = retries;
    let path = fetch(&model(content), &options).unwrap();
    assert!(std::fs::read(path).unwrap() == content, "other bytes");
    assert_eq!(kept(home), [FILE_NAME]);
    server
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn however_the_connection_is_cut_the_right_bytes_arrive(
        length in 1_usize..200_000,
        cuts in prop::collection::vec(0.0..1.0_f64, 0..6),
        gives_parts: bool,
    ) {
        let content = bytes(length);
        let home = tempfile::tempdir().unwrap();
        let cuts = cuts.iter().map(|cut| (cut * length as f64) as usize).collect();
        fetch_through_cuts(home.path(), &content, cuts, gives_parts);
    }
}

#[test]
fn after_a_cut_the_server_is_asked_for_the_rest() {
    let content = bytes(100_000);
    let home = tempfile::tempdir().unwrap();
    let server = fetch_through_cuts(home.path(), &content, vec![70_000, 20_000], true);
    assert_eq!(server.ranges(), [None, Some(70_000), Some(90_000)]);
    let known: Vec<_> = server
        .asked()
        .iter()
        .map(|r| r.header("if-range").map(str::to_owned))
        .collect();
    assert_eq!(known, [None, Some("\"1\"".into()), Some("\"1\"".into())]);
}

#[test]
fn a_server_that_gives_no_parts_sends_all_of_it_again() {
    let content = bytes(100_000);
    let home = tempfile::tempdir().unwrap();
    let server = fetch_through_cuts(home.path(), &content, vec![70_000], false);
    assert_eq!(server.ranges(), [None, Some(70_000)]);
}
