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
        }
    }

    /// The value as a field of this kind holds it: whole numbers become reals, anything becomes
    /// text, a real without a fraction becomes a whole number; what has no such form is null.
    pub fn to_kind(&self, kind: FieldKind) -> Self {
        match (self, kind) {
            (Self::Bool(_), FieldKind::Bool)
            | (Self::Integer(_), FieldKind::Integer)
            | (Self::Text(_), FieldKind::Text) => self.clone(),
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
            Self::Text(text) => text.clone(),
            _ => match self.to_kind(FieldKind::Text) {
                Self::Text(text) => text,
                _ => String::new(),
            },
        };
        text.chars().take(60).collect()
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
