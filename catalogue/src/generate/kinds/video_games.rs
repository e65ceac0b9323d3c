//! Video games.

use super::VIVID;
use crate::generate::kind::{Kind, Shelf};

pub(super) const VIDEO_GAMES: Shelf = Shelf {
    brands: &["Pixelmoor", "Gantry Gaming", "Foxfire Interactive", "Ludo Vale", "Eightfold"],
    products: 20,
    kinds: &[
        Kind {
            drawing: "controller",
            dollars: (29, 179),
            ladder: "sticks",
            slots: &[
                ("colour", VIVID),
                (
                    "sticks",
                    &[
                        "standard sticks|15",
                        "textured sticks|20",
                        "magnetic sticks|30",
                        "swappable magnetic sticks|40",
                    ],
                ),
            ],
            titles: &[
                "{brand} {line} Wireless Game Controller, {sticks:Cap}, {colour}",
                "{brand} {line} Gamepad for PC and Mobile, {sticks:2}-Hour Battery, {colour}",
            ],
            text: &[
                &[
                    "The {line} fits the hand like the one you grew up with, only better.",
                    "The {line} does what your thumbs meant.",
                ],
                &[
                    "Its {sticks} do not drift, and the triggers have two lengths of travel.",
                    "It plays for {sticks:2} hours and connects to three things at once.",
                ],
                &[
                    "Two buttons at the back can be anything you like.",
                    "The shell unscrews, and spare parts are in the shop.",
                ],
            ],
            features: &[
                "{sticks:Cap}",
                "{sticks:2} hours on one charge",
                "Two buttons at the back",
                "Adjustable triggers",
                "USB-C cable included",
            ],
        },
        Kind {
            drawing: "handheld_console",
            dollars: (79, 549),
            ladder: "spec",
            slots: &[
                ("colour", VIVID),
                ("spec", &["32 GB|4.7-inch", "64 GB|5.5-inch", "256 GB|7-inch", "1 TB|7.4-inch"]),
            ],
            titles: &[
                "{brand} {line} Handheld Game Console, {spec:2} Screen, {spec}, {colour}",
                "{brand} {line} Portable Console with Dock, {spec}, {spec:2} Display, {colour}",
            ],
            text: &[
                &[
                    "The {line} makes a delayed train good news.",
                    "On the sofa, on the dock, on the way: the {line} goes on where you were.",
                ],
                &[
                    "Its {spec:2} screen is bright outdoors, and {spec} hold a shelf of games.",
                    "It runs for six hours and sleeps for weeks.",
                ],
                &[
                    "The sticks are magnetic and the battery can be changed.",
                    "Plug it into a television, and it is a console.",
                ],
            ],
            features: &[
                "{spec:2} screen at 120 Hz",
                "{spec} of storage, card slot",
                "Six hours of play",
                "Dock included",
                "Magnetic sticks",
            ],
        },
        Kind {
            drawing: "game_case",
            dollars: (19, 80),
            ladder: "edition",
            slots: &[
                (
                    "edition",
                    &[
                        "Standard Edition|20 hours",
                        "Day One Edition|25 hours",
                        "Gold Edition|40 hours",
                        "Collector's Edition|60 hours",
                    ],
                ),
                (
                    "name",
                    &[
                        "Tiny Harbor Tycoon|run a port the size of a tabletop",
                        "Ashes of Orinthal|cross a burnt kingdom with one match left",
                        "Kart Republic|race for office in a country of karts",
                        "Mossfall|restore a forest one ruin at a time",
                        "The Locksmith's Dream|break into your own memories",
                        "Star Couriers|deliver parcels between rude planets",
                        "Dungeon Pantry|cook your way out of a dungeon",
                    ],
                ),
                ("players", &["one or two", "one to four", "two"]),
            ],
            titles: &["{name}, {edition} by {brand}"],
            text: &[
                &[
                    "In {name} you {name:2}.",
                    "{brand} has made a game in which you {name:2}, and it is hard to stop.",
                ],
                &[
                    "It lasts for about {edition:2} and respects every one of them.",
                    "It is for {players} at one screen, and kind to those who lose.",
                ],
                &[
                    "There are no purchases inside, and it works without a connection.",
                    "Every control can be changed, and the text can be made large.",
                ],
            ],
            features: &[
                "{edition}, about {edition:2} of play",
                "For {players} at one screen",
                "Whole game on the cartridge",
                "Map and sticker sheet in the case",
            ],
        },
        Kind {
            drawing: "racing_wheel",
            dollars: (99, 690),
            ladder: "drive",
            slots: &[
                ("colour", VIVID),
                ("drive", &["bungee|270", "gear|900", "belt|900", "direct-drive|1080"]),
                ("rim", &["rubber", "stitched leather", "suede-feel"]),
            ],
            titles: &[
                "{brand} {line} Racing Wheel and Pedals, {drive:Cap}, {drive:2} Degrees, {colour}",
                "{brand} {line} {drive:Cap} Sim Racing Wheel, {rim:Cap} Rim, {colour}",
            ],
            text: &[
                &[
                    "The {line} tells your hands that the tires are going before your eyes know.",
                    "Clamp the {line} to a desk and the desk becomes a garage.",
                ],
                &[
                    "Its {drive} system turns {drive:2} degrees and pushes back like a car.",
                    "The {rim} rim is twelve inches wide and sits on metal paddles.",
                ],
                &[
                    "The pedals are steel, and the brake gets harder as you mean it.",
                    "It works with most racing games without a driver.",
                ],
            ],
            features: &[
                "{drive:Cap} force feedback",
                "Turns {drive:2} degrees",
                "{rim:Cap} rim",
                "Steel pedals",
                "Desk clamp and rig bolts",
            ],
        },
        Kind {
            drawing: "arcade_stick",
            dollars: (69, 329),
            ladder: "parts",
            slots: &[
                ("colour", VIVID),
                ("parts", &["membrane", "microswitch", "tournament", "optical"]),
                ("case", &["plastic", "steel", "walnut and steel"]),
            ],
            titles: &[
                "{brand} {line} Arcade Stick, {parts:Cap} Buttons, {case:Cap} Case, {colour}",
                "{brand} {line} Fight Stick for PC and Console, {parts:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} clicks like the arcade by the pier.",
                    "A joystick, six buttons, no excuses: the {line}.",
                ],
                &[
                    "The {parts} parts answer within two milliseconds and can be swapped without solder.",
                    "Its {case} case is heavy enough for the last round.",
                ],
                &[
                    "The art on top is a sheet of paper: print your own.",
                    "The cable winds up into the back.",
                ],
            ],
            features: &[
                "{parts:Cap} stick and buttons",
                "{case:Cap} case",
                "Solder-free connectors",
                "Changeable top art",
            ],
        },
        Kind {
            drawing: "gaming_headset",
            dollars: (35, 289),
            ladder: "sound",
            slots: &[
                ("colour", VIVID),
                ("sound", &["40 mm|wired", "50 mm|wired", "50 mm|wireless", "planar|wireless"]),
            ],
            titles: &[
                "{brand} {line} {sound:2cap} Gaming Headset, {sound} Drivers, Clear Mic, {colour}",
                "{brand} {line} Headset for Games and Calls, {sound:2cap}, {sound}, {colour}",
            ],
            text: &[
                &[
                    "With the {line} you hear them before they hear you.",
                    "Your team will think you bought a microphone; it was the {line}.",
                ],
                &[
                    "Its {sound} drivers place footsteps to the yard.",
                    "The {sound:2} link has no delay that you could notice.",
                ],
                &[
                    "The pads are cool after four hours, and the band fits over glasses.",
                    "The microphone swings up to mute.",
                ],
            ],
            features: &[
                "{sound} drivers, {sound:2}",
                "Microphone that mutes when it swings up",
                "Washable pads",
                "Works with PC, consoles and phones",
            ],
        },
    ],
};
