//! Books and films.

use crate::generate::kind::{Kind, Shelf};

pub(super) const BOOKS: Shelf = Shelf {
    brands: &["Lantern Row Press", "Hollow Oak Books", "Paper Heron", "Ninth Street Editions"],
    products: 24,
    kinds: &[
        Kind {
            drawing: "book",
            dollars: (10, 38),
            ladder: "format",
            slots: &[
                (
                    "format",
                    &[
                        "Paperback|320",
                        "Trade Paperback|368",
                        "Hardcover|416",
                        "Illustrated Hardcover|448",
                    ],
                ),
                (
                    "name",
                    &[
                        "The Salt Cartographer|a mapmaker who charts an island that moves",
                        "Eleven Quiet Winters|a lighthouse family that counts ships and secrets",
                        "What the Orchard Kept|two sisters who inherit an orchard and an old debt",
                        "A Borrowed Compass|a clerk who takes a stranger's journey by mistake",
                        "The Night Ferry Ledger|a bookkeeper on a ferry where nobody pays the fare",
                        "Glass for the River|a glassblower's apprentice in a city that floods",
                        "The Last Tram to Ravel|a conductor who knows where everybody gets off",
                        "Small Hours in Aldermoor|a night nurse who solves what the day shift missed",
                    ],
                ),
            ],
            titles: &["{name}: A Novel by {first} {last} ({format})"],
            text: &[
                &[
                    "{first} {last} tells of {name:2}.",
                    "This is the story of {name:2}, told by {first} {last} with a dry eye and a warm heart.",
                ],
                &[
                    "It begins with a letter that should not have arrived and ends where you would not have looked.",
                    "Nobody in it is only good, and nobody is beyond forgiving.",
                    "It takes its time for a hundred pages, and then it takes yours.",
                ],
                &[
                    "Readers who loved {last}'s first book will find this one braver, and new ones will go back for the other.",
                    "A book to lend with your name written in it.",
                ],
            ],
            features: &[
                "{format}, {format:2} pages",
                "Published by {brand}",
                "Sewn binding that lies open",
                "Printed on wood-free cream paper",
                "With questions for reading groups",
            ],
        },
        Kind {
            drawing: "cookbook",
            dollars: (18, 55),
            ladder: "format",
            slots: &[
                (
                    "format",
                    &[
                        "Paperback|80",
                        "Flexibound|100",
                        "Hardcover|120",
                        "Large-Format Hardcover|150",
                    ],
                ),
                ("colour", &["Terracotta", "Sage Green", "Mustard", "Navy", "Plum", "Brick Red"]),
                (
                    "name",
                    &[
                        "One Pot, Many Guests|stews, braises and rice dishes for a full table",
                        "The Patient Loaf|breads that rise while you sleep",
                        "Salt, Smoke, Lemon|fish and vegetables over fire",
                        "A Year of Soup|fifty-two pots, one for each week",
                        "Noodles at Midnight|quick bowls for late kitchens",
                        "The Modest Bean|beans, lentils and what to do with them",
                    ],
                ),
            ],
            titles: &["{name}: {format:2} Recipes by {first} {last} ({format})"],
            text: &[
                &[
                    "{first} {last} cooks the way people live now: with little time and a good appetite.",
                    "{format:2} recipes from {first} {last}, who ran a restaurant of nine tables for nine years.",
                ],
                &[
                    "Here are {name:2}, each tested in three home kitchens.",
                    "The subject is {name:2}, and no recipe asks for more than ten things.",
                ],
                &[
                    "The introductions are worth reading in bed.",
                    "It stays open on the counter and wipes clean.",
                ],
            ],
            features: &[
                "{format:2} tested recipes",
                "{format} with a wipe-clean cover",
                "A photograph for every dish",
                "Weights in grams and cups",
                "Index by what is in your fridge",
            ],
        },
        Kind {
            drawing: "picture_book",
            dollars: (9, 26),
            ladder: "format",
            slots: &[
                (
                    "format",
                    &[
                        "Paperback|two to four",
                        "Board Book|one to three",
                        "Hardcover|three to six",
                        "Cloth-Spine Hardcover|four to seven",
                    ],
                ),
                (
                    "name",
                    &[
                        "The Bear Who Borrowed Tuesday|a bear who needs one more day",
                        "Moon Soup|a girl who cooks with starlight",
                        "Nobody's Left Sock|a sock that goes looking for its foot",
                        "The Very Punctual Snail|a snail that is never late, only slow",
                        "Good Night, Excavator|a yard full of tired machines",
                        "A Hat for the Heron|a heron with cold ears",
                    ],
                ),
            ],
            titles: &["{name} by {first} {last}, Pictures by {first2} {last2} ({format})"],
            text: &[
                &["This is the tale of {name:2}, and of everyone who helps.", "Meet {name:2}."],
                &[
                    "{first} {last}'s words are made to be read aloud, and {first2} {last2}'s pictures to be searched.",
                    "There is a mouse on every page, and children of {format:2} will find it before you do.",
                ],
                &[
                    "It ends softly, which is how a bedtime book should end.",
                    "You will read it forty times, and it holds up.",
                ],
            ],
            features: &[
                "{format} for ages {format:2}",
                "Published by {brand}",
                "Printed with plant-based ink",
                "Rounded corners, strong spine",
            ],
        },
        Kind {
            drawing: "book_stack",
            dollars: (32, 245),
            ladder: "count",
            slots: &[
                ("count", &["3|three", "4|four", "5|five", "7|seven"]),
                ("colour", &["Navy", "Forest Green", "Plum", "Terracotta", "Teal"]),
                (
                    "name",
                    &[
                        "The Tidewright Chronicles|a harbor town where the sea is hired by the hour",
                        "The Inspector Varga Mysteries|a detective who cannot bear untidy endings",
                        "Songs of the Lower Sky|airship crews at the edge of the known wind",
                        "The Hedgerow Histories|small animals with long memories",
                        "A Field Guide to Everything|birds, stones, stars and knots",
                        "The Clockmaker's Daughters|a family that repairs more than clocks",
                    ],
                ),
            ],
            titles: &["{name}: {count}-Book Box Set by {first} {last}"],
            text: &[
                &[
                    "All {count:2} volumes of {first} {last}'s series in one box.",
                    "{first} {last} wrote {count:2} books about {name:2}, and here they are together.",
                ],
                &[
                    "It is one long story that gets better with each book.",
                    "New readers envy no one so much as those who start here.",
                ],
                &[
                    "The set is bound in {colour:lower} cloth with ribbon markers.",
                    "Spines line up to one picture, so they want to stand in order.",
                ],
            ],
            features: &[
                "{count} volumes in a slipcase",
                "Cloth binding in {colour:lower}",
                "Ribbon markers",
                "New afterword by the author",
            ],
        },
    ],
};

