//! What forms of the researchers' pages post. They work without scripts: each is answered by the page again,
//! with 303.

use app::backend::Backend;
use app::episode_query;
use app::market_desk::ShareWanted;
use app::study_desk::{ParticipantCommand, PaymentsWanted, StudyCommand};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use rules::{Mills, PerRole};
use serde::Deserialize;
use study::desk::{Source, StudyStatus};
use study::edit::{Change, edited};
use wire::{
    Code, CounterfactualId, EpisodeId, LadderId, NewCounterfactual, NewLadder, ParticipantId,
    Problem, Rating, StudyId,
};

use crate::auth::{Actor, signed_in_by_session};
use crate::backend::refusal;
use crate::edge::Fault;
use crate::state::AppState;
use crate::studies::Studies;
use crate::studies::bots::pilot;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/research/episodes/{id}/tags", post(tag))
        .route("/research/episodes/{id}/ratings", post(rate))
        .route("/research/episodes/{id}/counterfactuals", post(what_if))
        .route("/research/counterfactuals/{id}/again", post(what_if_again))
        .route("/research/figures/{file}", get(figure))
        .route("/research/markets/shares", post(new_sweep))
        .route("/research/ladders", post(new_ladder))
        .route("/ladders/{id}/again", post(ladder_again))
        .route("/ladders/{id}/public", post(ladder_public))
        .route("/ladders/{id}/delete", post(ladder_delete))
        .route("/research/studies", post(new_study))
        .route("/studies/{id}/file", post(study_file))
        .route("/studies/{id}/form", post(study_form))
        .route("/studies/{id}/files/{version}", get(study_version))
        .route("/studies/{id}/do", post(study_command))
        .route("/studies/{id}/participants/{participant}", post(participant_command))
        .route("/studies/{id}/payments.csv", post(study_payments))
        .route("/studies/{id}/payments/{file}", get(study_payments_again))
        .route("/studies/{id}/preregistration.md", get(preregistration))
}

#[derive(Deserialize)]
struct Tagging {
    tag: String,
    /// Takes the label away.
    #[serde(default)]
    away: bool,
}

async fn tag(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<EpisodeId>,
    Form(form): Form<Tagging>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    back(id, state.souk.tag_episode(actor.caller, id, &form.tag, !form.away).await)
}

#[derive(Deserialize)]
struct Opinion {
    scale: String,
    /// Empty takes the own rating away.
    score: String,
    #[serde(default)]
    note: String,
}

async fn rate(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<EpisodeId>,
    Form(Opinion { scale, score, note }): Form<Opinion>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    let done = if score.is_empty() {
        state.souk.unrate_episode(actor.caller, id, &scale).await
    } else {
        // What is no number is out of range.
        let score = score.parse().unwrap_or(0);
        let rating = Rating { scale, score, note, rater: String::new(), own: true };
        state.souk.rate_episode(actor.caller, id, rating).await
    };
    back(id, done)
}

/// Fields that are empty change nothing.
#[derive(Deserialize)]
struct WhatIf {
    after: u32,
    #[serde(default)]
    offer: String,
    #[serde(default)]
    buyer: String,
    #[serde(default)]
    seller: String,
    #[serde(default)]
    seller_persona: String,
    rollouts: u32,
}

async fn what_if(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<EpisodeId>,
    Form(form): Form<WhatIf>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let offer = given(&form.offer).map(|text| text.parse::<Mills>().map_err(|_| text));
    let made = match offer.transpose() {
        Err(text) => {
            let detail = format!("`{text}` is no price: write it like 12.50.");
            Err(Problem::named(Code::Unprocessable, "counterfactual", detail))
        }
        Ok(offer) => {
            let new = NewCounterfactual {
                after: form.after,
                seats: PerRole { buyer: given(&form.buyer), seller: given(&form.seller) },
                personas: PerRole { buyer: None, seller: given(&form.seller_persona) },
                offer,
                rollouts: form.rollouts,
            };
            state.souk.new_counterfactual(actor.caller, id, new).await
        }
    };
    match made {
        Ok(made) => Ok(Redirect::to(&format!("/research/counterfactuals/{made}"))),
        Err(problem) if problem.status == 422 => {
            let query =
                [("after", Some(form.after.to_string())), ("refused", Some(problem.detail))];
            let page = app::address::href(&format!("/research/episodes/{id}"), query);
            Ok(Redirect::to(&format!("{page}#what-if")))
        }
        Err(problem) => Err(Fault(problem)),
    }
}

