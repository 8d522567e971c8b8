//! Whole numbers as people's programs write them.

use std::fmt;

use serde::Deserialize;
use serde::de::{Error, Visitor};

/// A whole number that is not negative: `1`, `1.0` or `"1"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Clone, Copy)]
        struct Whole;
        impl Visitor<'_> for Whole {
            type Value = Number;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a whole number that is not negative")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
                let whole = u64::try_from(number);
                let refuse = |_| E::invalid_value(serde::de::Unexpected::Signed(number), &self);
                whole.map(Number).map_err(refuse)
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
                let whole = resam_prompt::whole(number).and_then(|number| number.try_into().ok());
                let refuse = || E::invalid_value(serde::de::Unexpected::Float(number), &self);
                whole.map(Number).ok_or_else(refuse)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                let whole = text.trim().parse().ok();
                let real = || self.visit_f64::<E>(text.trim().parse().ok()?).ok();
                let refuse = || E::invalid_value(serde::de::Unexpected::Str(text), &self);
                whole.map(Number).or_else(real).ok_or_else(refuse)
            }
        }
        deserializer.deserialize_any(Whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one_whole_number_is_one_and_nothing_else() {
        for text in ["7", "7.0", "\"7\"", "\" 7 \"", "\"7.0\"", "7e0"] {
            let number: Number = serde_json::from_str(text).expect(text);
            assert_eq!(number, Number(7), "{text}");
        }
        for text in [
            "-1", "7.5", "\"\"", "\"a7\"", "null", "true", "[7]", "1e300",
        ] {
            assert!(serde_json::from_str::<Number>(text).is_err(), "{text}");
        }
    }
}
