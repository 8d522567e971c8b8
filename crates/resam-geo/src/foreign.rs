//! Formats of rasters that are known and not read, told by their first bytes or by their names.

use std::io::Read;
use std::path::Path;

use fs_err::File;

/// The name of a format that is not read, if the file is of one that is known.
pub fn foreign_format(path: &Path) -> Option<&'static str> {
    if !path.is_file() {
        return None;
    }
    let mut start = Vec::new();
    let file = File::open(path).ok()?;
    file.take(4096).read_to_end(&mut start).ok()?;
    by_content(&start).or_else(|| by_name(path))
}

fn by_content(start: &[u8]) -> Option<&'static str> {
    let brand = start.get(4..12).unwrap_or_default();
    let text = String::from_utf8_lossy(&start[..start.len().min(512)]);
    Some(match start {
        [0, 0, 0, 12, b'j', b'P', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => "JPEG 2000",
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', ..] => "JPEG XL",
        _ if brand.starts_with(b"ftypavi") => "AVIF",
        _ if [b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"]
            .iter()
            .any(|one| brand == *one) =>
        {
            "HEIF (HEIC)"
        }
        [b'C', b'D', b'F', 1 | 2 | 5, ..] => "NetCDF",
        [0x89, b'H', b'D', b'F', ..] => "HDF5 or NetCDF 4",
        [0x0e, 3, 0x13, 1, ..] => "HDF4",
        [b'G', b'R', b'I', b'B', ..] => "GRIB",
        [b'N', b'I', b'T', b'F', ..] | [b'N', b'S', b'I', b'F', ..] => "NITF",
        _ if start.starts_with(b"EHFA_HEADER_TAG") => "Erdas Imagine",
        _ if start.starts_with(b"msid") => "MrSID",
        _ if start.starts_with(b"SIMPLE  =") => "FITS",
        [b'%', b'P', b'D', b'F', ..] => "PDF",
        [b'P', b'1'..=b'7', b'\n' | b' ' | b'\r', ..] => "PNM",
        _ if text.starts_with("ncols") || text.starts_with("NCOLS") => "Arc/Info ASCII grid",
        _ if text.trim_start().starts_with("<WMS")
            || text.trim_start().starts_with("<GDAL_WMS") =>
        {
            "a description of a web map"
        }
        _ => return None,
    })
}

fn by_name(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_string_lossy().to_ascii_lowercase();
    Some(match &*ending {
        "ecw" => "ECW",
        "jp2" | "j2k" | "jpx" => "JPEG 2000",
        "sid" => "MrSID",
        "img" => "Erdas Imagine",
        "hgt" => "SRTM heights",
        "mbtiles" => "MBTiles",
        "dt0" | "dt1" | "dt2" => "DTED",
        "avif" => "AVIF",
        "heic" | "heif" => "HEIF (HEIC)",
        "nc" => "NetCDF",
        "h5" | "hdf5" | "hdf" => "HDF",
        _ => return None,
    })
}

/// Whether a path names a file elsewhere, which only GDAL reads: by a protocol, or through one of
/// its virtual file systems.
pub fn is_remote(path: &str) -> bool {
    let protocols = [
        "http://", "https://", "ftp://", "s3://", "gs://", "az://", "abfs://", "/vsi",
    ];
    let lower = path.to_ascii_lowercase();
    protocols.iter().any(|protocol| lower.starts_with(protocol))
}

#[cfg(test)]
mod tests {
    use super::{by_content, is_remote};

    #[test]
    fn formats_are_told_by_the_bytes_that_their_specifications_begin_with() {
        let expected: [(&[u8], _); 7] = [
            (b"\0\0\0\x0cjP  \r\n\x87\n", Some("JPEG 2000")),
            (b"\0\0\0\x20ftypavif\0\0\0\0", Some("AVIF")),
            (b"\0\0\0\x18ftypheic\0\0\0\0", Some("HEIF (HEIC)")),
            (b"CDF\x01\0\0", Some("NetCDF")),
            (b"\x89HDF\r\n\x1a\n", Some("HDF5 or NetCDF 4")),
            (b"id,x,y\n1,2,3\n", None),
            (b"", None),
        ];
        for (bytes, format) in expected {
            assert_eq!(by_content(bytes), format);
        }
    }

    #[test]
    fn files_elsewhere_are_told_by_their_protocol() {
        for path in [
            "https://example.org/a.tif",
            "s3://bucket/a.tif",
            "/vsicurl/https://e.org/a",
        ] {
            assert!(is_remote(path), "{path}");
        }
        for path in ["a.tif", "/home/vsi/a.tif", "http.tif", "folder/https/a.tif"] {
            assert!(!is_remote(path), "{path}");
        }
    }
}
