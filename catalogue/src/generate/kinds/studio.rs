//! Music and software.

use super::{TECH, VIVID};
use crate::generate::kind::{Kind, Shelf};

/// Finishes of instruments.
const WOOD: &[&str] =
    &["Natural Birch", "Walnut Brown", "Cherry Red", "Midnight Black", "Honey", "Navy"];

pub(super) const MUSIC: Shelf = Shelf {
    brands: &["Corbel & Reed", "Halfmoon Audio", "Tuneswick", "Old Ferry Guitars", "Resonaire"],
    products: 18,
    kinds: &[
        Kind {
            drawing: "vinyl",
            dollars: (18, 95),
            ladder: "press",
            slots: &[
                (
                    "press",
                    &[
                        "LP|one disc",
                        "180 g LP|one disc",
                        "2 LP|two discs",
                        "Deluxe 3 LP|three discs",
                    ],
                ),
                (
                    "name",
                    &[
                        "Slow Elevators|brushed drums and late piano",
                        "Songs for a Rented Room|a voice, a guitar and the traffic outside",
                        "The Copper Kettle Sessions|a brass band recorded in a kitchen",
                        "Night Bus Nocturnes|cello and tape loops",
                        "Harvest Radio|four voices around one microphone",
                        "Static & Honey|fuzz guitars with sweet choruses",
                    ],
                ),
                (
                    "band",
                    &[
                        "The Paper Kites Society",
                        "Marlow Quartet",
                        "Otter & the Tide",
                        "Velvet Hours",
                        "The Second Umbrellas",
                    ],
                ),
            ],
            titles: &["{band}: {name} ({press}, Vinyl)"],
            text: &[
                &[
                    "{band} made this record of {name:2} in nine days.",
                    "{name} is {name:2}, and better than that sounds.",
                ],
                &[
                    "It was cut from the tapes without a computer in between.",
                    "The quiet parts are really quiet, so clean your needle first.",
                ],
                &[
                    "It comes on {press:2} in a heavy sleeve with all the lyrics.",
                    "Side two is the one your friends will ask about.",
                ],
            ],
            features: &[
                "{press}, {press:2}",
                "Cut from the original tapes",
                "Lyrics and photographs inside",
                "Download code included",
            ],
        },
        Kind {
            drawing: "guitar",
            dollars: (99, 1490),
            ladder: "top",
            slots: &[
                ("colour", WOOD),
                ("top", &["laminated spruce", "solid spruce", "solid cedar", "all-solid mahogany"]),
                ("body", &["parlor", "concert", "dreadnought"]),
            ],
            titles: &[
                "{brand} {line} Acoustic Guitar, {body:Cap}, {top:Cap} Top, {colour}",
                "{brand} {line} {body:Cap} Guitar with Bag, {top:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} sounds like a room with a wooden floor.",
                    "Pick up the {line} for five minutes and notice that it is dark outside.",
                ],
                &[
                    "Its {body} body with {top} top speaks easily and gets louder with the years.",
                    "The neck is slim, the action low, and the tuners hold through a wet summer.",
                ],
                &[
                    "It is set up by hand before it leaves.",
                    "A padded bag, a strap and spare strings come along.",
                ],
            ],
            features: &[
                "{body:Cap} body, {top}",
                "Finish in {colour:lower}",
                "Bone nut and saddle",
                "Sealed tuners",
                "Padded bag included",
            ],
        },
        Kind {
            drawing: "piano_keys",
            dollars: (149, 1290),
            ladder: "action",
            slots: &[
                ("colour", TECH),
                (
                    "action",
                    &[
                        "61 keys|light-touch",
                        "76 keys|semi-weighted",
                        "88 keys|semi-weighted",
                        "88 keys|hammer-action",
                    ],
                ),
                ("voices", &["12", "40", "128", "500"]),
            ],
            titles: &[
                "{brand} {line} Digital Piano, {action}, {action:2cap}, {voices} Voices, {colour}",
                "{brand} {line} Portable Keyboard with {action}, {action:2cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} lets you practice at midnight in a house of thin walls.",
                    "The {line} has the low notes, and room on top for your music.",
                ],
                &[
                    "Its {action} are {action:2} and answer to every finger alike.",
                    "The main piano is sampled from a grand in an empty church, and {voices} voices stand behind it.",
                ],
                &[
                    "Two can play with headphones, teacher and pupil.",
                    "A stand, a pedal and the power supply are in the box.",
                ],
            ],
            features: &[
                "{action}, {action:2}",
                "{voices} voices",
                "Two headphone outputs",
                "USB and Bluetooth MIDI",
                "Stand and pedal included",
            ],
        },
        Kind {
            drawing: "microphone",
            dollars: (49, 489),
            ladder: "capsule",
            slots: &[
                ("colour", TECH),
                (
                    "capsule",
                    &[
                        "dynamic",
                        "small-diaphragm condenser",
                        "large-diaphragm condenser",
                        "ribbon",
                    ],
                ),
                ("plug", &["USB-C", "XLR", "USB-C and XLR"]),
            ],
            titles: &[
                "{brand} {line} {capsule:Cap} Microphone, {plug}, with Stand, {colour}",
                "{brand} {line} Studio Microphone, {capsule:Cap}, {plug}, {colour}",
            ],
            text: &[
                &[
                    "The {line} makes a spare room sound like a studio, and you like yourself.",
                    "Voices through the {line} are close and calm, without the hiss.",
                ],
                &[
                    "Its {capsule} capsule hears what is in front of it and not the fan behind.",
                    "It connects over {plug}, and a ring around it sets the level.",
                ],
                &[
                    "A shock mount, a pop filter and a proper stand are included.",
                    "Tap the top to mute, and a light says so.",
                ],
            ],
            features: &[
                "{capsule:Cap} capsule",
                "Connects over {plug}",
                "Level ring and touch mute",
                "Desk stand and pop filter",
                "Metal body in {colour:lower}",
            ],
        },
        Kind {
            drawing: "drum",
            dollars: (69, 690),
            ladder: "shell",
            slots: &[
                ("colour", VIVID),
                ("shell", &["poplar", "birch", "maple", "beech"]),
                ("size", &["13 x 5 inch", "14 x 5.5 inch", "14 x 6.5 inch"]),
            ],
            titles: &[
                "{brand} {line} Snare Drum, {shell:Cap} Shell, {size}, {colour}",
                "{brand} {line} {size} Snare with Sticks, {shell:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} cracks when you mean it and whispers when you do not.",
                    "One drum can carry a song, and the {line} is a good candidate.",
                ],
                &[
                    "Its shell is eight plies of {shell}, {size}, with edges cut by hand.",
                    "{shell:Cap} gives it a short, warm tone that sits well with voices.",
                ],
                &[
                    "The strainer works with one finger in the middle of a bar.",
                    "Sticks, a key and a practice pad come with it.",
                ],
            ],
            features: &[
                "Eight-ply {shell} shell, {size}",
                "Ten lugs, steel hoops",
                "Coated head",
                "Sticks and key included",
            ],
        },
    ],
};

