//! Sports and outdoors.

use super::{HOME, VIVID};
use crate::generate::kind::{Kind, Shelf};

pub(super) const SPORTS: Shelf = Shelf {
    brands: &[
        "Ridgeline Supply",
        "Corvid Athletics",
        "Stillwater",
        "Peakmoor",
        "Hopscotch Sports",
        "Tern & Tide",
    ],
    products: 24,
    kinds: &[
        Kind {
            drawing: "dumbbell",
            dollars: (39, 429),
            ladder: "weight",
            slots: &[
                ("colour", &["Graphite", "Navy", "Poppy Red", "Teal", "Olive"]),
                ("weight", &["5 to 12.5|4", "5 to 25|8", "5 to 52.5|15", "10 to 80|17"]),
            ],
            titles: &[
                "{brand} {line} Adjustable Dumbbells, {weight} lb, Pair, {colour}",
                "{brand} {line} Quick-Change Dumbbell Set, {weight:2} Weights in One, {weight} lb, {colour}",
            ],
            text: &[
                &[
                    "The {line} is a whole rack that fits under a bed.",
                    "Turn the handle, lift, and the {line} has become another dumbbell.",
                ],
                &[
                    "It goes from {weight} pounds in {weight:2} steps, each with a click that you feel.",
                    "The plates lock with steel pins, so nothing rattles and nothing drops.",
                ],
                &[
                    "Grips are knurled where hands go and smooth where they do not.",
                    "Flat ends stand on your thighs and on the floor without rolling off.",
                ],
            ],
            features: &[
                "From {weight} pounds",
                "{weight:2} steps per hand",
                "Steel locking pins",
                "Knurled steel handles",
                "Trays included",
            ],
        },
        Kind {
            drawing: "yoga_mat",
            dollars: (24, 139),
            ladder: "stuff",
            slots: &[
                ("colour", HOME),
                (
                    "stuff",
                    &[
                        "TPE foam|4 mm",
                        "natural rubber|4 mm",
                        "cork and rubber|5 mm",
                        "wool felt and rubber|6 mm",
                    ],
                ),
                ("length", &["68", "72", "80"]),
            ],
            titles: &[
                "{brand} {line} Yoga Mat, {stuff:Cap}, {stuff:2}, {length} Inches, {colour}",
                "{brand} {line} Non-Slip Exercise Mat with Strap, {stuff:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} stays where your hands are, even in the last ten minutes.",
                    "Unrolled, the {line} lies flat at once, which calms the start of any class.",
                ],
                &[
                    "It is {stuff:2} of {stuff}: soft under the knee, firm under the standing foot.",
                    "At {length} inches it is long enough for the tall, and {stuff} does not smell.",
                ],
                &[
                    "A faint line down the middle helps you stay straight.",
                    "The strap carries it and then becomes a stretching band.",
                ],
            ],
            features: &[
                "{stuff:2} of {stuff}",
                "{length} inches long",
                "Grips when dry and when damp",
                "Carrying strap included",
                "Free of PVC and latex dust",
            ],
        },
        Kind {
            drawing: "bicycle",
            dollars: (299, 3490),
            ladder: "frame",
            slots: &[
                ("colour", VIVID),
                (
                    "frame",
                    &["high-tensile steel|7", "aluminum|9", "chromoly steel|11", "carbon|12"],
                ),
                ("kind", &["city", "gravel", "touring", "fitness"]),
            ],
            titles: &[
                "{brand} {line} {kind:Cap} Bike, {frame:Cap} Frame, {frame:2}-Speed, {colour}",
                "{brand} {line} {frame:2}-Speed {kind:Cap} Bicycle with Disc Brakes, {frame:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} makes the long way home the obvious one.",
                    "The {line} is {kind:a} bike that is quick without being nervous.",
                ],
                &[
                    "Its frame is {frame}, and {frame:2} well-spaced gears take you up what you came down.",
                    "Disc brakes stop it in rain, and wide tires forgive the road.",
                ],
                &[
                    "Mounts for racks, bottles and guards are all there.",
                    "It arrives nearly assembled, with the tool for the rest.",
                ],
            ],
            features: &[
                "{frame:Cap} frame in five sizes",
                "{frame:2} well-spaced gears",
                "Disc brakes front and rear",
                "Room for tires of 1.75 inches",
                "Mounts for racks and guards",
                "Lifetime warranty on the frame",
            ],
        },
        Kind {
            drawing: "racket",
            dollars: (35, 279),
            ladder: "frame",
            slots: &[
                ("colour", VIVID),
                (
                    "frame",
                    &[
                        "aluminum|290",
                        "graphite composite|285",
                        "graphite|300",
                        "braided graphite|310",
                    ],
                ),
                ("head", &["98", "100", "104", "107"]),
            ],
            titles: &[
                "{brand} {line} Tennis Racket, {frame:Cap}, {head} sq in, Strung, {colour}",
                "{brand} {line} {head} Tennis Racquet, {frame:2} g, {frame:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} forgives the shots you would rather not discuss.",
                    "The {line} sends the ball where you looked, and sometimes better.",
                ],
                &[
                    "Its head of {head} square inches is generous, and the {frame} frame swallows the sting.",
                    "At {frame:2} grams it swings fast and still has something to say at the net.",
                ],
                &[
                    "It comes strung, gripped and ready for the court.",
                    "A cover and a spare grip are included.",
                ],
            ],
            features: &[
                "{head} square inch head",
                "{frame:Cap} frame, {frame:2} grams",
                "Factory strung",
                "Cushioned grip in four sizes",
                "Cover included",
            ],
        },
        Kind {
            drawing: "kayak",
            dollars: (129, 1190),
            ladder: "hull",
            slots: &[
                ("colour", VIVID),
                (
                    "hull",
                    &["inflatable PVC|27", "drop-stitch|32", "polyethylene|48", "thermoformed|41"],
                ),
                ("length", &["9-foot", "10-foot", "12-foot"]),
            ],
            titles: &[
                "{brand} {line} {length} Kayak, {hull:Cap}, with Paddle, {colour}",
                "{brand} {line} Recreational Kayak, {hull:Cap} Hull, {length}, {colour}",
            ],
            text: &[
                &[
                    "The {line} is the quickest way to be somewhere quiet.",
                    "Slide the {line} in at dawn and you have the lake to yourself.",
                ],
                &[
                    "Its {length} hull is steady enough for photographs and tracks straight in a crosswind.",
                    "The {hull} build weighs {hull:2} pounds, which one person can carry.",
                ],
                &[
                    "The seat moves, the footrests follow, and a hatch keeps lunch dry.",
                    "A paddle in two parts and a repair kit come along.",
                ],
            ],
            features: &[
                "{length} hull, {hull:2} pounds",
                "Seat with a high back",
                "Two-part paddle included",
                "Dry hatch and bungee deck",
                "Carries 300 pounds",
            ],
        },
        Kind {
            drawing: "sleeping_bag",
            dollars: (39, 389),
            ladder: "fill",
            slots: &[
                ("colour", VIVID),
                (
                    "fill",
                    &[
                        "synthetic|50",
                        "recycled synthetic|32",
                        "650-fill down|25",
                        "850-fill down|10",
                    ],
                ),
                ("shape", &["mummy", "spoon-shaped", "rectangular"]),
            ],
            titles: &[
                "{brand} {line} Sleeping Bag, {fill:2}°F, {fill:Cap}, {shape:Cap}, {colour}",
                "{brand} {line} {shape:Cap} Sleeping Bag for Camping, {fill:Cap}, {fill:2}°F, {colour}",
            ],
            text: &[
                &[
                    "In the {line} you wake up because of birds and not because of feet.",
                    "The {line} is warm where you get cold first: at the neck and the toes.",
                ],
                &[
                    "Its {fill} filling is rated to {fill:2} degrees by people who slept in it.",
                    "The {shape} cut leaves room for knees and none for drafts.",
                ],
                &[
                    "It packs to the size of a loaf of bread and dries in an hour of sun.",
                    "The zipper runs past a stiff tape and does not bite.",
                ],
            ],
            features: &[
                "Rated to {fill:2} degrees Fahrenheit",
                "{fill:Cap} filling",
                "{shape:Cap} cut with a draft collar",
                "Snag-free two-way zipper",
                "Compression sack included",
            ],
        },
        Kind {
            drawing: "tent",
            dollars: (79, 749),
            ladder: "people",
            slots: &[
                ("colour", &["Mustard", "Forest Green", "Rust", "Lagoon", "Sand"]),
                ("people", &["1-Person|2.4", "2-Person|4.1", "4-Person|9", "6-Person|14"]),
                ("poles", &["fiberglass", "aluminum", "carbon"]),
            ],
            titles: &[
                "{brand} {line} {people} Tent, {poles:Cap} Poles, Full Rainfly, {colour}",
                "{brand} {line} {people} Camping Tent, Three-Season, {colour}",
            ],
            text: &[
                &[
                    "The {line} is up before the kettle boils and still there after the storm.",
                    "Rain on the {line} sounds like a good night.",
                ],
                &[
                    "Color-coded {poles} poles clip on without guesswork, and it weighs {people:2} pounds in the bag.",
                    "The fly reaches the ground, seams are taped, and two porches keep boots dry.",
                ],
                &[
                    "Mesh above, cloth below: stars without drafts.",
                    "Pockets, a lamp loop and a drying line are where you reach for them.",
                ],
            ],
            features: &[
                "{people}, {people:2} pounds",
                "{poles:Cap} poles, color-coded",
                "Full rainfly with taped seams",
                "Two doors and two porches",
                "Footprint included",
            ],
        },
        Kind {
            drawing: "helmet",
            dollars: (35, 229),
            ladder: "shell",
            slots: &[
                ("colour", VIVID),
                (
                    "shell",
                    &[
                        "hard-shell|15",
                        "in-mold|18",
                        "in-mold with slip liner|20",
                        "carbon-reinforced|24",
                    ],
                ),
                ("sport", &["road", "city", "trail"]),
            ],
            titles: &[
                "{brand} {line} {sport:Cap} Cycling Helmet, {shell:2} Vents, {shell:Cap}, {colour}",
                "{brand} {line} Bike Helmet for {sport:Cap} Riding, {shell:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The best helmet is the one that you wear, and the {line} is easy to like.",
                    "You forget the {line} after a mile, until you need it.",
                ],
                &[
                    "Its {shell} build and {shell:2} vents keep a cool head at {sport} speed.",
                    "A dial at the back fits it with one hand, over a cap or a ponytail.",
                ],
                &[
                    "The pads come out for the wash, and the buckle closes with a magnet.",
                    "If you crash in it, send it back, and the next is half the price.",
                ],
            ],
            features: &[
                "{shell:Cap} build",
                "{shell:2} vents",
                "Dial fit in three sizes",
                "Magnetic buckle",
                "Reflective straps",
            ],
        },
        Kind {
            drawing: "basketball",
            dollars: (19, 89),
            ladder: "cover",
            slots: &[
                ("colour", &["Tangerine Orange", "Terracotta", "Plum", "Navy", "Teal"]),
                ("cover", &["rubber", "composite", "microfiber composite", "full-grain leather"]),
                ("size", &["size 5", "size 6", "size 7"]),
            ],
            titles: &[
                "{brand} {line} Basketball, {cover:Cap}, {size:Cap}, {colour}",
                "{brand} {line} Indoor-Outdoor Basketball, {size:Cap}, {cover:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} comes up off the concrete exactly where you left it.",
                    "One hoop, one {line}, and the afternoon is spoken for.",
                ],
                &[
                    "Deep channels and a {cover} cover give you a grip with cold hands.",
                    "The bladder holds air for months, and the {cover} cover does not peel.",
                ],
                &[
                    "It is {size}, balanced by weight and round to the millimeter.",
                    "It plays indoors, outdoors, and against the garage door.",
                ],
            ],
            features: &[
                "{cover:Cap} cover",
                "Official weight for {size}",
                "Deep, wide channels",
                "Needle and net bag included",
            ],
        },
    ],
};
