//! Toys and pets.

use super::{Drawing, drawing, one_way};

pub(super) const ALL: &[Drawing] = &[
    drawing(
        "teddy",
        72,
        r##"<circle cx="118" cy="62" r="20" fill="{m}"/><circle cx="202" cy="62" r="20" fill="{m}"/><circle cx="118" cy="62" r="10" fill="{l}"/><circle cx="202" cy="62" r="10" fill="{l}"/><ellipse cx="160" cy="158" rx="50" ry="44" fill="{m}"/><ellipse cx="160" cy="164" rx="29" ry="29" fill="{l}"/><ellipse cx="106" cy="146" rx="17" ry="28" transform="rotate(24 106 146)" fill="{d}"/><ellipse cx="214" cy="146" rx="17" ry="28" transform="rotate(-24 214 146)" fill="{d}"/><circle cx="116" cy="184" r="20" fill="{d}"/><circle cx="204" cy="184" r="20" fill="{d}"/><circle cx="116" cy="186" r="11" fill="{l}"/><circle cx="204" cy="186" r="11" fill="{l}"/><ellipse cx="160" cy="88" rx="52" ry="44" fill="{m}"/><ellipse cx="160" cy="102" rx="24" ry="18" fill="{l}"/><ellipse cx="160" cy="94" rx="8" ry="6" fill="{k}"/><path d="M160 99v6q-6 7-12 2M160 105q6 7 12 2" fill="none" stroke="{k}" stroke-width="3" stroke-linecap="round"/><circle cx="140" cy="80" r="5" fill="{k}"/><circle cx="180" cy="80" r="5" fill="{k}"/><path d="M160 128l-24-12v24zM160 128l24-12v24z" fill="{a}"/><circle cx="160" cy="128" r="6" fill="{b}"/>"##,
    ),
    drawing(
        "toy_train",
        112,
        r##"<path d="M40 194h240v6H40z" fill="#a67c52"/><rect x="52" y="120" width="82" height="56" rx="8" fill="{a}"/><path d="M60 104h28v18H60zM96 96h30v26H96z" fill="#dfc392"/><path d="M134 162h20v8h-20z" fill="#5a5058"/><rect x="152" y="112" width="88" height="64" rx="12" fill="{m}"/><path d="M152 72h44v60h-44z" fill="{d}"/><rect x="144" y="62" width="60" height="14" rx="6" fill="{a}"/><rect x="160" y="84" width="28" height="26" rx="4" fill="#fff2cf"/><path d="M216 88h18l4 26h-26z" fill="{k}"/><rect x="208" y="78" width="34" height="12" rx="5" fill="{k}"/><circle cx="238" cy="142" r="13" fill="{l}"/><path d="M240 160l26 22h-26z" fill="{k}"/><g fill="{k}"><circle cx="74" cy="182" r="17"/><circle cx="114" cy="182" r="17"/><circle cx="172" cy="180" r="19"/><circle cx="218" cy="180" r="19"/></g><g fill="#f3d9a4"><circle cx="74" cy="182" r="7"/><circle cx="114" cy="182" r="7"/><circle cx="172" cy="180" r="8"/><circle cx="218" cy="180" r="8"/></g><g fill="#fff8ea"><circle cx="228" cy="58" r="11"/><circle cx="246" cy="42" r="14"/><circle cx="270" cy="32" r="10"/></g>"##,
    ),
    drawing(
        "blocks",
        92,
        r##"<rect x="74" y="136" width="62" height="64" rx="7" fill="{m}"/><rect x="138" y="136" width="62" height="64" rx="7" fill="{a}"/><rect x="202" y="150" width="50" height="50" rx="7" fill="{d}"/><rect x="106" y="72" width="62" height="64" rx="7" fill="#f3d9a4"/><path d="M185 76l32 60h-46q-4-2-2-6z" fill="#6f9a8d"/><path d="M128 42l36 30h-72z" fill="{m}"/><circle cx="105" cy="168" r="17" fill="#fff6e8"/><path d="M169 150l6 13 14 1-11 9 4 14-13-8-13 8 4-14-11-9 14-1z" fill="#fff6e8"/><path d="M217 165h20v20h-20z" fill="{l}"/><path d="M122 118q0-26 15-26t15 26M126 108h22" fill="none" stroke="{k}" stroke-width="6" stroke-linecap="round"/>"##,
    ),
    one_way(
        "board_game",
        100,
        r##"<path d="M60 118l100-34 100 34v54l-100 28-100-28z" fill="{d}"/><path d="M60 118l100-34 100 34-100 40z" fill="{m}"/><path d="M92 118l68-23 68 23-68 27z" fill="{l}"/><path d="M126 106l34 13 34-13M126 131l34-12 34 12" fill="none" stroke="{m}" stroke-width="4"/><path d="M60 130l100 40v30l-100-28z" fill="{m}" opacity=".5"/><path d="M138 118q-10-4-8-14 2-8 8-8-4-14 8-14t8 14q6 0 8 8 2 10-8 14z" fill="{a}"/><path d="M182 128q-8-3-7-12 2-7 7-7-4-12 7-12t7 12q5 0 7 7 1 9-7 12z" fill="{k}"/><rect x="226" y="168" width="30" height="30" rx="6" fill="#fffaf0" transform="rotate(-12 241 183)"/><g fill="{k}"><circle cx="234" cy="178" r="3"/><circle cx="241" cy="184" r="3"/><circle cx="249" cy="189" r="3"/></g><path d="M76 148l60 22" stroke="#fff6e8" stroke-width="7" stroke-linecap="round"/>"##,
    ),
    drawing(
        "kite",
        0,
        r##"<path d="M176 142q30 20 6 40t-30 34" fill="none" stroke="{k}" stroke-width="3"/><path d="M186 30l60 46-70 66-42-80z" fill="{m}"/><path d="M186 30l60 46-112-14z" fill="{l}"/><path d="M246 76l-70 66-10-72z" fill="{d}" opacity=".6"/><path d="M186 30l-10 112M134 62l112 14" stroke="{k}" stroke-width="3"/><path d="M166 66l-32-4 52-32z" fill="{a}"/><g fill="{a}"><path d="M184 162l-14-8v14zM184 162l14-6-2 15zM166 196l-15-4 4 14zM166 196l13-9 3 14z"/></g><g fill="#fffaf0" opacity=".9"><path d="M40 78q4-18 22-14 8-16 26-6 18-2 16 20zM222 176q4-14 18-10 6-14 22-6 14 0 14 16z"/></g>"##,
    ),
    drawing(
        "dollhouse",
        88,
        r##"<path d="M160 34L64 98h192z" fill="{m}"/><path d="M160 34l96 64h-34l-62-42z" fill="{d}" opacity=".5"/><path d="M206 44h20v34l-20-14z" fill="{d}"/><path d="M78 96h164v104H78z" fill="#fff2dc"/><path d="M78 146h164v7H78z" fill="{d}"/><path d="M157 96h7v104h-7z" fill="{d}"/><path d="M78 96h79v50H78z" fill="{l}" opacity=".55"/><path d="M164 153h78v47h-78z" fill="{a}" opacity=".35"/><path d="M90 132h44v14H90z" fill="{m}"/><path d="M90 122h10v24H90z" fill="{d}"/><rect x="102" y="124" width="14" height="9" rx="3" fill="#fffaf0"/><rect x="186" y="106" width="32" height="26" rx="3" fill="#bfe0e6"/><path d="M202 106v26M186 119h32" stroke="#fff" stroke-width="3"/><path d="M104 164h30v36h-30z" fill="{m}"/><circle cx="128" cy="184" r="3" fill="{a}"/><path d="M182 178h44v6h-44zM188 184h5v16h-5zM216 184h5v16h-5z" fill="#a67c52"/><circle cx="204" cy="170" r="8" fill="#6f9a56"/><circle cx="160" cy="74" r="11" fill="#fff2cf"/>"##,
    ),
    drawing(
        "toy_rocket",
        48,
        r##"<path d="M120 138l-34 46q-2 12 12 10l32-14zM200 138l34 46q2 12-12 10l-32-14z" fill="{a}"/><path d="M160 28q50 40 40 112l-10 40h-60l-10-40q-10-72 40-112z" fill="#fffaf0"/><path d="M160 28q50 40 40 112l-10 40h-20q18-80-10-152z" fill="#dccdb6" opacity=".8"/><path d="M160 28q24 20 34 48h-68q10-28 34-48z" fill="{m}"/><circle cx="160" cy="108" r="21" fill="{m}"/><circle cx="160" cy="108" r="14" fill="#bfe0e6"/><path d="M152 102q4-6 10-5" stroke="#fff" stroke-width="4" fill="none" stroke-linecap="round"/><path d="M122 150h76l-3 12h-70z" fill="{m}"/><path d="M136 180h48l6 14h-60z" fill="{k}"/><path d="M154 138h12v50h-12z" fill="{a}"/>"##,
    ),
    drawing(
        "puzzle",
        92,
        r##"<path d="M70 86h54q-8-24 14-24t14 24h50v46q24-8 24 14t-24 14v40h-50q8-22-14-22t-14 22H70z" fill="{m}"/><path d="M70 86h54q-8-24 14-24t14 24h50v16H70z" fill="{l}" opacity=".6"/><path d="M136 86v38q-22-8-22 12t22 12v52M70 142h44M158 136h44" fill="none" stroke="{d}" stroke-width="4"/><path d="M222 60h44v40q-16-6-16 10 0 8 4 10h-32z" fill="{a}" transform="rotate(14 244 90)"/><circle cx="100" cy="112" r="9" fill="{a}"/><path d="M150 184q12-22 42-18" stroke="{l}" stroke-width="6" fill="none" stroke-linecap="round"/>"##,
    ),
    drawing(
        "cat_tree",
        78,
        r##"<rect x="84" y="186" width="152" height="14" rx="6" fill="{m}"/><path d="M106 104h20v84h-20zM190 62h20v126h-20z" fill="#d9bd8c"/><path d="M106 112h20M106 122h20M106 132h20M106 142h20M106 152h20M106 162h20M106 172h20M190 72h20M190 84h20M190 96h20M190 150h20M190 162h20M190 174h20" stroke="#b9975f" stroke-width="3"/><rect x="80" y="94" width="72" height="14" rx="6" fill="{m}"/><rect x="148" y="106" width="86" height="44" rx="10" fill="{t}"/><circle cx="186" cy="130" r="15" fill="{k}"/><rect x="162" y="50" width="76" height="15" rx="7" fill="{m}"/><path d="M96 94q-6-32 18-34l2-10 9 7 10-7v14q8 6 4 16-2 14-14 14z" fill="#5a4a46"/><path d="M96 90q-20 2-18-22" fill="none" stroke="#5a4a46" stroke-width="6" stroke-linecap="round"/><circle cx="120" cy="66" r="2.2" fill="#f6c95a"/><circle cx="129" cy="66" r="2.2" fill="#f6c95a"/><path d="M228 65v24" stroke="{k}" stroke-width="2"/><circle cx="228" cy="94" r="7" fill="{a}"/>"##,
    ),
    drawing(
        "dog_bed",
        104,
        r##"<path d="M54 156q0-34 106-34t106 34v16q0 28-106 28T54 172z" fill="{m}"/><ellipse cx="160" cy="152" rx="82" ry="22" fill="{d}"/><ellipse cx="160" cy="156" rx="76" ry="18" fill="{l}"/><path d="M92 152q4-34 50-34 20 0 34 8 12-18 32-14 26 6 24 28l10 4q-2 12-20 10l-10 6q-60 16-116 2-6-4-4-10z" fill="#c48d57"/><path d="M196 114q-16 4-14 30 16 4 20-12z" fill="#8a5a38"/><circle cx="218" cy="128" r="3.4" fill="#332b33"/><ellipse cx="240" cy="139" rx="5" ry="4" fill="#332b33"/><path d="M54 160q4 22 106 22t106-22v12q0 28-106 28T54 172z" fill="{t}"/><rect x="140" y="180" width="40" height="13" rx="4" fill="{a}"/>"##,
    ),
    drawing(
        "pet_carrier",
        88,
        r##"<path d="M128 72q0-22 32-22t32 22" fill="none" stroke="{k}" stroke-width="9"/><path d="M76 96q0-26 26-26h116q26 0 26 26v36H76z" fill="{l}"/><path d="M76 128h168v54q0 18-18 18H94q-18 0-18-18z" fill="{m}"/><path d="M218 128h26v54q0 18-18 18h-22q20-30 14-72z" fill="{d}" opacity=".5"/><rect x="94" y="88" width="90" height="96" rx="14" fill="#3a323a"/><circle cx="139" cy="142" r="25" fill="#d8a066"/><path d="M118 134l-2-22 16 10zM160 134l2-22-16 10z" fill="#d8a066"/><circle cx="130" cy="140" r="3.5" fill="#332b33"/><circle cx="148" cy="140" r="3.5" fill="#332b33"/><path d="M135 149h8l-4 5z" fill="#b35f4a"/><path d="M108 88v96M124 88v96M139 88v96M154 88v96M170 88v96" stroke="#c9ccd1" stroke-width="3.5"/><path d="M94 114h90M94 158h90" stroke="#c9ccd1" stroke-width="3.5"/><g fill="{d}"><circle cx="206" cy="90" r="4"/><circle cx="222" cy="90" r="4"/><circle cx="206" cy="106" r="4"/><circle cx="222" cy="106" r="4"/></g><rect x="70" y="122" width="180" height="10" rx="5" fill="{a}"/>"##,
    ),
    drawing(
        "pet_fountain",
        84,
        r##"<path d="M84 140h152q8 60-36 60h-80q-44 0-36-60z" fill="{m}"/><path d="M200 140h36q8 60-36 60h-22q28-20 22-60z" fill="{d}" opacity=".5"/><ellipse cx="160" cy="140" rx="78" ry="20" fill="{l}"/><ellipse cx="160" cy="141" rx="66" ry="14" fill="#a9d7e0"/><path d="M144 136q2-44 16-44t16 44z" fill="{d}"/><ellipse cx="160" cy="94" rx="20" ry="7" fill="{a}"/><path d="M160 90q-2-34-30-30-22 6-20 66M160 90q2-34 30-30 22 6 20 66" fill="none" stroke="#a9d7e0" stroke-width="6" stroke-linecap="round"/><path d="M118 142q12-5 24 0M178 144q14-5 28 0" stroke="#fff" stroke-width="3" fill="none" stroke-linecap="round"/><g fill="{a}"><ellipse cx="160" cy="178" rx="10" ry="8"/><circle cx="147" cy="166" r="4"/><circle cx="156" cy="161" r="4"/><circle cx="165" cy="161" r="4"/><circle cx="174" cy="166" r="4"/></g>"##,
    ),
    drawing(
        "aquarium",
        104,
        r##"<path d="M62 60h196v128H62z" fill="#bfe3e8"/><path d="M62 76h196v112H62z" fill="#8ccbd6"/><path d="M62 172q30-12 60 0t70-2 66 2v18H62z" fill="#e6cf9f"/><path d="M96 174q-14-26 0-44t-2-34M110 174q10-20 0-36" fill="none" stroke="#5c8a4c" stroke-width="7" stroke-linecap="round"/><path d="M232 174q12-24-2-40t4-26" fill="none" stroke="#6f9a56" stroke-width="7" stroke-linecap="round"/><path d="M136 116q20-20 44 0l16-12v28l-16-10q-24 18-44-6z" fill="{m}"/><path d="M156 107q8 12 0 20" stroke="{l}" stroke-width="5" fill="none"/><circle cx="146" cy="114" r="3" fill="#332b33"/><path d="M176 150q12-11 26 0l10-7v17l-10-6q-14 10-26-4z" fill="{a}"/><circle cx="182" cy="149" r="2" fill="#332b33"/><g fill="#fff" opacity=".8"><circle cx="130" cy="98" r="4"/><circle cx="136" cy="86" r="3"/><circle cx="206" cy="96" r="4"/></g><rect x="54" y="46" width="212" height="17" rx="6" fill="{k}"/><rect x="54" y="186" width="212" height="14" rx="6" fill="{k}"/><path d="M74 70v110" stroke="#fff" stroke-width="5" opacity=".6" stroke-linecap="round"/>"##,
    ),
    drawing(
        "leash",
        92,
        r##"<path d="M92 164q-34-70 34-90t74 34q22 40 60 24" fill="none" stroke="{m}" stroke-width="12" stroke-linecap="round"/><path d="M92 164q-34-70 34-90t74 34q22 40 60 24" fill="none" stroke="{a}" stroke-width="2.5" stroke-dasharray="8 8"/><ellipse cx="112" cy="170" rx="44" ry="26" fill="none" stroke="{d}" stroke-width="14"/><rect x="86" y="184" width="30" height="18" rx="4" fill="#e9c46a"/><rect x="93" y="189" width="16" height="8" rx="2" fill="{d}"/><path d="M150 180l14 10-6 14-16-2z" fill="#e9c46a"/><circle cx="238" cy="148" r="22" fill="none" stroke="{m}" stroke-width="10"/><path d="M196 60q-8-10 2-15t12 5q4-10 13-5t2 15l-14 13z" fill="{a}"/>"##,
    ),
];
