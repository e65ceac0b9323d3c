//! Books, films, music, software: things with a cover, and instruments.

use super::{Drawing, drawing, one_way};

pub(super) const ALL: &[Drawing] = &[
    one_way(
        "book",
        58,
        r##"<path d="M108 40h104q8 0 8 8v144q0 8-8 8H108z" fill="#efe2c8"/><path d="M112 196h104v4H112z" fill="#d6c5a4"/><path d="M100 46q0-8 8-8h104v154H108q-8 0-8 8z" fill="{m}"/><path d="M100 46q0-8 8-8h8v154h-8q-8 0-8 8z" fill="{d}"/><path d="M126 50h76v132h-76z" fill="none" stroke="{a}" stroke-width="2.5"/><svg x="130" y="80" width="68" height="68" viewBox="0 0 100 100">{M}</svg><path d="M140 62h48M148 72h32M144 164h40" stroke="#fff6e8" stroke-width="5" stroke-linecap="round"/><path d="M188 192v16l6-5 6 5v-16z" fill="{a}"/>"##,
    ),
    one_way(
        "cookbook",
        70,
        r##"<path d="M100 48h124q8 0 8 8v136q0 8-8 8H100z" fill="#efe2c8"/><path d="M90 54q0-8 8-8h126v146H98q-8 0-8 8z" fill="{t}"/><path d="M90 54q0-8 8-8h10v146H98q-8 0-8 8z" fill="{k}"/><circle cx="166" cy="118" r="44" fill="#fff6e8"/><circle cx="166" cy="118" r="34" fill="#f0e0c6"/><path d="M150 124q-6-22 16-24t18 22q4 16-16 16t-18-14z" fill="{a}"/><path d="M166 100q4-10 12-10" stroke="#6b8a4e" stroke-width="5" fill="none" stroke-linecap="round"/><path d="M112 88v22q0 6 4 6v34" stroke="{k}" stroke-width="4" fill="none" stroke-linecap="round"/><path d="M220 88v62" stroke="{k}" stroke-width="5" stroke-linecap="round"/><path d="M130 62h70" stroke="#fff6e8" stroke-width="8" stroke-linecap="round"/>"##,
    ),
    one_way(
        "picture_book",
        100,
        r##"<path d="M52 80q56-22 108 4 52-26 108-4v108q-56-20-108 6-52-26-108-6z" fill="{d}"/><path d="M60 74q52-20 100 6v108q-48-24-100-6z" fill="#fff8ea"/><path d="M260 74q-52-20-100 6v108q48-24 100-6z" fill="#f4e8d2"/><path d="M68 84q44-14 84 4v82q-40-18-84-6z" fill="{m}"/><svg x="76" y="88" width="68" height="72" viewBox="0 0 100 100">{M}</svg><path d="M176 100q34-14 70-8M176 116q34-14 70-8M176 132q34-14 70-8M176 148q24-10 46-8" fill="none" stroke="#b9a98e" stroke-width="5" stroke-linecap="round"/><path d="M160 80v114" stroke="#cdbb9c" stroke-width="4"/>"##,
    ),
    drawing(
        "book_stack",
        84,
        r##"<rect x="76" y="172" width="168" height="28" rx="6" fill="{m}"/><path d="M92 178h152v16H92z" fill="#f6ead2"/><rect x="76" y="172" width="22" height="28" rx="6" fill="{d}"/><rect x="90" y="142" width="150" height="30" rx="6" fill="{a}"/><path d="M90 149h134v16H90z" fill="#f6ead2"/><rect x="220" y="142" width="20" height="30" rx="6" fill="{b}"/><rect x="82" y="116" width="146" height="26" rx="6" fill="{k}"/><path d="M98 122h130v14H98z" fill="#f6ead2"/><rect x="82" y="116" width="20" height="26" rx="6" fill="#2d2830"/><path d="M100 110l22-62 98 34-20 60z" fill="{t}"/><path d="M100 110l22-62 12 4-22 62z" fill="{d}"/><path d="M150 72l46 16M146 84l30 10" stroke="#fff6e8" stroke-width="6" stroke-linecap="round"/>"##,
    ),
    one_way(
        "disc_case",
        70,
        r##"<circle cx="206" cy="122" r="58" fill="#dfe3e8"/><circle cx="206" cy="122" r="58" fill="none" stroke="#c3c8cf" stroke-width="3"/><path d="M206 122l50-30a58 58 0 0 1 8 30zM206 122l-10 57a58 58 0 0 0 38-5z" fill="#fff" opacity=".7"/><circle cx="206" cy="122" r="17" fill="#b6bcc6"/><circle cx="206" cy="122" r="8" fill="#fff6e8"/><rect x="84" y="42" width="114" height="158" rx="5" fill="{k}"/><rect x="92" y="42" width="106" height="158" rx="4" fill="{m}"/><svg x="95" y="66" width="100" height="92" viewBox="0 0 100 100">{M}</svg><path d="M108 54h74" stroke="{a}" stroke-width="6" stroke-linecap="round"/><path d="M104 172h82M116 185h58" stroke="#fff6e8" stroke-width="6" stroke-linecap="round"/>"##,
    ),
    one_way(
        "box_set",
        78,
        r##"<path d="M196 58l44-14v142l-44 14z" fill="{d}"/><path d="M88 58h108v142H88z" fill="{m}"/><path d="M88 58l44-14h108l-44 14z" fill="{l}"/><svg x="96" y="72" width="92" height="92" viewBox="0 0 100 100">{M}</svg><path d="M104 174h76M116 187h52" stroke="#fff6e8" stroke-width="6" stroke-linecap="round"/><g fill="{a}"><path d="M202 70l7-2v118l-7 2zM213 66l7-2v118l-7 2zM224 63l7-2v118l-7 2z"/></g>"##,
    ),
    drawing(
        "film_reel",
        76,
        r##"<circle cx="146" cy="122" r="78" fill="{k}"/><circle cx="146" cy="122" r="68" fill="{m}"/><g fill="{k}"><circle cx="146" cy="82" r="18"/><circle cx="184" cy="110" r="18"/><circle cx="170" cy="154" r="18"/><circle cx="122" cy="154" r="18"/><circle cx="108" cy="110" r="18"/></g><circle cx="146" cy="122" r="11" fill="{a}"/><path d="M150 196q60 10 112-18l8 18q-54 26-120 4z" fill="#3a323a"/><g fill="#fff6e8"><path d="M190 198l9-1 1 6-9 1zM210 194l9-2 2 6-9 2zM230 188l9-3 2 6-9 3zM249 181l8-4 3 6-8 4z"/></g>"##,
    ),
    one_way(
        "vinyl",
        84,
        r##"<circle cx="196" cy="120" r="74" fill="#2d2830"/><g fill="none" stroke="#4a434e" stroke-width="2"><circle cx="196" cy="120" r="64"/><circle cx="196" cy="120" r="54"/><circle cx="196" cy="120" r="44"/></g><path d="M196 120l64-38a74 74 0 0 1 9 28z" fill="#fff" opacity=".14"/><circle cx="196" cy="120" r="27" fill="{a}"/><circle cx="196" cy="120" r="5" fill="#fff6e8"/><rect x="62" y="46" width="140" height="152" rx="3" fill="{m}"/><svg x="76" y="62" width="112" height="112" viewBox="0 0 100 100">{M}</svg><path d="M78 184h60" stroke="#fff6e8" stroke-width="6" stroke-linecap="round"/><path d="M194 46h8v152h-8z" fill="{d}" opacity=".6"/>"##,
    ),
    drawing(
        "guitar",
        60,
        r##"<path d="M152 30h16v82h-16z" fill="#6b4630"/><path d="M148 14h24l4 22h-32z" fill="#4f3323"/><g fill="#d9c8a4"><circle cx="145" cy="20" r="3.5"/><circle cx="145" cy="30" r="3.5"/><circle cx="175" cy="20" r="3.5"/><circle cx="175" cy="30" r="3.5"/></g><path d="M160 88c30-6 50 8 44 30-4 12-2 16 8 26 16 20 4 56-52 56s-68-36-52-56c10-10 12-14 8-26-6-22 14-36 44-30z" fill="{m}"/><path d="M186 92c16 4 22 14 18 26-4 12-2 16 8 26 16 20 4 56-52 56 44-14 46-40 30-58-8-10-6-20-2-30z" fill="{d}" opacity=".6"/><circle cx="160" cy="132" r="17" fill="#3a2a24"/><circle cx="160" cy="132" r="20" fill="none" stroke="{a}" stroke-width="3"/><path d="M138 172h44v8h-44z" fill="#4f3323"/><path d="M155 30v144M160 30v144M165 30v144" stroke="#f3e3c6" stroke-width="1.4"/><path d="M152 50h16M152 64h16M152 78h16" stroke="#d9c8a4" stroke-width="1.6"/>"##,
    ),
    drawing(
        "piano_keys",
        108,
        r##"<path d="M84 176l-14 24M236 176l14 24" stroke="#5a5058" stroke-width="8" stroke-linecap="round"/><path d="M44 104h232q8 0 8 8v64q0 8-8 8H44q-8 0-8-8v-64q0-8 8-8z" fill="{m}"/><path d="M36 168h248v8q0 8-8 8H44q-8 0-8-8z" fill="{d}"/><path d="M50 134h220v36H50z" fill="#fffaf0"/><path d="M70 134v36M90 134v36M110 134v36M130 134v36M150 134v36M170 134v36M190 134v36M210 134v36M230 134v36M250 134v36" stroke="#c9bda9" stroke-width="2"/><path d="M64 134h12v22H64zM84 134h12v22H84zM124 134h12v22h-12zM144 134h12v22h-12zM164 134h12v22h-12zM204 134h12v22h-12zM224 134h12v22h-12z" fill="#332b33"/><rect x="130" y="112" width="60" height="14" rx="4" fill="{k}"/><path d="M140 119h24" stroke="{a}" stroke-width="4"/><g fill="{a}"><circle cx="62" cy="119" r="5"/><circle cx="80" cy="119" r="5"/><circle cx="98" cy="119" r="5"/></g><path d="M120 82v-34l30-8v32" fill="none" stroke="#fff6e8" stroke-width="6"/><circle cx="112" cy="82" r="9" fill="#fff6e8"/><circle cx="142" cy="73" r="9" fill="#fff6e8"/>"##,
    ),
    drawing(
        "microphone",
        46,
        r##"<path d="M154 130h12v62h-12z" fill="#7c8089"/><path d="M114 200q0-14 46-14t46 14z" fill="{k}"/><path d="M108 92v12q0 40 52 40t52-40V92" fill="none" stroke="{k}" stroke-width="8" stroke-linecap="round"/><rect x="124" y="36" width="72" height="96" rx="34" fill="{m}"/><path d="M124 72q0-36 36-36t36 36z" fill="#d5d8dc"/><path d="M130 52h60M126 62h68M144 38v34M160 36v36M176 38v34" stroke="#9ea3ab" stroke-width="2"/><path d="M180 78h16v20q0 34-36 34 22-10 20-54z" fill="{d}" opacity=".6"/><path d="M124 72h72v8h-72z" fill="{a}"/><circle cx="148" cy="102" r="6" fill="{l}"/>"##,
    ),
    drawing(
        "drum",
        74,
        r##"<path d="M88 96h144v78q0 26-72 26t-72-26z" fill="{m}"/><path d="M200 96h32v78q0 16-32 22z" fill="{d}" opacity=".5"/><path d="M88 104l24 88 24-82 24 90 24-90 24 82 24-88" fill="none" stroke="#fff1d6" stroke-width="3.5"/><path d="M88 164q0 24 72 24t72-24v10q0 26-72 26t-72-26z" fill="{a}"/><ellipse cx="160" cy="96" rx="74" ry="23" fill="{a}"/><ellipse cx="160" cy="94" rx="66" ry="18" fill="#fff8ea"/><path d="M92 40l62 50M226 34l-54 56" stroke="#b98a58" stroke-width="7" stroke-linecap="round"/><circle cx="156" cy="91" r="6" fill="#e2bf8e"/><circle cx="171" cy="91" r="6" fill="#e2bf8e"/>"##,
    ),
    one_way(
        "software_box",
        70,
        r##"<path d="M188 52l48 14v122l-48 12z" fill="{d}"/><path d="M92 52h96v148H92z" fill="{m}"/><path d="M92 52l44-12 100 26-48-14z" fill="{l}"/><rect x="102" y="64" width="76" height="76" rx="10" fill="{l}"/><svg x="106" y="68" width="68" height="68" viewBox="0 0 100 100">{M}</svg><path d="M104 156h70M104 170h52M104 184h62" stroke="#fff6e8" stroke-width="6" stroke-linecap="round"/><circle cx="212" cy="168" r="13" fill="{a}"/><path d="M206 168l5 5 8-9" stroke="#fff6e8" stroke-width="4" fill="none"/>"##,
    ),
];
