use resam_data::points::{PointsError, parse_points, write_csv};
use resam_data::{PointPrompts, PromptPoint};

fn at(x: f64, y: f64, positive: bool) -> PromptPoint {
    PromptPoint { x, y, positive }
}

fn refused(text: &str) -> String {
    parse_points("points.csv", text.as_bytes())
        .unwrap_err()
        .to_string()
}

#[test]
fn points_are_grouped_by_image_and_instance_in_the_order_of_the_file() {
    let text = "image,instance,x,y,label\na.jpg,7,1.5,2.5,1\nb.jpg,7,3,4,1\na.jpg,9,5,6,1\na.jpg,7,1.5,2.5,1\na.jpg,7,0.5,0.5,0\n";
    let file = parse_points("points.csv", text.as_bytes()).unwrap();
    let names: Vec<_> = file
        .prompts
        .iter()
        .map(|one| (one.image.as_deref().unwrap(), &*one.instance))
        .collect();
    assert_eq!(names, [("a.jpg", "7"), ("b.jpg", "7"), ("a.jpg", "9")]);
    let duplicate_kept = [at(1.5, 2.5, true), at(1.5, 2.5, true), at(0.5, 0.5, false)];
    assert_eq!(file.prompts[0].points, duplicate_kept);
    assert_eq!(file.on_image("a.jpg").count(), 2);
}

#[test]
fn column_order_case_spaces_line_ends_and_byte_order_mark_do_not_matter() {
    let text = "\u{feff} Y , note, X ,LABEL, Instance,image\r\n 2 , hello , 1 , 0 , 5 , a b.jpg \r\n4,\"x, y\",3,1,5,a b.jpg\r\n";
    let file = parse_points("points.csv", text.as_bytes()).unwrap();
    assert_eq!(file.prompts.len(), 1);
    assert_eq!(file.prompts[0].image.as_deref(), Some("a b.jpg"));
    assert_eq!(
        file.prompts[0].points,
        [at(1.0, 2.0, false), at(3.0, 4.0, true)]
    );
}

#[test]
fn without_an_instance_column_each_point_is_an_object() {
    let file = parse_points("points.csv", &b"x,y\n1,2\n3,4\n"[..]).unwrap();
    let instances: Vec<_> = file.prompts.iter().map(|one| &*one.instance).collect();
    assert_eq!(instances, ["1", "2"]);
    assert!(
        file.prompts
            .iter()
            .all(|one| one.image.is_none() && one.points[0].positive)
    );
    assert!(refused("x,y,label\n1,2,1\n3,4,0\n").contains("line 3: a negative point"));
}

#[test]
fn faulty_values_name_file_line_column_and_value() {
    for (row, words) in [
        ("a,1,NaN,2,1", ["line 2", "`x` is `NaN`"]),
        ("a,1,1,inf,1", ["line 2", "`y` is `inf`"]),
        ("a,1,1,-1e999,1", ["line 2", "`y` is `-1e999`"]),
        ("a,1,one,2,1", ["line 2", "`x` is `one`"]),
        ("a,1,1,2,2", ["line 2", "`label` is `2`"]),
        ("a,1,1,2,", ["line 2", "`label` is ``"]),
        ("a,1,1,2", ["line 2", "`label` is ``"]),
        (",1,1,2,1", ["line 2", "`image` is ``"]),
        ("a,,1,2,1", ["line 2", "`instance` is ``"]),
        (
            "a,1,1,2,1\na,2,5,5,0",
            ["line 3", "instance `2` `a` has only negative"],
        ),
    ] {
        let message = refused(&format!("image,instance,x,y,label\n{row}\n"));
        assert!(message.starts_with("points.csv: "), "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    }
}

#[test]
fn a_header_without_coordinates_or_a_file_without_points_is_refused() {
    assert!(refused("1,2,3\n").contains("no column `x`, the columns are `1,2,3`"));
    assert!(refused("x,y,x\n1,2,3\n").contains("column `x` is there twice"));
    assert!(refused("").contains("no column `x`"));
    assert!(refused("x,y\n").contains("no points"));
    let latin = parse_points("points.csv", &b"image,x,y\n\xFFa,1,2\n"[..]);
    assert!(matches!(latin, Err(PointsError::NotCsv { .. })));
}

#[test]
fn a_point_off_its_image_is_refused_with_line_coordinates_and_size() {
    let text = "image,instance,x,y\na.jpg,1,0,0\na.jpg,1,9.99,7.99\na.jpg,2,10,3\n";
    let file = parse_points("points.csv", text.as_bytes()).unwrap();
    file.check_inside("a.jpg", 11, 8).unwrap();
    file.check_inside("other.jpg", 1, 1).unwrap();
    let message = file.check_inside("a.jpg", 10, 8).unwrap_err().to_string();
    for word in [
        "points.csv: line 4: ",
        "(10, 3)",
        "instance `2`",
        "`a.jpg`",
        "10 x 8",
    ] {
        assert!(message.contains(word), "{message}");
    }
    assert!(file.check_inside("a.jpg", 11, 7).is_err());
}

#[test]
fn images_that_are_not_there_are_named() {
    let text = "image,x,y\na.jpg,1,1\nb.jpg,1,1\nc.jpg,1,1\nb.jpg,2,2\n";
    let file = parse_points("points.csv", text.as_bytes()).unwrap();
    file.check_images(["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
        .unwrap();
    let message = file.check_images(["a.jpg"]).unwrap_err().to_string();
    assert!(
        message.contains("line 3: no image `b.jpg` in the images folder, nor 1 other"),
        "{message}"
    );
    let nameless = parse_points("points.csv", &b"x,y\n1,1\n"[..]).unwrap();
    nameless.check_images(["a.jpg"]).unwrap();
    assert!(nameless.check_images(["a.jpg", "b.jpg"]).is_err());
}

#[test]
fn what_is_written_reads_back_unchanged() {
    for image in [None, Some("deep/a, \"b\".jpg".to_owned())] {
        let points = vec![at(0.1 + 0.2, 1e-7, true), at(12345.5, 3.0, false)];
        let prompts = [PointPrompts::new(image, "n 1".to_owned(), points)];
        let mut bytes = Vec::new();
        write_csv(&mut bytes, &prompts).unwrap();
        let back = parse_points("back.csv", &bytes[..]).unwrap().prompts;
        assert_eq!(back[0].points, prompts[0].points);
        assert_eq!(
            (&back[0].image, &back[0].instance),
            (&prompts[0].image, &prompts[0].instance)
        );
    }
}

#[test]
fn limiting_keeps_the_first_points_of_each_kind() {
    let points = vec![
        at(1., 1., false),
        at(2., 2., true),
        at(3., 3., true),
        at(4., 4., false),
    ];
    let mut prompts = PointPrompts::new(None, "1".to_owned(), points);
    prompts.limit(1, 1);
    assert_eq!(prompts.points, [at(1., 1., false), at(2., 2., true)]);
}
