//! Batched sampling with caches: many talks, one token each per step.
//!
//! Each row is a sequence of its own length. A step feeds every named row either the token just drawn
//! for it or tokens that are given (a prompt, the counterpart's words); nothing is ever read twice. A row's
//! draws depend on its seed and its tokens alone, not on what else is in the batch.

mod choose;
mod decode;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::cpu::{Shape, Ways, Woven};
use crate::params::Params;
use decode::{Bench, Cache, Feed};

pub use choose::{Drawn, Sampling, draw};

/// A row of a [`Sampler`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId(usize);

/// What a step does with a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Draw a token and take it up.
    Draw(Sampling),
    /// Take up these tokens.
    Given(Vec<u32>),
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SampleError {
    #[error("there is no row {0:?}, or it is named twice")]
    Row(RowId),
    #[error("the row {0:?} has no tokens to go on from")]
    Empty(RowId),
    #[error("the row {row:?} would have {len} tokens, the model's positions end at {most}")]
    TooLong { row: RowId, len: usize, most: usize },
    #[error("the vocabulary ends before {0}")]
    NoSuchToken(u32),
}

#[derive(Clone, Debug)]
struct Row {
    cache: Cache,
    ids: Vec<u32>,
    /// After the last token; empty before the first.
    logits: Vec<f32>,
    rng: ChaCha8Rng,
}

/// A model with the rows that it is writing.
#[derive(Debug)]
pub struct Sampler {
    params: Params,
    shape: Shape,
    woven: Woven,
    rows: Vec<Option<Row>>,
    benches: Vec<Bench>,
    room: Vec<f32>,
}

/// A row's end of [`Sampler::generate`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generated {
    /// What was drawn, the stop token included.
    pub drawn: Vec<Drawn>,
    /// Whether a stop token ended it, rather than the limit.
    pub stopped: bool,
}

impl Generated {
    pub fn ids(&self) -> Vec<u32> {
        self.drawn.iter().map(|drawn| drawn.token).collect()
    }
}

impl Sampler {
    pub fn new(params: Params, threads: usize) -> Sampler {
        let mut woven = Woven::default();
        woven.weave(&params, Ways::Forward, threads);
        let shape = Shape::new(&params.config);
        let benches = (0..threads.max(1)).map(|_| Bench::default()).collect();
        Sampler { params, shape, woven, rows: Vec::new(), benches, room: Vec::new() }
    }

    /// Takes new weights of the same shape and forgets all rows.
    pub fn replace(&mut self, params: Params) {
        self.woven.weave(&params, Ways::Forward, self.benches.len());
        self.shape = Shape::new(&params.config);
        self.params = params;
        self.rows.clear();
    }

    /// A new row without tokens, whose draws follow from `seed`.
    pub fn open(&mut self, seed: u64) -> RowId {
        let cache = Cache::new(&self.shape, self.woven.layers.len());
        let rng = ChaCha8Rng::seed_from_u64(seed);
        self.place(Row { cache, ids: Vec::new(), logits: Vec::new(), rng })
    }

    /// A row that begins as `from` stands, with draws of its own: one prompt read for a whole group.
    pub fn fork(&mut self, from: RowId, seed: u64) -> Result<RowId, SampleError> {
        let mut row = self.row(from)?.clone();
        row.rng = ChaCha8Rng::seed_from_u64(seed);
        Ok(self.place(row))
    }

    /// Forgets a row. Its id may be given out again.
    pub fn close(&mut self, id: RowId) -> Result<(), SampleError> {
        self.row(id)?;
        self.rows[id.0] = None;
        Ok(())
    }

    /// The most tokens that a row may have.
    pub fn positions(&self) -> usize {
        self.shape.table.positions()
    }

    /// All tokens of a row.
    pub fn ids(&self, id: RowId) -> Result<&[u32], SampleError> {
        Ok(&self.row(id)?.ids)
    }

    /// Logits after a row's last token.
    pub fn logits(&self, id: RowId) -> Result<&[f32], SampleError> {
        match self.row(id)?.logits.as_slice() {
            [] => Err(SampleError::Empty(id)),
            logits => Ok(logits),
        }
    }

