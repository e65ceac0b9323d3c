//! Electronics and video games.

use super::{Drawing, drawing};

pub(super) const ALL: &[Drawing] = &[
    drawing(
        "headphones",
        62,
        r##"<path d="M94 140q-4-92 66-92t66 92" fill="none" stroke="{d}" stroke-width="15" stroke-linecap="round"/><path d="M108 84q14-30 52-31" fill="none" stroke="{l}" stroke-width="5" stroke-linecap="round" opacity=".7"/><path d="M124 52q36-14 72 0l-6 12q-30-10-60 0z" fill="{k}"/><rect x="76" y="124" width="40" height="72" rx="20" fill="{m}"/><rect x="204" y="124" width="40" height="72" rx="20" fill="{m}"/><rect x="108" y="126" width="17" height="68" rx="8" fill="{k}"/><rect x="195" y="126" width="17" height="68" rx="8" fill="{k}"/><circle cx="93" cy="160" r="9" fill="{a}"/><circle cx="227" cy="160" r="9" fill="{a}"/><path d="M234 130q10 8 10 18v28q0 12-10 18z" fill="{d}" opacity=".6"/>"##,
    ),
    drawing(
        "laptop",
        104,
        r##"<path d="M86 56q0-10 10-10h128q10 0 10 10v112H86z" fill="{k}"/><path d="M94 54h132v104H94z" fill="{m}"/><svg x="108" y="54" width="104" height="104" viewBox="0 0 100 100">{M}</svg><path d="M94 54h60l-44 104H94z" fill="#fff" opacity=".12"/><path d="M66 168h188l14 22q2 10-10 10H62q-12 0-10-10z" fill="#d0d2d6"/><path d="M86 172h148l8 12H78z" fill="#8c9098"/><path d="M136 188h48l4 7h-56z" fill="#b4b8be"/><path d="M52 192h216q0 8-10 8H62q-10 0-10-8z" fill="#a6aab1"/>"##,
    ),
    drawing(
        "television",
        74,
        r##"<path d="M120 182h80l18 18h-116z" fill="{k}"/><path d="M146 168h28v18h-28z" fill="#5a5058"/><rect x="48" y="48" width="224" height="128" rx="7" fill="#2d2830"/><rect x="55" y="55" width="210" height="114" fill="{m}"/><svg x="55" y="55" width="210" height="114" viewBox="0 24 100 54" preserveAspectRatio="none">{M}</svg><path d="M55 55h96L96 169H55z" fill="#fff" opacity=".12"/>"##,
    ),
    drawing(
        "tablet",
        50,
        r##"<rect x="104" y="38" width="112" height="162" rx="12" fill="{k}"/><rect x="112" y="50" width="96" height="134" rx="3" fill="#fbf5e8"/><rect x="122" y="60" width="76" height="54" rx="3" fill="{m}"/><svg x="133" y="60" width="54" height="54" viewBox="0 0 100 100">{M}</svg><path d="M122 126h76M122 138h68M122 150h74M122 162h50" stroke="#b9aea0" stroke-width="4.5" stroke-linecap="round"/><circle cx="160" cy="192" r="3.5" fill="{a}"/>"##,
    ),
    drawing(
        "speaker",
        56,
        r##"<rect x="106" y="40" width="108" height="160" rx="18" fill="{m}"/><path d="M186 40h10q18 0 18 18v124q0 18-18 18h-10q10-80 0-160z" fill="{d}" opacity=".5"/><circle cx="160" cy="142" r="42" fill="{k}"/><circle cx="160" cy="142" r="32" fill="{d}"/><circle cx="160" cy="142" r="13" fill="{a}"/><path d="M136 124q8-14 22-15" fill="none" stroke="{l}" stroke-width="4" stroke-linecap="round" opacity=".7"/><circle cx="160" cy="74" r="20" fill="{k}"/><circle cx="160" cy="74" r="11" fill="{a}"/>"##,
    ),
    drawing(
        "smart_speaker",
        54,
        r##"<path d="M106 92q0-42 54-42t54 42v74q0 34-54 34t-54-34z" fill="{t}"/><path d="M190 57q24 9 24 35v74q0 26-30 32 12-60 6-141z" fill="{d}" opacity=".45"/><ellipse cx="160" cy="68" rx="40" ry="15" fill="{k}"/><ellipse cx="160" cy="66" rx="40" ry="15" fill="none" stroke="{a}" stroke-width="5"/><path d="M154 66h12M160 60v12" stroke="{l}" stroke-width="3"/><path d="M66 96q-14 26 0 52M48 84q-22 38 0 76M254 96q14 26 0 52M272 84q22 38 0 76" fill="none" stroke="#fff6e8" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "camera",
        88,
        r##"<path d="M124 74l10-22h44l12 22z" fill="{d}"/><rect x="72" y="72" width="176" height="122" rx="16" fill="{k}"/><path d="M72 104h176v58H72z" fill="{t}"/><rect x="84" y="62" width="28" height="12" rx="4" fill="{a}"/><circle cx="160" cy="134" r="50" fill="#d5d8dc"/><circle cx="160" cy="134" r="42" fill="#2d2830"/><circle cx="160" cy="134" r="30" fill="#46506b"/><circle cx="160" cy="134" r="17" fill="#1f1c26"/><path d="M138 122q8-16 24-17" fill="none" stroke="#b8c8e8" stroke-width="5" stroke-linecap="round"/><circle cx="172" cy="146" r="5" fill="#b8c8e8" opacity=".7"/><rect x="212" y="82" width="26" height="14" rx="4" fill="#fff1d6"/>"##,
    ),
    drawing(
        "monitor",
        66,
        r##"<path d="M146 160h28l5 30h-38z" fill="#9ea3ab"/><rect x="110" y="188" width="100" height="12" rx="6" fill="#7c8089"/><rect x="60" y="42" width="200" height="126" rx="10" fill="#2d2830"/><rect x="68" y="50" width="184" height="102" rx="3" fill="{d}"/><rect x="78" y="60" width="92" height="82" rx="4" fill="#fbf5e8"/><path d="M86 72h52M86 84h74M86 96h60M86 108h70M86 120h40" stroke="{m}" stroke-width="5" stroke-linecap="round"/><rect x="178" y="60" width="64" height="36" rx="4" fill="{a}"/><path d="M182 90l14-16 12 10 16-18 14 20" fill="none" stroke="#fff6e8" stroke-width="4" stroke-linejoin="round"/><rect x="178" y="104" width="64" height="38" rx="4" fill="{l}"/><circle cx="198" cy="123" r="11" fill="{m}"/><path d="M216 116h18M216 128h12" stroke="{d}" stroke-width="4" stroke-linecap="round"/>"##,
    ),
    drawing(
        "router",
        84,
        r##"<g fill="{k}"><path d="M84 60h10v90H84zM122 46h10v100h-10zM188 46h10v100h-10zM226 60h10v90h-10z"/></g><path d="M76 142h168q14 0 16 14l4 30q0 14-14 14H70q-14 0-14-14l4-30q2-14 16-14z" fill="{m}"/><path d="M58 172h204l2 14q0 14-14 14H70q-14 0-14-14z" fill="{d}"/><path d="M92 156h60" stroke="{l}" stroke-width="6" stroke-linecap="round"/><g fill="{a}"><circle cx="188" cy="186" r="4.5"/><circle cx="206" cy="186" r="4.5"/><circle cx="224" cy="186" r="4.5"/></g><path d="M142 104q18-15 36 0M150 118q10-8 20 0" fill="none" stroke="#fff6e8" stroke-width="5.5" stroke-linecap="round"/><circle cx="160" cy="129" r="4" fill="#fff6e8"/>"##,
    ),
    drawing(
        "smartwatch",
        40,
        r##"<path d="M134 76l4-40h44l4 40zM134 164l4 36h44l4-36z" fill="{m}"/><path d="M168 36h14l4 40h-14zM172 164h14l-4 36h-14z" fill="{d}" opacity=".6"/><rect x="112" y="70" width="96" height="100" rx="28" fill="#2d2830"/><rect x="119" y="77" width="82" height="86" rx="22" fill="#463c46"/><rect x="207" y="106" width="9" height="26" rx="4" fill="#9ea3ab"/><circle cx="160" cy="120" r="32" fill="none" stroke="#6a5c68" stroke-width="8"/><path d="M160 88a32 32 0 1 1-31 24" fill="none" stroke="{a}" stroke-width="8" stroke-linecap="round"/><path d="M160 120v-17M160 120l13 9" stroke="#fff6e8" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "earbuds",
        82,
        r##"<path d="M98 96q0-34 34-34h56q34 0 34 34v36H98z" fill="{d}"/><path d="M108 98q0-26 26-26h52q26 0 26 26v34H108z" fill="{k}"/><g fill="#fffaf0"><ellipse cx="138" cy="104" rx="17" ry="19"/><rect x="124" y="108" width="13" height="40" rx="6"/><ellipse cx="182" cy="104" rx="17" ry="19"/><rect x="183" y="108" width="13" height="40" rx="6"/></g><ellipse cx="149" cy="107" rx="7" ry="11" fill="#cfc4b4"/><ellipse cx="171" cy="107" rx="7" ry="11" fill="#cfc4b4"/><path d="M128 96q3-6 9-7M192 96q-3-6-9-7" fill="none" stroke="{a}" stroke-width="3" stroke-linecap="round"/><path d="M90 132h140v36q0 32-32 32h-76q-32 0-32-32z" fill="{m}"/><path d="M204 132h26v36q0 32-32 32h-18q24-16 24-68z" fill="{d}" opacity=".5"/><path d="M90 132h140v7H90z" fill="{l}"/><circle cx="160" cy="158" r="5" fill="{a}"/><path d="M108 150v22" stroke="{l}" stroke-width="6" stroke-linecap="round" opacity=".8"/>"##,
    ),
    drawing(
        "keyboard",
        106,
        r##"<path d="M64 128h192l22 62q2 10-8 10H50q-10 0-8-10z" fill="{m}"/><path d="M42 190h236q0 10-8 10H50q-8 0-8-10z" fill="{d}"/><g fill="#fff6e8"><path d="M74 136h20l-2 11H71zM100 136h20l-1 11H98zM126 136h20v11h-21zM152 136h20v11h-20zM178 136h20l1 11h-21zM204 136h20l2 11h-21zM230 136h18l4 11h-20zM69 152h22l-2 12H65zM97 152h22l-1 12H95zM125 152h22v12h-23zM153 152h22v12h-22zM181 152h22l1 12h-23zM209 152h22l2 12h-23zM237 152h14l4 12h-16z"/></g><path d="M64 170h30l-2 13H59zM100 170h106l1 13H98zM212 170h44l5 13h-48z" fill="{l}"/><path d="M64 170h30l-2 13H59z" fill="{a}"/><path d="M160 128q-4-40 20-50t40-36" fill="none" stroke="{k}" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "controller",
        76,
        r##"<path d="M104 84q56-16 112 0 24 4 32 54 8 46-12 54-16 6-34-28-6-10-16-10h-52q-10 0-16 10-18 34-34 28-20-8-12-54 8-50 32-54z" fill="{m}"/><path d="M72 150q-4 38 12 42 16 6 34-28 6-10 16-10h52q10 0 16 10 18 34 34 28 16-4 12-42-4 22-18 18-12-4-20-18-8-12-20-12h-60q-12 0-20 12-8 14-20 18-14 4-18-18z" fill="{d}" opacity=".6"/><path d="M110 100h14v12h12v14h-12v12h-14v-12H98v-14h12z" fill="{k}"/><circle cx="208" cy="103" r="8" fill="{a}"/><circle cx="208" cy="135" r="8" fill="#fff6e8"/><circle cx="192" cy="119" r="8" fill="{l}"/><circle cx="224" cy="119" r="8" fill="{k}"/><circle cx="140" cy="142" r="14" fill="{k}"/><circle cx="180" cy="142" r="14" fill="{k}"/><circle cx="140" cy="140" r="8" fill="#6a5c68"/><circle cx="180" cy="140" r="8" fill="#6a5c68"/><path d="M150 106h20" stroke="{l}" stroke-width="5" stroke-linecap="round"/>"##,
    ),
    drawing(
        "handheld_console",
        96,
        r##"<rect x="48" y="82" width="224" height="104" rx="30" fill="{k}"/><path d="M78 82h18v104H78q-30 0-30-30v-44q0-30 30-30z" fill="{m}"/><path d="M242 82h-18v104h18q30 0 30-30v-44q0-30-30-30z" fill="{a}"/><rect x="102" y="92" width="116" height="84" rx="4" fill="{d}"/><svg x="102" y="92" width="116" height="84" viewBox="0 12 100 72">{M}</svg><circle cx="74" cy="114" r="12" fill="#3a323a"/><path d="M70 142h8v6h6v8h-6v6h-8v-6h-6v-8h6z" fill="#3a323a"/><g fill="#3a323a"><circle cx="246" cy="102" r="5"/><circle cx="246" cy="122" r="5"/><circle cx="236" cy="112" r="5"/><circle cx="256" cy="112" r="5"/><circle cx="246" cy="150" r="12"/></g><path d="M104 92h50l-40 84h-10z" fill="#fff" opacity=".12"/>"##,
    ),
    drawing(
        "game_case",
        58,
        r##"<rect x="102" y="38" width="118" height="162" rx="6" fill="{d}"/><rect x="108" y="38" width="112" height="162" rx="6" fill="{m}"/><rect x="108" y="38" width="112" height="20" fill="{k}"/><circle cx="122" cy="48" r="5" fill="{a}"/><path d="M134 48h40" stroke="{l}" stroke-width="5" stroke-linecap="round"/><svg x="114" y="64" width="100" height="92" viewBox="0 0 100 100">{M}</svg><path d="M120 168h88M120 182h56" stroke="#fff6e8" stroke-width="7" stroke-linecap="round"/><path d="M108 58h30l-30 80z" fill="#fff" opacity=".16"/>"##,
    ),
    drawing(
        "racing_wheel",
        72,
        r##"<path d="M104 184h112l10 16H94z" fill="#5a5058"/><path d="M138 150h44v40h-44z" fill="#3a323a"/><circle cx="160" cy="112" r="66" fill="none" stroke="{k}" stroke-width="17"/><path d="M103 79a66 66 0 0 1 114 0" fill="none" stroke="{m}" stroke-width="17"/><path d="M150 38h20v18h-20z" fill="{a}"/><path d="M98 104h124v18l-42 8-10 44h-20l-10-44-42-8z" fill="#9ea3ab"/><circle cx="160" cy="116" r="23" fill="{m}"/><circle cx="160" cy="116" r="13" fill="{l}"/><g fill="{a}"><circle cx="122" cy="113" r="5"/><circle cx="198" cy="113" r="5"/></g>"##,
    ),
    drawing(
        "gaming_headset",
        60,
        r##"<path d="M96 132q-4-88 64-88t64 88" fill="none" stroke="{k}" stroke-width="14" stroke-linecap="round"/><path d="M118 76q42-44 84 0" fill="none" stroke="{a}" stroke-width="8" stroke-linecap="round"/><path d="M78 122q24-12 36 0v64q-14 12-36 0-10-32 0-64z" fill="{m}"/><path d="M242 122q-24-12-36 0v64q14 12 36 0 10-32 0-64z" fill="{m}"/><path d="M114 122h12v64h-12zM194 122h12v64h-12z" fill="{k}"/><path d="M92 138l10 16-10 16-10-16zM228 138l10 16-10 16-10-16z" fill="{a}"/><path d="M88 184q8 22 46 12" fill="none" stroke="{k}" stroke-width="6" stroke-linecap="round"/><rect x="130" y="186" width="26" height="14" rx="7" fill="{k}"/>"##,
    ),
    drawing(
        "arcade_stick",
        92,
        r##"<path d="M70 134h180l18 52q2 14-14 14H66q-16 0-14-14z" fill="{m}"/><path d="M52 184h216q4 16-14 16H66q-18 0-14-16z" fill="{d}"/><ellipse cx="110" cy="158" rx="25" ry="11" fill="{k}"/><path d="M105 92h10v66h-10z" fill="#9ea3ab"/><circle cx="110" cy="84" r="21" fill="{a}"/><circle cx="103" cy="77" r="6" fill="#fff" opacity=".5"/><g fill="{k}"><ellipse cx="164" cy="151" rx="13" ry="8"/><ellipse cx="197" cy="146" rx="13" ry="8"/><ellipse cx="229" cy="149" rx="13" ry="8"/><ellipse cx="166" cy="174" rx="13" ry="8"/><ellipse cx="200" cy="170" rx="13" ry="8"/><ellipse cx="234" cy="173" rx="13" ry="8"/></g><g fill="#fff6e8"><ellipse cx="164" cy="148" rx="10" ry="6"/><ellipse cx="229" cy="146" rx="10" ry="6"/><ellipse cx="200" cy="167" rx="10" ry="6"/></g><g fill="{a}"><ellipse cx="197" cy="143" rx="10" ry="6"/><ellipse cx="166" cy="171" rx="10" ry="6"/><ellipse cx="234" cy="170" rx="10" ry="6"/></g>"##,
    ),
    drawing(
        "chip",
        84,
        r##"<g stroke="#d9b25a" stroke-width="7"><path d="M112 50v26M136 50v26M160 50v26M184 50v26M208 50v26M112 172v26M136 172v26M160 172v26M184 172v26M208 172v26M86 76h26M86 100h26M86 124h26M86 148h26M86 172h26M208 76h26M208 100h26M208 124h26M208 148h26M208 172h26"/></g><rect x="98" y="62" width="124" height="124" rx="12" fill="{m}"/><path d="M198 62h12q12 0 12 12v100q0 12-12 12h-16q12-60 4-124z" fill="{d}" opacity=".5"/><rect x="122" y="86" width="76" height="76" rx="8" fill="#d5d8dc"/><path d="M122 94q0-8 8-8h40l-48 54z" fill="#fff" opacity=".55"/><path d="M166 98l-22 28h14l-6 24 24-30h-14z" fill="{a}"/><circle cx="112" cy="76" r="4" fill="{l}"/><path d="M206 176l8-8v8z" fill="{l}"/>"##,
    ),
];
