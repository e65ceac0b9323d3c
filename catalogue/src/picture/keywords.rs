//! Which drawing fits an imported title.

/// Words and the drawing that they stand for. The first line with a hit wins, so that what a thing
/// is comes before what it is for ("headphone stand" is rare, "TV wall mount" is a television here).
const WORDS: &[(&str, &[&str])] = &[
    (
        "chip",
        &[
            "ssd",
            "nvme",
            "processor",
            "cpu",
            "graphics card",
            "motherboard",
            "memory card",
            "micro sd",
            "microsd",
            "desktop memory",
            "hard drive",
            "hdd",
            "flash drive",
        ],
    ),
    ("gaming_headset", &["gaming headset", "headset"]),
    ("earbuds", &["earbud", "earbuds", "airpods", "in-ear"]),
    ("headphones", &["headphone", "headphones"]),
    ("smart_speaker", &["echo dot", "echo show", "smart speaker", "soundbar", "sound bar"]),
    ("speaker", &["speaker", "speakers", "subwoofer"]),
    (
        "air_fryer",
        &["air fryer", "pressure cooker", "slow cooker", "rice cooker", "fryer", "multicooker"],
    ),
    ("espresso_machine", &["espresso", "coffee maker", "coffee machine", "coffee"]),
    ("kettle", &["kettle", "teapot"]),
    ("stand_mixer", &["stand mixer", "mixer", "food processor"]),
    ("blender", &["blender", "juicer"]),
    ("skillet", &["skillet", "frying pan", "cookware", "dutch oven", "saucepan", "griddle", "wok"]),
    ("knife_block", &["knife set", "knives", "knife"]),
    ("robot_vacuum", &["robot vacuum", "roomba", "vacuum", "carpet cleaner"]),
    (
        "air_purifier",
        &["air purifier", "humidifier", "dehumidifier", "purifier", "heater", "air conditioner"],
    ),
    ("bed_linen", &["sheet set", "duvet", "comforter", "pillow", "mattress", "blanket", "towels"]),
    ("dashcam", &["dash cam", "dashcam", "radar detector"]),
    ("baby_monitor", &["baby monitor", "security camera", "doorbell", "video monitor"]),
    ("camera", &["camera", "camcorder", "webcam", "lens", "gopro", "instax"]),
    ("racing_wheel", &["racing wheel", "steering wheel"]),
    ("arcade_stick", &["arcade stick", "fight stick", "joystick"]),
    ("controller", &["controller", "gamepad"]),
    ("handheld_console", &["console", "nintendo switch", "steam deck", "handheld"]),
    ("keyboard", &["keyboard", "mouse"]),
    ("smartwatch", &["smartwatch", "watch", "fitness tracker"]),
    ("tablet", &["tablet", "ipad", "kindle", "e-reader", "phone", "smartphone"]),
    ("laptop", &["laptop", "macbook", "chromebook", "notebook"]),
    ("television", &["tv", "television", "oled", "projector", "blu ray player", "roku"]),
    ("monitor", &["monitor", "display"]),
    ("router", &["router", "wifi", "wi-fi", "mesh", "modem"]),
    ("jump_starter", &["jump starter", "power bank", "battery charger", "power station"]),
    ("inflator", &["inflator", "air compressor", "compressor", "pressure washer"]),
    ("floor_mats", &["floor mats", "floor liner", "cargo liner"]),
    ("roof_box", &["roof box", "cargo box", "roof rack"]),
    ("circular_saw", &["circular saw", "miter saw", "table saw", "saw", "grinder", "sander"]),
    ("drill", &["drill", "impact driver", "driver", "nailer", "combo kit"]),
    ("laser_level", &["laser level", "level", "tape measure"]),
    ("wrench_set", &["wrench", "socket set", "ratchet", "sockets", "screwdriver", "bit set"]),
    ("toolbox", &["tool box", "toolbox", "tool set", "tool chest", "tool bag", "packout"]),
    ("ladder", &["ladder", "step stool"]),
    ("work_light", &["work light", "flashlight", "floodlight", "headlamp", "lantern"]),
    (
        "desk_lamp",
        &["desk lamp", "lamp", "light bulb", "bulbs", "chandelier", "ceiling fan", "light"],
    ),
    ("multimeter", &["multimeter", "tester", "voltage", "thermostat", "detector"]),
    ("caliper", &["caliper", "micrometer"]),
    ("microscope", &["microscope", "telescope", "binoculars"]),
    ("label_printer", &["printer", "label maker", "scanner", "laminator"]),
    ("bench_scale", &["kitchen scale", "food scale"]),
    ("scale", &["scale"]),
    ("hard_hat", &["hard hat"]),
    ("helmet", &["helmet"]),
    ("stroller", &["stroller", "jogger", "travel system"]),
    ("high_chair", &["high chair", "booster", "car seat"]),
    ("crib", &["crib", "bassinet", "playard", "bouncer", "swing"]),
    ("baby_bottle", &["baby bottle", "bottles", "formula", "diapers", "wipes"]),
    ("toothbrush", &["toothbrush", "water flosser", "toothpicks", "shaver", "razor", "trimmer"]),
    ("hair_dryer", &["hair dryer", "hair straightener", "straightener", "styler", "curling"]),
    ("massage_gun", &["massage gun", "massager", "theragun"]),
    ("bp_monitor", &["blood pressure", "thermometer", "oximeter"]),
    ("pill_bottle", &["vitamin", "capsules", "supplement", "protein", "tablets", "collagen"]),
    ("perfume", &["perfume", "eau de", "cologne", "fragrance"]),
    ("lipstick", &["lipstick", "lip", "mascara"]),
    ("eyeshadow", &["palette", "eyeshadow", "makeup", "foundation"]),
    ("dropper_bottle", &["serum", "shampoo", "conditioner", "oil", "lotion", "toner"]),
    ("cream_jar", &["cream", "moisturizer", "balm", "mask"]),
    ("cat_tree", &["cat tree", "cat tower", "scratching", "litter"]),
    ("dog_bed", &["dog bed", "pet bed"]),
    ("pet_carrier", &["pet carrier", "dog crate", "kennel", "crate"]),
    ("pet_fountain", &["pet fountain", "feeder", "dog food", "cat food"]),
    ("aquarium", &["aquarium", "fish tank"]),
    ("leash", &["leash", "harness", "collar"]),
    ("grill", &["grill", "smoker", "bbq", "pizza oven"]),
    ("leaf_blower", &["leaf blower", "blower", "lawn mower", "mower", "chainsaw"]),
    ("hose_reel", &["hose", "sprinkler", "faucet", "shower head"]),
    ("fire_pit", &["fire pit", "patio heater"]),
    ("adirondack", &["adirondack", "patio", "lounge chair", "hammock"]),
    ("planter", &["planter", "plant", "pot", "bonsai", "flowers"]),
    ("watering_can", &["watering"]),
    ("office_chair", &["office chair", "gaming chair", "desk chair", "chair", "desk", "sofa"]),
    ("candle", &["candle"]),
    ("tent", &["tent", "canopy"]),
    ("sleeping_bag", &["sleeping bag", "sleeping pad", "air mattress"]),
    ("kayak", &["kayak", "paddle board", "paddleboard", "boat", "canoe"]),
    ("bicycle", &["bike", "bicycle", "scooter", "treadmill", "elliptical"]),
    ("dumbbell", &["dumbbell", "dumbbells", "barbell", "kettlebell", "weight bench", "squat rack"]),
    ("yoga_mat", &["yoga", "exercise mat"]),
    ("racket", &["racket", "racquet", "paddle", "golf"]),
    ("basketball", &["basketball", "football", "soccer", "ball"]),
    ("backpack", &["backpack", "bag", "tote"]),
    ("suitcase", &["luggage", "suitcase", "carry-on"]),
    ("umbrella", &["umbrella"]),
    ("guitar", &["guitar", "ukulele", "bass"]),
    ("piano_keys", &["piano", "synthesizer", "midi"]),
    ("microphone", &["microphone", "mic", "audio interface"]),
    ("drum", &["drum", "drums"]),
    ("vinyl", &["vinyl", "turntable", "record player"]),
    ("blocks", &["lego", "building set", "building kit", "blocks", "model kit"]),
    ("toy_train", &["train set", "train"]),
    ("dollhouse", &["dollhouse", "doll", "barbie", "castle"]),
    ("teddy", &["plush", "teddy", "stuffed animal"]),
    ("puzzle", &["puzzle", "jigsaw"]),
    ("board_game", &["board game", "card game", "game for", "chess"]),
    ("toy_rocket", &["rocket", "nerf", "blaster"]),
    ("kite", &["kite", "drone"]),
    ("picture_book", &["picture book", "board book"]),
    ("cookbook", &["cookbook", "recipes"]),
    ("book_stack", &["box set", "boxed set", "books"]),
    ("box_set", &["complete series", "complete collection", "season", "trilogy"]),
    ("disc_case", &["blu-ray", "dvd", "4k uhd", "ultra hd"]),
    ("software_box", &["software", "pc download", "antivirus", "license"]),
];

