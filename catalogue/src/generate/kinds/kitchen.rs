//! For the kitchen and the rooms.

use super::HOME;
use crate::generate::kind::{Kind, Shelf};

pub(super) const HOME_KITCHEN: Shelf = Shelf {
    brands: &[
        "Hearthmoor",
        "Copperleaf",
        "Tavola Nord",
        "Brindlewick",
        "Saltgrove",
        "Mornington Pantry",
        "Odd Spoon",
    ],
    products: 28,
    kinds: &[
        Kind {
            drawing: "kettle",
            dollars: (29, 179),
            ladder: "control",
            slots: &[
                ("colour", HOME),
                (
                    "control",
                    &[
                        "auto shut-off|boils and clicks off",
                        "keep-warm|keeps tea water warm for half an hour",
                        "variable temperature|holds any temperature from 105 to 212 degrees",
                    ],
                ),
                ("size", &["1.2-liter", "1.5-liter", "1.7-liter"]),
            ],
            titles: &[
                "{brand} {line} Electric Kettle, {size:Cap}, {control:Cap}, {colour}",
                "{brand} {line} {size:Cap} Stainless Kettle with {control:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} brings a full pot to the boil before you have found the tea.",
                    "A kettle stands on the counter all day, so the {line} was made to look well there.",
                ],
                &[
                    "It {control:2}, and its spout pours without a drip.",
                    "Inside it is steel from base to lid, and the handle stays cool while it {control:2}.",
                ],
                &[
                    "The {size} body lifts off its base from any side.",
                    "A filter keeps lime out of the cup and comes out for rinsing.",
                ],
            ],
            features: &[
                "{size:Cap} body of brushed steel",
                "{control:Cap}",
                "1,500 watts",
                "Drip-free spout with a washable filter",
                "Enamel finish in {colour:lower}",
                "Boil-dry protection",
            ],
        },
        Kind {
            drawing: "espresso_machine",
            dollars: (129, 1390),
            ladder: "boiler",
            slots: &[
                (
                    "colour",
                    &["Cream", "Graphite", "Brick Red", "Sage Green", "Silver", "Midnight Black"],
                ),
                ("boiler", &["thermoblock", "single-boiler", "heat-exchange", "dual-boiler"]),
                ("minutes", &["three", "five", "eight"]),
            ],
            titles: &[
                "{brand} {line} {boiler:Cap} Espresso Machine with Steam Wand, {colour}",
                "{brand} {line} Espresso Maker, {boiler:Cap}, 15 Bar, Milk Frother, {colour}",
            ],
            text: &[
                &[
                    "The {line} is for people who would rather make one good coffee than talk about it.",
                    "{boiler:A} machine with manners, the {line} is ready in {minutes} minutes and steady all morning.",
                ],
                &[
                    "It brews at nine bars and holds the water within two degrees, which you taste in the second cup.",
                    "The wand makes milk like wet paint, and swings aside for tall mugs.",
                ],
                &[
                    "Every part that touches coffee comes off without a tool.",
                    "Its tank slides out to the front, so it fits under any cupboard.",
                ],
            ],
            features: &[
                "{boiler:Cap} heating, ready in {minutes} minutes",
                "58 mm portafilter with two baskets",
                "Swiveling steam wand",
                "Two-liter tank that fills from the front",
                "Cup warmer on top",
                "Steel tamper and spoon included",
            ],
        },
        Kind {
            drawing: "skillet",
            dollars: (24, 189),
            ladder: "metal",
            slots: &[
                ("colour", HOME),
                (
                    "metal",
                    &[
                        "hard-anodized aluminum",
                        "carbon steel",
                        "enameled cast iron",
                        "five-ply steel",
                    ],
                ),
                ("size", &["8-inch", "10-inch", "12-inch"]),
            ],
            titles: &[
                "{brand} {line} {size} Skillet, {metal:Cap}, Oven-Safe, {colour}",
                "{brand} {line} Frying Pan, {metal:Cap}, {size}, {colour}",
            ],
            text: &[
                &[
                    "The {line} browns onions evenly from the middle to the edge, which is most of cooking.",
                    "Buy {metal:a} pan once, look after it a little, and it will see you out.",
                ],
                &[
                    "The {size} base sits flat on gas, glass and induction, and goes from the stove into the oven.",
                    "Its handle is long enough to stay cool and balanced enough for one hand.",
                ],
                &[
                    "It arrives seasoned and gets better with every egg.",
                    "Hot water and a brush are all that it wants afterward.",
                ],
            ],
            features: &[
                "{size} pan of {metal}",
                "For gas, electric, glass and induction",
                "Oven-safe to 480 degrees",
                "Riveted handle with a hanging hole",
                "Finished in {colour:lower}",
            ],
        },
        Kind {
            drawing: "stand_mixer",
            dollars: (149, 649),
            ladder: "bowl",
            slots: &[
                ("colour", HOME),
                ("bowl", &["4.5-quart|450", "5.5-quart|550", "6.5-quart|650", "7.5-quart|800"]),
            ],
            titles: &[
                "{brand} {line} Stand Mixer, {bowl} Bowl, {bowl:2} Watts, {colour}",
                "{brand} {line} Tilt-Head Kitchen Mixer, {bowl:2} W, {bowl}, {colour}",
            ],
            text: &[
                &[
                    "The {line} kneads bread while you wash up, and whips cream while you look for the sieve.",
                    "Heavy enough to stay where it stands, the {line} takes stiff dough without a murmur.",
                ],
                &[
                    "Its {bowl:2}-watt motor starts softly, so flour stays in the {bowl} bowl.",
                    "The {bowl} steel bowl has a handle and marks on the inside.",
                ],
                &[
                    "Whisk, hook and paddle are metal and go into the dishwasher.",
                    "A port in the front drives a pasta roller, a mincer or a grain mill.",
                ],
            ],
            features: &[
                "{bowl} bowl of polished steel",
                "{bowl:2}-watt motor with soft start",
                "Ten speeds",
                "Whisk, hook and paddle included",
                "Pouring shield",
                "Die-cast body in {colour:lower}",
            ],
        },
        Kind {
            drawing: "knife_block",
            dollars: (39, 389),
            ladder: "steel",
            slots: &[
                ("colour", &["Walnut Brown", "Oak", "Natural Birch", "Charcoal"]),
                (
                    "steel",
                    &["stainless|56", "high-carbon|58", "forged high-carbon|59", "layered|61"],
                ),
                ("pieces", &["5", "7", "12", "15"]),
            ],
            titles: &[
                "{brand} {line} {pieces}-Piece Knife Set, {steel:Cap} Steel, {colour} Block",
                "{brand} {line} Kitchen Knives with {colour} Block, {pieces} Pieces, {steel:Cap} Steel",
            ],
            text: &[
                &[
                    "A tomato tells you everything about a knife, and the {line} passes.",
                    "The {line} puts {pieces} pieces within reach and nothing in the drawer.",
                ],
                &[
                    "The blades are {steel} steel at {steel:2} on the Rockwell scale: hard enough to stay keen, not so hard that they chip.",
                    "Each handle is full-tang and shaped for a pinch grip.",
                ],
                &[
                    "The block is {colour:lower}, slanted for low cupboards, with slots that do not dull the edge.",
                    "A honing rod is part of the set, and a short guide shows how to use it.",
                ],
            ],
            features: &[
                "{pieces} pieces with block",
                "{steel:Cap} steel at {steel:2} HRC",
                "Full-tang, triple-riveted handles",
                "Honing rod and shears included",
                "Block in {colour:lower}",
            ],
        },
        Kind {
            drawing: "air_fryer",
            dollars: (59, 299),
            ladder: "size",
            slots: &[
                ("colour", HOME),
                ("size", &["3-quart|two", "5-quart|four", "6.5-quart|five", "9-quart|eight"]),
                ("programs", &["8", "10", "12"]),
            ],
            titles: &[
                "{brand} {line} Air Fryer, {size}, {programs} Programs, {colour}",
                "{brand} {line} {size} Digital Air Fryer Oven with Window, {colour}",
            ],
            text: &[
                &[
                    "The {line} makes fries that crackle, with a spoon of oil instead of a liter.",
                    "Weeknights got shorter the day the {line} moved in.",
                ],
                &[
                    "Hot air circles the {size} basket from all sides and feeds {size:2} without a second round.",
                    "There are {programs} programs, but time and temperature are two turns of the dial away.",
                ],
                &[
                    "Basket and plate have a ceramic coat and go into the dishwasher.",
                    "It is quiet, heats in two minutes, and beeps politely when it is time to shake.",
                ],
            ],
            features: &[
                "{size} basket for {size:2}",
                "{programs} programs, 90 to 400 degrees",
                "PFAS-free ceramic coating",
                "Dishwasher-safe basket",
                "Shake reminder",
                "Recipe booklet",
            ],
        },
        Kind {
            drawing: "blender",
            dollars: (39, 449),
            ladder: "power",
            slots: &[
                ("colour", HOME),
                ("power", &["600-watt", "1,000-watt", "1,400-watt", "1,800-watt"]),
                ("jar", &["glass", "Tritan", "steel"]),
            ],
            titles: &[
                "{brand} {line} {power} Blender, 64 oz {jar:Cap} Jar, {colour}",
                "{brand} {line} Countertop Blender for Smoothies and Soup, {power}, {colour}",
            ],
            text: &[
                &[
                    "The {line} turns frozen berries into breakfast in the time it takes to find a straw.",
                    "Ice, nuts, soup: the {line} has {power:a} answer to all of them.",
                ],
                &[
                    "Six blades pull everything down, so you will not have to stop and stir.",
                    "The {jar} jar pours from two sides and shows cups and milliliters.",
                ],
                &[
                    "A drop of soap, warm water, thirty seconds, and it has washed itself.",
                    "Rubber feet and a deep base keep the noise civil.",
                ],
            ],
            features: &[
                "{power} motor with pulse",
                "64 oz {jar} jar",
                "Six stainless blades",
                "Cleans itself in thirty seconds",
                "Tamper included",
            ],
        },
        Kind {
            drawing: "bed_linen",
            dollars: (49, 329),
            ladder: "cloth",
            slots: &[
                ("colour", HOME),
                (
                    "cloth",
                    &["brushed microfiber", "cotton percale", "cotton sateen", "washed linen"],
                ),
                ("size", &["Twin", "Full", "Queen", "King"]),
            ],
            titles: &[
                "{brand} {line} Duvet Cover Set, {cloth:Cap}, {size}, {colour}",
                "{brand} {line} Bed Linen, {size} Size, {cloth:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} feels like the second night in a good hotel.",
                    "{cloth:Cap} in {colour:lower}, washed before you get it, so that the first night is already soft.",
                ],
                &[
                    "Corner ties keep the duvet where it belongs, and the buttons are real coconut.",
                    "It breathes in summer, warms in winter and needs no iron if you are quick with the line.",
                ],
                &[
                    "The set has a cover and two pillowcases.",
                    "It is woven and sewn in one mill, and certified free of harmful substances.",
                ],
            ],
            features: &[
                "{cloth:Cap}, pre-washed",
                "{size} cover with two pillowcases",
                "Corner ties inside",
                "Certified free of harmful substances",
                "Machine wash warm",
            ],
        },
    ],
};
