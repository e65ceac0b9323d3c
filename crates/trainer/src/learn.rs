//! Who works out gradients, and what an optimiser's step changes: a whole model or an adapter.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

use crate::batch::{BadBatch, Objective, Outcome, Sequence};
use crate::checkpoint;
use crate::cpu::Machine;
use crate::folder::FolderError;
use crate::lora::Adapter;
use crate::optim::{AdamW, Moments};
use crate::params::Params;

/// Whatever works out gradients of a model: the processor path or a tensor library on a device.
pub trait Differentiate {
    /// Adds the gradient of `objective` over `sequences` to `gradient`, laid out as the weights are.
    fn gradient(
        &mut self,
        params: &Params,
        sequences: &[Sequence],
        objective: &dyn Objective,
        gradient: &mut [f32],
    ) -> Result<Outcome, LearnError>;

    /// Log-probabilities and entropies of the predicted tokens.
    fn score(&mut self, params: &Params, sequences: &[Sequence]) -> Result<Outcome, LearnError>;

    /// Adds the gradient with respect to an adapter's weights alone to `gradient`, laid out as the adapter.
    /// `merged` are the weights with the adapter's change.
    fn gradient_of_adapter(
        &mut self,
        adapted: &Adapted,
        merged: &Params,
        sequences: &[Sequence],
        objective: &dyn Objective,
        gradient: &mut [f32],
    ) -> Result<Outcome, LearnError> {
        let mut whole = vec![0.0; merged.flat.len()];
        let outcome = self.gradient(merged, sequences, objective, &mut whole)?;
        adapted.adapter.pull(&whole, gradient);
        Ok(outcome)
    }
}

impl Differentiate for Machine {
    fn gradient(
        &mut self,
        params: &Params,
        sequences: &[Sequence],
        objective: &dyn Objective,
        gradient: &mut [f32],
    ) -> Result<Outcome, LearnError> {
        Ok(Machine::gradient(self, params, sequences, objective, gradient)?)
    }

    fn score(&mut self, params: &Params, sequences: &[Sequence]) -> Result<Outcome, LearnError> {
        Ok(Machine::score(self, params, sequences)?)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    #[error(transparent)]
    Batch(#[from] BadBatch),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("the tensor library: {0}")]
    Tensors(#[from] candle_core::Error),
    #[error("there are no examples with own tokens")]
    NoExamples,
    #[error("the loss or its gradient is not finite at step {0}")]
    NotFinite(u64),
    #[error("the checkpoint was made with other settings")]
    OtherSettings,
}

/// A frozen model and what is learnt beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapted {
    pub base: Params,
    pub adapter: Adapter,
}

/// Weights that learn, with the optimiser's memory of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Learner {
    /// The model as it is now; with an adapter, merged.
    pub params: Params,
    /// `None` where all weights learn.
    pub adapted: Option<Adapted>,
    pub moments: Moments,
}

impl Learner {
    /// All weights learn.
    pub fn whole(params: Params) -> Learner {
        Learner { moments: Moments::new(params.flat.len()), params, adapted: None }
    }

    /// An adapter learns beside a frozen base.
    pub fn adapted(base: Params, adapter: Adapter) -> Learner {
        let (params, moments) = (adapter.merged(&base), Moments::new(adapter.flat.len()));
        Learner { params, adapted: Some(Adapted { base, adapter }), moments }
    }

    /// Numbers that learn: the length of [`Learner::gradient`]'s argument.
    pub fn len(&self) -> usize {
        self.moments.mean.len()
    }

    pub fn is_empty(&self) -> bool {
        self.moments.mean.is_empty()
    }

    /// Adds the gradient of the numbers that learn to `gradient`: may be called several times before a
    /// step, over parts of a batch.
    pub fn gradient(
        &self,
        on: &mut dyn Differentiate,
        sequences: &[Sequence],
        objective: &dyn Objective,
        gradient: &mut [f32],
    ) -> Result<Outcome, LearnError> {
        match &self.adapted {
            None => on.gradient(&self.params, sequences, objective, gradient),
            Some(adapted) => {
                on.gradient_of_adapter(adapted, &self.params, sequences, objective, gradient)
            }
        }
    }

    /// One optimiser step. Returns the gradient's length before clipping; where that is not finite nothing
    /// is changed.
    pub fn step(&mut self, optimizer: &AdamW, gradient: &[f32], rate: f64) -> f64 {
        match &mut self.adapted {
            None => {
                let matrices = self.params.layout.parts.iter().filter(|part| part.decays());
                let decays: Vec<_> = matrices.map(|part| part.range.clone()).collect();
                let weights = &mut self.params.flat;
                optimizer.step(weights, gradient, &mut self.moments, &decays, rate)
            }
            Some(Adapted { base, adapter }) => {
                let all = 0..adapter.flat.len();
                let decays = std::slice::from_ref(&all);
                let weights = &mut adapter.flat;
                let length = optimizer.step(weights, gradient, &mut self.moments, decays, rate);
                adapter.merge_into(base, &mut self.params);
                length
            }
        }
    }

    /// Writes what learns, the optimiser's memory and the run's own state, whole or not at all. A frozen
    /// base is not written: it is given again to [`Learner::load`].
    pub fn save<P: Serialize>(&self, dir: &Path, run: &P) -> Result<(), FolderError> {
        match &self.adapted {
            None => checkpoint::save(dir, &self.params, &self.moments, run),
            Some(Adapted { adapter, .. }) => {
                checkpoint::save_adapter(dir, adapter, &self.moments, run)
            }
        }
    }

    /// Reads what [`Learner::save`] wrote. `fresh` is the learner as it began.
    pub fn load<P: DeserializeOwned>(
        dir: &Path,
        fresh: Learner,
    ) -> Result<(Learner, P), FolderError> {
        match fresh.adapted {
            None => {
                let (params, moments, run) = checkpoint::load(dir)?;
                Ok((Learner { params, adapted: None, moments }, run))
            }
            Some(Adapted { base, .. }) => {
                let adapter = Adapter::load(dir, &base.config)?;
                let (moments, run) = checkpoint::load_moments(dir)?;
                Ok((Learner { moments, ..Learner::adapted(base, adapter) }, run))
            }
        }
    }
}
