//! Tools, laboratory, car.

use super::{Drawing, drawing, one_way};

pub(super) const ALL: &[Drawing] = &[
    drawing(
        "drill",
        62,
        r##"<path d="M150 120h46l10 62h-50z" fill="{d}"/><rect x="142" y="176" width="80" height="24" rx="7" fill="{k}"/><path d="M142 188h80v5q0 7-7 7h-66q-7 0-7-7z" fill="#2d2830"/><path d="M124 70h88q24 0 24 28t-24 28h-88z" fill="{m}"/><path d="M124 104h111q-2 22-23 22h-88z" fill="{d}" opacity=".55"/><path d="M92 78h34v40H92q-8-20 0-40z" fill="{k}"/><path d="M74 90h18v16H74z" fill="#7c8089"/><path d="M24 96l52-4v12z" fill="#b4b8be"/><path d="M140 84h52" stroke="{l}" stroke-width="7" stroke-linecap="round"/><path d="M150 126q-12 6-8 22l12-4z" fill="{a}"/><g fill="{k}"><path d="M206 84h16v5h-16zM206 94h18v5h-18zM206 104h16v5h-16z"/></g>"##,
    ),
    drawing(
        "circular_saw",
        96,
        r##"<circle cx="142" cy="150" r="48" fill="#c9ccd1"/><path d="M142 98l7 10 10-8 4 12 12-4v12l12 1-4 12 12 5-8 10 10 8-10 7 6 11-12 4 2 12-12-1-3 12-11-5-7 10-8-10-8 9-7-10-11 6-3-12-12 2 1-12-12-4 6-11-10-7 10-8-7-10 12-5-4-12 12-1v-12l12 4 4-12 10 8z" fill="#aeb3bb"/><circle cx="142" cy="150" r="36" fill="#d5d8dc"/><path d="M86 148q2-62 58-64 38 2 52 36l-10 28z" fill="{m}"/><path d="M164 86q24 10 32 34l-10 28h-28q14-30 6-62z" fill="{d}" opacity=".5"/><path d="M170 96q20-46 62-32 34 14 26 58-4 16-20 12l-34-4z" fill="{k}"/><path d="M190 100q14-20 34-16 14 6 10 26l-34 2z" fill="#e8d8bd"/><circle cx="142" cy="150" r="9" fill="{a}"/><path d="M64 186h192v10H64z" fill="#7c8089"/><path d="M106 100q14-10 28-10" stroke="{l}" stroke-width="6" fill="none" stroke-linecap="round"/>"##,
    ),
    drawing(
        "toolbox",
        96,
        r##"<path d="M126 104V84q0-12 12-12h44q12 0 12 12v20" fill="none" stroke="{k}" stroke-width="10"/><path d="M84 98l34-60 10 6-30 54z" fill="#b98a58"/><path d="M190 96l26-46q-6-20 12-24l-2 14 10 6 10-8q4 18-14 22l-24 40z" fill="#b4b8be"/><path d="M66 100h188q8 0 8 8v34H58v-34q0-8 8-8z" fill="{m}"/><path d="M58 142h204v50q0 8-8 8H66q-8 0-8-8z" fill="{d}"/><path d="M70 110h120" stroke="{l}" stroke-width="6" stroke-linecap="round"/><path d="M58 138h204v7H58z" fill="{k}"/><rect x="92" y="130" width="22" height="28" rx="4" fill="{a}"/><rect x="206" y="130" width="22" height="28" rx="4" fill="{a}"/><rect x="138" y="160" width="44" height="24" rx="4" fill="{l}" opacity=".5"/>"##,
    ),
    drawing(
        "laser_level",
        60,
        r##"<path d="M38 96h244M160 40v120" stroke="#ef5b45" stroke-width="3.5"/><path d="M38 96h244M160 40v120" stroke="#ef5b45" stroke-width="10" opacity=".22"/><path d="M142 148l-34 52M178 148l34 52M160 148v50" stroke="#5a5058" stroke-width="8" stroke-linecap="round"/><rect x="116" y="62" width="88" height="92" rx="16" fill="{m}"/><path d="M188 62q16 0 16 16v60q0 16-16 16h-10q14-44 10-92z" fill="{d}" opacity=".5"/><rect x="132" y="80" width="56" height="34" rx="8" fill="{k}"/><circle cx="160" cy="97" r="9" fill="#ef5b45"/><circle cx="157" cy="94" r="3" fill="#fff"/><rect x="136" y="126" width="48" height="14" rx="7" fill="{a}"/><circle cx="160" cy="133" r="5" fill="#fff6e8"/><path d="M110 70h8v76h-8zM202 70h8v76h-8z" fill="{k}"/>"##,
    ),
    drawing(
        "wrench_set",
        92,
        r##"<rect x="64" y="120" width="192" height="80" rx="10" fill="{k}"/><path d="M74 130h172v60H74z" fill="#4a434e"/><g fill="#c9ccd1"><path d="M90 60q-10-16 4-26v16h12V34q14 10 4 26l-4 6v96q2 12-6 12t-6-12V66zM130 76q-9-14 4-23v14h10V53q13 9 4 23l-4 6v82q2 10-5 10t-5-10V82zM168 90q-8-12 4-20v12h9V70q12 8 4 20l-4 5v70q2 9-5 9t-4-9V95zM204 102q-7-11 3-18v11h8V84q11 7 4 18l-4 5v60q2 8-4 8t-4-8v-60z"/></g><path d="M64 168h192v22q0 10-10 10H74q-10 0-10-10z" fill="{m}"/><path d="M64 168h192v6H64z" fill="{l}"/><rect x="138" y="180" width="44" height="10" rx="5" fill="{a}"/>"##,
    ),
    drawing(
        "ladder",
        74,
        r##"<path d="M182 40l52 160" stroke="#9a8f88" stroke-width="9" stroke-linecap="round"/><path d="M140 40l-6 0" stroke="#9a8f88" stroke-width="9"/><path d="M196 84h-20M208 120h-36M220 158h-48" stroke="#9a8f88" stroke-width="5"/><path d="M138 44L92 200M178 44l10 156" stroke="{m}" stroke-width="11" stroke-linecap="round"/><g fill="{d}"><path d="M124 74h58v11h-61zM114 106h70v11h-73zM105 138h81v11h-84zM96 170h92v11H93z"/></g><path d="M124 74h58v4h-59zM114 106h70v4h-71zM105 138h81v4h-82zM96 170h92v4H95z" fill="{l}"/><rect x="126" y="34" width="66" height="17" rx="5" fill="{a}"/><path d="M86 196h14v8H86zM182 196h14v8h-14zM228 196h14v8h-14z" fill="{k}"/>"##,
    ),
    drawing(
        "work_light",
        70,
        r##"<path d="M66 60l14 12M52 108h20M66 156l14-12M254 60l-14 12M268 108h-20M254 156l-14-12" stroke="#fff6d4" stroke-width="6" stroke-linecap="round"/><path d="M118 200l20-60h44l20 60h-16l-14-40h-24l-14 40z" fill="{k}"/><rect x="94" y="64" width="132" height="90" rx="14" fill="{m}"/><path d="M206 64h6q14 0 14 14v62q0 14-14 14h-14q14-44 8-90z" fill="{d}" opacity=".5"/><rect x="104" y="76" width="98" height="66" rx="7" fill="#fff6d4"/><g fill="#f6c95a"><circle cx="124" cy="94" r="8"/><circle cx="153" cy="94" r="8"/><circle cx="182" cy="94" r="8"/><circle cx="124" cy="124" r="8"/><circle cx="153" cy="124" r="8"/><circle cx="182" cy="124" r="8"/></g><path d="M120 64V50q0-8 8-8h64q8 0 8 8v14" fill="none" stroke="{k}" stroke-width="8"/><circle cx="92" cy="109" r="8" fill="{a}"/><circle cx="228" cy="109" r="8" fill="{a}"/>"##,
    ),
    drawing(
        "microscope",
        76,
        r##"<path d="M92 184h132q8 0 8 8v8H84v-8q0-8 8-8z" fill="{k}"/><path d="M180 72q58 12 50 72-6 34-40 42l-6-14q24-6 28-32 4-40-36-50z" fill="{m}"/><path d="M104 146h86v11h-86z" fill="#5a5058"/><path d="M116 140h34v7h-34z" fill="#bfe0e6"/><path d="M124 48l36-18 44 84-36 18z" fill="{m}"/><path d="M142 39l18-9 44 84-18 9z" fill="{d}" opacity=".5"/><path d="M120 40l40-20 7 14-40 20z" fill="{k}"/><path d="M160 128l24-12 7 14-24 12z" fill="#b4b8be" transform="rotate(24 172 128)"/><path d="M140 112h20v28h-20z" fill="#9ea3ab"/><circle cx="212" cy="146" r="15" fill="{a}"/><circle cx="212" cy="146" r="6" fill="{k}"/><path d="M134 52l30 56" stroke="{l}" stroke-width="5" stroke-linecap="round"/><rect x="128" y="166" width="40" height="18" rx="4" fill="#fff2c4"/>"##,
    ),
    one_way(
        "caliper",
        96,
        r##"<path d="M40 120h232v26H40z" fill="#cfd3d8"/><path d="M40 138h232v8H40z" fill="#a9aeb6"/><path d="M52 120v9M64 120v9M76 120v9M88 120v14M100 120v9M112 120v9M204 120v9M216 120v14M228 120v9M240 120v9M252 120v9" stroke="#6a6f78" stroke-width="2"/><path d="M40 120h30v-44q-22 8-30 44zM40 146h34v54q-26-12-34-54z" fill="#b9bec6"/><path d="M128 120V76q22 8 26 44zM128 146v54q26-12 30-54z" fill="#a9aeb6"/><rect x="122" y="98" width="86" height="62" rx="9" fill="{m}"/><path d="M122 140h86v11q0 9-9 9h-68q-9 0-9-9z" fill="{d}"/><rect x="132" y="106" width="66" height="26" rx="4" fill="#d9e4d2"/><path d="M142 119h12M160 119h12M178 119h12" stroke="#3a423a" stroke-width="7" stroke-linecap="round"/><circle cx="144" cy="148" r="6" fill="{a}"/><circle cx="166" cy="148" r="6" fill="{l}"/><circle cx="188" cy="148" r="6" fill="{k}"/><path d="M176 160h20v12h-20z" fill="#6a6f78"/>"##,
    ),
    drawing(
        "bench_scale",
        92,
        r##"<path d="M84 124h152l18 62q2 14-12 14H78q-14 0-12-14z" fill="{m}"/><path d="M66 184h188q4 16-12 16H78q-16 0-12-16z" fill="{d}"/><ellipse cx="160" cy="112" rx="76" ry="16" fill="#aeb3bb"/><ellipse cx="160" cy="107" rx="76" ry="15" fill="#dfe2e6"/><path d="M142 118h36v12h-36z" fill="#7c8089"/><rect x="108" y="146" width="80" height="30" rx="6" fill="#dbe6d3"/><path d="M124 161h14M146 161h14M168 161h10" stroke="#3a423a" stroke-width="8" stroke-linecap="round"/><circle cx="206" cy="153" r="7" fill="{a}"/><circle cx="226" cy="153" r="7" fill="{l}"/><circle cx="212" cy="171" r="7" fill="{k}"/><path d="M136 66h40l8 38h-56z" fill="#d9eef0" opacity=".85"/><path d="M131 88h50l3 16h-56z" fill="{a}"/><path d="M132 64h48" stroke="#bcd6da" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "hard_hat",
        92,
        r##"<path d="M86 162q-4-92 74-92t74 92z" fill="{m}"/><path d="M198 82q38 22 36 80h-36q8-40 0-80z" fill="{d}" opacity=".5"/><path d="M146 62h28q6 0 6 6v94h-40V68q0-6 6-6z" fill="{l}"/><path d="M112 88q-12 24-12 60M208 88q12 24 12 60" fill="none" stroke="{d}" stroke-width="6" stroke-linecap="round"/><path d="M60 166q0-10 12-10h176q12 0 12 10 0 8-10 12-40 16-90 16t-90-16q-10-4-10-12z" fill="{d}"/><path d="M60 164q0-8 12-8h176q12 0 12 8-40 14-100 14T60 164z" fill="{m}"/><circle cx="160" cy="132" r="13" fill="{a}"/>"##,
    ),
    drawing(
        "multimeter",
        66,
        r##"<path d="M132 184q-50 30-64-20t-14-88M188 184q50 30 64-20t14-88" fill="none" stroke-width="5" stroke="#d6493d"/><path d="M188 184q50 30 64-20t14-88" fill="none" stroke-width="5" stroke="#332b33"/><path d="M50 40h9l2 40H48z" fill="#d6493d"/><path d="M261 40h9l2 40h-13z" fill="#332b33"/><path d="M53 20h3v22h-3zM264 20h3v22h-3z" fill="#9ea3ab"/><rect x="108" y="38" width="104" height="162" rx="18" fill="{m}"/><path d="M194 38q18 0 18 18v126q0 18-18 18h-10q16-80 10-162z" fill="{d}" opacity=".5"/><rect x="120" y="52" width="80" height="40" rx="6" fill="#d9e4d2"/><path d="M134 72h12M154 72h12M174 72h12" stroke="#3a423a" stroke-width="9" stroke-linecap="round"/><circle cx="160" cy="134" r="30" fill="{k}"/><circle cx="160" cy="134" r="17" fill="{a}"/><path d="M160 134l9-14" stroke="{k}" stroke-width="5" stroke-linecap="round"/><g fill="#fff6e8"><circle cx="134" cy="182" r="6"/><circle cx="160" cy="182" r="6"/><circle cx="186" cy="182" r="6"/></g>"##,
    ),
    drawing(
        "label_printer",
        78,
        r##"<path d="M120 96V48q0-6 6-6h62q6 0 6 6v48z" fill="#fffaf0"/><path d="M132 58h48M132 70h34" stroke="{d}" stroke-width="5" stroke-linecap="round"/><path d="M132 80h3v12h-3zM138 80h6v12h-6zM148 80h2v12h-2zM153 80h5v12h-5zM162 80h2v12h-2zM167 80h5v12h-5zM175 80h3v12h-3z" fill="#3a323a"/><rect x="84" y="90" width="152" height="110" rx="18" fill="{m}"/><path d="M212 90h6q18 0 18 18v74q0 18-18 18h-14q16-56 8-110z" fill="{d}" opacity=".5"/><rect x="102" y="90" width="110" height="11" rx="5" fill="{k}"/><rect x="104" y="120" width="70" height="42" rx="7" fill="{k}"/><path d="M114 134h40M114 147h26" stroke="{a}" stroke-width="5" stroke-linecap="round"/><circle cx="198" cy="132" r="9" fill="{a}"/><circle cx="198" cy="156" r="7" fill="{l}"/><path d="M104 180h108" stroke="{d}" stroke-width="6" stroke-linecap="round"/>"##,
    ),
    drawing(
        "dashcam",
        40,
        r##"<path d="M132 40h56l10 24h-76z" fill="#9ea3ab"/><path d="M150 60h20v28h-20z" fill="#5a5058"/><rect x="76" y="84" width="168" height="84" rx="22" fill="{m}"/><path d="M222 84q22 0 22 22v40q0 22-22 22h-16q22-40 16-84z" fill="{d}" opacity=".5"/><circle cx="136" cy="126" r="48" fill="{k}"/><circle cx="136" cy="126" r="38" fill="#46506b"/><circle cx="136" cy="126" r="25" fill="#2d2830"/><circle cx="136" cy="126" r="12" fill="#5d76a8"/><path d="M112 110q8-14 22-15" fill="none" stroke="#c8d6f0" stroke-width="5" stroke-linecap="round"/><circle cx="212" cy="106" r="6" fill="#ef5b45"/><path d="M198 132h30M198 144h30M198 120h30" stroke="{k}" stroke-width="4" stroke-linecap="round"/><path d="M60 200l36-22M260 200l-36-22M160 200v-18" stroke="#fff6e8" stroke-width="6" stroke-linecap="round" opacity=".8"/>"##,
    ),
    drawing(
        "inflator",
        76,
        r##"<path d="M208 150q54 6 46-50-6-34-40-30-18 2-20 16" fill="none" stroke="{k}" stroke-width="8"/><rect x="186" y="82" width="16" height="24" rx="4" fill="#9ea3ab"/><rect x="84" y="96" width="130" height="96" rx="20" fill="{m}"/><path d="M194 96q20 0 20 20v56q0 20-20 20h-10q20-48 10-96z" fill="{d}" opacity=".5"/><path d="M108 96V76q0-10 10-10h62q10 0 10 10v20" fill="none" stroke="{k}" stroke-width="10"/><circle cx="136" cy="144" r="36" fill="#fff6e8"/><circle cx="136" cy="144" r="36" fill="none" stroke="{k}" stroke-width="6"/><path d="M114 158a26 26 0 1 1 44 0" fill="none" stroke="{a}" stroke-width="5"/><path d="M136 146l14-18" stroke="#d6493d" stroke-width="5" stroke-linecap="round"/><circle cx="136" cy="146" r="5" fill="{k}"/><rect x="182" y="126" width="18" height="32" rx="8" fill="{a}"/><path d="M92 188h24v12H92zM180 188h24v12h-24z" fill="{k}"/>"##,
    ),
    drawing(
        "floor_mats",
        96,
        r##"<path d="M72 66h76l10 26v86q0 10-10 10H74q-12 0-12-12V84z" fill="{k}"/><path d="M248 66h-76l-10 26v86q0 10 10 10h74q12 0 12-12V84z" fill="{k}"/><path d="M80 78h62l8 18v74q0 8-8 8H80q-8 0-8-8V92z" fill="{t}"/><path d="M240 78h-62l-8 18v74q0 8 8 8h62q8 0 8-8V92z" fill="{t}"/><g stroke="{d}" stroke-width="4" opacity=".75"><path d="M84 104h54M82 118h58M82 132h58M82 146h58M84 160h54M182 104h54M180 118h58M180 132h58M180 146h58M182 160h54"/></g><rect x="94" y="84" width="34" height="10" rx="3" fill="{a}"/><rect x="192" y="84" width="34" height="10" rx="3" fill="{a}"/>"##,
    ),
    drawing(
        "jump_starter",
        84,
        r##"<path d="M112 100q-50-40-66 20t10 66M208 100q54-40 66 24t-12 62" fill="none" stroke="#d6493d" stroke-width="7"/><path d="M208 100q54-40 66 24t-12 62" fill="none" stroke="#332b33" stroke-width="7"/><path d="M40 178l30-4 6 22-34 6q-10-12-2-24z" fill="#d6493d"/><path d="M280 178l-30-4-6 22 34 6q10-12 2-24z" fill="#332b33"/><rect x="92" y="76" width="136" height="122" rx="18" fill="{m}"/><path d="M208 76q20 0 20 20v82q0 20-20 20h-8q16-60 8-122z" fill="{d}" opacity=".5"/><path d="M128 76V60q0-8 8-8h48q8 0 8 8v16" fill="none" stroke="{k}" stroke-width="10"/><rect x="108" y="92" width="104" height="44" rx="9" fill="{k}"/><path d="M166 96l-22 22h12l-6 16 22-22h-12z" fill="{a}"/><g fill="{l}"><rect x="116" y="156" width="18" height="26" rx="4"/><rect x="140" y="156" width="18" height="26" rx="4"/><rect x="164" y="156" width="18" height="26" rx="4"/></g><rect x="188" y="156" width="18" height="26" rx="4" fill="{d}"/>"##,
    ),
    drawing(
        "roof_box",
        112,
        r##"<path d="M66 150l20-34h148l26 34q26 4 26 28v10H38v-12q0-22 28-26z" fill="#b9aea6"/><path d="M92 146l14-22h46v22zM162 146v-22h60l18 22z" fill="#dfeef2"/><circle cx="92" cy="188" r="20" fill="#332b33"/><circle cx="232" cy="188" r="20" fill="#332b33"/><circle cx="92" cy="188" r="9" fill="#c9ccd1"/><circle cx="232" cy="188" r="9" fill="#c9ccd1"/><path d="M96 108h132v8H96z" fill="#5a5058"/><path d="M58 98q4-34 54-38h80q66 0 84 42 0 6-8 6H64q-6 0-6-10z" fill="{m}"/><path d="M58 92q1 16 6 16h204q8 0 8-6-2-4-4-8z" fill="{d}"/><path d="M96 74q10-4 30-4h50" stroke="{l}" stroke-width="6" fill="none" stroke-linecap="round"/><rect x="150" y="92" width="26" height="10" rx="4" fill="{a}"/>"##,
    ),
];
