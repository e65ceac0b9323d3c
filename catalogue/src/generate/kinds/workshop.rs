//! Tools, home improvement, laboratory.

use super::VIVID;
use crate::generate::kind::{Kind, Shelf};

/// Colours of tools.
const TOOL: &[&str] =
    &["Tangerine Orange", "Teal", "Poppy Red", "Mustard", "Navy", "Forest Green", "Graphite"];

pub(super) const INDUSTRIAL: Shelf = Shelf {
    brands: &[
        "Calibrae",
        "Stannard Instruments",
        "Ohmwright",
        "Precisa",
        "Gauge & Grain",
        "Labforth",
    ],
    products: 18,
    kinds: &[
        Kind {
            drawing: "microscope",
            dollars: (119, 2190),
            ladder: "power",
            slots: &[
                ("colour", &["Chalk White", "Navy", "Graphite", "Teal"]),
                (
                    "power",
                    &[
                        "40x to 1000x|monocular",
                        "40x to 1500x|binocular",
                        "40x to 2000x|binocular",
                        "40x to 2500x|trinocular",
                    ],
                ),
                ("light", &["LED", "dimmable LED", "Köhler"]),
            ],
            titles: &[
                "{brand} {line} Compound Microscope, {power:2cap}, {power}, {light:Cap} Light",
                "{brand} {line} {power:2cap} Laboratory Microscope, {power}, Mechanical Stage",
            ],
            text: &[
                &[
                    "The {line} shows a pond to be a city.",
                    "School, practice or kitchen table: the {line} is a real instrument, not a toy.",
                ],
                &[
                    "Its {power:2} head goes from {power} with glass that is corrected to the edge.",
                    "Coarse and fine focus share one axis, and the stage moves in two directions without backlash.",
                ],
                &[
                    "{light:A} lamp lights the field evenly and stays cool.",
                    "Slides, cover slips and oil are in the case.",
                ],
            ],
            features: &[
                "Magnifies {power}",
                "{power:2cap} head, rotates all around",
                "{light:Cap} light",
                "Mechanical stage with vernier",
                "Metal frame",
                "Starter set of ten slides",
            ],
        },
        Kind {
            drawing: "caliper",
            dollars: (24, 239),
            ladder: "grade",
            slots: &[
                ("colour", TOOL),
                (
                    "grade",
                    &[
                        "0.001 inch|composite",
                        "0.001 inch|stainless",
                        "0.0005 inch|hardened stainless",
                        "0.0005 inch|coolant-proof stainless",
                    ],
                ),
                ("span", &["4-inch", "6-inch", "8-inch", "12-inch"]),
            ],
            titles: &[
                "{brand} {line} {span} Digital Caliper, {grade:2cap}, {grade} Resolution",
                "{brand} {line} Electronic Caliper, {span}, {grade:2cap} Body, Large Display",
            ],
            text: &[
                &[
                    "The {line} ends discussions about whether it fits.",
                    "Good measuring is mostly a slide without play, and the {line} has one.",
                ],
                &[
                    "Its {grade:2} jaws have {span:a} range and read to {grade}.",
                    "It measures inside, outside, depth and steps, in inches, fractions or millimeters.",
                ],
                &[
                    "Zero stays zero when it is switched off.",
                    "A cell lasts for a year, and a second is in the lid.",
                ],
            ],
            features: &[
                "Reads to {grade}",
                "{span} range, {grade:2}",
                "Inches, fractions and millimeters",
                "Thumb roller and lock",
                "Fitted case with spare cell",
            ],
        },
        Kind {
            drawing: "bench_scale",
            dollars: (49, 890),
            ladder: "load",
            slots: &[
                ("colour", TOOL),
                ("load", &["500 g|0.1 g", "2 kg|0.1 g", "5 kg|0.01 g", "10 kg|0.01 g"]),
                ("pan", &["round", "square", "oval"]),
            ],
            titles: &[
                "{brand} {line} Precision Bench Scale, {load} x {load:2}",
                "{brand} {line} Laboratory Balance, {load}, Reads to {load:2}, {pan:Cap} Pan",
            ],
            text: &[
                &[
                    "The {line} settles in two seconds and says the same thing twice.",
                    "For coffee, resin or reagents, the {line} knows how much is enough.",
                ],
                &[
                    "It weighs up to {load} in steps of {load:2} and counts parts when you ask.",
                    "The {pan} pan lifts off for cleaning, and a level in the corner keeps it honest.",
                ],
                &[
                    "A calibration weight is in the box.",
                    "It runs on a cable or on cells, with a display that can be read from above.",
                ],
            ],
            features: &[
                "Up to {load} in steps of {load:2}",
                "{pan:Cap} steel pan",
                "Grams, ounces, carats and pieces",
                "Calibration weight included",
                "Mains adapter and battery operation",
            ],
        },
        Kind {
            drawing: "hard_hat",
            dollars: (19, 129),
            ladder: "class",
            slots: &[
                ("colour", VIVID),
                ("class", &["four-point", "six-point", "six-point ventilated", "climbing-grade"]),
            ],
            titles: &[
                "{brand} {line} Safety Helmet, {class:Cap} Suspension, {colour}",
                "{brand} {line} Hard Hat with Ratchet, {class:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} sits so well that it stays on at lunch.",
                    "It weighs under a pound and takes a hammer's fall: that is the {line}.",
                ],
                &[
                    "Its {class} suspension spreads a blow, and the ratchet fits it with gloves on.",
                    "The brim keeps rain off your neck and sun out of your eyes.",
                ],
                &[
                    "Slots at both sides take ear defenders and a lamp.",
                    "The shell shows its age: when the mark fades, it is time for a new one.",
                ],
            ],
            features: &[
                "{class:Cap} suspension",
                "Ratchet from 52 to 64 cm",
                "Accessory slots on both sides",
                "Washable sweatband",
                "Shell in {colour:lower}",
            ],
        },
        Kind {
            drawing: "multimeter",
            dollars: (29, 389),
            ladder: "counts",
            slots: &[
                ("colour", TOOL),
                ("counts", &["2,000|CAT II", "4,000|CAT III", "6,000|CAT III", "20,000|CAT IV"]),
            ],
            titles: &[
                "{brand} {line} Digital Multimeter, {counts} Counts, {counts:2}, Auto-Ranging, {colour}",
                "{brand} {line} True-RMS Multimeter with Leads, {counts:2}, {counts} Counts, {colour}",
            ],
            text: &[
                &[
                    "The {line} tells you which wire it was.",
                    "A meter has one job, which is to be right, and the {line} takes it seriously.",
                ],
                &[
                    "It shows {counts} counts, finds its range alone, and is fused to {counts:2}.",
                    "Volts, amps, ohms, capacity and continuity are one turn of the dial apart.",
                ],
                &[
                    "Silicone leads stay soft in the cold, and the holster stands and hangs.",
                    "The light comes on with the probe, and it switches off when you forget to.",
                ],
            ],
            features: &[
                "{counts} counts, true RMS",
                "Safety category {counts:2}",
                "Automatic range with manual override",
                "Continuity beeper without delay",
                "Silicone leads and pouch",
            ],
        },
        Kind {
            drawing: "label_printer",
            dollars: (35, 289),
            ladder: "width",
            slots: &[
                ("colour", TOOL),
                ("width", &["half-inch", "one-inch", "two-inch", "four-inch"]),
                ("link", &["USB", "Bluetooth", "Wi-Fi and USB"]),
            ],
            titles: &[
                "{brand} {line} Thermal Label Printer, {width:Cap} Labels, {link}, {colour}",
                "{brand} {line} Label Maker for Workshops and Shelves, {width:Cap}, {link}, {colour}",
            ],
            text: &[
                &[
                    "The {line} turns a drawer of mystery into a drawer of screws.",
                    "Name it once with the {line}, find it for years.",
                ],
                &[
                    "It prints {width} labels without ink, over {link}, at three a second.",
                    "Labels resist oil, sun and fingernails, and peel off in one piece.",
                ],
                &[
                    "Bar codes and boxes come from a spreadsheet in one go.",
                    "Rolls are plain and not tied to us.",
                ],
            ],
            features: &[
                "Prints {width} labels",
                "Connects over {link}",
                "No ink, no ribbon",
                "Takes standard rolls",
                "Software for three systems",
            ],
        },
    ],
};

