//! The part of an iteration that changes weights.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rl::Plan;
use rl::figures::Figures;
use rl::loss::{Lost, Token};
use rules::Role;

use super::{Group, Run, RunError, Stage, Told};
use crate::batch::{At, Scored, Sequence, Slope, pieces};
use crate::draw::permutation;
use crate::learn::{Differentiate, LearnError};
use crate::optim::AdamW;

/// A trace that teaches, with its place among the groups.
struct Lesson {
    group: usize,
    member: usize,
    role: Role,
    sequence: Sequence,
    /// As long as the sequence.
    drawn: Vec<f32>,
    /// The same under the base; empty where nothing asks for it.
    reference: Vec<f32>,
    own: usize,
    advantage: f32,
}

/// Sums over the tokens of an update.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Learnt {
    /// Read or drawn, over all epochs.
    pub tokens: usize,
    own: usize,
    loss: f64,
    entropy: f64,
    ratio: f64,
    ratio_max: f64,
    clipped_low: usize,
    clipped_high: usize,
    gradient: f64,
    steps: usize,
    rate: f64,
    /// Between sampler and trainer, over the first optimiser step.
    gap: f64,
    gap_over: usize,
    divergence: Option<f64>,
}

impl Learnt {
    pub fn figures(&self) -> Figures {
        let per = |sum: f64, of: usize| (of > 0).then(|| sum / of as f64);
        [
            ("loss", per(self.loss, self.steps)),
            ("entropy", per(self.entropy, self.own)),
            ("ratio_mean", per(self.ratio, self.own)),
            ("ratio_max", (self.own > 0).then_some(self.ratio_max)),
            ("clip_low", per(self.clipped_low as f64, self.own)),
            ("clip_high", per(self.clipped_high as f64, self.own)),
            ("gradient_norm", per(self.gradient, self.steps)),
            ("rate", Some(self.rate)),
            ("sampler_gap", per(self.gap, self.gap_over)),
            ("kl", self.divergence),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

impl Run {
    /// Learns from what differs within groups. `None`: stopped; weights may have changed, and are to be read
    /// again from the last checkpoint.
    pub(super) fn learn(
        &mut self,
        groups: &mut [Group],
        told: Told,
    ) -> Result<Option<Learnt>, RunError> {
        let plan = self.state.plan.clone();
        let mut lessons = lessons(groups, &plan);
        let mut learnt = Learnt { rate: plan.rate(self.state.iteration), ..Learnt::default() };
        learnt.divergence = self.refer(&mut lessons, &plan)?;
        let optimizer = AdamW {
            weight_decay: plan.learning.weight_decay,
            clip: plan.learning.clip,
            ..AdamW::default()
        };
        let seed = policy::Draw::new(&[ORDER, plan.seed, u64::from(self.state.iteration)]);
        let mut rng = ChaCha8Rng::seed_from_u64(seed.clone().next_u64());
        let mut gradient = vec![0.0; self.learner.len()];
        let (epochs, parts) = (plan.objective.epochs, plan.objective.minibatches);
        let of = (epochs * parts) as usize;
        for epoch in 0..epochs {
            let order = permutation(lessons.len(), &mut rng);
            for (n, batch) in shared(&order, parts as usize).into_iter().enumerate() {
                let done = epoch as usize * parts as usize + n;
                if !told(Stage::Update, done, of) {
                    return Ok(None);
                }
                let scores = self.step(&lessons, &batch, &plan, &mut gradient, &mut learnt)?;
                let length = self.learner.step(&optimizer, &gradient, learnt.rate);
                if !length.is_finite() || !learnt.loss.is_finite() {
                    return Err(LearnError::NotFinite(u64::from(self.state.iteration) + 1).into());
                }
                learnt.gradient += length;
                learnt.steps += 1;
                if epoch == 0 {
                    told_entropies(groups, &lessons, &batch, &scores);
                }
            }
        }
        Ok(Some(learnt))
    }

    /// The gradient of a part of the batch. Divided into pieces for the sake of memory alone.
    fn step(
        &mut self,
        lessons: &[Lesson],
        batch: &[usize],
        plan: &Plan,
        gradient: &mut [f32],
        learnt: &mut Learnt,
    ) -> Result<Vec<Vec<Scored>>, RunError> {
        gradient.fill(0.0);
        let lens: Vec<usize> = batch.iter().map(|&n| lessons[n].own).collect();
        let most = (plan.rollout.rounds * plan.rollout.most_tokens) as usize;
        let weights = plan.objective.normalisation.weights(&lens, most);
        let long: Vec<usize> = batch.iter().map(|&n| lessons[n].sequence.ids.len()).collect();
        let mut scores = Vec::with_capacity(batch.len());
        for piece in pieces(&long, plan.learning.micro_tokens as usize) {
            let part = &batch[piece.clone()];
            let weights = &weights[piece];
            let sequences: Vec<Sequence> =
                part.iter().map(|&n| lessons[n].sequence.clone()).collect();
            let loss = |at: At, scored: Scored| {
                let lost = lost(plan, &lessons[part[at.sequence]], at.token, scored);
                let weight = weights[at.sequence];
                Slope {
                    loss: lost.loss * weight,
                    d_logp: lost.d_logp * weight as f32,
                    d_entropy: lost.d_entropy * weight as f32,
                }
            };
            let outcome = self.learner.gradient(&mut self.machine, &sequences, &loss, gradient)?;
            learnt.loss += outcome.loss;
            for (&n, scored) in part.iter().zip(&outcome.scores) {
                learnt.count(plan, &lessons[n], scored);
            }
            scores.extend(outcome.scores);
        }
        Ok(scores)
    }

    /// Scores lessons under the base: all where the loss asks for it, else a few for the record. The mean
    /// divergence of what was drawn, in nats a token.
    fn refer(&mut self, lessons: &mut [Lesson], plan: &Plan) -> Result<Option<f64>, RunError> {
        let some = plan.keep.divergence_of as usize;
        let count = if plan.surrogate.kl > 0.0 { lessons.len() } else { some.min(lessons.len()) };
        let (mut sum, mut own) = (0.0, 0);
        for lessons in lessons[..count].chunks_mut(64) {
            let sequences: Vec<Sequence> =
                lessons.iter().map(|lesson| lesson.sequence.clone()).collect();
            let outcome = Differentiate::score(&mut self.machine, &self.base, &sequences)?;
            for (lesson, scored) in lessons.iter_mut().zip(outcome.scores) {
                let mut reference = vec![0.0; lesson.sequence.ids.len()];
                for (t, scored) in lesson.sequence.predicted().zip(&scored) {
                    reference[t] = scored.logp;
                    let away = f64::from(scored.logp - lesson.drawn[t]);
                    sum += away.exp() - away - 1.0;
                    own += 1;
                }
                lesson.reference = reference;
            }
        }
        Ok((own > 0).then(|| sum / f64::from(own)))
    }
}

/// Sets the stream that orders lessons apart from every other stream.
const ORDER: u64 = 0x006f_7264_6572;

impl Learnt {
    fn count(&mut self, plan: &Plan, lesson: &Lesson, scored: &[Scored]) {
        self.tokens += lesson.sequence.ids.len();
        for (t, scored) in lesson.sequence.predicted().zip(scored) {
            let lost = lost(plan, lesson, t, *scored);
            self.own += 1;
            self.entropy += f64::from(scored.entropy);
            self.ratio += f64::from(lost.ratio);
            self.ratio_max = self.ratio_max.max(f64::from(lost.ratio));
            self.clipped_low += usize::from(lost.clipped_low);
            self.clipped_high += usize::from(lost.clipped_high);
            if self.steps == 0 {
                self.gap += f64::from((scored.logp - lesson.drawn[t]).abs());
                self.gap_over += 1;
            }
        }
    }
}

fn lost(plan: &Plan, lesson: &Lesson, t: usize, scored: Scored) -> Lost {
    let drawn = lesson.drawn[t];
    plan.surrogate.of(Token {
        logp: scored.logp,
        entropy: scored.entropy,
        // The sampler's model is the learner at the update's beginning.
        old: drawn,
        drawn,
        reference: lesson.reference.get(t).copied().unwrap_or(drawn),
        advantage: lesson.advantage,
    })
}

fn lessons(groups: &[Group], plan: &Plan) -> Vec<Lesson> {
    let mut lessons = Vec::new();
    for (group, of) in groups.iter().enumerate() {
        for (member, rolled) in of.members.iter().enumerate() {
            for role in plan.learners() {
                let advantage = *rolled.advantages.get(role) as f32;
                let trace = rolled.played.traces.get(role).as_ref();
                let Some(trace) = trace.filter(|trace| trace.reward.is_some()) else { continue };
                // What teaches nothing costs nothing, unless the loss holds it to the base.
                if advantage == 0.0 && plan.surrogate.kl == 0.0 {
                    continue;
                }
                let sequence = Sequence { ids: trace.ids.clone(), own: trace.own.clone() };
                let own = sequence.predicted().count();
                let (drawn, reference) = (trace.logp.clone(), Vec::new());
                lessons.push(Lesson {
                    group,
                    member,
                    role,
                    sequence,
                    drawn,
                    reference,
                    own,
                    advantage,
                });
            }
        }
    }
    lessons
}

/// An order in so many parts, the first ones longer by one where it does not come out even; none is empty.
fn shared(order: &[usize], parts: usize) -> Vec<Vec<usize>> {
    let parts = parts.min(order.len()).max(1);
    let mut shared = Vec::with_capacity(parts);
    let mut rest = order;
    for left in (1..=parts).rev() {
        let (part, after) = rest.split_at(rest.len().div_ceil(left));
        if !part.is_empty() {
            // Members of a group beside each other: their prompt is read once.
            let mut part = part.to_vec();
            part.sort_unstable();
            shared.push(part);
        }
        rest = after;
    }
    shared
}

fn told_entropies(
    groups: &mut [Group],
    lessons: &[Lesson],
    batch: &[usize],
    scores: &[Vec<Scored>],
) {
    for (&n, scored) in batch.iter().zip(scores) {
        let Lesson { group, member, role, .. } = lessons[n];
        let entropies = scored.iter().map(|scored| scored.entropy).collect();
        *groups[group].members[member].entropies.get_mut(role) = entropies;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_shared_out_whole() {
        assert_eq!(shared(&[4, 2, 0, 1, 3], 2), [vec![0, 2, 4], vec![1, 3]]);
        assert_eq!(shared(&[7], 3), [vec![7]]);
        assert!(shared(&[], 3).is_empty());
    }
}
