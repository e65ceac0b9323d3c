//! Negotiations in batches, a token of each at a time, new ones taken up as others end.
//!
//! A side is played by a script, by a model of this process (who learns, or a frozen one), or by whoever is
//! asked from [`Outside`]. What a model wrote stays the tokens that it drew: they are never tokenised again.
//! Draws follow from the game's seed, its side and its turn alone, whatever else is in the batch.

mod seat;
mod stems;

use policy::corpus::SYNTAX;
use policy::prompt::read;
use policy::{Boundary, Fault, Script};
use rl::Trace;
use rules::{Ending, Episode, Event, Millis, Move, PerRole, Role, Scenario, View, conclude, open};

use crate::sample::{SampleError, Sampler, Sampling};
use crate::tokens::Tokens;
use seat::Desk;
use stems::Stems;

/// Who plays a side.
pub enum Player {
    Script(Box<dyn Script>),
    /// The model of that place in [`Hall::models`].
    Model(usize),
    /// Whoever [`Outside`] asks by this name.
    Outside(String),
}

/// A model that plays.
pub struct Model<'a> {
    pub sampler: &'a mut Sampler,
    pub sampling: Sampling,
    /// Who learns writes a message once: what is no move ends the game as a format error. Others are asked
    /// again, and at last reject or leave, as in play.
    pub learns: bool,
}

/// Negotiators that are neither scripts nor models of this process.
pub trait Outside {
    /// One move for each view, in their order; the seed is the game's.
    fn moves(&mut self, asked: &[Asked]) -> Vec<Result<Move, Fault>>;
}

/// A question to [`Outside`].
#[derive(Clone, Debug)]
pub struct Asked {
    pub name: String,
    pub seed: u64,
    pub view: View,
}

/// Where nobody outside plays.
pub struct Nobody;

impl Outside for Nobody {
    fn moves(&mut self, asked: &[Asked]) -> Vec<Result<Move, Fault>> {
        let nobody = |asked: &Asked| {
            let detail = format!("there is no negotiator `{}` here", asked.name);
            Err(Fault::new(Boundary::Engine, detail))
        };
        asked.iter().map(nobody).collect()
    }
}

/// A negotiation to be played.
pub struct Game {
    pub scenario: Scenario,
    pub players: PerRole<Player>,
    /// Of the models' draws; the scripts' is the scenario's.
    pub seed: u64,
}

/// A negotiation that was played.
#[derive(Clone, Debug)]
pub struct Played {
    pub events: Vec<Event>,
    pub episode: Episode,
    /// Of the sides that learn.
    pub traces: PerRole<Option<Trace>>,
    /// What the machinery failed by.
    pub failure: Option<(Role, Fault)>,
}

/// Who and what there is to play with.
pub struct Hall<'a> {
    pub models: Vec<Model<'a>>,
    pub tokens: &'a Tokens,
    pub outside: &'a mut dyn Outside,
    /// Tokens of a message, at most.
    pub most: usize,
    /// Negotiations open at once.
    pub at_once: usize,
}

/// A game under way.
struct Live {
    place: usize,
    seed: u64,
    players: PerRole<Player>,
    desks: PerRole<Option<Desk>>,
    events: Vec<Event>,
    episode: Episode,
    failure: Option<(Role, Fault)>,
}

/// What a game waits for.
enum Wait {
    Model(usize, Role),
    Outside(Role),
    Over,
}

