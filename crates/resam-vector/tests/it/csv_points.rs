use resam_crs::Crs;
use resam_vector::{Field, FieldKind, ReadOptions, Value};

use crate::{points_in, text, to, utm};

fn places(name: &str, content: &str, options: &ReadOptions<'_>) -> Vec<(f64, f64)> {
    let file = points_in(name, content, options).unwrap();
    file.points.iter().map(|point| (point.x, point.y)).collect()
}

fn refused(content: &str) -> String {
    points_in("points.csv", content, &to(&utm()))
        .unwrap_err()
        .to_string()
}

#[test]
fn x_and_y_are_in_the_crs_of_the_scene_unless_another_is_named() {
    let content = "x,y\n453042.25,35038.98\n";
    assert_eq!(
        places("points.csv", content, &to(&utm())),
        [(453_042.25, 35_038.98)]
    );
    let wgs84 = Crs::wgs84();
    let options = ReadOptions {
        target: Some(&wgs84),
        source_crs: Some(&utm()),
        layer: None,
        ..ReadOptions::default()
    };
    let file = points_in("points.csv", content, &options).unwrap();
    assert!((file.points[0].x - 32.578).abs() < 1e-4);
    assert_eq!(file.source_crs, Some(utm()));
    assert_eq!(file.crs, Some(Crs::wgs84()));
    let file = points_in("points.csv", content, &ReadOptions::default()).unwrap();
    assert_eq!((file.crs, file.points[0].x), (None, 453_042.25));
}

#[test]
fn degrees_are_known_by_their_columns() {
    for header in [
        "lon,lat",
        "LON,LAT",
        "lng,lat",
        "Longitude,Latitude",
        " lon , lat ",
    ] {
        let content = format!("{header}\n32.578,0.317\n");
        let found = places("points.csv", &content, &to(&utm()));
        assert!((found[0].0 - 453_042.252).abs() < 0.001, "{header}");
        assert!((found[0].1 - 35_038.985).abs() < 0.001, "{header}");
    }
}

#[test]
fn eastings_columns_in_any_order_tabs_semicolons_and_a_byte_order_mark_are_understood() {
    for content in [
        "\u{feff}easting,northing\n1.5,2.5\n",
        "Northing\tEasting\r\n2.5\t1.5\r\n",
        "y;x\n2,5;1,5\n",
        "name;x;y\n\"a;b\";1.5;2.5\n",
    ] {
        assert_eq!(
            places("points.csv", content, &to(&utm())),
            [(1.5, 2.5)],
            "{content}"
        );
    }
}

#[test]
fn instances_labels_and_other_columns_are_carried_along() {
    let content = "id,x,y,Instance,LABEL,height,note\n007,1,2,a,1,2.5,\n8,3,4,,false,3,tall\n";
    let file = points_in("points.csv", content, &to(&utm())).unwrap();
    let [one, two] = &file.points[..] else {
        panic!("{file:?}");
    };
    assert_eq!(
        (one.instance.as_deref(), one.label, one.row),
        (Some("a"), true, 2)
    );
    assert_eq!(
        (two.instance.as_deref(), two.label, two.row),
        (None, false, 3)
    );
    let fields = [
        // `007` is not the number 7, so the whole column is text.
        Field::new("id", FieldKind::Text),
        Field::new("height", FieldKind::Real),
        Field::new("note", FieldKind::Text),
    ];
    assert_eq!(file.fields, fields);
    let attributes = [
        ("id".to_owned(), text("007")),
        ("height".to_owned(), Value::Real(2.5)),
    ];
    assert_eq!(one.attributes, attributes);
    assert_eq!(two.attributes[1].1, Value::Real(3.0));
    assert_eq!(two.attributes[2].1, text("tall"));
}

#[test]
fn faults_name_file_line_and_value() {
    for (content, words) in [
        (
            "x,y\nNaN,3\n",
            "line 2: `x` is `NaN`, expected a finite number",
        ),
        ("x,y\n1,inf\n", "line 2: `y` is `inf`"),
        ("x,y\n1\n", "line 2: `y` is ``"),
        (
            "a,b\n1,2\n",
            "no columns of coordinates, the columns are `a,b`",
        ),
        ("x,y\n", "no points"),
        (
            "lon,lat\n32,91\n",
            "line 2: (32, 91) in WGS 84 has no place",
        ),
    ] {
        let message = refused(content);
        assert!(message.contains("points.csv: "), "{message}");
        assert!(message.contains(words), "{content}: {message}");
        assert!(message.contains("\n\nhint: "), "{message}");
    }
}

#[test]
fn blank_rows_and_empty_labels_are_passed_over_with_a_word() {
    let content = "\u{feff}lon;lat;label;parcel\n32,578;0,317;;12E3\n;;;\n32,579;0,317;no;13E3\n";
    let file = points_in("points.csv", content, &to(&utm())).unwrap();
    let labels: Vec<bool> = file.points.iter().map(|point| point.label).collect();
    assert_eq!(labels, [true, false]);
    assert_eq!(
        file.points[0].attributes,
        [("parcel".to_owned(), text("12E3"))]
    );
    assert_eq!(file.notices.iter().count(), 1);
    assert!(
        file.notices.sentences()[0].contains("1 blank row is passed over"),
        "{:?}",
        file.notices
    );
}

#[test]
fn an_x_without_a_y_beside_degrees_is_an_attribute() {
    let content = "x,lon,lat\n0,32.578,0.317\n";
    let found = places("points.csv", content, &to(&utm()));
    assert!((found[0].0 - 453_042.252).abs() < 0.001);
}

#[test]
fn an_instance_of_any_text_is_a_name_and_whole_numbers_are_written_as_such() {
    for (values, expected) in [
        (["1.0", "2"], ["1", "2"]),
        (["1.5", "2"], ["1.5", "2"]),
        (["007", "1.0"], ["007", "1.0"]),
    ] {
        let [one, two] = values;
        let content = format!("x,y,instance\n1,2,{one}\n1,2,{two}\n");
        let file = points_in("points.csv", &content, &to(&utm())).unwrap();
        let names: Vec<_> = file
            .points
            .iter()
            .map(|point| point.instance.as_deref())
            .collect();
        assert_eq!(names, expected.map(Some));
    }
}

#[test]
fn utf_16_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.csv");
    let units = "\u{feff}lon,lat\n32,0\n".encode_utf16();
    fs_err::write(&path, units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    let message = resam_vector::read_points(&path, &to(&utm()))
        .unwrap_err()
        .to_string();
    assert!(message.contains("UTF-16"), "{message}");
}

#[test]
fn rows_without_geometry_are_told() {
    let content = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","geometry":null,"properties":{}},
        {"type":"Feature","geometry":{"type":"Point","coordinates":[32.578,0.317]},"properties":{}}]}"#;
    let file = points_in("points.geojson", content, &to(&utm())).unwrap();
    assert!(
        file.notices.sentences()[0].contains("1 row without geometry is passed over"),
        "{:?}",
        file.notices
    );
}
