//! For pets.

use super::{HOME, VIVID};
use crate::generate::kind::{Kind, Shelf};

pub(super) const PETS: Shelf = Shelf {
    brands: &["Barkwell", "Whiskerly", "Pawthorne", "Tail & Timber", "Finch & Fin"],
    products: 18,
    kinds: &[
        Kind {
            drawing: "cat_tree",
            dollars: (39, 249),
            ladder: "height",
            slots: &[
                ("colour", HOME),
                ("height", &["34-inch|two", "48-inch|three", "60-inch|four", "72-inch|five"]),
                ("rope", &["sisal", "jute", "seagrass"]),
            ],
            titles: &[
                "{brand} {line} {height} Cat Tree with {rope:Cap} Posts and Hideaway, {colour}",
                "{brand} {line} Cat Tower, {height}, {rope:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} gives a cat the view to which it is entitled.",
                    "Sofas near the {line} live longer.",
                ],
                &[
                    "It is {height:a} tower with {height:2} levels, a cave and posts wound in {rope}.",
                    "The base is heavy, so a leap from the top does not move it.",
                ],
                &[
                    "Covers come off for the wash.",
                    "A ball on a string is included and can be replaced, as it must.",
                ],
            ],
            features: &[
                "{height} tower, {height:2} levels",
                "Posts wound in {rope}",
                "Washable covers in {colour:lower}",
                "Heavy base and wall strap",
                "Hideaway and hanging toy",
            ],
        },
        Kind {
            drawing: "dog_bed",
            dollars: (29, 189),
            ladder: "size",
            slots: &[
                ("colour", HOME),
                ("size", &["Small|25", "Medium|45", "Large|75", "Extra Large|120"]),
                ("fill", &["recycled fiber", "egg-crate foam", "memory foam"]),
            ],
            titles: &[
                "{brand} {line} Dog Bed, {size}, {fill:Cap}, Washable, {colour}",
                "{brand} {line} Bolster Bed for Dogs up to {size:2} lb, {fill:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} has a rim for chins.",
                    "Put the {line} by the radiator and it will be found.",
                ],
                &[
                    "Its {fill} cushion holds dogs of up to {size:2} pounds without going flat.",
                    "Old hips like the {fill}, and puppies like the edge.",
                ],
                &[
                    "The cover zips off, and hair comes off in the wash.",
                    "The underside grips tiles, even during dreams.",
                ],
            ],
            features: &[
                "{size}, for dogs up to {size:2} pounds",
                "{fill:Cap} cushion",
                "Washable cover in {colour:lower}",
                "Non-slip underside",
            ],
        },
        Kind {
            drawing: "pet_carrier",
            dollars: (25, 149),
            ladder: "size",
            slots: &[
                ("colour", VIVID),
                ("size", &["19-inch|12", "24-inch|20", "28-inch|30", "32-inch|45"]),
                ("door", &["one front door", "front and top doors", "three doors"]),
            ],
            titles: &[
                "{brand} {line} {size} Pet Carrier with {door:Cap}, {colour}",
                "{brand} {line} Travel Kennel for Pets up to {size:2} lb, {door:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} makes the trip to the vet a matter of minutes instead of scratches.",
                    "Leave the {line} open for a week, and it becomes a favorite place.",
                ],
                &[
                    "The {size} body has {door}, for animals of up to {size:2} pounds.",
                    "Air comes in from four sides, and the latches hold when it matters.",
                ],
                &[
                    "It comes apart for washing and for the cupboard.",
                    "Belts hold it on a back seat, and most airlines know it.",
                ],
            ],
            features: &[
                "For pets up to {size:2} pounds",
                "Has {door}",
                "Washable mat included",
                "Seat-belt slots",
                "Assembled without tools",
            ],
        },
        Kind {
            drawing: "pet_fountain",
            dollars: (22, 98),
            ladder: "body",
            slots: &[
                ("colour", HOME),
                (
                    "body",
                    &[
                        "BPA-free plastic|67 oz",
                        "stainless steel|84 oz",
                        "ceramic|70 oz",
                        "cordless steel|101 oz",
                    ],
                ),
                ("pump", &["two", "four", "six"]),
            ],
            titles: &[
                "{brand} {line} Pet Water Fountain, {body:Cap}, {body:2}, {colour}",
                "{brand} {line} Quiet Drinking Fountain for Cats and Dogs, {body:2}, {body:Cap}, {colour}",
            ],
            text: &[
                &[
                    "Cats trust moving water, and the {line} moves it.",
                    "The {line} ends the tap at five in the morning.",
                ],
                &[
                    "It is made of {body}, holds {body:2}, and filters hair and taste.",
                    "The pump whispers, and it stops before it runs dry.",
                ],
                &[
                    "A filter lasts for {pump} weeks, and three are in the box.",
                    "All of it goes into the dishwasher except the pump.",
                ],
            ],
            features: &[
                "{body:2} of {body}",
                "Three filters, {pump} weeks each",
                "Quieter than 30 decibels",
                "Stops when it runs low",
            ],
        },
        Kind {
            drawing: "aquarium",
            dollars: (49, 399),
            ladder: "volume",
            slots: &[
                ("volume", &["5-gallon", "10-gallon", "20-gallon", "36-gallon"]),
                ("glass", &["clear", "low-iron", "curved"]),
                ("colour", VIVID),
            ],
            titles: &[
                "{brand} {line} {volume} Aquarium Kit, {glass:Cap} Glass, LED Hood",
                "{brand} {line} Fish Tank Starter Set, {volume}, {glass:Cap} Glass, Filter and Light",
            ],
            text: &[
                &[
                    "The {line} is the slowest television there is.",
                    "A corner with the {line} in it is where people end up at parties.",
                ],
                &[
                    "The {volume} tank of {glass} glass comes with a filter that you cannot hear.",
                    "Its light rises and sets by itself, and plants grow under it.",
                ],
                &[
                    "A heater, a net and a guide to the first month are included.",
                    "The hood lifts in two parts, so feeding is a matter of one hand.",
                ],
            ],
            features: &[
                "{volume} tank of {glass} glass",
                "Silent three-stage filter",
                "Light with sunrise and sunset",
                "Heater and net included",
            ],
        },
        Kind {
            drawing: "leash",
            dollars: (12, 64),
            ladder: "stuff",
            slots: &[
                ("colour", VIVID),
                ("stuff", &["nylon webbing", "climbing rope", "hemp", "bridle leather"]),
                ("length", &["4 ft", "5 ft", "6 ft"]),
            ],
            titles: &[
                "{brand} {line} Dog Leash and Collar Set, {stuff:Cap}, {length}, {colour}",
                "{brand} {line} {length} Lead with Padded Handle, {stuff:Cap}, {colour}",
            ],
            text: &[
                &[
                    "The {line} is for dogs that pull, and for people who would rather not be pulled.",
                    "Hang the {line} by the door, and somebody will sit under it.",
                ],
                &[
                    "It is {length} of {stuff} with a handle that is soft when it counts.",
                    "The clip is brass, locks, and opens with gloves on.",
                ],
                &["Stitching shines in headlights.", "Mud rinses out, and the color stays."],
            ],
            features: &[
                "{length} of {stuff}",
                "Locking brass clip",
                "Padded handle",
                "Reflective stitching",
            ],
        },
    ],
};
