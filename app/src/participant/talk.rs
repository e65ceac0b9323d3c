//! The talk itself, as one seat sees it. Who sits across is "the other side", whatever it is.

use leptos::prelude::*;
use rules::{Act, Mills, Outcome, Role};

use super::{Inside, Screen, Table, Texts, form};

/// The longest message, in characters.
const MOST: u32 = 1_000;

/// The practice: offered, under way, or over.
pub fn practice(screen: &Screen, inside: &Inside, texts: &'static Texts) -> AnyView {
    match &inside.table {
        None => view! {
            <p class="prose-text">{texts.say("practice_lead")}</p>
            <div class="flex flex-wrap items-end gap-3">
                {form::one(screen, inside, "practise", texts.say("practice_begin"))}
                {form::quiet(screen, inside, "practised", texts.say("practice_skip"))}
            </div>
        }
        .into_any(),
        Some(at) if at.outcome.is_some() => view! {
            {told(at, texts)}
            <p role="status" class="alert my-4">{outcome(at.outcome, texts)} " " {texts.say("practice_over")}</p>
            {form::one(screen, inside, "practised", texts.say("go_on"))}
        }
        .into_any(),
        Some(_) => table(screen, inside, texts),
    }
}

/// What came of the last talk.
pub fn last(inside: &Inside, texts: &'static Texts) -> Option<AnyView> {
    let at = inside.table.as_ref()?;
    let view = view! { <p role="status" class="alert my-4">{outcome(at.outcome, texts)}</p> };
    Some(view.into_any())
}

fn outcome(outcome: Option<Outcome>, texts: &'static Texts) -> String {
    match outcome {
        Some(Outcome::Deal { price, .. }) => {
            texts.with("over_deal", &[("price", &price.to_string())])
        }
        Some(Outcome::Abandoned { .. }) => texts.say("over_left").to_owned(),
        Some(Outcome::EngineFailure) => texts.say("over_broken").to_owned(),
        _ => texts.say("over_none").to_owned(),
    }
}

pub fn table(screen: &Screen, inside: &Inside, texts: &'static Texts) -> AnyView {
    let Some(at) = &inside.table else { return ().into_any() };
    let limit = match at.role {
        Role::Buyer => texts.with("you_buy", &[("limit", &at.limit.to_string())]),
        Role::Seller => texts.with("you_sell", &[("limit", &at.limit.to_string())]),
    };
    let gone = at.partner_gone_s.map(|seconds| {
        let told = texts.with("partner_gone", &[("seconds", &seconds.to_string())]);
        view! { <p role="status" class="alert alert-warning my-4">{told}</p> }
    });
    let turn = if at.is_own_turn {
        composer(screen, inside, at, texts)
    } else {
        view! { <p role="status" class="my-4"><span class="loading loading-dots loading-sm" aria-hidden="true"></span> {texts.say("their_turn")}</p> }
            .into_any()
    };
    view! {
        <section class="panel my-4">
            <p class="font-semibold">{at.title.clone()}</p>
            <p class="text-sm line-clamp-4">{at.description.clone()}</p>
            <p class="mt-2">{texts.with("list_price", &[("price", &at.list_price.to_string())])}</p>
            <p class="mt-1 font-semibold">{limit}</p>
        </section>
        {told(at, texts)}
        {gone}
        {turn}
    }
    .into_any()
}

fn told(at: &Table, texts: &'static Texts) -> AnyView {
    if at.turns.is_empty() {
        return view! { <p class="prose-text">{texts.say("nothing_said")}</p> }.into_any();
    }
    let turns = at.turns.iter().map(|turn| {
        let own = turn.by == at.role;
        let who = texts.say(if own { "you" } else { "other" });
        let say = |own_key, other_key, price: Option<Mills>| {
            let price = price.map(|price| price.to_string()).unwrap_or_default();
            texts.with(if own { own_key } else { other_key }, &[("price", &price)])
        };
        let act = match turn.act {
            Act::Offer(price) => say("own_offer", "act_offer", Some(price)),
            Act::Accept(price) => say("own_accept", "act_accept", Some(price)),
            Act::Reject => say("own_reject", "act_reject", None),
            Act::Quit => say("own_quit", "act_quit", None),
            Act::Talk => String::new(),
        };
        let class = if own { "said said-own" } else { "said" };
        view! {
            <li class=class>
                <p class="text-sm font-semibold">{format!("{who} {act}")}</p>
                {(!turn.talk.is_empty()).then(|| view! { <p>{turn.talk.clone()}</p> })}
            </li>
        }
    });
    view! { <div role="log"><ol class="space-y-2">{turns.collect_view()}</ol></div> }.into_any()
}

fn composer(screen: &Screen, inside: &Inside, at: &Table, texts: &'static Texts) -> AnyView {
    let standing: Option<Mills> = *at.standing.get(at.role.other());
    let refusal = at.draft.refusal.clone().map(|text| {
        view! { <p role="alert" id="refusal" class="alert alert-warning">{text}</p> }
    });
    let accept = standing.map(|price| {
        view! {
            <input type="hidden" name="standing" value=price.0.to_string()/>
            <button class="btn btn-accent btn-wrap" name="act" value="accept">
                {texts.with("do_accept", &[("price", &price.to_string())])}
            </button>
        }
    });
    // Whoever spoke first has nothing to reject.
    let reject = standing.map(|_| {
        view! { <button class="btn btn-wrap" name="act" value="reject">{texts.say("do_reject")}</button> }
    });
    view! {
        <form method="post" action=format!("/s/{}/do", screen.slug) class="panel my-4 space-y-3" id=form::WRITTEN>
            {form::hidden(inside, "move")}
            <input type="hidden" name="turn" value=at.turns.len().to_string()/>
            <input type="hidden" name="writing" value=""/>
            <p role="status" class="font-semibold">
                {texts.say("your_turn")} " " {texts.with("rounds_left", &[("left", &at.left.to_string())])}
            </p>
            {refusal}
            <label class="block" for="talk">{texts.say("say")}</label>
            <textarea id="talk" name="talk" class="textarea w-full" rows="3" maxlength=MOST.to_string()>{at.draft.talk.clone()}</textarea>
            <div class="flex flex-wrap items-end gap-3">
                <div>
                    <label class="block text-sm" for="price">{texts.say("price")}</label>
                    <input id="price" name="price" class="input w-32" inputmode="decimal" value=at.draft.price.clone()/>
                </div>
                <button class="btn btn-primary" name="act" value="offer">{texts.say("do_offer")}</button>
                {accept}
            </div>
            <div class="flex flex-wrap gap-3">
                {reject}
                <details>
                    <summary class="btn btn-ghost">{texts.say("do_quit")}</summary>
                    <button class="btn btn-sm mt-2" name="act" value="quit">{texts.say("do_quit")}</button>
                </details>
            </div>
        </form>
    }
    .into_any()
}
