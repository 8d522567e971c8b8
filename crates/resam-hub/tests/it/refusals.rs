//! What is refused, and what the user is told.

use std::net::TcpListener;
use std::time::Duration;

use resam_files::faults::{Fault, Injection};
use resam_hub::{PullError, PullOptions, pull};

use crate::common::{FILE_NAME, bytes, fetch, from, kept, leave_part, model};
use crate::server::{Answer, Server};

#[test]
fn wrong_bytes_are_removed_and_both_sums_are_told() {
    let content = bytes(1_000);
    let mut wrong = content.clone();
    wrong[999] ^= 1;
    let home = tempfile::tempdir().unwrap();
    let sent = wrong.clone();
    let server = Server::new(move |request, _| Answer::to(request, &sent, "\"1\""));
    let error = fetch(&model(&content), &from(&server, home.path())).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(model(&content).sha256), "{text}");
    assert!(text.contains(model(&wrong).sha256), "{text}");
    assert!(kept(home.path()).is_empty());
}

#[test]
fn a_file_of_another_length_is_refused_before_its_bytes_are_taken() {
    let content = bytes(1_000);
    for other in [bytes(999), bytes(1_001)] {
        let home = tempfile::tempdir().unwrap();
        let length = other.len().to_string();
        // The bytes never come, so that waiting for them would be an error of another kind.
        let server = Server::new(move |_, _| Answer::file(&other).cut_after(0));
        let error = fetch(&model(&content), &from(&server, home.path())).unwrap_err();
        assert!(
            matches!(&error, PullError::Length { found, .. } if *found == length),
            "{error}"
        );
        assert!(kept(home.path()).is_empty());
    }
}

#[test]
fn a_rest_of_a_file_of_another_length_is_refused_and_what_is_there_stays() {
    let content = bytes(1_000);
    for status in [206, 416] {
        let home = tempfile::tempdir().unwrap();
        leave_part(home.path(), &content[..400]);
        let other = bytes(if status == 206 { 2_000 } else { 300 });
        let server =
            Server::new(move |request, _| Answer::rest(&other, request.range_from().unwrap()));
        let error = fetch(&model(&content), &from(&server, home.path())).unwrap_err();
        assert!(matches!(error, PullError::Length { .. }), "{error}");
        assert_eq!(kept(home.path()), ["small.pth.part"]);
    }
}

#[test]
fn more_bytes_than_the_model_has_are_refused_when_no_length_was_told() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::new(|_, _| Answer::file(&bytes(500_000)).without("Content-Length"));
    let error = fetch(&model(&bytes(1_000)), &from(&server, home.path())).unwrap_err();
    assert!(
        matches!(&error, PullError::Length { found, .. } if found == "more than 1000"),
        "{error}"
    );
    assert!(kept(home.path()).is_empty());
}

#[test]
fn a_server_that_promises_the_length_and_never_keeps_it_is_given_up() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server = Server::new(move |_, _| Answer::file(&sent).cut_after(900));
    let error = fetch(&model(&content), &from(&server, home.path())).unwrap_err();
    assert!(
        matches!(
            error,
            PullError::GivenUp {
                tries: 4,
                done: 900,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_server_that_has_no_such_file_is_asked_once() {
    for status in [401, 403, 404, 410, 501] {
        let home = tempfile::tempdir().unwrap();
        let server = Server::new(move |_, _| Answer::status(status));
        let error = fetch(&model(&bytes(1_000)), &from(&server, home.path())).unwrap_err();
        assert!(
            matches!(error, PullError::Status { status: told, .. } if told == status),
            "{error}"
        );
        assert_eq!(server.asked().len(), 1);
        assert!(kept(home.path()).is_empty());
    }
}

#[test]
fn a_server_that_stays_broken_is_given_up() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::new(|_, _| Answer::status(500));
    let error = fetch(&model(&bytes(1_000)), &from(&server, home.path())).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("4 tries in a row: the server answers 500"),
        "{text}"
    );
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn being_sent_in_circles_ends() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::new(|_, _| Answer::status(302).with("Location", "/small.pth"));
    let error = fetch(&model(&bytes(1_000)), &from(&server, home.path())).unwrap_err();
    assert!(
        error.to_string().contains("elsewhere more than 8 times"),
        "{error}"
    );
    assert_eq!(server.asked().len(), 9);
}

#[test]
fn a_server_that_falls_silent_is_left_and_asked_for_the_rest() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let server = Server::new(move |request, number| match number {
        0 => Answer::file(&sent).cut_after(600).then_stalls(),
        _ => Answer::to(request, &sent, "\"1\""),
    });
    let mut options = from(&server, home.path());
    options.stall_timeout = Duration::from_secs(2);
    fetch(&model(&content), &options).unwrap();
    assert_eq!(server.ranges(), [None, Some(600)]);
}

