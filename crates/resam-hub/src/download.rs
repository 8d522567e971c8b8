//! Downloads a model and resumes after broken connections.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::client::{Answer, Client};
use crate::error::{Failure, PullError};
use crate::part::{CHUNK, Origin, Part};
use crate::pull::PullOptions;

/// The number of new bytes that counts as progress.
const WORTHWHILE: u64 = 1 << 20;
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Downloads the missing bytes of a file.
pub(crate) fn download(
    part: &mut Part<'_>,
    mut client: Client,
    options: &PullOptions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), PullError> {
    let mut patience = Patience::new(options, part.length());
    let begun = Instant::now();
    let is_over = || begun.elapsed() >= options.total_timeout;
    while !part.is_complete() {
        let (reason, wait) = match attempt(part, &mut client, &is_over, progress) {
            Ok(()) => break,
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Again { reason, wait }) => (reason, wait),
        };
        let Some(pause) = patience.pause(part.length()) else {
            return Err(PullError::GivenUp {
                address: client.shown().to_owned(),
                tries: options.retries.saturating_add(1),
                reason,
                done: part.length(),
                size: part.entry().size,
            });
        };
        sleep(pause.max(wait.unwrap_or_default()));
    }
    Ok(())
}

/// Requests the missing bytes once and stores what arrives.
fn attempt(
    part: &mut Part<'_>,
    client: &mut Client,
    is_over: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), Failure> {
    let size = part.entry().size;
    let known = part.etag_at(client.shown()).map(str::to_owned);
    let mut answer = client.ask(part.length(), known.as_deref())?;
    begin(part, client, &answer, known)?;
    part.set_origin(answer.etag.take().map(|etag| Origin {
        address: client.shown().to_owned(),
        etag,
    }));
    progress(part.length(), size);

    let mut chunk = vec![0; CHUNK];
    loop {
        let read = answer.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        if is_over() {
            return Err(PullError::TooSlow {
                address: client.shown().to_owned(),
                done: part.length(),
                size,
            }
            .into());
        }
        if part.length() + read as u64 > size {
            part.restart()?;
            return Err(length(part, client, format!("more than {size}")).into());
        }
        part.append(&chunk[..read])?;
        progress(part.length(), size);
    }
    if part.is_complete() {
        Ok(())
    } else {
        Err(Failure::again("the connection was cut"))
    }
}

/// Checks, before any byte is stored, that the bytes of the response begin where the part ends.
fn begin(
    part: &mut Part<'_>,
    client: &Client,
    answer: &Answer,
    known: Option<String>,
) -> Result<(), Failure> {
    let size = part.entry().size;
    let wrong_length = |part: &Part<'_>, found: u64| length(part, client, found.to_string());
    let total = match answer.status {
        200 => answer.length,
        _ => answer.range.and_then(|range| range.total),
    };
    if let Some(found) = total.filter(|found| *found != size) {
        return Err(wrong_length(part, found).into());
    }
    if answer.status == 200 {
        // All of it, though the rest was asked for: the file has changed, or the server gives no
        // parts.
        if part.length() > 0 {
            part.restart()?;
        }
        return Ok(());
    }
    let bytes = answer.range.and_then(|range| range.bytes);
    let fits = answer.status == 206
        && bytes.is_some_and(|(first, last)| first == part.length() && last < size);
    // Some servers give parts of a changed file without being asked whether it has changed.
    let same = match (&known, &answer.etag) {
        (Some(known), Some(now)) => known == now,
        _ => true,
    };
    if part.length() > 0 && fits && same {
        return Ok(());
    }
    part.restart()?;
    Err(Failure::again(if same {
        "the server sends other bytes than it was asked for"
    } else {
        "the file was exchanged on the server"
    }))
}

fn length(part: &Part<'_>, client: &Client, found: String) -> PullError {
    PullError::Length {
        name: part.entry().name.to_owned(),
        from: client.shown().to_owned(),
        expected: part.entry().size,
        found,
    }
}

/// The retries: a number of tries in a row, with doubling pauses. After progress, the count starts
/// again.
struct Patience {
    retries: u32,
    first_pause: Duration,
    failed: u32,
    reached: u64,
}

impl Patience {
    fn new(options: &PullOptions, reached: u64) -> Self {
        Self {
            retries: options.retries,
            first_pause: options.pause,
            failed: 0,
            reached,
        }
    }

    /// The pause before the next try, when `length` bytes are there; `None` if there are no tries
    /// left.
    fn pause(&mut self, length: u64) -> Option<Duration> {
        if length >= self.reached.saturating_add(WORTHWHILE) {
            self.reached = length;
            self.failed = 0;
        }
        if self.failed == self.retries {
            return None;
        }
        let factor = 1_u32.checked_shl(self.failed).unwrap_or(u32::MAX);
        self.failed += 1;
        Some(self.first_pause.saturating_mul(factor).min(LONGEST_PAUSE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end_and_begin_again_when_enough_has_come() {
        let options = PullOptions {
            retries: 3,
            ..PullOptions::at("home")
        };
        let mut patience = Patience::new(&options, 0);
        let seconds = |patience: &mut Patience, length| patience.pause(length).map(|p| p.as_secs());
        assert_eq!(seconds(&mut patience, 0), Some(1));
        assert_eq!(seconds(&mut patience, 5), Some(2));
        assert_eq!(seconds(&mut patience, WORTHWHILE), Some(1));
        assert_eq!(seconds(&mut patience, WORTHWHILE), Some(2));
        assert_eq!(seconds(&mut patience, WORTHWHILE), Some(4));
        // Bytes that were there before, and came again after a restart, do not count twice.
        assert_eq!(seconds(&mut patience, WORTHWHILE), None);
    }

    #[test]
    fn no_pause_is_longer_than_half_a_minute() {
        let options = PullOptions {
            retries: 100,
            ..PullOptions::at("home")
        };
        let mut patience = Patience::new(&options, 0);
        let longest = std::iter::from_fn(|| patience.pause(0)).max();
        assert_eq!(longest, Some(LONGEST_PAUSE));
    }
}
