//! The specification of an overhead scene.

use std::fmt;
use std::str::FromStr;

use crate::SynthError;
use crate::random::Draws;

/// Largest number of pixels of a scene.
pub const MAX_PIXELS: u64 = 1 << 28;

/// Largest area of ground of a scene, in square kilometres; limits the number of objects.
pub const MAX_GROUND: f64 = 25.0;

/// Largest blur: the standard deviation of the point spread function in pixels.
pub const MAX_BLUR: f64 = 3.0;

/// The specification of an overhead scene. [`SceneSpec::new`] gives the usual values.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneSpec {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Ground sampling distance: metres a pixel, 0.05 to 5; the image may show [`MAX_GROUND`] at
    /// most.
    pub gsd: f64,
    /// The sensor that takes the image.
    pub sensor: Sensor,
    /// The terrains of the districts, drawn at random from this list; a terrain that is listed
    /// twice is drawn twice as often.
    pub terrain: Vec<Terrain>,
    /// The direction of the sun; for a radar, the direction from which it looks.
    pub sun: Sun,
    /// Haze between ground and sensor, 0 (none) to 1 (only haze).
    pub haze: f64,
    /// Standard deviation of the point spread function in pixels, 0 to [`MAX_BLUR`].
    pub blur: f64,
    /// Density of objects, 0 (almost none) to 2; 1 is usual.
    pub density: f64,
    /// The same seed gives the same scene.
    pub seed: u64,
    /// Instances with fewer visible pixels are not listed; at least 1.
    pub min_pixels: u64,
}

/// The sensor that takes the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensor {
    /// A camera in an aeroplane: sharp, with true colours.
    Aerial,
    /// A pan-sharpened satellite image: colours are coarser than brightness and slightly displaced.
    Satellite,
    /// A radar: grey, with speckle, bright metal and dark water.
    Radar {
        /// Number of averaged looks, at least 1. The intensity has a relative variance of `1 /
        /// looks` (a gamma distribution).
        looks: u32,
    },
}

/// The contents of a district.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Terrain {
    /// Houses in gardens along streets.
    Suburb,
    /// Warehouses, container yards, storage tanks, car parks.
    Industrial,
    /// A basin with quays, ships and boats.
    Harbour,
    /// A runway, an apron with aircraft, hangars.
    Airfield,
    /// Fields, hedges, farmsteads, ponds.
    Farmland,
    /// Sports grounds and trees.
    Park,
}

impl Terrain {
    /// Every terrain.
    pub const ALL: [Self; 6] = [
        Self::Suburb,
        Self::Industrial,
        Self::Harbour,
        Self::Airfield,
        Self::Farmland,
        Self::Park,
    ];
}

/// The direction of the light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sun {
    /// Azimuth in degrees, clockwise from the top of the image.
    pub azimuth: f64,
    /// Elevation above the horizon in degrees, 10 to 90.
    pub elevation: f64,
}

impl SceneSpec {
    /// A clear aerial image of a suburb at 0.3 m a pixel, of `width` x `height` pixels.
    pub fn new(width: u32, height: u32, seed: u64) -> Self {
        Self {
            width,
            height,
            gsd: 0.3,
            sensor: Sensor::Aerial,
            terrain: vec![Terrain::Suburb],
            sun: Sun {
                azimuth: 145.0,
                elevation: 48.0,
            },
            haze: 0.05,
            blur: 0.6,
            density: 1.0,
            seed,
            min_pixels: 16,
        }
    }

    /// A scene whose sensor, terrain, sun, haze, blur and ground sampling distance are drawn with
    /// the seed.
    pub fn varied(width: u32, height: u32, seed: u64) -> Self {
        let mut draws = Draws::new(seed, "varied scene", 0);
        let sensor = match draws.unit() {
            share if share < 0.5 => Sensor::Aerial,
            share if share < 0.85 => Sensor::Satellite,
            _ => Sensor::Radar {
                looks: 1 + draws.below(8) as u32,
            },
        };
        Self {
            gsd: match sensor {
                Sensor::Aerial => draws.range(0.15, 0.4),
                Sensor::Satellite => draws.range(0.3, 0.7),
                Sensor::Radar { .. } => draws.range(0.5, 1.0),
            },
            sensor,
            terrain: vec![draws.pick(&Terrain::ALL), draws.pick(&Terrain::ALL)],
            sun: Sun {
                azimuth: draws.range(90.0, 270.0),
                elevation: draws.range(28.0, 70.0),
            },
            haze: draws.range(0.0, 0.3),
            blur: draws.range(0.4, 1.1),
            density: draws.range(0.7, 1.4),
            ..Self::new(width, height, seed)
        }
    }

    /// Checks that the scene can be painted.
    pub(crate) fn check(&self) -> Result<(), SynthError> {
        check_size(self.width, self.height)?;
        if self.terrain.is_empty() {
            return Err(SynthError::NoTerrain);
        }
        check_range("the ground sampling distance", self.gsd, 0.05, 5.0)?;
        let pixels = f64::from(self.width) * f64::from(self.height);
        let ground = pixels * self.gsd * self.gsd / 1e6;
        check_range("the area in square kilometres", ground, 0.0, MAX_GROUND)?;
        check_range("the sun's azimuth", self.sun.azimuth, -360.0, 360.0)?;
        check_range("the sun's elevation", self.sun.elevation, 10.0, 90.0)?;
        check_range("the haze", self.haze, 0.0, 1.0)?;
        check_range("the blur", self.blur, 0.0, MAX_BLUR)?;
        check_range("the density", self.density, 0.0, 2.0)?;
        if let Sensor::Radar { looks } = self.sensor {
            check_range("the number of looks", looks.into(), 1.0, 64.0)?;
        }
        Ok(())
    }
}

pub(crate) fn check_size(width: u32, height: u32) -> Result<(), SynthError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > MAX_PIXELS {
        return Err(SynthError::Size {
            width,
            height,
            limit: MAX_PIXELS,
        });
    }
    Ok(())
}

fn check_range(name: &'static str, value: f64, low: f64, high: f64) -> Result<(), SynthError> {
    // The test also refuses NaN.
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(SynthError::OutOfRange {
        name,
        value,
        low,
        high,
    })
}

impl fmt::Display for Sensor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Aerial => "aerial",
            Self::Satellite => "satellite",
            Self::Radar { .. } => "radar",
        })
    }
}

impl FromStr for Sensor {
    type Err = SynthError;

    /// A radar has 4 looks.
    fn from_str(word: &str) -> Result<Self, SynthError> {
        match word {
            "aerial" => Ok(Self::Aerial),
            "satellite" => Ok(Self::Satellite),
            "radar" => Ok(Self::Radar { looks: 4 }),
            _ => Err(SynthError::UnknownWord {
                kind: "sensor",
                word: word.to_owned(),
                known: "aerial, satellite, radar",
            }),
        }
    }
}

impl fmt::Display for Terrain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Suburb => "suburb",
            Self::Industrial => "industrial",
            Self::Harbour => "harbour",
            Self::Airfield => "airfield",
            Self::Farmland => "farmland",
            Self::Park => "park",
        })
    }
}

impl FromStr for Terrain {
    type Err = SynthError;

    fn from_str(word: &str) -> Result<Self, SynthError> {
        let known = Self::ALL
            .into_iter()
            .find(|terrain| terrain.to_string() == word);
        known.ok_or_else(|| SynthError::UnknownWord {
            kind: "terrain",
            word: word.to_owned(),
            known: "suburb, industrial, harbour, airfield, farmland, park",
        })
    }
}
