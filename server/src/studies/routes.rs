//! Participants' addresses: `/s/{slug}`. Every form is answered with 303 to the page that is next, except where
//! something was refused: then the page comes again with what was written.

use std::collections::BTreeMap;

use app::backend::{Backend, Caller};
use app::participant::{Draft, Files, Inside, Notice, Scene, Screen, document, texts};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use axum_extra::extract::cookie::{Cookie, SameSite, SignedCookieJar};
use rules::{Act, Mills, Move};
use store::{Entering, Evidence, NotLetIn, ParticipantRow, StoreError, StudyRow, TakeError};
use study::desk::{Source, StudyStatus};
use study::evidence::{Flag, Writing, flags};
use study::question::Answers;
use study::{Input, Place, Refused};
use uuid::Uuid;
use wire::{Code, EpisodeId, IdempotencyKey, MoveRequest, ParticipantId, Problem, StudyId};

use super::signed::{PARAMETER, Unsigned};
use super::{Studies, told};
use crate::auth::{Actor, signed_in_by_session};
use crate::backend::{Guard, refusal};
use crate::clock::now_ms;
use crate::edge::Fault;
use crate::state::AppState;

/// How long a participant's browser is known.
const LIFE_DAYS: i64 = 30;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/s/{slug}", get(show))
        .route("/s/{slug}/enter", post(enter))
        .route("/s/{slug}/do", post(act))
        .route("/s/{slug}/pulse", get(pulse))
        .route("/studies/{id}/preview/{place}", get(preview))
}

type Pairs = Vec<(String, String)>;

/// What belongs to one request of a participant.
struct Door {
    state: AppState,
    studies: Studies,
    row: StudyRow,
    jar: SignedCookieJar,
}

impl Door {
    async fn open(state: AppState, headers: &HeaderMap, slug: &str) -> Result<Door, Fault> {
        let row = state.souk.store.study_named(slug).await.map_err(refusal)?;
        if row.status == StudyStatus::Draft {
            return Err(Fault(Problem::new(Code::NotFound, "There is no study of this name.")));
        }
        let jar = SignedCookieJar::from_headers(headers, state.cookie_key.clone());
        let studies = Studies::new(state.souk.clone());
        Ok(Door { state, studies, row, jar })
    }

    fn cookie_name(&self) -> String {
        format!("souk_study_{}", self.row.id.0.simple())
    }

