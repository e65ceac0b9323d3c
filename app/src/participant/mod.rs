//! Pages of a study for its participants: laid out by the server in the participant's language, whole without
//! scripts, and without a word of who sits across.
//!
//! They are documents of their own, not pages of the market: nothing of it is loaded, so that they are there at once on
//! a slow phone, and nothing leads out of the study by accident.

mod form;
mod over;
mod talk;
mod texts;

use leptos::prelude::*;
use rules::{Mills, Outcome, PerRole, Role, Turn};
use study::question::{Answers, Wrong};
use study::{Due, End, Place, Study};

use crate::format;

pub use texts::{Texts, languages, texts};

/// What a participant is shown.
pub struct Screen {
    /// The study's name in addresses.
    pub slug: String,
    pub study: Study,
    pub language: String,
    pub now_ms: i64,
    pub scene: Scene,
    pub notice: Option<Notice>,
}

pub enum Scene {
    /// Not let in yet. What the platform said goes along in the form.
    Start {
        fields: Vec<(String, String)>,
    },
    /// Somebody looks at the task at the platform.
    Preview,
    /// Without what the platform adds.
    NoLink,
    Closed,
    Full,
    /// Took part, and had the identity erased.
    Erased,
    In(Box<Inside>),
}

/// Somebody who was let in.
pub struct Inside {
    pub place: Place,
    /// What a form was made for: [`study::Progress::step`].
    pub step: u32,
    /// Changes when the page should be looked at again.
    pub revision: String,
    pub since_ms: i64,
    pub until_ms: Option<i64>,
    pub negotiated: u32,
    pub tries: u32,
    pub has_stand_in: bool,
    pub paused: bool,
    pub messages: Vec<String>,
    /// As it would be paid, or is.
    pub due: Due,
    /// The talk, or the practice.
    pub table: Option<Table>,
    pub given: Answers,
    pub wrong: std::collections::BTreeMap<String, Wrong>,
    /// At the end.
    pub code: Option<String>,
    /// Where the platform takes the code.
    pub back: Option<String>,
}

/// A talk as the participant's seat sees it.
pub struct Table {
    pub role: Role,
    pub title: String,
    pub description: String,
    pub list_price: Mills,
    pub limit: Mills,
    pub turns: Vec<Turn>,
    pub standing: PerRole<Option<Mills>>,
    pub is_own_turn: bool,
    pub left: u32,
    pub outcome: Option<Outcome>,
    /// Seconds until a partner who left counts as gone.
    pub partner_gone_s: Option<i64>,
    /// What was refused, as it was written.
    pub draft: Draft,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub talk: String,
    pub price: String,
    pub refusal: Option<String>,
}

/// Said above the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The form was made for an earlier page.
    Stale,
    QuizWrong,
    AnswersMissing,
}

/// Paths of the document's files, and what its script may run by.
pub struct Files {
    pub css: String,
    pub nonce: String,
}

/// Looks again, warns of time, and measures how messages are written. Pages are whole without it.
const SCRIPT: &str = include_str!("participant.js");

/// The whole document.
pub fn document(screen: &Screen, files: &Files) -> String {
    let texts = texts(&screen.language);
    let name = screen.study.say(&screen.study.name, &screen.language).to_owned();
    let (title, body) = scene(screen, texts);
    let inside = match &screen.scene {
        Scene::In(inside) => Some(inside.as_ref()),
        _ => None,
    };
    let waits = inside.is_some_and(|inside| inside.waits());
    let revision = inside.map(|inside| inside.revision.clone());
    let until = inside.and_then(|inside| inside.until_ms);
    let goes_on = inside.filter(|inside| !matches!(inside.place, Place::Over { .. }));
    let pulse = goes_on.map(|_| format!("/s/{}/pulse", screen.slug));
    // What was refused came back with what was written: a look for news must not lose it.
    let kept = inside.is_some_and(|inside| {
        let draft = inside.table.as_ref().map(|table| &table.draft);
        !inside.given.is_empty() || draft.is_some_and(|draft| *draft != Draft::default())
    });
    let document = view! {
        <html lang=screen.language.clone()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="robots" content="noindex"/>
                <title>{format!("{title}: {name}")}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=files.css.clone()/>
                {waits.then(|| view! { <noscript><meta http-equiv="refresh" content="4"/></noscript> })}
            </head>
            <body>
                <a class="skip-link" href="#main">{texts.say("skip")}</a>
                <header class="bg-base-100">
                    <div class="mx-auto flex max-w-3xl flex-wrap items-center justify-between gap-3 px-4 py-3">
                        <p class="font-display text-xl font-semibold">{name}</p>
                        {other_languages(screen)}
                    </div>
                    <div class="awning" aria-hidden="true"></div>
                </header>
                <main id="main" tabindex="-1" class="mx-auto w-full max-w-3xl px-4 py-6"
                    data-pulse=pulse data-revision=revision data-until=until.map(|at| at.to_string())
                    data-kept=kept.then_some("yes") data-now=screen.now_ms.to_string() data-warning=texts.say("time_warning")>
                    <h1 class="page-title">{title}</h1>
                    {notice(screen, texts)}
                    {inside.map(|inside| said(inside, texts))}
                    {body}
                    {inside.map(|inside| footer(screen, inside, texts))}
                </main>
                <div id="time-warning" role="alert" class="sr-only"></div>
                <script nonce=files.nonce.clone() inner_html=SCRIPT></script>
            </body>
        </html>
    };
    // Marks by which a browser would find the views again: nothing does here, and a title shows them.
    format!("<!DOCTYPE html>{}", document.to_html().replace("<!>", ""))
}

