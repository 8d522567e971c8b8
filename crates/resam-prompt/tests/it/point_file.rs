use resam_prompt::{
    ObjectOnImage, PointFile, PointedObject, PointsError, PromptPoint, Value, write_csv,
};

fn at(x: f64, y: f64, positive: bool) -> PromptPoint {
    PromptPoint { x, y, positive }
}

fn parsed(text: &str) -> PointFile {
    PointFile::parse("points.csv", text.as_bytes()).unwrap()
}

fn refused(text: &str) -> String {
    let read = PointFile::parse("points.csv", text.as_bytes());
    read.unwrap_err().to_string()
}

#[test]
fn points_are_grouped_by_image_and_instance_in_the_order_of_the_file() {
    let text = "image,instance,x,y,label\na.jpg,7,1.5,2.5,1\nb.jpg,7,3,4,1\na.jpg,9,5,6,1\na.jpg,7,1.5,2.5,1\na.jpg,7,0.5,0.5,0\n";
    let file = parsed(text);
    let names: Vec<_> = file
        .objects
        .iter()
        .map(|one| (one.image.as_deref().unwrap(), &*one.object.id))
        .collect();
    assert_eq!(names, [("a.jpg", "7"), ("b.jpg", "7"), ("a.jpg", "9")]);
    let duplicate_kept = [at(1.5, 2.5, true), at(1.5, 2.5, true), at(0.5, 0.5, false)];
    assert_eq!(file.objects[0].object.points, duplicate_kept);
    assert_eq!(file.on_image("a.jpg").count(), 2);
}

#[test]
fn column_order_case_spaces_line_ends_and_byte_order_mark_do_not_matter() {
    let text = "\u{feff} Y , note, X ,LABEL, Instance,image\r\n 2 , hello , 1 , 0 , 5 , a b.jpg \r\n4,\"x, y\",3,1,5,a b.jpg\r\n";
    let file = parsed(text);
    assert_eq!(file.objects.len(), 1);
    assert_eq!(file.objects[0].image.as_deref(), Some("a b.jpg"));
    assert_eq!(
        file.objects[0].object.points,
        [at(1.0, 2.0, false), at(3.0, 4.0, true)]
    );
}

#[test]
fn without_an_instance_column_each_point_is_an_object() {
    let file = parsed("x,y\n1,2\n3,4\n");
    let instances: Vec<_> = file.objects.iter().map(|one| &*one.object.id).collect();
    assert_eq!(instances, ["1", "2"]);
    assert!(
        file.objects
            .iter()
            .all(|one| one.image.is_none() && one.object.points[0].positive)
    );
    let file = parsed("x,y,label\n1,2,1\n3,4,0\n");
    let left = file.notices.left_out().unwrap();
    assert!(left.first.starts_with("line 3: a negative point"), "{left}");
}

