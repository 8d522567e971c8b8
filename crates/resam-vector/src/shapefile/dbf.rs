//! The attributes: dBASE tables.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use resam_prompt::{Field, FieldKind, Value};

const HEADER: usize = 32;
const DESCRIPTOR: usize = 32;

struct Column {
    field: Field,
    kind: u8,
    length: usize,
}

/// A table that is read record by record.
pub(super) struct Table<'a> {
    rest: &'a [u8],
    record: usize,
    columns: Vec<Column>,
    encoding: &'static Encoding,
}

/// The values of a record, none if it is marked as deleted.
pub(super) type Values = Option<Vec<(usize, Value)>>;

impl<'a> Table<'a> {
    /// Reads the header. `said` is the encoding that a file beside it names.
    pub(super) fn open(bytes: &'a [u8], said: Option<&'static Encoding>) -> Result<Self, String> {
        let short = || "ends within its header".to_owned();
        let head = bytes.first_chunk::<HEADER>().ok_or_else(short)?;
        let header = usize::from(u16::from_le_bytes([head[8], head[9]]));
        let record = usize::from(u16::from_le_bytes([head[10], head[11]]));
        let descriptors = bytes.get(HEADER..header).ok_or_else(short)?;
        let encoding = said.or_else(|| language(head[29])).unwrap_or(WINDOWS_1252);
        let mut columns: Vec<Column> = Vec::new();
        for descriptor in descriptors.chunks_exact(DESCRIPTOR) {
            if matches!(descriptor[0], 0x0D | 0) {
                break;
            }
            let name = &descriptor[..11];
            let end = name.iter().position(|&byte| byte == 0).unwrap_or(11);
            let (length, decimals) = (descriptor[16], descriptor[17]);
            let kind = descriptor[11].to_ascii_uppercase();
            columns.push(Column {
                field: Field::new(
                    text(&name[..end], encoding).trim(),
                    match kind {
                        b'L' => FieldKind::Bool,
                        b'D' => FieldKind::Date,
                        b'F' | b'N' if decimals > 0 => FieldKind::Real,
                        b'N' if length <= 18 => FieldKind::Integer,
                        b'F' | b'N' => FieldKind::Real,
                        _ => FieldKind::Text,
                    },
                ),
                kind,
                length: match kind {
                    // Long texts keep the high part of their length where numbers keep decimals.
                    b'C' => usize::from(u16::from_le_bytes([length, decimals])),
                    _ => usize::from(length),
                },
            });
        }
        let needed: usize = 1 + columns.iter().map(|column| column.length).sum::<usize>();
        if record < needed {
            return Err(format!(
                "has records of {record} bytes for columns of {needed}"
            ));
        }
        Ok(Self {
            rest: &bytes[header..],
            record,
            columns,
            encoding,
        })
    }

    pub(super) fn fields(&self) -> Vec<Field> {
        self.columns
            .iter()
            .map(|column| column.field.clone())
            .collect()
    }

    /// The next record; none behind the last one that is whole.
    pub(super) fn next(&mut self) -> Option<Values> {
        let record = self.rest.get(..self.record)?;
        self.rest = &self.rest[self.record..];
        if record[0] == b'*' {
            return Some(None);
        }
        let mut values = Vec::with_capacity(self.columns.len());
        let mut at = 1;
        for (place, column) in self.columns.iter().enumerate() {
            let cell = &record[at..at + column.length];
            at += column.length;
            let value = value(column, cell, self.encoding);
            if value != Value::Null {
                values.push((place, value));
            }
        }
        Some(Some(values))
    }
}

fn value(column: &Column, cell: &[u8], encoding: &'static Encoding) -> Value {
    let plain = || {
        String::from_utf8_lossy(cell)
            .trim_matches([' ', '\0'])
            .to_owned()
    };
    match column.kind {
        b'L' => match cell.first() {
            Some(b'T' | b't' | b'Y' | b'y') => Value::Bool(true),
            Some(b'F' | b'f' | b'N' | b'n') => Value::Bool(false),
            _ => Value::Null,
        },
        b'D' => {
            let text = plain();
            if text.len() == 8
                && text.bytes().all(|byte| byte.is_ascii_digit())
                && text != "00000000"
            {
                Value::Date(format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
            } else {
                Value::Null
            }
        }
        b'N' | b'F' => {
            let text = plain();
            let whole = || text.parse().map(Value::Integer).ok();
            let real = || text.parse().map(Value::Real).ok();
            let value = match column.field.kind {
                FieldKind::Integer => whole().or_else(real),
                _ => real(),
            };
            // Stars stand for numbers that did not fit.
            value.unwrap_or(Value::Null)
        }
        // Binary, memo and other kinds point into files of their own.
        b'C' => {
            let text = text(cell, encoding);
            match text.trim_end_matches([' ', '\0']) {
                "" => Value::Null,
                text => Value::Text(text.to_owned()),
            }
        }
        _ => Value::Null,
    }
}

fn text(bytes: &[u8], encoding: &'static Encoding) -> String {
    let (text, _, _) = encoding.decode(bytes);
    text.into_owned()
}

/// The encoding of a code page by number.
pub(super) fn code_page(page: u32) -> Option<&'static Encoding> {
    let label = match page {
        65001 | 8 => return Some(UTF_8),
        866 | 874 | 1250..=1258 => format!("windows-{page}").replace("windows-866", "ibm866"),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        28591..=28606 => format!("iso-8859-{}", page - 28590),
        88591..=88599 => format!("iso-8859-{}", page - 88590),
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}

/// The encoding of a table's language byte, where there is one for it.
fn language(byte: u8) -> Option<&'static Encoding> {
    code_page(match byte {
        0x03 | 0x57 | 0x58 => 1252,
        0x26 | 0x65 => 866,
        0x4D | 0x7A => 936,
        0x4E | 0x79 => 949,
        0x4F | 0x78 => 950,
        0x13 | 0x7B => 932,
        0x50 | 0x7C => 874,
        0xC8 => 1250,
        0xC9 => 1251,
        0xCA => 1254,
        0xCB => 1253,
        0xCC => 1257,
        _ => return None,
    })
}
