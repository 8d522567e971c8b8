//! Which values are nodata: what a file says, or what the caller says.

use std::str::FromStr;

use crate::error::RasterError;
use crate::info::ValidFrom;
use crate::raster::Raster;
use crate::sample::SampleKind;

/// The values of samples that hold no data, as a caller says them.
#[derive(Debug, Clone, PartialEq)]
pub enum Nodata {
    /// No value: all samples are data, as far as values tell.
    None,
    /// One value for all bands, or one a band.
    Values(Vec<f64>),
}

/// The error of a text that is not a [`Nodata`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no nodata value\n\nhint: give a number, one for each band such as 0,0,255, nan, or none"
)]
pub struct NodataError(String);

impl FromStr for Nodata {
    type Err = NodataError;

    fn from_str(text: &str) -> Result<Self, NodataError> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self::None);
        }
        let values: Option<Vec<f64>> = text
            .split(',')
            .map(|part| part.trim().parse().ok())
            .collect();
        values
            .map(Self::Values)
            .ok_or_else(|| NodataError(text.to_owned()))
    }
}

impl std::fmt::Display for Nodata {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => formatter.write_str("none"),
            Self::Values(values) => {
                let values: Vec<String> = values.iter().map(f64::to_string).collect();
                formatter.write_str(&values.join(","))
            }
        }
    }
}

impl Raster {
    /// The raster with other nodata values than its file says.
    ///
    /// # Errors
    /// [`RasterError::NodataCount`] when there are several values, and not one a band.
    pub fn with_nodata(mut self, nodata: &Nodata) -> Result<Self, RasterError> {
        let bands = self.bands();
        let values = match nodata {
            Nodata::None => Vec::new(),
            Nodata::Values(values) if values.len() == 1 => vec![Some(values[0]); bands],
            Nodata::Values(values) if values.len() == bands => {
                values.iter().copied().map(Some).collect()
            }
            Nodata::Values(values) => {
                return Err(RasterError::NodataCount {
                    path: self.path().to_owned(),
                    count: values.len(),
                    bands,
                });
            }
        };
        let said = self.info.nodata.as_deref().unwrap_or("none");
        if said != nodata.to_string() {
            let note = format!("its nodata value is {nodata}, as asked for; its file says {said}");
            self.info.notes.push(note);
        }
        self.info.nodata = (*nodata != Nodata::None).then(|| nodata.to_string());
        self.info
            .valid_from
            .retain(|from| *from != ValidFrom::Nodata);
        self.pixels.nodata = values;
        if !self.pixels.nodata.is_empty() {
            self.info.valid_from.insert(0, ValidFrom::Nodata);
        }
        Ok(self)
    }
}

/// The nodata values of a file, one a band, from their texts. Values that no sample can have are
/// none; notes say so.
pub(crate) fn nodata_of_file(
    texts: &[Option<String>],
    kind: SampleKind,
    notes: &mut Vec<String>,
) -> Vec<Option<f64>> {
    let mut values = Vec::new();
    for text in texts {
        let value = text.as_deref().map(|text| (text, number_at_start(text)));
        let note = match value {
            Some((text, None)) => format!("its nodata value `{text}` is no number and not used"),
            Some((text, Some(value))) if !kind.holds(value) => {
                format!(
                    "its nodata value {text} is none that samples of {kind} can have, and not used"
                )
            }
            Some((_, Some(value))) => {
                values.push(Some(value));
                continue;
            }
            None => {
                values.push(None);
                continue;
            }
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
        values.push(None);
    }
    if values.iter().all(Option::is_none) {
        values.clear();
    }
    values
}

/// The number that a text begins with: files of several bands repeat it for each.
fn number_at_start(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let word = text.split([' ', '\t', ';', '\n']).next()?;
    // Some software writes a comma for the point.
    let word = word.replacen(',', ".", 1);
    let ends = (1..=word.len())
        .rev()
        .filter(|&end| word.is_char_boundary(end));
    ends.into_iter().find_map(|end| {
        let start = &word[..end];
        let is_number = start.ends_with(|last: char| last.is_ascii_digit() || last == '.');
        start.parse().ok().filter(|_| is_number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_that_a_text_begins_with_is_its_nodata_value() {
        let expected = [
            ("0 0 0", Some(0.0)),
            (" 7 ", Some(7.0)),
            ("1e2", Some(100.0)),
            ("-9999.0", Some(-9999.0)),
            ("0,5", Some(0.5)),
            ("255;255", Some(255.0)),
            ("none", None),
            ("", None),
        ];
        for (text, value) in expected {
            assert_eq!(number_at_start(text), value, "{text}");
        }
        assert!(number_at_start("nan").is_some_and(f64::is_nan));
        assert_eq!(number_at_start("-inf"), Some(f64::NEG_INFINITY));
    }

    #[test]
    fn what_a_caller_says_is_numbers_or_none() {
        assert_eq!("none".parse(), Ok(Nodata::None));
        assert_eq!(
            "0, 0,255".parse(),
            Ok(Nodata::Values(vec![0.0, 0.0, 255.0]))
        );
        assert!("zero".parse::<Nodata>().is_err());
        assert!("".parse::<Nodata>().is_err());
    }
}
