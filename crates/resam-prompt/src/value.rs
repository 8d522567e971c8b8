//! Attributes: what a user knows about an object, as fields of tables and layers hold it.

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number; one that is not finite is written as null.
    Real(f64),
    /// Text.
    Text(String),
    /// A day, as `2024-01-31`.
    Date(String),
    /// A time of a day, as `2024-01-31T12:30:00` with what follows of ISO 8601.
    DateTime(String),
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// [`Value::Bool`].
    Bool,
    /// [`Value::Integer`].
    Integer,
    /// [`Value::Real`].
    Real,
    /// [`Value::Text`].
    Text,
    /// [`Value::Date`].
    Date,
    /// [`Value::DateTime`].
    DateTime,
}

/// A column of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name.
    pub name: String,
    /// What its values are, beside nulls.
    pub kind: FieldKind,
}

impl Field {
    /// A field.
    pub fn new(name: impl Into<String>, kind: FieldKind) -> Self {
        Self {
            name: name.into(),
            kind,
        }
    }
}

impl Value {
    /// What kind of field holds it; nothing for null.
    pub fn kind(&self) -> Option<FieldKind> {
        match self {
            Self::Null => None,
            Self::Bool(_) => Some(FieldKind::Bool),
            Self::Integer(_) => Some(FieldKind::Integer),
            Self::Real(_) => Some(FieldKind::Real),
            Self::Text(_) => Some(FieldKind::Text),
            Self::Date(_) => Some(FieldKind::Date),
            Self::DateTime(_) => Some(FieldKind::DateTime),
        }
    }

    /// The value as a field of this kind holds it: whole numbers become reals, anything becomes
    /// text, a real without a fraction becomes a whole number; what has no such form is null.
    pub fn to_kind(&self, kind: FieldKind) -> Self {
        match (self, kind) {
            (Self::Bool(_), FieldKind::Bool)
            | (Self::Integer(_), FieldKind::Integer)
            | (Self::Text(_), FieldKind::Text)
            | (Self::Date(_), FieldKind::Date)
            | (Self::DateTime(_), FieldKind::DateTime) => self.clone(),
            (Self::Text(text), FieldKind::Date) if is_date(text) => Self::Date(text.clone()),
            (Self::Text(text), FieldKind::DateTime) if is_date_time(text) => {
                Self::DateTime(text.clone())
            }
            (Self::Date(text) | Self::DateTime(text), FieldKind::Text) => Self::Text(text.clone()),
            (Self::Real(value), FieldKind::Real) if value.is_finite() => self.clone(),
            (Self::Bool(value), FieldKind::Integer) => Self::Integer(i64::from(*value)),
            (Self::Integer(0), FieldKind::Bool) => Self::Bool(false),
            (Self::Integer(1), FieldKind::Bool) => Self::Bool(true),
            (Self::Integer(value), FieldKind::Real) => Self::Real(*value as f64),
            (Self::Real(value), FieldKind::Integer) => {
                whole(*value).map_or(Self::Null, Self::Integer)
            }
            (Self::Bool(value), FieldKind::Text) => Self::Text(value.to_string()),
            (Self::Integer(value), FieldKind::Text) => Self::Text(value.to_string()),
            (Self::Real(value), FieldKind::Text) => Self::Text(value.to_string()),
            _ => Self::Null,
        }
    }

    /// It as a message repeats it, cut short.
    pub fn shown(&self) -> String {
        let text = match self {
            Self::Null => return String::new(),
            Self::Text(text) | Self::Date(text) | Self::DateTime(text) => text.clone(),
            _ => match self.to_kind(FieldKind::Text) {
                Self::Text(text) => text,
                _ => String::new(),
            },
        };
        text.chars().take(60).collect()
    }

    /// Whether values of a column `label` are classes: there are some, and none says whether a
    /// point is on its object.
    pub fn are_classes<'a>(values: impl IntoIterator<Item = &'a Self>) -> bool {
        let is_empty = |value: &&Self| match value {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        };
        let mut present = values
            .into_iter()
            .filter(|value| !is_empty(value))
            .peekable();
        present.peek().is_some() && present.all(|value| value.as_label().is_none())
    }

    /// What it says as a label: 1, true, yes, positive and no value are on the object (true); 0,
    /// false, no and negative are off it (false). Nothing for what is no label.
    pub fn as_label(&self) -> Option<bool> {
        match self {
            Self::Null => Some(true),
            Self::Bool(label) => Some(*label),
            Self::Integer(1) => Some(true),
            Self::Integer(0) => Some(false),
            Self::Real(1.0) => Some(true),
            Self::Real(0.0) => Some(false),
            Self::Text(text) => match &*text.trim().to_ascii_lowercase() {
                "1" | "1.0" | "true" | "t" | "yes" | "y" | "positive" | "" => Some(true),
                "0" | "0.0" | "false" | "f" | "no" | "n" | "negative" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether a text is a day as ISO 8601 has it: `2024-01-31`.
pub fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes[at].is_ascii_digit();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    if ![0, 1, 2, 3, 5, 6, 8, 9].into_iter().all(digit) {
        return false;
    }
    let number = |at: usize| 10 * (bytes[at] - b'0') + (bytes[at + 1] - b'0');
    (1..=12).contains(&number(5)) && (1..=31).contains(&number(8))
}

/// Whether a text is a time of a day as ISO 8601 has it: `2024-01-31T12:30`, with seconds, their
/// fraction and a time zone where there are.
pub fn is_date_time(text: &str) -> bool {
    let Some((day, time)) = text.get(..10).zip(text.get(10..)) else {
        return false;
    };
    let Some(time) = time.strip_prefix(['T', ' ']) else {
        return false;
    };
    let bytes = time.as_bytes();
    let pair = |at: usize, most: u8| {
        let digits = bytes
            .get(at..at + 2)
            .filter(|two| two.iter().all(u8::is_ascii_digit));
        digits.is_some_and(|two| 10 * (two[0] - b'0') + (two[1] - b'0') <= most)
    };
    is_date(day)
        && pair(0, 24)
        && bytes.get(2) == Some(&b':')
        && pair(3, 59)
        && bytes[5..]
            .iter()
            .all(|byte| b"0123456789:.Zz+-".contains(byte))
}

/// The whole number that a real is, if it is one that reals tell from its neighbours.
pub fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

/// The kind of field that can hold values of both kinds; nothing when both are null.
pub fn common(one: Option<FieldKind>, other: Option<FieldKind>) -> Option<FieldKind> {
    match (one, other) {
        (None, kind) | (kind, None) => kind,
        (Some(one), Some(other)) if one == other => Some(one),
        (
            Some(FieldKind::Integer | FieldKind::Real),
            Some(FieldKind::Integer | FieldKind::Real),
        ) => Some(FieldKind::Real),
        _ => Some(FieldKind::Text),
    }
}
