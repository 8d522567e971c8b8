//! `--from FILE`, and fetching through a proxy.

use resam_hub::{PullError, PullOptions, pull_entry};

use crate::child::Child;
use crate::common::{FILE_NAME, bytes, fetch, kept, leave_part, model, part};
use crate::server::{Answer, Server};

#[test]
fn a_file_takes_the_place_of_the_network_offline_too() {
    let content = bytes(200_000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("from a friend.pth");
    std::fs::write(&file, &content).unwrap();
    let home = folder.path().join("home");
    let mut options = PullOptions::at(&home);
    options.from = Some(file.to_str().unwrap().to_owned());
    options.offline = true;
    let mut seen = Vec::new();
    let path = pull_entry(&model(&content), &options, &mut |done, _| seen.push(done)).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content);
    assert_eq!(std::fs::read(file).unwrap(), content);
    assert_eq!(kept(&home), [FILE_NAME]);
    assert_eq!(seen.last(), Some(&200_000));
}

#[test]
fn a_file_replaces_what_a_download_began() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    leave_part(home.path(), &[7; 400]);
    let file = home.path().join("file.pth");
    std::fs::write(&file, &content).unwrap();
    let mut options = PullOptions::at(home.path());
    options.from = Some(file.to_str().unwrap().to_owned());
    fetch(&model(&content), &options).unwrap();
}

#[test]
fn a_file_of_another_length_leaves_a_begun_download_alone() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    leave_part(home.path(), &content[..400]);
    let file = home.path().join("file.pth");
    std::fs::write(&file, &content[..999]).unwrap();
    let mut options = PullOptions::at(home.path());
    options.from = Some(file.to_str().unwrap().to_owned());
    let error = fetch(&model(&content), &options).unwrap_err();
    assert!(matches!(error, PullError::Length { .. }), "{error}");
    assert_eq!(std::fs::read(part(home.path())).unwrap(), content[..400]);
}

#[test]
fn a_file_with_wrong_bytes_is_not_kept_and_not_touched() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file.pth");
    std::fs::write(&file, [7; 1_000]).unwrap();
    let mut options = PullOptions::at(home.path());
    options.from = Some(file.to_str().unwrap().to_owned());
    let error = fetch(&model(&content), &options).unwrap_err();
    assert!(matches!(error, PullError::Sum { .. }), "{error}");
    assert!(kept(home.path()).is_empty());
    assert_eq!(std::fs::read(file).unwrap(), [7; 1_000]);
}

#[test]
fn a_file_that_is_not_there_or_a_folder_is_named() {
    let home = tempfile::tempdir().unwrap();
    for path in [home.path().join("none.pth"), home.path().to_owned()] {
        let mut options = PullOptions::at(home.path());
        options.from = Some(path.to_str().unwrap().to_owned());
        let error = fetch(&model(&bytes(1_000)), &options).unwrap_err();
        assert!(matches!(error, PullError::NotAFile { .. }), "{error}");
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
}

#[test]
fn a_proxy_from_the_environment_is_used() {
    let content = bytes(1_000);
    let home = tempfile::tempdir().unwrap();
    let sent = content.clone();
    let proxy = Server::new(move |request, _| Answer::to(request, &sent, "\"1\""));
    // No computer has this name, so that only the proxy can have answered.
    let child = Child::pulls(&content, "http://weights.invalid/small.pth")
        .with("RESAM_HOME", home.path())
        .with("HTTP_PROXY", format!("http://me:pass@{}", proxy.host()))
        .start();
    child.ends_well();
    let asked = proxy.asked();
    assert_eq!(asked[0].method, "CONNECT");
    assert_eq!(asked[0].target, "weights.invalid:80");
    // `me:pass` in base64.
    assert_eq!(
        asked[0].header("proxy-authorization"),
        Some("Basic bWU6cGFzcw==")
    );
    assert_eq!(asked[1].target, "/small.pth");
}
