//! Colours: of products by name, and of the warm ground that they stand on.

/// An opaque colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    const fn hex(value: u32) -> Rgb {
        Rgb((value >> 16) as u8, (value >> 8) as u8, value as u8)
    }

    /// This colour with `percent` of another.
    pub fn mix(self, other: Rgb, percent: u16) -> Rgb {
        let channel = |a: u8, b: u8| {
            let mixed = (u16::from(a) * (100 - percent) + u16::from(b) * percent) / 100;
            u8::try_from(mixed).expect("a mean of two bytes is a byte")
        };
        Rgb(channel(self.0, other.0), channel(self.1, other.1), channel(self.2, other.2))
    }

    pub fn darker(self) -> Rgb {
        self.mix(Rgb::hex(0x2a1a22), 26)
    }

    pub fn lighter(self) -> Rgb {
        self.mix(Rgb::hex(0xfff6e8), 38)
    }

    /// Perceived brightness, 0 to 255.
    pub fn brightness(self) -> u32 {
        (u32::from(self.0) * 299 + u32::from(self.1) * 587 + u32::from(self.2) * 114) / 1000
    }
}

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// Colours that listings name. Own listings name no other; imported titles are searched for the
/// last word of each.
const NAMED: [(&str, Rgb); 40] = [
    ("Graphite", Rgb::hex(0x4a4e57)),
    ("Charcoal", Rgb::hex(0x45444c)),
    ("Midnight Black", Rgb::hex(0x34333d)),
    ("Chalk White", Rgb::hex(0xf1ece2)),
    ("Oat White", Rgb::hex(0xeae0cd)),
    ("Cream", Rgb::hex(0xf0e3c8)),
    ("Silver", Rgb::hex(0xb9bec6)),
    ("Pebble Gray", Rgb::hex(0x9a979a)),
    ("Fjord Blue", Rgb::hex(0x3f6f97)),
    ("Navy", Rgb::hex(0x33466f)),
    ("Sky Blue", Rgb::hex(0x7fb4d3)),
    ("Denim Blue", Rgb::hex(0x4f7295)),
    ("Teal", Rgb::hex(0x2f8583)),
    ("Lagoon", Rgb::hex(0x3c9aa0)),
    ("Sage Green", Rgb::hex(0x8fa886)),
    ("Forest Green", Rgb::hex(0x3d6b50)),
    ("Olive", Rgb::hex(0x7d8148)),
    ("Moss", Rgb::hex(0x6b8a4e)),
    ("Mint", Rgb::hex(0x97cdb3)),
    ("Mustard", Rgb::hex(0xd9a531)),
    ("Honey", Rgb::hex(0xe2af4b)),
    ("Sunflower Yellow", Rgb::hex(0xf0bf3f)),
    ("Apricot", Rgb::hex(0xf0a468)),
    ("Tangerine Orange", Rgb::hex(0xe8813a)),
    ("Rust", Rgb::hex(0xb75a36)),
    ("Terracotta", Rgb::hex(0xc56a49)),
    ("Copper", Rgb::hex(0xb9734c)),
    ("Brick Red", Rgb::hex(0xac4238)),
    ("Poppy Red", Rgb::hex(0xd94a3d)),
    ("Cherry Red", Rgb::hex(0xb72f42)),
    ("Coral", Rgb::hex(0xee7f6b)),
    ("Blush Pink", Rgb::hex(0xe9b0a9)),
    ("Rose", Rgb::hex(0xd3727f)),
    ("Plum", Rgb::hex(0x7c4468)),
    ("Lavender", Rgb::hex(0xa798cb)),
    ("Heather Purple", Rgb::hex(0x7d6798)),
    ("Walnut Brown", Rgb::hex(0x7b553b)),
    ("Oak", Rgb::hex(0xc79c64)),
    ("Sand", Rgb::hex(0xd9c19a)),
    ("Natural Birch", Rgb::hex(0xdfc392)),
];

pub(super) fn named(name: &str) -> Option<Rgb> {
    NAMED.iter().find(|(n, _)| *n == name).map(|&(_, colour)| colour)
}

/// The colour that a title names, if any.
pub(super) fn colour_in(title: &str) -> Option<&'static str> {
    let words: Vec<String> =
        title.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let called = |name: &str| {
        let last = name.rsplit(' ').next().unwrap_or(name).to_lowercase();
        words.contains(&last)
    };
    NAMED.iter().find(|(name, _)| called(name)).map(|&(name, _)| name)
}

