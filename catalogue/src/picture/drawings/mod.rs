//! The drawings, by group. Each is SVG on a 320 x 240 ground whose floor line for an object's foot
//! is y = 200, with placeholders for paint (see `scene`).

mod care;
mod covers;
mod kitchen;
mod outdoors;
mod parcels;
mod play;
mod screens;
mod workshop;

/// One object.
pub(super) struct Drawing {
    pub name: &'static str,
    /// Half the width of its shadow on the floor; 0: it stands on nothing.
    pub shadow: u32,
    /// Whether its mirror image is as right: covers and scales with digits have a right way round.
    pub may_flip: bool,
    pub svg: &'static str,
}

const fn drawing(name: &'static str, shadow: u32, svg: &'static str) -> Drawing {
    Drawing { name, shadow, may_flip: true, svg }
}

const fn one_way(name: &'static str, shadow: u32, svg: &'static str) -> Drawing {
    Drawing { name, shadow, may_flip: false, svg }
}

const GROUPS: [&[Drawing]; 8] = [
    care::ALL,
    covers::ALL,
    kitchen::ALL,
    outdoors::ALL,
    play::ALL,
    screens::ALL,
    workshop::ALL,
    parcels::ALL,
];

/// All drawings' names.
pub fn names() -> impl Iterator<Item = &'static str> {
    GROUPS.into_iter().flatten().map(|d| d.name)
}

/// The drawing of that name, or the parcel.
pub(super) fn find(name: &str) -> &'static Drawing {
    let by_name = |name: &str| GROUPS.into_iter().flatten().find(|d| d.name == name);
    by_name(name).unwrap_or(&parcels::PARCEL)
}
