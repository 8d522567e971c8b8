//! What people and files call a coordinate reference system.

use resam_crs::{Crs, CrsError};

#[test]
fn a_code_is_understood_in_every_way_of_writing_it() {
    for text in [
        "EPSG:32636",
        "epsg:32636",
        " 32636\n",
        "EPSG::32636",
        "urn:ogc:def:crs:EPSG::32636",
        "urn:ogc:def:crs:EPSG:9.8.11:32636",
        "http://www.opengis.net/def/crs/EPSG/0/32636",
        "https://www.opengis.net/def/crs/EPSG/0/32636",
        "+init=epsg:32636",
        "+proj=utm +zone=36 +datum=WGS84 +units=m +no_defs +type=crs",
        "+proj=utm +zone=36 +datum=WGS84",
        "+proj=tmerc +lat_0=0 +lon_0=33 +k=0.9996 +x_0=500000 +y_0=0 +datum=WGS84 +units=m",
    ] {
        let crs = Crs::parse(text).unwrap();
        assert_eq!(crs.epsg(), Some(32636), "{text}");
        assert_eq!(crs.name(), "WGS 84 / UTM zone 36N");
        assert_eq!(crs.to_string(), "WGS 84 / UTM zone 36N (EPSG:32636)");
        assert!(!crs.is_geographic());
        assert_eq!(crs.metres_per_unit(), 1.0);
    }
}

#[test]
fn longitude_before_latitude_has_its_own_names() {
    for text in [
        "OGC:CRS84",
        "CRS84",
        "urn:ogc:def:crs:OGC:1.3:CRS84",
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        "EPSG:4326",
        "WGS84",
        "+proj=longlat +datum=WGS84 +no_defs",
    ] {
        let crs = Crs::parse(text).unwrap();
        assert_eq!(crs, Crs::wgs84(), "{text}");
        assert!(crs.is_geographic());
        assert!((crs.metres_per_unit() - 111_319.49).abs() < 0.01);
    }
    assert_eq!(Crs::parse("OGC:CRS83").unwrap().epsg(), Some(4269));
}

#[test]
fn web_mercator_goes_by_many_names() {
    for text in [
        "EPSG:3857",
        "EPSG:900913",
        "ESRI:102100",
        "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +wktext +no_defs",
        "+proj=webmerc +datum=WGS84 +units=m",
    ] {
        assert_eq!(Crs::parse(text).unwrap().epsg(), Some(3857), "{text}");
    }
}

#[test]
fn systems_of_the_same_parameters_are_equal_with_a_code_or_without() {
    let named = Crs::from_epsg(2056).unwrap();
    let unnamed = Crs::from_proj("Switzerland", named.proj_string()).unwrap();
    assert_eq!(unnamed.epsg(), None);
    assert_eq!(named, unnamed);
    assert_ne!(named, Crs::from_epsg(21781).unwrap());
}

#[test]
fn units_other_than_the_metre_are_told() {
    let feet = Crs::from_epsg(2263).unwrap();
    assert!((feet.metres_per_unit() - 1200.0 / 3937.0).abs() < 1e-12);
    let chains = Crs::parse("+proj=utm +zone=36 +datum=WGS84 +to_meter=100/5").unwrap();
    assert_eq!(chains.metres_per_unit(), 20.0);
}

#[test]
fn what_cannot_be_used_is_named_with_a_hint() {
    let cases: [(&str, &str); 14] = [
        ("EPSG:1", "EPSG:1: no such"),
        ("EPSG:99999999", "EPSG:99999999: no such"),
        ("", "``: not a coordinate reference system"),
        ("Kampala", "`Kampala`: not a coordinate reference system"),
        (
            "+proj=isea +ellps=WGS84",
            "the projection `isea` is not supported",
        ),
        ("EPSG:4978", "geocentric coordinates"),
        ("EPSG:4807", "in `grad`"),
        ("+proj=utm +zone=99 +datum=WGS84", "Invalid UTM zone"),
        (
            "+proj=lcc +lat_1=nan +ellps=GRS80",
            "`lat_1` is not a finite number",
        ),
        (
            "+proj=longlat +ellps=clrk66 +nadgrids=conus",
            "by the grid `conus`",
        ),
        ("+proj=utm +zone=36 +to_meter=0", "`to_meter` is `0`"),
        ("+zone=36", "the parameter `proj` is missing"),
        ("PROJCS[\"x\"", "it ends before its last bracket"),
        ("LOCAL_CS[\"x\",UNIT[\"m\",1]]", "local coordinates"),
    ];
    for (text, words) in cases {
        let message = Crs::parse(text).unwrap_err().to_string();
        assert!(message.contains(words), "{text}: {message}");
        assert!(message.contains("\n\nhint: "), "{text}: {message}");
        assert!(!message.ends_with('.'), "{text}: {message}");
    }
}

#[test]
fn grids_are_replaced_by_parameters_where_the_registry_has_some() {
    // New Zealand 1949 and North America 1927: PROJ takes grids, and these without them.
    for code in [4272, 4267, 26_716] {
        assert!(Crs::from_epsg(code).is_ok(), "{code}");
    }
}

#[test]
fn the_registry_can_be_used_but_for_what_is_no_map() {
    let (mut usable, mut refused) = (0, Vec::new());
    for code in 1..=65_535 {
        match Crs::from_epsg(code) {
            Ok(crs) => {
                usable += 1;
                assert!(crs.epsg() == Some(code) || code == 3785, "{code}");
                assert!(crs.metres_per_unit() > 0.0);
                assert!(!crs.name().is_empty());
            }
            Err(CrsError::UnknownCode { .. } | CrsError::NotHorizontal { .. }) => {}
            Err(error) => refused.push(error.to_string()),
        }
    }
    assert!(usable > 5_900, "{usable}");
    assert!(refused.len() < 20, "{refused:#?}");
}
