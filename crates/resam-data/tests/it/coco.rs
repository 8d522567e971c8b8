use resam_data::Segmentation;
use resam_data::coco::{CocoError, CocoFile};

/// A file with one 6 x 5 image and these annotations.
fn parse(annotations: &str) -> Result<CocoFile, CocoError> {
    let text = format!(
        r#"{{"info": {{}}, "images": [{{"id": 3, "file_name": "a.png", "width": 6, "height": 5}}],
            "categories": [{{"id": 1, "name": "ship", "supercategory": null}}],
            "annotations": [{annotations}]}}"#
    );
    CocoFile::parse("instances.json", text.as_bytes())
}

fn annotation(id: &str, segmentation: &str) -> String {
    format!(r#"{{"id": {id}, "image_id": 3, "category_id": 1, "segmentation": {segmentation}}}"#)
}

fn complaint(annotations: &str) -> String {
    parse(annotations).unwrap_err().to_string()
}

#[test]
fn polygons_and_both_kinds_of_run_lengths_make_the_same_mask() {
    let file = parse(
        &[
            annotation("1", "[[1, 1, 4, 1, 4, 3, 1, 3]]"),
            annotation("2", r#"{"size": [5, 6], "counts": [6, 2, 3, 2, 3, 2, 12]}"#),
            annotation(
                "18446744073709551615",
                r#"{"size": [5, 6], "counts": "6230009"}"#,
            ),
        ]
        .join(","),
    )
    .unwrap();
    let masks: Vec<_> = file
        .annotations
        .iter()
        .map(|one| one.mask(6, 5).unwrap())
        .collect();
    assert_eq!(masks[0].area(), 6);
    assert!((1..4).all(|x| (1..3).all(|y| masks[0].get(x, y))));
    assert_eq!(masks[0], masks[1]);
    assert_eq!(file.annotations[2].id, u64::MAX);
    assert_eq!(masks[0], masks[2]);
}

#[test]
fn several_rings_are_one_object() {
    let file = parse(&annotation("1", "[[0,0,2,0,2,2,0,2], [4,3,6,3,6,5,4,5]]")).unwrap();
    assert!(
        matches!(&file.annotations[0].segmentation, Segmentation::Polygons(rings) if rings.len() == 2)
    );
    assert_eq!(file.annotations[0].mask(6, 5).unwrap().area(), 8);
}

#[test]
fn crowds_are_flagged() {
    let crowd = annotation("1", "[[0,0,2,0,2,2]]").replace("\"id\"", "\"iscrowd\": 1, \"id\"");
    assert!(parse(&crowd).unwrap().annotations[0].crowd);
}

#[test]
fn every_fault_names_file_and_record() {
    for (segmentation, fault) in [
        ("[[1, 1, 2, 2]]", "polygon of 2 points"),
        ("[[1, 1, 2, 2, 3, 3, 4]]", "polygon of 7 numbers"),
        ("[[1, 1, 2, null, 3, 3]]", "null"),
        ("[[1, 1, 2, 1e300, 3, 3]]", "far off the image"),
        ("[[1, 1, 2, 1e999, 3, 3]]", "out of range"),
        ("[]", "without a polygon"),
        ("null", "no segmentation"),
        ("7", "no segmentation"),
        (r#"{"size": [6, 5], "counts": [30]}"#, "for 5 x 6 pixels"),
        (r#"{"size": [5, 6], "counts": [29]}"#, "add up to 29"),
        (
            r#"{"size": [5, 6], "counts": [4294967295, 4294967295]}"#,
            "add up to",
        ),
        (r#"{"size": [5, 6], "counts": [-1, 31]}"#, "-1"),
        (r#"{"size": [5, 6], "counts": "~~~"}"#, "instances.json"),
        (r#"{"size": [5, 6]}"#, "counts"),
    ] {
        let message = complaint(&annotation("17", segmentation));
        assert!(
            message.contains("instances.json: annotation 17: "),
            "{message}"
        );
        assert!(message.contains(fault), "{message}");
    }
}

#[test]
fn ids_must_be_whole_unique_and_known() {
    let square = "[[0,0,2,0,2,2]]";
    let twice = [annotation("4", square), annotation("4", square)].join(",");
    let twice = parse(&twice).unwrap();
    let left = twice.notices.left_out().unwrap();
    assert!(
        left.first.contains("annotation 4: the id is used twice"),
        "{left}"
    );
    let image = annotation("4", square).replace("\"image_id\": 3", "\"image_id\": 9");
    assert!(complaint(&image).contains("annotation 4: unknown image 9"));
    let category = annotation("4", square).replace("\"category_id\": 1", "\"category_id\": 8");
    assert!(complaint(&category).contains("annotation 4: unknown category 8"));
    assert!(complaint(&annotation("-4", square)).contains("annotation -4: "));
    assert!(complaint("{}").contains("annotation number 1 of the list: missing field `id`"));
}

#[test]
fn images_must_have_pixels_and_stay_in_their_folder() {
    let parse = |images: &str| {
        let text = format!(r#"{{"images": [{images}], "categories": [], "annotations": []}}"#);
        CocoFile::parse("x.json", text.as_bytes())
    };
    let image = |id: u64, name: &str, width: u64| {
        format!(r#"{{"id": {id}, "file_name": "{name}", "width": {width}, "height": 9}}"#)
    };
    let good = [image(5, "deep/er/b.png", 4), image(2, "a.png", 4)].join(",");
    let ids: Vec<u64> = parse(&good)
        .unwrap()
        .images
        .iter()
        .map(|image| image.id)
        .collect();
    assert_eq!(ids, [2, 5]);
    for (images, fault) in [
        (image(1, "..", 4), "names no file"),
        (image(1, "a/", 4), "names no file"),
        (image(1, "", 4), "names no file"),
        (image(1, "a.png", 0), "0 x 9 pixels are none"),
        (image(1, "a.png", 4_000_000_000), "over the limit"),
        (image(1, "a.png", 5_000_000_000), "image 1: "),
        (
            [image(1, "a.png", 4), image(1, "b.png", 4)].join(","),
            "image 1: the id is used twice",
        ),
        (
            [image(1, "a.png", 4), image(2, "a.png", 4)].join(","),
            "is image 1 already",
        ),
    ] {
        let message = parse(&images).unwrap_err().to_string();
        assert!(message.contains(fault), "{message}");
    }
}

#[test]
fn at_most_twenty_faults_are_shown_and_all_are_counted() {
    let many: Vec<_> = (0..50)
        .map(|id| annotation(&id.to_string(), "[]"))
        .collect();
    let Err(CocoError::Faults(complaints)) = parse(&many.join(",")) else {
        panic!()
    };
    assert_eq!((complaints.shown().len(), complaints.total()), (20, 50));
    assert!(
        complaints
            .to_string()
            .ends_with("instances.json: and 30 more")
    );
}

#[test]
fn what_is_no_coco_file_says_where_and_what_to_do() {
    for text in [
        "",
        "[]",
        "{\"images\": [",
        "{\"images\": []}",
        "\u{feff}{}",
        "\0\u{1}",
    ] {
        let error = CocoFile::parse("x.json", text.as_bytes()).unwrap_err();
        assert!(matches!(error, CocoError::NotCoco { .. }), "{error}");
    }
    assert!(CocoFile::parse("x.json", b"{\"images\": \xFF}").is_err());
    let message = complaint(&annotation("1", "[[1, NaN, 2, 2, 3, 3]]"));
    assert!(message.contains("null"), "{message}");
}

#[test]
fn numbers_that_are_texts_or_have_a_fraction_of_nothing_are_taken() {
    let square = "[[0,0,2,0,2,2]]";
    let plain = parse(&annotation("4", square)).unwrap();
    for text in [
        annotation("\"4\"", square),
        annotation("4.0", square),
        annotation("4", square).replace("\"image_id\": 3", "\"image_id\": \"3\""),
        annotation("4", square).replace("\"id\"", "\"iscrowd\": 0.0, \"id\""),
        annotation("4", square).replace("\"id\"", "\"area\": NaN, \"id\""),
        annotation("4", square).replace("\"id\"", "\"area\": -Infinity, \"id\""),
    ] {
        assert_eq!(parse(&text).unwrap(), plain, "{text}");
    }
}

#[test]
fn a_record_without_meaning_is_left_out_and_told() {
    let good = annotation("1", "[[0,0,2,0,2,2]]");
    for bad in [
        annotation("2", "null"),
        annotation("2", "[[0,0,2,0,2]]"),
        annotation("2", "[[0,0,2,0,2,2]]").replace("\"image_id\": 3", "\"image_id\": 9"),
        annotation("1", "[[0,0,2,0,2,2]]"),
        "7".to_owned(),
    ] {
        let file = parse(&[good.clone(), bad.clone()].join(",")).unwrap();
        assert_eq!(file.annotations.len(), 1, "{bad}");
        let left = file.notices.left_out().unwrap();
        assert_eq!(left.count, 1);
        assert!(left.first.starts_with("annotation "), "{left}");
    }
}

#[test]
fn a_file_without_categories_has_objects_of_one_kind() {
    let text = format!(
        r#"{{"annotations": [{}], "images": [{{"id": 3, "file_name": "a.png", "width": 6, "height": 5}}]}}"#,
        annotation("1", "[[0,0,2,0,2,2]]")
    );
    let file = CocoFile::parse("x.json", text.as_bytes()).unwrap();
    assert_eq!((file.annotations.len(), file.categories.len()), (1, 1));
    assert!(file.notices.sentences()[0].contains("no list `categories`"));
    assert!(file.notices.left_out().is_none());
}

#[test]
fn a_list_of_nothing_but_rubbish_is_given_up_early() {
    let rubbish = "0,".repeat(3_000_000);
    let text = format!(r#"{{"images": [], "categories": [], "annotations": [{rubbish}0]}}"#);
    let message = CocoFile::parse("x.json", text.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(message.contains("too many records"), "{message}");
}