/// The drawing's name for a listing: by words in the title, else by category. In categories whose
/// goods all look alike, a word in the title is more likely a name than a description.
pub(super) fn drawing_for(category: &str, title: &str) -> &'static str {
    let alike = matches!(category, "books" | "movies-tv" | "software" | "video-games");
    let words = words_of(title);
    let by_words = WORDS.iter().find(|(_, keys)| keys.iter().any(|key| has(&words, key)));
    match by_words {
        Some((drawing, _)) if !alike || suits(category, drawing) => drawing,
        _ => by_category(category),
    }
}

/// Drawings that a word may choose in a category whose goods look alike.
fn suits(category: &str, drawing: &str) -> bool {
    match category {
        "books" => matches!(drawing, "picture_book" | "cookbook" | "book_stack"),
        "movies-tv" => matches!(drawing, "box_set" | "disc_case"),
        "video-games" => {
            matches!(
                drawing,
                "controller"
                    | "handheld_console"
                    | "racing_wheel"
                    | "arcade_stick"
                    | "gaming_headset"
            )
        }
        _ => false,
    }
}

fn by_category(category: &str) -> &'static str {
    match category {
        "automotive" => "jump_starter",
        "baby-products" => "baby_bottle",
        "beauty" => "cream_jar",
        "books" => "book",
        "electronics" => "chip",
        "health-personal-care" => "pill_bottle",
        "home-kitchen" => "skillet",
        "industrial-scientific" => "multimeter",
        "movies-tv" => "disc_case",
        "music" => "vinyl",
        "patio-lawn-garden" => "planter",
        "pet-supplies" => "leash",
        "software" => "software_box",
        "sports-outdoors" => "backpack",
        "tools-home-improvement" => "toolbox",
        "toys-games" => "blocks",
        "video-games" => "game_case",
        _ => "parcel",
    }
}

/// The title in lower case with one blank around every word.
fn words_of(title: &str) -> String {
    let mut words = String::with_capacity(title.len() + 2);
    words.push(' ');
    for word in title.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '-') {
        if !word.is_empty() {
            words.push_str(word);
            words.push(' ');
        }
    }
    words
}

fn has(words: &str, key: &str) -> bool {
    words.match_indices(key).any(|(at, _)| {
        let before = words[..at].ends_with(' ');
        before && words[at + key.len()..].starts_with(' ')
    })
}
