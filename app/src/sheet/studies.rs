//! Studies for researchers: the list, and one with its file, its participants, what came out and what is paid.

use leptos::prelude::*;
use similar::{ChangeTag, TextDiff};
use study::Study;
use study::results::{Excluded, Results};
use wire::{Problem, StudyId};

use super::Sheet;
use crate::backend::{Backend, Caller};
use crate::browser;
use crate::format;
use crate::numbers::number;
use crate::study_desk::{Participant, Payment, StudyCard, StudyPage};

/// Between two looks at a study that is under way.
const LOOK_MS: u32 = 5_000;

pub async fn list(
    backend: &dyn Backend,
    caller: Caller,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    let studies = backend.studies(caller).await?;
    let now = browser::now_ms();
    let items = studies.iter().map(|study| {
        view! {
            <li class="panel">
                <a class="link font-semibold" href=format!("/studies/{}", study.id)>{study.title.clone()}</a>
                <p class="text-sm">{format!("{}, {}", state(study), format::ago(study.created_ms, now))}</p>
                <p class="text-sm">{format!("{} completed, {} under way", study.completed, study.under_way)}</p>
            </li>
        }
    });
    let items = items.collect_view();
    let problem = get("problem").map(|code| match code.as_str() {
        "study_slug_unique" => "Another study has this name in addresses: choose another.",
        _ => "The name in addresses is 3 to 40 of a-z, 0-9 and -.",
    });
    let bases = studies.iter().map(|study| {
        view! { <option value=study.id.to_string()>{format!("{} ({})", study.title, study.slug)}</option> }
    });
    let body = view! {
        <p class="text-sm"><a href="/research" class="link">"Research"</a></p>
        <h1 class="page-title">"Studies"</h1>
        <p class="mb-4 max-w-prose">
            "Recruited people bargain against models, or against each other, without knowing which. What they do is stored as episodes beside all others."
        </p>
        <div class="lab-grid">
            <section aria-labelledby="studies-title">
                <h2 id="studies-title" class="section-title">"Studies, newest first"</h2>
                {if studies.is_empty() {
                    view! { <p>"No study yet. The form makes one from the study that comes with Souk: base against trained."</p> }.into_any()
                } else {
                    view! { <ul class="space-y-3">{items}</ul> }.into_any()
                }}
            </section>
            <section aria-labelledby="new-title">
                <h2 id="new-title" class="section-title">"A new study"</h2>
                {problem.map(|told| view! { <p role="alert" class="alert alert-error alert-soft mb-3">{told}</p> })}
                <form method="post" action="/research/studies" class="panel space-y-3">
                    <div>
                        <label class="field-label" for="slug">"Name in addresses"</label>
                        <input id="slug" name="slug" required class="input w-full" pattern="[a-z0-9\\-]{3,40}" placeholder="selling-by-chat"/>
                    </div>
                    <div>
                        <label class="field-label" for="from">"Begin with"</label>
                        <select id="from" name="from" class="select w-full">
                            <option value="">"Base against RLVR-trained, as it comes with Souk"</option>
                            {bases.collect_view()}
                        </select>
                    </div>
                    <button class="btn btn-primary">"Make a draft"</button>
                </form>
            </section>
        </div>
    };
    Ok(Sheet { title: "Studies".to_owned(), body: body.to_html(), again_ms: None })
}

fn state(study: &StudyCard) -> String {
    format!("{}{}", study.status, if study.pilot { ", a pilot" } else { "" })
}

