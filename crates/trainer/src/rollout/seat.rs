//! A model's side of one game: its row of the sampler and the trace of what it read and wrote.

use policy::Draw;
use policy::corpus::SYNTAX;
use policy::prompt::{Message, Speaker, Style};
use rl::Trace;
use rules::{Episode, Role};

use crate::sample::{Drawn, Next, RowId, SampleError, Sampler, Sampling};
use crate::tokens::Tokens;

/// How often an opponent is asked for one move.
const ATTEMPTS: u64 = 3;

pub(super) struct Desk {
    role: Role,
    trace: Trace,
    row: Option<RowId>,
    /// Tokens of the message that is being written; `None`: the other side's last words are unread.
    written: Option<Vec<u32>>,
    /// Counts what was thrown away.
    attempt: u64,
    /// The row ends with what was thrown away.
    is_stale: bool,
}

/// A message.
pub(super) struct Written {
    pub text: String,
    /// Ended by the model, rather than by the limit.
    pub is_whole: bool,
}

impl Desk {
    pub fn new(role: Role) -> Desk {
        Desk {
            role,
            trace: Trace::new(role),
            row: None,
            written: None,
            attempt: 0,
            is_stale: false,
        }
    }

    /// What a side that has no row yet is to read before it writes; `None`: it has one.
    pub fn unopened(
        &mut self,
        sampler: &mut Sampler,
        tokens: &Tokens,
        episode: &Episode,
    ) -> Result<Option<Vec<u32>>, SampleError> {
        if self.is_stale
            && let Some(row) = self.row.take()
        {
            sampler.close(row)?;
        }
        self.is_stale = false;
        Ok(self.row.is_none().then(|| tokens.prompt(&self.messages(episode))))
    }

    fn messages(&self, episode: &Episode) -> Vec<Message> {
        Style::compact().messages(&episode.view(self.role), SYNTAX)
    }

    /// The seed of a new row's draws.
    pub fn seed(&self, game: u64, episode: &Episode) -> u64 {
        let turns = episode.table.turns.len() as u64;
        Draw::new(&[game, self.role as u64, turns, self.attempt]).next_u64()
    }

    /// Takes a row that has read the prompt.
    pub fn open(&mut self, row: RowId, prompt: &[u32]) {
        self.row = Some(row);
        self.trace.read(prompt);
        self.written = Some(Vec::new());
    }

    /// What the side's row does next: reads what is new to it, or draws. `None`: there is no room for it.
    pub fn next(
        &mut self,
        sampler: &Sampler,
        tokens: &Tokens,
        sampling: Sampling,
        episode: &Episode,
    ) -> Result<Option<(RowId, Next)>, SampleError> {
        let Some(row) = self.row else { return Ok(None) };
        if self.written.is_some() {
            return Ok(Some((row, Next::Draw(sampling))));
        }
        let messages = self.messages(episode);
        let own = messages.iter().rposition(|message| message.speaker == Speaker::Assistant);
        let unread = continued(tokens, &messages[own.map_or(0, |own| own + 1)..]);
        if sampler.ids(row)?.len() + unread.len() >= sampler.positions() {
            return Ok(None);
        }
        self.trace.read(&unread);
        self.written = Some(Vec::new());
        Ok(Some((row, Next::Given(unread))))
    }

    /// Takes up a token that was drawn. The message, when it is over.
    pub fn take(
        &mut self,
        drawn: Drawn,
        sampler: &Sampler,
        tokens: &Tokens,
        most: usize,
    ) -> Result<Option<Written>, SampleError> {
        let row = self.row.expect("who draws has a row");
        let written = self.written.as_mut().expect("who draws is writing");
        self.trace.wrote(drawn.token, drawn.logp);
        written.push(drawn.token);
        let is_whole = drawn.token == tokens.end || drawn.token == tokens.end_of_text;
        let room = sampler.positions() - sampler.ids(row)?.len();
        if !is_whole && written.len() < most && room > 0 {
            return Ok(None);
        }
        self.trace.messages += 1;
        self.trace.truncated |= !is_whole;
        let text = tokens.decode(&self.written.take().expect("it was there above"));
        Ok(Some(Written { text, is_whole }))
    }

    /// Throws the last message away. `false`: often enough.
    pub fn begin_again(&mut self) -> bool {
        self.is_stale = true;
        self.attempt += 1;
        !self.attempt.is_multiple_of(ATTEMPTS)
    }

    /// Leaves the table.
    pub fn close(self, sampler: &mut Sampler) -> Result<Trace, SampleError> {
        if let Some(row) = self.row {
            sampler.close(row)?;
        }
        Ok(self.trace)
    }
}

/// What stands between an own message's end and the beginning of the next.
fn continued(tokens: &Tokens, messages: &[Message]) -> Vec<u32> {
    let mut ids = tokens.text("\n");
    ids.extend(tokens.prompt(messages));
    ids
}
