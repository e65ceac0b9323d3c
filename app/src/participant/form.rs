//! Forms: each posts what was pressed with the page that it was made for, and is answered by the page that is next.

use leptos::prelude::*;
use study::question::{Kind, Wrong};
use study::{Question, Study};

use super::{Inside, Screen, Texts, paragraphs};

/// What every form sends: what is done, and for which page.
pub fn hidden(inside: &Inside, what: &str) -> AnyView {
    view! {
        <input type="hidden" name="do" value=what.to_owned()/>
        <input type="hidden" name="step" value=inside.step.to_string()/>
    }
    .into_any()
}

fn button(
    screen: &Screen,
    inside: &Inside,
    what: &str,
    label: &str,
    class: &'static str,
) -> AnyView {
    view! {
        <form method="post" action=format!("/s/{}/do", screen.slug)>
            {hidden(inside, what)}
            <button class=class>{label.to_owned()}</button>
        </form>
    }
    .into_any()
}

/// The form on which something is written, where the page has one: other buttons take along what is written there.
pub const WRITTEN: &str = "written";

/// A button of no form of its own: more time, another language. What is written on the page goes with it, and comes
/// back.
pub fn beside(
    screen: &Screen,
    inside: &Inside,
    what: String,
    class: &'static str,
    label: &str,
    lang: Option<String>,
) -> AnyView {
    let label = label.to_owned();
    if inside.is_written_on() {
        return view! {
            <button class=class form=WRITTEN name="also" value=what lang=lang formnovalidate>{label}</button>
        }
        .into_any();
    }
    view! {
        <form method="post" action=format!("/s/{}/do", screen.slug)>
            <input type="hidden" name="step" value=inside.step.to_string()/>
            <button class=class name="also" value=what lang=lang>{label}</button>
        </form>
    }
    .into_any()
}

/// The way on.
pub fn one(screen: &Screen, inside: &Inside, what: &str, label: &str) -> AnyView {
    button(screen, inside, what, label, "btn btn-primary mt-4")
}

/// Another way.
pub fn quiet(screen: &Screen, inside: &Inside, what: &str, label: &str) -> AnyView {
    button(screen, inside, what, label, "btn btn-sm btn-wrap")
}

/// Nothing is recorded before it is pressed: who only follows links takes no place.
pub fn start(screen: &Screen, fields: &[(String, String)], texts: &'static Texts) -> AnyView {
    let fields = fields
        .iter()
        .map(|(name, value)| view! { <input type="hidden" name=name.clone() value=value.clone()/> })
        .collect_view();
    view! {
        <p class="prose-text">{texts.say("begin_lead")}</p>
        <form method="post" action=format!("/s/{}/enter", screen.slug)>
            {fields}
            <button class="btn btn-primary mt-4">{texts.say("begin")}</button>
        </form>
    }
    .into_any()
}

pub fn consent(screen: &Screen, inside: &Inside, texts: &'static Texts) -> AnyView {
    let text = screen.study.say(&screen.study.consent.text, &screen.language);
    view! {
        {paragraphs(text)}
        <div class="flex flex-wrap items-end gap-3">
            {one(screen, inside, "consent", texts.say("consent_yes"))}
            {button(screen, inside, "decline", texts.say("consent_no"), "btn mt-4")}
        </div>
    }
    .into_any()
}

pub fn questions(
    screen: &Screen,
    inside: &Inside,
    questions: &[Question],
    texts: &'static Texts,
) -> AnyView {
    let all = questions
        .iter()
        .map(|question| one_question(screen, inside, question, texts))
        .collect_view();
    view! {
        <form method="post" action=format!("/s/{}/do", screen.slug) class="space-y-6" id=WRITTEN>
            {hidden(inside, "answer")}
            {all}
            <button class="btn btn-primary">{texts.say("send")}</button>
        </form>
    }
    .into_any()
}

fn one_question(
    screen: &Screen,
    inside: &Inside,
    question: &Question,
    texts: &'static Texts,
) -> AnyView {
    let name = question.name.clone();
    let given = inside.given.get(&name).cloned().unwrap_or_default();
    let study: &Study = &screen.study;
    let say = |text| study.say(text, &screen.language).to_owned();
    let wrong = inside.wrong.get(&name).map(|why| {
        let key = match why {
            Wrong::Missing => "missing",
            Wrong::NoSuchChoice => "no_such_choice",
            Wrong::OutOfRange => "out_of_range",
            Wrong::TooLong => "too_long",
        };
        view! { <p id=format!("wrong-{name}") class="field-error">{texts.say(key)}</p> }
    });
    let described = wrong.is_some().then(|| format!("wrong-{name}"));
    let optional = question.optional.then(|| format!(" ({})", texts.say("optional")));
    let radio = |value: String, label: String| {
        let checked = given == value;
        view! {
            <label class="flex items-start gap-2">
                <input type="radio" class="radio radio-sm mt-1" name=name.clone() value=value checked=checked/>
                <span>{label}</span>
            </label>
        }
    };
    let text = say(&question.text);
    match &question.answer {
        Kind::Choice { options, .. } => {
            let options = options.iter().map(|o| radio(o.value.clone(), say(&o.text))).collect_view();
            view! {
                <fieldset aria-describedby=described>
                    <legend class="font-medium mb-2">{text}{optional}</legend>
                    <div class="space-y-2">{options}</div>
                    {wrong}
                </fieldset>
            }
            .into_any()
        }
        Kind::Likert { points, low, high } => {
            let (low, high) = (say(low), say(high));
            let options = (1..=*points)
                .map(|point| {
                    let label = match point {
                        1 => format!("1, {low}"),
                        last if last == *points => format!("{last}, {high}"),
                        other => other.to_string(),
                    };
                    let value = point.to_string();
                    let checked = given == value;
                    view! {
                        <label class="flex flex-col items-center gap-1">
                            <input type="radio" class="radio radio-sm" name=name.clone() value=value checked=checked aria-label=label/>
                            <span aria-hidden="true">{point.to_string()}</span>
                        </label>
                    }
                })
                .collect_view();
            view! {
                <fieldset aria-describedby=described>
                    <legend class="font-medium mb-2">{text}{optional}</legend>
                    <div class="max-w-md">
                        <div class="mb-1 flex justify-between gap-4 text-sm" aria-hidden="true">
                            <span>{low.clone()}</span>
                            <span class="text-right">{high.clone()}</span>
                        </div>
                        <div class="flex justify-between">{options}</div>
                    </div>
                    {wrong}
                </fieldset>
            }
            .into_any()
        }
        Kind::Number { min, max, .. } => {
            let range = texts.with("from_to", &[("from", &min.to_string()), ("to", &max.to_string())]);
            view! {
                <div>
                    <label class="font-medium mb-2 block" for=format!("q-{name}")>{text}{optional}{format!(", {range}")}</label>
                    <input id=format!("q-{name}") class="input w-32" inputmode="numeric" name=name.clone() value=given aria-describedby=described/>
                    {wrong}
                </div>
            }
            .into_any()
        }
        Kind::Words { most } => view! {
            <div>
                <label class="font-medium mb-2 block" for=format!("q-{name}")>{text}{optional}</label>
                <textarea id=format!("q-{name}") class="textarea w-full" rows="4" maxlength=most.to_string() name=name.clone() aria-describedby=described>{given}</textarea>
                {wrong}
            </div>
        }
        .into_any(),
    }
}