#[test]
fn a_server_that_only_ever_falls_silent_is_given_up() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let server = Server::new(move |_, _| Answer::file(&content).cut_after(0).then_stalls());
    let mut options = from(&server, home.path());
    options.stall_timeout = Duration::from_millis(100);
    options.retries = 1;
    let error = fetch(&model(&bytes(1_000)), &options).unwrap_err();
    assert!(
        error.to_string().contains("the server stopped sending"),
        "{error}"
    );
}

#[test]
fn a_download_that_takes_too_long_in_all_is_given_up() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let server = Server::new(move |request, _| Answer::to(request, &content, "\"1\""));
    let mut options = from(&server, home.path());
    options.total_timeout = Duration::ZERO;
    let error = fetch(&model(&bytes(1_000)), &options).unwrap_err();
    assert!(error.to_string().contains("too slow"), "{error}");
}

#[test]
fn a_stopped_process_that_holds_the_lock_is_not_waited_for_without_end() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let server = Server::new({
        let content = content.clone();
        move |request, _| Answer::to(request, &content, "\"1\"")
    });
    let mut options = from(&server, home.path());
    options.lock_timeout = Duration::from_millis(300);
    let folder = home.path().join("weights");
    std::fs::create_dir_all(&folder).unwrap();
    let lock = folder.join(format!("{FILE_NAME}.lock"));
    let holder = std::fs::File::create(&lock).unwrap();
    holder.lock().unwrap();
    let error = fetch(&model(&content), &options).unwrap_err();
    assert!(error.to_string().contains(".lock"), "{error}");
    assert!(error.to_string().contains("stored nothing"), "{error}");
    drop(holder);
    fetch(&model(&content), &options).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_part_is_never_followed() {
    let content = bytes(1_000);
    for suffix in [".part", ".part.from", ".lock"] {
        let home = tempfile::tempdir().unwrap();
        let server = Server::new({
            let content = content.clone();
            move |request, _| Answer::to(request, &content, "\"1\"").cut_after(500)
        });
        let mut options = from(&server, home.path());
        options.retries = 0;
        let folder = home.path().join("weights");
        std::fs::create_dir_all(&folder).unwrap();
        let victim = home.path().join("victim");
        std::fs::write(&victim, "mine").unwrap();
        let link = folder.join(format!("{FILE_NAME}{suffix}"));
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        let error = fetch(&model(&content), &options).unwrap_err();
        if suffix != ".part.from" {
            assert!(error.to_string().contains(suffix), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine");
    }
}

#[cfg(unix)]
#[test]
fn the_folder_of_weights_is_its_owners_alone_and_strays_in_it_are_removed() {
    use std::os::unix::fs::PermissionsExt;
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let server = Server::new({
        let content = content.clone();
        move |request, _| Answer::to(request, &content, "\"1\"")
    });
    let options = from(&server, home.path());
    fetch(&model(&content), &options).unwrap();
    let folder = home.path().join("weights");
    let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    std::fs::write(folder.join(".resam-killed.part"), "").unwrap();
    std::fs::remove_file(folder.join(FILE_NAME)).unwrap();
    fetch(&model(&content), &options).unwrap();
    assert_eq!(kept(home.path()), [FILE_NAME]);
}

#[test]
fn an_address_where_nobody_listens_is_tried_once() {
    let home = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut options = PullOptions::at(home.path());
    options.from = Some(format!("http://me:secret@127.0.0.1:{port}/small.pth"));
    // With the pause of the first retry this would be a test that takes an hour.
    options.pause = Duration::from_secs(3600);
    let error = fetch(&model(&bytes(1_000)), &options).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, PullError::Unreachable { .. }), "{text}");
    assert!(
        text.contains("take a mirror or a file") && !text.contains("secret"),
        "{text}"
    );
}

