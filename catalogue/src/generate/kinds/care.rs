//! Beauty and health.

use super::{SOFT, TECH};
use crate::generate::kind::{Kind, Shelf};

pub(super) const BEAUTY: Shelf = Shelf {
    brands: &[
        "Maison Velour",
        "Petalumé",
        "Ostara Skin",
        "Fig & Fable",
        "Halcyon Row",
        "Brindle Beauty",
    ],
    products: 18,
    kinds: &[
        Kind {
            drawing: "lipstick",
            dollars: (14, 58),
            ladder: "finish",
            slots: &[
                ("colour", &["Cherry Red", "Rose", "Plum", "Coral", "Brick Red", "Terracotta"]),
                ("finish", &["sheer", "satin", "matte", "velvet"]),
                ("oil", &["rosehip", "jojoba", "camellia"]),
            ],
            titles: &[
                "{brand} {line} {finish:Cap} Lipstick with {oil:Cap} Oil, {colour}",
                "{brand} {line} Refillable Lipstick, {finish:Cap} Finish, {colour}",
            ],
            text: &[
                &[
                    "One stroke of {colour:lower}, and the day has started.",
                    "The {line} gives full color with {finish:a} finish that feels like nothing at all.",
                ],
                &[
                    "Cold-pressed {oil} oil keeps lips soft for eight hours, and the color stays off your cup.",
                    "The bullet is cut at an angle, so that corners come out crisp without a liner.",
                ],
                &[
                    "The weighted case closes with a magnet and takes refills.",
                    "It is made without fragrance and never tested on animals.",
                ],
            ],
            features: &[
                "{finish:Cap} finish in {colour:lower}",
                "With cold-pressed {oil} oil",
                "Wears for eight hours",
                "Refillable magnetic case",
                "Free of fragrance and parabens",
            ],
        },
        Kind {
            drawing: "hair_dryer",
            dollars: (39, 379),
            ladder: "motor",
            slots: &[
                ("colour", TECH),
                (
                    "motor",
                    &[
                        "1,600-watt|AC",
                        "1,875-watt|AC",
                        "1,600-watt|brushless",
                        "1,700-watt|digital",
                    ],
                ),
                (
                    "extras",
                    &[
                        "a diffuser and two nozzles",
                        "a diffuser, a comb and a nozzle",
                        "three magnetic nozzles",
                    ],
                ),
            ],
            titles: &[
                "{brand} {line} Ionic Hair Dryer, {motor} {motor:2} Motor, {colour}",
                "{brand} {line} Quiet Hair Dryer with Diffuser, {motor}, {colour}",
            ],
            text: &[
                &[
                    "The {line} dries fast without cooking your hair, and lets you hear the radio meanwhile.",
                    "Its {motor:2} motor moves more air with less heat, and hair thanks it with shine.",
                ],
                &[
                    "A sensor reads the air forty times a second and keeps it below the point of damage.",
                    "Three heats, two speeds and a true cold shot cover everything from curls to bangs.",
                ],
                &[
                    "It comes with {extras}, and the nine-foot cord reaches the good mirror.",
                    "The filter unscrews for cleaning, which is why it still works in year five.",
                ],
            ],
            features: &[
                "{motor} {motor:2} motor",
                "Comes with {extras}",
                "Heat control against damage",
                "Ion generator against frizz",
                "Nine-foot swivel cord",
                "Weighs under a pound",
            ],
        },
        Kind {
            drawing: "dropper_bottle",
            dollars: (16, 118),
            ladder: "active",
            slots: &[
                (
                    "active",
                    &[
                        "niacinamide|10%",
                        "hyaluronic acid|2%",
                        "vitamin C|15%",
                        "retinal|0.1%",
                        "copper peptide|1%",
                    ],
                ),
                ("size", &["1 fl oz", "1.7 fl oz"]),
                ("skin", &["dry", "oily", "combination", "sensitive"]),
            ],
            titles: &[
                "{brand} {line} Face Serum, {active:2} {active:Cap}, for {skin:Cap} Skin, {size}",
                "{brand} {line} {active:Cap} {active:2} Serum with Dropper, {size}",
            ],
            text: &[
                &[
                    "Three drops of the {line} before bed, and mornings look a little more rested.",
                    "The {line} does one thing with care: it brings {active} to {skin} skin at a strength that works.",
                ],
                &[
                    "At {active:2} it is strong enough to notice and gentle enough for every day.",
                    "The formula is water-light, sinks in within a minute, and sits well under sunscreen.",
                ],
                &[
                    "Dark glass keeps it fresh to the last drop.",
                    "It is free of perfume and dyes, and the whole list of contents fits on the label.",
                ],
            ],
            features: &[
                "{active:2} {active}",
                "Made for {skin} skin",
                "{size} in dark glass",
                "Fragrance-free and vegan",
                "Tested by dermatologists",
            ],
        },
        Kind {
            drawing: "perfume",
            dollars: (38, 320),
            ladder: "strength",
            slots: &[
                (
                    "notes",
                    &[
                        "fig, cedar and sea salt",
                        "neroli, tea and musk",
                        "rose, pepper and amber",
                        "vetiver, smoke and orange",
                        "iris, suede and pear",
                    ],
                ),
                ("strength", &["eau de cologne", "eau de toilette", "eau de parfum", "extrait"]),
                ("size", &["1.7 fl oz", "3.4 fl oz", "2.5 fl oz"]),
            ],
            titles: &[
                "{brand} {line}, {strength:Cap} with {notes:Cap}, {size}",
                "{brand} {line} {strength:Cap} Spray, {size}, Notes of {notes:Cap}",
            ],
            text: &[
                &[
                    "The {line} opens bright and ends close to the skin, like a good evening.",
                    "{notes:Cap}: three notes, one mood, and people who ask what you are wearing.",
                ],
                &[
                    "It is {strength:a}, so it stays from breakfast to the last train without filling the carriage.",
                    "Our nose in Brindisi blends it in small lots and rests each for six weeks.",
                ],
                &[
                    "The bottle is heavy glass with a refillable spray.",
                    "It comes in a box that is too pretty to throw away.",
                ],
            ],
            features: &[
                "Notes of {notes}",
                "{strength:Cap}, {size}",
                "Refillable glass bottle",
                "Blended in small lots",
                "Gift box included",
            ],
        },
        Kind {
            drawing: "eyeshadow",
            dollars: (19, 79),
            ladder: "shades",
            slots: &[
                ("colour", &["Plum", "Copper", "Rose", "Terracotta", "Olive", "Heather Purple"]),
                ("shades", &["8", "9", "12", "18"]),
                ("mood", &["autumn orchard", "desert dusk", "winter garden", "old theater"]),
            ],
            titles: &[
                "{brand} {line} Eyeshadow Palette, {shades} Shades around {colour}, Mattes and Shimmers",
                "{brand} {line} {shades}-Pan Eye Palette, {mood:Cap}, {colour} Tones",
            ],
            text: &[
                &[
                    "The {line} is a palette in the colors of {mood:a}.",
                    "All {shades} shades go with each other, so that there is no wrong corner to start in.",
                ],
                &[
                    "Mattes blend without patches, shimmers go on with a fingertip, and nothing falls on your cheeks.",
                    "The pigments are milled three times, which you see in the first stroke of {colour:lower}.",
                ],
                &[
                    "A proper mirror and a brush with two ends make it the only thing to pack.",
                    "Empty pans come out with a pin and can be replaced one by one.",
                ],
            ],
            features: &[
                "{shades} shades around {colour:lower}",
                "Mattes, satins and shimmers",
                "Full-width mirror and double-ended brush",
                "Replaceable pans",
                "Vegan formula",
            ],
        },
        Kind {
            drawing: "cream_jar",
            dollars: (18, 145),
            ladder: "active",
            slots: &[
                ("colour", SOFT),
                (
                    "active",
                    &["oat milk", "shea butter", "squalane", "ceramides", "marine collagen"],
                ),
                ("time", &["night", "day", "day and night"]),
                ("size", &["1.7 oz", "2.5 oz"]),
            ],
            titles: &[
                "{brand} {line} {time:Cap} Cream with {active:Cap}, {size}",
                "{brand} {line} Rich Face Cream, {active:Cap}, for {time:Cap}, {size}",
            ],
            text: &[
                &[
                    "The {line} feels like cold cream and works like a warm coat.",
                    "Skin that has been through wind and heating comes home to the {line}.",
                ],
                &[
                    "It is built on {active} to hold water where it belongs.",
                    "A little is enough, and with {active} in it, a little lasts until evening.",
                ],
                &[
                    "The jar comes with a spatula, so that your fingers stay out of it.",
                    "It has no perfume, and the jar goes back to the shop to be filled again.",
                ],
            ],
            features: &[
                "With {active}",
                "{time:Cap} care, {size}",
                "Non-greasy finish",
                "Refillable glass jar",
                "Free of perfume and mineral oil",
            ],
        },
    ],
};