#[test]
fn faulty_values_name_file_line_column_and_value() {
    for (row, words) in [
        ("a,1,NaN,2,1", ["line 2", "`x` is `NaN`"]),
        ("a,1,1,inf,1", ["line 2", "`y` is `inf`"]),
        ("a,1,1,-1e999,1", ["line 2", "`y` is `-1e999`"]),
        ("a,1,one,2,1", ["line 2", "`x` is `one`"]),
        (",1,1,2,1", ["line 2", "`image` is ``"]),
        (
            "a,,1,2,0",
            ["line 2", "a negative point belongs to no object"],
        ),
        (
            "a,2,5,5,0",
            ["line 2", "instance `2` `a` has only negative"],
        ),
    ] {
        let message = refused(&format!("image,instance,x,y,label\n{row}\n"));
        assert!(message.starts_with("points.csv: "), "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    }
}

#[test]
fn a_row_without_a_meaning_is_left_out_and_refused_when_asked() {
    let header = "image,instance,x,y,label\na,9,1,1,1\n";
    for (row, words) in [
        ("a,1,NaN,2,1", "line 3: `x` is `NaN`"),
        ("a,1,1,2,2", "line 3: `label` is `2`"),
        ("a,1,1,2,?", "line 3: `label` is `?`"),
        (",1,1,2,1", "line 3: `image` is ``"),
        ("a,,1,2,0", "line 3: a negative point belongs to no object"),
        ("a,2,5,5,0", "line 3: instance `2` `a` has only negative"),
    ] {
        let text = format!("{header}{row}\n");
        let file = parsed(&text);
        assert_eq!(file.objects.len(), 1, "{row}");
        let left = file.notices.left_out().unwrap();
        assert!(left.first.starts_with(words), "{left}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("points.csv");
        std::fs::write(&path, text).unwrap();
        let strict = resam_prompt::TableOptions {
            strict: true,
            ..Default::default()
        };
        assert!(PointFile::read_with(path, &strict).is_err(), "{row}");
    }
}

#[test]
fn boxes_are_objects_without_points() {
    for header in [
        "x0,y0,x1,y1",
        "XMin,YMin,XMax,YMax",
        "left,top,right,bottom",
    ] {
        let file = parsed(&format!("{header},name\n1,2,5,8,a\n5,8,1,2,b\n3,3,3,9,c\n"));
        assert_eq!(file.objects.len(), 2);
        for one in &file.objects {
            assert_eq!(one.object.bounds, Some([1.0, 2.0, 5.0, 8.0]));
            assert!(one.object.points.is_empty());
        }
        assert_eq!(file.notices.left_out().unwrap().count, 1);
    }
}

#[test]
fn a_line_longer_than_any_is_refused_before_it_is_read() {
    let text = format!("x,y\n1,{}\n", "2".repeat(17 << 20));
    assert!(refused(&text).contains("line 2: it is longer than 16 MiB"));
}

#[test]
fn a_header_without_coordinates_or_a_file_without_points_is_refused() {
    assert!(refused("1,2,3\n").contains("no columns of coordinates, the columns are `1,2,3`"));
    assert!(refused("x,name\n1,a\n").contains("no column `y`, the columns are `x,name`"));
    assert!(refused("name,Y\na,1\n").contains("no column `x`, the columns are `name,Y`"));
    assert!(refused("x,y,x\n1,2,3\n").contains("column `x` is there twice"));
    assert!(refused("").contains("no columns of coordinates"));
    assert!(refused("x,y\n").contains("no points"));
    let latin = PointFile::parse("points.csv", b"image,x,y\n\xFFa,1,2\n");
    assert!(matches!(latin, Err(PointsError::NotCsv { .. })));
}

#[test]
fn a_point_off_its_image_is_refused_with_line_coordinates_and_size() {
    let text = "image,instance,x,y\na.jpg,1,0,0\na.jpg,1,9.99,7.99\na.jpg,2,10,3\n";
    let file = parsed(text);
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
    let file = parsed(text);
    file.check_images(["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
        .unwrap();
    let message = file.check_images(["a.jpg"]).unwrap_err().to_string();
    assert!(
        message.contains("line 3: no image `b.jpg` in the images folder, nor 1 other"),
        "{message}"
    );
    let nameless = parsed("x,y\n1,1\n");
    nameless.check_images(["a.jpg"]).unwrap();
    assert!(nameless.check_images(["a.jpg", "b.jpg"]).is_err());
}

#[test]
fn what_is_written_reads_back_unchanged() {
    for image in [None, Some("deep/a, \"b\".jpg".to_owned())] {
        let points = vec![at(0.1 + 0.2, 1e-7, true), at(12345.5, 3.0, false)];
        let object = PointedObject::new("n 1", points);
        let mut bytes = Vec::new();
        write_csv(
            &mut bytes,
            &[ObjectOnImage::new(image.clone(), object.clone())],
        )
        .unwrap();
        let back = PointFile::parse("back.csv", &bytes).unwrap().objects;
        assert_eq!((&back[0].image, &back[0].object), (&image, &object));
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
    let mut one = ObjectOnImage::new(None, PointedObject::new("1", points));
    one.limit(1, 1);
    assert_eq!(one.object.points, [at(1., 1., false), at(2., 2., true)]);
}

#[test]
fn a_point_without_an_instance_in_a_column_of_them_is_an_object_of_its_own() {
    let file = parsed("instance,x,y\n7,1,2\n,3,4\n7,5,6\n");
    let ids: Vec<_> = file.objects.iter().map(|one| &*one.object.id).collect();
    assert_eq!(ids, ["7", "line 3"]);
    assert_eq!(file.objects[0].object.points.len(), 2);
}

#[test]
fn other_columns_are_attributes_of_the_first_positive_point() {
    let text = "instance,x,y,label,kind,height\n1,1,2,0,shadow,\n1,3,4,1,roof,2.5\n1,5,6,1,,3\n";
    let attributes = [
        ("kind".to_owned(), Value::Text("roof".to_owned())),
        ("height".to_owned(), Value::Real(2.5)),
    ];
    assert_eq!(parsed(text).objects[0].object.attributes, attributes);
}

#[test]
fn names_of_images_and_instances_are_not_changed_by_what_they_look_like() {
    let file = parsed("image,instance,x,y\n1.0,007,1,2\n2,1e3,3,4\n");
    let names: Vec<_> = file
        .objects
        .iter()
        .map(|one| (one.image.as_deref().unwrap(), &*one.object.id))
        .collect();
    assert_eq!(names, [("1.0", "007"), ("2", "1e3")]);
}

#[test]
fn points_on_the_map_are_refused_where_pixels_are_wanted() {
    let message = refused("lon,lat\n13.5,52.1\n");
    assert!(
        message.contains("no columns `x` and `y`, the columns are `lon,lat`"),
        "{message}"
    );
    assert!(message.contains("points on the map"), "{message}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let message = PointFile::read(folder.path().join("nowhere.csv")).unwrap_err();
    assert!(message.to_string().contains("nowhere.csv"));
}
