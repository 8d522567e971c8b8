//! Draws a contact sheet: a row for each sensor, a column for each terrain, and a row of
//! photographs.
//!
//! ```sh
//! cargo run --release -p resam-synth --example gallery OUT.png
//! ```

use std::error::Error;

use image::RgbImage;
use image::imageops::replace;
use resam_synth::{SceneSpec, Sensor, Terrain, generate, photograph};

/// Side of a picture and width of the gaps between them, in pixels.
const SIDE: u32 = 384;
const GAP: u32 = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: gallery OUT.png [SEED]")?;
    let seed: u64 = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let sensors = [
        (Sensor::Aerial, 0.25),
        (Sensor::Satellite, 0.5),
        (Sensor::Radar { looks: 4 }, 0.8),
    ];
    let columns = Terrain::ALL.len() as u32;
    let rows = sensors.len() as u32 + 1;
    let white = image::Rgb([255; 3]);
    let place = |index: u32| i64::from(GAP + index * (SIDE + GAP));
    let mut sheet = RgbImage::from_pixel(
        GAP + columns * (SIDE + GAP),
        GAP + rows * (SIDE + GAP),
        white,
    );
    for (row, (sensor, gsd)) in (0..).zip(sensors) {
        for (column, terrain) in (0..).zip(Terrain::ALL) {
            let spec = SceneSpec {
                gsd,
                sensor,
                terrain: vec![terrain],
                ..SceneSpec::new(SIDE, SIDE, seed)
            };
            replace(
                &mut sheet,
                &generate(&spec)?.image,
                place(column),
                place(row),
            );
        }
    }
    for column in 0..columns {
        let picture = photograph(seed * 100 + u64::from(column), SIDE)?;
        replace(&mut sheet, &picture.image, place(column), place(rows - 1));
    }
    sheet.save(path)?;
    Ok(())
}