pub async fn one(
    backend: &dyn Backend,
    caller: Caller,
    id: StudyId,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    let page = backend.study(caller, id).await?;
    let under_way = page.card.status == "open" && get("view").is_none_or(|v| v == "participants");
    let told = get("refused").map(|why| {
        view! { <p role="alert" class="alert alert-error alert-soft mb-4">{why}</p> }
    });
    let view = get("view").unwrap_or_else(|| "overview".to_owned());
    let part = match view.as_str() {
        "file" => file(&page, get("compare")),
        "participants" => participants(&page),
        "results" => results(&page.study, &page.results, &page.power),
        "payments" => payments(&page),
        _ => overview(&page),
    };
    let tabs = [
        ("overview", "Overview"),
        ("file", "File"),
        ("participants", "Participants"),
        ("results", "Results"),
        ("payments", "Pay and privacy"),
    ];
    let tabs = tabs.map(|(name, title)| {
        let here = (name == view).then_some("page");
        view! { <li><a class="btn btn-sm" href=format!("/studies/{id}?view={name}") aria-current=here>{title}</a></li> }
    });
    let body = view! {
        <p class="text-sm"><a href="/research/studies" class="link">"Studies"</a></p>
        <h1 class="page-title">{page.card.title.clone()}</h1>
        <p class="mb-4">{format!("{}; {} completed, {} under way", state(&page.card), page.card.completed, page.card.under_way)}</p>
        {told}
        <nav aria-label="Parts of the study" class="mb-6"><ul class="flex flex-wrap gap-2">{tabs.into_iter().collect_view()}</ul></nav>
        {part}
    };
    Ok(Sheet {
        title: format!("Study: {}", page.card.title),
        body: body.to_html(),
        again_ms: under_way.then_some(LOOK_MS),
    })
}

fn command(
    page: &StudyPage,
    what: &'static str,
    label: &'static str,
    class: &'static str,
) -> AnyView {
    view! {
        <form method="post" action=format!("/studies/{}/do", page.card.id)>
            <button class=class name="do" value=what>{label}</button>
        </form>
    }
    .into_any()
}

