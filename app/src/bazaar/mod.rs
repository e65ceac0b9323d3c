//! Pages of markets of many: which there are, and one of them seen from above.
//!
//! They are documents of their own, as participants' pages are: the picture needs every frame and none of the market's
//! code, and people join from a phone. What moves is `souk.js`; without it a page says what it would show.

use leptos::prelude::*;
use serde::Serialize;
use wire::{MarketHead, MarketScene, MarketStatus};

use crate::format::{self, capitalised as capital};

/// Draws, plays back, and sends what people do.
pub const SCRIPT: &str = include_str!("souk.js");

/// Beside the style sheet of all pages.
pub const STYLES: &str = include_str!("../../../style/bazaar.css");

/// What every document of a market is made with.
pub struct Frame {
    /// Path of the style sheet of all pages.
    pub css: String,
    /// Path of [`STYLES`].
    pub own_css: String,
    /// Path of [`SCRIPT`].
    pub script: String,
    pub nonce: String,
    /// As the visitor chose it; none: as the system is.
    pub theme: Option<String>,
    pub researcher: bool,
}

/// A population that comes with Souk.
pub struct Offered {
    pub name: &'static str,
    pub summary: String,
}

/// The list, and the form that opens one.
pub struct ListPage {
    pub markets: Vec<MarketHead>,
    pub now_ms: i64,
    pub populations: Vec<Offered>,
    /// What was refused, with what was written.
    pub refused: Option<(String, Written)>,
    /// Of the form, so that a double click opens one.
    pub key: String,
}

#[derive(Default)]
pub struct Written {
    pub population: String,
    pub seed: String,
    pub pace: String,
    pub title: String,
    pub file: String,
}

/// One market.
pub struct MarketPage {
    pub scene: MarketScene,
    pub status: MarketStatus,
    pub pace_ms: Option<u32>,
    /// Whether the reader sits in it.
    pub sits: bool,
    /// Whether the reader sets its clock.
    pub keeps_clock: bool,
    /// Whether people can take seats.
    pub seats: (usize, usize),
}

/// What the script reads.
#[derive(Serialize)]
struct Given<'a> {
    scene: &'a MarketScene,
    status: MarketStatus,
    pace_ms: Option<u32>,
    sits: bool,
    researcher: bool,
}

pub fn list(page: &ListPage, frame: &Frame) -> String {
    let rows = page.markets.iter().map(|market| {
        let how = match market.status {
            MarketStatus::Running => "under way",
            MarketStatus::Paused => "its clock stands",
            MarketStatus::Over => "over",
        };
        view! {
            <li class="panel">
                <h3 class="font-display text-lg font-semibold">
                    <a class="link-hover" href=format!("/markets/{}", market.id)>{market.title.clone()}</a>
                </h3>
                <p>{format!(
                    "{}, step {} of {}: {} stalls, {} buyers, {} sold{}.",
                    capital(how), market.step, market.steps, market.stalls, market.buyers, market.sold,
                    match market.people { 0 => String::new(), 1 => ", one person in it".to_owned(), n => format!(", {n} people in it") },
                )}</p>
                <p class="text-sm">"Opened " {format::ago(market.created_ms, page.now_ms)}</p>
            </li>
        }
    });
    let rows = rows.collect_view();
    let none = page.markets.is_empty().then(|| {
        view! { <p class="prose-text">"No market was opened yet. Open one: it begins at once, and everybody can watch it and join."</p> }
    });
    let body = view! {
        <h1 class="page-title">"Markets"</h1>
        <p class="prose-text mb-6">
            "Many stalls and many buyers on one clock: scripts, language models and people. Each buyer talks to several stalls at once, so that one seller's price is another one's rival. Watch it from above, or take a seat."
        </p>
        <div class="bazaar-list">
            <section aria-labelledby="there">
                <h2 id="there" class="section-title">"Under way, and before"</h2>
                {none}
                <ul class="space-y-4">{rows}</ul>
            </section>
            {opening(page, frame)}
        </div>
    };
    document("Markets", frame, &body.to_html(), None)
}

