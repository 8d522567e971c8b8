//! A download that an earlier run left behind.

use std::path::Path;

use resam_hub::PullError;

use crate::common::{FILE_NAME, bytes, fetch, from, kept, leave_part, model, part};
use crate::server::{Answer, Request, Server};

/// A run that is cut after so many bytes and may not try again, as if it had been killed there.
fn interrupted(home: &Path, content: &[u8], answer: fn(&Request, &[u8]) -> Answer) -> Server {
    let sent = content.to_vec();
    let server = Server::new(move |request, number| {
        let answer = answer(request, &sent);
        if number == 0 {
            answer.cut_after(40_000)
        } else {
            answer
        }
    });
    let mut options = from(&server, home);
    options.retries = 0;
    let error = fetch(&model(content), &options).unwrap_err();
    assert!(
        matches!(error, PullError::GivenUp { done: 40_000, .. }),
        "{error}"
    );
    assert_eq!(std::fs::read(part(home)).unwrap(), content[..40_000]);
    server
}

#[test]
fn a_later_run_goes_on_where_an_earlier_one_was_interrupted() {
    let content = bytes(100_000);
    let home = tempfile::tempdir().unwrap();
    let server = interrupted(home.path(), &content, |request, sent| {
        Answer::to(request, sent, "\"1\"")
    });
    let path = fetch(&model(&content), &from(&server, home.path())).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content);
    assert_eq!(server.ranges(), [None, Some(40_000)]);
    assert_eq!(server.asked()[1].header("if-range"), Some("\"1\""));
    assert_eq!(kept(home.path()), [FILE_NAME]);
}

#[test]
fn giving_up_says_how_far_it_came_and_that_the_same_command_goes_on() {
    let content = bytes(100_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server =
        Server::new(move |request, _| Answer::to(request, &sent, "\"1\"").cut_after(10_000));
    let error = fetch(&model(&content), &from(&server, home.path())).unwrap_err();
    let address = server.address("/small.pth");
    assert_eq!(
        error.to_string(),
        format!(
            "`{address}`: given up after 4 tries in a row: the connection was cut; 40.0 kB of \
             100.0 kB are here\n\nhint: the same command goes on from there"
        )
    );
}

#[test]
fn a_file_that_changed_on_the_server_is_fetched_from_its_beginning() {
    let content = bytes(100_000);
    let home = tempfile::tempdir().unwrap();
    interrupted(home.path(), &content, |request, sent| {
        Answer::to(request, sent, "\"1\"")
    });
    let sent = content.clone();
    let server = Server::new(move |request, _| Answer::to(request, &sent, "\"2\""));
    // The same address, as far as the earlier run wrote it down.
    let note = part(home.path()).with_extension("part.from");
    std::fs::write(note, format!("{}\n\"1\"\n", server.address("/small.pth"))).unwrap();
    let path = fetch(&model(&content), &from(&server, home.path())).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content);
    assert_eq!(server.asked().len(), 1);
    assert_eq!(server.asked()[0].header("if-range"), Some("\"1\""));
}

#[test]
fn parts_of_a_changed_file_are_not_put_together_even_if_the_server_offers_it() {
    let content = bytes(100_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    // Cuts once, and then has another version, with an answer to the range as if nothing had been.
    let server = Server::new(
        move |request, number| match (number, request.range_from()) {
            (0, _) => Answer::file(&sent).with("ETag", "\"1\"").cut_after(40_000),
            (_, Some(from)) => Answer::rest(&sent, from).with("ETag", "\"2\""),
            (_, None) => Answer::file(&sent).with("ETag", "\"2\""),
        },
    );
    let path = fetch(&model(&content), &from(&server, home.path())).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content);
    assert_eq!(server.ranges(), [None, Some(40_000), None]);
}

#[test]
fn a_weak_etag_is_compared_but_never_sent() {
    let content = bytes(100_000);
    let home = tempfile::tempdir().unwrap();
    let server = interrupted(home.path(), &content, |request, sent| {
        Answer::to(request, sent, "W/\"1\"")
    });
    fetch(&model(&content), &from(&server, home.path())).unwrap();
    assert_eq!(server.ranges(), [None, Some(40_000)]);
    assert_eq!(server.asked()[1].header("if-range"), None);
}

