//! One environment: the episodes that one client plays, one after the other.

use std::sync::Arc;
use std::time::Duration;

use app::backend::Caller;
use policy::prompt::{Style, read};
use policy::{Draw, Kind};
use rand::Rng;
use rules::syntax::Syntax;
use rules::{Event, Move, PerRole, Protocol, Role, View};
use store::Split;
use uuid::Uuid;
use wire::{
    EnvAction, EnvError, EnvLegal, EnvMessage, EnvObservation, EnvReset, EnvResult, EnvState,
    EpisodeId, IdempotencyKey, MoveRequest, NegotiatorName, NewEpisode, Problem, ProductId, RunId,
    SeatRequest, SeatTurn, ServerFrame,
};

use super::Place;
use crate::auth::Actor;
use crate::backend::{Guard, Souk, refusal};
use crate::live::Follower;

/// The other side is waited for so long.
const PATIENCE: Duration = Duration::from_secs(120);
const ROUNDS: u32 = 6;
const MOST_ROUNDS: u32 = 50;

pub struct Session {
    souk: Arc<Souk>,
    caller: Caller,
    /// The training run whose rollouts are played here.
    run: Option<RunId>,
    playing: Option<Playing>,
    /// Given back with the session.
    _place: Place,
}

struct Playing {
    id: EpisodeId,
    role: Role,
    style: &'static Style,
    syntax: Syntax,
    rounds: u32,
    /// As the client calls it.
    name: Option<String>,
    follower: Follower,
    events: Vec<Event>,
    /// Number of the last event that was read, and of the one that an answer must know.
    seen: i64,
    awaited: i64,
    steps: u32,
    format_error: Option<String>,
}

impl Session {
    pub(super) fn new(souk: Arc<Souk>, actor: &Actor, place: Place) -> Session {
        Session { souk, caller: actor.caller, run: actor.run(), playing: None, _place: place }
    }

    /// Begins another episode, whatever became of the last one.
    ///
    /// # Errors
    /// What cannot be played, with what to do.
    pub async fn reset(&mut self, asked: EnvReset) -> Result<EnvResult, EnvError> {
        let seed = asked.seed.unwrap_or_else(|| rand::rng().random::<u64>() >> 11);
        let style = match asked.style.as_deref() {
            None => Style::standard(),
            Some(name) => Style::named(name).ok_or_else(|| {
                invalid(format!("there is no style {name}: take standard or compact"))
            })?,
        };
        let rounds = asked.rounds.unwrap_or(ROUNDS);
        if !(1..=MOST_ROUNDS).contains(&rounds) {
            return Err(invalid(format!("take 1 to {MOST_ROUNDS} rounds")));
        }
        let product = self.product(&asked, seed).await?;
        let opponent = self.opponent(asked.opponent, asked.role.other())?;
        let mut seats = PerRole {
            buyer: SeatRequest::Me,
            seller: SeatRequest::Negotiator { name: opponent.clone() },
        };
        if asked.role == Role::Seller {
            seats = PerRole {
                buyer: SeatRequest::Negotiator { name: opponent },
                seller: SeatRequest::Me,
            };
        }
        let new = NewEpisode {
            product,
            seats,
            protocol: Some(Protocol::Alternating { max_rounds: rounds }),
            seller_persona: asked.persona,
            seed: Some(seed),
            pace: None,
            key: IdempotencyKey(Uuid::new_v4()),
        };
        let id = self.souk.start(self.caller, new).await.map_err(told)?;
        if let Some(run) = self.run {
            self.souk.store.job_episode(run, id).await.map_err(|e| told(refusal(e)))?;
        }
        let follower = Follower::open(Arc::clone(&self.souk), self.caller, id, 0);
        let playing = Playing {
            id,
            role: asked.role,
            style,
            syntax: asked.syntax,
            rounds,
            name: asked.episode_id,
            follower: follower.await.map_err(told)?,
            events: Vec::new(),
            seen: 0,
            awaited: 0,
            steps: 0,
            format_error: None,
        };
        self.playing = Some(playing);
        self.look().await
    }

    /// One message of the own side, and the other side's answer.
    ///
    /// # Errors
    /// Where nothing is played, and what the rules refuse of an act; the episode is as it was then.
    pub async fn step(&mut self, action: EnvAction) -> Result<EnvResult, EnvError> {
        let playing = self.playing.as_mut().ok_or_else(not_begun)?;
        let view = playing.view()?;
        if view.table.is_over() {
            return Err(execution("the episode is done: reset begins another one"));
        }
        let (mv, is_text) = match (&action.text, action.act) {
            (Some(text), None) => (read(text, &view, playing.syntax), true),
            (None, Some(act)) => (Ok(Move::new(action.talk.clone(), act)), false),
            _ => return Err(invalid("give either a text, or an act with its talk")),
        };
        let (id, role) = (playing.id, playing.role);
        let refused = match mv {
            Ok(mv) => {
                let request = MoveRequest { key: IdempotencyKey(Uuid::new_v4()), mv };
                match self.souk.play(self.caller, Guard::Judged, id, request).await {
                    Ok(ack) => {
                        let last = ack.events.last().map_or(0, |envelope| envelope.seq);
                        playing.awaited = last;
                        None
                    }
                    Err(problem) if is_text && problem.status < 500 => Some(problem.detail),
                    Err(problem) => return Err(told(problem)),
                }
            }
            Err(error) => Some(error.to_string()),
        };
        if let Some(playing) = &mut self.playing {
            playing.steps += 1;
            playing.format_error.clone_from(&refused);
            if refused.is_some() {
                // Nothing but the end answers this.
                playing.awaited = i64::MAX;
            }
        }
        if refused.is_some() {
            self.souk.end_by_format(id, role).await.map_err(told)?;
        }
        self.look().await
    }