async fn what_if_again(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<CounterfactualId>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    state.souk.resume_counterfactual(actor.caller, id).await?;
    Ok(Redirect::to(&format!("/research/counterfactuals/{id}")))
}

/// A drawing of the page of figures, as `{name}.svg` or `{name}.csv`, with that page's query.
async fn figure(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(file): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<impl IntoResponse, Fault> {
    let nothing = || Fault(Problem::new(Code::NotFound, "There is no figure of this name."));
    let (name, kind) = file.split_once('.').ok_or_else(nothing)?;
    let mime = match kind {
        "svg" => "image/svg+xml",
        "csv" => "text/csv; charset=utf-8",
        _ => return Err(nothing()),
    };
    let get = |key: &str| pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    let sample = state.souk.episode_sample(actor.caller, episode_query::read(get)).await?;
    let text = app::sheet::figure_file(&sample, name, kind == "csv").ok_or_else(nothing)?;
    Ok(([(header::CONTENT_TYPE, mime)], text))
}

#[derive(Deserialize)]
struct NewSweep {
    population: String,
    of: String,
    by: String,
    seeds: u64,
}

async fn new_sweep(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Form(form): Form<NewSweep>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    let NewSweep { population, of, by, seeds } = form;
    let wanted = ShareWanted { population, of, by, seeds };
    match state.souk.sweep_markets(actor.caller, wanted).await {
        Ok(id) => Ok(Redirect::to(&format!("/research/markets?view=shares&id={id}"))),
        Err(problem) if problem.status == 422 => {
            let mut told = String::new();
            app::address::encode(&problem.detail, &mut told);
            Ok(Redirect::to(&format!("/research/markets?view=shares&problem={told}")))
        }
        Err(problem) => Err(Fault(problem)),
    }
}

async fn new_ladder(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Form(new): Form<NewLadder>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    match state.souk.new_ladder(actor.caller, new).await {
        Ok(id) => Ok(Redirect::to(&format!("/ladders/{id}"))),
        Err(problem) if problem.status == 422 => {
            Ok(Redirect::to(&format!("/research/ladders?problem={}", problem.code)))
        }
        Err(problem) => Err(Fault(problem)),
    }
}

async fn ladder_again(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<LadderId>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    state.souk.refresh_ladder(actor.caller, id).await?;
    Ok(Redirect::to(&format!("/ladders/{id}")))
}

#[derive(Deserialize)]
struct Publicity {
    public: bool,
}

async fn ladder_public(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<LadderId>,
    Form(Publicity { public }): Form<Publicity>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    state.souk.publish_ladder(actor.caller, id, public).await?;
    Ok(Redirect::to(&format!("/ladders/{id}")))
}

async fn ladder_delete(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<LadderId>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    state.souk.delete_ladder(actor.caller, id).await?;
    Ok(Redirect::to("/research/ladders"))
}

#[derive(Deserialize)]
struct NewStudyForm {
    slug: String,
    /// Empty: the study that comes with Souk.
    #[serde(default)]
    from: String,
}

async fn new_study(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Form(form): Form<NewStudyForm>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    match state.souk.new_study(actor.caller, &form.slug, form.from.parse().ok()).await {
        Ok(id) => Ok(Redirect::to(&format!("/studies/{id}"))),
        Err(problem) if problem.status == 422 => {
            Ok(Redirect::to(&format!("/research/studies?problem={}", problem.code)))
        }
        Err(problem) => Err(Fault(problem)),
    }
}

/// To a part of a study's page, with why something was refused.
fn to_study(id: StudyId, view: &str, done: Result<(), Problem>) -> Result<Redirect, Fault> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/studies/{id}?view={view}"))),
        Err(problem) if matches!(problem.status, 409 | 422) => {
            let query = [("view", Some(view.to_owned())), ("refused", Some(problem.detail))];
            Ok(Redirect::to(&app::address::href(&format!("/studies/{id}"), query)))
        }
        Err(problem) => Err(Fault(problem)),
    }
}

