//! Ladders: the list with a form for another one, and one.

use leptos::prelude::*;
use wire::{Ladder, LadderGroup, LadderId, LadderPage, LadderStatus, Lead, Placed, Problem, Rung};

use super::Sheet;
use crate::backend::{Backend, Caller};
use crate::browser;
use crate::format;
use crate::numbers::number;
use crate::sheet::dots::{self, Dot};

/// Between two looks at one that is worked out.
const LOOK_MS: u32 = 2_000;

pub async fn list(
    backend: &dyn Backend,
    caller: Caller,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    let ladders = backend.ladders(caller).await?;
    let now = browser::now_ms();
    let items = ladders.iter().map(|ladder| {
        let shown = if ladder.public { "public" } else { "for researchers" };
        let when = match (ladder.status, ladder.computed_ms) {
            (LadderStatus::Computing, _) => "being worked out".to_owned(),
            (LadderStatus::Failed, _) => "failed".to_owned(),
            (LadderStatus::Ready, Some(at)) => format!("worked out {}", format::ago(at, now)),
            (LadderStatus::Ready, None) => "not worked out".to_owned(),
        };
        view! {
            <li class="panel">
                <a class="link font-semibold" href=format!("/ladders/{}", ladder.id)>{ladder.title.clone()}</a>
                <p class="text-sm">{when} ", " {shown}</p>
            </li>
        }
    });
    let items = items.collect_view();
    let problem = get("problem").map(|code| match code.as_str() {
        "ladder_title_short" => "A title has 1 to 80 characters.",
        _ => "Conditions look like split=test&category=books: take them from the address of the table of episodes, behind the question mark.",
    });
    let body = view! {
        <p class="text-sm"><a href="/research" class="link">"Research"</a></p>
        <h1 class="page-title">"Ladders"</h1>
        <p class="mb-4 max-w-prose">
            "Who is better than whom, by wins and by payoff: agents are compared where they played the same role of the same scenario, against the same opponent."
        </p>
        <div class="lab-grid">
            <section aria-labelledby="ladders-title">
                <h2 id="ladders-title" class="section-title">"Ladders, newest first"</h2>
                {if ladders.is_empty() {
                    view! { <p>"No ladder yet. Make one with the form: without conditions all episodes count."</p> }.into_any()
                } else {
                    view! { <ul class="space-y-3">{items}</ul> }.into_any()
                }}
            </section>
            <section aria-labelledby="new-title">
                <h2 id="new-title" class="section-title">"A new ladder"</h2>
                {problem.map(|told| view! { <p role="alert" class="alert alert-error alert-soft mb-3">{told}</p> })}
                <form method="post" action="/research/ladders" class="panel space-y-3">
                    <div>
                        <label class="field-label" for="title">"Title"</label>
                        <input id="title" name="title" class="input w-full" maxlength="80" required autocomplete="off"/>
                    </div>
                    <div>
                        <label class="field-label" for="conditions">"Which episodes count"</label>
                        <input id="conditions" name="conditions" class="input w-full" value=get("conditions") placeholder="split=test" autocomplete="off"/>
                        <p class="mt-1 text-sm">
                            "As in the address of the " <a class="link" href="/research/episodes">"table of episodes"</a> ". Empty: all."
                        </p>
                    </div>
                    <label class="flex items-center gap-2">
                        <input type="checkbox" name="public" value="true" class="checkbox checkbox-sm"/>
                        "Everybody with the address sees it"
                    </label>
                    <button class="btn btn-primary">"Make it"</button>
                </form>
            </section>
        </div>
    };
    Ok(Sheet { title: "Ladders".to_owned(), body: body.to_html(), again_ms: None })
}

pub async fn one(backend: &dyn Backend, caller: Caller, id: LadderId) -> Result<Sheet, Problem> {
    let page = backend.ladder(caller, id).await?;
    let researcher = caller.researcher.is_some();
    let computing = page.status == LadderStatus::Computing;
    let body = view! {
        {researcher.then(|| view! { <p class="text-sm"><a href="/research" class="link">"Research"</a> ", " <a href="/research/ladders" class="link">"Ladders"</a></p> })}
        <h1 class="page-title">{page.title.clone()}</h1>
        {standing(&page)}
        {researcher.then(|| commands(&page))}
        {page.result.as_ref().map(result)}
    };
    let again_ms = computing.then_some(LOOK_MS);
    Ok(Sheet { title: page.title.clone(), body: body.to_html(), again_ms })
}

