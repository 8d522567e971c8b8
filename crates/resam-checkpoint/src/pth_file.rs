//! Writes the zip archive that `torch.save` writes of a dictionary of tensors:
//! `torch.load(weights_only=True)` reads it.
//!
//! The pickle is the one of `torch.save`, to the byte: protocol 2, each tensor a call of
//! `_rebuild_tensor_v2` over a storage of its own.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufWriter, IntoInnerError, Write};
use std::path::Path;

use resam_files::Unfinished;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::tensor::Dtype;
use crate::write::TensorLayout;

/// Where the elements of a storage begin, as `torch.save` has it: a multiple of so many bytes.
const ALIGNMENT: u16 = 64;
/// Entries that one instruction sets at the most.
const BATCH: usize = 1000;

/// Whether a name asks for such a file.
pub(crate) fn is_asked_for(path: &Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|of| of.eq_ignore_ascii_case("pth") || of.eq_ignore_ascii_case("pt"))
}

/// Writes a file whose tensors are made one at a time: `bytes(i)` is called once for each of
/// `tensors[i]`, in their order. Returns the size of the file in bytes.
pub(crate) fn write_streamed<'a>(
    path: &Path,
    tensors: &[TensorLayout<'_>],
    mut bytes: impl FnMut(usize) -> Result<Cow<'a, [u8]>, String>,
) -> Result<u64, String> {
    let words = |error: std::io::Error| error.to_string();
    let of_zip = |error: zip::result::ZipError| error.to_string();
    let root = path.file_stem().unwrap_or_default().to_string_lossy();
    let stored = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .with_alignment(ALIGNMENT);
    let mut zip = ZipWriter::new(BufWriter::new(Unfinished::beside(path).map_err(words)?));
    let mut entry = |name: &str, content: &[u8]| {
        let large = u32::try_from(content.len()).is_err();
        zip.start_file(format!("{root}/{name}"), stored.large_file(large))
            .map_err(of_zip)?;
        zip.write_all(content).map_err(words)
    };
    entry("data.pkl", &pickle(tensors)?)?;
    entry("byteorder", b"little")?;
    for (index, tensor) in tensors.iter().enumerate() {
        let bytes = bytes(index)?;
        tensor.check(&bytes)?;
        entry(&format!("data/{index}"), &bytes)?;
    }
    entry("version", b"3\n")?;
    let file = zip.finish().map_err(of_zip)?;
    let file = file.into_inner().map_err(IntoInnerError::into_error);
    let file = file.map_err(words)?;
    let size = file.file().metadata().map_err(words)?.len();
    file.finish().map_err(words)?;
    Ok(size)
}

