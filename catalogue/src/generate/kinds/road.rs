//! For cars and the road.

use super::super::kind::{Kind, Shelf};

pub(super) const AUTOMOTIVE: Shelf = Shelf {
    brands: &["Torvane", "Roadwell", "Kilnworth", "Axlebrook", "Ostra Motor", "Halden & Pike"],
    products: 18,
    kinds: &[Kind {
        drawing: "dashcam",
        dollars: (59, 249),
        ladder: "resolution",
        slots: &[
            ("resolution", &["1080p|Full HD", "1440p|Quad HD", "4K|Ultra HD"]),
            ("angle", &["140", "155", "170"]),
            ("card", &["32 GB", "64 GB", "128 GB"]),
            ("glass", &["six-layer glass", "all-glass", "low-light"]),
        ],
        titles: &[
            "{brand} {line} {resolution} Dash Camera with Night Vision, {angle}-Degree Lens, {card} Card",
            "{brand} {line} Dash Cam, {resolution} Front Recorder with Parking Watch and {card} Card",
            "{brand} {line} Windshield Camera, {resolution:2}, Wide {angle}-Degree View, {card} Included",
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
            "{angle}-degree lens with {glass} optics",
            "{card} card included and ready to use",
            "Locks the clip when it feels a knock",
            "Parking watch with the engine off",
            "Adhesive mount that leaves no mark",
            "Supercapacitor instead of a battery, for hot summers",
        ],
    }],
};