pub(super) const MOVIES: Shelf = Shelf {
    brands: &["Meridian House Films", "Blue Door Pictures", "Saltbox Video"],
    products: 18,
    kinds: &[
        Kind {
            drawing: "disc_case",
            dollars: (14, 45),
            ladder: "disc",
            slots: &[
                (
                    "disc",
                    &[
                        "DVD|standard definition",
                        "Blu-ray|high definition",
                        "Blu-ray + Digital|high definition",
                        "4K Ultra HD|ultra high definition",
                    ],
                ),
                (
                    "name",
                    &[
                        "The Lighthouse Tax|an inspector sent to a rock that pays no tax",
                        "Half Past Never|a station clock that stops on a wedding day",
                        "Copper Sky|two brothers and a mine that hums",
                        "The Understudy's Revenge|a stage door, a rival and a trapdoor",
                        "Seven Miles of Quiet|a road crew cut off by snow",
                        "Paper Tigers Don't Run|a forger who falls for her handwriting expert",
                        "Goodbye, Lucky Strand|the last summer of a seaside cinema",
                        "The Baker Street Detour|a bus driver who takes the wrong turn on purpose",
                    ],
                ),
                ("minutes", &["94", "107", "118", "131"]),
            ],
            titles: &["{name} [{disc}], Directed by {first} {last}"],
            text: &[
                &[
                    "{first} {last}'s film is about {name:2}.",
                    "It starts with {name:2}, and nothing goes as planned.",
                ],
                &[
                    "{first2} {last2} plays the lead as if nobody were watching.",
                    "Shot on location in one autumn, it looks like a memory.",
                ],
                &[
                    "This edition has a new transfer, approved by the director, and an hour of scenes that were cut.",
                    "The commentary is funnier than the film, and the film is funny.",
                ],
            ],
            features: &[
                "{disc}, {disc:2}",
                "{minutes} minutes",
                "Released by {brand}",
                "Director's commentary",
                "Subtitles in six languages",
            ],
        },
        Kind {
            drawing: "box_set",
            dollars: (29, 188),
            ladder: "seasons",
            slots: &[
                (
                    "seasons",
                    &[
                        "Season One|8|two",
                        "Seasons 1-2|16|four",
                        "The Complete Series|32|eight",
                        "The Complete Series, Limited Edition|48|twelve",
                    ],
                ),
                (
                    "name",
                    &[
                        "Harrow Street|a row of shops and everyone who owes rent there",
                        "The Weather Office|forecasters who are right too often",
                        "Northbound|a night train and its regulars",
                        "Dr. Bellweather Regrets|a village doctor with poor manners",
                        "Kingdom of Ash and Honey|four houses, one beehive, no throne",
                        "Second Shift|a detective who works while the city sleeps",
                    ],
                ),
            ],
            titles: &["{name}: {seasons} (Blu-ray Box Set)"],
            text: &[
                &[
                    "The whole town talks about {name:2}.",
                    "{name} follows {name:2}, one episode at a time.",
                ],
                &[
                    "{first} {last} wrote all {seasons:2} episodes in this set and wasted none.",
                    "Its {seasons:2} episodes were made by people who liked each other, and it shows.",
                ],
                &[
                    "On {seasons:3} discs, with interviews and the pilot that was never shown.",
                    "A booklet tells how the theme song came about.",
                ],
            ],
            features: &[
                "{seasons:2} episodes on {seasons:3} discs",
                "Released by {brand}",
                "Unseen pilot and interviews",
                "Booklet of 40 pages",
            ],
        },
        Kind {
            drawing: "film_reel",
            dollars: (24, 120),
            ladder: "films",
            slots: &[
                ("films", &["3|three", "4|four", "6|six", "10|ten"]),
                (
                    "theme",
                    &[
                        "silent comedies",
                        "harbor noir",
                        "desert westerns",
                        "studio musicals",
                        "science fiction of the fifties",
                        "ghost stories",
                    ],
                ),
            ],
            titles: &[
                "{brand} Collection: {films} Restored Films, {theme:Cap} (Blu-ray)",
                "{theme:Cap}: {films} Classics from {brand}, Restored (Blu-ray)",
            ],
            text: &[
                &[
                    "Here are {films:2} {theme} that were thought lost until a cellar in {last} Street was cleared.",
                    "{first} {last} spent a life collecting {theme}, and these {films:2} are the best of them.",
                ],
                &[
                    "Each was restored from the camera negative, scratches out, grain in.",
                    "New scores by {first2} {last2} sit under the silent ones.",
                ],
                &["Essays and stills fill the booklet.", "The discs play in every region."],
            ],
            features: &[
                "{films} restored {theme}",
                "Restored from the negatives",
                "Essays by {first} {last}",
                "Region-free discs",
            ],
        },
    ],
};