fn standing(page: &LadderPage) -> AnyView {
    let told = match (page.status, &page.result, page.computed_ms) {
        (LadderStatus::Computing, None, _) => "It is being worked out.".to_owned(),
        (LadderStatus::Computing, Some(_), _) => {
            "It is being worked out anew; this is the last result.".to_owned()
        }
        (LadderStatus::Failed, ..) => {
            let why = page.failure.clone().unwrap_or_else(|| "no reason is known".to_owned());
            format!("The last attempt failed: {why}.")
        }
        (LadderStatus::Ready, Some(ladder), Some(at)) => format!(
            "From {} over {}, {}.",
            format::counted(ladder.episodes, "episode", "episodes"),
            format::counted(i64::from(ladder.products), "product", "products"),
            format::ago(at, browser::now_ms()),
        ),
        (LadderStatus::Ready, ..) => "Nobody has worked it out.".to_owned(),
    };
    let busy = page.status == LadderStatus::Computing;
    let episodes = (!page.conditions.is_empty()).then(|| {
        let href = format!("/research/episodes?{}", page.conditions);
        view! { " " <a class="link" href=href>"Its episodes"</a> }
    });
    view! {
        <p role="status">
            {busy.then(|| view! { <span class="loading loading-spinner loading-sm" aria-hidden="true"></span> " " })}
            {told} {episodes}
        </p>
    }
    .into_any()
}

/// What cannot be taken back asks again.
fn commands(page: &LadderPage) -> AnyView {
    let action = |what: &str| format!("/ladders/{}/{what}", page.id);
    let (public, label) = match page.public {
        true => ("false", "Show it to researchers alone"),
        false => ("true", "Show it to everybody"),
    };
    view! {
        <div class="mt-3 flex flex-wrap items-start gap-2">
            <form method="post" action=action("again")>
                <button class="btn btn-sm" disabled=page.status == LadderStatus::Computing>"Work it out again"</button>
            </form>
            <form method="post" action=action("public")>
                <input type="hidden" name="public" value=public/>
                <button class="btn btn-sm">{label}</button>
            </form>
            <details class="text-sm">
                <summary class="btn btn-sm">"Delete"</summary>
                <form method="post" action=action("delete") class="mt-2">
                    <p>"Its episodes stay; its address is gone."</p>
                    <button class="btn btn-error btn-sm mt-2">"Delete this ladder"</button>
                </form>
            </details>
        </div>
    }
    .into_any()
}

fn result(ladder: &Ladder) -> AnyView {
    if ladder.groups.is_empty() {
        let told = "Nobody can be compared: no two agents played the same role of the same scenario. Run a suite with several negotiators.";
        return view! { <p class="mt-6">{told}</p> }.into_any();
    }
    let several = ladder.groups.len() > 1;
    let groups = ladder.groups.iter().enumerate().map(|(at, one)| group(one, at, several));
    let groups = groups.collect_view();
    let alone = (!ladder.alone.is_empty()).then(|| {
        let told = format!("Compared with nobody: {}.", ladder.alone.join(", "));
        view! { <p class="mt-6 text-sm">{told}</p> }
    });
    view! {
        {several.then(|| view! { <p class="mt-4 text-sm">"These groups cannot be compared with each other: nobody of the one played the same role of the same scenario as somebody of the other."</p> })}
        {groups}
        {alone}
        <p class="mt-6 max-w-prose text-sm">
            "Payoff is the own surplus over |B − C|, 0 without a deal; the rating is what remains of it when role and scenario (product, opponent, personas) are taken out, on average over the group 0. "
            "Wins is Bradley-Terry over who earned more in the same role of the same scenario. Intervals and ranks hold in 95% of resampled products."
        </p>
    }
    .into_any()
}

fn group(group: &LadderGroup, at: usize, several: bool) -> AnyView {
    let title = if several { format!("Group {}", at + 1) } else { "Places".to_owned() };
    let rows = group.rungs.iter().map(rung).collect_view();
    let heading = title.clone();
    view! {
        <section class="mt-8" aria-label=title>
            <h2 class="section-title">{heading}</h2>
            {chart(group)}
            <div class="mt-3 overflow-x-auto" tabindex="0" role="region" aria-label="Ratings">
                <table class="table table-sm">
                    <thead>
                        <tr>
                            <th scope="col">"Agent"</th>
                            <th scope="col">"Episodes"</th>
                            <th scope="col">"Payoff"</th>
                            <th scope="col">"Rank"</th>
                            <th scope="col">"Wins"</th>
                            <th scope="col">"Rank"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {group.lead.as_ref().map(lead)}
            {wins(group)}
        </section>
    }
    .into_any()
}

