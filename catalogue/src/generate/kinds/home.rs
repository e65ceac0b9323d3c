//! Everything else: rooms, travel, office.

use super::{HOME, VIVID};
use crate::generate::kind::{Kind, Shelf};

pub(super) const OTHER: Shelf = Shelf {
    brands: &[
        "Larkfield",
        "Moss & Morrow",
        "Umberline",
        "Northquay",
        "Paper Lantern Co.",
        "Quiet Bear",
    ],
    products: 24,
    kinds: &[
        Kind {
            drawing: "suitcase",
            dollars: (79, 429),
            ladder: "shell",
            slots: &[
                ("colour", VIVID),
                ("shell", &["ABS|6", "polycarbonate|7", "recycled polycarbonate|7", "aluminum|10"]),
                (
                    "size",
                    &[
                        "20-inch Carry-On|a long weekend",
                        "24-inch Medium|ten days",
                        "28-inch Large|a season",
                    ],
                ),
            ],
            titles: &[
                "{brand} {line} {size} Suitcase, {shell} Shell, Spinner Wheels, {colour}",
                "{brand} {line} Hard-Side Luggage, {size}, {shell}, TSA Lock, {colour}",
            ],
            text: &[
                &[
                    "The {line} rolls beside you like a well-trained dog.",
                    "Packed for {size:2}, the {line} still glides with one finger.",
                ],
                &[
                    "Its {shell} shell weighs about {shell:2} pounds empty and shrugs off baggage belts.",
                    "Eight quiet wheels take cobbles and carpet, and the handle stops at four heights.",
                ],
                &[
                    "Inside there is one side with straps and one with a zip, because every trip has dirty laundry.",
                    "Zips, wheels and handles can be replaced at home with a screwdriver.",
                ],
            ],
            features: &[
                "{shell} shell, about {shell:2} pounds",
                "Room for {size:2}",
                "Eight-wheel spinner",
                "Built-in lock for travelers",
                "Washable lining",
                "Repairable with common tools",
            ],
        },
        Kind {
            drawing: "backpack",
            dollars: (39, 229),
            ladder: "cloth",
            slots: &[
                ("colour", VIVID),
                (
                    "cloth",
                    &["recycled polyester", "ripstop nylon", "waxed canvas", "full-grain leather"],
                ),
                ("volume", &["16-liter|13-inch", "20-liter|15-inch", "26-liter|16-inch"]),
            ],
            titles: &[
                "{brand} {line} {volume} Backpack, {cloth:Cap}, {volume:2} Laptop Sleeve, {colour}",
                "{brand} {line} Commuter Backpack in {cloth:Cap}, {volume}, {colour}",
            ],
            text: &[
                &[
                    "The {line} carries a working day without looking like it.",
                    "School, office, overnight: the {line} has a pocket for each and one for the umbrella.",
                ],
                &[
                    "It is sewn from {cloth}, with a sleeve for {volume:2a} laptop that opens from the side.",
                    "The back is padded and vented, and the straps sit on your shoulders rather than your neck.",
                ],
                &[
                    "Rain runs off, and a luggage loop slides over a suitcase handle.",
                    "We mend it for as long as you carry it.",
                ],
            ],
            features: &[
                "{volume} of room in {cloth}",
                "Sleeve for {volume:2a} laptop",
                "Water-repellent zippers",
                "Hidden pocket at the back",
                "Free repairs",
            ],
        },
        Kind {
            drawing: "office_chair",
            dollars: (99, 849),
            ladder: "support",
            slots: &[
                ("colour", HOME),
                (
                    "support",
                    &[
                        "fixed lumbar support",
                        "height-adjustable lumbar support",
                        "self-adjusting lumbar support",
                    ],
                ),
                ("load", &["250", "300", "350"]),
            ],
            titles: &[
                "{brand} {line} Ergonomic Office Chair with {support:Cap}, {colour}",
                "{brand} {line} Desk Chair, Breathable Back, {support:Cap}, {load} lb, {colour}",
            ],
            text: &[
                &[
                    "The {line} is for backs that still have plans after five o'clock.",
                    "Lean back and the {line} leans with you; lean in and it is right behind you.",
                ],
                &[
                    "It has {support}, armrests that move three ways, and a seat that slides for long legs.",
                    "The woven back lets air through, and the {colour:lower} cushion keeps its shape.",
                ],
                &[
                    "It carries {load} pounds on soft casters that are kind to wooden floors.",
                    "Assembly takes a quarter of an hour, and every bolt is numbered.",
                ],
            ],
            features: &[
                "{support:Cap}",
                "Armrests adjustable in three directions",
                "Tilt with four locking positions",
                "Carries {load} pounds",
                "Soft casters for hard floors",
                "Ten-year warranty on the gas lift",
            ],
        },
        Kind {
            drawing: "candle",
            dollars: (12, 64),
            ladder: "wicks",
            slots: &[
                ("colour", HOME),
                (
                    "scent",
                    &[
                        "fig leaf and cedar",
                        "black tea and bergamot",
                        "rain on slate",
                        "orange peel and clove",
                        "library and leather",
                        "tomato vine",
                    ],
                ),
                ("wicks", &["8 oz|one wick|45", "12 oz|two wicks|55", "20 oz|three wicks|70"]),
            ],
            titles: &[
                "{brand} {line} Scented Candle, {scent:Cap}, {wicks}, {colour} Jar",
                "{brand} {scent:Cap} Soy Candle, {wicks}, Hand-Poured, {colour}",
            ],
            text: &[
                &[
                    "Light it a quarter of an hour before people come, and the room will say hello for you.",
                    "It smells of {scent}, and not of a candle that tries to.",
                ],
                &[
                    "Soy wax and {wicks:2} of cotton burn cleanly for about {wicks:3} hours.",
                    "Each is poured by hand and rests for two weeks before it ships.",
                ],
                &[
                    "Afterward the {colour:lower} jar holds pencils.",
                    "The lid keeps dust out and snuffs the flame.",
                ],
            ],
            features: &[
                "Scent of {scent}",
                "Burns for about {wicks:3} hours",
                "Soy wax with {wicks:2}",
                "Hand-poured in small lots",
                "Reusable jar with lid",
            ],
        },
        Kind {
            drawing: "robot_vacuum",
            dollars: (149, 899),
            ladder: "suction",
            slots: &[
                ("colour", &["Graphite", "Chalk White", "Copper", "Rose", "Navy"]),
                (
                    "suction",
                    &[
                        "2,500 Pa|gyroscope",
                        "4,000 Pa|laser",
                        "6,000 Pa|laser and camera",
                        "8,000 Pa|laser and camera",
                    ],
                ),
                ("dock", &["charging dock", "self-emptying dock", "washing dock"]),
            ],
            titles: &[
                "{brand} {line} Robot Vacuum and Mop, {suction} Suction, {dock:Cap}, {colour}",
                "{brand} {line} Robotic Vacuum Cleaner with {dock:Cap}, {suction}, {colour}",
            ],
            text: &[
                &[
                    "The {line} goes round the house while you are out and tells nobody what it saw.",
                    "Come home to clean floors and a small robot asleep in its dock.",
                ],
                &[
                    "It finds its way by {suction:2}, climbs thresholds, and turns its suction up to {suction} on carpet.",
                    "Draw a line on the map and it stays out; socks and cables it steers around by itself.",
                ],
                &[
                    "The {dock} takes care of the rest, and the maps stay on the device.",
                    "It washes up as it goes, and its brush does not wind up hair.",
                ],
            ],
            features: &[
                "{suction} suction with carpet boost",
                "Finds its way by {suction:2}",
                "{dock:Cap} included",
                "No-go lines and room plans",
                "Works without an internet account",
                "Tangle-free brush",
            ],
        },
        Kind {
            drawing: "umbrella",
            dollars: (19, 98),
            ladder: "ribs",
            slots: &[
                ("colour", VIVID),
                ("ribs", &["8|steel", "9|fiberglass", "10|fiberglass", "12|carbon"]),
                ("handle", &["birch", "leather-wrapped", "walnut", "cork"]),
            ],
            titles: &[
                "{brand} {line} Windproof Umbrella, {ribs} {ribs:2cap} Ribs, {colour}",
                "{brand} {line} Storm Umbrella with {handle:Cap} Handle, {ribs} Ribs, {colour}",
            ],
            text: &[
                &[
                    "The {line} turns inside out, turns back, and carries on.",
                    "There is no bad weather under {colour:lowera} umbrella.",
                ],
                &[
                    "Its {ribs} ribs of {ribs:2} bend with gusts up to sixty miles an hour.",
                    "It opens at a touch to four feet of dry ground, enough for two who like each other.",
                ],
                &[
                    "The {handle} handle is made to be recognized in a stand.",
                    "Water slides off the cloth, so a shake at the door is enough.",
                ],
            ],
            features: &[
                "{ribs} ribs of {ribs:2}",
                "{handle:Cap} handle",
                "Opens at a touch",
                "48-inch canopy in {colour:lower}",
                "Repairs for life",
            ],
        },
        Kind {
            drawing: "desk_lamp",
            dollars: (29, 219),
            ladder: "light",
            slots: &[
                ("colour", HOME),
                ("light", &["warm|500", "warm to neutral|700", "full-spectrum|900"]),
                ("base", &["weighted base", "clamp", "wireless-charging base"]),
            ],
            titles: &[
                "{brand} {line} LED Desk Lamp with {base:Cap}, {light:2} Lumens, {colour}",
                "{brand} {line} Adjustable Desk Lamp, {light:Cap} Light, {colour}",
            ],
            text: &[
                &[
                    "The {line} puts light on the page and none in your eyes.",
                    "A lamp that stays where you put it is rarer than it should be; the {line} does.",
                ],
                &[
                    "It gives {light:2} lumens of {light} light, dimmed by a touch on the head.",
                    "Springs in both arms balance it at any height, and the {base} keeps it steady.",
                ],
                &[
                    "The light source can be replaced, and lasts about twenty years of evenings.",
                    "It remembers how you left it.",
                ],
            ],
            features: &[
                "{light:2} lumens, {light} light",
                "Stepless dimming",
                "Comes with {base:a}",
                "No flicker, high color fidelity",
                "Replaceable LED module",
            ],
        },
        Kind {
            drawing: "air_purifier",
            dollars: (79, 549),
            ladder: "room",
            slots: &[
                ("colour", &["Chalk White", "Graphite", "Sage Green", "Silver"]),
                (
                    "room",
                    &[
                        "220 sq ft|bedroom",
                        "400 sq ft|living room",
                        "800 sq ft|studio apartment",
                        "1,300 sq ft|whole floor",
                    ],
                ),
            ],
            titles: &[
                "{brand} {line} Air Purifier for Rooms up to {room}, HEPA Filter, {colour}",
                "{brand} {line} Quiet HEPA Air Cleaner, {room}, Sleep Mode, {colour}",
            ],
            text: &[
                &[
                    "The {line} takes pollen, dust and last night's onions out of the air.",
                    "You hear the {line} only if you listen for it, and feel it when spring comes.",
                ],
                &[
                    "It cleans a {room:2} of {room} five times an hour and speeds up by itself when someone fries fish.",
                    "A ring of light tells how clean the air is, and goes dark when you do.",
                ],
                &[
                    "The filter lasts for a year and lifts out from below.",
                    "It draws no more current than a lamp, so it can run all day.",
                ],
            ],
            features: &[
                "For rooms up to {room}",
                "HEPA and carbon filter, changed once a year",
                "Sensor with automatic speed",
                "22 decibels at night",
                "Child lock and timer",
            ],
        },
    ],
};