impl Hall<'_> {
    /// Plays all games to their ends; answers in their order. `told` hears how many are over, and says whether
    /// to go on: if not, `None` comes back.
    pub fn play(
        &mut self,
        games: Vec<Game>,
        told: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Option<Vec<Played>>, SampleError> {
        let count = games.len();
        let mut waiting = games.into_iter().enumerate();
        let mut played: Vec<Option<Played>> = (0..count).map(|_| None).collect();
        let mut live: Vec<Live> = Vec::new();
        let mut stems: Vec<Stems> = self.models.iter().map(|_| Stems::new(self.at_once)).collect();
        let mut done = 0;
        loop {
            let mut at = 0;
            while at < live.len() {
                if matches!(live[at].settle(), Wait::Over) {
                    let over = live.swap_remove(at);
                    let (place, ended) = (over.place, self.end(over)?);
                    played[place] = Some(ended);
                    done += 1;
                } else {
                    at += 1;
                }
            }
            let free = self.at_once.saturating_sub(live.len());
            let before = live.len();
            live.extend(waiting.by_ref().take(free).map(|(place, game)| Live::new(place, game)));
            if live.len() > before {
                // A scripted buyer has moved, a scenario may be over at once.
                continue;
            }
            if !told(done) {
                return Ok(None);
            }
            if live.is_empty() {
                break;
            }
            self.ask_outside(&mut live);
            self.step(&mut live, &mut stems)?;
        }
        for (model, stems) in self.models.iter_mut().zip(stems) {
            stems.close(model.sampler)?;
        }
        Ok(Some(played.into_iter().map(|played| played.expect("every game ends")).collect()))
    }

    /// One step of every model that is waited for.
    fn step(&mut self, live: &mut [Live], stems: &mut [Stems]) -> Result<(), SampleError> {
        for (index, stems) in stems.iter_mut().enumerate() {
            let mut turns: Vec<(&mut Live, Role)> = Vec::new();
            for game in live.iter_mut() {
                if let Wait::Model(model, role) = game.settle()
                    && model == index
                {
                    turns.push((game, role));
                }
            }
            if turns.is_empty() {
                continue;
            }
            let (tokens, most) = (self.tokens, self.most);
            let Model { sampler, sampling, learns } = &mut self.models[index];
            let mut prompts = Vec::with_capacity(turns.len());
            for (game, role) in &mut turns {
                let desk = game.desks.get_mut(*role).get_or_insert_with(|| Desk::new(*role));
                prompts.push(desk.unopened(sampler, tokens, &game.episode)?);
            }
            // A prompt that leaves no room to write in is not read at all.
            let room = sampler.positions();
            let readable = prompts.iter().flatten().filter(|prompt| prompt.len() < room);
            stems.read(sampler, &readable.collect::<Vec<_>>())?;
            let (mut steps, mut writing) = (Vec::new(), Vec::new());
            for ((game, role), prompt) in turns.into_iter().zip(prompts) {
                let Live { seed, episode, desks, .. } = &mut *game;
                let desk = desks.get_mut(role).as_mut().expect("it was just asked");
                if let Some(prompt) = prompt.as_ref().filter(|prompt| prompt.len() < room) {
                    let row = stems.row(sampler, prompt, desk.seed(*seed, episode))?;
                    desk.open(row, prompt);
                }
                match desk.next(sampler, tokens, *sampling, episode)? {
                    Some(step) => {
                        steps.push(step);
                        writing.push((game, role));
                    }
                    None => {
                        let detail =
                            format!("the negotiation has outgrown the model's {room} positions");
                        game.fail(role, Fault::new(Boundary::Engine, detail));
                    }
                }
            }
            let drawn = sampler.step(&steps)?;
            stems.prune(sampler)?;
            for ((game, role), drawn) in writing.into_iter().zip(drawn) {
                let Some(drawn) = drawn else { continue };
                let desk = game.desks.get_mut(role).as_mut().expect("it was just asked");
                if let Some(written) = desk.take(drawn, sampler, tokens, most)? {
                    game.take_text(role, &written, *learns);
                }
            }
        }
        Ok(())
    }

    fn ask_outside(&mut self, live: &mut [Live]) {
        let mut asking: Vec<(usize, Role)> = Vec::new();
        let mut asked = Vec::new();
        for (at, game) in live.iter_mut().enumerate() {
            if let Wait::Outside(role) = game.settle()
                && let Player::Outside(name) = game.players.get(role)
            {
                let view = game.episode.view(role);
                asked.push(Asked { name: name.clone(), seed: game.seed, view });
                asking.push((at, role));
            }
        }
        if asked.is_empty() {
            return;
        }
        for ((at, role), answer) in asking.into_iter().zip(self.outside.moves(&asked)) {
            match answer {
                Ok(mv) => live[at].take_move(role, mv),
                Err(fault) => live[at].fail(role, fault),
            }
        }
    }

    fn end(&mut self, game: Live) -> Result<Played, SampleError> {
        let mut traces = PerRole::default();
        let desks = [(Role::Buyer, game.desks.buyer), (Role::Seller, game.desks.seller)];
        for (role, desk) in desks {
            let (Some(desk), Player::Model(model)) = (desk, game.players.get(role)) else {
                continue;
            };
            let Model { sampler, learns, .. } = &mut self.models[*model];
            let trace = desk.close(sampler)?;
            *traces.get_mut(role) = learns.then_some(trace);
        }
        Ok(Played { events: game.events, episode: game.episode, traces, failure: game.failure })
    }
}

impl Live {
    fn new(place: usize, game: Game) -> Live {
        let events = open(&game.scenario, Millis(0));
        Live {
            place,
            seed: game.seed,
            players: game.players,
            desks: PerRole::default(),
            episode: Episode::start(&game.scenario, Millis(0)),
            events,
            failure: None,
        }
    }

    /// Lets scripts move, and says what is waited for then.
    fn settle(&mut self) -> Wait {
        loop {
            let turn = self.episode.table.turn_of().filter(|_| !self.episode.table.is_over());
            let Some(role) = turn else { return Wait::Over };
            match self.players.get_mut(role) {
                Player::Model(model) => return Wait::Model(*model, role),
                Player::Outside(_) => return Wait::Outside(role),
                Player::Script(script) => {
                    let mv = script.decide(&self.episode.view(role));
                    self.take_move(role, mv);
                }
            }
        }
    }

    fn push(&mut self, events: Vec<Event>) {
        self.episode.absorb_all(&events);
        self.events.extend(events);
    }

    fn take_move(&mut self, role: Role, mv: Move) {
        match rules::apply(&self.episode, role, mv, Millis(0)) {
            Ok(events) => self.push(events),
            Err(illegal) => {
                self.fail(role, Fault::new(Boundary::Rules, illegal.to_string()));
            }
        }
    }

    fn take_text(&mut self, role: Role, written: &seat::Written, learns: bool) {
        let view = self.episode.view(role);
        // The store's JSON has no place for it.
        let text = written.text.replace('\0', "\u{fffd}");
        let read = read(&text, &view, SYNTAX).ok().filter(|_| written.is_whole);
        let applied = read.and_then(|mv| rules::apply(&self.episode, role, mv, Millis(0)).ok());
        match applied {
            Some(events) => self.push(events),
            None if learns => {
                let ending = Ending::FormatError { by: role };
                let events = conclude(&self.episode, ending).expect("it is this side's turn");
                self.push(events);
            }
            None => self.again(role, &view),
        }
    }

    /// An opponent that wrote no move is asked again, and at last moves as a failed model does in play.
    fn again(&mut self, role: Role, view: &View) {
        let desk = self.desks.get_mut(role).as_mut().expect("it has written");
        if desk.begin_again() {
            return;
        }
        self.take_move(role, policy::chat::fallback(view));
    }

    fn fail(&mut self, role: Role, fault: Fault) {
        let events = conclude(&self.episode, Ending::EngineFailure).expect("it is under way");
        self.push(events);
        self.failure = Some((role, fault));
    }
}
