//! One HTTP request, and what the response says about its bytes (RFC 9110).

use std::io::{ErrorKind, Read};
use std::time::Duration;

use ureq::http::{HeaderMap, Response, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Error, Timeout};

use crate::error::{Failure, PullError};
use crate::proxy;

/// The most redirections.
const REDIRECTS: u32 = 8;
/// The longest accepted `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Asks one address.
pub(crate) struct Client {
    agent: Agent,
    address: String,
    /// The address without the user name and password that may stand in it.
    shown: String,
    /// Whether the server has ever responded. Before the first response, an error is most likely in
    /// the address or the network, and retrying would only delay it.
    heard: bool,
}

/// A response with bytes.
pub(crate) struct Answer {
    /// 200 or 206.
    pub(crate) status: u16,
    /// The version of the file.
    pub(crate) etag: Option<String>,
    /// `Content-Length`.
    pub(crate) length: Option<u64>,
    /// `Content-Range`.
    pub(crate) range: Option<ContentRange>,
    body: Body,
}

/// The range of the bytes in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// The first and the last byte; nothing in the answer to a range that the file does not have.
    pub(crate) bytes: Option<(u64, u64)>,
    /// The length of the whole file, unless the server does not say.
    pub(crate) total: Option<u64>,
}

impl Client {
    /// A client for an address that starts with `https://` or `http://`. With `secure`, unencrypted
    /// addresses are refused, also in redirections.
    pub(crate) fn new(
        address: &str,
        secure: bool,
        connect: Duration,
        stall: Duration,
    ) -> Result<Self, PullError> {
        let certificates = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(secure)
            .tls_config(certificates)
            .proxy(proxy::for_address(address, |name| {
                std::env::var(name).ok()
            })?)
            .max_redirects(REDIRECTS)
            .user_agent(concat!("resam/", env!("CARGO_PKG_VERSION")))
            // Compressed bytes could not be resumed, and the sum is that of the uncompressed file.
            .accept_encoding("identity")
            .timeout_resolve(Some(connect))
            .timeout_connect(Some(connect))
            .timeout_recv_response(Some(stall))
            .timeout_per_read(Some(stall))
            .timeout_per_write(Some(stall))
            .build()
            .new_agent();
        Ok(Self {
            agent,
            address: address.to_owned(),
            shown: shown(address),
            heard: false,
        })
    }

    /// The address as it may be shown.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Requests the file from byte `from` on, if its version is still `etag`.
    pub(crate) fn ask(&mut self, from: u64, etag: Option<&str>) -> Result<Answer, Failure> {
        let mut request = self.agent.get(&self.address);
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
            // A weak validator does not guarantee equal bytes, and `If-Range` does not allow it.
            if let Some(etag) = etag.filter(|etag| is_strong(etag)) {
                request = request.header(header::IF_RANGE, etag);
            }
        }
        let response = request.call().map_err(|error| self.no_answer(&error))?;
        self.heard = true;
        self.judge(response)
    }

    fn judge(&self, response: Response<Body>) -> Result<Answer, Failure> {
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        let headers = &parts.headers;
        match status {
            200 | 206 | 416 => Ok(Answer {
                status,
                etag: text(headers, &header::ETAG).map(str::to_owned),
                length: text(headers, &header::CONTENT_LENGTH).and_then(number),
                range: text(headers, &header::CONTENT_RANGE).and_then(ContentRange::parse),
                body,
            }),
            408 | 429 | 500 | 502 | 503 | 504 => Err(Failure::Again {
                reason: format!("the server answers {status}"),
                wait: text(headers, &header::RETRY_AFTER)
                    .and_then(number)
                    .map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT)),
            }),
            _ => Err(PullError::Status {
                address: self.shown.clone(),
                status,
            }
            .into()),
        }
    }

    /// The failure for a missing response.
    fn no_answer(&self, error: &Error) -> Failure {
        let address = self.shown.clone();
        let reason = reason(error);
        let no_way = |problem: &str, hint| {
            Failure::Final(PullError::Address {
                address: self.shown.clone(),
                problem: problem.to_owned(),
                hint,
            })
        };
        match error {
            Error::Timeout(Timeout::Connect | Timeout::Resolve)
            | Error::HostNotFound
            | Error::ConnectionFailed
            | Error::ConnectProxyFailed(_)
                if !self.heard =>
            {
                PullError::Unreachable { address, reason }.into()
            }
            Error::Timeout(_)
            | Error::HostNotFound
            | Error::ConnectionFailed
            | Error::ConnectProxyFailed(_) => Failure::again(reason),
            // The TLS library reports through this kind, and nothing else does before an answer.
            Error::Io(cause) if cause.kind() == ErrorKind::InvalidData => {
                PullError::Secure { address, reason }.into()
            }
            Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) | Error::TlsRequired => {
                PullError::Secure { address, reason }.into()
            }
            Error::Io(cause) if self.heard || was_cut(cause.kind()) => Failure::again(reason),
            Error::Io(_) => PullError::Unreachable { address, reason }.into(),
            Error::TooManyRedirects => no_way(
                &format!("the server sends us elsewhere more than {REDIRECTS} times"),
                "check the address, or take a mirror or a file",
            ),
            Error::RequireHttpsOnly(_) => no_way(
                "the server sends us to an address that is not encrypted",
                "take a mirror or a file",
            ),
            Error::BadUri(_) | Error::Http(_) => no_way(
                "not an address",
                "write it as https://HOST/PATH, with special characters as %XX",
            ),
            _ => PullError::Answer { address, reason }.into(),
        }
    }
}

