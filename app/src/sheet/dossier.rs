//! One episode in full: both sides' limits and thoughts, read-outs, rewards by their terms, calls, notes.

use leptos::prelude::*;
use rules::metrics::{Facts, PersonaMarkers};
use rules::reward::RewardSpec;
use rules::{Episode, Event, Interest, Mills, Outcome, PerRole, Regulation, Role, Turn};
use wire::{
    Dossier, EpisodeId, EpisodePage, EpisodeSearch, EpisodeStatus, NegotiatorCard, Origin, Problem,
    Rating, Reveal,
};

use super::words::words;
use super::{Sheet, counterfactual};
use crate::backend::{Backend, Caller};
use crate::browser;
use crate::episode_query;
use crate::feed::Seen;
use crate::format;
use crate::numbers::number;
use crate::parts::{Bubble, CallList, LadderView, OutcomeBadge, ScoreCard};

pub async fn sheet(
    backend: &dyn Backend,
    caller: Caller,
    id: EpisodeId,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    let dossier = backend.dossier(caller, id).await?;
    let tags = backend.tags(caller).await?;
    let negotiators = backend.negotiators().await?;
    let title = dossier.page.head.product.title.clone();
    let told = Told::of(&dossier.page);
    let body = view! {
        {head(&dossier)}
        <div class="talk-grid mt-4">
            <div class="talk-main">
                {transcript(&dossier.page)}
                {rewards(dossier.reveal.as_ref())}
                {(!dossier.calls.is_empty()).then(|| view! { <CallList calls=dossier.calls.clone()/> })}
                {words(&dossier)}
            </div>
            <aside class="talk-side" aria-label="What can be read from it">
                {told.as_ref().map(ladder)}
                {told.as_ref().and_then(efficiency)}
                {told.as_ref().map(read_outs)}
                {origin(id, &dossier)}
                {notes(id, &dossier, &tags, get("problem"))}
                {what_if(&dossier, &negotiators, &get)}
            </aside>
        </div>
    };
    Ok(Sheet { title: format!("Episode: {title}"), body: body.to_html(), again_ms: None })
}

/// For an episode that is over; its limits would show in what comes of it.
fn what_if(
    dossier: &Dossier,
    negotiators: &[NegotiatorCard],
    get: &impl Fn(&str) -> Option<String>,
) -> Option<AnyView> {
    if dossier.page.head.status != EpisodeStatus::Over {
        return None;
    }
    let moves = dossier.page.events.iter().filter(|e| matches!(e.event, Event::Moved { .. }));
    // Behind the last one it is over.
    let most = u32::try_from(moves.count()).unwrap_or(u32::MAX).saturating_sub(1);
    let after = get("after").and_then(|after| after.parse().ok()).filter(|after| *after <= most);
    Some(counterfactual::section(dossier, negotiators, most, after, get("refused")))
}

/// The episode as the reader may see it.
struct Told {
    table: rules::Table,
    limits: PerRole<Option<Mills>>,
    /// Where all of both sides is seen.
    facts: Option<Facts>,
}

impl Told {
    /// `None` where nothing happened yet.
    fn of(page: &EpisodePage) -> Option<Told> {
        let events = || page.events.iter().map(|envelope| &envelope.event);
        let Seen { table, limits, .. } = Seen::fold(page.head.viewer, events())?;
        let whole =
            events().all(|event| *event != Event::Hidden).then(|| Episode::replay(events()));
        let facts = whole
            .and_then(Result::ok)
            .map(|whole| Facts::of(&whole, &RewardSpec::PAPER, &PersonaMarkers::default()));
        Some(Told { table, limits, facts })
    }
}

