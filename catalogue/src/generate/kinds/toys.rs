//! Toys and games.

use super::{HOME, VIVID};
use crate::generate::kind::{Kind, Shelf};

pub(super) const TOYS: Shelf = Shelf {
    brands: &["Tumblewick", "Pocket Otter", "Merrydown Toys", "Oak & Echo", "Lantern Fox Games"],
    products: 24,
    kinds: &[
        Kind {
            drawing: "teddy",
            dollars: (14, 89),
            ladder: "size",
            slots: &[
                (
                    "colour",
                    &["Honey", "Walnut Brown", "Cream", "Blush Pink", "Pebble Gray", "Sky Blue"],
                ),
                ("size", &["10-inch", "14-inch", "18-inch", "24-inch"]),
                ("fur", &["plush", "curly plush", "alpaca-soft plush"]),
            ],
            titles: &[
                "{brand} {first} the Bear, {size} Teddy in {fur:Cap}, {colour}",
                "{brand} {size} Teddy Bear \"{first}\", {fur:Cap}, {colour}",
            ],
            text: &[
                &[
                    "{first} listens well and has never told a secret.",
                    "{first} is a bear of few words and excellent hugs.",
                ],
                &[
                    "The {size} body of {fur} is filled so that it sits up at breakfast.",
                    "Eyes and nose are stitched by hand, so nothing can come off.",
                ],
                &[
                    "The bow unties, and the bear goes into the wash in a pillowcase.",
                    "A label with room for a name is sewn to the left foot.",
                ],
            ],
            features: &[
                "{size} bear of {fur}",
                "Stitched eyes, safe from birth",
                "Machine washable",
                "Name label on the foot",
            ],
        },
        Kind {
            drawing: "toy_train",
            dollars: (24, 149),
            ladder: "pieces",
            slots: &[
                ("colour", VIVID),
                ("pieces", &["18", "32", "56", "84"]),
                ("wood", &["beech", "birch", "maple"]),
            ],
            titles: &[
                "{brand} {line} Wooden Train Set, {pieces} Pieces, {wood:Cap}, {colour} Engine",
                "{brand} {line} Railway of Solid {wood:Cap}, {pieces} Pieces, {colour}",
            ],
            text: &[
                &[
                    "The {line} runs under the table, around the chair and into the afternoon.",
                    "All aboard the {line}, which leaves when you do.",
                ],
                &[
                    "Its {pieces} pieces of {wood} fit the wooden rails you may already have.",
                    "Magnets couple the cars, and the edges are sanded by people with children.",
                ],
                &[
                    "The box is a station when it is empty.",
                    "There are no batteries, so the whistle is you.",
                ],
            ],
            features: &[
                "{pieces} pieces of {wood}",
                "Fits common wooden rails",
                "Water-based paint in {colour:lower}",
                "Ages three and up",
            ],
        },
        Kind {
            drawing: "blocks",
            dollars: (16, 119),
            ladder: "pieces",
            slots: &[
                ("colour", VIVID),
                (
                    "pieces",
                    &[
                        "24|one builder",
                        "50|two builders",
                        "100|three builders",
                        "200|a whole kindergarten",
                    ],
                ),
                ("wood", &["beech", "maple", "rubberwood"]),
            ],
            titles: &[
                "{brand} {line} Building Blocks, {pieces} Pieces, {wood:Cap}, with {colour} Accents",
                "{brand} {line} Wooden Blocks Set of {pieces}, {wood:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} has been a castle, a garage and a cake in one morning.",
                    "Give the {line} to a child and sit close by; you will want a turn.",
                ],
                &[
                    "There are {pieces} blocks of {wood} in shapes that add up, enough for {pieces:2}.",
                    "Each is cut to a hair, so towers reach higher before they fall.",
                ],
                &[
                    "They live in a cotton bag that opens flat.",
                    "The color is stain and not paint, so the grain shows through.",
                ],
            ],
            features: &[
                "{pieces} blocks of {wood}",
                "Enough for {pieces:2}",
                "Stained in {colour:lower}",
                "Cotton bag that opens to a mat",
            ],
        },
        Kind {
            drawing: "board_game",
            dollars: (19, 95),
            ladder: "weight",
            slots: &[
                (
                    "weight",
                    &[
                        "20 minutes|easy",
                        "45 minutes|family",
                        "90 minutes|strategy",
                        "two hours|expert",
                    ],
                ),
                ("players", &["2 to 4", "3 to 5", "2 to 6", "1 to 4"]),
                (
                    "name",
                    &[
                        "Tea & Treachery|smugglers who must all be polite",
                        "Night Market|stall keepers who bargain until dawn",
                        "The Last Ferry|islanders with too much luggage",
                        "Cloud Orchard|gardeners on floating islands",
                        "Badgers & Bridges|badgers that build and burn bridges",
                        "Inkwell|rival mapmakers with one bottle of ink",
                    ],
                ),
                ("colour", VIVID),
            ],
            titles: &["{name}: {weight:2cap} Board Game for {players} Players, by {brand}"],
            text: &[
                &["You are {name:2}, and so is everyone else.", "{name} is a game about {name:2}."],
                &[
                    "A round takes {weight}, and nobody is out before the end.",
                    "The rules fit on two pages; the grudges last longer than {weight}.",
                ],
                &[
                    "The pieces are wood, the board is linen, and the box closes.",
                    "{first} {last} drew every card, and no two are alike.",
                ],
            ],
            features: &[
                "For {players} players, about {weight}",
                "{weight:2cap} game, ages ten and up",
                "Wooden pieces, linen board",
                "Rules in two pages",
            ],
        },
        Kind {
            drawing: "kite",
            dollars: (12, 98),
            ladder: "span",
            slots: &[
                ("colour", VIVID),
                ("span", &["40-inch", "55-inch", "72-inch", "94-inch"]),
                ("spar", &["bamboo", "fiberglass", "carbon"]),
            ],
            titles: &[
                "{brand} {line} {span} Kite with {spar:Cap} Spars and Tail, {colour}",
                "{brand} {line} Easy-Fly Diamond Kite, {span}, {spar:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} is up before you have finished running.",
                    "Any wind that moves a flag will lift the {line}.",
                ],
                &[
                    "Its {span} sail is ripstop on {spar} spars that spring back.",
                    "The tail keeps it calm, and the line comes on a reel for small hands.",
                ],
                &[
                    "It rolls up to the length of an arm.",
                    "Spare spars are in the sleeve, for trees.",
                ],
            ],
            features: &[
                "{span} ripstop sail",
                "{spar:Cap} spars with spares",
                "200 feet of line on a reel",
                "Ages six and up",
            ],
        },
        Kind {
            drawing: "dollhouse",
            dollars: (69, 389),
            ladder: "floors",
            slots: &[
                ("colour", HOME),
                (
                    "floors",
                    &["two-story|12", "three-story|18", "three-story garden|24", "four-story|32"],
                ),
                ("wood", &["plywood", "birch plywood", "solid pine"]),
            ],
            titles: &[
                "{brand} {line} Wooden Dollhouse, {floors:Cap}, {floors:2} Pieces of Furniture, {colour} Roof",
                "{brand} {line} {floors:Cap} Dollhouse in {wood:Cap}, {colour}",
            ],
            text: &[
                &[
                    "Somebody has always just left the kitchen of the {line}.",
                    "The {line} opens at the front, so that everybody can move in at once.",
                ],
                &[
                    "It is {floors:a} house of {wood} with {floors:2} pieces of furniture.",
                    "Stairs go all the way up, doors close, and the lamp by the bed works.",
                ],
                &[
                    "Panels slot together without tools and stand on any floor.",
                    "Dolls of five inches feel at home.",
                ],
            ],
            features: &[
                "{floors:Cap}, {floors:2} pieces of furniture",
                "Made of {wood}",
                "Working bedside lamp",
                "Ages three and up",
            ],
        },
        Kind {
            drawing: "toy_rocket",
            dollars: (18, 119),
            ladder: "reach",
            slots: &[
                ("colour", VIVID),
                (
                    "reach",
                    &[
                        "100 feet|foot pump",
                        "200 feet|water and air",
                        "400 feet|water and air",
                        "600 feet|electric launcher",
                    ],
                ),
            ],
            titles: &[
                "{brand} {line} Toy Rocket with Launcher, up to {reach}, {colour}",
                "{brand} {line} Backyard Rocket Kit, {reach:2cap}, {colour}",
            ],
            text: &[
                &[
                    "Three, two, one, and the {line} is smaller than a bird.",
                    "The {line} teaches physics by going over the roof.",
                ],
                &[
                    "It climbs up to {reach} by {reach:2} and comes down on a parachute.",
                    "The fins are soft, the nose is foam, and the launcher has a safety key.",
                ],
                &[
                    "Everything can be flown again, and again.",
                    "A logbook for heights and excuses is included.",
                ],
            ],
            features: &[
                "Climbs up to {reach}",
                "Launches by {reach:2}",
                "Parachute and foam nose",
                "Safety key and long cord",
                "Ages eight and up",
            ],
        },
        Kind {
            drawing: "puzzle",
            dollars: (12, 54),
            ladder: "pieces",
            slots: &[
                ("pieces", &["300", "500", "1,000", "2,000"]),
                (
                    "scene",
                    &[
                        "a harbor at dusk",
                        "an overgrown library",
                        "a market in the rain",
                        "a cutaway ocean liner",
                        "an orchard in four seasons",
                        "a shelf of teapots",
                    ],
                ),
                ("colour", VIVID),
            ],
            titles: &["{brand} {pieces}-Piece Jigsaw Puzzle, {scene:Cap}, Art by {first} {last}"],
            text: &[
                &[
                    "{first} {last} painted {scene} so that every corner has something to find.",
                    "The picture is {scene}, and the sky is not all one blue.",
                ],
                &[
                    "All {pieces} pieces are thick, cut unlike each other, and click.",
                    "You can lift the finished {pieces} pieces by one edge.",
                ],
                &[
                    "A poster of the picture saves you from passing the lid around.",
                    "Lose a piece and we will cut you another.",
                ],
            ],
            features: &[
                "{pieces} pieces of thick board",
                "Shows {scene}",
                "Poster included",
                "Missing pieces replaced",
            ],
        },
    ],
};
