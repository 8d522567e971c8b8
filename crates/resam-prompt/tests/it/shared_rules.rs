//! The rules of CSV, each in pixels and on the map.

use proptest::prelude::*;
use resam_prompt::{Coordinates, PointFile, PointTable, PointsError, TableOptions, Value};

/// The names of the columns of x and y, in pixels and on the map.
const PAIRS: [[&str; 2]; 4] = [
    ["x", "y"],
    ["lon", "lat"],
    ["Easting", "NORTHING"],
    ["longitude", "latitude"],
];

/// What a table of the text is for each pair of columns, which stand for `{x}` and `{y}` in it.
fn each(text: &str, check: impl Fn(&str, Result<PointTable, PointsError>)) {
    for [x, y] in PAIRS {
        let text = text.replace("{x}", x).replace("{y}", y);
        check(&text, PointTable::parse("points.csv", text.as_bytes()));
    }
}

fn places(table: &PointTable) -> Vec<[f64; 2]> {
    table.rows.iter().map(|row| [row.x, row.y]).collect()
}

fn read_as(text: &str, expected: &[[f64; 2]]) {
    each(text, |text, table| {
        assert_eq!(places(&table.unwrap()), expected, "{text}");
    });
}

#[test]
fn commas_semicolons_and_tabs_stand_between_values() {
    read_as("{x},{y},name\n1.5,2.5,\"a;b;c\"\n", &[[1.5, 2.5]]);
    read_as("name;{x};{y}\n\"a,b,c\";1.5;2.5\n", &[[1.5, 2.5]]);
    read_as("{y}\t{x}\r\n2.5\t1.5\r\n", &[[1.5, 2.5]]);
    read_as("\"{x}\";\"{y}\";\"note, a, b, c\"\n1;2;3\n", &[[1.0, 2.0]]);
    read_as("a,b,c,d\t{x}\t{y}\n1,2\t3\t4\n", &[[3.0, 4.0]]);
}

#[test]
fn a_decimal_comma_is_read_where_the_delimiter_is_none() {
    read_as("{x};{y}\n60,5;-1,25\n", &[[60.5, -1.25]]);
    read_as("{x}\t{y}\n60,5\t7.5\n", &[[60.5, 7.5]]);
    each("{x},{y}\n\"60,5\",1\n", |text, table| {
        let message = table.unwrap_err().to_string();
        assert!(message.contains("line 2: `"), "{text}: {message}");
        assert!(
            message.contains("is `60,5`, expected a finite number"),
            "{message}"
        );
    });
    each("{x};{y}\n1.234,5;1\n", |_, table| {
        assert!(table.unwrap_err().to_string().contains("`1.234,5`"));
    });
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    read_as("\u{feff}{x},{y}\r\n1,2\r\n", &[[1.0, 2.0]]);
    read_as("\u{feff}\"{x}\";{y}\n1;2\n", &[[1.0, 2.0]]);
}

#[test]
fn utf_16_is_refused_in_words() {
    each("{x},{y}\n1,2\n", |text, _| {
        for mark in ["\u{feff}", ""] {
            let text = format!("{mark}{text}");
            let units: Vec<u16> = text.encode_utf16().collect();
            for order in [u16::to_le_bytes, u16::to_be_bytes] {
                let bytes: Vec<u8> = units.iter().flat_map(|&unit| order(unit)).collect();
                let message = PointTable::parse("points.csv", &bytes)
                    .unwrap_err()
                    .to_string();
                assert!(message.starts_with("points.csv: "), "{message}");
                assert!(message.contains("UTF-16"), "{message}");
            }
        }
    });
}

