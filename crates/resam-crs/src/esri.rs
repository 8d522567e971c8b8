//! The registry of ESRI: its own CRSs, and its names for CRSs and datums of EPSG.
//!
//! The tables are made by `scripts/crs_tables.py`.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::methods::plain;

/// A CRS of ESRI.
#[derive(Clone, Copy)]
pub(crate) enum Entry {
    /// A projection on a geographic CRS.
    Projected {
        name: &'static str,
        /// The authority and the code of the geographic CRS.
        base: (&'static str, u32),
        /// As PROJ writes it, without the datum.
        projection: &'static str,
    },
    /// Longitude and latitude in degrees.
    Geographic {
        name: &'static str,
        /// Half axis in metres, inverse flattening, prime meridian in degrees: as text.
        numbers: [&'static str; 3],
        datum: &'static str,
    },
}

impl Entry {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Projected { name, .. } | Self::Geographic { name, .. } => name,
        }
    }
}

fn lines(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().map(|line| line.split('\t').collect())
}

/// The CRS with a code.
pub(crate) fn find(code: u32) -> Option<Entry> {
    entries().get(&code).copied()
}

fn entries() -> &'static HashMap<u32, Entry> {
    static ENTRIES: OnceLock<HashMap<u32, Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let entry = |line: Vec<&'static str>| match line[..] {
            ["P", code, name, base, projection] => {
                let (authority, base) = base.split_once(':')?;
                let base = (authority, base.parse().ok()?);
                let entry = Entry::Projected {
                    name,
                    base,
                    projection,
                };
                Some((code.parse().ok()?, entry))
            }
            ["G", code, name, axis, flattening, meridian, datum] => {
                let numbers = [axis, flattening, meridian];
                let entry = Entry::Geographic {
                    name,
                    numbers,
                    datum,
                };
                Some((code.parse().ok()?, entry))
            }
            _ => None,
        };
        lines(include_str!("../data/esri.tsv"))
            .filter_map(entry)
            .collect()
    })
}

/// The authority and the code of the CRS that ESRI calls so.
pub(crate) fn named(name: &str) -> Option<(&'static str, u32)> {
    static NAMES: OnceLock<HashMap<String, (&'static str, u32)>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let of_epsg = lines(include_str!("../data/esri_names.tsv")).filter_map(|line| {
            let [code, name] = line[..] else { return None };
            Some((plain(name), ("EPSG", code.parse().ok()?)))
        });
        let own = entries()
            .iter()
            .map(|(&code, entry)| (plain(entry.name()), ("ESRI", code)));
        own.chain(of_epsg).collect()
    });
    names.get(&plain(name)).copied()
}

/// The EPSG code of a geographic CRS on the datum that ESRI, or EPSG in short, calls so.
pub(crate) fn datum_named(name: &str) -> Option<u16> {
    static NAMES: OnceLock<HashMap<String, u16>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let known = lines(include_str!("../data/esri_datums.tsv")).filter_map(|line| {
            let [code, name] = line[..] else { return None };
            Some((
                plain(name.strip_prefix("D_").unwrap_or(name)),
                code.parse().ok()?,
            ))
        });
        known.collect()
    });
    names
        .get(&plain(name.strip_prefix("D_").unwrap_or(name)))
        .copied()
}