impl Inside {
    /// Whether the page has a form that something is written on.
    fn is_written_on(&self) -> bool {
        let own_turn = self.table.as_ref().is_some_and(|at| at.is_own_turn && at.outcome.is_none());
        !self.paused
            && match self.place {
                Place::Eligibility | Place::Quiz | Place::Survey => true,
                Place::Practice | Place::Negotiating { .. } => own_turn,
                _ => false,
            }
    }

    /// Whether the page goes on without its reader.
    fn waits(&self) -> bool {
        let theirs = self.table.as_ref().is_some_and(|table| !table.is_own_turn);
        self.paused || matches!(self.place, Place::Waiting | Place::Choosing) || theirs
    }
}

fn scene(screen: &Screen, texts: &'static Texts) -> (String, AnyView) {
    let plain = |key: &str| view! { <p class="prose-text">{texts.say(key)}</p> }.into_any();
    let name = || screen.study.say(&screen.study.name, &screen.language).to_owned();
    let inside = match &screen.scene {
        Scene::Start { fields } => return (name(), form::start(screen, fields, texts)),
        Scene::Preview => return (name(), plain("preview")),
        Scene::NoLink => return (name(), plain("no_link")),
        Scene::Closed => return (name(), plain("closed")),
        Scene::Full => return (name(), plain("full")),
        Scene::Erased => return (name(), plain("erased")),
        Scene::In(inside) => inside,
    };
    if inside.paused && !matches!(inside.place, Place::Over { .. } | Place::Negotiating { .. }) {
        return (name(), plain("paused"));
    }
    let study = &screen.study;
    let say = |text| study.say(text, &screen.language);
    let of = study.negotiations_of_each();
    let n = (inside.negotiated + 1).min(of.max(1));
    let numbered = |key: &str| texts.with(key, &[("n", &n.to_string()), ("of", &of.to_string())]);
    match inside.place {
        Place::Consent => (texts.say("consent_title").into(), form::consent(screen, inside, texts)),
        Place::Eligibility => (
            texts.say("eligibility_title").into(),
            form::questions(screen, inside, &study.eligibility, texts),
        ),
        Place::Instructions => (
            texts.say("instructions_title").into(),
            view! {
                {paragraphs(say(&study.instructions.text))}
                {form::one(screen, inside, "next", texts.say("instructions_next"))}
            }
            .into_any(),
        ),
        Place::Practice => {
            (texts.say("practice_title").into(), talk::practice(screen, inside, texts))
        }
        Place::Quiz => (
            texts.say("quiz_title").into(),
            view! {
                <p class="prose-text">
                    {texts.with("quiz_left", &[("left", &study.quiz.tries().saturating_sub(inside.tries).to_string())])}
                </p>
                <details class="panel my-4">
                    <summary class="cursor-pointer">{texts.say("instructions_again")}</summary>
                    {paragraphs(say(&study.instructions.text))}
                </details>
                {form::questions(screen, inside, &study.quiz.questions, texts)}
            }
            .into_any(),
        ),
        Place::Ready => (
            numbered("ready_title"),
            view! {
                {talk::last(inside, texts)}
                <p class="prose-text">{texts.say("ready_lead")}</p>
                {form::one(screen, inside, "next", texts.say("ready_begin"))}
            }
            .into_any(),
        ),
        Place::Waiting => {
            let waited = (screen.now_ms - inside.since_ms).max(0) / 1000;
            let told = texts.with(
                "waiting_since",
                &[
                    ("minutes", &(waited / 60).to_string()),
                    ("seconds", &(waited % 60).to_string()),
                    ("limit", &study.limits.wait.to_string()),
                ],
            );
            let view = view! {
                <p class="prose-text">{texts.say("waiting_lead")}</p>
                <p role="status" class="my-4"><span class="loading loading-dots loading-sm" aria-hidden="true"></span> {told}</p>
                {form::quiet(screen, inside, "leave", texts.say("waiting_leave"))}
            };
            (texts.say("waiting_title").into(), view.into_any())
        }
        Place::Choosing => {
            let stand_in = inside.has_stand_in.then(|| {
                form::quiet(screen, inside, "stand_in", texts.say("choosing_stand_in"))
            });
            let view = view! {
                <p class="prose-text">{texts.say("choosing_lead")}</p>
                <div class="my-4 space-y-3">
                    {form::one(screen, inside, "wait_on", texts.say("choosing_wait"))}
                    {stand_in}
                    {form::quiet(screen, inside, "leave", texts.say("waiting_leave"))}
                </div>
            };
            (texts.say("choosing_title").into(), view.into_any())
        }
        Place::Negotiating { .. } => {
            let product = inside.table.as_ref().map_or("", |table| table.title.as_str());
            let title = texts.with(
                "negotiating_title",
                &[("n", &n.to_string()), ("of", &of.to_string()), ("product", product)],
            );
            (title, talk::table(screen, inside, texts))
        }
        Place::Survey => (
            texts.say("survey_title").into(),
            view! {
                {talk::last(inside, texts)}
                {form::questions(screen, inside, &study.survey, texts)}
            }
            .into_any(),
        ),
        Place::Debrief => (
            texts.say("debrief_title").into(),
            view! {
                {paragraphs(say(&study.debrief))}
                {form::one(screen, inside, "next", texts.say("debrief_next"))}
            }
            .into_any(),
        ),
        Place::Over { end } => (texts.say("over_title").into(), over::over(inside, end, study, texts)),
    }
}

