//! The end: what happened, the code, and pay that adds up.

use leptos::prelude::*;
use study::{Due, End, Study};

use super::{Inside, Texts, end_key};

/// Cents as people write them.
pub fn money(cents: u32, currency: &str) -> String {
    format!("{}.{:02} {currency}", cents / 100, cents % 100)
}

pub fn over(inside: &Inside, end: End, study: &Study, texts: &'static Texts) -> AnyView {
    let code = inside.code.clone().map(|code| {
        let back = inside.back.clone().map(|href| {
            view! { <p class="mt-3"><a class="btn btn-primary" href=href rel="external">{texts.say("code_link")}</a></p> }
        });
        view! {
            <div class="panel my-4">
                <p>{texts.say("code_lead")}</p>
                <p class="font-mono text-2xl font-semibold select-all">{code}</p>
                {back}
            </div>
        }
    });
    view! {
        <p class="prose-text">{texts.say(&end_key(end))}</p>
        {code}
        {pay(&inside.due, study, texts)}
    }
    .into_any()
}

fn pay(due: &Due, study: &Study, texts: &'static Texts) -> AnyView {
    let money = |cents: u32| money(cents, &study.pay.currency);
    let row = |label: String, cents: String| {
        view! { <tr><th scope="row" class="font-normal">{label}</th><td class="text-right tabular-nums">{cents}</td></tr> }
    };
    let talks = due.bonuses.iter().zip(1..).map(|(bonus, n): (_, u32)| {
        row(texts.with("pay_talk", &[("n", &n.to_string())]), money(bonus.cents))
    });
    let capped = (due.capped > 0)
        .then(|| row(texts.say("pay_capped").to_owned(), format!("\u{2212}{}", money(due.capped))));
    view! {
        <table class="table my-4 w-auto">
            <caption class="text-left font-semibold">{texts.say("pay_title")}</caption>
            <tbody>
                {row(texts.say("pay_base").to_owned(), money(due.base))}
                {talks.collect_view()}
                {capped}
            </tbody>
            <tfoot>{row(texts.say("pay_total").to_owned(), money(due.total))}</tfoot>
        </table>
    }
    .into_any()
}
