//! For cars and the road.

use super::VIVID;
use crate::generate::kind::{Kind, Shelf};

pub(super) const AUTOMOTIVE: Shelf = Shelf {
    brands: &["Torvane", "Roadwell", "Kilnworth", "Axlebrook", "Ostra Motor", "Halden & Pike"],
    products: 17,
    kinds: &[
        Kind {
            drawing: "dashcam",
            dollars: (59, 249),
            ladder: "resolution",
            slots: &[
                ("resolution", &["1080p|Full HD", "1440p|Quad HD", "4K|Ultra HD"]),
                ("angle", &["140", "150", "170"]),
                ("card", &["32 GB", "64 GB", "128 GB"]),
                ("glass", &["six-layer", "all-glass", "low-light"]),
            ],
            titles: &[
                "{brand} {line} {resolution} Dash Camera, {angle}-Degree Lens, {card} Card",
                "{brand} {line} Dash Cam, {resolution} Front Recorder with Parking Watch, {card}",
                "{brand} {line} Windshield Camera, {resolution:2}, {angle} Degrees, {card} Included",
            ],
            text: &[
                &[
                    "The {line} watches the road so that you can drive it.",
                    "Most arguments about a bump end once somebody has the footage, and the {line} always has it.",
                    "A small camera behind the mirror, the {line} starts with the engine and asks for nothing.",
                ],
                &[
                    "It records in {resolution} through {glass:a} lens that takes in {angle} degrees, so plates stay legible two lanes over.",
                    "Its {glass} lens sees {angle} degrees of road and keeps {resolution:2} detail after dark.",
                ],
                &[
                    "A knock while you are parked saves the clip and locks it, and the {card} card holds days of driving before it starts over.",
                    "Clips move to your phone over Wi-Fi, and the oldest make room on the {card} card by themselves.",
                ],
            ],
            features: &[
                "Records in {resolution} at 30 frames a second",
                "{angle}-degree {glass} lens",
                "{card} card included and ready to use",
                "Locks the clip when it feels a knock",
                "Parking watch with the engine off",
                "Supercapacitor instead of a battery, for hot summers",
            ],
        },
        Kind {
            drawing: "inflator",
            dollars: (32, 139),
            ladder: "pressure",
            slots: &[
                ("colour", VIVID),
                (
                    "pressure",
                    &["120 PSI|four minutes", "150 PSI|three minutes", "180 PSI|two minutes"],
                ),
                ("hose", &["20-inch", "24-inch", "30-inch"]),
            ],
            titles: &[
                "{brand} {line} Cordless Tire Inflator, {pressure} with Auto Shut-Off, {colour}",
                "{brand} {line} Portable Air Compressor for Cars and Bikes, {pressure}, {colour}",
            ],
            text: &[
                &[
                    "The {line} brings a soft tire back in about {pressure:2}, without a trip to the filling station.",
                    "Set the pressure, press the button, and the {line} stops by itself when it gets there.",
                ],
                &[
                    "It reaches {pressure}, reads to within one PSI, and fills car tires, bicycles and balls with the nozzles in its pouch.",
                    "The {hose} hose reaches the valve without scraping the rim, and the gauge stays readable at night.",
                ],
                &[
                    "It charges over USB-C and fits in a glove box, which is where you will be glad to find it.",
                    "At less than two pounds it lives in the trunk and never asks for the cigarette lighter.",
                ],
            ],
            features: &[
                "Up to {pressure} with automatic shut-off",
                "Fills a family car's tire in about {pressure:2}",
                "{hose} braided hose with a brass thread",
                "Four nozzles in a drawstring pouch",
                "Built-in light with an SOS mode",
                "USB-C charging, six tires on one charge",
            ],
        },
        Kind {
            drawing: "floor_mats",
            dollars: (39, 189),
            ladder: "material",
            slots: &[
                ("colour", &["Charcoal", "Sand", "Walnut Brown", "Pebble Gray", "Navy"]),
                (
                    "material",
                    &[
                        "carpet|thick looped carpet",
                        "rubber|odor-free rubber",
                        "molded TPE|laser-measured TPE",
                    ],
                ),
                ("car", &["sedans", "hatchbacks", "midsize SUVs", "pickup crew cabs"]),
            ],
            titles: &[
                "{brand} {line} All-Weather Floor Mats for {car:Cap}, {material:Cap}, Set of 4, {colour}",
                "{brand} {line} Car Floor Liners, {material:Cap}, Fits Most {car:Cap}, {colour}",
            ],
            text: &[
                &[
                    "Mud, slush and spilled coffee stop at the raised edge of the {line}.",
                    "Four mats of {material:2} keep the original floor of your car the color it came in.",
                ],
                &[
                    "They are cut for {car} and lie flat from the first day, with anchors that hold the driver's mat away from the pedals.",
                    "The pattern leads water away from your shoes, and the backing grips without leaving marks.",
                ],
                &[
                    "Lift them out, rinse them with a hose, and they are dry before you are back from the mailbox.",
                    "A wipe with a damp cloth is all the care that they ask for.",
                ],
            ],
            features: &[
                "Made of {material:2}",
                "Cut for {car}",
                "Raised edge of half an inch all around",
                "Driver's mat locks to the factory hooks",
                "Stays flexible at twenty below",
            ],
        },
        Kind {
            drawing: "jump_starter",
            dollars: (69, 299),
            ladder: "current",
            slots: &[
                ("colour", &["Tangerine Orange", "Graphite", "Forest Green", "Navy", "Mustard"]),
                (
                    "current",
                    &[
                        "1,000 A|six liters",
                        "1,500 A|seven liters",
                        "2,500 A|eight liters",
                        "4,000 A|ten liters",
                    ],
                ),
            ],
            titles: &[
                "{brand} {line} Jump Starter, {current} Peak, Lithium Booster Pack, {colour}",
                "{brand} {line} Portable Car Battery Booster, {current}, with Power Bank, {colour}",
            ],
            text: &[
                &[
                    "A flat battery in an empty parking lot is a short story with the {line} in the trunk.",
                    "The {line} starts a dead battery in seconds and then charges your phone while the engine warms up.",
                ],
                &[
                    "Its {current} peak turns over gasoline engines of up to {current:2}, again and again on one charge.",
                    "Spark-proof clamps refuse to work when they are on the wrong way around, so there is no way to get it wrong.",
                ],
                &[
                    "It holds its charge for a year on the shelf, and a row of lights tells how much is left.",
                    "A 400-lumen light with a strobe mode helps you see, and be seen, beside the road.",
                ],
            ],
            features: &[
                "{current} peak current for 12-volt batteries",
                "For gasoline engines of up to {current:2}",
                "Reverse-polarity and short-circuit protection",
                "Two USB ports to charge phones",
                "Zippered case with clamps and cable",
            ],
        },
        Kind {
            drawing: "roof_box",
            dollars: (329, 1290),
            ladder: "volume",
            slots: &[
                (
                    "colour",
                    &["Midnight Black", "Silver", "Graphite", "Forest Green", "Chalk White"],
                ),
                (
                    "volume",
                    &[
                        "11 cubic feet|three",
                        "14 cubic feet|four",
                        "17 cubic feet|five",
                        "21 cubic feet|six",
                    ],
                ),
                ("finish", &["matte", "gloss", "textured"]),
            ],
            titles: &[
                "{brand} {line} Rooftop Cargo Box, {volume}, Dual-Side Opening, {colour}",
                "{brand} {line} Hard-Shell Roof Box with Locks, {volume}, {finish:Cap} {colour}",
            ],
            text: &[
                &[
                    "The {line} takes the skis, the tent and the second suitcase so that the back seat can have its legs back.",
                    "Long drives are kinder when the luggage rides upstairs, and the {line} holds {volume} of it.",
                ],
                &[
                    "Its {finish} shell opens from both sides, and the lid stays up on gas springs while you load.",
                    "It swallows the bags of {volume:2} travelers, and its nose is shaped to keep wind noise low.",
                ],
                &[
                    "The clamps fit most crossbars without tools and click when they are tight, and one key locks it all.",
                    "It is tested to highway speeds, lockable at three points, and light enough for two to lift.",
                ],
            ],
            features: &[
                "{volume} of dry storage",
                "Opens from the curb side and the street side",
                "Quick clamps for most square and aero bars",
                "UV-stable {finish} shell in {colour:lower}",
                "Three-point lock with two keys",
            ],
        },
    ],
};