fn overview(page: &StudyPage) -> AnyView {
    let flaws = page.flaws.iter().map(|flaw| {
        view! { <li><code>{flaw.place.clone()}</code> ": " {flaw.sentence.clone()}</li> }
    });
    let launch = match (page.card.status.as_str(), page.flaws.is_empty()) {
        ("draft", true) => view! {
            <p class="mb-3">"The file is complete. Launching freezes it, with a preregistration made of it."</p>
            <div class="flex flex-wrap gap-3">
                {command(page, "pilot", "Launch a pilot", "btn")}
                <details>
                    <summary class="btn btn-primary">"Launch"</summary>
                    <p class="my-2">"From then on people can be let in, and the file can no longer be changed."</p>
                    {command(page, "launch", "Yes, launch it", "btn btn-primary")}
                </details>
            </div>
        }
        .into_any(),
        ("draft", false) => view! {
            <p class="mb-2">"Before it can be launched:"</p>
            <ul class="list-disc pl-5 space-y-1">{flaws.collect_view()}</ul>
            <p class="mt-3"><a class="btn" href=format!("/studies/{}?view=file", page.card.id)>"Change the file"</a></p>
        }
        .into_any(),
        ("open", _) => view! {
            <div class="flex flex-wrap gap-3">
                {command(page, "pause", "Pause", "btn")}
                {close(page)}
                {page.card.pilot.then(|| bots(page))}
                {(!page.soft_stop_lifted).then(|| command(page, "lift", "Let people in beyond the soft stop", "btn btn-ghost"))}
            </div>
        }
        .into_any(),
        ("paused", _) => view! {
            <p class="mb-3">"Pages say that the study is paused; nothing is lost, and no time runs out."</p>
            <div class="flex flex-wrap gap-3">{command(page, "open", "Go on", "btn btn-primary")} {close(page)}</div>
        }
        .into_any(),
        _ => view! { <p>"It is closed: nobody is let in. Who is under way may finish."</p> }.into_any(),
    };
    let study = &page.study;
    let link = format!("/s/{}", page.card.slug);
    let places = [
        "consent",
        "eligibility",
        "instructions",
        "practice",
        "quiz",
        "ready",
        "waiting",
        "choosing",
        "survey",
        "debrief",
        "over",
    ];
    let preview = |at: String, told: String| {
        view! { <li><a class="link" href=format!("/studies/{}/preview/{at}", page.card.id) rel="external">{told}</a></li> }
    };
    let previews = places.map(|place| preview(place.to_owned(), place.to_owned()));
    let tables = study.conditions.iter().enumerate().map(|(n, condition)| {
        preview(format!("negotiating?condition={n}"), format!("talk, {}", condition.name))
    });
    let tables = tables.collect_view();
    let simulated = page.assignment;
    view! {
        <section class="panel mb-6" aria-labelledby="state-title">
            <h2 id="state-title" class="section-title">"State"</h2>
            {launch}
        </section>
        <div class="lab-grid">
            <section aria-labelledby="link-title">
                <h2 id="link-title" class="section-title">"Links"</h2>
                <p>"At Prolific, the study's address is this server's with"</p>
                <p><code class="break-all">{format!("{link}?PROLIFIC_PID={{{{%PROLIFIC_PID%}}}}&STUDY_ID={{{{%STUDY_ID%}}}}&SESSION_ID={{{{%SESSION_ID%}}}}")}</code></p>
                <p class="mt-2">"At MTurk the worker's, the assignment's and the HIT's ids are added by the platform."</p>
                {guests(page, &link)}
                <h2 class="section-title mt-6">"Preview"</h2>
                <p>"As participants see it, with nothing stored:"</p>
                <ul class="flex flex-wrap gap-x-4">{previews.into_iter().collect_view()} {tables}</ul>
                <h2 class="section-title mt-6">"Completion codes"</h2>
                <table class="table table-sm w-auto"><tbody>
                    {page.codes.iter().map(|(end, code)| view! { <tr><th scope="row" class="font-normal">{end.name()}</th><td class="font-mono">{code.clone()}</td></tr> }).collect_view()}
                </tbody></table>
            </section>
            <section aria-labelledby="balance-title">
                <h2 id="balance-title" class="section-title">"Balance"</h2>
                <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Balance of conditions"><table class="table table-sm w-auto">
                    <thead><tr><th scope="col">"Condition"</th><th scope="col">"Completed"</th><th scope="col">"Under way"</th></tr></thead>
                    <tbody>
                        {page.balance.iter().map(|(name, done, going)| view! { <tr><th scope="row" class="font-normal">{name.clone()}</th><td>{done.to_string()}</td><td>{going.to_string()}</td></tr> }).collect_view()}
                    </tbody>
                </table></div>
                <p class="mt-2">{format!("{} of {} completers.", page.card.completed, study.recruitment.completers)}</p>
                <h2 class="section-title mt-6">"Pay so far"</h2>
                <p>{format!("{} of at most {} {}.", cents(page.owed), cents(study.pay.most), study.pay.currency)}</p>
                <progress class="progress progress-primary" max=study.pay.most.to_string() value=page.owed.to_string() aria-label="Pay so far, of the most"></progress>
                <h2 class="section-title mt-6">"Assignment, simulated"</h2>
                <p>{format!(
                    "{} cohorts with 15% who leave: conditions differ by {} completers at the mean, {} at worst; who knows all earlier assignments guesses the next one {} of the time, by chance {}.",
                    simulated.cohorts, number(simulated.imbalance_mean), simulated.imbalance_worst,
                    format::percent(simulated.guessed), format::percent(simulated.by_chance),
                )}</p>
                {page.preregistration.clone().map(|text| view! {
                    <h2 class="section-title mt-6">"Preregistration"</h2>
                    <details><summary class="cursor-pointer">"The document"</summary><pre class="whitespace-pre-wrap text-sm">{text}</pre></details>
                    <p class="mt-2"><a class="btn btn-sm" href=format!("/studies/{}/preregistration.md", page.card.id) rel="external">"Download"</a></p>
                })}
            </section>
        </div>
    }
    .into_any()
}