/// A blank line ends a paragraph.
fn paragraphs(text: &str) -> AnyView {
    let parts = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    let parts = parts.map(|part| view! { <p>{part.replace('\n', " ")}</p> }).collect_view();
    view! { <div class="prose-text space-y-3">{parts}</div> }.into_any()
}

fn notice(screen: &Screen, texts: &'static Texts) -> Option<AnyView> {
    let key = match screen.notice? {
        Notice::Stale => "stale",
        Notice::QuizWrong => "quiz_wrong",
        Notice::AnswersMissing => "answers_missing",
    };
    let view = view! { <p role="alert" class="alert alert-warning my-4">{texts.say(key)}</p> };
    Some(view.into_any())
}

/// What researchers wrote to this participant.
fn said(inside: &Inside, texts: &'static Texts) -> Option<AnyView> {
    if inside.messages.is_empty() {
        // The place where a word comes while something is written.
        return Some(view! { <div id="said"></div> }.into_any());
    }
    let said = inside.messages.iter().map(|text| view! { <p>{text.clone()}</p> }).collect_view();
    let view = view! {
        <section id="said" class="panel my-4" aria-labelledby="messages-title">
            <h2 id="messages-title" class="section-title">{texts.say("message_title")}</h2>
            <div class="space-y-2">{said}</div>
        </section>
    };
    Some(view.into_any())
}

fn other_languages(screen: &Screen) -> AnyView {
    let others = screen.study.languages.iter().filter(|other| **other != screen.language);
    let forms = others.map(|other| {
        let name = texts(other).say("language_name");
        match &screen.scene {
            Scene::In(inside) if matches!(inside.place, Place::Over { .. }) => ().into_any(),
            Scene::In(inside) => {
                let what = format!("language:{other}");
                form::beside(
                    screen,
                    inside,
                    what,
                    "btn btn-ghost btn-sm",
                    name,
                    Some(other.clone()),
                )
            }
            Scene::Start { fields } => {
                let address = fields.iter().filter(|(name, _)| name != "language").cloned();
                let query = address.chain([("language".to_owned(), other.clone())]);
                let query = query.map(|(name, value)| (name, Some(value))).collect::<Vec<_>>();
                let pairs = query.iter().map(|(name, value)| (name.as_str(), value.clone()));
                let href = crate::address::href(&format!("/s/{}", screen.slug), pairs);
                view! { <a class="btn btn-ghost btn-sm" href=href lang=other.clone()>{name}</a> }
                    .into_any()
            }
            _ => ().into_any(),
        }
    });
    view! { <div class="flex gap-1">{forms.collect_view()}</div> }.into_any()
}

fn footer(screen: &Screen, inside: &Inside, texts: &'static Texts) -> Option<AnyView> {
    if matches!(inside.place, Place::Over { .. }) {
        return None;
    }
    let time = inside.until_ms.map(|until| {
        let clock = format::clock_utc(until);
        view! {
            <div id="time" class="flex flex-wrap items-center gap-3">
                <span>{texts.with("time_left", &[("time", &clock)])}</span>
                {form::beside(screen, inside, "extend".to_owned(), "btn btn-sm btn-wrap", texts.say("more_time"), None)}
            </div>
        }
    });
    let money = |cents: u32| over::money(cents, &screen.study.pay.currency);
    let view = view! {
        <footer class="mt-10 space-y-3 border-t border-base-300 pt-4 text-sm">
            <p>{texts.with("pay_so_far", &[("total", &money(inside.due.total))])}</p>
            {time}
            <details>
                <summary class="cursor-pointer">{texts.say("leave")}</summary>
                <p class="my-2">{texts.say("leave_lead")}</p>
                {form::quiet(screen, inside, "withdraw", texts.say("leave_confirm"))}
            </details>
        </footer>
    };
    Some(view.into_any())
}

/// What each end is told by.
fn end_key(end: End) -> String {
    format!("end_{}", end.name())
}