#[derive(Deserialize)]
struct StudyFile {
    file: String,
    #[serde(default)]
    note: String,
}

async fn study_file(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<StudyId>,
    Form(form): Form<StudyFile>,
) -> Result<Response, Fault> {
    signed_in_by_session(&actor)?;
    // A browser sends lines as the network has them.
    let file = form.file.replace("\r\n", "\n");
    match state.souk.write_study(actor.caller, id, &file, &form.note).await {
        Err(problem) if problem.code == "study_file" => {
            let page = state.souk.study(actor.caller, id).await?;
            let css = format!("/pkg/{}", state.site.manifest.css);
            let html =
                app::sheet::study_file_refused(&page, &file, &form.note, &problem.detail, &css);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(html)).into_response())
        }
        done => Ok(to_study(id, "file", done)?.into_response()),
    }
}

/// What forms say of themselves, beside the file's fields.
const OWN_FIELDS: [&str; 3] = ["do", "part", "version"];

/// Lays a form's fields over the file. The whole is kept as another version.
async fn study_form(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<StudyId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    let page = state.souk.study(actor.caller, id).await?;
    let of =
        |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let part = of("part").unwrap_or_default().to_owned();
    let to = |refused: Option<String>| {
        let query = [
            ("view", Some("build".to_owned())),
            ("part", Some(part.clone())),
            ("refused", refused),
        ];
        Ok(Redirect::to(&app::address::href(&format!("/studies/{id}"), query)))
    };
    // Entries of lists are known by their place: those of another version may be others.
    if of("version") != Some(page.version.to_string().as_str()) {
        let told = format!(
            "Version {} was kept meanwhile, and is shown here. What was filled in is not kept: the browser's back button has it.",
            page.version
        );
        return to(Some(told));
    }
    let change = of("do").and_then(Change::named);
    let fields: Vec<(String, String)> =
        pairs.iter().filter(|(name, _)| !OWN_FIELDS.contains(&name.as_str())).cloned().collect();
    let study = match edited(&page.study, &fields, change.as_ref()) {
        Ok(study) => study,
        Err(flaw) => return to(Some(format!("{}: {}.", flaw.place, flaw.sentence))),
    };
    let note = format!("{part}, by the form");
    match state.souk.write_study(actor.caller, id, &study.write(), &note).await {
        Ok(()) => to(None),
        Err(problem) if matches!(problem.status, 409 | 422) => to(Some(problem.detail)),
        Err(problem) => Err(Fault(problem)),
    }
}

/// An earlier file, as it was written.
async fn study_version(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path((id, version)): Path<(StudyId, u32)>,
) -> Result<impl IntoResponse, Fault> {
    signed_in_by_session(&actor)?;
    state.souk.study(actor.caller, id).await?;
    let file = state.souk.store.study_file(id, version).await.map_err(refusal)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], file))
}

/// Programs that one press lets in.
const MOST_BOTS: u32 = 500;
/// Links made at once.
const MOST_GUESTS: usize = 1_000;

#[derive(Deserialize)]
struct Doing {
    r#do: String,
    /// A word to a participant; names of guests, one in a line; how many bots.
    #[serde(default)]
    text: String,
}

async fn study_command(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<StudyId>,
    Form(form): Form<Doing>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    let (command, view) = match form.r#do.as_str() {
        "launch" => (StudyCommand::Launch { pilot: false }, "overview"),
        "pilot" => (StudyCommand::Launch { pilot: true }, "overview"),
        "pause" => (StudyCommand::Pause, "overview"),
        "open" => (StudyCommand::Open, "overview"),
        "close" => (StudyCommand::Close, "overview"),
        "lift" => (StudyCommand::LiftSoftStop, "overview"),
        "bots" => {
            let bots = form.text.trim().parse::<u32>().unwrap_or(0).min(MOST_BOTS);
            let done = let_bots_in(&state, &actor, id, bots).await;
            return to_study(id, "participants", done);
        }
        "invite" => {
            let names = form.text.lines().map(|name| name.trim().to_owned());
            let names = names.filter(|name| !name.is_empty()).take(MOST_GUESTS).collect();
            (StudyCommand::Invite(names), "overview")
        }
        "erase" => (StudyCommand::Erase, "payments"),
        other => return Err(Fault(no_command(other))),
    };
    to_study(id, view, state.souk.command_study(actor.caller, id, command).await)
}

