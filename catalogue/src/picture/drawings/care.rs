//! Beauty, health, and things for babies.

use super::{Drawing, drawing};

pub(super) const ALL: &[Drawing] = &[
    drawing(
        "lipstick",
        54,
        r##"<path d="M138 112V70q0-6 6-10l28-20q8-4 8 6v66z" fill="{m}"/><path d="M164 46l8-6q8-4 8 6v66h-16z" fill="{d}" opacity=".5"/><path d="M132 108h54v34h-54z" fill="#e9c46a"/><path d="M172 108h14v34h-14z" fill="#c99b3f"/><path d="M124 140h70v60h-70z" fill="{k}"/><path d="M176 140h18v60h-18z" fill="#2d2830" opacity=".6"/><path d="M124 150h70v5h-70z" fill="#e9c46a"/><rect x="212" y="128" width="44" height="72" rx="4" fill="{k}"/><path d="M212 190h44v5h-44z" fill="#e9c46a"/><path d="M144 64v34" stroke="{l}" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "hair_dryer",
        44,
        r##"<path d="M150 122h40l8 68q1 10-8 10h-24q-9 0-10-9z" fill="{d}"/><path d="M74 70h22v62H74q-8-31 0-62z" fill="{k}"/><path d="M94 62h84q48 0 48 39t-48 39H94z" fill="{m}"/><path d="M94 112h130q-6 28-46 28H94z" fill="{d}" opacity=".55"/><path d="M106 76h70" stroke="{l}" stroke-width="7" stroke-linecap="round"/><circle cx="186" cy="101" r="25" fill="{k}"/><circle cx="186" cy="101" r="16" fill="{a}"/><path d="M170 101h32M186 85v32" stroke="{k}" stroke-width="3"/><rect x="160" y="150" width="14" height="24" rx="6" fill="{a}"/><path d="M60 80q-18-8-34 0M60 101H22M60 122q-18 8-34 0" fill="none" stroke="#fff6e8" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "dropper_bottle",
        50,
        r##"<path d="M144 38q0-10 16-10t16 10v34h-32z" fill="{k}"/><rect x="138" y="68" width="44" height="26" rx="5" fill="{a}"/><path d="M144 70v22M152 70v22M160 70v22M168 70v22M176 70v22" stroke="{b}" stroke-width="2"/><path d="M138 94h44q28 8 28 34v60q0 12-12 12h-76q-12 0-12-12v-60q0-26 28-34z" fill="{m}"/><path d="M182 94q28 8 28 34v60q0 12-12 12h-16q8-60 0-106z" fill="{d}" opacity=".5"/><path d="M122 126v52" stroke="{l}" stroke-width="7" stroke-linecap="round" opacity=".8"/><rect x="134" y="126" width="64" height="54" rx="4" fill="#fff8ea"/><path d="M166 136q14 18 0 26-14-8 0-26z" fill="{a}"/><path d="M148 172h36" stroke="{d}" stroke-width="3.5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "perfume",
        64,
        r##"<rect x="134" y="42" width="52" height="36" rx="6" fill="{k}"/><path d="M144 78h32v18h-32z" fill="#e9c46a"/><path d="M106 96h108q10 0 10 10v84q0 10-10 10H106q-10 0-10-10v-84q0-10 10-10z" fill="#fff8ea" opacity=".9"/><path d="M106 118h108v62q0 8-8 8h-92q-8 0-8-8z" fill="{m}"/><path d="M180 118h34v62q0 8-8 8h-26z" fill="{d}" opacity=".45"/><path d="M160 128l24 26-24 26-24-26z" fill="#fff1d6"/><path d="M160 138l14 16-14 16-14-16z" fill="{a}"/><path d="M112 106v74" stroke="#fff" stroke-width="5" stroke-linecap="round"/><g fill="#fff8ea"><circle cx="206" cy="56" r="4"/><circle cx="222" cy="46" r="5"/><circle cx="222" cy="64" r="3.5"/><circle cx="240" cy="56" r="4"/></g>"##,
    ),
    drawing(
        "eyeshadow",
        88,
        r##"<path d="M84 60h152q8 0 8 8v66H76V68q0-8 8-8z" fill="{d}"/><path d="M88 70h144v56H88z" fill="#e6eef0"/><path d="M88 70h70l-44 56H88z" fill="#fff" opacity=".8"/><path d="M72 134h176l8 52q1 14-12 14H76q-13 0-12-14z" fill="{k}"/><path d="M82 142h32l-2 22H78zM120 142h36v22h-38zM164 142h36l2 22h-38zM206 142h32l4 22h-34z" fill="{m}"/><path d="M120 142h36v22h-38z" fill="{a}"/><path d="M164 142h36l2 22h-38z" fill="{l}"/><path d="M206 142h32l4 22h-34z" fill="#d8a48f"/><path d="M76 172h166l3 14H73z" fill="#5a5058"/><path d="M84 179h90" stroke="#e9c46a" stroke-width="5" stroke-linecap="round"/><path d="M174 179h36" stroke="{m}" stroke-width="8" stroke-linecap="round"/>"##,
    ),
    drawing(
        "cream_jar",
        72,
        r##"<path d="M92 118h136v66q0 16-16 16H108q-16 0-16-16z" fill="{m}"/><path d="M192 118h36v66q0 16-16 16h-34q16-20 14-82z" fill="{d}" opacity=".45"/><rect x="116" y="136" width="88" height="42" rx="6" fill="#fff8ea"/><path d="M130 150h60M142 163h36" stroke="{d}" stroke-width="4.5" stroke-linecap="round"/><path d="M100 118q6-38 44-34 6-16 20-16 10 0 8 12-2 8 10 8 36-2 38 30z" fill="#fffaf0"/><path d="M140 108q10-20 38-16" fill="none" stroke="#ead9bf" stroke-width="5" stroke-linecap="round"/><path d="M228 186l28-70" stroke="#c49a6c" stroke-width="9" stroke-linecap="round"/><rect x="86" y="112" width="148" height="12" rx="5" fill="{l}"/>"##,
    ),
    drawing(
        "toothbrush",
        50,
        r##"<rect x="126" y="168" width="68" height="32" rx="12" fill="{k}"/><path d="M140 110q0-12 8-16V70h24v24q8 4 8 16v62h-40z" fill="{m}"/><path d="M166 70h6v24q8 4 8 16v62h-14z" fill="{d}" opacity=".5"/><rect x="150" y="30" width="20" height="44" rx="8" fill="#fffaf0"/><path d="M140 32h12v30h-12z" fill="{a}"/><path d="M140 38h12M140 44h12M140 50h12M140 56h12" stroke="#fff6e8" stroke-width="2.4"/><rect x="152" y="112" width="16" height="28" rx="8" fill="{l}"/><circle cx="160" cy="152" r="3" fill="{a}"/><path d="M206 66q8 8 0 16t0 16M220 60q10 10 0 22t0 22" fill="none" stroke="#fff6e8" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "bp_monitor",
        92,
        r##"<path d="M200 92q60-20 62 34 0 40-46 34" fill="none" stroke="{k}" stroke-width="7"/><path d="M196 112h58q12 0 12 14v56q0 18-18 18h-46q-12 0-12-12v-64q0-12 6-12z" fill="{m}"/><path d="M196 112h18v88h-12q-12 0-12-12v-64q0-12 6-12z" fill="{d}"/><rect x="58" y="68" width="122" height="132" rx="18" fill="#fbf5e8"/><path d="M162 68q18 0 18 18v96q0 18-18 18h-12q18-60 12-132z" fill="#dccfb9"/><rect x="72" y="82" width="94" height="74" rx="8" fill="#44525a"/><path d="M80 122h18l8-20 12 38 10-26 6 8h22" fill="none" stroke="{a}" stroke-width="5" stroke-linejoin="round" stroke-linecap="round"/><circle cx="119" cy="178" r="12" fill="{m}"/><circle cx="88" cy="178" r="6" fill="#cbbda4"/><circle cx="150" cy="178" r="6" fill="#cbbda4"/>"##,
    ),
    drawing(
        "massage_gun",
        46,
        r##"<path d="M148 128h40l12 60q1 12-10 12h-22q-11 0-12-11z" fill="{k}"/><path d="M100 66h96q34 0 34 33t-34 33h-96z" fill="{m}"/><path d="M100 104h130q-3 28-34 28h-96z" fill="{d}" opacity=".55"/><path d="M78 82h24v34H78z" fill="#9ea3ab"/><circle cx="62" cy="99" r="25" fill="{a}"/><circle cx="54" cy="91" r="7" fill="#fff" opacity=".5"/><circle cx="200" cy="99" r="16" fill="{k}"/><circle cx="200" cy="99" r="8" fill="{a}"/><path d="M114 80h52" stroke="{l}" stroke-width="7" stroke-linecap="round"/><path d="M28 70q-8 29 0 58M16 80q-5 19 0 38" fill="none" stroke="#fff6e8" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "scale",
        92,
        r##"<path d="M74 150h172l16 30q6 20-14 20H72q-20 0-14-20z" fill="{d}"/><path d="M88 84h144q10 0 13 10l16 76q3 16-13 16H72q-16 0-13-16l16-76q3-10 13-10z" fill="{m}"/><path d="M88 84h60L96 186H72q-16 0-13-16l16-76q3-10 13-10z" fill="#fff" opacity=".14"/><rect x="118" y="96" width="84" height="30" rx="10" fill="{k}"/><path d="M132 111h16M156 111h12M176 111h14" stroke="{a}" stroke-width="8" stroke-linecap="round"/><circle cx="104" cy="152" r="12" fill="{l}"/><circle cx="216" cy="152" r="12" fill="{l}"/>"##,
    ),
    drawing(
        "pill_bottle",
        54,
        r##"<rect x="112" y="44" width="96" height="34" rx="8" fill="#fffaf0"/><path d="M122 46v30M134 46v30M146 46v30M158 46v30M170 46v30M182 46v30M194 46v30" stroke="#ddcfb8" stroke-width="3"/><path d="M118 78h84q10 2 10 14v92q0 16-16 16h-72q-16 0-16-16V92q0-12 10-14z" fill="{m}"/><path d="M186 78h16q10 2 10 14v92q0 16-16 16h-18q14-60 8-122z" fill="{d}" opacity=".5"/><path d="M108 106h104v66H108z" fill="#fff6e8"/><path d="M160 116q26 20 0 46-26-26 0-46z" fill="{a}"/><path d="M160 124v34" stroke="{b}" stroke-width="3"/><rect x="224" y="184" width="34" height="16" rx="8" fill="{a}"/><path d="M241 184h9q8 0 8 8t-8 8h-9z" fill="#fffaf0"/>"##,
    ),
    drawing(
        "stroller",
        80,
        r##"<path d="M214 72l40-26" stroke="{k}" stroke-width="9" stroke-linecap="round"/><path d="M112 150l96 34M196 150l-84 34M208 96l-20 60" stroke="#7c8089" stroke-width="6" stroke-linecap="round"/><path d="M92 98h122q-2 54-50 56h-22q-48-4-50-56z" fill="{m}"/><path d="M178 98h36q-2 54-50 56 18-16 14-56z" fill="{d}" opacity=".5"/><path d="M92 98q2-56 62-58v58z" fill="{t}"/><path d="M92 98q2-56 62-58l-30 58z" fill="{d}" opacity=".35"/><path d="M90 94h126v9H90z" fill="{a}"/><g fill="none" stroke="{k}" stroke-width="7"><circle cx="110" cy="182" r="15"/><circle cx="210" cy="182" r="15"/></g><circle cx="110" cy="182" r="4" fill="{a}"/><circle cx="210" cy="182" r="4" fill="{a}"/>"##,
    ),
    drawing(
        "high_chair",
        70,
        r##"<path d="M126 134l-22 66M194 134l22 66M138 134l-6 66M182 134l6 66" stroke="#b98a58" stroke-width="8" stroke-linecap="round"/><path d="M112 176h96" stroke="#a67c52" stroke-width="6"/><path d="M122 50q2-14 16-14h44q14 0 16 14l4 74h-84z" fill="{t}"/><path d="M182 36q14 0 16 14l4 74h-22q8-44 2-88z" fill="{d}" opacity=".4"/><rect x="112" y="122" width="96" height="18" rx="8" fill="{d}"/><rect x="94" y="100" width="132" height="16" rx="8" fill="#fff6e8"/><path d="M94 108h132q0 8-8 8H102q-8 0-8-8z" fill="#dfcfb4"/><path d="M136 88h26q0 13-13 13t-13-13z" fill="{a}"/><path d="M172 97l22-12" stroke="{a}" stroke-width="4" stroke-linecap="round"/>"##,
    ),
    drawing(
        "baby_monitor",
        76,
        r##"<circle cx="114" cy="116" r="38" fill="#fbf5e8"/><path d="M94 150h40l10 50H84z" fill="#e8dbc5"/><circle cx="114" cy="112" r="22" fill="#463c46"/><circle cx="114" cy="112" r="11" fill="{m}"/><circle cx="108" cy="106" r="4" fill="#fff"/><path d="M96 82q18-14 36 0" fill="none" stroke="{a}" stroke-width="5" stroke-linecap="round"/><path d="M226 46v30" stroke="{k}" stroke-width="7" stroke-linecap="round"/><rect x="168" y="70" width="80" height="130" rx="16" fill="{m}"/><path d="M232 70q16 0 16 16v98q0 16-16 16h-8q14-60 8-130z" fill="{d}" opacity=".5"/><rect x="178" y="82" width="60" height="56" rx="5" fill="#ffe9c9"/><path d="M186 138q4-24 22-24t22 24z" fill="{l}"/><circle cx="208" cy="106" r="11" fill="#e8b48c"/><circle cx="194" cy="162" r="9" fill="{a}"/><path d="M212 156h18M212 168h18M190 184h36" stroke="{l}" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "crib",
        98,
        r##"<path d="M70 70h14v130H70zM236 70h14v130h-14z" fill="#a67c52"/><circle cx="77" cy="66" r="9" fill="{a}"/><circle cx="243" cy="66" r="9" fill="{a}"/><path d="M84 150h152v28H84z" fill="{t}"/><path d="M84 166h152v12H84z" fill="{d}" opacity=".5"/><path d="M92 148q2-22 28-20 24 0 24 20z" fill="#fff8ea"/><g fill="#c49a6c"><path d="M96 96h8v86h-8zM120 96h8v86h-8zM144 96h8v86h-8zM168 96h8v86h-8zM192 96h8v86h-8zM216 96h8v86h-8z"/><path d="M70 88h180v12H70zM70 178h180v12H70z"/></g><path d="M160 20v18M160 38q-30 0-34 18M160 38q30 0 34 18" fill="none" stroke="#8a6a4a" stroke-width="3"/><circle cx="126" cy="62" r="8" fill="{m}"/><circle cx="194" cy="62" r="8" fill="{a}"/><path d="M160 38v16" stroke="#8a6a4a" stroke-width="3"/><path d="M160 50l4 8 9 1-7 6 2 9-8-4-8 4 2-9-7-6 9-1z" fill="#f2b84b"/>"##,
    ),
    drawing(
        "baby_bottle",
        58,
        r##"<path d="M146 60q0-8 4-14 2-12 8-12t8 12q4 6 4 14z" fill="#f0c79c"/><rect x="126" y="58" width="64" height="26" rx="8" fill="{m}"/><path d="M136 60v22M148 60v22M160 60v22M172 60v22" stroke="{d}" stroke-width="3"/><path d="M128 84h60q10 10 10 28v72q0 16-16 16h-48q-16 0-16-16v-72q0-18 10-28z" fill="#eef3f1"/><path d="M118 124h80v60q0 16-16 16h-48q-16 0-16-16z" fill="#fffaf0"/><path d="M118 124q20 8 40 0t40 0v12h-80z" fill="#efe2c8"/><path d="M118 138h18M118 154h12M118 170h18" stroke="{m}" stroke-width="4"/><path d="M182 84h6q10 10 10 28v72q0 16-16 16h-10q14-50 10-116z" fill="#b9c6c2" opacity=".4"/><rect x="214" y="150" width="40" height="50" rx="10" fill="{a}"/><path d="M214 164h40v8h-40z" fill="{b}"/>"##,
    ),
];