/// Programs that try a pilot out.
fn bots(page: &StudyPage) -> AnyView {
    view! {
        <form method="post" action=format!("/studies/{}/do", page.card.id) class="flex flex-wrap items-center gap-2">
            <label class="text-sm" for="bots">"Bots"</label>
            <input id="bots" name="text" class="input input-sm w-20" inputmode="numeric" value="20"/>
            <button class="btn btn-sm" name="do" value="bots">"Let them take part"</button>
        </form>
    }
    .into_any()
}

/// Links of the researchers' own.
fn guests(page: &StudyPage, link: &str) -> AnyView {
    let rows = page.guests.iter().map(|(name, token, came)| {
        let came = if *came { "came" } else { "not yet" };
        view! { <tr><th scope="row" class="font-normal">{name.clone()}</th><td><code class="break-all">{format!("{link}?guest={token}")}</code></td><td>{came}</td></tr> }
    });
    let rows = rows.collect_view();
    let list = (!page.guests.is_empty()).then(|| {
        view! {
            <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Links of your own"><table class="table table-sm">
                <thead><tr><th scope="col">"Guest"</th><th scope="col">"Link"</th><th scope="col">"Came"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
    });
    let more = (page.card.status != "closed" && page.has_identities).then(|| {
        view! {
            <form method="post" action=format!("/studies/{}/do", page.card.id) class="space-y-2 mt-2">
                <label class="field-label" for="guests">"Links of your own: names, one in a line"</label>
                <textarea id="guests" name="text" class="textarea w-full" rows="3"></textarea>
                <button class="btn btn-sm" name="do" value="invite">"Make links"</button>
            </form>
        }
    });
    view! { <div class="mt-3">{list} {more}</div> }.into_any()
}

fn close(page: &StudyPage) -> AnyView {
    view! {
        <details>
            <summary class="btn">"Close"</summary>
            <p class="my-2">"Nobody is let in any more. It cannot be opened again."</p>
            {command(page, "close", "Yes, close it", "btn btn-error btn-sm")}
        </details>
    }
    .into_any()
}

fn cents(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// What a version changed of the one before it.
fn changes(page: &StudyPage, version: &str) -> Option<AnyView> {
    let at = page.versions.iter().position(|one| one.version.to_string() == version)?;
    let (new, old) = (page.versions.get(at)?, page.versions.get(at + 1)?);
    let diff = TextDiff::from_lines(&old.file, &new.file);
    let lines = diff.grouped_ops(2).into_iter().flatten().flat_map(|op| {
        let lines: Vec<AnyView> = diff
            .iter_changes(&op)
            .map(|change| {
                let text = change.value().trim_end_matches('\n').to_owned();
                match change.tag() {
                    ChangeTag::Delete => {
                        view! { <del class="diff-line">{format!("\u{2212} {text}")}</del> }
                            .into_any()
                    }
                    ChangeTag::Insert => {
                        view! { <ins class="diff-line">{format!("+ {text}")}</ins> }.into_any()
                    }
                    ChangeTag::Equal => {
                        view! { <span class="diff-line">{format!("  {text}")}</span> }.into_any()
                    }
                }
            })
            .collect();
        lines
    });
    let view = view! {
        <h2 class="section-title mt-6">{format!("Version {} against {}", new.version, old.version)}</h2>
        <pre class="panel overflow-x-auto text-sm" tabindex="0" role="region" aria-label="Changes">{lines.collect_view()}</pre>
    };
    Some(view.into_any())
}

fn file(page: &StudyPage, compare: Option<String>) -> AnyView {
    let now = browser::now_ms();
    let versions = page.versions.iter().map(|one| {
        let told = format!("Version {}, {}, by {}, {}", one.version, one.note, one.by, format::ago(one.at_ms, now));
        let changed = (one.version > 1).then(|| {
            view! { <a class="link" href=format!("/studies/{}?view=file&compare={}", page.card.id, one.version)>{format!("What version {} changed", one.version)}</a> }
        });
        view! { <li><a class="link" href=format!("/studies/{}/files/{}", page.card.id, one.version) rel="external">{told}</a> " " <code class="text-xs">{one.hash.chars().take(12).collect::<String>()}</code> " " {changed}</li> }
    });
    let editor = if page.is_frozen {
        view! {
            <p class="mb-2">"It is frozen since the launch. To change something, begin another study from it."</p>
            <pre class="panel overflow-x-auto text-sm">{page.file.clone()}</pre>
        }
        .into_any()
    } else {
        view! {
            <form method="post" action=format!("/studies/{}/file", page.card.id) class="space-y-3">
                <label class="field-label" for="file">"The study, as TOML. Paste another study's file to import it."</label>
                <textarea id="file" name="file" class="textarea w-full font-mono text-sm" rows="32" spellcheck="false">{page.file.clone()}</textarea>
                <div>
                    <label class="field-label" for="note">"What is changed"</label>
                    <input id="note" name="note" class="input w-full" maxlength="200"/>
                </div>
                <button class="btn btn-primary">"Keep this version"</button>
            </form>
        }
        .into_any()
    };
    view! {
        <div class="lab-grid">
            <section aria-labelledby="file-title"><h2 id="file-title" class="section-title">{format!("Version {}", page.version)}</h2>{editor}</section>
            <section aria-labelledby="versions-title">
                <h2 id="versions-title" class="section-title">"Versions"</h2>
                <ul class="space-y-1 text-sm">{versions.collect_view()}</ul>
                {compare.and_then(|version| changes(page, &version))}
            </section>
        </div>
    }
    .into_any()
}

fn participants(page: &StudyPage) -> AnyView {
    if page.participants.is_empty() {
        return view! { <p>"Nobody was let in yet. Launch the study, and open its link."</p> }
            .into_any();
    }
    let now = browser::now_ms();
    let rows = page.participants.iter().map(|one| row(page, one, now)).collect_view();
    view! {
        <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Participants">
            <table class="table table-sm">
                <caption class="text-left">"Newest first; looked at every five seconds while the study is open."</caption>
                <thead><tr>
                    <th scope="col">"Participant"</th><th scope="col">"Where"</th><th scope="col">"Condition"</th>
                    <th scope="col">"Seen"</th><th scope="col">"Time left"</th><th scope="col">"Pay"</th>
                    <th scope="col">"Flags"</th><th scope="col">"Do"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(page: &StudyPage, one: &Participant, now: i64) -> AnyView {
    let place = match one.ended {
        Some(end) => format!("over: {}", end.name().replace('_', " ")),
        None => one.place.clone(),
    };
    let left = one.until_ms.filter(|_| one.ended.is_none()).map(|at| format::countdown(at - now));
    let action = format!("/studies/{}/participants/{}", page.card.id, one.id);
    let button = |what: &'static str, label: &'static str| {
        view! { <button class="btn btn-xs" name="do" value=what>{label}</button> }
    };
    let acts = one.ended.is_none().then(|| {
        view! {
            <form method="post" action=action.clone() class="space-y-2 mt-2">
                <label class="block text-sm">"A word to this participant" <input name="text" class="input input-sm w-full" maxlength="500"/></label>
                <div class="flex flex-wrap gap-2">
                    {button("tell", "Send")} {button("extend", "More time")} {button("excuse", "End, with pay")} {button("stop", "End, without pay")}
                </div>
            </form>
        }
    });
    let short: String =
        one.id.to_string().chars().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect();
    view! {
        <tr>
            <th scope="row" class="font-normal"><code>{short}</code> " " {one.source.clone()}</th>
            <td>{place}</td>
            <td>{one.condition.clone().unwrap_or_default()}</td>
            <td>{format::ago(one.seen_ms, now)}</td>
            <td>{left}</td>
            <td>{cents(one.cents.max(0).cast_unsigned())}</td>
            <td>{one.flags.to_string()}</td>
            <td>
                <details>
                    <summary class="cursor-pointer">"Act"</summary>
                    {acts}
                    <form method="post" action=action class="mt-2">
                        <button class="btn btn-xs btn-ghost" name="do" value="erase">"Erase the identity"</button>
                    </form>
                </details>
            </td>
        </tr>
    }
    .into_any()
}

fn results(study: &Study, found: &Results, power: &[(f64, Option<u32>)]) -> AnyView {
    if found.conditions.iter().all(|condition| condition.participants == 0) {
        return view! { <p>"Nobody has completed it yet."</p> }.into_any();
    }
    let span = |low: f64, high: f64| format!("[{low:.3}, {high:.3}]");
    let rows = found.conditions.iter().map(|one| {
        let interval = one.interval.map(|ends| span(ends.low, ends.high));
        view! {
            <tr>
                <th scope="row" class="font-normal">{one.name.clone()}</th>
                <td>{one.participants.to_string()}</td>
                <td>{one.reward.map(|reward| format!("{reward:.3}"))}</td>
                <td>{interval}</td>
            </tr>
        }
    });
    let differences = found.differences.iter().map(|one| {
        let interval = one.interval.map(|(low, high)| span(low, high)).unwrap_or_default();
        view! { <li>{format!("{} less {}: {:.3} {interval}, p = {:.4}", one.of, one.less, one.difference, one.p)}</li> }
    });
    let excluded = found.excluded.iter().map(|(why, n)| {
        let why = match why {
            Excluded::FailedAttention => "failed an attention check",
            Excluded::Spoilt => "met a partner that left or a machinery that broke",
            Excluded::TooFast => "was too fast",
        };
        view! { <li>{format!("{n}: {why}")}</li> }
    });
    let excluded = excluded.collect_view();
    let questions = study.survey.iter().filter_map(|question| {
        let first = study.languages.first().map_or("en", String::as_str);
        let told: Vec<_> = found
            .conditions
            .iter()
            .map(|one| {
                let values = one.survey.get(&question.name);
                let told = values.map(|values| {
                    let one = |(name, value): (&String, &f64)| match name.as_str() {
                        "mean" => format!("{value:.2}"),
                        name => format!("{name} {}", format::percent(*value)),
                    };
                    values.iter().map(one).collect::<Vec<_>>().join(", ")
                });
                view! { <td>{told}</td> }
            })
            .collect();
        let asked = found.conditions.iter().any(|one| one.survey.contains_key(&question.name));
        asked.then(|| view! { <tr><th scope="row" class="font-normal">{study.say(&question.text, first).to_owned()}</th>{told}</tr> })
    });
    let heads =
        found.conditions.iter().map(|one| view! { <th scope="col">{one.name.clone()}</th> });
    view! {
        <section class="mb-6" aria-labelledby="reward-title">
            <h2 id="reward-title" class="section-title">"What participants earned"</h2>
            <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Rewards by condition"><table class="table table-sm w-auto">
                <caption class="text-left">"Means over participants of their mean reward, with intervals of 95% by drawing participants again."</caption>
                <thead><tr><th scope="col">"Condition"</th><th scope="col">"Participants"</th><th scope="col">"Reward"</th><th scope="col">"95%"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table></div>
            <ul class="mt-3">{differences.collect_view()}</ul>
            <p class="mt-3">"Left out, as promised beforehand:"</p>
            {if found.excluded.is_empty() { view! { <p>"nobody"</p> }.into_any() } else { view! { <ul class="list-disc pl-5">{excluded}</ul> }.into_any() }}
        </section>
        {power_table(power)}
        <section aria-labelledby="survey-title">
            <h2 id="survey-title" class="section-title">"Survey"</h2>
            <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Survey by condition"><table class="table table-sm">
                <thead><tr><th scope="col">"Question"</th>{heads.collect_view()}</tr></thead>
                <tbody>{questions.collect_view()}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}

fn power_table(power: &[(f64, Option<u32>)]) -> Option<AnyView> {
    if power.is_empty() {
        return None;
    }
    let rows = power.iter().map(|(difference, each)| {
        let each = each.map_or_else(|| "more than 1,000".to_owned(), |each| each.to_string());
        view! { <tr><th scope="row" class="font-normal">{number(*difference)}</th><td>{each}</td></tr> }
    });
    let view = view! {
        <section class="mb-6" aria-labelledby="power-title">
            <h2 id="power-title" class="section-title">"How many it takes"</h2>
            <table class="table table-sm w-auto">
                <caption class="text-left">"Participants of each condition for a power of 80% at 5%, by drawing from these."</caption>
                <thead><tr><th scope="col">"Difference"</th><th scope="col">"Of each"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </section>
    };
    Some(view.into_any())
}

fn payments(page: &StudyPage) -> AnyView {
    let open: u64 = page
        .payments
        .iter()
        .filter(|line| line.paid_ms.is_none())
        .map(|line| u64::from(line.cents))
        .sum();
    let now = browser::now_ms();
    let rows = page.payments.iter().map(|line| payment(line, now)).collect_view();
    view! {
        <section class="panel mb-6" aria-labelledby="pay-title">
            <h2 id="pay-title" class="section-title">"Pay"</h2>
            <p class="mb-3">{format!("{} {} are not told to a platform yet.", cents(open), page.study.pay.currency)}</p>
            <form method="post" action=format!("/studies/{}/payments.csv", page.card.id)>
                <button class="btn btn-primary">"Make the file for the platforms"</button>
            </form>
            <p class="mt-2 text-sm">"Each line is in one file only: who presses twice gets an empty one."</p>
        </section>
        <section class="panel mb-6" aria-labelledby="privacy-title">
            <h2 id="privacy-title" class="section-title">"Privacy"</h2>
            {if page.has_identities {
                view! {
                    <p class="mb-3">{format!("Platforms' ids are kept apart from all else, for {} days after the study is closed.", page.study.privacy.identities_days)}</p>
                    <details>
                        <summary class="btn">"Erase all identities"</summary>
                        <p class="my-2">"Nobody can be paid, recognised, or asked afterwards. What they did stays, under pseudonyms that nobody can undo."</p>
                        {command(page, "erase", "Yes, erase them", "btn btn-error btn-sm")}
                    </details>
                }.into_any()
            } else {
                view! { <p>"All identities are erased."</p> }.into_any()
            }}
        </section>
        <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Ledger"><table class="table table-sm">
            <caption class="text-left">"The ledger: what is due, and which talk each cent comes from."</caption>
            <thead><tr><th scope="col">"Participant"</th><th scope="col">"For"</th><th scope="col">"Amount"</th><th scope="col">"From"</th><th scope="col">"Told"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
    .into_any()
}

fn payment(line: &Payment, now: i64) -> AnyView {
    let of = line.of.iter().map(|(episode, cents_of)| {
        view! { <li><a class="link" href=format!("/research/episodes/{episode}")>{cents(u64::from(*cents_of))}</a></li> }
    });
    let short: String = line.participant.to_string().chars().skip(30).collect();
    view! {
        <tr>
            <th scope="row" class="font-normal"><code>{short}</code></th>
            <td>{line.kind.clone()}</td>
            <td>{cents(u64::from(line.cents))}</td>
            <td><ul class="flex flex-wrap gap-2">{of.collect_view()}</ul></td>
            <td>{line.paid_ms.map(|at| format::ago(at, now))}</td>
        </tr>
    }
    .into_any()
}
