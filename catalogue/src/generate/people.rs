//! Invented names: of people, and of models.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

const FIRST: [&str; 40] = [
    "Amara", "Anselm", "Beatriz", "Calla", "Cosmo", "Dalia", "Edda", "Emeka", "Farid", "Fenna",
    "Gideon", "Hana", "Ilse", "Imani", "Jonah", "Juno", "Kaito", "Keziah", "Leif", "Lucía",
    "Mabel", "Marek", "Mirela", "Nadia", "Niko", "Odile", "Orson", "Petra", "Quill", "Rafael",
    "Rosalind", "Saoirse", "Selim", "Tamsin", "Teodor", "Uma", "Viggo", "Wren", "Yara", "Zeno",
];

const LAST: [&str; 40] = [
    "Abernault",
    "Aldercroft",
    "Bellweather",
    "Brightmoor",
    "Caskwell",
    "Corvane",
    "Dunmarrow",
    "Ellingbrook",
    "Fairhollow",
    "Farrowgate",
    "Galloway-Reyes",
    "Harcastle",
    "Hollinmere",
    "Ibarrondo",
    "Jessamy",
    "Kestering",
    "Kowalczuk-Bright",
    "Larkmoor",
    "Lindqvast",
    "Marchetto",
    "Mbekwe",
    "Nakashiro",
    "Northcote-Vail",
    "Okonwu",
    "Ostrander-Vey",
    "Pellworth",
    "Quillfeather",
    "Ravensmith",
    "Rosendahlia",
    "Santorelli-Moss",
    "Silverlake",
    "Stonebridge-Amari",
    "Tarkhanov",
    "Thistledown",
    "Underhay",
    "Vantongeren",
    "Verdanza",
    "Wexcombe",
    "Yarrowby",
    "Zellmayer",
];

const LINES: [&str; 48] = [
    "Alba", "Alcove", "Arbor", "Aster", "Bramble", "Brio", "Cadence", "Cairn", "Cinder", "Cirrus",
    "Cobble", "Copse", "Delta", "Drift", "Ember", "Fathom", "Fern", "Fjord", "Flint", "Gale",
    "Garnet", "Halo", "Harbor", "Heron", "Indigo", "Juniper", "Kestrel", "Lantern", "Linden",
    "Lumen", "Marlow", "Meadow", "Meridian", "Nimbus", "Nova", "Orchard", "Otter", "Pebble",
    "Prairie", "Quarry", "Rowan", "Sable", "Summit", "Thicket", "Tidal", "Vesper", "Willow",
    "Zephyr",
];

/// A model's name: `Kestrel`, `Ember II`, `Halo Pro`. No digits, because numbers follow it in titles.
pub(super) fn line(rng: &mut ChaCha8Rng) -> String {
    let name = LINES[rng.random_range(0..LINES.len())];
    match rng.random_range(0..10) {
        0..=5 => name.to_owned(),
        6 => format!("{name} II"),
        7 => format!("{name} Mini"),
        8 => format!("{name} Plus"),
        _ => format!("{name} Pro"),
    }
}

/// Two different people, each as first and last name.
pub(super) fn two(rng: &mut ChaCha8Rng) -> ((String, String), (String, String)) {
    let firsts = rand::seq::index::sample(rng, FIRST.len(), 2);
    let lasts = rand::seq::index::sample(rng, LAST.len(), 2);
    let person = |i: usize| (FIRST[firsts.index(i)].to_owned(), LAST[lasts.index(i)].to_owned());
    (person(0), person(1))
}
