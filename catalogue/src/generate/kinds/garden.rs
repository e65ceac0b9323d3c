//! Patio, lawn and garden.

use super::{HOME, VIVID};
use crate::generate::kind::{Kind, Shelf};

pub(super) const PATIO: Shelf = Shelf {
    brands: &[
        "Greenhollow",
        "Fieldmark",
        "Sunwick",
        "Rookery Garden",
        "Thornbury Row",
        "Clay & Clover",
    ],
    products: 22,
    kinds: &[
        Kind {
            drawing: "grill",
            dollars: (99, 1490),
            ladder: "size",
            slots: &[
                ("colour", &["Midnight Black", "Brick Red", "Forest Green", "Navy", "Copper"]),
                (
                    "size",
                    &[
                        "14-inch|four burgers",
                        "18-inch|eight burgers",
                        "22-inch|twelve burgers",
                        "26-inch|a whole brisket",
                    ],
                ),
                ("fuel", &["charcoal", "charcoal and wood", "pellet"]),
            ],
            titles: &[
                "{brand} {line} {size} Kettle Grill, {fuel:Cap}, Enameled Lid, {colour}",
                "{brand} {line} Outdoor {fuel:Cap} Grill with Thermometer, {size}, {colour}",
            ],
            text: &[
                &[
                    "The {line} turns a Tuesday into an occasion.",
                    "Smoke, salt and patience: the {line} brings the first, you bring the rest.",
                ],
                &[
                    "Its {size} grate takes {size:2}, and the lid holds heat low and slow for hours.",
                    "Two vents give you a thousand degrees or two hundred, and the thermometer tells the truth.",
                ],
                &[
                    "Ash falls into a can that you empty with one hand.",
                    "The enamel in {colour:lower} is fired twice and does not mind winter.",
                ],
            ],
            features: &[
                "{size} grate, room for {size:2}",
                "For {fuel}",
                "Porcelain enamel in {colour:lower}",
                "One-touch ash cleaning",
                "Hinged grate for adding fuel",
                "Thermometer in the lid",
            ],
        },
        Kind {
            drawing: "hose_reel",
            dollars: (35, 229),
            ladder: "length",
            slots: &[
                ("colour", &["Forest Green", "Lagoon", "Tangerine Orange", "Navy", "Olive"]),
                ("length", &["50 ft", "75 ft", "100 ft", "130 ft"]),
                ("fitting", &["brass", "aluminum", "steel"]),
            ],
            titles: &[
                "{brand} {line} Garden Hose Reel with {length} Hose, {fitting:Cap} Fittings, {colour}",
                "{brand} {line} Retractable Hose Reel, {length}, 9-Pattern Nozzle, {colour}",
            ],
            text: &[
                &[
                    "The {line} brings the water to the roses and the hose back home.",
                    "Nobody has ever enjoyed coiling a hose, so the {line} does it for you.",
                ],
                &[
                    "All {length} run out without kinks and come back in even layers.",
                    "Its {fitting} fittings seal by hand, and the leader hose reaches any tap.",
                ],
                &[
                    "It stands on the ground or swivels on a wall.",
                    "A lock holds it at any length, and frost does it no harm.",
                ],
            ],
            features: &[
                "{length} of kink-free hose",
                "{fitting:Cap} fittings",
                "Nozzle with nine patterns",
                "Wall bracket included",
                "Frost-proof drum in {colour:lower}",
            ],
        },
        Kind {
            drawing: "adirondack",
            dollars: (119, 549),
            ladder: "wood",
            slots: &[
                ("colour", VIVID),
                ("wood", &["pine", "acacia", "recycled lumber", "teak"]),
                ("load", &["300", "350", "400"]),
            ],
            titles: &[
                "{brand} {line} Adirondack Chair, {wood:Cap}, Weatherproof, {colour}",
                "{brand} {line} Garden Lounge Chair in {wood:Cap} with Wide Arms, {colour}",
            ],
            text: &[
                &[
                    "Sit down in the {line} and the evening gets longer.",
                    "The arms of the {line} are wide enough for a book, a glass and an opinion.",
                ],
                &[
                    "It is made of {wood} with steel screws that do not rust, and carries {load} pounds.",
                    "The back is curved by hand, and the seat slopes just so.",
                ],
                &[
                    "It can stay outside all year and asks for soap once a spring.",
                    "It folds flat for winter and comes with the cushion shown.",
                ],
            ],
            features: &[
                "Made of {wood}",
                "Carries {load} pounds",
                "Finish in {colour:lower}, safe from sun and salt",
                "Rust-free hardware",
                "Assembled in fifteen minutes",
            ],
        },
        Kind {
            drawing: "watering_can",
            dollars: (18, 89),
            ladder: "metal",
            slots: &[
                ("colour", HOME),
                ("metal", &["galvanized steel", "powder-coated steel", "copper-plated steel"]),
                ("size", &["1-gallon", "1.5-gallon", "2-gallon"]),
            ],
            titles: &[
                "{brand} {line} {size} Watering Can, {metal:Cap}, {colour}",
                "{brand} {line} Long-Spout Watering Can with Rose, {metal:Cap}, {size}, {colour}",
            ],
            text: &[
                &[
                    "The {line} pours like light rain, which is what seedlings ordered.",
                    "Full, the {line} hangs level from one hand; empty, it looks well on the step.",
                ],
                &[
                    "It is made of {metal} with folded seams and a brass rose that unscrews.",
                    "The long spout reaches the back row without a wet shoe.",
                ],
                &[
                    "The {size} body has marks on the inside for feed.",
                    "It will dent before it leaks, and it will not dent soon.",
                ],
            ],
            features: &[
                "{size} body of {metal}",
                "Removable brass rose",
                "Folded, leak-tight seams",
                "Two handles for pouring",
                "Finished in {colour:lower}",
            ],
        },
        Kind {
            drawing: "leaf_blower",
            dollars: (79, 429),
            ladder: "power",
            slots: &[
                ("colour", &["Mustard", "Tangerine Orange", "Forest Green", "Brick Red", "Lagoon"]),
                ("power", &["20-volt|350", "40-volt|500", "56-volt|650", "80-volt|780"]),
                ("minutes", &["25", "40", "60"]),
            ],
            titles: &[
                "{brand} {line} {power} Cordless Leaf Blower, {power:2} CFM, {colour}",
                "{brand} {line} Battery Leaf Blower, {power}, {minutes}-Minute Runtime, {colour}",
            ],
            text: &[
                &[
                    "The {line} clears the drive before the neighbors notice.",
                    "Autumn comes down; the {line} sends it to the compost.",
                ],
                &[
                    "It moves {power:2} cubic feet of air a minute and runs for {minutes} minutes on one {power} battery.",
                    "The trigger is stepless, from brushing a path to lifting wet oak leaves.",
                ],
                &[
                    "It is light enough for one hand and quiet enough for a Sunday, by most opinions.",
                    "The battery fits every other tool of the line.",
                ],
            ],
            features: &[
                "{power:2} CFM, stepless trigger",
                "{power} battery and charger included",
                "Runs for {minutes} minutes",
                "Brushless motor",
                "Flat and round nozzles",
            ],
        },
        Kind {
            drawing: "fire_pit",
            dollars: (89, 1190),
            ladder: "metal",
            slots: &[
                ("colour", &["Rust", "Graphite", "Copper", "Midnight Black"]),
                ("metal", &["painted steel", "cast iron", "weathering steel", "stainless steel"]),
                ("size", &["24-inch", "28-inch", "32-inch", "36-inch"]),
            ],
            titles: &[
                "{brand} {line} {size} Fire Pit, {metal:Cap}, Low Smoke, {colour}",
                "{brand} {line} Outdoor Fire Bowl, {metal:Cap}, {size}, with Spark Screen, {colour}",
            ],
            text: &[
                &[
                    "Put the {line} in the middle, and chairs find their way around it.",
                    "The {line} keeps the sparks in and the stories going.",
                ],
                &[
                    "Its {size} bowl of {metal} draws air from below, so it burns hot with little smoke.",
                    "Double walls feed the flame from above as well, and only fine ash is left.",
                ],
                &[
                    "A screen and a poker are included.",
                    "The ring lifts off, and a grill grate fits in its place.",
                ],
            ],
            features: &[
                "{size} bowl of {metal}",
                "Low-smoke airflow",
                "Spark screen and poker included",
                "Drain hole and cover",
                "Fits a grill grate",
            ],
        },
        Kind {
            drawing: "planter",
            dollars: (19, 159),
            ladder: "size",
            slots: &[
                ("colour", HOME),
                ("clay", &["terracotta", "stoneware", "fiber clay", "glazed ceramic"]),
                ("size", &["8-inch", "10-inch", "14-inch", "18-inch"]),
            ],
            titles: &[
                "{brand} {line} {size} Planter with Saucer, {clay:Cap}, {colour}",
                "{brand} {line} Indoor-Outdoor Plant Pot, {clay:Cap}, {size}, {colour}",
            ],
            text: &[
                &[
                    "The {line} makes an ordinary fern look chosen.",
                    "Roots like room and air, and the {line} gives them both.",
                ],
                &[
                    "The {size} pot is made of {clay} and drains into a saucer that belongs to it.",
                    "The wall of {clay} breathes, so roots stay cool in August.",
                ],
                &[
                    "Felt feet keep it from scratching the sill.",
                    "No two glazes run the same way, which we consider a feature.",
                ],
            ],
            features: &[
                "{size} opening",
                "Made of {clay}",
                "Drain hole with matching saucer",
                "Frost-proof",
                "Pattern painted by hand",
            ],
        },
    ],
};