#[test]
fn a_server_that_speaks_no_tls_is_told_apart_from_one_that_is_not_there() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::new(|_, _| panic!("asked"));
    let mut options = from(&server, home.path());
    options.from = Some(format!("https://{}/small.pth", server.host()));
    let error = fetch(&model(&bytes(1_000)), &options).unwrap_err();
    assert!(matches!(error, PullError::Secure { .. }), "{error}");
}

#[test]
fn a_server_that_speaks_no_http_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::new(|_, _| Answer::status(200).with("Content-Length", "many"));
    let error = fetch(&model(&bytes(1_000)), &from(&server, home.path())).unwrap_err();
    assert!(matches!(error, PullError::Answer { .. }), "{error}");
}

#[test]
fn addresses_that_are_none_are_refused_with_what_to_write() {
    let home = tempfile::tempdir().unwrap();
    for address in [
        "ftp://host/small.pth",
        "file:///small.pth",
        "://x",
        "http://",
        "http:// /",
        "https://a b/",
    ] {
        let mut options = PullOptions::at(home.path());
        options.from = Some(address.to_owned());
        let error = fetch(&model(&bytes(1_000)), &options).unwrap_err();
        assert!(
            matches!(error, PullError::Address { .. }),
            "{address}: {error}"
        );
        assert!(error.to_string().contains("\n\nhint: "), "{error}");
    }
}

#[test]
fn a_publishers_address_must_be_encrypted() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::new(|_, _| panic!("asked"));
    let mut entry = model(&bytes(1_000));
    entry.address = server.address("/small.pth").leak();
    let error = fetch(&entry, &PullOptions::at(home.path())).unwrap_err();
    assert!(matches!(error, PullError::Address { .. }), "{error}");
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn offline_asks_nobody_and_says_what_to_do() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let server = Server::new(|_, _| panic!("asked"));
    let mut options = from(&server, home.path());
    options.offline = true;
    let error = fetch(&model(&content), &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`small` is not on this computer, and fetching it needs the network\n\nhint: use \
         the network, or bring `small.pth` (1.0 kB) on a disk and take the weights from there"
    );
    assert_eq!(server.asked().len(), 0);
    assert!(!home.path().join("weights").exists());
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest_one() {
    let home = tempfile::tempdir().unwrap();
    let unknown = |name| {
        let error = pull(name, &PullOptions::at(home.path()), &mut |_, _| {}).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        unknown("mobilsam"),
        "`mobilsam`: no model of this name\n\nhint: did you mean `mobile-sam`?"
    );
    assert_eq!(
        unknown("resnet"),
        "`resnet`: no model of this name\n\nhint: `resam weights list` shows the names"
    );
}

#[test]
fn a_full_disk_is_called_a_full_disk() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(resam_hub::folder(home.path())).unwrap();
    // The lock and the partial file are made, and then there is no room.
    let _full = Injection::new(home.path(), 2, Fault::Full);
    let sent = content.clone();
    let server = Server::new(move |request, _| Answer::to(request, &sent, "\"1\""));
    let error = fetch(&model(&content), &from(&server, home.path())).unwrap_err();
    assert!(
        matches!(error, PullError::DiskFull { missing: 1_000, .. }),
        "{error}"
    );
}

#[test]
fn a_home_that_is_a_file_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    std::fs::write(&home, "a file").unwrap();
    let server = Server::new(|_, _| panic!("asked"));
    let error = fetch(&model(&bytes(1_000)), &from(&server, &home)).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(home.to_str().unwrap()) && text.contains("RESAM_HOME"),
        "{text}"
    );
}
