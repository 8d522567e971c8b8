//! A server that answers as a test tells it to, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The first byte of a client that speaks TLS.
const TLS_HANDSHAKE: u8 = 22;

/// What a client asked for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The first byte of the range that was asked for.
    pub(crate) fn range_from(&self) -> Option<usize> {
        let range = self.header("range")?.strip_prefix("bytes=")?;
        range.strip_suffix('-')?.parse().ok()
    }
}

/// What the server sends, and whether it then lets the client wait.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    stalls: bool,
}

impl Answer {
    /// A status and nothing else.
    pub(crate) fn status(status: u16) -> Self {
        let empty = Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            stalls: false,
        };
        empty.with("Content-Length", "0")
    }

    /// A whole file.
    pub(crate) fn file(bytes: &[u8]) -> Self {
        let mut answer = Self::status(200).with("Content-Length", bytes.len());
        answer.body = bytes.to_vec();
        answer
    }

    /// A file as a good server sends it: the rest of it if that is asked for, and all of it if the
    /// client knows another version.
    pub(crate) fn to(request: &Request, bytes: &[u8], etag: &str) -> Self {
        let same = request.header("if-range").is_none_or(|known| known == etag);
        let answer = match request.range_from().filter(|_| same) {
            Some(from) => Self::rest(bytes, from),
            None => Self::file(bytes),
        };
        answer.with("ETag", etag)
    }

    /// A file from a byte on.
    pub(crate) fn rest(bytes: &[u8], from: usize) -> Self {
        if from >= bytes.len() {
            return Self::status(416).with("Content-Range", format!("bytes */{}", bytes.len()));
        }
        let mut answer = Self::file(&bytes[from..]);
        answer.status = 206;
        let (last, total) = (bytes.len() - 1, bytes.len());
        answer.with("Content-Range", format!("bytes {from}-{last}/{total}"))
    }

    /// With a header, instead of an earlier one of the name.
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self = self.without(name);
        self.headers.push((name, value.to_string()));
        self
    }

    /// Without a header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    /// Cut after so many bytes of the body, whatever was promised.
    pub(crate) fn cut_after(mut self, bytes: usize) -> Self {
        self.body.truncate(bytes);
        self
    }

    /// Silent instead of closed when the body has been sent.
    pub(crate) fn then_stalls(mut self) -> Self {
        self.stalls = true;
        self
    }

    fn send(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Some reason\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "Connection: close\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        stream.write_all(&self.body)
    }
}

/// Serves on this computer until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
    ends: Arc<AtomicBool>,
}

impl Server {
    /// Answers each request with what `answer` makes of it and its number, from 0 on.
    pub(crate) fn new(answer: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
            ends: Arc::default(),
        };
        let (asked, ends) = (server.asked.clone(), server.ends.clone());
        let answer = Arc::new(answer);
        thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                // One connection after the other: every client in these tests closes its own.
                if let Ok(Some(stream)) = serve(stream.unwrap(), &asked, &*answer) {
                    silent.push(stream);
                }
            }
        });
        server
    }

    /// The address of a file here.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Host and port.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// What was asked until now.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// The first bytes of the ranges that were asked for, one for each request.
    pub(crate) fn ranges(&self) -> Vec<Option<usize>> {
        self.asked().iter().map(Request::range_from).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // Wakes the thread, which may wait for a client.
        TcpStream::connect(self.address).ok();
    }
}

/// Answers the requests of a connection; hands it back if it shall stay open and silent.
fn serve(
    mut stream: TcpStream,
    asked: &Mutex<Vec<Request>>,
    answer: &(impl Fn(&Request, usize) -> Answer + ?Sized),
) -> std::io::Result<Option<TcpStream>> {
    // A client that begins with TLS is told in plain text that it is wrong here.
    let mut first = [0];
    stream.peek(&mut first)?;
    if first == [TLS_HANDSHAKE] {
        let _hello = stream.read(&mut [0; 1 << 14])?;
        stream.write_all(b"HTTP/1.1 400 This is plain HTTP\r\n\r\n")?;
        return Ok(None);
    }
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    loop {
        let Some(first) = lines.next() else {
            return Ok(None);
        };
        let first = first?;
        let mut words = first.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap(), words.next().unwrap_or_default());
        let mut headers = Vec::new();
        for line in lines.by_ref() {
            let line = line?;
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.push((name.to_owned(), value.to_owned()));
        }
        let request = Request {
            method,
            target,
            headers,
        };
        let number = {
            let mut asked = asked.lock().unwrap();
            asked.push(request.clone());
            asked.len() - 1
        };
        // A proxy opens a tunnel; here it leads to this very server.
        if request.method == "CONNECT" {
            stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
            continue;
        }
        let answer = answer(&request, number);
        answer.send(&mut stream)?;
        return Ok(answer.stalls.then_some(stream));
    }
}
