//! Several at once who want the same model.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use resam_hub::pull_entry;

use crate::child::Child;
use crate::common::{FILE_NAME, bytes, from, kept, model};
use crate::server::{Answer, Server};

#[test]
fn two_processes_fetch_a_model_once() {
    let content = bytes(300_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server = Server::new(move |request, _| {
        // Long enough for both to want it before one has it.
        thread::sleep(Duration::from_millis(300));
        Answer::to(request, &sent, "\"1\"")
    });
    let address = server.address("/small.pth");
    let start = || {
        Child::pulls(&content, &address)
            .with("RESAM_HOME", home.path())
            .start()
    };
    let children = [start(), start(), start()];
    for child in children {
        child.ends_well();
    }
    assert_eq!(server.ranges(), [None]);
    assert_eq!(kept(home.path()), [FILE_NAME]);
}

#[test]
fn threads_fetch_a_model_once_and_who_waits_sees_how_far_it_is() {
    let content = bytes(300_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let saw_the_break = Arc::new(AtomicUsize::new(0));
    let looking = saw_the_break.clone();
    let server = Server::new(move |request, number| {
        let answer = Answer::to(request, &sent, "\"1\"");
        if number == 0 {
            return answer.cut_after(100_000);
        }
        // The rest comes when both have seen where the connection broke, or never would.
        let patience = Instant::now() + Duration::from_secs(20);
        while looking.load(Ordering::SeqCst) < 2 && Instant::now() < patience {
            thread::sleep(Duration::from_millis(10));
        }
        answer
    });
    let (entry, options) = (model(&content), from(&server, home.path()));
    let pull = || {
        let mut saw = false;
        let mut progress = |done, _| {
            if done == 100_000 && !saw {
                saw = true;
                saw_the_break.fetch_add(1, Ordering::SeqCst);
            }
        };
        let path = pull_entry(&entry, &options, &mut progress).unwrap();
        assert_eq!(std::fs::read(path).unwrap(), content);
    };
    thread::scope(|scope| {
        scope.spawn(pull);
        scope.spawn(pull);
    });
    assert_eq!(server.ranges(), [None, Some(100_000)]);
    // One of them wrote, the other looked on.
    assert_eq!(saw_the_break.load(Ordering::SeqCst), 2);
}

#[test]
fn a_process_that_is_killed_leaves_its_part_to_the_next_one() {
    let content = bytes(300_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server = Server::new(move |request, number| {
        let answer = Answer::to(request, &sent, "\"1\"");
        if number == 0 {
            answer.cut_after(200_000).then_stalls()
        } else {
            answer
        }
    });
    let child = Child::pulls(&content, &server.address("/small.pth"))
        .with("RESAM_HOME", home.path())
        .start();
    let part = crate::common::part(home.path());
    while std::fs::metadata(&part).map_or(0, |part| part.len()) < 200_000 {
        thread::sleep(Duration::from_millis(10));
    }
    child.kill();
    crate::common::fetch(&model(&content), &from(&server, home.path())).unwrap();
    assert_eq!(server.ranges(), [None, Some(200_000)]);
}