fn agent_title(rung: &Rung) -> String {
    match rung.agent.as_str() {
        "person" => "People".to_owned(),
        name if rung.title == name => name.to_owned(),
        name => format!("{} ({name})", rung.title),
    }
}

fn rung(rung: &Rung) -> AnyView {
    let cells = |placed: &Placed| {
        let (low, high) = (placed.rating.low.unwrap_or(0.0), placed.rating.high.unwrap_or(0.0));
        let ranks = match placed.best_rank == placed.worst_rank {
            true => placed.rank.to_string(),
            false => format!("{} ({} to {})", placed.rank, placed.best_rank, placed.worst_rank),
        };
        view! {
            <td class="whitespace-nowrap tabular-nums">
                {placed.rating.value.map(number)} <span class="text-xs">{format!(" [{}, {}]", number(low), number(high))}</span>
            </td>
            <td class="whitespace-nowrap tabular-nums">{ranks}</td>
        }
    };
    view! {
        <tr>
            <th scope="row" class="sticky left-0 bg-base-200">{agent_title(rung)}</th>
            <td class="tabular-nums">{rung.episodes}</td>
            {cells(&rung.payoff)}
            {cells(&rung.wins)}
        </tr>
    }
    .into_any()
}

/// Payoff ratings with their intervals as a drawing; the table says the same.
fn chart(group: &LadderGroup) -> AnyView {
    let dots = group.rungs.iter().map(|rung| {
        let rating = rung.payoff.rating;
        Dot {
            name: rung.agent.clone(),
            value: rating.value.unwrap_or(0.0),
            low: rating.low.unwrap_or(0.0),
            high: rating.high.unwrap_or(0.0),
        }
    });
    let label = format!(
        "Payoff ratings of {} agents with intervals, best first; the table below has the numbers",
        group.rungs.len()
    );
    dots::figure(
        &dots.collect::<Vec<_>>(),
        label,
        "Payoff rating, with intervals of 95%: to the right is better.",
    )
}

/// How much the first place rests on few products.
fn lead(lead: &Lead) -> AnyView {
    let Lead { first, second, products, without } = lead;
    let told = match without {
        _ if *products == 0 => format!(
            "{first} and {second} never played the same role of the same scenario: their order rests on others in between."
        ),
        None => format!(
            "On the {products} products that both met, {first} is not ahead of {second}: its place rests on the others."
        ),
        Some(n) => format!(
            "How firm the first place is: {first} would no longer be ahead of {second} without {n} of the {products} products that both met ({}).",
            format::percent(f64::from(*n) / f64::from((*products).max(1)))
        ),
    };
    view! { <p class="mt-3 max-w-prose text-sm">{told}</p> }.into_any()
}

fn wins(group: &LadderGroup) -> AnyView {
    let rows = group.rungs.iter().zip(&group.wins).map(|(rung, row)| {
        let cells = row.iter().map(|share| match share {
            None => view! { <td></td> }.into_any(),
            Some(share) => {
                let class = format!("text-right tabular-nums {}", shade(*share));
                view! { <td class=class>{format::percent(*share)}</td> }.into_any()
            }
        });
        view! { <tr><th scope="row" class="sticky left-0 bg-base-200">{rung.agent.clone()}</th>{cells.collect_view()}</tr> }
    });
    let rows = rows.collect_view();
    let heads = group
        .rungs
        .iter()
        .map(|rung| view! { <th scope="col" class="whitespace-normal">{rung.agent.clone()}</th> });
    view! {
        <div class="mt-6 overflow-x-auto" tabindex="0" role="region" aria-label="Win matrix">
            <table class="table table-sm">
                <caption class="pb-1 text-left text-sm">
                    <span class="sticky left-0 inline-block max-w-[85vw]">"How often the one of the row earned more than the one of the column in the same role of the same scenario; ties count half."</span>
                </caption>
                <thead><tr><td></td>{heads.collect_view()}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn shade(share: f64) -> &'static str {
    match share {
        s if s <= 0.25 => "shade-minus-2",
        s if s < 0.45 => "shade-minus-1",
        s if s <= 0.55 => "",
        s if s < 0.75 => "shade-plus-1",
        _ => "shade-plus-2",
    }
}