    /// Who takes part in this study from this browser.
    async fn participant(&self) -> Result<Option<ParticipantRow>, StoreError> {
        let cookie = self.jar.get(&self.cookie_name());
        let id = cookie.and_then(|cookie| Uuid::parse_str(cookie.value()).ok());
        let Some(id) = id.map(ParticipantId) else { return Ok(None) };
        match self.studies.souk.store.participant_find(id, &self.row.study).await {
            Ok(found) => Ok((found.study == self.row.id).then_some(found)),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn remember(&self, id: ParticipantId) -> SignedCookieJar {
        let cookie = Cookie::build((self.cookie_name(), id.0.to_string()))
            .path(format!("/s/{}", self.row.slug))
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.state.config.secure_cookies())
            .max_age(time::Duration::days(LIFE_DAYS))
            .build();
        self.jar.clone().add(cookie)
    }

    fn page(&self, screen: &Screen, status: StatusCode) -> Response {
        let nonce = Uuid::new_v4().simple().to_string();
        let policy = app::content_security_policy(&nonce);
        let css = format!("/pkg/{}", self.state.site.manifest.css);
        let html = document(screen, &Files { css, nonce });
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        // The back button asks again, and is shown where the participant is.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    fn screen(&self, scene: Scene, language: String, notice: Option<Notice>) -> Screen {
        Screen {
            slug: self.row.slug.clone(),
            study: self.row.study.clone(),
            language,
            now_ms: now_ms(),
            scene,
            notice,
        }
    }

    /// The page of who was let in.
    async fn inside(
        &self,
        participant: &ParticipantRow,
        notice: Option<Notice>,
        status: StatusCode,
        change: impl FnOnce(&mut Inside),
    ) -> Result<Response, Fault> {
        let mut inside = self.studies.inside(&self.row, participant).await.map_err(refusal)?;
        change(&mut inside);
        let language = participant.progress.language.clone();
        let screen = self.screen(Scene::In(Box::new(inside)), language, notice);
        Ok(self.page(&screen, status))
    }

    /// What the platform says, as far as it is to be believed. `None`: the link is not what it says.
    async fn arriving(
        &self,
        headers: &HeaderMap,
        mut pairs: Pairs,
    ) -> Result<Option<Pairs>, Fault> {
        let Some(token) = value(&pairs, PARAMETER) else {
            let platforms = ["PROLIFIC_PID", "workerId"];
            let by_platform = platforms.iter().any(|name| value(&pairs, name).is_some());
            let unsigned = self.row.study.recruitment.signed && by_platform;
            return Ok((!unsigned).then_some(pairs));
        };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let origin =
            self.state.config.origin.as_deref().and_then(|origin| origin.split_once("://"));
        let host = origin.map(|(_, host)| host).or(host).unwrap_or_default();
        match self.state.signers.check(token, host).await {
            Ok(signed) => {
                let said = [
                    ("PROLIFIC_PID", signed.participant),
                    ("STUDY_ID", signed.study),
                    ("SESSION_ID", signed.session),
                ];
                pairs.retain(|(name, _)| !said.iter().any(|(one, _)| name == one));
                pairs.extend(said.map(|(name, value)| (name.to_owned(), value)));
                Ok(Some(pairs))
            }
            Err(Unsigned::Token(why)) => {
                tracing::info!(study = %self.row.id, why, "a signed link was not let in");
                Ok(None)
            }
            Err(Unsigned::Keys(why)) => {
                tracing::warn!(study = %self.row.id, why, "Prolific's keys cannot be had");
                let told = "Who you are cannot be checked just now. Wait a minute, and open the link again.";
                Err(Fault(Problem::new(Code::Unavailable, told)))
            }
        }
    }

    fn back(&self) -> Response {
        Redirect::to(&format!("/s/{}", self.row.slug)).into_response()
    }
}

fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    let found = pairs.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

/// What a platform adds to the address.
fn platform(pairs: &Pairs) -> Option<(Source, String, String, String)> {
    let of = |name: &str| value(pairs, name).map(str::to_owned);
    if let Some(id) = of("PROLIFIC_PID") {
        let rest = (of("SESSION_ID").unwrap_or_default(), of("STUDY_ID").unwrap_or_default());
        return Some((Source::Prolific, id, rest.0, rest.1));
    }
    if let Some(id) = of("workerId") {
        let rest = (of("assignmentId").unwrap_or_default(), of("hitId").unwrap_or_default());
        return Some((Source::Mturk, id, rest.0, rest.1));
    }
    let bot = of("bot").map(|id| (Source::Bot, id, String::new(), String::new()));
    bot.or_else(|| of("guest").map(|id| (Source::Link, id, String::new(), String::new())))
}

/// As MTurk marks a task that nobody has accepted.
fn is_preview(pairs: &Pairs) -> bool {
    value(pairs, "assignmentId") == Some("ASSIGNMENT_ID_NOT_AVAILABLE")
}

/// The study's language that was asked for, or that the browser likes best.
fn language(row: &StudyRow, pairs: &Pairs, headers: &HeaderMap) -> String {
    let known = |language: &str| {
        let short = language.split(['-', ';']).next().unwrap_or_default().trim().to_lowercase();
        row.study.languages.iter().find(|one| **one == short).cloned()
    };
    let asked = value(pairs, "language").and_then(known);
    let likes = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let liked = || likes.unwrap_or_default().split(',').find_map(known);
    let first = || row.study.languages.first().cloned().unwrap_or_else(|| "en".to_owned());
    asked.or_else(liked).unwrap_or_else(first)
}

async fn show(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(slug): Path<String>,
    Query(pairs): Query<Pairs>,
) -> Result<Response, Fault> {
    let door = Door::open(state, &headers, &slug).await?;
    let language = language(&door.row, &pairs, &headers);
    if is_preview(&pairs) {
        let screen = door.screen(Scene::Preview, language, None);
        return Ok(door.page(&screen, StatusCode::OK));
    }
    let pairs = match door.arriving(&headers, pairs).await? {
        Some(pairs) => pairs,
        // An old link in the browser of somebody who was let in by it.
        None if door.participant().await.map_err(refusal)?.is_some() => Pairs::new(),
        None => {
            let screen = door.screen(Scene::NoLink, language, None);
            return Ok(door.page(&screen, StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    // Whoever comes with a platform's id is that person, whoever used this browser before.
    if let Some((source, id, ..)) = platform(&pairs) {
        let same = match door.participant().await.map_err(refusal)? {
            Some(here) => {
                let known = door.studies.souk.store.identity_of(here.id).await.map_err(refusal)?;
                here.source == source && known.is_some_and(|(platform_id, ..)| platform_id == id)
            }
            None => false,
        };
        if !same {
            let scene = Scene::Start { fields: with_language(pairs, &language) };
            return Ok(door.page(&door.screen(scene, language, None), StatusCode::OK));
        }
    }
    let Some(participant) = door.participant().await.map_err(refusal)? else {
        let screen = door.screen(Scene::NoLink, language, None);
        return Ok(door.page(&screen, StatusCode::OK));
    };
    door.studies.souk.store.participant_seen(participant.id).await.map_err(refusal)?;
    let participant = door.studies.follow(&door.row, participant).await.map_err(told)?;
    let notice = match value(&pairs, "notice") {
        Some("stale") => Some(Notice::Stale),
        Some("quiz") => Some(Notice::QuizWrong),
        _ => None,
    };
    door.inside(&participant, notice, StatusCode::OK, |_| {}).await
}

fn with_language(mut pairs: Pairs, language: &str) -> Pairs {
    pairs.retain(|(name, _)| name != "language" && name != "notice");
    pairs.push(("language".to_owned(), language.to_owned()));
    pairs
}

async fn enter(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(slug): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Fault> {
    let door = Door::open(state, &headers, &slug).await?;
    let language = language(&door.row, &pairs, &headers);
    let plain = |scene, status| {
        let screen = door.screen(scene, language.clone(), None);
        door.page(&screen, status)
    };
    let is_preview = is_preview(&pairs);
    let arrived = door.arriving(&headers, pairs).await?;
    let Some((source, platform_id, submission, task)) =
        arrived.as_ref().and_then(platform).filter(|_| !is_preview)
    else {
        return Ok(plain(Scene::NoLink, StatusCode::UNPROCESSABLE_ENTITY));
    };
    // Programs try a study out, they do not take part in one.
    if source == Source::Bot && !door.row.pilot {
        return Ok(plain(Scene::NoLink, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let who = Entering { source, platform_id, submission, task, language: language.clone() };
    match door.studies.souk.store.participant_enter(door.row.id, &door.row.study, &who).await {
        Ok(id) => {
            let before = door.participant().await.map_err(refusal)?;
            if let Some(other) = before.filter(|other| other.id != id) {
                let found = Evidence {
                    participant: id,
                    episode: None,
                    turn: None,
                    flag: flag_name(Flag::SameDevice),
                    detail: serde_json::json!({ "as": other.id }),
                    at_ms: 0,
                };
                door.studies.souk.store.evidence_add(&found).await.map_err(refusal)?;
            }
            Ok((door.remember(id), door.back()).into_response())
        }
        Err(NotLetIn::NoGuest) => Ok(plain(Scene::NoLink, StatusCode::UNPROCESSABLE_ENTITY)),
        Err(NotLetIn::Erased) => Ok(plain(Scene::Erased, StatusCode::CONFLICT)),
        Err(NotLetIn::Full) => Ok(plain(Scene::Full, StatusCode::CONFLICT)),
        Err(NotLetIn::Closed(_) | NotLetIn::Money(_)) => {
            Ok(plain(Scene::Closed, StatusCode::CONFLICT))
        }
        Err(NotLetIn::Store(error)) => Err(Fault(refusal(error))),
    }
}

/// A page as participants see it, with nothing stored: for researchers.
async fn preview(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    Path((id, place)): Path<(StudyId, String)>,
    Query(pairs): Query<Pairs>,
) -> Result<Response, Fault> {
    signed_in_by_session(&actor)?;
    state.souk.study(actor.caller, id).await?;
    let row = state.souk.store.study_find(id).await.map_err(refusal)?;
    let jar = SignedCookieJar::from_headers(&headers, state.cookie_key.clone());
    let studies = Studies::new(state.souk.clone());
    let language = language(&row, &pairs, &headers);
    let condition = value(&pairs, "condition").and_then(|n| n.parse().ok()).unwrap_or(0);
    let inside = studies.imagined(&row, &place, condition).await.map_err(refusal)?;
    let Some(inside) = inside else {
        return Err(Fault(Problem::new(Code::NotFound, "There is no page of this name.")));
    };
    let door = Door { state, studies, row, jar };
    let screen = door.screen(Scene::In(Box::new(inside)), language, None);
    Ok(door.page(&screen, StatusCode::OK))
}

/// Changes when the page should be looked at again. Who asks is there.
async fn pulse(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(slug): Path<String>,
) -> Result<String, Fault> {
    let door = Door::open(state, &headers, &slug).await?;
    let Some(participant) = door.participant().await.map_err(refusal)? else {
        return Err(Fault(Problem::new(Code::Unauthorized, "Nobody takes part from here.")));
    };
    door.studies.souk.store.participant_seen(participant.id).await.map_err(refusal)?;
    let participant = door.studies.follow(&door.row, participant).await.map_err(told)?;
    Ok(door.studies.revision(&door.row, &participant).await.map_err(refusal)?)
}

async fn act(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(slug): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Fault> {
    let door = Door::open(state, &headers, &slug).await?;
    let Some(participant) = door.participant().await.map_err(refusal)? else {
        return Ok(door.back());
    };
    // A button beside the page's form sends what is written there along.
    let what = value(&pairs, "also").or(value(&pairs, "do")).unwrap_or_default();
    let step = value(&pairs, "step").and_then(|step| step.parse::<u32>().ok());
    let stale = || Redirect::to(&format!("/s/{}?notice=stale", door.row.slug)).into_response();
    // A second press, the back button, another tab: the first one counted.
    if step != Some(participant.progress.step) {
        return Ok(stale());
    }
    if door.row.status == StudyStatus::Paused
        && !(matches!(what, "withdraw" | "move") || what.starts_with("language:"))
    {
        return Ok(door.back());
    }
    let input = match what {
        "consent" => Input::Consent(true),
        "decline" => Input::Consent(false),
        "answer" => Input::Answer(answers(&pairs)),
        "next" => Input::Next,
        "practise" => {
            if participant.place == Place::Practice {
                door.studies.practice(&door.row, &participant).await.map_err(refusal)?;
            }
            return Ok(door.back());
        }
        "practised" => {
            let episode = door.studies.practice_of(&door.row, participant.visitor).await;
            Input::Practised(episode.map_err(refusal)?)
        }
        "wait_on" => Input::WaitOn,
        "stand_in" => Input::TakeStandIn,
        "leave" => Input::Leave,
        "extend" => Input::Extend,
        "withdraw" => Input::Withdraw,
        _ if what.starts_with("language:") => {
            Input::Translate(what.trim_start_matches("language:").to_owned())
        }
        "move" => return door.play(&participant, &pairs).await,
        _ => return Ok(stale()),
    };
    match door.studies.take(&door.row, &participant, input).await {
        // The page stays, in another language or with more time, and so does what is written on it.
        Ok(now) if now.progress.step == participant.progress.step => {
            let given = answers(&pairs);
            let draft = Draft {
                talk: value(&pairs, "talk").unwrap_or_default().to_owned(),
                price: value(&pairs, "price").unwrap_or_default().to_owned(),
                refusal: None,
            };
            door.inside(&now, None, StatusCode::OK, |inside| {
                inside.given = given;
                if let Some(table) = &mut inside.table {
                    table.draft = draft;
                }
            })
            .await
        }
        Ok(now) => {
            let tried = participant.place == Place::Quiz && now.place == Place::Quiz;
            if tried && now.progress.tries > participant.progress.tries {
                let quiz = format!("/s/{}?notice=quiz", door.row.slug);
                return Ok(Redirect::to(&quiz).into_response());
            }
            Ok(door.back())
        }
        Err(TakeError::Refused(Refused::Answers(wrong))) => {
            let given = answers(&pairs);
            let notice = Some(Notice::AnswersMissing);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let change = |inside: &mut Inside| {
                inside.given = given;
                inside.wrong = wrong;
            };
            door.inside(&participant, notice, status, change).await
        }
        Err(TakeError::Refused(_)) => Ok(stale()),
        Err(error) => Err(Fault(told(error))),
    }
}

/// All but what every form sends.
fn answers(pairs: &Pairs) -> Answers {
    let own = ["do", "also", "step"];
    let given = pairs.iter().filter(|(name, _)| !own.contains(&name.as_str())).cloned();
    given.collect::<BTreeMap<_, _>>()
}

impl Door {
    /// A move at the participant's table.
    async fn play(&self, participant: &ParticipantRow, pairs: &Pairs) -> Result<Response, Fault> {
        let episode = match participant.place {
            Place::Negotiating { episode } => Some(episode),
            Place::Practice => {
                self.studies.practice_of(&self.row, participant.visitor).await.map_err(refusal)?
            }
            _ => None,
        };
        let Some(episode) = episode else { return Ok(self.back()) };
        let texts = texts(&participant.progress.language);
        let (talk, price) = (value(pairs, "talk").unwrap_or_default(), value(pairs, "price"));
        let act = match value(pairs, "act") {
            Some("offer") => price
                .and_then(|price| price.replace(',', ".").parse::<Mills>().ok())
                .map(Act::Offer),
            Some("accept") => value(pairs, "standing")
                .and_then(|mills| mills.parse().ok())
                .map(|mills| Act::Accept(Mills(mills))),
            Some("reject") => Some(Act::Reject),
            Some("quit") => Some(Act::Quit),
            _ => None,
        };
        let turn = value(pairs, "turn").and_then(|turn| turn.parse::<u32>().ok()).unwrap_or(0);
        let refused = match act {
            None => Some(texts.say("refused_no_price").to_owned()),
            Some(act) => {
                let request = MoveRequest { key: key(episode, turn), mv: Move::new(talk, act) };
                let caller: Caller = Studies::caller(participant);
                match self.studies.souk.play(caller, Guard::Protected, episode, request).await {
                    Ok(_) => None,
                    Err(problem) => Some(match problem.code.as_str() {
                        "offer_changed" => texts.say("refused_offer_changed").to_owned(),
                        "beyond_own_limit" => texts.say("refused_beyond_own_limit").to_owned(),
                        _ if problem.status >= 500 => return Err(Fault(problem)),
                        _ => texts.with("refused_other", &[("why", &problem.detail)]),
                    }),
                }
            }
        };
        if let Some(refusal) = refused {
            let draft = Draft {
                talk: talk.to_owned(),
                price: price.unwrap_or_default().to_owned(),
                refusal: Some(refusal),
            };
            let change = |inside: &mut Inside| {
                if let Some(table) = &mut inside.table {
                    table.draft = draft;
                }
            };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return self.inside(participant, None, status, change).await;
        }
        self.look_at_writing(participant, episode, turn, talk, value(pairs, "writing"))
            .await
            .map_err(refusal)?;
        let participant = participant.clone();
        self.studies.follow(&self.row, participant).await.map_err(told)?;
        Ok(self.back())
    }

    /// Flags what is odd about how a message was written. It decides nothing.
    async fn look_at_writing(
        &self,
        participant: &ParticipantRow,
        episode: EpisodeId,
        turn: u32,
        talk: &str,
        measured: Option<&str>,
    ) -> Result<(), StoreError> {
        let writing = measured.and_then(|text| serde_json::from_str::<Writing>(text).ok());
        let store = &self.studies.souk.store;
        let table = self.studies.table(&self.row, participant, episode).await?;
        let said: Vec<String> = table
            .map(|table| {
                let own = table.turns.into_iter().filter(|turn| turn.by == table.role);
                own.map(|turn| turn.talk).collect()
            })
            .unwrap_or_default();
        // The last one is this one.
        let earlier: Vec<&str> = said.iter().rev().skip(1).map(String::as_str).collect();
        for flag in flags(talk, &earlier, writing) {
            let found = Evidence {
                participant: participant.id,
                episode: Some(episode),
                turn: Some(turn),
                flag: flag_name(flag),
                detail: serde_json::to_value(writing).unwrap_or_default(),
                at_ms: 0,
            };
            store.evidence_add(&found).await?;
        }
        Ok(())
    }
}

fn flag_name(flag: Flag) -> String {
    let name = serde_json::to_value(flag).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

/// One per turn: pressed twice, it is one move.
fn key(episode: EpisodeId, turn: u32) -> IdempotencyKey {
    let (high, low) = episode.0.as_u64_pair();
    let mixed = low.wrapping_add(u64::from(turn).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    IdempotencyKey(Uuid::from_u64_pair(high, mixed))
}