#[test]
fn what_one_mirror_began_another_one_goes_on_with() {
    let content = bytes(100_000);
    let home = tempfile::tempdir().unwrap();
    interrupted(home.path(), &content, |request, sent| {
        Answer::to(request, sent, "\"here\"")
    });
    let sent = content.clone();
    let mirror = Server::new(move |request, _| Answer::to(request, &sent, "\"there\""));
    fetch(&model(&content), &from(&mirror, home.path())).unwrap();
    assert_eq!(mirror.ranges(), [Some(40_000)]);
}

#[test]
fn bytes_from_the_wrong_place_are_not_taken() {
    let content = bytes(100_000);
    for wrong in [
        "bytes 39999-99998/100000",
        "bytes 40000-100000/100000",
        "nonsense",
    ] {
        let home = tempfile::tempdir().unwrap();
        leave_part(home.path(), &content[..40_000]);
        let sent = content.clone();
        let server = Server::new(move |request, _| match request.range_from() {
            Some(from) => Answer::rest(&sent, from).with("Content-Range", wrong),
            None => Answer::file(&sent),
        });
        let path = fetch(&model(&content), &from(&server, home.path())).unwrap();
        assert_eq!(std::fs::read(path).unwrap(), content, "{wrong}");
        assert_eq!(server.ranges(), [Some(40_000), None], "{wrong}");
    }
}

#[test]
fn a_range_shorter_than_asked_for_is_taken_and_the_rest_asked_for() {
    let content = bytes(100_000);
    let home = tempfile::tempdir().unwrap();
    leave_part(home.path(), &content[..40_000]);
    let sent = content.clone();
    let server = Server::new(move |request, _| {
        let from = request.range_from().unwrap();
        let end = (from + 30_000).min(sent.len());
        let range = format!("bytes {from}-{}/{}", end - 1, sent.len());
        Answer::rest(&sent[..end], from).with("Content-Range", range)
    });
    let path = fetch(&model(&content), &from(&server, home.path())).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content);
    assert_eq!(server.ranges(), [Some(40_000), Some(70_000)]);
}

#[test]
fn a_range_that_the_server_cannot_give_is_followed_by_the_whole_file() {
    let content = bytes(100_000);
    let home = tempfile::tempdir().unwrap();
    leave_part(home.path(), &content[..40_000]);
    let sent = content.clone();
    let server = Server::new(move |request, _| match request.range_from() {
        Some(_) => Answer::status(416),
        None => Answer::file(&sent),
    });
    fetch(&model(&content), &from(&server, home.path())).unwrap();
    assert_eq!(server.ranges(), [Some(40_000), None]);
}

#[test]
fn a_complete_part_needs_no_server() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    leave_part(home.path(), &content);
    let server = Server::new(|_, _| panic!("asked"));
    let path = fetch(&model(&content), &from(&server, home.path())).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content);
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn a_part_that_cannot_be_the_beginning_of_the_model_is_dropped() {
    let content = bytes(1_000);
    for wrong in [vec![7; 1_000], vec![7; 1_001]] {
        let home = tempfile::tempdir().unwrap();
        leave_part(home.path(), &wrong);
        let sent = content.clone();
        let server = Server::new(move |request, _| Answer::to(request, &sent, "\"1\""));
        let path = fetch(&model(&content), &from(&server, home.path())).unwrap();
        assert_eq!(std::fs::read(path).unwrap(), content);
        assert_eq!(server.ranges(), [None]);
    }
}

#[test]
fn a_part_with_wrong_bytes_in_it_is_found_out_in_the_end_and_removed() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    leave_part(home.path(), &[7; 400]);
    let sent = content.clone();
    let server = Server::new(move |request, _| Answer::to(request, &sent, "\"1\""));
    let options = from(&server, home.path());
    let error = fetch(&model(&content), &options).unwrap_err();
    assert!(matches!(error, PullError::Sum { .. }), "{error}");
    assert!(kept(home.path()).is_empty());
    // The hint of that error: run it again.
    fetch(&model(&content), &options).unwrap();
}