fn head(dossier: &Dossier) -> AnyView {
    let head = &dossier.page.head;
    let outcome = dossier.page.events.iter().find_map(|envelope| match envelope.event {
        Event::Ended { outcome } => Some(outcome),
        _ => None,
    });
    let seats = format!(
        "{} buys from {}.",
        format::capitalised(&format::seat_name(&head.seats.buyer)),
        format::seat_name(&head.seats.seller),
    );
    let (link, name) = match head.status {
        EpisodeStatus::Over => (format!("/replay/{}", head.id), "Replay it move by move"),
        _ => (format!("/watch/{}", head.id), "Watch it live"),
    };
    let product = head.product.id.0.clone();
    let same =
        EpisodeSearch { product: Some(wire::ProductId(product)), ..EpisodeSearch::default() };
    view! {
        <p class="text-sm"><a href="/research" class="link">"Research"</a> ", " <a href="/research/episodes" class="link">"Episodes"</a></p>
        <h1 class="page-title">{head.product.title.clone()}</h1>
        <p class="flex flex-wrap items-center gap-3">
            <OutcomeBadge status=head.status outcome/>
            <span>{seats}</span>
            <a class="link" href=link>{name}</a>
            <a class="link" href=episode_query::href(&same)>"All over this product"</a>
        </p>
        {head.failure.clone().map(|failure| view! { <p class="alert alert-warning alert-soft mt-3">{failure.sentence}</p> })}
    }
    .into_any()
}

/// Everything that was said, thought and done, in order.
fn transcript(page: &EpisodePage) -> AnyView {
    let seats = &page.head.seats;
    let mut own = PerRole { buyer: 0, seller: 0 };
    let mut message = 0;
    let over = page.head.status == EpisodeStatus::Over;
    let rows = page.events.iter().filter_map(|envelope| {
        let note = |who: String, text: String| {
            Some(view! { <p class="aside-note"><span class="font-semibold">{who}</span> " " {text}</p> }.into_any())
        };
        match envelope.event.clone() {
            Event::Thought { by, text } => note(format!("The {} thought:", by.name()), text),
            Event::Redacted { by, talk } => {
                note(format!("The guard took the {}'s limit out of:", by.name()), talk)
            }
            Event::Intervened { by, intervention } => note(
                format!("The environment changed the {}'s move:", by.name()),
                format!(
                    "it was {}, by the rule {}.",
                    format::act(intervention.original.act),
                    regulation_name(intervention.regulation)
                ),
            ),
            Event::Moved { by, talk, act } => {
                let round = own.get_mut(by);
                *round += 1;
                message += 1;
                let turn = Turn { by, round: *round, talk, act };
                let seat = seats.get(by).clone();
                Some(view! { <div id=format!("m{message}")><Bubble turn me=None seat/>{fork_link(over, message)}</div> }.into_any())
            }
            _ => None,
        }
    });
    let rows = rows.collect_view();
    view! {
        <section aria-labelledby="transcript-title">
            <h2 id="transcript-title" class="section-title">"Transcript"</h2>
            {if message == 0 {
                view! { <p>"Nobody has spoken yet."</p> }.into_any()
            } else {
                view! { <div class="chat-log dossier-log">{rows}</div> }.into_any()
            }}
        </section>
    }
    .into_any()
}

/// To the form that goes on from a message.
fn fork_link(over: bool, message: u32) -> Option<AnyView> {
    let href = format!("?after={message}#what-if");
    let label = format!("What if, from message {message} on");
    over.then(|| view! { <p class="fork-link"><a class="link text-xs" rel="external" href=href aria-label=label>"What if, from here"</a></p> }.into_any())
}

fn regulation_name(regulation: Regulation) -> &'static str {
    match regulation {
        Regulation::CounterAtFloor => "counter at the floor",
        Regulation::Resample => "resample",
        Regulation::RewriteMarkup { .. } => "rewrite with a markup",
    }
}

fn rewards(reveal: Option<&Reveal>) -> Option<AnyView> {
    let scores = reveal?.scores.clone();
    let cards = Role::BOTH.map(|role| {
        let score = scores.get(role).clone();
        view! { <ScoreCard score role me=None/> }
    });
    Some(
        view! {
            <section class="mt-8" aria-labelledby="rewards-title">
                <h2 id="rewards-title" class="section-title">"Rewards, term by term"</h2>
                <div class="grid gap-4 sm:grid-cols-2">{cards.collect_view()}</div>
            </section>
        }
        .into_any(),
    )
}