fn opening(page: &ListPage, frame: &Frame) -> AnyView {
    let (problem, written) = match &page.refused {
        Some((problem, written)) => (Some(problem.clone()), written),
        None => (None, &Written::default()),
    };
    let chosen = match written.population.as_str() {
        "" => page.populations.first().map_or("", |first| first.name),
        written => written,
    };
    let populations = page.populations.iter().map(|one| {
        view! {
            <label class="choice">
                <input type="radio" name="population" value=one.name class="radio radio-sm radio-primary" checked=one.name == chosen/>
                <span>
                    <span class="font-semibold">{one.name}</span>
                    <span class="block text-sm">{one.summary.clone()}</span>
                </span>
            </label>
        }
    });
    let paces = [
        (2000, "slow: two seconds"),
        (1000, "a second"),
        (500, "half a second"),
        (200, "fast: a fifth of a second"),
    ];
    let paces = paces.map(|(ms, told)| {
        let chosen = written.pace.parse().unwrap_or(1000);
        view! { <option value=ms.to_string() selected=chosen == ms>{told}</option> }
    });
    let file = frame.researcher.then(|| {
        view! {
            <div>
                <label class="field-label" for="file">"Or a population's file, in TOML"</label>
                <textarea id="file" name="file" rows="8" class="textarea w-full font-mono text-sm" spellcheck="false">{written.file.clone()}</textarea>
            </div>
        }
    });
    view! {
        <section aria-labelledby="open-title">
            <h2 id="open-title" class="section-title">"Open a market"</h2>
            <form method="post" action="/markets" class="panel space-y-4">
                {problem.map(|problem| view! { <p role="alert" class="field-error">{problem}</p> })}
                <input type="hidden" name="key" value=page.key.clone()/>
                <fieldset>
                    <legend class="field-label">"Who comes"</legend>
                    <div class="space-y-2">{populations.collect_view()}</div>
                </fieldset>
                <div>
                    <label class="field-label" for="title">"Its name, if you like"</label>
                    <input id="title" name="title" maxlength="100" class="input w-full" value=written.title.clone()/>
                </div>
                <div>
                    <label class="field-label" for="seed">"Seed"</label>
                    <input id="seed" name="seed" type="number" min="0" class="input w-full" value=written.seed.clone() placeholder="as in the file"/>
                    <p class="text-sm">"The same seed draws the same people with the same limits."</p>
                </div>
                <div>
                    <label class="field-label" for="pace">"Time of a step"</label>
                    <select id="pace" name="pace" class="select w-full">{paces}</select>
                </div>
                {file}
                <button class="btn btn-primary">"Open it"</button>
            </form>
        </section>
    }
    .into_any()
}

pub fn market(page: &MarketPage, frame: &Frame) -> String {
    let scene = &page.scene;
    let given = Given {
        scene,
        status: page.status,
        pace_ms: page.pace_ms,
        sits: page.sits,
        researcher: frame.researcher && !page.sits,
    };
    // Within a script element: nothing of it may end that.
    let given = serde_json::to_string(&given).unwrap_or_default().replace('<', "\\u003c");
    let counts = format!(
        "{} stalls, {} buyers, {} goods",
        scene.stalls.len(),
        scene.buyers.len(),
        scene.goods.len()
    );
    let body = view! {
        <p class="text-sm"><a href="/markets" class="link">"Markets"</a></p>
        <h1 class="page-title">{scene.title.clone()}</h1>
        <p class="status-line mb-3"><span id="state"></span> <span>{counts}</span></p>
        <noscript><p class="alert alert-warning my-4">"The market is drawn by a script, and yours are off. Its log can be read as data: "<a class="link" href=format!("/api/v1/markets/{}/feed", scene.id)>"what happened so far"</a>"."</p></noscript>
        <p id="link" role="status" class="alert alert-warning my-2" hidden>"The connection is away. Nothing is lost; the page looks again by itself."</p>
        <div class="bazaar">
            {picture(page)}
            <div class="bazaar-side">
                {seat(page)}
                <section aria-labelledby="follow-title">
                    <h2 id="follow-title" class="section-title">"Follow one"</h2>
                    <label class="field-label" for="follow">"Who"</label>
                    <select id="follow" class="select w-full mb-2">{agents(scene)}</select>
                    <div id="followed" class="space-y-1"></div>
                </section>
                <section aria-labelledby="thread-title">
                    <h2 id="thread-title" class="section-title">"A talk"</h2>
                    <div id="thread"></div>
                </section>
                <section aria-labelledby="deals-title">
                    <h2 id="deals-title" class="section-title">"Latest deals"</h2>
                    <ul id="deals" class="space-y-1"></ul>
                </section>
            </div>
            <div class="bazaar-rest">
                {words()}
                {drawings(scene)}
            </div>
        </div>
        <script type="application/json" id="given" inner_html=given></script>
    };
    document(&scene.title, frame, &body.to_html(), Some(&frame.script))
}