    pub fn state(&self) -> EnvState {
        EnvState {
            episode_id: self
                .playing
                .as_ref()
                .map(|playing| playing.name.clone().unwrap_or_else(|| playing.id.to_string())),
            step_count: self.playing.as_ref().map_or(0, |playing| playing.steps),
        }
    }

    /// Waits until the own side may act, or all is over.
    async fn look(&mut self) -> Result<EnvResult, EnvError> {
        let playing = self.playing.as_mut().ok_or_else(not_begun)?;
        let waited = tokio::time::timeout(PATIENCE, playing.read_on()).await;
        let view = waited.map_err(|_| {
            execution(
                "the other side has not answered for two minutes: reset, or look at its model",
            )
        })?;
        let done = view.table.outcome.is_some();
        let scores = match done {
            true => {
                self.souk.store.episode_find(playing.id).await.map_err(|e| told(refusal(e)))?.scores
            }
            false => None,
        };
        let rewards = scores.as_ref().map(|scores| scores.value);
        Ok(EnvResult {
            reward: rewards.and_then(|rewards| *rewards.get(playing.role)),
            done,
            observation: EnvObservation {
                rewards,
                reward_name: scores.map(|scores| format!("{}/{}", scores.reward, scores.version)),
                ..playing.observation(&view)
            },
        })
    }

    async fn product(&self, asked: &EnvReset, seed: u64) -> Result<ProductId, EnvError> {
        if let Some(product) = &asked.product {
            return Ok(product.clone());
        }
        let split = match asked.split.as_deref() {
            None => None,
            Some("train") => Some(Split::Train),
            Some("test") => Some(Split::Test),
            Some(other) => {
                return Err(invalid(format!("there is no split {other}: take train or test")));
            }
        };
        let all = self.souk.store.evaluation_products(split).await.map_err(|e| told(refusal(e)))?;
        match all.is_empty() {
            true => Err(invalid("there are no products of this split: import some")),
            false => Ok(all[Draw::new(&[seed, 9]).below(all.len())].clone()),
        }
    }

    /// Who was asked for, else the first that plays the side and that trainers may learn against.
    fn opponent(
        &self,
        asked: Option<NegotiatorName>,
        role: Role,
    ) -> Result<NegotiatorName, EnvError> {
        if let Some(name) = asked {
            return Ok(name);
        }
        let usual = policy::registry()
            .iter()
            .find(|entry| entry.kind == Kind::Scripted && entry.plays(role));
        let usual = usual.map(|entry| NegotiatorName(entry.name.to_owned()));
        usual.ok_or_else(|| invalid("name an opponent"))
    }
}

impl Playing {
    fn view(&self) -> Result<View, EnvError> {
        View::fold(self.role, &self.events).ok_or_else(|| execution("the episode has not begun"))
    }

    async fn read_on(&mut self) -> View {
        loop {
            if let Some(view) = View::fold(self.role, &self.events)
                && (view.table.outcome.is_some()
                    || (self.seen >= self.awaited && view.legal().any()))
            {
                return view;
            }
            if let ServerFrame::Event { envelope } = self.follower.next().await {
                self.seen = envelope.seq;
                self.events.push(envelope.event);
            }
        }
    }

    fn observation(&self, view: &View) -> EnvObservation {
        let table = &view.table;
        let product = &table.listing.product;
        let legal = view.legal();
        let messages = match table.outcome {
            Some(_) => Vec::new(),
            None => self.style.messages(view, self.syntax),
        };
        EnvObservation {
            episode: self.id,
            role: self.role,
            messages: messages
                .into_iter()
                .map(|message| EnvMessage {
                    role: message.speaker.name().to_owned(),
                    content: message.text,
                })
                .collect(),
            limit: view.limit,
            product: product.title.clone(),
            list_price: product.list_price,
            turns: table
                .turns
                .iter()
                .map(|turn| SeatTurn { by: turn.by, talk: turn.talk.clone(), act: turn.act })
                .collect(),
            standing: table.offers,
            round: table.round_of(self.role).min(self.rounds),
            rounds: self.rounds,
            legal: EnvLegal {
                offer: legal.offer,
                reject: legal.reject,
                accept: legal.accept,
                quit: legal.quit,
            },
            outcome: table.outcome,
            rewards: None,
            reward_name: None,
            format_error: self.format_error.clone(),
        }
    }
}

fn error(code: &str, message: impl Into<String>) -> EnvError {
    EnvError { message: message.into(), code: code.to_owned() }
}

pub fn invalid(message: impl Into<String>) -> EnvError {
    error("VALIDATION_ERROR", message)
}

pub fn execution(message: impl Into<String>) -> EnvError {
    error("EXECUTION_ERROR", message)
}

pub fn full() -> EnvError {
    error("CAPACITY_REACHED", "as many environments are open as there may be: close some")
}

pub fn unreadable(why: &serde_json::Error) -> EnvError {
    let code = match why.classify() {
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof => "INVALID_JSON",
        _ if why.to_string().contains("unknown variant") => "UNKNOWN_TYPE",
        _ => "VALIDATION_ERROR",
    };
    error(code, why.to_string())
}

pub fn not_begun() -> EnvError {
    error("SESSION_ERROR", "nothing is played yet: reset first")
}

/// What the market's own rules or its store refuse.
pub fn told(problem: Problem) -> EnvError {
    match problem.status {
        400..=499 => invalid(problem.detail),
        _ => execution(problem.detail),
    }
}
