//! Electronics.

use super::TECH;
use crate::generate::kind::{Kind, Shelf};

pub(super) const ELECTRONICS: Shelf = Shelf {
    brands: &[
        "Auriga Labs",
        "Volterra",
        "Nimbly",
        "Koto Electric",
        "Parallax & Co.",
        "Orbisonic",
        "Fennec",
        "Larkwave",
    ],
    products: 34,
    kinds: &[
        Kind {
            drawing: "headphones",
            dollars: (59, 429),
            ladder: "hours",
            slots: &[
                ("colour", TECH),
                ("hours", &["30", "40", "50", "70"]),
                ("pads", &["memory-foam", "velour", "protein-leather"]),
            ],
            titles: &[
                "{brand} {line} Wireless Over-Ear Headphones, Noise Canceling, {hours} Hours, {colour}",
                "{brand} {line} Bluetooth Headphones with {hours}-Hour Battery and {pads:Cap} Pads, {colour}",
            ],
            text: &[
                &[
                    "The {line} makes a train carriage sound like a library.",
                    "Put on the {line} and the neighbor's drill becomes somebody else's problem.",
                ],
                &[
                    "Four microphones on each side listen to the room and take it away, and what is left is music with space around it.",
                    "It plays for {hours} hours, and ten minutes on the cable buy five more.",
                ],
                &[
                    "The {pads} pads can be changed, the hinges are metal, and it folds flat.",
                    "Turn the right cup to get louder, cover it to hear what people say.",
                ],
            ],
            features: &[
                "{hours} hours with noise canceling on",
                "Changeable {pads} pads",
                "Connects to two devices at once",
                "Works with a cable when the battery is empty",
                "Hard case included",
                "Fast charge: ten minutes for five hours",
            ],
        },
        Kind {
            drawing: "laptop",
            dollars: (349, 2890),
            ladder: "spec",
            slots: &[
                ("colour", TECH),
                (
                    "spec",
                    &[
                        "8 GB, 256 GB SSD|six-core",
                        "16 GB, 512 GB SSD|eight-core",
                        "32 GB, 1 TB SSD|ten-core",
                        "64 GB, 2 TB SSD|sixteen-core",
                    ],
                ),
                ("size", &["13.4-inch|2.6", "14-inch|2.9", "15.6-inch|3.7", "16-inch|4.2"]),
            ],
            titles: &[
                "{brand} {line} {size} Laptop, {spec:2cap} Processor, {spec}, {colour}",
                "{brand} {line} Notebook, {size} Display, {spec}, Backlit Keyboard, {colour}",
            ],
            text: &[
                &[
                    "The {line} opens with one finger and wakes before the lid is up.",
                    "The {line} is a working computer: quiet, bright, and ready until evening.",
                ],
                &[
                    "{spec:2A} processor and {spec} keep forty tabs and a video call in good spirits.",
                    "Its {size} display is matte and bright enough for a seat by the window, at {size:2} pounds in the bag.",
                ],
                &[
                    "Memory, storage and battery sit behind six ordinary screws.",
                    "The keyboard has real travel, and spills drain out below.",
                ],
            ],
            features: &[
                "{size} matte display, 2560 x 1600",
                "{spec:2cap} processor, {spec}",
                "Up to 14 hours on battery",
                "Two USB-C, two USB-A, HDMI and a card slot",
                "Metal body in {colour:lower}, {size:2} pounds",
                "Upgradable with a screwdriver",
            ],
        },
        Kind {
            drawing: "television",
            dollars: (229, 3490),
            ladder: "size",
            slots: &[
                ("size", &["43-inch", "50-inch", "55-inch", "65-inch", "77-inch", "85-inch"]),
                ("panel", &["LED", "QLED", "Mini-LED", "OLED"]),
                ("rate", &["60", "120", "144"]),
            ],
            titles: &[
                "{brand} {line} {size} 4K {panel} Smart TV, {rate} Hz, HDR",
                "{brand} {size} {line} Series 4K UHD TV, {panel} Panel, {rate} Hz",
            ],
            text: &[
                &[
                    "The {line} makes Friday night worth staying in for.",
                    "Turn the lights down, and the {line} shows you what the camera operator saw.",
                ],
                &[
                    "Its {size} {panel} panel keeps dark scenes dark and faces natural, at {rate} frames a second.",
                    "Sports stay sharp at {rate} Hz, and films play at the speed they were shot.",
                ],
                &[
                    "It starts on the input you used last and shows no advertising.",
                    "Four HDMI ports sit on the side, where hands can reach them.",
                ],
            ],
            features: &[
                "{size} {panel} panel, 3840 x 2160",
                "{rate} Hz with low input lag",
                "HDR with automatic brightness",
                "Four HDMI ports, one for soundbars",
                "No advertising on the home screen",
                "Wall mount included",
            ],
        },
        Kind {
            drawing: "tablet",
            dollars: (89, 699),
            ladder: "storage",
            slots: &[
                ("colour", TECH),
                ("storage", &["16 GB", "32 GB", "64 GB", "128 GB"]),
                (
                    "screen",
                    &[
                        "6.8-inch paper-like|reader",
                        "7.8-inch paper-like|reader",
                        "10.3-inch paper-like|notepad",
                        "8-inch color paper|reader",
                    ],
                ),
            ],
            titles: &[
                "{brand} {line} E-Reader, {screen} Display, {storage}, {colour}",
                "{brand} {line} {screen} Digital Reader with Warm Light, {storage}, {colour}",
            ],
            text: &[
                &[
                    "The {line} is a shelf of books that fits in a coat pocket.",
                    "The {line} is {screen:2a} and nothing else, which is the point of it.",
                ],
                &[
                    "Its {screen} screen reads like print in full sun and glows warm at night.",
                    "It holds thousands of books in {storage} and runs for weeks.",
                ],
                &[
                    "It survives the bath and an hour at the bottom of the pool.",
                    "Books come from any shop, your library, or a cable.",
                ],
            ],
            features: &[
                "{screen} screen at 300 dots an inch",
                "{storage} of storage",
                "Light from cool to candle-warm",
                "Six weeks on one charge",
                "Waterproof for an hour",
                "Reads all open book formats",
            ],
        },
        Kind {
            drawing: "speaker",
            dollars: (119, 1190),
            ladder: "driver",
            slots: &[
                ("colour", &["Walnut Brown", "Oak", "Midnight Black", "Chalk White", "Cherry Red"]),
                ("driver", &["4-inch|80", "5.25-inch|100", "6.5-inch|150", "8-inch|200"]),
                ("tweeter", &["silk-dome", "ribbon", "aluminum-dome"]),
            ],
            titles: &[
                "{brand} {line} Bookshelf Speakers, {driver} Woofer, {tweeter:Cap} Tweeter, Pair, {colour}",
                "{brand} {line} Active Speakers, {driver:2} W, {driver} Driver, {colour}",
            ],
            text: &[
                &[
                    "The {line} plays a voice so that you know how far it stands from the microphone.",
                    "Put the {line} on a shelf, close your eyes, and the shelf is gone.",
                ],
                &[
                    "{driver:A} woofer and {tweeter:a} tweeter share {driver:2} watts without arguing.",
                    "The cabinet in {colour:lower} is braced inside, so it is the music that moves and not the box.",
                ],
                &[
                    "It takes a turntable, a television and a phone.",
                    "Rubber feet, thick cables and a small remote are in the box.",
                ],
            ],
            features: &[
                "{driver} woofer, {tweeter} tweeter",
                "{driver:2} watts",
                "Inputs for turntable, optical, USB and Bluetooth",
                "Braced cabinet in {colour:lower}",
                "Magnetic grilles",
            ],
        },
        Kind {
            drawing: "camera",
            dollars: (349, 2690),
            ladder: "pixels",
            slots: &[
                ("colour", &["Midnight Black", "Walnut Brown", "Olive", "Silver", "Brick Red"]),
                (
                    "pixels",
                    &["20 MP|Four Thirds", "24 MP|APS-C", "33 MP|full-frame", "45 MP|full-frame"],
                ),
                ("lens", &["16-50 mm", "24-70 mm", "35 mm", "28-75 mm"]),
            ],
            titles: &[
                "{brand} {line} Mirrorless Camera, {pixels} {pixels:2cap} Sensor, {lens} Lens, {colour}",
                "{brand} {line} {pixels} Digital Camera with {lens} Lens, 4K Video, {colour}",
            ],
            text: &[
                &[
                    "The {line} has a dial for everything you change often and a menu for the rest.",
                    "The {line} makes you want to walk home the long way.",
                ],
                &[
                    "Its {pixels} sensor holds shadows that phones make up, and finds eyes, beaks and headlights by itself.",
                    "The body steadies five stops, so the {lens} lens works by candlelight.",
                ],
                &[
                    "It fits a coat pocket, takes two cards and shrugs off drizzle.",
                    "A charge is good for 600 pictures, and USB-C fills it on the way.",
                ],
            ],
            features: &[
                "{pixels} {pixels:2} sensor",
                "{lens} lens included",
                "4K video at 60 frames a second",
                "Five stops of stabilization",
                "Weather-sealed body",
                "Two card slots",
            ],
        },
        Kind {
            drawing: "monitor",
            dollars: (129, 1590),
            ladder: "size",
            slots: &[
                ("size", &["24-inch|Full HD", "27-inch|QHD", "32-inch|4K", "40-inch|5K"]),
                ("rate", &["75", "100", "165", "240"]),
                ("stand", &["height-adjustable stand", "arm with clamp", "swivel stand"]),
            ],
            titles: &[
                "{brand} {line} {size} Monitor, {size:2}, {rate} Hz, USB-C",
                "{brand} {line} {size:2} Display, {size}, {rate} Hz, {stand:Cap}",
            ],
            text: &[
                &[
                    "Two windows side by side, both readable: the {line} is that much desk.",
                    "Colors on the {line} are checked one by one before it leaves, and the report is in the box.",
                ],
                &[
                    "The {size} panel shows {size:2} at {rate} Hz, matte, without flicker.",
                    "One USB-C cable carries picture, data and 90 watts for the laptop.",
                ],
                &[
                    "It stands on {stand:a} that moves with two fingers.",
                    "Buttons are on the front edge, labeled, and there are only three.",
                ],
            ],
            features: &[
                "{size} {size:2} panel, {rate} Hz",
                "USB-C with 90 watts",
                "Comes with {stand:a}",
                "Factory-calibrated, report included",
                "Flicker-free backlight",
                "Four-port USB hub",
            ],
        },
        Kind {
            drawing: "router",
            dollars: (59, 449),
            ladder: "speed",
            slots: &[
                ("colour", &["Graphite", "Chalk White", "Fjord Blue", "Plum"]),
                ("speed", &["AX1800|1,500", "AX3000|2,000", "AXE5400|2,500", "BE9300|3,200"]),
                ("ports", &["four gigabit", "five gigabit", "two 2.5-gigabit"]),
            ],
            titles: &[
                "{brand} {line} Wi-Fi Router {speed}, {ports:Cap} Ports, {colour}",
                "{brand} {line} {speed} Home Router, Covers {speed:2} sq ft, {colour}",
            ],
            text: &[
                &[
                    "The {line} reaches the room where you actually sit.",
                    "Set up the {line} in five minutes, then forget where you put it.",
                ],
                &[
                    "It covers {speed:2} square feet and keeps fifty devices from talking over each other.",
                    "It has {ports} ports, and calls go first when the line is busy.",
                ],
                &[
                    "Updates come for seven years, and it runs without an account.",
                    "A guest network switches on from a button at the back.",
                ],
            ],
            features: &[
                "{speed} wireless",
                "Covers {speed:2} square feet",
                "{ports:Cap} ports",
                "Seven years of updates",
                "Guest network and parental pauses",
            ],
        },
        Kind {
            drawing: "smartwatch",
            dollars: (79, 549),
            ladder: "body",
            slots: &[
                ("colour", TECH),
                ("body", &["polymer|7", "aluminum|10", "steel|14", "titanium|21"]),
                ("size", &["40 mm", "42 mm", "45 mm", "47 mm"]),
            ],
            titles: &[
                "{brand} {line} Smartwatch, {size} {body:Cap} Case, GPS, {colour} Band",
                "{brand} {line} GPS Sports Watch, {body:2}-Day Battery, {size}, {colour}",
            ],
            text: &[
                &[
                    "The {line} counts what helps and keeps quiet about the rest.",
                    "The {line} runs for {body:2} days, so it is on your wrist at night, when it learns the most.",
                ],
                &[
                    "GPS on two bands holds the line between tall buildings, and the pulse sensor follows intervals.",
                    "The {body} case weighs next to nothing, and the {colour:lower} band is soft and quick to change.",
                ],
                &[
                    "It shows messages, pays for coffee, and finds the way back to the car.",
                    "Your data stays on your phone unless you send it somewhere.",
                ],
            ],
            features: &[
                "{body:Cap} case, {size}",
                "{body:2} days on one charge",
                "Dual-band GPS with breadcrumb map",
                "Heart rate, sleep and oxygen",
                "Waterproof to 160 feet",
                "Band in {colour:lower}",
            ],
        },
        Kind {
            drawing: "earbuds",
            dollars: (29, 269),
            ladder: "hours",
            slots: &[
                ("colour", TECH),
                ("hours", &["5|20", "7|28", "8|36", "11|44"]),
                ("fit", &["three sizes of tips", "five sizes of tips", "foam tips in three sizes"]),
            ],
            titles: &[
                "{brand} {line} True Wireless Earbuds, {hours:2} Hours with Case, {colour}",
                "{brand} {line} Noise-Canceling Earbuds, {hours}+ Hours, Water-Resistant, {colour}",
            ],
            text: &[
                &[
                    "The {line} weighs less than a letter and stays in when you run for the bus.",
                    "Small buds, large sound, and a case that closes with a good click: the {line}.",
                ],
                &[
                    "They play for {hours} hours, {hours:2} with the case, and calls sound as if you were indoors.",
                    "With {fit} they seal well, and then the bass comes by itself.",
                ],
                &[
                    "Lose one, and you can buy one.",
                    "The case charges on any pad and tells its level with one light.",
                ],
            ],
            features: &[
                "{hours} hours, {hours:2} with the case",
                "Noise canceling and a listen-through mode",
                "Comes with {fit}",
                "Sweat- and rain-resistant",
                "Single buds available as spares",
            ],
        },
        Kind {
            drawing: "keyboard",
            dollars: (35, 239),
            ladder: "build",
            slots: &[
                ("colour", TECH),
                (
                    "build",
                    &[
                        "scissor|quiet",
                        "brown switch|tactile",
                        "hot-swap|swappable",
                        "gasket-mounted|cushioned",
                    ],
                ),
                ("layout", &["full-size", "tenkeyless", "75%"]),
            ],
            titles: &[
                "{brand} {line} {layout:Cap} Keyboard, {build:Cap} Keys, Wired, {colour}",
                "{brand} {line} Mechanical-Feel Keyboard, {layout:Cap}, {build:2cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} makes a plain email sound like a novel.",
                    "You touch a keyboard ten thousand times a day; the {line} is worth touching.",
                ],
                &[
                    "Its {build:2} keys answer the same in every corner, and the letters are molded through, so they never wear off.",
                    "The {layout} layout leaves room for the mouse and for your elbows.",
                ],
                &[
                    "The cable comes off, the feet fold out, and it weighs enough to stay put.",
                    "Every key can be given another meaning, and it remembers without software.",
                ],
            ],
            features: &[
                "{layout:Cap} layout",
                "{build:Cap} keys, {build:2} feel",
                "Double-shot keycaps",
                "Detachable USB-C cable",
                "Keymap stored in the keyboard",
            ],
        },
        Kind {
            drawing: "smart_speaker",
            dollars: (45, 329),
            ladder: "sound",
            slots: &[
                ("colour", TECH),
                (
                    "sound",
                    &["one driver|10", "two drivers|20", "three drivers|35", "six drivers|60"],
                ),
                ("cloth", &["knitted", "woven", "felted"]),
            ],
            titles: &[
                "{brand} {line} Smart Speaker, {sound:2} W, {cloth:Cap} Cover, {colour}",
                "{brand} {line} Room Speaker with Voice Control, {sound:2} Watts, {colour}",
            ],
            text: &[
                &[
                    "The {line} fills a kitchen with music and does not mind flour.",
                    "Ask the {line} for rain sounds, a timer or the news, and it understands you over the tap.",
                ],
                &[
                    "With {sound} and {sound:2} watts it plays evenly in every direction.",
                    "What you say is understood inside the speaker, and a real switch cuts the microphones.",
                ],
                &[
                    "Its {cloth} cover in {colour:lower} zips off for the wash.",
                    "Two of them make stereo, and five make a party.",
                ],
            ],
            features: &[
                "{sound:Cap}, {sound:2} watts",
                "Understands speech without the cloud",
                "Hardware switch for the microphones",
                "Washable {cloth} cover",
                "Pairs for stereo",
            ],
        },
    ],
};
