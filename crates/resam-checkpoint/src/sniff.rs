//! Detects the kind of a file from its first bytes; the name does not matter.

use crate::safetensors_file::LONGEST_HEADER;

/// The kind of a file.
#[derive(Debug, PartialEq)]
pub(crate) enum Kind {
    /// A zip archive, as `torch.save` has written since 2020.
    Zip,
    /// A safetensors file.
    Safetensors,
    /// Another kind: its description, and what the user can do.
    Foreign {
        looks_like: String,
        hint: &'static str,
    },
}

const CONVERT: &str = "save it again with a recent PyTorch, \
                       `torch.save(torch.load(FILE), \"weights.pth\")`, or convert it to safetensors";
const PICK: &str = "pass a `.pth` or `.safetensors` checkpoint of Segment Anything";
const FETCH: &str = "the download did not give the weights themselves, fetch them again";

/// The first bytes of other kinds of files that are sometimes passed as checkpoints.
const SIGNATURES: &[(&[u8], &str, &str)] = &[
    // The pickle of 0x1950a86a20f9469cfc6c, with which torch.save began before it wrote zip.
    (
        b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
        "a PyTorch checkpoint in the legacy format, a bare pickle",
        CONVERT,
    ),
    (b"\x80\x02", "a bare pickle", CONVERT),
    (b"\x80\x03", "a bare pickle", CONVERT),
    (b"\x80\x04", "a bare pickle", CONVERT),
    (b"\x80\x05", "a bare pickle", CONVERT),
    (
        b"version https://git-lfs.github.com/spec/",
        "a git-lfs pointer",
        "run `git lfs pull` to get the weights themselves",
    ),
    (b"\x93NUMPY", "a NumPy array", PICK),
    (b"\xff\xd8\xff", "a JPEG image", PICK),
    (b"\x89PNG", "a PNG image", PICK),
    (b"GIF8", "a GIF image", PICK),
    (b"II*\0", "a TIFF image", PICK),
    (b"MM\0*", "a TIFF image", PICK),
    (b"II+\0", "a TIFF image", PICK),
    (b"RIFF", "a WebP image", PICK),
    (b"%PDF", "a PDF document", PICK),
    (b"\x89HDF", "an HDF5 file", PICK),
    (b"GGUF", "a GGUF model", PICK),
    (b"\x08\x07\x12", "an ONNX model", PICK),
    (b"\x08\x08\x12", "an ONNX model", PICK),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"BZh", "a bzip2 archive", "unpack it first"),
    (b"\xfd7zXZ", "an xz archive", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it first"),
];

/// How many bytes of a file are looked at.
pub(crate) const BYTES: usize = 512;

/// The kind of a file that is not empty, from its first [`BYTES`].
pub(crate) fn kind(file: &[u8]) -> Kind {
    let foreign = |looks_like: &str, hint| Kind::Foreign {
        looks_like: looks_like.into(),
        hint,
    };
    if file.starts_with(b"PK\x03\x04") || file.starts_with(b"PK\x05\x06") {
        return Kind::Zip;
    }
    // Before the signatures: the length of a header may begin with the two bytes of a pickle.
    let opens_json = file.get(8) == Some(&b'{');
    if opens_json && header_length(file).is_some_and(|length| length <= LONGEST_HEADER) {
        return Kind::Safetensors;
    }
    for (signature, looks_like, hint) in SIGNATURES {
        if file.starts_with(signature) {
            return foreign(looks_like, hint);
        }
    }
    if file.get(257..262) == Some(b"ustar") {
        return foreign("a tar archive", "unpack it first");
    }
    let text = file[..file.len().min(BYTES)]
        .trim_ascii_start()
        .to_ascii_lowercase();
    if text.starts_with(b"<!doctype html") || text.starts_with(b"<html") {
        return foreign("an HTML page", FETCH);
    }
    if text.starts_with(b"<?xml") {
        return foreign(
            "an XML document, perhaps an error message of a download server",
            FETCH,
        );
    }
    if text.starts_with(b"{") || text.starts_with(b"[") {
        return foreign("a JSON file", PICK);
    }
    if text.iter().all(|&byte| byte == 0) {
        return foreign("a block of zeros, a download that was never filled", FETCH);
    }
    if opens_json {
        return Kind::Safetensors;
    }
    let first: Vec<_> = file
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Kind::Foreign {
        looks_like: format!("nothing known (it begins {})", first.join(" ")),
        hint: PICK,
    }
}

fn header_length(file: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(*file.first_chunk()?))
}
