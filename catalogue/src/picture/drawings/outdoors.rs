//! Garden, sport, travel.

use super::{Drawing, drawing};

pub(super) const ALL: &[Drawing] = &[
    drawing(
        "grill",
        72,
        r##"<path d="M118 140l-24 60M202 140l24 60M160 148v44" stroke="#5a5058" stroke-width="8" stroke-linecap="round"/><path d="M106 176h108" stroke="#7c8089" stroke-width="6"/><path d="M82 108h156q-4 48-78 48t-78-48z" fill="{d}"/><path d="M82 100q4-54 78-54t78 54z" fill="{m}"/><path d="M196 51q38 12 42 49h-36q4-26-6-49z" fill="{d}" opacity=".5"/><rect x="76" y="98" width="168" height="13" rx="6" fill="{k}"/><path d="M142 44q18-20 36 0" fill="none" stroke="#b98a58" stroke-width="8" stroke-linecap="round"/><circle cx="160" cy="80" r="12" fill="#fff6e8"/><path d="M160 80l5-7" stroke="{k}" stroke-width="3" stroke-linecap="round"/><path d="M106 70q12-12 28-14" fill="none" stroke="{l}" stroke-width="6" stroke-linecap="round"/><circle cx="226" cy="196" r="8" fill="{k}"/><path d="M244 106h28v7h-28z" fill="#b98a58"/>"##,
    ),
    drawing(
        "hose_reel",
        78,
        r##"<path d="M96 200l22-96h84l22 96h-14l-18-70h-64l-18 70z" fill="{k}"/><circle cx="160" cy="122" r="64" fill="{d}"/><g fill="none" stroke="{m}" stroke-width="10"><circle cx="160" cy="122" r="54"/><circle cx="160" cy="122" r="40"/></g><g fill="none" stroke="{l}" stroke-width="2.5" opacity=".7"><circle cx="160" cy="122" r="56"/><circle cx="160" cy="122" r="42"/></g><circle cx="160" cy="122" r="22" fill="{a}"/><circle cx="160" cy="122" r="7" fill="{k}"/><path d="M214 122q16 46-10 62-20 14-66 14H70" fill="none" stroke="{m}" stroke-width="9" stroke-linecap="round"/><path d="M74 188v18l-30 4v-26z" fill="{a}"/><path d="M36 184q-10 12 0 26" fill="none" stroke="#dff0f2" stroke-width="4" stroke-linecap="round"/>"##,
    ),
    drawing(
        "adirondack",
        84,
        r##"<path d="M124 46h16l-4 92h-16zM144 38h16l-2 100h-16zM164 38h16l2 100h-16zM184 46h16l10 92h-18z" fill="{m}"/><path d="M118 88h92v9h-92z" fill="{d}"/><path d="M98 138h124l10 16H88z" fill="{l}"/><path d="M88 154h144v10H88z" fill="{d}"/><path d="M92 160h13l-5 40H88zM215 160h13l4 40h-12z" fill="{m}"/><path d="M122 164l-6 36M198 164l6 36" stroke="{d}" stroke-width="8"/><path d="M76 116h44v11H76zM200 116h44v11h-44z" fill="{m}"/><path d="M84 127h10v36H84zM226 127h10v36h-10z" fill="{d}"/><path d="M136 112q24-12 48 0v28h-48z" fill="{a}"/>"##,
    ),
    drawing(
        "watering_can",
        72,
        r##"<path d="M202 104q52-18 50 32-2 34-46 44l-2-12q32-10 34-32 2-32-34-20z" fill="{d}"/><path d="M122 150L76 96l-10 8 52 76z" fill="{d}"/><path d="M82 82L50 108q-10-10 2-22t30-4z" fill="{a}"/><path d="M116 100h90v90q0 10-10 10h-70q-10 0-10-10z" fill="{m}"/><path d="M180 100h26v90q0 10-10 10h-22q12-50 6-100z" fill="{d}" opacity=".5"/><path d="M116 100q10-44 48-44 34 0 42 44h-14q-6-30-30-30-26 0-32 30z" fill="{d}"/><path d="M128 112v72" stroke="{l}" stroke-width="7" stroke-linecap="round"/><g fill="#8cc4d6"><circle cx="40" cy="124" r="4"/><circle cx="52" cy="132" r="4"/><circle cx="38" cy="146" r="4"/><circle cx="54" cy="156" r="4"/></g>"##,
    ),
    drawing(
        "leaf_blower",
        84,
        r##"<path d="M60 146l88-18v28l-84 26q-12-18-4-36z" fill="{k}"/><path d="M140 108h76q32 0 32 34t-32 34h-76z" fill="{m}"/><path d="M140 150h107q-4 26-31 26h-76z" fill="{d}" opacity=".55"/><path d="M148 108q4-44 40-44 34 0 36 46h-16q-2-30-20-30t-24 28z" fill="{k}"/><circle cx="206" cy="142" r="20" fill="{k}"/><path d="M194 136h24M193 143h26M195 150h22" stroke="{a}" stroke-width="3"/><rect x="222" y="156" width="34" height="34" rx="6" fill="{a}"/><g fill="#cf8a3a"><path d="M44 176q-20-10-26 8 16 10 26-8zM36 128q-8-18-24-6 4 18 24 6zM52 204q-14-8-22 4 12 8 22-4z"/></g>"##,
    ),
    drawing(
        "fire_pit",
        80,
        r##"<path d="M160 42q40 34 26 76 14-6 14-22 22 34-4 54h-72q-28-20-6-62 2 16 12 20-4-38 30-66z" fill="#ef7f3a"/><path d="M160 84q24 22 14 48 8-4 8-10 8 18-6 28h-34q-16-12-4-36 2 8 8 12-2-22 14-42z" fill="#f9c74f"/><path d="M78 144h164q-6 44-42 44h-80q-36 0-42-44z" fill="{m}"/><path d="M200 144h42q-6 44-42 44h-22q20-14 22-44z" fill="{d}" opacity=".55"/><rect x="70" y="138" width="180" height="13" rx="6" fill="{d}"/><path d="M108 186l-8 14M212 186l8 14" stroke="{k}" stroke-width="9" stroke-linecap="round"/><g fill="{k}" opacity=".5"><circle cx="122" cy="168" r="5"/><circle cx="148" cy="172" r="5"/><circle cx="174" cy="172" r="5"/><circle cx="198" cy="168" r="5"/></g>"##,
    ),
    drawing(
        "planter",
        62,
        r##"<path d="M160 140V78" stroke="#4f7a4a" stroke-width="6"/><path d="M160 132q-52-2-60-54 50 2 60 54z" fill="#6f9a56"/><path d="M160 132q52-2 60-54-50 2-60 54z" fill="#5c8a4c"/><path d="M160 112q-32-22-14-72 34 28 14 72z" fill="#86b068"/><path d="M160 124q4-46 48-82-2 56-48 82z" fill="#7aa65e" opacity=".85"/><path d="M104 138h112l-14 56q-2 6-8 6h-68q-6 0-8-6z" fill="{t}"/><path d="M184 138h32l-14 56q-2 6-8 6h-24q12-24 14-62z" fill="{d}" opacity=".45"/><rect x="98" y="128" width="124" height="20" rx="6" fill="{m}"/><path d="M98 140h124v2q0 6-6 6H104q-6 0-6-6z" fill="{d}" opacity=".6"/>"##,
    ),
    drawing(
        "dumbbell",
        96,
        r##"<rect x="112" y="142" width="96" height="18" rx="4" fill="#b4b8be"/><path d="M112 152h96v4q0 4-4 4h-88q-4 0-4-4z" fill="#868b94"/><path d="M126 142v18M138 142v18M150 142v18M162 142v18M174 142v18M186 142v18" stroke="#868b94" stroke-width="2"/><rect x="86" y="106" width="30" height="92" rx="10" fill="{m}"/><rect x="204" y="106" width="30" height="92" rx="10" fill="{m}"/><rect x="62" y="118" width="28" height="68" rx="9" fill="{d}"/><rect x="230" y="118" width="28" height="68" rx="9" fill="{d}"/><rect x="48" y="140" width="16" height="24" rx="5" fill="{k}"/><rect x="256" y="140" width="16" height="24" rx="5" fill="{k}"/><path d="M94 116v70M212 116v70" stroke="{l}" stroke-width="6" stroke-linecap="round"/><path d="M86 146h30v12H86zM204 146h30v12h-30z" fill="{a}"/>"##,
    ),
    drawing(
        "yoga_mat",
        96,
        r##"<path d="M92 168h152q14 0 20 32H66q6-32 26-32z" fill="{t}"/><path d="M66 194h198l2 6H64z" fill="{d}"/><rect x="84" y="112" width="166" height="56" rx="28" fill="{m}"/><path d="M84 148q4 20 28 20h110q24 0 28-20z" fill="{d}" opacity=".5"/><circle cx="112" cy="140" r="28" fill="{l}"/><path d="M112 140a6 6 0 1 1 8 6a14 14 0 1 1 4-18a20 20 0 1 1-22-8" fill="none" stroke="{d}" stroke-width="4"/><path d="M164 112h12v56h-12zM212 112h12v56h-12z" fill="{a}"/><path d="M170 112q24-50 48 0" fill="none" stroke="{a}" stroke-width="7"/>"##,
    ),
    drawing(
        "bicycle",
        104,
        r##"<g fill="none" stroke="{k}" stroke-width="6"><circle cx="92" cy="158" r="42"/><circle cx="228" cy="158" r="42"/></g><g stroke="#b4a692" stroke-width="1.6"><path d="M92 118v80M52 158h80M64 130l56 56M120 130l-56 56M228 118v80M188 158h80M200 130l56 56M256 130l-56 56"/></g><path d="M92 158l40-64h66l-46 64zM132 94l20 64M198 94l30 64M190 76l8 18" fill="none" stroke="{m}" stroke-width="9" stroke-linejoin="round" stroke-linecap="round"/><path d="M132 94l-6-18" stroke="{d}" stroke-width="7"/><path d="M104 70h40q4 8-8 9h-20q-12 0-12-9z" fill="{k}"/><path d="M190 76l-4-14h22q14 4 10 18" fill="none" stroke="{k}" stroke-width="7" stroke-linecap="round" stroke-linejoin="round"/><circle cx="152" cy="158" r="13" fill="{a}"/><path d="M152 158l12 20M156 180h18" stroke="{k}" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "racket",
        60,
        r##"<path d="M184 138l58 56q4 6-1 10t-10 0l-58-56z" fill="{k}"/><path d="M206 158l36 36q4 6-1 10t-10 0l-36-36z" fill="{a}"/><ellipse cx="138" cy="96" rx="52" ry="64" transform="rotate(-38 138 96)" fill="#fffaf0" opacity=".55"/><g stroke="#d6c7ae" stroke-width="2"><path d="M84 66l96 78M96 50l94 76M78 86l88 72M112 42l84 66M92 128l66-84M108 142l70-88M124 152l64-80M84 110l52-68"/></g><ellipse cx="138" cy="96" rx="52" ry="64" transform="rotate(-38 138 96)" fill="none" stroke="{m}" stroke-width="11"/><circle cx="88" cy="178" r="22" fill="#d7df5e"/><path d="M70 168q16 8 14 30M106 190q-12-10-6-28" fill="none" stroke="#fffbe0" stroke-width="4"/>"##,
    ),
    drawing(
        "kayak",
        118,
        r##"<path d="M22 156q138-30 276 0-20 42-138 42T22 156z" fill="{m}"/><path d="M22 156q138 18 276 0-20 42-138 42T22 156z" fill="{d}"/><path d="M40 158q120-22 240 0" fill="none" stroke="{l}" stroke-width="5" stroke-linecap="round"/><ellipse cx="160" cy="154" rx="48" ry="11" fill="{k}"/><path d="M144 152q2-26 16-26t18 26z" fill="{a}"/><path d="M72 60l170 76" stroke="#b98a58" stroke-width="7" stroke-linecap="round"/><path d="M84 56q-30-22-48-10 4 24 40 30zM232 142q10 26 44 20 4-22-34-38z" fill="{a}"/><path d="M30 206q16-8 32 0t32 0 32 0 32 0 32 0 32 0 32 0" fill="none" stroke="#8cc4d6" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "sleeping_bag",
        92,
        r##"<path d="M64 168q0-32 32-32h132q34 0 34 32t-34 32H96q-32 0-32-32z" fill="{m}"/><path d="M64 176q4 24 32 24h132q30 0 34-24z" fill="{d}" opacity=".55"/><path d="M128 136v64M160 136v64M192 136v64M224 136v64" stroke="{d}" stroke-width="4"/><circle cx="96" cy="168" r="32" fill="{l}"/><path d="M96 168a7 7 0 1 1 9 7a15 15 0 1 1 5-19a23 23 0 1 1-26-9" fill="none" stroke="{d}" stroke-width="5"/><path d="M140 132h12v70h-12zM204 132h12v70h-12z" fill="{a}"/><path d="M232 60a26 26 0 1 0 16 38 22 22 0 0 1-16-38z" fill="#fff4d0"/><path d="M118 100h18l-18 22h18M150 72h24l-24 28h24" fill="none" stroke="#fff6e8" stroke-width="5" stroke-linejoin="round" stroke-linecap="round"/>"##,
    ),
    drawing(
        "basketball",
        58,
        r##"<circle cx="160" cy="128" r="72" fill="{m}"/><path d="M214 80a72 72 0 0 1-54 120q-20 0-36-9 78-14 90-111z" fill="{d}" opacity=".5"/><g fill="none" stroke="{k}" stroke-width="4.5"><path d="M88 128h144M160 56v144M108 77q52 50 0 102M212 77q-52 50 0 102"/></g><path d="M118 82q16-14 34-14" fill="none" stroke="{l}" stroke-width="8" stroke-linecap="round"/>"##,
    ),
    drawing(
        "helmet",
        76,
        r##"<path d="M76 164q-8-100 84-104 92 4 84 104-40-22-84-22t-84 22z" fill="{m}"/><path d="M206 76q42 24 38 88-18-10-38-16 8-36 0-72z" fill="{d}" opacity=".5"/><g fill="{k}"><path d="M150 66h20l6 66h-32zM112 82l20-12 2 64-26 4zM208 82l-20-12-2 64 26 4z" opacity=".85"/></g><path d="M76 164q40-24 84-24t84 24v12q-40-20-84-20t-84 20z" fill="{a}"/><path d="M90 172q30 34 62 26M230 172q-30 34-62 26" fill="none" stroke="{k}" stroke-width="6" stroke-linecap="round"/><rect x="148" y="190" width="24" height="12" rx="4" fill="{k}"/>"##,
    ),
    drawing(
        "tent",
        116,
        r##"<path d="M160 48L40 200h240z" fill="{m}"/><path d="M160 48l120 152h-62z" fill="{d}"/><path d="M160 48l-58 152h116z" fill="{l}"/><path d="M160 76l-34 124h34z" fill="{k}"/><path d="M160 76l34 124h-34z" fill="{k}" opacity=".75"/><path d="M160 76l34 124q-22-40-34-124z" fill="{a}"/><path d="M160 76l-34 124q22-40 34-124z" fill="{a}"/><path d="M160 36v16M40 200l-20-12M280 200l20-12" stroke="#8a6a4a" stroke-width="4" stroke-linecap="round"/><path d="M160 36l26 7-26 8z" fill="{a}"/>"##,
    ),
    drawing(
        "backpack",
        66,
        r##"<path d="M136 52q0-20 24-20t24 20" fill="none" stroke="{k}" stroke-width="8"/><path d="M96 100q0-52 64-52t64 52v84q0 16-16 16h-96q-16 0-16-16z" fill="{t}"/><path d="M196 56q28 12 28 44v84q0 16-16 16h-20q16-60 8-144z" fill="{d}" opacity=".45"/><path d="M84 128q-4-14 12-16v72q-14 2-12-16zM236 128q4-14-12-16v72q14 2 12-16z" fill="{d}"/><path d="M114 136h92v44q0 10-10 10h-72q-10 0-10-10z" fill="{m}"/><path d="M114 136h92v16h-92z" fill="{d}"/><path d="M124 84q36-14 72 0" fill="none" stroke="{k}" stroke-width="5" stroke-linecap="round"/><path d="M134 100h9v56h-9zM177 100h9v56h-9z" fill="{a}"/><rect x="130" y="146" width="17" height="14" rx="3" fill="{k}"/><rect x="173" y="146" width="17" height="14" rx="3" fill="{k}"/>"##,
    ),
    drawing(
        "suitcase",
        66,
        r##"<path d="M134 66V28h52v38" fill="none" stroke="#7c8089" stroke-width="7"/><rect x="128" y="24" width="64" height="11" rx="5" fill="{k}"/><rect x="98" y="62" width="124" height="128" rx="16" fill="{m}"/><path d="M200 62h6q16 0 16 16v96q0 16-16 16h-6z" fill="{d}" opacity=".6"/><path d="M122 70v112M146 70v112M170 70v112M194 70v112" stroke="{d}" stroke-width="5" stroke-linecap="round" opacity=".7"/><path d="M116 70v112" stroke="{l}" stroke-width="3" stroke-linecap="round"/><rect x="206" y="108" width="20" height="34" rx="5" fill="{a}"/><circle cx="116" cy="194" r="8" fill="{k}"/><circle cx="204" cy="194" r="8" fill="{k}"/><path d="M196 66q26 12 30 30" fill="none" stroke="{a}" stroke-width="3"/><rect x="220" y="92" width="16" height="24" rx="3" fill="#fff1d6" transform="rotate(-14 228 104)"/>"##,
    ),
    drawing(
        "umbrella",
        34,
        r##"<path d="M160 60v122q0 18-16 18t-16-14" fill="none" stroke="#a67c52" stroke-width="8" stroke-linecap="round"/><path d="M56 126q6-82 104-84 98 2 104 84-14-14-34 0-16-14-36 0-14-14-34 0-20-14-34 0-20-14-36 0-20-14-34 0z" fill="{m}"/><path d="M160 42q-36 26-34 84-20-14-36 0-20-14-34 0 6-82 104-84z" fill="{l}" opacity=".55"/><path d="M160 42q36 26 34 84 20-14 36 0 20-14 34 0-6-82-104-84z" fill="{d}" opacity=".5"/><path d="M160 30v14" stroke="{k}" stroke-width="6" stroke-linecap="round"/><path d="M160 42q22 30 34 84-14-14-34 0z" fill="{a}" opacity=".9"/>"##,
    ),
];
