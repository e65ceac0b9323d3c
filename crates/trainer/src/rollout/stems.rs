//! Prompts that were read once for all rows that begin with them.

use std::collections::VecDeque;

use crate::sample::{Next, RowId, SampleError, Sampler};

/// The prompts of one model's games that were read last.
pub(super) struct Stems {
    rows: VecDeque<(Vec<u32>, RowId)>,
    most: usize,
}

impl Stems {
    /// `most`: prompts that are kept.
    pub fn new(most: usize) -> Stems {
        Stems { rows: VecDeque::new(), most: most.max(1) }
    }

    /// Reads, in one step, those of the prompts that are not there.
    pub fn read(
        &mut self,
        sampler: &mut Sampler,
        prompts: &[&Vec<u32>],
    ) -> Result<(), SampleError> {
        let mut steps = Vec::new();
        for prompt in prompts {
            if self.find(prompt).is_none() {
                // Nobody draws from a stem.
                let row = sampler.open(0);
                self.rows.push_back((prompt.to_vec(), row));
                steps.push((row, Next::Given(prompt.to_vec())));
            }
        }
        if !steps.is_empty() {
            sampler.step(&steps)?;
        }
        Ok(())
    }

    fn find(&self, prompt: &[u32]) -> Option<RowId> {
        self.rows.iter().rev().find(|(known, _)| known == prompt).map(|(_, row)| *row)
    }

    /// A row that has read the prompt.
    pub fn row(
        &self,
        sampler: &mut Sampler,
        prompt: &[u32],
        seed: u64,
    ) -> Result<RowId, SampleError> {
        sampler.fork(self.find(prompt).expect("it was just read"), seed)
    }

    /// Forgets those that are too many, the oldest first.
    pub fn prune(&mut self, sampler: &mut Sampler) -> Result<(), SampleError> {
        while self.rows.len() > self.most {
            let (_, row) = self.rows.pop_front().expect("there are some");
            sampler.close(row)?;
        }
        Ok(())
    }

    pub fn close(mut self, sampler: &mut Sampler) -> Result<(), SampleError> {
        self.most = 0;
        self.prune(sampler)
    }
}