pub(super) const TOOLS: Shelf = Shelf {
    brands: &["Ironvale", "Beckwith Tool", "Hexbury", "Sturdivar", "Joiner's Oak", "Torqline"],
    products: 24,
    kinds: &[
        Kind {
            drawing: "drill",
            dollars: (49, 329),
            ladder: "volts",
            slots: &[
                ("colour", TOOL),
                ("volts", &["12-volt|300", "18-volt|480", "20-volt|560", "20-volt brushless|750"]),
                ("kit", &["one battery", "two batteries", "two batteries and 30 bits"]),
            ],
            titles: &[
                "{brand} {line} {volts} Cordless Drill, {volts:2} in-lb, with {kit:Cap}, {colour}",
                "{brand} {line} Drill Driver Kit, {volts}, {kit:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} is the drill you lend out and ask back.",
                    "Shelves, decks and flat-pack evenings are what the {line} was made for.",
                ],
                &[
                    "It turns with {volts:2} inch-pounds, stops at the torque you set, and has a hammer for brick.",
                    "The grip is slim, the balance is over the hand, and the lamp shines on the screw.",
                ],
                &[
                    "It comes with {kit}, a charger and a bag that closes.",
                    "A metal chuck holds bits so well that you stop thinking about it.",
                ],
            ],
            features: &[
                "{volts} motor, {volts:2} inch-pounds",
                "Comes with {kit}",
                "Half-inch metal chuck",
                "Two gears, 20 torque settings",
                "LED with afterglow",
                "Soft bag included",
            ],
        },
        Kind {
            drawing: "circular_saw",
            dollars: (59, 349),
            ladder: "power",
            slots: &[
                ("colour", TOOL),
                (
                    "power",
                    &[
                        "6.5-inch|12-amp",
                        "7.25-inch|14-amp",
                        "7.25-inch|15-amp",
                        "7.25-inch|20-volt",
                    ],
                ),
                ("shoe", &["steel", "aluminum", "magnesium"]),
            ],
            titles: &[
                "{brand} {line} {power} Circular Saw, {power:2}, {shoe:Cap} Shoe, {colour}",
                "{brand} {line} Compact Circular Saw, {power}, {power:2} Motor, {colour}",
            ],
            text: &[
                &[
                    "The {line} cuts to the line, if you do.",
                    "One pass with the {line}, and the plank believes it was always that long.",
                ],
                &[
                    "Its {power:2} motor drives {power:a} blade through wet lumber without slowing.",
                    "The {shoe} shoe stays flat and tilts to 56 degrees with positive stops.",
                ],
                &[
                    "A brake stops the blade in two seconds, and a blower keeps the line clear.",
                    "Guide, wrench and a 24-tooth blade are in the box.",
                ],
            ],
            features: &[
                "{power} blade, {power:2} motor",
                "{shoe:Cap} shoe, bevels to 56 degrees",
                "Electric brake",
                "Dust port",
                "Parallel guide included",
            ],
        },
        Kind {
            drawing: "toolbox",
            dollars: (29, 219),
            ladder: "pieces",
            slots: &[
                ("colour", TOOL),
                (
                    "pieces",
                    &[
                        "small|two trays",
                        "medium|three trays",
                        "large|four drawers",
                        "extra-large|six drawers",
                    ],
                ),
                ("steel", &["steel", "aluminum", "impact-proof"]),
            ],
            titles: &[
                "{brand} {line} {steel:Cap} Tool Box with {pieces:2cap}, {colour}",
                "{brand} {line} Household Tool Chest, {steel:Cap}, {pieces:2cap}, {colour}",
            ],
            text: &[
                &[
                    "Everything in the {line} has a place, and the place has an outline.",
                    "The {line} closes when it is full, which is more than most can say.",
                ],
                &[
                    "It has {pieces:2}, metal latches, and a handle that carries sixty pounds.",
                    "The {steel} body stands on feet, so it can be put down in a puddle.",
                ],
                &[
                    "The lid stops upright and holds small parts under clear covers.",
                    "A padlock fits, and two boxes stack.",
                ],
            ],
            features: &[
                "{steel:Cap} body in {colour:lower}",
                "With {pieces:2}",
                "Metal latches and piano hinge",
                "Carries sixty pounds",
                "Loop for a padlock",
            ],
        },
        Kind {
            drawing: "laser_level",
            dollars: (39, 429),
            ladder: "lines",
            slots: &[
                ("colour", TOOL),
                ("lines", &["cross-line|50", "5-line|80", "360-degree|100", "3 x 360-degree|165"]),
            ],
            titles: &[
                "{brand} {line} Self-Leveling Laser Level, {lines:Cap}, {lines:2} ft, {colour}",
                "{brand} {line} {lines:Cap} Laser with Tripod, {lines:2}-Foot Range, {colour}",
            ],
            text: &[
                &[
                    "The {line} draws the line that the house should have had.",
                    "Pictures, tiles, cabinets: ask the {line} and it points.",
                ],
                &[
                    "It levels itself in three seconds and throws {lines:a} beam up to {lines:2} feet.",
                    "When it stands too crooked it blinks rather than lies.",
                ],
                &[
                    "A magnet holds it to steel, and the tripod to everything else.",
                    "It is sealed against dust and rain, and survives a fall from a ladder.",
                ],
            ],
            features: &[
                "{lines:Cap} beam, {lines:2} feet",
                "Accurate to an eighth of an inch at 30 feet",
                "Levels itself, warns when tilted",
                "Magnetic mount and tripod",
                "Rechargeable over USB-C",
            ],
        },
        Kind {
            drawing: "wrench_set",
            dollars: (25, 289),
            ladder: "pieces",
            slots: &[
                ("colour", TOOL),
                ("pieces", &["8", "12", "18", "24", "32"]),
                ("type", &["combination", "ratcheting", "flex-head ratcheting"]),
            ],
            titles: &[
                "{brand} {line} {pieces}-Piece Wrench Set, {type:Cap}, Chrome Vanadium, {colour} Rack",
                "{brand} {line} {type:Cap} Wrenches, {pieces} Pieces, Inch and Metric, {colour} Tray",
            ],
            text: &[
                &[
                    "The {line} has the size you need, and it is where you left it.",
                    "The missing wrench is always the ten; the {line} has two.",
                ],
                &[
                    "All {pieces} {type} wrenches are chrome vanadium, with sizes you can read across the bench.",
                    "The jaws hold by the flats, so old bolts keep their corners.",
                ],
                &[
                    "The rack in {colour:lower} hangs on a wall or lies in a drawer.",
                    "Break one, and we send another without a question.",
                ],
            ],
            features: &[
                "{pieces} pieces, {type}",
                "Chrome vanadium, mirror polish",
                "Sizes in large print",
                "Two 10 mm wrenches",
                "Rack in {colour:lower}",
            ],
        },
        Kind {
            drawing: "ladder",
            dollars: (49, 389),
            ladder: "height",
            slots: &[
                ("colour", TOOL),
                ("height", &["4-step|9", "5-step|10", "6-step|11", "8-step|13"]),
                ("load", &["225", "250", "300", "375"]),
            ],
            titles: &[
                "{brand} {line} {height} Folding Ladder, {load} lb, Wide Treads, {colour}",
                "{brand} {line} Step Ladder with Tool Tray, {height}, Carries {load} lb, {colour}",
            ],
            text: &[
                &[
                    "The {line} stands still, which is all one asks of a ladder.",
                    "Bulbs, curtains, gutters: the {line} gets you up there with both hands free.",
                ],
                &[
                    "Its treads are as deep as a shoe, and {height:a} frame reaches {height:2} feet.",
                    "It carries {load} pounds and locks open with a click.",
                ],
                &[
                    "The tray holds a drill and a coffee.",
                    "It folds to the width of a hand and stands by itself behind a door.",
                ],
            ],
            features: &[
                "{height} frame, reach of {height:2} feet",
                "Carries {load} pounds",
                "Deep non-slip treads",
                "Tool tray on top",
                "Feet that do not mark floors",
            ],
        },
        Kind {
            drawing: "work_light",
            dollars: (29, 199),
            ladder: "lumens",
            slots: &[
                ("colour", TOOL),
                ("lumens", &["1,500|four", "3,000|six", "5,000|eight", "10,000|ten"]),
                ("stand", &["folding stand", "magnetic base", "tripod"]),
            ],
            titles: &[
                "{brand} {line} Rechargeable LED Work Light, {lumens} Lumens, {stand:Cap}, {colour}",
                "{brand} {line} Cordless Floodlight with {stand:Cap}, {lumens} Lumens, {colour}",
            ],
            text: &[
                &[
                    "The {line} brings noon into the crawl space.",
                    "Under the sink, under the car, under the stars: the {line} comes along.",
                ],
                &[
                    "It gives {lumens} lumens without glare and runs for {lumens:2} hours on low.",
                    "The head turns all the way round on {stand:a}.",
                ],
                &[
                    "Rain, dust and a fall from six feet do not bother it.",
                    "It charges your phone in return for a place in the trunk.",
                ],
            ],
            features: &[
                "{lumens} lumens, dimmable",
                "Up to {lumens:2} hours on low",
                "Comes with {stand:a}",
                "Sealed against dust and rain",
                "USB-C in and out",
            ],
        },
    ],
};
