//! Values that several arguments take.

/// A size from 0 up.
pub(super) fn area(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(area) if area >= 0.0 && area.is_finite() => Ok(area),
        _ => Err("give a number from 0 up".to_owned()),
    }
}

/// The same, or all.
pub(super) fn hole(text: &str) -> Result<f64, String> {
    match text {
        "inf" => Ok(f64::INFINITY),
        text => area(text),
    }
}

/// A number of minutes.
pub(super) fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(minutes) if minutes > 0.0 && minutes.is_finite() => Ok(minutes),
        _ => Err("give minutes as a number above 0".to_owned()),
    }
}

/// Gigabytes, as bytes.
pub(super) fn gigabytes(text: &str) -> Result<u64, String> {
    match text.parse::<f64>() {
        Ok(size) if (0.0..=1e9).contains(&size) => Ok((size * 1e9) as u64),
        _ => Err("give gigabytes as a number from 0 up".to_owned()),
    }
}

/// From which IoU on objects are one; none where every object is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dedup(pub(crate) Option<f64>);

/// An IoU above 0, or `none`.
pub(super) fn dedup(text: &str) -> Result<Dedup, String> {
    match (text, text.parse::<f64>()) {
        ("none", _) => Ok(Dedup(None)),
        (_, Ok(1.0)) => Ok(Dedup(None)),
        (_, Ok(iou)) if iou > 0.0 && iou < 1.0 => Ok(Dedup(Some(iou))),
        _ => Err("give an IoU above 0 and up to 1, or `none`".to_owned()),
    }
}