#[test]
fn blank_rows_are_passed_over_and_counted() {
    let text = ",,\n{x},{y},name\n1,2,a\n,,\n\n3,4,b\n , ,\n,,\n";
    each(text, |_, table| {
        let table = table.unwrap();
        assert_eq!(places(&table), [[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(
            table.notices.sentences(),
            ["points.csv: 3 blank rows are passed over, the first: line 4"]
        );
        let lines: Vec<u64> = table.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [3, 6]);
    });
    each("{x};{y}\n1;2\n", |_, table| {
        assert!(table.unwrap().notices.is_empty());
    });
}

#[test]
fn half_a_row_is_no_blank_row() {
    each("{x},{y},name\n,,a\n", |_, table| {
        let message = table.unwrap_err().to_string();
        assert!(message.contains("line 2: `"), "{message}");
        assert!(
            message.contains("is ``, expected a finite number"),
            "{message}"
        );
    });
}

#[test]
fn the_separator_that_excel_states_is_not_the_header() {
    read_as("sep=;\r\n{x};{y}\r\n1;2\r\n", &[[1.0, 2.0]]);
    read_as("sep=,\r\n{x},{y}\r\n1,2\r\n", &[[1.0, 2.0]]);
}

#[test]
fn labels_are_the_same_words_everywhere_and_none_is_positive() {
    let words = "1 1.0 true TRUE yes Positive 0 0.0 False no NEGATIVE";
    let mut text = "{x},{y},Label\n1,1,\n2,2\n".to_owned();
    for word in words.split(' ') {
        text += &format!("3,3,{word}\n");
    }
    each(&text, |_, table| {
        let table = table.unwrap();
        let place = table.field("label").unwrap();
        let labels = table.rows.iter().map(|row| row.value(place).as_label());
        let labels: Vec<Option<bool>> = labels.collect();
        let expected: Vec<_> = (0..13).map(|at| Some(at < 8)).collect();
        assert_eq!(labels, expected);
    });
    assert_eq!(Value::Text("tank".to_owned()).as_label(), None);
    assert_eq!(Value::Integer(2).as_label(), None);
}

#[test]
fn whole_numbers_name_the_same_instance_however_they_are_written() {
    let text = "instance;{x};{y}\n3;1;1\n3,0;2;2\n3.0;3;3\n";
    each(text, |_, table| {
        let table = table.unwrap();
        for row in &table.rows {
            assert_eq!(row.value(0), &Value::Text("3".to_owned()));
        }
    });
}

#[test]
fn values_without_a_column_are_passed_over_and_counted() {
    each("{x},{y}\n60,5,60,5\n1,2,,\n", |_, table| {
        let notes = table.unwrap().notices.sentences();
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("1 row has values beyond"), "{notes:?}");
    });
}

#[test]
fn a_column_of_coordinates_or_of_names_that_is_there_twice_is_refused() {
    for column in ["{x}", "{y}", "instance", "label"] {
        each(
            &format!("{{x}},{{y}},label,instance,{column}\n1,2,1,1,1\n"),
            |text, table| {
                let message = table.unwrap_err().to_string();
                assert!(message.contains("is there twice"), "{text}: {message}");
            },
        );
    }
}

#[test]
fn coordinates_are_pixels_or_on_the_map_by_a_pair_of_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.csv");
    for (header, expected) in [
        ("x,y", Coordinates::Pixels),
        ("Y;X", Coordinates::Pixels),
        ("image,x,y,lon,lat", Coordinates::Pixels),
        ("x,lon,lat", Coordinates::Degrees),
        ("y\tLongitude\tLATITUDE", Coordinates::Degrees),
        ("lng,lat", Coordinates::Degrees),
        ("x,easting,northing", Coordinates::Projected),
    ] {
        fs_err::write(&path, header).unwrap();
        assert_eq!(Coordinates::of_file(&path).unwrap(), expected, "{header}");
        let table = PointTable::read(&path, &TableOptions::default()).unwrap();
        assert_eq!(table.coordinates, expected);
    }
    fs_err::write(&path, "x,lat\n1,2\n").unwrap();
    assert!(Coordinates::of_file(&path).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = PointTable::parse("points.csv", &bytes);
        let mut text = b"image,instance,x,y,label\n".to_vec();
        text.extend(bytes);
        let _ = PointFile::parse("points.csv", &text);
    }

    #[test]
    fn numbers_are_read_as_they_are_printed(x in -1e6..1e6_f64, y in -1e6..1e6_f64) {
        let text = format!("x;y\n{};{}\n", x.to_string().replace('.', ","), y);
        let table = PointTable::parse("points.csv", text.as_bytes()).unwrap();
        prop_assert_eq!(places(&table), [[x, y]]);
    }
}