pub(super) const SOFTWARE: Shelf = Shelf {
    brands: &["Tidewater Soft", "Plainpage", "Northlight Apps", "Abacus & Co."],
    products: 15,
    kinds: &[
        Kind {
            drawing: "software_box",
            dollars: (39, 249),
            ladder: "edition",
            slots: &[
                (
                    "edition",
                    &[
                        "Home|one computer",
                        "Plus|two computers",
                        "Studio|three computers",
                        "Studio Suite|five computers",
                    ],
                ),
                (
                    "task",
                    &[
                        "photo editing|sort, develop and retouch photographs",
                        "video editing|cut film on as many tracks as you like",
                        "music production|record, arrange and mix songs",
                        "page layout|set books, posters and menus",
                        "3D modeling|build, light and render scenes",
                        "drawing and painting|sketch with brushes that behave",
                    ],
                ),
                ("colour", VIVID),
            ],
            titles: &[
                "{brand} {line} {edition}, {task:Cap} Software, Perpetual License (PC and Mac)",
                "{brand} {line} for {task:Cap}, {edition} Edition, {edition:2cap}",
            ],
            text: &[
                &[
                    "Buy the {line} once and it is yours: no subscription, no account.",
                    "With the {line} you {task:2}, and the program stays out of the way.",
                ],
                &[
                    "The {edition} edition runs on {edition:2} and lets you {task:2}.",
                    "It opens the files that you already have and saves to formats that will last.",
                ],
                &[
                    "Everything is stored on your disk, where you can find it.",
                    "The manual is written by people, with pictures, and has jokes.",
                ],
            ],
            features: &[
                "{edition} edition for {edition:2}",
                "License without an end date",
                "Works without an internet connection",
                "Free updates for two years",
                "Printed manual",
            ],
        },
        Kind {
            drawing: "software_box",
            dollars: (19, 129),
            ladder: "edition",
            slots: &[
                (
                    "edition",
                    &[
                        "Basic|a household",
                        "Family|a family and its side business",
                        "Business|a small company",
                    ],
                ),
                (
                    "task",
                    &[
                        "bookkeeping|income, bills and what is left",
                        "tax preparation|federal and state returns, question by question",
                        "backup|every file, every night, encrypted",
                        "password safe|logins, cards and notes behind one phrase",
                        "genealogy|people, places and papers of five generations",
                    ],
                ),
                ("colour", TECH),
            ],
            titles: &[
                "{brand} {line} {task:Cap} {edition} (Download Card, Windows and Mac)",
                "{brand} {line} {edition}: {task:Cap} Program, One Year of Updates",
            ],
            text: &[
                &[
                    "The {line} takes care of {task:2}.",
                    "Nobody looks forward to this, so the {line} makes it short: {task:2}.",
                ],
                &[
                    "It is made for {edition:2} and speaks plainly.",
                    "The {edition} edition suits {edition:2} and can be upgraded for the difference.",
                ],
                &[
                    "Your data stays on your computer unless you say otherwise.",
                    "Help is a phone call away, and a person picks up.",
                ],
            ],
            features: &[
                "Made for {edition:2}",
                "Imports from common programs",
                "Data stays on your computer",
                "Phone support included",
                "One year of updates",
            ],
        },
        Kind {
            drawing: "software_box",
            dollars: (24, 189),
            ladder: "level",
            slots: &[
                (
                    "level",
                    &[
                        "Level 1|forty",
                        "Levels 1-2|eighty",
                        "Levels 1-3|one hundred and twenty",
                        "Complete|two hundred",
                    ],
                ),
                (
                    "tongue",
                    &["Italian", "Japanese", "Portuguese", "Swahili", "Korean", "Norwegian"],
                ),
                ("colour", VIVID),
            ],
            titles: &["{brand} {line} {tongue}, {level}, Language Course (Download Card)"],
            text: &[
                &[
                    "You will order a coffee in {tongue} by the end of the week.",
                    "The {line} teaches {tongue} by conversations that could happen.",
                ],
                &[
                    "There are {level:2} lessons of twenty minutes, spoken by natives at their own speed.",
                    "It listens to you kindly and corrects one thing at a time, over {level:2} lessons.",
                ],
                &[
                    "Words come back just before you would forget them.",
                    "It works on the train, without a signal.",
                ],
            ],
            features: &[
                "{level:2cap} lessons of {tongue}",
                "Recorded by native speakers",
                "Speech practice without the cloud",
                "Printable word lists",
            ],
        },
    ],
};