pub(super) const HEALTH: Shelf = Shelf {
    brands: &[
        "Verawell",
        "Plainheart",
        "Kindry",
        "Tonic & Tide",
        "Medlar House",
        "Brightside Labs",
    ],
    products: 17,
    kinds: &[
        Kind {
            drawing: "toothbrush",
            dollars: (29, 249),
            ladder: "modes",
            slots: &[
                ("colour", SOFT),
                ("modes", &["2|31,000", "3|40,000", "4|48,000", "5|62,000"]),
                ("days", &["14", "30", "45"]),
            ],
            titles: &[
                "{brand} {line} Sonic Toothbrush, {modes} Modes, {days}-Day Battery, {colour}",
                "{brand} {line} Rechargeable Electric Toothbrush with Travel Case, {modes} Modes, {colour}",
            ],
            text: &[
                &[
                    "The {line} makes two minutes feel short and teeth feel polished.",
                    "Dentists like how the {line} slows down when you press too hard, and so will your gums.",
                ],
                &[
                    "{modes:2} strokes a minute do the work while you only hold it, in {modes} modes from gentle to white.",
                    "It runs for {days} days on a charge, so the charger can stay at home.",
                ],
                &[
                    "A nudge every thirty seconds tells you to move on.",
                    "Two brush heads are in the box, and their bristles fade when it is time for new ones.",
                ],
            ],
            features: &[
                "{modes:2} strokes a minute",
                "{modes} brushing modes",
                "{days} days on one charge",
                "Pressure sensor with a light ring",
                "Two heads and a travel case",
                "Waterproof handle in {colour:lower}",
            ],
        },
        Kind {
            drawing: "bp_monitor",
            dollars: (34, 139),
            ladder: "memory",
            slots: &[
                ("colour", &["Fjord Blue", "Teal", "Charcoal", "Plum", "Forest Green"]),
                ("memory", &["one person|60", "two people|120", "two people|240"]),
                ("cuff", &["9 to 17 inches", "8.5 to 16.5 inches", "9 to 20 inches"]),
            ],
            titles: &[
                "{brand} {line} Upper-Arm Blood Pressure Monitor, Cuff {cuff:Cap}",
                "{brand} {line} Home Blood Pressure Monitor with Large Display, Memory for {memory}, {memory:2} Readings",
            ],
            text: &[
                &[
                    "The {line} takes your pressure the way a good nurse does: calmly, and twice if in doubt.",
                    "One button, large digits, and a reading you can trust: that is the {line}.",
                ],
                &[
                    "Its cuff fits arms of {cuff} and tells you when it sits badly.",
                    "It keeps {memory:2} readings for {memory}, so your doctor sees the weeks and not only today.",
                ],
                &[
                    "An irregular beat is marked with a symbol that nobody can miss.",
                    "It runs on four AA cells or on a USB-C cable, both included.",
                ],
            ],
            features: &[
                "Soft cuff for arms of {cuff}",
                "Keeps {memory:2} readings for {memory}",
                "Marks an irregular heartbeat",
                "Digits an inch high, with backlight",
                "Batteries, cable and pouch included",
            ],
        },
        Kind {
            drawing: "massage_gun",
            dollars: (59, 329),
            ladder: "depth",
            slots: &[
                ("colour", TECH),
                ("depth", &["8 mm", "10 mm", "12 mm", "16 mm"]),
                ("heads", &["4", "5", "6"]),
            ],
            titles: &[
                "{brand} {line} Percussion Massage Gun, {depth} Stroke, {heads} Heads, {colour}",
                "{brand} {line} Deep-Tissue Massager, Quiet Motor, {depth}, {colour}",
            ],
            text: &[
                &[
                    "The {line} finds the knot between your shoulder blades and talks it out of staying.",
                    "After a long run or a long meeting, five minutes with the {line} give you your legs back.",
                ],
                &[
                    "It strikes {depth} deep at up to 3,200 beats a minute, and stays quiet enough for the sofa.",
                    "The {heads} heads reach from calves to neck, and the handle is angled so that you reach your own back.",
                ],
                &[
                    "A charge lasts for three hours of use, which is most of a month.",
                    "It switches itself off after ten minutes, so you can doze off.",
                ],
            ],
            features: &[
                "{depth} stroke, five speeds",
                "{heads} heads for large and small muscles",
                "Quieter than an electric razor",
                "Three hours on one charge",
                "Carrying case included",
            ],
        },
        Kind {
            drawing: "scale",
            dollars: (22, 119),
            ladder: "measures",
            slots: &[
                ("colour", &["Graphite", "Chalk White", "Sage Green", "Denim Blue", "Rose"]),
                (
                    "measures",
                    &[
                        "weight|your weight",
                        "weight and body fat|weight and body fat",
                        "13 body measurements|13 things about you",
                    ],
                ),
                ("load", &["400", "440", "550"]),
            ],
            titles: &[
                "{brand} {line} Digital Bathroom Scale, {measures:Cap}, up to {load} lb, {colour}",
                "{brand} {line} Bathroom Scale with Wide Glass Platform, {load} lb, {colour}",
            ],
            text: &[
                &[
                    "Step on, look down, step off: the {line} has nothing else to say.",
                    "The {line} tells {measures:2} in two seconds, and tells it only to you.",
                ],
                &[
                    "Four sensors weigh up to {load} pounds to a tenth of a pound, on tiles and on carpet.",
                    "The glass is tempered and rounded, and its digits can be read without glasses.",
                ],
                &[
                    "It wakes when you step on, and a set of cells lasts for two years.",
                    "It remembers eight people and knows who is who.",
                ],
            ],
            features: &[
                "Measures {measures}",
                "Up to {load} pounds in steps of 0.1",
                "Tempered glass in {colour:lower}",
                "Switches on by itself",
                "Batteries included",
            ],
        },
        Kind {
            drawing: "pill_bottle",
            dollars: (9, 54),
            ladder: "count",
            slots: &[
                (
                    "kind",
                    &[
                        "vitamin D3|2,000 IU",
                        "magnesium glycinate|200 mg",
                        "omega-3 from algae|500 mg",
                        "zinc with vitamin C|15 mg",
                        "B complex|8 vitamins",
                        "probiotics|10 strains",
                    ],
                ),
                ("count", &["60|two", "90|three", "120|four", "240|eight"]),
            ],
            titles: &[
                "{brand} {kind:Cap}, {kind:2}, {count} Vegan Capsules",
                "{brand} {line} Daily {kind:Cap}, {kind:2} per Serving, {count} Count",
            ],
            text: &[
                &[
                    "Plain {kind}, one small capsule a day, and nothing you cannot pronounce.",
                    "Some things are best kept simple, so this is {kind} and very little else.",
                ],
                &[
                    "Each serving holds {kind:2}, checked by an independent laboratory for every lot.",
                    "The report for each lot is on our page, under the number on the lid.",
                ],
                &[
                    "A bottle of {count} lasts for {count:2} months.",
                    "The capsules are vegan, small and free of color.",
                ],
            ],
            features: &[
                "{kind:2} per serving",
                "{count} vegan capsules, {count:2} months' supply",
                "Tested by an independent laboratory",
                "Free of gluten, soy and dairy",
                "Recycled bottle",
            ],
        },
    ],
};
