//! Games that the model plays in lock step: all that wait for it write at once.

use policy::Script;
use policy::corpus::SYNTAX;
use policy::prompt::{Style, read};
use rules::{Ending, Episode, Millis, Move, Role, Scenario, View, conclude};

use crate::sample::{Next, RowId, SampleError, Sampler, Sampling};
use crate::tokens::Tokens;

/// Games that are open at once: wide enough to keep matrix products busy, narrow enough for the caches.
const AT_ONCE: usize = 64;

/// One negotiation of the side that is checked against a script.
pub struct Game {
    pub episode: Episode,
    /// The side that is checked.
    pub role: Role,
    /// Who plays that side; `None`: the model.
    pub own: Option<Box<dyn Script>>,
    pub opponent: Box<dyn Script>,
    /// The opponent's name.
    pub against: &'static str,
    /// Seeds what the model draws.
    pub seed: u64,
    /// What the model wrote, message by message.
    pub said: Vec<Said>,
}

/// A message of the model.
#[derive(Clone, Debug)]
pub struct Said {
    /// What it saw.
    pub view: View,
    pub text: String,
    /// The move, or the code of what is wrong with it.
    pub read: Result<Move, &'static str>,
}

impl Game {
    pub fn new(
        scenario: &Scenario,
        role: Role,
        opponent: Box<dyn Script>,
        against: &'static str,
    ) -> Game {
        Game {
            episode: Episode::start(scenario, Millis(0)),
            role,
            own: None,
            opponent,
            against,
            seed: scenario.seed,
            said: Vec::new(),
        }
    }

    /// Lets the scripts move until the game is over or the model is to move. Whether it is.
    pub fn advance(&mut self) -> bool {
        while let Some(by) = self.episode.table.turn_of().filter(|_| !self.episode.table.is_over())
        {
            let view = self.episode.view(by);
            let script = if by == self.role { self.own.as_mut() } else { Some(&mut self.opponent) };
            let Some(script) = script else { return true };
            let mv = script.decide(&view);
            let events = rules::apply(&self.episode, by, mv, Millis(0));
            self.episode.absorb_all(&events.expect("scripts make legal moves in turn"));
        }
        false
    }

    fn view(&self) -> View {
        self.episode.view(self.role)
    }

    /// Takes what the model wrote. What is no legal move ends the game, as a format error.
    fn take(&mut self, text: String) {
        let view = self.view();
        let read = read(&text, &view, SYNTAX).map_err(|wrong| wrong.code());
        let applied = read.clone().and_then(|mv| {
            rules::apply(&self.episode, self.role, mv, Millis(0)).map_err(|wrong| wrong.code())
        });
        let (read, events) = match applied {
            Ok(events) => (read, events),
            Err(code) => {
                let ending = Ending::FormatError { by: self.role };
                let events = conclude(&self.episode, ending).expect("the model was to move");
                (Err(code), events)
            }
        };
        self.episode.absorb_all(&events);
        self.said.push(Said { view, text, read });
    }
}

/// How the model writes.
#[derive(Clone, Copy, Debug)]
pub struct Writing {
    pub temperature: f32,
    /// Tokens of a message, at most.
    pub most: usize,
}

/// Plays games to their ends. `told` hears how many are.
pub fn play(
    sampler: &mut Sampler,
    tokens: &Tokens,
    mut games: Vec<Game>,
    writing: Writing,
    told: &mut dyn FnMut(usize),
) -> Result<Vec<Game>, SampleError> {
    let mut done = 0;
    for games in games.chunks_mut(AT_ONCE) {
        let mut desks: Vec<Desk> = games.iter_mut().map(|game| Desk { game, row: None }).collect();
        loop {
            let mut waiting: Vec<&mut Desk> =
                desks.iter_mut().filter_map(|desk| desk.game.advance().then_some(desk)).collect();
            if waiting.is_empty() {
                break;
            }
            write(sampler, tokens, &mut waiting, writing)?;
        }
        for row in desks.iter().filter_map(|desk| desk.row) {
            sampler.close(row)?;
        }
        done += desks.len();
        told(done);
    }
    Ok(games)
}

/// A game with its row of the sampler.
struct Desk<'a> {
    game: &'a mut Game,
    row: Option<RowId>,
}

impl Desk<'_> {
    /// What the row has not read yet. A row whose tokens do not begin the prompt, because the model
    /// spelt its last message in another way than the tokenizer does, is begun anew.
    fn unread(&mut self, sampler: &mut Sampler, tokens: &Tokens) -> Result<Step, SampleError> {
        let prompt = tokens.prompt(&Style::compact().messages(&self.game.view(), SYNTAX));
        if let Some(row) = self.row {
            if let Some(rest) = prompt.strip_prefix(sampler.ids(row)?) {
                return Ok((row, Next::Given(rest.to_vec())));
            }
            sampler.close(row)?;
        }
        let turns = self.game.episode.table.turns.len() as u64;
        let row = sampler.open(policy::Draw::new(&[self.game.seed, turns]).next_u64());
        self.row = Some(row);
        Ok((row, Next::Given(prompt)))
    }
}

type Step = (RowId, Next);

/// One message of each game.
fn write(
    sampler: &mut Sampler,
    tokens: &Tokens,
    desks: &mut [&mut Desk],
    writing: Writing,
) -> Result<(), SampleError> {
    let unread: Vec<Step> =
        desks.iter_mut().map(|desk| desk.unread(sampler, tokens)).collect::<Result<_, _>>()?;
    sampler.step(&unread)?;
    let rows: Vec<RowId> = unread.iter().map(|(row, _)| *row).collect();
    let sampling = Sampling { temperature: writing.temperature, ..Sampling::default() };
    let stop = [tokens.end, tokens.end_of_text];
    for (desk, written) in
        desks.iter_mut().zip(sampler.generate(&rows, sampling, &stop, writing.most)?)
    {
        desk.game.take(tokens.decode(&written.ids()));
    }
    Ok(())
}