fn ladder(told: &Told) -> AnyView {
    let rows = Role::BOTH.into_iter().flat_map(|role| {
        told.table.offers_of(role).map(move |(round, price)| (round, role, price))
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|(round, role, _)| (*round, *role == Role::Seller));
    let rows = rows.into_iter().map(|(round, role, price)| {
        view! { <tr><td>{round}</td><td>{role.name()}</td><td class="tabular-nums">{format::money(price)}</td></tr> }
    });
    view! {
        <section class="panel">
            <h2 class="field-label">"Offers"</h2>
            <LadderView table=told.table.clone() limits=told.limits/>
            <details class="text-sm">
                <summary class="cursor-pointer">"As a table"</summary>
                <table class="table table-sm">
                    <thead><tr><th scope="col">"Round"</th><th scope="col">"By"</th><th scope="col">"Offer"</th></tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </details>
        </section>
    }
    .into_any()
}

/// How far the outcome is from the best for both together, and from an even split.
fn efficiency(told: &Told) -> Option<AnyView> {
    let facts = told.facts.as_ref()?;
    let Facts { budget, cost, outcome, .. } = *facts;
    let outcome = outcome?;
    let room = (budget - cost).0 as f64;
    let price = match outcome {
        Outcome::Deal { price, .. } => Some(price),
        _ => None,
    };
    let lines = match (facts.interest(), price) {
        (Interest::Mutual, Some(price)) => {
            let share = (price - cost).0 as f64 / room;
            let even = Mills(i64::midpoint(budget.0, cost.0));
            let inside = (0.0..=1.0).contains(&share);
            vec![
                ("Surplus to share".to_owned(), format::money(budget - cost)),
                ("Seller's share".to_owned(), number(share)),
                (
                    "From the Nash solution".to_owned(),
                    format!(
                        "{} {} it ({} each would be even)",
                        format::money(Mills((price - even).0.abs())),
                        if price < even { "below" } else { "above" },
                        format::money(even)
                    ),
                ),
                ("Nash product, of the greatest".to_owned(), number(4.0 * share * (1.0 - share))),
                (
                    "Pareto".to_owned(),
                    match inside {
                        true => "on the frontier: neither could gain but from the other".to_owned(),
                        false => "one side would have done better without the deal".to_owned(),
                    },
                ),
            ]
        }
        (Interest::Mutual, None) => vec![
            (
                "Surplus lost".to_owned(),
                format!("{}: a deal would have served both", format::money(budget - cost)),
            ),
            ("Nash product, of the greatest".to_owned(), "0".to_owned()),
        ],
        (_, Some(_)) => vec![(
            "Surplus destroyed".to_owned(),
            format!("{}: no price could serve both", format::money(cost - budget)),
        )],
        (_, None) => {
            vec![("Surplus".to_owned(), "none to share: to walk away was right".to_owned())]
        }
    };
    Some(readings("Efficiency", lines))
}

fn readings(title: &'static str, lines: Vec<(String, String)>) -> AnyView {
    let lines = lines.into_iter().map(|(name, value)| {
        view! { <dt>{name}</dt><dd class="tabular-nums">{value}</dd> }
    });
    view! {
        <section class="panel">
            <h2 class="field-label">{title}</h2>
            <dl class="readings">{lines.collect_view()}</dl>
        </section>
    }
    .into_any()
}

/// What each side did with its offers.
fn read_outs(told: &Told) -> AnyView {
    let Some(facts) = &told.facts else {
        let told =
            "They need both sides' limits and thoughts, which who sits at the table is not shown.";
        return view! { <section class="panel"><h2 class="field-label">"Read-outs"</h2><p class="text-sm">{told}</p></section> }
            .into_any();
    };
    let rows: Vec<(&str, PerRole<String>)> = vec![
        (
            "First offer, of the own limit",
            each(|role| {
                let first = facts.seats.get(role).offers.first()?;
                Some(number(first.price.0 as f64 / facts.limit(role).0 as f64))
            }),
        ),
        ("Offers", each(|role| Some(facts.seats.get(role).offers.len().to_string()))),
        (
            "Concession per offer, of the list price",
            each(|role| mean(facts.concessions(role)).map(number)),
        ),
        (
            "Never went back",
            each(|role| {
                let steps: Vec<f64> = facts.concessions(role).collect();
                let yes = steps.iter().all(|step| *step >= 0.0);
                (!steps.is_empty()).then(|| if yes { "yes" } else { "no" }.to_owned())
            }),
        ),
        (
            "Gave per dollar given",
            each(|role| {
                let replies: Vec<(f64, f64)> = facts.replies(role).collect();
                let theirs: f64 = replies.iter().map(|(theirs, _)| theirs).sum();
                let own: f64 = replies.iter().map(|(_, own)| own).sum();
                (theirs.abs() > 1e-12).then(|| number(own / theirs))
            }),
        ),
        ("Went beyond the own limit", each(|role| Some(yes_no(facts.seats.get(role).overshot)))),
        ("Said the own limit", each(|role| Some(yes_no(facts.seats.get(role).stated_limit)))),
    ];
    let rows = rows.into_iter().map(|(name, PerRole { buyer, seller })| {
        view! { <tr><th scope="row" class="font-normal">{name}</th><td class="tabular-nums">{buyer}</td><td class="tabular-nums">{seller}</td></tr> }
    });
    view! {
        <section class="panel">
            <h2 class="field-label">"Read-outs"</h2>
            <table class="table table-sm">
                <thead><tr><td></td><th scope="col">"Buyer"</th><th scope="col">"Seller"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn each(of: impl Fn(Role) -> Option<String>) -> PerRole<String> {
    let shown = |role| of(role).unwrap_or_else(|| "–".to_owned());
    PerRole { buyer: shown(Role::Buyer), seller: shown(Role::Seller) }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / f64::from(n))
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

/// Where it comes from.
fn origin(id: EpisodeId, dossier: &Dossier) -> AnyView {
    let Origin { code_version, seed, evaluation, suite, run, rollout, ended_ms } =
        dossier.origin.clone();
    let head = &dossier.page.head;
    let now = browser::now_ms();
    let of_evaluation = evaluation.map(|id| {
        let all = EpisodeSearch { evaluation: Some(id), run, ..EpisodeSearch::default() };
        let rollout = rollout.map(|rollout| format!(", rollout {}", rollout + 1));
        view! { <dt>"Evaluation"</dt><dd><a class="link" href=episode_query::href(&all)>"its episodes"</a> {rollout}</dd> }
    });
    let of_suite = suite.map(|id| {
        view! { <dt>"Suite"</dt><dd><a class="link" href=format!("/suites/{id}")>"its figures"</a></dd> }
    });
    let of_run = run.map(|id| {
        view! { <dt>"Training run"</dt><dd><a class="link" href=format!("/runs/{id}")>"its curves"</a></dd> }
    });
    let forked = head.forked_from.map(|fork| {
        let parent = format!("/research/episodes/{}", fork.episode);
        view! { <dt>"Goes on from"</dt><dd><a class="link" href=parent>"another episode"</a> {format!(", behind event {}", fork.seq)}</dd> }
    });
    let ended = ended_ms.map(|at| view! { <dt>"Ended"</dt><dd>{format::ago(at, now)}</dd> });
    let personas = dossier.page.events.iter().find_map(|envelope| match &envelope.event {
        Event::Opened(opening) => Some(opening.listing.personas.clone()),
        _ => None,
    });
    let personas = personas.map(|personas| {
        let named = Role::BOTH.into_iter().filter_map(|role| {
            personas.get(role).as_ref().map(|persona| format!("{}: {persona}", role.name()))
        });
        let named: Vec<String> = named.collect();
        (!named.is_empty()).then(|| view! { <dt>"Personas"</dt><dd>{named.join(", ")}</dd> })
    });
    view! {
        <section class="panel">
            <h2 class="field-label">"Where it comes from"</h2>
            <dl class="readings">
                <dt>"Begun"</dt><dd>{format::ago(head.created_ms, now)}</dd>
                {ended}
                {personas}
                {seed.map(|seed| view! { <dt>"Seed"</dt><dd class="break-all">{seed.to_string()}</dd> })}
                <dt>"Code"</dt><dd class="break-all">{code_version}</dd>
                <dt>"Id"</dt><dd class="break-all">{id.to_string()}</dd>
                {of_evaluation} {of_suite} {of_run} {forked}
            </dl>
            <p class="mt-2 text-sm"><a class="link" rel="external" href=format!("/api/v1/research/episodes/{id}")>"All of it as JSON"</a></p>
        </section>
    }
    .into_any()
}

/// Scales that are offered; others can be typed.
const SCALES: [&str; 3] = ["sense", "honesty", "skill"];

/// Labels and ratings, with forms that post.
fn notes(id: EpisodeId, dossier: &Dossier, known: &[String], problem: Option<String>) -> AnyView {
    let action = format!("/research/episodes/{id}/tags");
    let rate = format!("/research/episodes/{id}/ratings");
    let tags = dossier.tags.iter().map(|tag| {
        let all = EpisodeSearch { tag: Some(tag.clone()), ..EpisodeSearch::default() };
        view! {
            <li>
                <form method="post" action=action.clone() class="join">
                    <input type="hidden" name="tag" value=tag.clone()/>
                    <input type="hidden" name="away" value="true"/>
                    <a class="badge badge-soft badge-info h-auto py-1" href=episode_query::href(&all)>{tag.clone()}</a>
                    <button class="btn btn-ghost btn-xs" aria-label=format!("Take the tag {tag} away")>"×"</button>
                </form>
            </li>
        }
    });
    let tags = tags.collect_view();
    let ratings = dossier.ratings.iter().map(|rating| opinion(rating, &rate));
    let ratings = ratings.collect_view();
    let problem = problem.map(|code| match code.as_str() {
        "episode_tag_short" => "A tag has 1 to 40 characters.",
        _ => "A rating has a scale of 1 to 40 characters, a score from 1 to 5 and a note of up to 1,000 characters.",
    });
    let scores = (1..=5).map(|score| view! { <option value=score>{score}</option> }).collect_view();
    view! {
        <section class="panel" id="notes">
            <h2 class="field-label">"Tags and ratings"</h2>
            {problem.map(|told| view! { <p role="alert" class="alert alert-error alert-soft mb-3">{told}</p> })}
            {if dossier.tags.is_empty() {
                view! { <p class="text-sm">"No tag yet."</p> }.into_any()
            } else {
                view! { <ul class="flex flex-wrap gap-2" aria-label="Tags">{tags}</ul> }.into_any()
            }}
            <form method="post" action=action.clone() class="mt-2 flex flex-wrap items-end gap-2">
                <div class="grow">
                    <label class="field-label" for="new-tag">"New tag"</label>
                    <input id="new-tag" name="tag" class="input input-sm w-full" maxlength="40" required list="known-tags" autocomplete="off"/>
                </div>
                <button class="btn btn-sm">"Tag it"</button>
            </form>
            <datalist id="known-tags">{known.iter().map(|tag| view! { <option value=tag.clone()></option> }).collect_view()}</datalist>
            <ul class="mt-4 space-y-2 text-sm">{ratings}</ul>
            <form method="post" action=rate.clone() class="mt-2 space-y-2">
                <div class="flex flex-wrap gap-2">
                    <div class="grow">
                        <label class="field-label" for="scale">"Rate its"</label>
                        <input id="scale" name="scale" class="input input-sm w-full" maxlength="40" required list="scales" autocomplete="off"/>
                    </div>
                    <div>
                        <label class="field-label" for="score">"From 1 to 5"</label>
                        <select id="score" name="score" class="select select-sm" required>{scores}</select>
                    </div>
                </div>
                <label class="field-label" for="note">"Why, if you like"</label>
                <textarea id="note" name="note" class="textarea textarea-sm w-full" rows="2" maxlength="1000"></textarea>
                <button class="btn btn-sm">"Rate it"</button>
            </form>
            <datalist id="scales">{SCALES.map(|scale| view! { <option value=scale></option> }).collect_view()}</datalist>
            <p class="mt-3 text-sm"><a class="link" href="/research/ratings">"How far raters agree"</a></p>
        </section>
    }
    .into_any()
}

fn opinion(rating: &Rating, action: &str) -> AnyView {
    let Rating { scale, score, note, rater, own } = rating.clone();
    let told = format!("{scale}: {score} of 5, {}", if own { "you" } else { &rater });
    let note = (!note.is_empty()).then(|| view! { <p>{note}</p> });
    let undo = own.then(|| {
        view! {
            <form method="post" action=action.to_owned() class="inline">
                <input type="hidden" name="scale" value=scale.clone()/>
                <input type="hidden" name="score" value=""/>
                <button class="btn btn-ghost btn-xs" aria-label=format!("Take your rating of its {scale} away")>"×"</button>
            </form>
        }
    });
    view! { <li>{told} {undo} {note}</li> }.into_any()
}
