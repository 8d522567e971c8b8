use resam_prompt::{FieldKind, PointTable, Value};

/// The kind of a column of these values and what the first of them is, in pixels or on the map.
fn column(delimiter: char, values: &[&str]) -> (FieldKind, Value) {
    let mut found = None;
    for header in ["x,y,value", "lon,lat,value"] {
        let mut text = header.replace(',', &delimiter.to_string());
        for value in values {
            text += &format!("\n1{delimiter}2{delimiter}{value}");
        }
        let table = PointTable::parse("points.csv", text.as_bytes()).unwrap();
        let of_column = (table.fields[0].kind, table.rows[0].value(0).clone());
        assert_eq!(*found.get_or_insert(of_column.clone()), of_column);
    }
    found.unwrap()
}

fn text(value: &str) -> (FieldKind, Value) {
    (FieldKind::Text, Value::Text(value.to_owned()))
}

#[test]
fn a_value_that_prints_back_otherwise_makes_its_column_text() {
    for value in [
        "12E3",
        "1e5",
        "09999999999999999999",
        "99999999999999999999",
        "1.10",
        "007",
        "+5",
        ".5",
        "5.",
        "-",
        "1.2.3",
        "2024-13-01",
        "2024-05-01T",
        "inf",
        "NaN",
        "0x10",
    ] {
        assert_eq!(column(',', &[value]), text(value));
        assert_eq!(column(',', &[value, "3"]), text(value));
        assert_eq!(column(',', &["3", value]), text("3"));
    }
}

#[test]
fn dates_are_dates_when_all_of_a_column_are() {
    // ISO 8601.
    let day = (FieldKind::Date, Value::Date("2024-05-01".to_owned()));
    assert_eq!(column(',', &["2024-05-01", "1999-12-31"]), day);
    let time = "2024-05-01T12:30:00Z";
    let when = (FieldKind::DateTime, Value::DateTime(time.to_owned()));
    assert_eq!(column(',', &[time]), when);
    assert_eq!(column(',', &["2024-05-01", "soon"]), text("2024-05-01"));
}

#[test]
fn numbers_that_print_back_the_same_are_numbers() {
    for (values, expected) in [
        (&["3", "-4"][..], (FieldKind::Integer, Value::Integer(3))),
        (&["0", ""], (FieldKind::Integer, Value::Integer(0))),
        (&["1.5", "2"], (FieldKind::Real, Value::Real(1.5))),
        (&["2", "1.5"], (FieldKind::Real, Value::Real(2.0))),
        (&["1.0", "2.0"], (FieldKind::Real, Value::Real(1.0))),
        (&["-0.25"], (FieldKind::Real, Value::Real(-0.25))),
        (
            &["9223372036854775807"],
            (FieldKind::Integer, Value::Integer(i64::MAX)),
        ),
    ] {
        assert_eq!(column(',', values), expected);
    }
    assert_eq!(column(',', &["", ""]), (FieldKind::Text, Value::Null));
}

#[test]
fn a_decimal_comma_makes_a_number_where_the_delimiter_is_none() {
    for delimiter in [';', '\t'] {
        let real = (FieldKind::Real, Value::Real(2.5));
        assert_eq!(column(delimiter, &["2,5", "3"]), real);
        assert_eq!(column(delimiter, &["2,50", "3"]), text("2,50"));
        assert_eq!(column(delimiter, &["1,2,3"]), text("1,2,3"));
    }
    assert_eq!(column(',', &["\"2,5\""]), text("2,5"));
}

#[test]
fn a_column_without_a_name_is_no_attribute() {
    let table = PointTable::parse("points.csv", b",x,y,kind,,\n0,1,2,tin,,\n").unwrap();
    let names: Vec<_> = table.fields.iter().map(|field| &*field.name).collect();
    assert_eq!(names, ["kind"]);
}
