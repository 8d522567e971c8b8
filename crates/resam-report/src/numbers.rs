//! Numbers as text.

/// From here on, a number is written in powers of ten.
const TOO_LONG: f64 = 1e15;
/// The most decimals; a double has no more.
const MOST_DECIMALS: usize = 15;

/// A finite number with `digits` decimals: `−0.50`, `12 000` (a narrow space, from 10 000 on).
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    if value.abs() >= TOO_LONG {
        return scientific(value, 3);
    }
    let decimals = decimals.min(MOST_DECIMALS);
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text.as_str(), None),
    };
    let mut written = String::new();
    // What rounds to zero has no sign.
    if value < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        written.push('−');
    }
    for (index, digit) in whole.char_indices() {
        let left = whole.len() - index;
        if whole.len() > 4 && index > 0 && left % 3 == 0 {
            written.push('\u{202f}');
        }
        written.push(digit);
    }
    if let Some(fraction) = fraction {
        written.push('.');
        written.push_str(fraction);
    }
    written
}

/// A finite number with its own power of ten: `2.5×10⁻⁵`.
fn scientific(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            format!("{}×10{}", mantissa.replace('-', "−"), raised(exponent))
        }
        None => text,
    }
}

/// A finite number as so much of a given power of ten, from -300 to 300: `0.5×10⁻⁵`.
pub(crate) fn in_power(value: f64, decimals: usize, exponent: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let mantissa = fixed(value / 10_f64.powi(exponent), decimals);
    format!("{mantissa}×10{}", raised(&exponent.to_string()))
}

/// A finite number to four significant digits: `0.05120`, `1234`, `3.142×10⁻⁷`.
pub(crate) fn significant(value: f64) -> String {
    let exponent = exponent_of(value);
    if value == 0.0 {
        "0".to_owned()
    } else if (-4..7).contains(&exponent) {
        fixed(value, (3 - exponent).max(0) as usize)
    } else {
        scientific(value, 3)
    }
}

/// The power of ten that a finite number starts with; 0 for zero.
pub(crate) fn exponent_of(value: f64) -> i32 {
    if value == 0.0 {
        0
    } else {
        value.abs().log10().floor() as i32
    }
}

/// A whole number in small raised digits.
fn raised(number: &str) -> String {
    let raised = |character| match character {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        _ => character
            .to_digit(10)
            .and_then(|digit| char::from_u32(0x2070 + digit))
            .unwrap_or(character),
    };
    number.chars().map(raised).collect()
}