/// Has programs try a pilot out, and does not wait for them.
async fn let_bots_in(
    state: &AppState,
    actor: &Actor,
    id: StudyId,
    bots: u32,
) -> Result<(), Problem> {
    let page = state.souk.study(actor.caller, id).await?;
    if !page.card.pilot || page.card.status != StudyStatus::Open {
        let detail = "Programs take part in pilots alone, while these are open.";
        return Err(Problem::named(Code::Conflict, "study_not_now", detail));
    }
    let row = state.souk.store.study_find(id).await.map_err(refusal)?;
    let (studies, stop) = (Studies::new(state.souk.clone()), state.stop.clone());
    tokio::spawn(async move { pilot(&studies, &row, bots, &stop).await });
    Ok(())
}

fn no_command(name: &str) -> Problem {
    Problem::new(Code::BadRequest, format!("There is no command `{name}`."))
}

async fn participant_command(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path((id, participant)): Path<(StudyId, ParticipantId)>,
    Form(form): Form<Doing>,
) -> Result<Redirect, Fault> {
    signed_in_by_session(&actor)?;
    let command = match form.r#do.as_str() {
        "tell" => ParticipantCommand::Tell(form.text),
        "extend" => ParticipantCommand::Extend,
        "excuse" => ParticipantCommand::Excuse,
        "stop" => ParticipantCommand::Stop,
        "erase" => ParticipantCommand::Erase,
        other => return Err(Fault(no_command(other))),
    };
    let done = state.souk.command_participant(actor.caller, id, participant, command).await;
    to_study(id, "participants", done)
}

#[derive(Deserialize)]
struct Telling {
    source: Source,
}

/// Tells a platform what is new to it.
async fn study_payments(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<StudyId>,
    Form(Telling { source }): Form<Telling>,
) -> Result<impl IntoResponse, Fault> {
    signed_in_by_session(&actor)?;
    let wanted = PaymentsWanted::New(source);
    payments_file(source.name(), state.souk.study_payments(actor.caller, id, wanted).await)
}

/// A file that was made before: a download may fail.
async fn study_payments_again(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path((id, file)): Path<(StudyId, String)>,
) -> Result<impl IntoResponse, Fault> {
    signed_in_by_session(&actor)?;
    let wanted = PaymentsWanted::Again(file);
    payments_file("again", state.souk.study_payments(actor.caller, id, wanted).await)
}

fn payments_file(name: &str, text: Result<String, Problem>) -> Result<impl IntoResponse, Fault> {
    let text = text?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"payments-{name}.csv\"")),
    ];
    Ok((headers, text))
}

async fn preregistration(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<StudyId>,
) -> Result<impl IntoResponse, Fault> {
    signed_in_by_session(&actor)?;
    let page = state.souk.study(actor.caller, id).await?;
    let text = page.preregistration.ok_or_else(|| {
        Problem::new(Code::NotFound, "The study is not launched: it has no preregistration yet.")
    })?;
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], text))
}

/// Says what was wrong with the words of a form on its page, and leaves other problems to the edge.
fn back(id: EpisodeId, done: Result<(), Problem>) -> Result<Redirect, Fault> {
    let page = format!("/research/episodes/{id}");
    match done {
        Ok(()) => Ok(Redirect::to(&format!("{page}#notes"))),
        Err(problem) if problem.status == 422 => {
            Ok(Redirect::to(&format!("{page}?problem={}#notes", problem.code)))
        }
        Err(problem) => Err(Fault(problem)),
    }
}