fn picture(page: &MarketPage) -> AnyView {
    let keeps = page.keeps_clock.then(|| {
        view! {
            <div id="clock" class="flex flex-wrap items-center gap-2" role="group" aria-label="The market's own clock">
                <span class="text-sm">"The market's own clock, for everybody:"</span>
                <button type="button" id="clock-pause" class="btn btn-sm">"Stop its clock"</button>
                <button type="button" id="clock-step" class="btn btn-sm">"One step"</button>
                <label class="sr-only" for="clock-pace">"Time of a step"</label>
                <select id="clock-pace" class="select select-sm w-auto">
                    {[("", "its pace"), ("4000", "4 s a step"), ("2000", "2 s"), ("1000", "1 s"), ("500", "½ s"), ("200", "⅕ s")]
                        .map(|(ms, told)| view! { <option value=ms disabled=ms.is_empty() selected=ms.is_empty()>{told}</option> })}
                </select>
            </div>
        }
    });
    view! {
        <section aria-labelledby="picture-title" class="bazaar-above">
            <h2 id="picture-title" class="sr-only">"The market from above"</h2>
            <canvas id="souk" class="bazaar-picture" role="img" aria-describedby="summary" aria-label="Stalls by their goods, and buyers moving between them. The same in words is below."></canvas>
            <p id="summary" class="text-sm"></p>
            <div class="flex flex-wrap items-center gap-2" role="group" aria-label="Looking back and on">
                <button type="button" id="back" class="btn btn-sm" aria-label="A step back">"◀"</button>
                <button type="button" id="play" class="btn btn-sm btn-primary bazaar-play">"Pause"</button>
                <button type="button" id="forth" class="btn btn-sm" aria-label="A step on">"▶"</button>
                <button type="button" id="live" class="btn btn-sm">"Live"</button>
                <label class="sr-only" for="speed">"Speed of looking back"</label>
                <select id="speed" class="select select-sm w-auto">
                    {[("0.5", "half speed"), ("1", "a step a second"), ("2", "2 times"), ("4", "4 times"), ("16", "16 times")]
                        .map(|(value, told)| view! { <option value=value selected=value == "1">{told}</option> })}
                </select>
                <label class="sr-only" for="time">"Step"</label>
                <input type="range" id="time" min="0" max="1" value="0" step="1" class="bazaar-time" disabled/>
                <span id="at" class="text-sm tabular-nums"></span>
                <button type="button" id="share" class="btn btn-sm btn-ghost">"Copy a link to this moment"</button>
                <span id="shared" role="status" class="text-sm"></span>
            </div>
            {keeps}
            <ul class="bazaar-key text-sm" aria-label="Key">
                <li><span class="key-seller">"stall"</span>", with what it has left; one that a person keeps has a flag"</li>
                <li><span class="key-buyer">"buyer"</span>"; a person is a diamond"</li>
                <li><span class="act act-accept">"$"</span>" a deal"</li>
            </ul>
        </section>
    }
    .into_any()
}

