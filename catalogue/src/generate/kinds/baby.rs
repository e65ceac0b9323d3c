//! For babies.

use super::{HOME, SOFT};
use crate::generate::kind::{Kind, Shelf};

pub(super) const BABY: Shelf = Shelf {
    brands: &["Lullaway", "Pipkin & Moss", "Tiny Harbor", "Nestling Lane", "Wobbleby", "Oatbear"],
    products: 18,
    kinds: &[
        Kind {
            drawing: "stroller",
            dollars: (149, 899),
            ladder: "class",
            slots: &[
                ("colour", HOME),
                ("class", &["umbrella|13", "compact|16", "all-terrain|22", "travel-system|27"]),
                ("fold", &["one-hand fold", "standing fold", "self-locking fold"]),
            ],
            titles: &[
                "{brand} {line} {class:Cap} Stroller with {fold:Cap}, {colour}",
                "{brand} {line} Baby Stroller, {class:Cap}, Reclining Seat and Canopy, {colour}",
            ],
            text: &[
                &[
                    "The {line} is {class:a} stroller for families who walk everywhere and carry everything.",
                    "Cobbles, curbs and corner shops: the {line} takes a whole day out in its stride.",
                ],
                &[
                    "It weighs {class:2} pounds, folds with {fold:a}, and stands by itself in the hallway.",
                    "The seat lies almost flat for naps, and the canopy reaches down far enough for low sun.",
                ],
                &[
                    "Every cover zips off and goes into the washing machine.",
                    "A basket underneath takes a week of groceries without dragging on the ground.",
                ],
            ],
            features: &[
                "{class:Cap} frame of {class:2} pounds",
                "{fold:Cap} with automatic latch",
                "Five-point harness with padded straps",
                "Canopy with a peek-a-boo window",
                "From six months to fifty pounds",
                "Washable covers in {colour:lower}",
            ],
        },
        Kind {
            drawing: "high_chair",
            dollars: (79, 329),
            ladder: "wood",
            slots: &[
                ("colour", SOFT),
                ("wood", &["beech-look steel", "solid pine", "solid beech", "solid oak"]),
                (
                    "age",
                    &["six months to three years", "six months to six years", "birth to ten years"],
                ),
            ],
            titles: &[
                "{brand} {line} High Chair with Removable Tray, {wood:Cap}, {colour}",
                "{brand} {line} Grow-Along High Chair in {wood:Cap}, {colour} Cushion",
            ],
            text: &[
                &[
                    "The {line} brings the youngest up to the table, and keeps the porridge on the tray.",
                    "A chair that grows along is a chair you buy once, and the {line} does, from {age}.",
                ],
                &[
                    "Its frame of {wood} stands wide and steady, and the footrest moves down as legs get longer.",
                    "The tray comes off with one hand and goes straight into the dishwasher.",
                ],
                &[
                    "There are no seams where crumbs could hide, and the {colour:lower} cushion wipes clean.",
                    "Felt pads protect your floor, and the harness protects everything else.",
                ],
            ],
            features: &[
                "Frame of {wood}",
                "Fits from {age}",
                "Dishwasher-safe tray with a cup edge",
                "Five-point harness",
                "Footrest in six positions",
                "Wipe-clean cushion in {colour:lower}",
            ],
        },
        Kind {
            drawing: "baby_monitor",
            dollars: (49, 319),
            ladder: "screen",
            slots: &[
                ("colour", &["Mint", "Sky Blue", "Oat White", "Lavender", "Honey"]),
                ("screen", &["2.8-inch|720p", "4.3-inch|720p", "5-inch|1080p", "5.5-inch|2K"]),
                ("range", &["800", "1,000", "1,200"]),
            ],
            titles: &[
                "{brand} {line} Video Baby Monitor, {screen} Screen, Night Vision, {range} ft Range",
                "{brand} {line} Baby Monitor with Camera, {screen:2} Video and Two-Way Talk, {screen} Display",
            ],
            text: &[
                &[
                    "The {line} shows you that all is well, so that you can finish your tea.",
                    "One look at the {screen} screen is often all it takes to go back to sleep.",
                ],
                &[
                    "Its camera sends {screen:2} pictures over a closed link with no app and no cloud, up to {range} feet away.",
                    "Night vision works without a glow in the room, and a gentle beep tells you when it gets too warm or too cool.",
                ],
                &[
                    "Talk back, play one of six lullabies, or just listen.",
                    "The parent unit runs all night on one charge and stands on the bedside table.",
                ],
            ],
            features: &[
                "{screen} color display",
                "{screen:2} camera with a quiet pan and tilt",
                "Range of {range} feet in the open",
                "Room temperature on the screen",
                "Two-way talk and six lullabies",
                "No internet connection needed",
            ],
        },
        Kind {
            drawing: "crib",
            dollars: (169, 649),
            ladder: "wood",
            slots: &[
                ("colour", SOFT),
                ("wood", &["pine", "poplar", "birch", "beech"]),
                (
                    "ways",
                    &[
                        "3-in-1|a toddler bed and a daybed",
                        "4-in-1|a toddler bed, a daybed and a full-size bed",
                    ],
                ),
            ],
            titles: &[
                "{brand} {line} {ways} Convertible Crib, Solid {wood:Cap}, {colour} Mattress Cover",
                "{brand} {line} Baby Crib of Solid {wood:Cap}, {ways}, with {colour} Sheet",
            ],
            text: &[
                &[
                    "The {line} begins as a crib and stays on as {ways:2}.",
                    "Rounded corners, quiet joints and honest {wood}: the {line} is the calmest thing in the nursery.",
                ],
                &[
                    "The base sits at three heights, so you need not bend low in the first months nor worry later.",
                    "It is finished with water-based lacquer and passes the strictest tests for chewing.",
                ],
                &[
                    "One person puts it together in half an hour with the tool in the box.",
                    "A fitted sheet in {colour:lower} comes with it, and standard mattresses fit.",
                ],
            ],
            features: &[
                "Solid {wood} with a water-based finish",
                "{ways} conversion without extra parts",
                "Three mattress heights",
                "Fits standard crib mattresses",
                "Cotton sheet in {colour:lower} included",
            ],
        },
        Kind {
            drawing: "baby_bottle",
            dollars: (14, 69),
            ladder: "set",
            slots: &[
                ("colour", SOFT),
                ("set", &["3|8 oz", "6|8 oz", "8|9 oz", "10|9 oz"]),
                ("material", &["glass", "silicone", "plant-based plastic"]),
            ],
            titles: &[
                "{brand} {line} Anti-Colic Baby Bottles, {material:Cap}, Set of {set}, {colour}",
                "{brand} {line} Newborn Bottle Set, {set} Pieces, {material:Cap}, {set:2}, {colour}",
            ],
            text: &[
                &[
                    "A vent in the base keeps air out of the milk, and milk out of the carpet.",
                    "The {line} was drawn with midwives, for babies who go back and forth between breast and bottle.",
                ],
                &[
                    "Its wide nipple is soft and slow, and the {material} body is light enough for small hands.",
                    "The {material} body takes boiling water, freezers and falls from the high chair.",
                ],
                &[
                    "All {set} pieces come apart for cleaning and go back together without a manual.",
                    "The set of {set} carries you through a day without washing in between.",
                ],
            ],
            features: &[
                "Set of {set} in {colour:lower}",
                "{material:Cap} body, {set:2} size",
                "Slow-flow nipples for newborns",
                "Anti-colic vent in the base",
                "Safe for dishwasher and sterilizer",
            ],
        },
    ],
};
