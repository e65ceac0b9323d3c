//! The drawings, by group. Each is SVG on a 320 x 240 ground whose floor line for an object's foot
//! is y = 200, with placeholders for paint (see `scene`).

mod parcels;

/// One object.
pub(super) struct Drawing {
    pub name: &'static str,
    /// Half the width of its shadow on the floor; 0: it stands on nothing.
    pub shadow: u32,
    /// Whether its mirror image is as right.
    pub may_flip: bool,
    pub svg: &'static str,
}

const GROUPS: [&[Drawing]; 1] = [parcels::ALL];

/// All drawings' names.
pub fn names() -> impl Iterator<Item = &'static str> {
    GROUPS.into_iter().flatten().map(|d| d.name)
}

/// The drawing of that name, or the parcel.
pub(super) fn find(name: &str) -> &'static Drawing {
    let by_name = |name: &str| GROUPS.into_iter().flatten().find(|d| d.name == name);
    by_name(name).unwrap_or(&parcels::PARCEL)
}