fn words() -> AnyView {
    let columns = |names: &[&'static str]| {
        names.iter().map(|name| view! { <th scope="col">{*name}</th> }).collect_view()
    };
    view! {
        <details id="words" class="panel">
            <summary class="cursor-pointer font-semibold">"The market in words"</summary>
            <h3 class="section-title mt-4">"In this step and the one before"</h3>
            <div class="bazaar-happened" tabindex="0" role="region" aria-label="What happened"><ul id="happened"></ul></div>
            <h3 class="section-title mt-4">"Stalls"</h3>
            <div class="overflow-x-auto bazaar-table" tabindex="0" role="region" aria-label="Stalls"><table class="table table-sm">
                <thead><tr>{columns(&["Stall", "Good", "Kept by", "State", "Left", "Talks", "Last price"])}</tr></thead>
                <tbody id="stalls"></tbody>
            </table></div>
            <h3 class="section-title mt-4">"Buyers who are here"</h3>
            <div class="overflow-x-auto bazaar-table" tabindex="0" role="region" aria-label="Buyers who are here"><table class="table table-sm">
                <thead><tr>{columns(&["Buyer", "Played by", "Talks with", "Bought"])}</tr></thead>
                <tbody id="buyers"></tbody>
            </table></div>
        </details>
    }
    .into_any()
}

fn drawings(scene: &MarketScene) -> AnyView {
    let goods = scene.goods.iter().enumerate();
    let goods = goods
        .map(|(at, good)| view! { <option value=at.to_string()>{good.title.clone()}</option> });
    view! {
        <section aria-labelledby="figures-title" class="space-y-4">
            <h2 id="figures-title" class="section-title">"Figures"</h2>
            <dl id="gains" class="flex flex-wrap gap-x-8 gap-y-2"></dl>
            <div class="overflow-x-auto" tabindex="0" role="region" aria-label="By good"><table class="table table-sm w-auto">
                <caption class="text-left">"Up to the time that is shown. Dispersion is the spread of a good's prices over their mean."</caption>
                <thead><tr><th scope="col">"Good"</th><th scope="col">"List price"</th><th scope="col">"Sold"</th><th scope="col">"Mean price"</th><th scope="col">"Dispersion"</th></tr></thead>
                <tbody id="goods"></tbody>
            </table></div>
            <div>
                <label class="field-label" for="good">"Drawn for"</label>
                <select id="good" class="select w-full max-w-md">{goods.collect_view()}</select>
            </div>
            <figure class="panel ratings min-w-0">
                <figcaption class="field-label">"The way of prices, by step; dashed is the list price, between the lines are clearing prices"</figcaption>
                <div id="prices"></div>
            </figure>
            <figure class="panel ratings min-w-0">
                <figcaption class="field-label">"Supply and demand, by unit; points are sales in their order"</figcaption>
                <div id="curves"></div>
            </figure>
        </section>
    }
    .into_any()
}

