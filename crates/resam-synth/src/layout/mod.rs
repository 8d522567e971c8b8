//! The layout of a scene: main roads split the ground into districts, and each district is filled
//! with one terrain.

mod airfield;
mod farmland;
mod harbour;
mod industrial;
mod park;
mod suburb;

use crate::error::SynthError;
use crate::geometry::{Pose, rectangle};
use crate::light::Light;
use crate::objects::road;
use crate::paints::Mottled;
use crate::random::Draws;
use crate::render::{Recipe, render};
use crate::scene::Scene;
use crate::sensor::Optics;
use crate::spec::{SceneSpec, Sensor, Terrain};
use crate::stage::{Stage, order};
use crate::tile::Ground;

/// Paints an overhead scene. The image has the size of the specification; instances are the objects
/// that are visible in it.
///
/// # Errors
/// [`SynthError`] if a size or another number of the specification is out of range, or if it has no
/// terrain.
pub fn generate(spec: &SceneSpec) -> Result<Scene, SynthError> {
    spec.check()?;
    let mut draws = Draws::new(spec.seed, "scene", 0);
    let ground = Ground {
        gsd: spec.gsd as f32,
        seed: draws.bits(),
        radar: matches!(spec.sensor, Sensor::Radar { .. }),
    };
    let mut stage = Stage::new(
        spec.width,
        spec.height,
        spec.gsd,
        Light::new(spec.sun),
        ground.radar,
    );
    lay_out(&mut stage, spec, &mut draws);
    let scene = render(Recipe {
        width: spec.width,
        height: spec.height,
        ground,
        optics: Optics::new(spec, draws.bits()),
        layers: stage.layers,
        subjects: stage.subjects,
        min_pixels: spec.min_pixels,
        min_visible: 0.0,
    })?;
    Ok(scene)
}

/// A rectangle of ground around its pose, from its centre to its sides.
#[derive(Debug, Clone, Copy)]
struct District {
    pose: Pose,
    along: f64,
    across: f64,
}

impl District {
    /// A part of the plot, by ranges along and across.
    fn part(&self, [from_u, to_u]: [f64; 2], [from_v, to_v]: [f64; 2]) -> Self {
        Self {
            pose: self
                .pose
                .child((from_u + to_u) / 2.0, (from_v + to_v) / 2.0, 0.0),
            along: ((to_u - from_u) / 2.0).max(0.0),
            across: ((to_v - from_v) / 2.0).max(0.0),
        }
    }

    /// The plot without a margin of `metres`.
    fn inset(&self, metres: f64) -> Self {
        Self {
            along: (self.along - metres).max(0.0),
            across: (self.across - metres).max(0.0),
            ..*self
        }
    }

    /// The plot turned so that it is longer along than across.
    fn longways(self) -> Self {
        if self.along >= self.across {
            return self;
        }
        Self {
            pose: self.pose.child(0.0, 0.0, std::f64::consts::FRAC_PI_2),
            along: self.across,
            across: self.along,
        }
    }

    /// Splits the plot into parts of at most this side with gaps between them. The callback gets
    /// the pose, half length and depth of each gap.
    fn split(
        self,
        largest: f64,
        gap: &impl Fn(usize) -> f64,
        depth: usize,
        draws: &mut Draws,
        cut: &mut impl FnMut(Pose, f64, usize),
    ) -> Vec<Self> {
        let whole = self.longways();
        if 2.0 * whole.along <= largest || depth > 12 {
            return vec![whole];
        }
        let at = whole.along * draws.range(-0.3, 0.3);
        let half = gap(depth) / 2.0;
        let road = whole.pose.child(at, 0.0, std::f64::consts::FRAC_PI_2);
        cut(road, whole.across, depth);
        let across = [-whole.across, whole.across];
        let mut parts = whole.part([-whole.along, at - half], across).split(
            largest,
            gap,
            depth + 1,
            draws,
            cut,
        );
        parts.extend(whole.part([at + half, whole.along], across).split(
            largest,
            gap,
            depth + 1,
            draws,
            cut,
        ));
        parts
    }
}

fn lay_out(stage: &mut Stage, spec: &SceneSpec, draws: &mut Draws) {
    let [width, height] = stage.extent();
    let angle = draws.range(-0.6, 0.6);
    let half = 0.5 * (width * width + height * height).sqrt() + 25.0;
    // The middle of the world is not always the middle of the image.
    let drift = [
        draws.range(-0.12, 0.12) * width,
        draws.range(-0.12, 0.12) * height,
    ];
    let pose = Pose::new(width / 2.0 + drift[0], height / 2.0 + drift[1], angle);
    let half = half + drift[0].abs() + drift[1].abs();
    let world = District {
        pose,
        along: half,
        across: half,
    };
    let rural = spec
        .terrain
        .iter()
        .all(|terrain| *terrain == Terrain::Farmland);
    let base = Mottled {
        one: draws.tint([0.42, 0.46, 0.28], 0.06, 0.02),
        other: [0.53, 0.49, 0.35],
        scales: [0.5, 0.4, 0.2],
        balance: -0.1,
        grain: 0.07,
    };
    stage.ground(
        order::GROUND,
        &[rectangle(&world.pose, half, half)],
        0.25,
        base,
    );
    let alone = spec
        .terrain
        .iter()
        .all(|terrain| *terrain == spec.terrain[0]);
    let largest = match spec.terrain[0] {
        Terrain::Harbour | Terrain::Airfield if alone => f64::INFINITY,
        Terrain::Farmland if alone => 520.0,
        _ if alone => 300.0,
        _ => 420.0,
    };
    // Pavements lie beside the road.
    let road_width = |depth: usize| if depth == 0 && !rural { 14.0 } else { 8.0 };
    let corridor = |depth: usize| road_width(depth) + if rural { 3.0 } else { 5.0 };
    let mut roads = Vec::new();
    let districts = world.split(largest, &corridor, 0, draws, &mut |pose, along, depth| {
        roads.push((pose, along, depth));
    });
    for (number, (pose, along, depth)) in (0..).zip(roads) {
        let mut draws = Draws::new(spec.seed, "road", number);
        let width = road_width(depth);
        road::street(stage, &pose, along + 4.0, width, !rural, &mut draws);
        road::traffic(stage, &pose, along, width, 2.2 * spec.density, &mut draws);
    }
    for (number, district) in (0..).zip(districts) {
        let mut draws = Draws::new(spec.seed, "district", number);
        let terrain = draws.pick(&spec.terrain);
        let fill = match terrain {
            Terrain::Suburb => suburb::fill,
            Terrain::Industrial => industrial::fill,
            Terrain::Harbour => harbour::fill,
            Terrain::Airfield => airfield::fill,
            Terrain::Farmland => farmland::fill,
            Terrain::Park => park::fill,
        };
        fill(stage, &district, spec.density, &mut draws);
    }
}