/// Colours for products whose listing names none.
const FREE: [Rgb; 14] = [
    Rgb::hex(0xc9593f),
    Rgb::hex(0x2f7f86),
    Rgb::hex(0xd99a2b),
    Rgb::hex(0x44648f),
    Rgb::hex(0x6f8f57),
    Rgb::hex(0x8b4a6b),
    Rgb::hex(0xe08a62),
    Rgb::hex(0x3f5d54),
    Rgb::hex(0xb8475a),
    Rgb::hex(0x5a5f86),
    Rgb::hex(0xcf7d4a),
    Rgb::hex(0x4b8fa8),
    Rgb::hex(0x9c6b4a),
    Rgb::hex(0x54505c),
];

pub(super) fn free(roll: u64) -> Rgb {
    FREE[(roll % FREE.len() as u64) as usize]
}

/// Second colours: buttons, labels, straps.
const ACCENTS: [Rgb; 8] = [
    Rgb::hex(0xf2b84b),
    Rgb::hex(0xe8684a),
    Rgb::hex(0x37a09a),
    Rgb::hex(0xf3d9a4),
    Rgb::hex(0x5b7fb5),
    Rgb::hex(0xe58f8a),
    Rgb::hex(0x9cbf6b),
    Rgb::hex(0xfff1d6),
];

/// An accent that can be told from the main colour.
pub(super) fn accent(main: Rgb, roll: u64) -> Rgb {
    let distance = |a: Rgb| {
        let channel = |x: u8, y: u8| u32::from(x.abs_diff(y));
        channel(a.0, main.0) + channel(a.1, main.1) + channel(a.2, main.2)
    };
    let start = (roll % ACCENTS.len() as u64) as usize;
    let far = (0..ACCENTS.len()).map(|i| ACCENTS[(start + i) % ACCENTS.len()]);
    far.into_iter().find(|&a| distance(a) > 190).unwrap_or(ACCENTS[0])
}

/// A ground: wall, the shape on the wall, and the floor.
#[derive(Clone, Copy)]
pub(super) struct Ground {
    pub wall: Rgb,
    pub shape: Rgb,
    pub floor: Rgb,
}

const GROUNDS: [Ground; 10] = [
    Ground { wall: Rgb::hex(0xf7e9d4), shape: Rgb::hex(0xf3d5ab), floor: Rgb::hex(0xe6c499) },
    Ground { wall: Rgb::hex(0xf9e3d3), shape: Rgb::hex(0xf4c7a8), floor: Rgb::hex(0xe5ae8c) },
    Ground { wall: Rgb::hex(0xf5e6c8), shape: Rgb::hex(0xeccd86), floor: Rgb::hex(0xdcb76c) },
    Ground { wall: Rgb::hex(0xf6ded8), shape: Rgb::hex(0xecbdb2), floor: Rgb::hex(0xd9a295) },
    Ground { wall: Rgb::hex(0xecead4), shape: Rgb::hex(0xcfd4ab), floor: Rgb::hex(0xb9be90) },
    Ground { wall: Rgb::hex(0xf2e4e0), shape: Rgb::hex(0xdfc3c4), floor: Rgb::hex(0xc9a7a8) },
    Ground { wall: Rgb::hex(0xe6ebe2), shape: Rgb::hex(0xbdd2c6), floor: Rgb::hex(0xa4bbad) },
    Ground { wall: Rgb::hex(0xf8ecdc), shape: Rgb::hex(0xf0b996), floor: Rgb::hex(0xd99f7c) },
    Ground { wall: Rgb::hex(0xf0e7da), shape: Rgb::hex(0xd8c6ae), floor: Rgb::hex(0xc2ad93) },
    Ground { wall: Rgb::hex(0xe9e4ea), shape: Rgb::hex(0xcbbfd3), floor: Rgb::hex(0xb3a5bd) },
];

/// A ground whose shape the main colour stands out from.
pub(super) fn ground(main: Rgb, roll: u64) -> Ground {
    let start = (roll % GROUNDS.len() as u64) as usize;
    let distance = |g: &Ground| {
        let channel = |x: u8, y: u8| u32::from(x.abs_diff(y));
        channel(g.shape.0, main.0) + channel(g.shape.1, main.1) + channel(g.shape.2, main.2)
    };
    let all = (0..GROUNDS.len()).map(|i| GROUNDS[(start + i) % GROUNDS.len()]);
    all.into_iter().find(|g| distance(g) > 120 || main.brightness() > 225).unwrap_or(GROUNDS[start])
}