fn seat(page: &MarketPage) -> AnyView {
    let (buyers, stalls) = page.seats;
    let joins = match (buyers + stalls, page.scene.mechanism) {
        (0, _) => view! { <p>"This market has no seats for people. Watch it, or open one that has: the plaza."</p> }.into_any(),
        _ => view! {
            <p>"The market waits for nobody. Take a seat, and bargain with whoever is there; what a thing is worth to you is told to you alone. What you say and offer is seen by everybody who watches."</p>
            <div class="flex flex-wrap gap-2">
                <button type="button" id="join-buyer" class="btn btn-primary" hidden=buyers == 0>"Join as a buyer"</button>
                <button type="button" id="join-seller" class="btn" hidden=stalls == 0>"Keep a stall"</button>
            </div>
        }
        .into_any(),
    };
    // The script looks for both.
    let absent = (buyers + stalls == 0).then(|| {
        view! { <button type="button" id="join-buyer" hidden></button><button type="button" id="join-seller" hidden></button> }
    });
    view! {
        <section aria-labelledby="seat-title" class="space-y-3">
            <h2 id="seat-title" class="section-title" tabindex="-1">"Your seat"</h2>
            <p id="seat-problem" role="alert" class="field-error"></p>
            <div id="join" class="space-y-3">{joins}{absent}</div>
            <div id="seat" class="space-y-3" hidden>
                <div id="facts" class="space-y-2"></div>
                <p id="talks-none" class="text-sm"></p>
                <div id="talks" class="space-y-3"></div>
                <form id="posting" class="flex flex-wrap items-end gap-2" hidden>
                    <div><label class="field-label" for="posted">"Your price for everybody, $"</label><input id="posted" class="input bazaar-price" inputmode="decimal" autocomplete="off"/></div>
                    <button class="btn btn-sm btn-primary">"Post it"</button>
                </form>
                <details id="choice" open>
                    <summary class="cursor-pointer font-semibold">"Stalls with what you want"</summary>
                    <ul id="own-stalls" class="bazaar-stalls"></ul>
                </details>
                <div id="leaving">
                    <button type="button" id="leave" class="btn btn-sm btn-ghost">"Leave the market"</button>
                    <div id="leave-sure" class="flex flex-wrap items-center gap-2" hidden>
                        <span>"Your talks end, and somebody else may take the seat."</span>
                        <button type="button" id="leave-yes" class="btn btn-sm btn-error">"Leave"</button>
                        <button type="button" id="leave-no" class="btn btn-sm">"Stay"</button>
                    </div>
                </div>
            </div>
        </section>
    }
    .into_any()
}

fn agents(scene: &MarketScene) -> AnyView {
    let option = |name: String, told: String| view! { <option value=name>{told}</option> };
    let of = |what: &str, n: usize, by: &str| {
        option(format!("{what}-{}", n + 1), format!("{} {}, {by}", capital(what), n + 1))
    };
    let stalls = scene.stalls.iter().enumerate().map(|(n, one)| of("stall", n, &one.negotiator));
    let buyers = scene.buyers.iter().enumerate().map(|(n, one)| of("buyer", n, &one.negotiator));
    view! {
        <option value="">"Nobody"</option>
        <optgroup label="Stalls">{stalls.collect_view()}</optgroup>
        <optgroup label="Buyers">{buyers.collect_view()}</optgroup>
    }
    .into_any()
}

fn document(title: &str, frame: &Frame, body: &str, script: Option<&str>) -> String {
    let script = script.map(|path| {
        view! { <script nonce=frame.nonce.clone() src=path.to_owned() defer></script> }
    });
    let signed_in =
        if frame.researcher { ("/research", "Research") } else { ("/sign-in", "Sign in") };
    let document = view! {
        <html lang="en" data-theme=frame.theme.clone()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{format!("{title}: Souk")}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=frame.css.clone()/>
                <link rel="stylesheet" href=frame.own_css.clone()/>
                {script}
            </head>
            <body>
                <a class="skip-link" href="#main">"Skip to the content"</a>
                <header class="bg-base-100">
                    <div class="bazaar-wide flex flex-wrap items-center gap-x-6 gap-y-1 px-4 pb-2 pt-3 sm:px-6">
                        <a href="/" class="font-display text-2xl font-semibold tracking-tight">"Souk"</a>
                        <nav aria-label="Main" class="order-last w-full sm:order-none sm:w-auto sm:grow">
                            <ul class="main-nav -mx-2 flex items-center gap-1">
                                <li><a href="/">"Market"</a></li>
                                <li><a href="/markets" aria-current="page">"Markets of many"</a></li>
                                <li><a href="/watch">"Watch"</a></li>
                                <li><a href="/about">"How it works"</a></li>
                            </ul>
                        </nav>
                        <a class="btn btn-ghost btn-sm ml-auto" href=signed_in.0>{signed_in.1}</a>
                    </div>
                    <div class="awning" aria-hidden="true"></div>
                </header>
                <main id="main" tabindex="-1" class="bazaar-wide px-4 py-6 sm:px-6" inner_html=body.to_owned()></main>
            </body>
        </html>
    };
    // Marks by which a browser would find the views again: nothing does here, and a title shows them.
    format!("<!DOCTYPE html>{}", document.to_html().replace("<!>", ""))
}
