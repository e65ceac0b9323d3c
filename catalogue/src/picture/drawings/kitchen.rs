//! For the kitchen and the rooms.

use super::{Drawing, drawing};

pub(super) const ALL: &[Drawing] = &[
    drawing(
        "kettle",
        66,
        r##"<path d="M198 118q46-10 42 42q-2 22-26 26l-2-13q13-4 14-15q1-27-26-25z" fill="{k}"/><path d="M126 128l-36-18q-9 0-4 9l34 40z" fill="{d}"/><path d="M122 106q38-28 76 0l12 86q1 8-8 8h-84q-9 0-8-8z" fill="{m}"/><path d="M176 94q13 3 22 12l12 86q1 8-8 8h-20z" fill="{d}" opacity=".55"/><path d="M132 112l-9 72" stroke="{l}" stroke-width="8" stroke-linecap="round" opacity=".8"/><path d="M120 106q40-30 80 0z" fill="{l}"/><circle cx="160" cy="84" r="9" fill="{k}"/><rect x="104" y="190" width="112" height="11" rx="5" fill="{k}"/>"##,
    ),
    drawing(
        "espresso_machine",
        84,
        r##"<rect x="92" y="58" width="136" height="142" rx="14" fill="{m}"/><path d="M196 58h18q14 0 14 14v114q0 14-14 14h-18z" fill="{d}" opacity=".6"/><rect x="84" y="50" width="152" height="24" rx="10" fill="{d}"/><rect x="104" y="104" width="112" height="76" rx="8" fill="{k}"/><rect x="138" y="98" width="44" height="16" rx="5" fill="#c9ccd1"/><path d="M150 114h20l-4 14h-12z" fill="#9ea3ab"/><path d="M182 103h46v9h-46z" fill="{k}"/><circle cx="228" cy="107" r="8" fill="{a}"/><path d="M146 148h30v14q0 14-15 14t-15-14z" fill="#fff6e8"/><path d="M176 152q12 0 9 10-2 6-11 6" fill="none" stroke="#fff6e8" stroke-width="4"/><path d="M146 148h30v4h-30z" fill="#8a5a3a"/><rect x="98" y="178" width="124" height="10" rx="3" fill="#9ea3ab"/><circle cx="120" cy="88" r="7" fill="{a}"/><circle cx="142" cy="88" r="5" fill="{l}"/><circle cx="200" cy="88" r="9" fill="#fff6e8"/><path d="M200 88l4-5" stroke="{k}" stroke-width="2"/><path d="M154 138q-5-5 0-10M166 138q-5-5 0-10" stroke="#fff6e8" stroke-width="2.5" fill="none" opacity=".7"/>"##,
    ),
    drawing(
        "skillet",
        90,
        r##"<path d="M198 158l62-30q9-4 13 4t-4 12l-62 32z" fill="#8a5f3f"/><circle cx="262" cy="138" r="4" fill="#f3e3c6"/><path d="M62 148h150q0 52-40 52h-70q-40 0-40-52z" fill="{m}"/><path d="M170 148h42q0 52-40 52h-20q18-12 18-52z" fill="{d}" opacity=".6"/><ellipse cx="137" cy="148" rx="76" ry="17" fill="{d}"/><ellipse cx="137" cy="149" rx="67" ry="12" fill="{k}"/><ellipse cx="132" cy="147" rx="34" ry="8" fill="#fff6e8"/><ellipse cx="136" cy="145" rx="13" ry="5" fill="#f2b035"/><path d="M110 122q-8-9 0-18t0-18M138 118q-8-9 0-18t0-18M166 122q-8-9 0-18t0-18" fill="none" stroke="#fff6e8" stroke-width="5" stroke-linecap="round" opacity=".85"/>"##,
    ),
    drawing(
        "stand_mixer",
        82,
        r##"<path d="M104 200q-12 0-10-12l2-6h120q12 0 12 18z" fill="{d}"/><path d="M200 186V92h34v94q0 6-6 6h-24q-4 0-4-6z" fill="{m}"/><path d="M90 74q0-24 30-24h94q26 0 26 28 0 24-24 24H118q-28-4-28-28z" fill="{m}"/><path d="M90 76h150q-1 26-24 26H118q-27-4-28-26z" fill="{d}" opacity=".5"/><path d="M112 60h70" stroke="{l}" stroke-width="7" stroke-linecap="round"/><circle cx="216" cy="78" r="8" fill="#c9ccd1"/><path d="M134 102h12v16q22 20 12 44h-36q-10-24 12-44z" fill="#9ea3ab"/><path d="M86 128h108q0 56-34 58h-40q-34-2-34-58z" fill="#d5d8dc"/><path d="M168 128h26q0 56-34 58h-14q22-12 22-58z" fill="#9ea3ab" opacity=".7"/><path d="M82 124h116v8H82z" fill="#eceef0"/>"##,
    ),
    drawing(
        "knife_block",
        70,
        r##"<g fill="{k}"><path d="M118 66l18-8 20 46-18 8zM146 52l18-8 20 48-18 8zM174 44l16-7 19 46-16 7z"/></g><g fill="#d5d8dc"><path d="M134 98l20-8 4 10-20 8zM162 86l20-8 4 10-20 8zM189 78l18-8 4 10-18 8z"/></g><g fill="{a}"><circle cx="130" cy="72" r="2.6"/><circle cx="158" cy="58" r="2.6"/><circle cx="185" cy="51" r="2.6"/></g><path d="M112 124l100-44q8-2 11 5l27 99q2 16-12 16H128q-10 0-12-10l-9-56q-1-8 5-10z" fill="{m}"/><path d="M112 124l100-44q8-2 11 5l6 22-120 46-2-19q-1-8 5-10z" fill="{l}"/><path d="M128 160l110-38M132 180l112-34" stroke="{d}" stroke-width="3" opacity=".5"/>"##,
    ),
    drawing(
        "air_fryer",
        72,
        r##"<path d="M96 96q0-48 64-48t64 48v88q0 16-18 16h-92q-18 0-18-16z" fill="{m}"/><path d="M190 53q34 9 34 43v88q0 16-18 16h-22q16-8 16-30V92q0-26-10-39z" fill="{d}" opacity=".6"/><rect x="122" y="66" width="76" height="36" rx="12" fill="{k}"/><path d="M134 84h22" stroke="{a}" stroke-width="5" stroke-linecap="round"/><circle cx="178" cy="84" r="9" fill="none" stroke="{a}" stroke-width="4"/><path d="M100 122h120v58q0 8-8 8H108q-8 0-8-8z" fill="{d}"/><path d="M108 128h104v44H108z" fill="{k}" opacity=".35"/><rect x="146" y="134" width="28" height="46" rx="9" fill="{k}"/><rect x="152" y="140" width="16" height="34" rx="6" fill="{l}" opacity=".4"/>"##,
    ),
    drawing(
        "blender",
        60,
        r##"<path d="M116 60h88l-12 92h-64z" fill="#eef3f1" opacity=".9"/><path d="M121 98h78l-7 54h-64z" fill="{a}"/><path d="M121 98q20-10 40 0t38 0l-2 12h-74z" fill="{b}" opacity=".5"/><path d="M204 70q32 2 28 34-4 26-34 30l2-13q18-4 20-20 1-18-18-18z" fill="#d9dfdc"/><path d="M126 66l8 78" stroke="#fff" stroke-width="6" stroke-linecap="round" opacity=".8"/><rect x="110" y="46" width="100" height="17" rx="6" fill="{k}"/><rect x="140" y="36" width="40" height="13" rx="5" fill="{k}"/><path d="M122 150h76l14 44q1 6-6 6h-92q-7 0-6-6z" fill="{m}"/><path d="M178 150h20l14 44q1 6-6 6h-20z" fill="{d}" opacity=".6"/><circle cx="160" cy="177" r="13" fill="{l}"/><path d="M160 177v-10" stroke="{k}" stroke-width="4" stroke-linecap="round"/>"##,
    ),
    drawing(
        "desk_lamp",
        56,
        r##"<path d="M150 190L118 118 190 70" fill="none" stroke="{k}" stroke-width="9" stroke-linejoin="round" stroke-linecap="round"/><path d="M196 104l54 84h-96z" fill="#fff2c4" opacity=".55"/><path d="M170 60q6-22 32-22 14 2 20 14l10 38-62 18q-8-24 0-48z" fill="{m}"/><path d="M206 40q12 4 16 12l10 38-22 6q6-30-4-56z" fill="{d}" opacity=".55"/><path d="M170 108l62-18q2 10-26 20-30 8-36-2z" fill="#ffe9a6"/><circle cx="118" cy="118" r="9" fill="{a}"/><path d="M112 200q0-16 40-16t40 16z" fill="{m}"/><path d="M152 184q40 0 40 16h-26q0-10-14-16z" fill="{d}" opacity=".6"/>"##,
    ),
    drawing(
        "candle",
        56,
        r##"<path d="M160 44q20 22 10 38-10 10-20 0-10-16 10-38z" fill="#f6b23c"/><path d="M160 60q10 12 4 21-5 5-9 0-4-8 5-21z" fill="#fff0b8"/><path d="M160 82v16" stroke="{k}" stroke-width="4" stroke-linecap="round"/><path d="M108 104h104v84q0 12-12 12h-80q-12 0-12-12z" fill="{t}"/><path d="M186 104h26v84q0 12-12 12h-22q8-6 8-20z" fill="{d}" opacity=".5"/><ellipse cx="160" cy="104" rx="52" ry="11" fill="{l}"/><ellipse cx="160" cy="105" rx="40" ry="7" fill="#fff6e8"/><rect x="128" y="132" width="64" height="42" rx="5" fill="#fff6e8"/><path d="M140 146h40M146 158h28" stroke="{d}" stroke-width="4" stroke-linecap="round"/>"##,
    ),
    drawing(
        "office_chair",
        68,
        r##"<path d="M118 60q2-20 22-20h44q18 0 18 22l-6 76h-70z" fill="{t}"/><path d="M182 40q20 0 20 22l-6 76h-20q10-50 6-98z" fill="{d}" opacity=".5"/><path d="M96 112h12v30h-12zM212 112h12v30h-12z" fill="{k}"/><path d="M90 108h26v9H90zM204 108h26v9h-26z" fill="{k}"/><path d="M104 136h112q10 0 8 12-2 10-12 10H108q-12 0-12-12 0-10 8-10z" fill="{m}"/><path d="M98 150h124q-4 8-10 8H108q-8 0-10-8z" fill="{d}"/><path d="M155 158h10v20h-10z" fill="#9ea3ab"/><path d="M160 172l-54 18v6h16l38-14 38 14h16v-6z" fill="{k}"/><g fill="#5a5058"><circle cx="112" cy="197" r="6"/><circle cx="160" cy="197" r="6"/><circle cx="208" cy="197" r="6"/></g><path d="M160 176v18" stroke="{k}" stroke-width="7"/>"##,
    ),
    drawing(
        "robot_vacuum",
        84,
        r##"<path d="M72 156q0 38 88 38t88-38v14q0 32-88 32t-88-32z" fill="{d}"/><ellipse cx="160" cy="154" rx="88" ry="42" fill="{m}"/><ellipse cx="160" cy="151" rx="74" ry="33" fill="{l}"/><ellipse cx="160" cy="138" rx="27" ry="12" fill="{k}"/><path d="M133 132v7q0 11 27 11t27-11v-7z" fill="{k}"/><ellipse cx="160" cy="131" rx="27" ry="11" fill="{d}"/><path d="M140 168h40" stroke="{a}" stroke-width="6" stroke-linecap="round"/><path d="M82 172q20 20 60 24l2 6q-50-2-66-22z" fill="{k}" opacity=".5"/><g fill="none" stroke="#fff6e8" stroke-width="5" stroke-linecap="round"><path d="M132 100q28-18 56 0"/><path d="M118 82q42-26 84 0" opacity=".7"/></g>"##,
    ),
    drawing(
        "air_purifier",
        52,
        r##"<path d="M112 66q0-20 48-20t48 20v120q0 14-48 14t-48-14z" fill="{m}"/><path d="M184 49q24 4 24 17v120q0 11-30 13 10-10 10-34V80q0-20-4-31z" fill="{d}" opacity=".5"/><ellipse cx="160" cy="66" rx="48" ry="17" fill="{l}"/><ellipse cx="160" cy="66" rx="32" ry="10" fill="{k}"/><path d="M136 66h48M140 61h40M140 71h40" stroke="{l}" stroke-width="1.8"/><g fill="{d}"><circle cx="128" cy="146" r="3"/><circle cx="142" cy="148" r="3"/><circle cx="156" cy="149" r="3"/><circle cx="170" cy="148" r="3"/><circle cx="184" cy="146" r="3"/><circle cx="128" cy="160" r="3"/><circle cx="142" cy="162" r="3"/><circle cx="156" cy="163" r="3"/><circle cx="170" cy="162" r="3"/><circle cx="184" cy="160" r="3"/><circle cx="135" cy="174" r="3"/><circle cx="149" cy="176" r="3"/><circle cx="163" cy="176" r="3"/><circle cx="177" cy="174" r="3"/></g><path d="M146 110h28" stroke="{a}" stroke-width="7" stroke-linecap="round"/><path d="M92 50q10-10 0-22M228 50q-10-10 0-22" fill="none" stroke="#fff6e8" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "bed_linen",
        92,
        r##"<path d="M80 176q-10 0-10-12t10-12h160q12 0 12 12t-12 12z" fill="{d}"/><path d="M80 200q-10 0-10-12t10-12h160q12 0 12 12t-12 12z" fill="{m}"/><path d="M84 152q-10 0-10-14t10-14h152q12 0 12 14t-12 14z" fill="{t}"/><path d="M96 124q-20-6-16-34 4-22 22-16 30 8 58 6t58-6q18-4 22 16 4 28-16 34-64 8-128 0z" fill="#fff6e8"/><path d="M224 124q20-6 16-34-4-22-22-16-8 2-14 3 12 22 4 49z" fill="#e2d3bf" opacity=".8"/><path d="M70 164h182M72 138h176" stroke="#fff6e8" stroke-width="2.5" opacity=".6"/><path d="M104 96q8 4 12 12M216 96q-8 4-12 12" stroke="#d9c8b0" stroke-width="3" fill="none" stroke-linecap="round"/>"##,
    ),
];