/// The pickle of a dictionary of tensors, the first of which has the storage `0`.
fn pickle(tensors: &[TensorLayout<'_>]) -> Result<Vec<u8>, String> {
    let mut pickle = Pickle::default();
    pickle.bytes.extend(b"\x80\x02}");
    pickle.remember();
    for (batch, tensors) in tensors.chunks(BATCH).enumerate() {
        // One entry is set without a mark.
        let is_alone = tensors.len() == 1;
        if !is_alone {
            pickle.bytes.push(b'(');
        }
        for (at, tensor) in tensors.iter().enumerate() {
            pickle.text(tensor.name)?;
            pickle.tensor(tensor, batch * BATCH + at)?;
        }
        pickle.bytes.push(if is_alone { b's' } else { b'u' });
    }
    pickle.bytes.push(b'.');
    Ok(pickle.bytes)
}

/// Instructions, and what was remembered by number for being used again.
#[derive(Default)]
struct Pickle {
    bytes: Vec<u8>,
    remembered: u32,
    known: HashMap<&'static str, u32>,
}

impl Pickle {
    fn tensor(&mut self, tensor: &TensorLayout<'_>, key: usize) -> Result<(), String> {
        let elements: usize = tensor.shape.iter().product();
        self.once("ctorch._utils\n_rebuild_tensor_v2\n");
        self.bytes.extend(b"((");
        self.once("X\x07\0\0\0storage");
        self.once(storage_class(tensor.dtype));
        self.text(&key.to_string())?;
        self.once("X\x03\0\0\0cpu");
        self.number(elements)?;
        self.bytes.push(b't');
        self.remember();
        self.bytes.extend(b"QK\0");
        self.tuple(tensor.shape)?;
        self.tuple(&strides(tensor.shape))?;
        // It wants no gradient, and has no hooks.
        self.bytes.push(b'\x89');
        self.once("ccollections\nOrderedDict\n");
        self.bytes.extend(b")R");
        self.remember();
        for instruction in [b't', b'R'] {
            self.bytes.push(instruction);
            self.remember();
        }
        Ok(())
    }

    /// What is on top of the stack gets the next number.
    fn remember(&mut self) {
        self.numbered([b'q', b'r'], self.remembered);
        self.remembered += 1;
    }

    /// Instructions that make a value, and from the second time on the value's number.
    fn once(&mut self, instructions: &'static str) {
        if let Some(&number) = self.known.get(instructions) {
            self.numbered([b'h', b'j'], number);
            return;
        }
        self.bytes.extend(instructions.as_bytes());
        self.known.insert(instructions, self.remembered);
        self.remember();
    }

    /// An instruction about a remembered value, in its short form or its long one.
    fn numbered(&mut self, [short, long]: [u8; 2], number: u32) {
        if let Ok(number) = u8::try_from(number) {
            self.bytes.extend([short, number]);
        } else {
            self.bytes.push(long);
            self.bytes.extend(number.to_le_bytes());
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        let length = u32::try_from(text.len()).map_err(|_| "a name is too long".to_owned())?;
        self.bytes.push(b'X');
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(text.as_bytes());
        self.remember();
        Ok(())
    }

    fn number(&mut self, value: usize) -> Result<(), String> {
        if let Ok(value) = u8::try_from(value) {
            self.bytes.extend([b'K', value]);
        } else if let Ok(value) = u16::try_from(value) {
            self.bytes.push(b'M');
            self.bytes.extend(value.to_le_bytes());
        } else {
            let value = i32::try_from(value)
                .map_err(|_| format!("a tensor of {value} elements is too large for a .pth"))?;
            self.bytes.push(b'J');
            self.bytes.extend(value.to_le_bytes());
        }
        Ok(())
    }

    fn tuple(&mut self, values: &[usize]) -> Result<(), String> {
        if values.is_empty() {
            self.bytes.push(b')');
            return Ok(());
        }
        if values.len() > 3 {
            self.bytes.push(b'(');
        }
        for &value in values {
            self.number(value)?;
        }
        self.bytes.push(match values.len() {
            1 => b'\x85',
            2 => b'\x86',
            3 => b'\x87',
            _ => b't',
        });
        self.remember();
        Ok(())
    }
}

/// Elements from one place to the next in each dimension, in row-major order.
fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for at in (1..shape.len()).rev() {
        strides[at - 1] = strides[at] * shape[at].max(1);
    }
    strides
}

fn storage_class(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F64 => "ctorch\nDoubleStorage\n",
        Dtype::F32 => "ctorch\nFloatStorage\n",
        Dtype::F16 => "ctorch\nHalfStorage\n",
        Dtype::BF16 => "ctorch\nBFloat16Storage\n",
        Dtype::I64 => "ctorch\nLongStorage\n",
        Dtype::I32 => "ctorch\nIntStorage\n",
        Dtype::I16 => "ctorch\nShortStorage\n",
        Dtype::I8 => "ctorch\nCharStorage\n",
        Dtype::U8 => "ctorch\nByteStorage\n",
        Dtype::Bool => "ctorch\nBoolStorage\n",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// The pickle of a file that `torch.save` wrote, see `tests/fixtures/make_fixtures.py`.
    fn of_torch(name: &str) -> Vec<u8> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let file = std::fs::File::open(fixtures.join(name)).expect("a fixture");
        let mut archive = zip::ZipArchive::new(file).expect("an archive");
        let inside = format!("{}/data.pkl", name.trim_end_matches(".pth"));
        let mut bytes = Vec::new();
        let mut entry = archive.by_name(&inside).expect("a pickle");
        entry.read_to_end(&mut bytes).expect("its bytes");
        bytes
    }

    #[test]
    fn the_pickle_is_that_of_torch_save_to_the_byte() {
        let layout = |name, dtype, shape| TensorLayout { name, dtype, shape };
        let weight = |dtype| [layout("a.weight", dtype, &[2, 3])];
        let f32 = [
            layout("a.weight", Dtype::F32, &[2, 3]),
            layout("a.bias", Dtype::F32, &[2]),
        ];
        let of_type = |name, dtype| layout(name, dtype, &[2]);
        let integers = [
            of_type("i64", Dtype::I64),
            of_type("i32", Dtype::I32),
            of_type("i16", Dtype::I16),
            of_type("i8", Dtype::I8),
            of_type("u8", Dtype::U8),
            of_type("bool", Dtype::Bool),
            layout("scalar", Dtype::F32, &[]),
        ];
        for (file, layouts) in [
            ("f32.pth", &f32[..]),
            ("f16.pth", &weight(Dtype::F16)),
            ("bf16.pth", &weight(Dtype::BF16)),
            ("f64.pth", &weight(Dtype::F64)),
            ("integers.pth", &integers),
        ] {
            assert_eq!(pickle(layouts).expect("a pickle"), of_torch(file), "{file}");
        }
    }
}