    /// One step of all rows named, each at most once; gives what was drawn for each, in their order. A
    /// step that is refused changes nothing.
    pub fn step(&mut self, steps: &[(RowId, Next)]) -> Result<Vec<Option<Drawn>>, SampleError> {
        self.check(steps)?;
        let mut drawn = Vec::with_capacity(steps.len());
        for (id, next) in steps {
            let row = self.rows[id.0].as_mut().expect("checked above");
            drawn.push(match next {
                Next::Draw(sampling) => {
                    let drawn = draw(&row.logits, *sampling, &mut row.rng, &mut self.room);
                    row.ids.push(drawn.token);
                    Some(drawn)
                }
                Next::Given(ids) => {
                    row.ids.extend_from_slice(ids);
                    None
                }
            });
        }
        let mut fresh = vec![0; self.rows.len()];
        for (id, next) in steps {
            fresh[id.0] = match next {
                Next::Draw(_) => 1,
                Next::Given(ids) => ids.len(),
            };
        }
        self.feed(&fresh);
        Ok(drawn)
    }

    /// Draws for all rows until each has met a token of `stop`, or `most` tokens.
    pub fn generate(
        &mut self,
        rows: &[RowId],
        sampling: Sampling,
        stop: &[u32],
        most: usize,
    ) -> Result<Vec<Generated>, SampleError> {
        let mut generated = vec![Generated::default(); rows.len()];
        let mut open: Vec<usize> = (0..rows.len()).collect();
        for _ in 0..most {
            let steps: Vec<_> = open.iter().map(|&n| (rows[n], Next::Draw(sampling))).collect();
            for (&n, drawn) in open.iter().zip(self.step(&steps)?) {
                let drawn = drawn.expect("every row of these steps draws");
                generated[n].drawn.push(drawn);
                generated[n].stopped = stop.contains(&drawn.token);
            }
            open.retain(|&n| !generated[n].stopped);
            if open.is_empty() {
                break;
            }
        }
        Ok(generated)
    }

    fn place(&mut self, row: Row) -> RowId {
        match self.rows.iter().position(Option::is_none) {
            Some(free) => {
                self.rows[free] = Some(row);
                RowId(free)
            }
            None => {
                self.rows.push(Some(row));
                RowId(self.rows.len() - 1)
            }
        }
    }

    fn row(&self, id: RowId) -> Result<&Row, SampleError> {
        self.rows.get(id.0).and_then(Option::as_ref).ok_or(SampleError::Row(id))
    }

    fn check(&self, steps: &[(RowId, Next)]) -> Result<(), SampleError> {
        let mut named = vec![false; self.rows.len()];
        for (id, next) in steps {
            let row = self.row(*id)?;
            if std::mem::replace(&mut named[id.0], true) {
                return Err(SampleError::Row(*id));
            }
            let more = match next {
                Next::Draw(_) if row.logits.is_empty() => return Err(SampleError::Empty(*id)),
                Next::Draw(_) => 1,
                Next::Given(ids) => {
                    let vocab = self.shape.vocab;
                    if let Some(&strange) = ids.iter().find(|id| **id as usize >= vocab) {
                        return Err(SampleError::NoSuchToken(strange));
                    }
                    ids.len()
                }
            };
            let (len, most) = (row.ids.len() + more, self.shape.table.positions());
            if len > most {
                return Err(SampleError::TooLong { row: *id, len, most });
            }
        }
        Ok(())
    }

    /// Takes up the last `fresh` tokens of each row, the rows shared out to threads.
    fn feed(&mut self, fresh: &[usize]) {
        let mut feeds: Vec<Feed> = Vec::new();
        for (row, &fresh) in self.rows.iter_mut().zip(fresh) {
            if let (Some(row), 1..) = (row, fresh) {
                let (before, tokens) = (row.ids.len() - fresh, &row.ids[row.ids.len() - fresh..]);
                let (cache, logits) = (&mut row.cache, &mut row.logits);
                feeds.push(Feed { cache, logits, before, tokens });
            }
        }
        let cost =
            |feed: &Feed| (feed.tokens.len() * (feed.before + feed.tokens.len() + 4096)) as u64;
        let costs: Vec<u64> = feeds.iter().map(cost).collect();
        let shares = crate::batch::shares(&costs, self.benches.len());
        let mut feeds: Vec<Option<Feed>> = feeds.into_iter().map(Some).collect();
        let (shape, woven, params) = (&self.shape, &self.woven, &self.params);
        let mut work: Vec<(&mut Bench, Vec<Feed>)> = Vec::new();
        for (bench, share) in self.benches.iter_mut().zip(shares) {
            let share = share.into_iter();
            let share: Vec<Feed> =
                share.map(|n| feeds[n].take().expect("shares do not overlap")).collect();
            if !share.is_empty() {
                work.push((bench, share));
            }
        }
        std::thread::scope(|scope| {
            let mut work = work.into_iter();
            let own = work.next();
            for (bench, mut share) in work {
                scope.spawn(move || bench.feed(shape, woven, params, &mut share));
            }
            if let Some((bench, mut share)) = own {
                bench.feed(shape, woven, params, &mut share);
            }
        });
    }
}
