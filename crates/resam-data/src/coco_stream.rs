//! The lists of a COCO file, record by record: a file is larger than its objects.

use std::cell::Cell;
use std::fmt;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read};
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Bytes of one record, or of anything else that is not gone through.
const LONGEST: usize = 64 << 20;

/// A list of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Images,
    Categories,
    Annotations,
}

impl List {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Categories => "categories",
            Self::Annotations => "annotations",
        }
    }
}

/// Which lists are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Images and categories.
    Frame,
    /// Annotations.
    Annotations,
}

/// Goes through a file; `take` gets each record of the lists that are wanted, with its place, and
/// says whether to go on. Returns the lists that there are.
pub(crate) fn stream(
    reader: impl Read,
    pass: Pass,
    mut take: impl FnMut(List, usize, &str) -> bool,
) -> Result<Vec<List>, serde_json::Error> {
    let since = Cell::new(0);
    let reader = Bounded {
        reader: WithoutNan::new(reader),
        since: &since,
    };
    // The deserializer asks for a byte at a time.
    let reader = BufReader::with_capacity(1 << 16, reader);
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let file = File {
        pass,
        take: &mut take,
        since: &since,
    };
    let lists = file.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(lists)
}

/// Refuses to go on when so much was read and no record came to an end.
struct Bounded<'a, R> {
    reader: R,
    since: &'a Cell<usize>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let since = self.since.get() + read;
        self.since.set(since);
        if since > LONGEST + (1 << 20) {
            let text = format!("a record of more than {} MiB", LONGEST >> 20);
            return Err(Error::new(ErrorKind::InvalidData, text));
        }
        Ok(read)
    }
}

/// Puts `null` in the place of `NaN`, `Infinity` and `-Infinity`, which Python writes and JSON has
/// not (RFC 8259, section 6), and passes over a byte order mark. Texts stay as they are.
struct WithoutNan<R> {
    reader: BufReader<R>,
    /// What is to be given before anything else is read, last first.
    ready: Vec<u8>,
    begun: bool,
    quoted: bool,
    escaped: bool,
    skipping: bool,
}

impl<R: Read> WithoutNan<R> {
    fn new(reader: R) -> Self {
        Self {
            reader: BufReader::with_capacity(1 << 16, reader),
            ready: Vec::new(),
            begun: false,
            quoted: false,
            escaped: false,
            skipping: false,
        }
    }

    /// What a byte of the file becomes, if anything.
    fn step(&mut self, byte: u8) -> Option<u8> {
        if self.quoted {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.quoted = false,
                _ => {}
            }
            return Some(byte);
        }
        match byte {
            // The letters behind the first one of a word that is no JSON.
            _ if self.skipping && byte.is_ascii_alphabetic() => None,
            b'N' | b'I' => {
                self.skipping = true;
                self.ready.extend(b"llun");
                None
            }
            _ => {
                self.skipping = false;
                self.quoted = byte == b'"';
                Some(byte)
            }
        }
    }
}

impl<R: Read> Read for WithoutNan<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut written = 0;
        while written < buffer.len() {
            if let Some(byte) = self.ready.pop() {
                buffer[written] = byte;
                written += 1;
                continue;
            }
            let chunk = self.reader.fill_buf()?;
            if !self.begun && chunk.starts_with(b"\xEF\xBB\xBF") {
                self.reader.consume(3);
                self.begun = true;
                continue;
            }
            self.begun = true;
            let Some(&first) = chunk.first() else {
                break;
            };
            // Plain stretches are copied at once.
            let plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | b'N' | b'I' | b'-');
            let usual = !self.skipping && !self.escaped;
            let fitting = &chunk[..chunk.len().min(buffer.len() - written)];
            let length = if usual {
                fitting.iter().take_while(|byte| plain(byte)).count()
            } else {
                0
            };
            if length > 0 {
                buffer[written..written + length].copy_from_slice(&chunk[..length]);
                self.reader.consume(length);
                written += length;
                continue;
            }
            self.reader.consume(1);
            if first == b'-' && !self.quoted {
                // `-Infinity` is a word as a whole.
                let next = self.reader.fill_buf()?.first().copied();
                if next == Some(b'I') {
                    continue;
                }
            }
            if let Some(byte) = self.step(first) {
                buffer[written] = byte;
                written += 1;
            }
        }
        Ok(written)
    }
}

struct File<'a, F> {
    pass: Pass,
    take: &'a mut F,
    since: &'a Cell<usize>,
}

impl<'de, F: FnMut(List, usize, &str) -> bool> DeserializeSeed<'de> for File<'_, F> {
    type Value = Vec<List>;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Vec<List>, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, F: FnMut(List, usize, &str) -> bool> Visitor<'de> for File<'_, F> {
    type Value = Vec<List>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with the lists of a COCO file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<List>, A::Error> {
        let mut lists = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let all = [List::Images, List::Categories, List::Annotations];
            let Some(list) = all.into_iter().find(|list| list.key() == key) else {
                map.next_value::<IgnoredAny>()?;
                self.since.set(0);
                continue;
            };
            if lists.contains(&list) {
                let text = format!("duplicate field `{key}`");
                return Err(serde::de::Error::custom(text));
            }
            lists.push(list);
            map.next_value_seed(Records {
                list,
                wanted: (list == List::Annotations) == (self.pass == Pass::Annotations),
                take: &mut *self.take,
                since: self.since,
                of: PhantomData,
            })?;
        }
        Ok(lists)
    }
}

struct Records<'a, 'de, F> {
    list: List,
    wanted: bool,
    take: &'a mut F,
    since: &'a Cell<usize>,
    of: PhantomData<&'de ()>,
}

impl<'de, F: FnMut(List, usize, &str) -> bool> DeserializeSeed<'de> for Records<'_, 'de, F> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(List, usize, &str) -> bool> Visitor<'de> for Records<'_, 'de, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the list `{}`", self.list.key())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        let mut index = 0;
        if !self.wanted {
            while records.next_element::<IgnoredAny>()?.is_some() {
                self.since.set(0);
            }
            return Ok(());
        }
        while let Some(record) = records.next_element::<Box<RawValue>>()? {
            self.since.set(0);
            if !(self.take)(self.list, index, record.get()) {
                let text = "too many records have no meaning";
                return Err(serde::de::Error::custom(text));
            }
            index += 1;
        }
        Ok(())
    }
}