impl Answer {
    /// Reads the next bytes that follow; none at the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        match self.body.as_reader().read(buffer) {
            Ok(read) => Ok(read),
            Err(error) => Err(Failure::again(reason(&Error::from(error)))),
        }
    }
}

impl ContentRange {
    /// Reads `bytes FIRST-LAST/TOTAL`, where either side of the slash may be `*`.
    fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        let (bytes, total) = rest.trim().split_once('/')?;
        let bytes = match bytes {
            "*" => None,
            bytes => {
                let (first, last) = bytes.split_once('-')?;
                Some((number(first)?, number(last)?))
            }
        };
        let total = match total {
            "*" => None,
            total => Some(number(total)?),
        };
        unit.eq_ignore_ascii_case("bytes")
            .then_some(Self { bytes, total })
    }
}

/// An address without its user information (the part before `@`), which may hold a password.
pub(crate) fn shown(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{}", &rest[end..])
}

/// Whether a validator guarantees equal bytes.
fn is_strong(etag: &str) -> bool {
    etag.starts_with('"')
}

/// Whether the error is a broken connection.
fn was_cut(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
    )
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A number of digits and nothing else.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// The reason of an error in words for the user.
fn reason(error: &Error) -> String {
    match error {
        Error::Timeout(Timeout::Connect | Timeout::Resolve) => "no connection in time".into(),
        Error::Timeout(_) => "the server stopped sending".into(),
        Error::HostNotFound => "no computer has this name".into(),
        Error::ConnectionFailed => "no connection".into(),
        Error::ConnectProxyFailed(reason) => format!("the proxy refuses: {reason}"),
        Error::Io(cause) if was_cut(cause.kind()) => "the connection was cut".into(),
        Error::Io(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_writes_them() {
        let range = |bytes, total| Some(ContentRange { bytes, total });
        for (text, expected) in [
            ("bytes 5-9/10", range(Some((5, 9)), Some(10))),
            ("Bytes 0-0/*", range(Some((0, 0)), None)),
            ("bytes */10", range(None, Some(10))),
            ("bytes 5-9", None),
            ("bytes 5-/10", None),
            ("bytes +5-9/10", None),
            ("bytes -1-9/10", None),
            ("bytes 5-99999999999999999999/10", None),
            ("lines 5-9/10", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn passwords_in_an_address_are_not_shown() {
        for (address, expected) in [
            ("https://me:secret@host/a@b?c@d", "https://host/a@b?c@d"),
            ("http://me:se@cret@host:80", "http://host:80"),
            ("https://host/path", "https://host/path"),
            ("not an address", "not an address"),
        ] {
            assert_eq!(shown(address), expected);
        }
    }

    proptest! {
        #[test]
        fn any_range_that_a_server_can_write_is_read_back(first: u64, last: u64, total: u64) {
            let read = ContentRange::parse(&format!("bytes {first}-{last}/{total}"));
            let expected = ContentRange { bytes: Some((first, last)), total: Some(total) };
            prop_assert_eq!(read, Some(expected));
        }

        #[test]
        fn any_text_is_a_range_or_none(text in "(bytes)?[ -~]{0,40}") {
            let range = ContentRange::parse(&text);
            prop_assert!(range.is_none() || text.to_ascii_lowercase().contains("bytes "));
        }

        #[test]
        fn what_is_shown_of_any_address_holds_no_password(
            secret in "[a-z]{12}", user in "[a-z@:]{0,9}", rest in "[a-z0-9./?#@:]{0,30}"
        ) {
            let address = format!("https://{user}:{secret}@host/{rest}");
            prop_assert!(!shown(&address).contains(&secret));
        }
    }
}
