//! A run of reinforcement learning: roll out, compare, learn, iteration by iteration.
//!
//! Everything follows from the plan, the base and the products: on one kind of processor, with one number of
//! threads, the same run gives the same weights twice, and a run that was cut off goes on to the same ones.

mod update;

use std::path::{Path, PathBuf};
use std::time::Instant;

use policy::corpus::Deal;
use rl::advantage::{advantages, is_flat};
use rl::alarm::{Alarm, alarms};
use rl::curriculum::{Task, tasks};
use rl::exam::{self, BEST_RESPONSE, Exam};
use rl::figures::{Figures, Rolled, of_role};
use rl::oracle::{Search, best_response};
use rl::plan::{BASE, EARLIER, Rollout};
use rl::{Plan, Trace};
use rules::metrics::{Facts, PersonaMarkers};
use rules::reward::score;
use rules::{Episode, PerRole, Role, Scenario};
use serde::{Deserialize, Serialize};

use crate::checkpoint;
use crate::cpu::{Division, Machine};
use crate::folder::{self, FolderError};
use crate::learn::{LearnError, Learner};
use crate::lora::{self, Adapter};
use crate::params::Params;
use crate::rollout::{Game, Hall, Model, Outside, Played, Player};
use crate::sample::{SampleError, Sampler, Sampling};
use crate::tokens::Tokens;

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Learn(#[from] LearnError),
    #[error(transparent)]
    Sample(#[from] SampleError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("there are no products to learn from")]
    NoProducts,
    #[error("the checkpoint belongs to a run with other settings")]
    OtherPlan,
    #[error("all negotiations of an iteration failed; the last one thus: {0}")]
    AllFailed(String),
}

/// What a run is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Rollout,
    Update,
    Keep,
    Evaluation,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Stage::Rollout => "rollout",
            Stage::Update => "update",
            Stage::Keep => "checkpoint",
            Stage::Evaluation => "evaluation",
        }
    }
}

/// Told while an iteration goes on: the stage, how much of it is done, of how much. `false` stops it.
pub type Told<'a> = &'a mut dyn FnMut(Stage, usize, usize) -> bool;

/// A group of rollouts.
#[derive(Clone, Debug)]
pub struct Group {
    pub task: Task,
    pub members: Vec<Member>,
}

#[derive(Clone, Debug)]
pub struct Member {
    pub played: Played,
    pub advantages: PerRole<f64>,
    /// Entropies at the own tokens, in their order; empty where the rollout taught nothing.
    pub entropies: PerRole<Vec<f32>>,
}

/// What an iteration came to.
#[derive(Clone, Debug)]
pub struct Iteration {
    /// From 1.
    pub number: u32,
    pub figures: Figures,
    pub alarms: Vec<Alarm>,
    pub groups: Vec<Group>,
}

/// What a run keeps beside weights and moments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    plan: Plan,
    /// Iterations done.
    iteration: u32,
    /// Figures of the first iteration: what alarms compare with.
    first: Option<Figures>,
}

/// A run between two iterations.
pub struct Run {
    deals: Vec<Deal>,
    tokens: Tokens,
    base: Params,
    learner: Learner,
    machine: Machine,
    division: Division,
    /// Who learns, the base, an earlier checkpoint; made when they are first needed.
    samplers: [Option<Sampler>; 3],
    markers: PersonaMarkers,
    state: State,
    /// Where checkpoints go.
    folder: PathBuf,
}

/// What a run begins from.
pub struct Start {
    pub plan: Plan,
    pub deals: Vec<Deal>,
    pub base: Params,
    pub tokens: Tokens,
    pub division: Division,
    /// Where checkpoints go, and from whose newest the run goes on.
    pub folder: PathBuf,
}

/// Places in [`Run::samplers`].
const LEARNER: usize = 0;
const FROZEN: usize = 1;
const POOLED: usize = 2;

impl Run {
    /// Begins a run, or goes on from its newest checkpoint.
    pub fn open(start: Start) -> Result<Run, RunError> {
        let Start { plan, deals, base, tokens, division, folder } = start;
        if deals.is_empty() {
            return Err(RunError::NoProducts);
        }
        let fresh = match plan.learning.rank {
            None => Learner::whole(base.clone()),
            Some(rank) => {
                let settings = lora::Settings { rank: rank as usize, ..lora::Settings::default() };
                Learner::adapted(base.clone(), Adapter::seeded(&base.config, settings, plan.seed))
            }
        };
        let (learner, state) = match checkpoint::newest(&folder) {
            None => (fresh, State { plan, iteration: 0, first: None }),
            Some(newest) => {
                let (learner, state): (_, State) = Learner::load(&newest, fresh)?;
                if state.plan != plan {
                    return Err(RunError::OtherPlan);
                }
                (learner, state)
            }
        };
        let machine = Machine::new(&base.config, division);
        let markers = policy::markers();
        let samplers = [None, None, None];
        Ok(Run {
            deals,
            tokens,
            base,
            learner,
            machine,
            division,
            samplers,
            markers,
            state,
            folder,
        })
    }

    pub fn plan(&self) -> &Plan {
        &self.state.plan
    }

    /// Iterations done.
    pub fn iteration(&self) -> u32 {
        self.state.iteration
    }

    pub fn is_over(&self) -> bool {
        self.state.iteration >= self.state.plan.iterations
    }

    /// The model as it is now.
    pub fn params(&self) -> &Params {
        &self.learner.params
    }

    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// One iteration. It is not on disk before [`Run::keep`]. After one that `told` stops (`None`) or that
    /// fails, weights may have changed in part: open the run again, from its last checkpoint.
    pub fn iterate(
        &mut self,
        outside: &mut dyn Outside,
        told: Told,
    ) -> Result<Option<Iteration>, RunError> {
        let began = Instant::now();
        let Some(mut groups) = self.roll(outside, told)? else { return Ok(None) };
        let rolled_s = began.elapsed().as_secs_f64();
        let read: usize = traces(&groups).map(|trace| trace.ids.len()).sum();
        let drawn: usize = traces(&groups).map(Trace::own_tokens).sum();
        let flat = self.compare(&mut groups)?;
        let began = Instant::now();
        let Some(learnt) = self.learn(&mut groups, told)? else { return Ok(None) };
        let update_s = began.elapsed().as_secs_f64();
        let mut figures = self.figures(&groups);
        let mut put = |name: &str, value: f64| figures.insert(name.to_owned(), Some(value));
        put("zero_variance_groups", flat);
        put("rollout_s", rolled_s);
        put("update_s", update_s);
        put("rollout_tokens_per_s", drawn as f64 / rolled_s.max(1e-9));
        put("update_tokens_per_s", learnt.tokens as f64 / update_s.max(1e-9));
        put("tokens_read", read as f64);
        put("tokens_drawn", drawn as f64);
        put("episodes", groups.iter().map(|group| group.members.len()).sum::<usize>() as f64);
        figures.extend(learnt.figures());
        self.state.iteration += 1;
        let first = self.state.first.get_or_insert_with(|| figures.clone());
        let alarms = alarms(first, &figures, &self.state.plan.alarms);
        Ok(Some(Iteration { number: self.state.iteration, figures, alarms, groups }))
    }

    /// Writes where the run is; older states but the last are deleted. After a kill the run goes on from here.
    pub fn keep(&self) -> Result<(), RunError> {
        let dir = checkpoint::path(&self.folder, u64::from(self.state.iteration));
        self.learner.save(&dir, &self.state)?;
        checkpoint::prune(&self.folder, 2)?;
        Ok(())
    }

    /// Writes the model as it is now as a folder that can be loaded anywhere.
    pub fn export(&self, dir: &Path) -> Result<(), RunError> {
        folder::save(dir, self.params(), folder::Precision::Bf16, Some(&self.tokens))?;
        Ok(())
    }

    /// Whether the last iteration's weights are to be published material, by the plan.
    pub fn is_milestone(&self) -> bool {
        let every = self.plan().keep.every;
        self.is_over() || (every > 0 && self.state.iteration.is_multiple_of(every))
    }

    /// Takes the place of the run as it was after an iteration, with weights that came of it elsewhere: to be
    /// examined, not to go on from.
    pub fn stand_at(&mut self, iteration: u32, params: Params) {
        self.learner = Learner::whole(params);
        self.samplers = [None, None, None];
        self.state.iteration = iteration;
    }

    /// Has the model as it is now, or one of [`exam::baselines`] in its place, sit an exam; episodes in the order
    /// of [`exam::tasks`]. Like everybody who learns, the model writes a message once. `None`: stopped.
    pub fn examine(
        &mut self,
        exam: &Exam,
        baseline: Option<&str>,
        deals: &[Deal],
        times: u32,
        outside: &mut dyn Outside,
        told: Told,
    ) -> Result<Option<Vec<(Task, Played)>>, RunError> {
        let tasks = exam::tasks(self.plan(), exam, deals, times);
        if let (Some(BEST_RESPONSE), Some(opponent)) = (baseline, policy::find(&exam.against)) {
            return Ok(self.bound(tasks, exam.role, opponent, told));
        }
        self.place_learner();
        self.place_opponents(&tasks)?;
        let game = |task: &Task| {
            let scenario = &task.scenario;
            let examined = match baseline.and_then(policy::find) {
                Some(entry) => Player::Script(entry.seat(exam.role, scenario.seed, None)),
                None => Player::Model(LEARNER),
            };
            let across = player(&exam.against, exam.role.other(), scenario);
            let players = match exam.role {
                Role::Buyer => PerRole { buyer: examined, seller: across },
                Role::Seller => PerRole { buyer: across, seller: examined },
            };
            Game { scenario: scenario.clone(), players, seed: scenario.seed }
        };
        let games: Vec<Game> = tasks.iter().map(game).collect();
        let of = games.len();
        let temperature = self.plan().evaluation.temperature;
        let told = &mut |done| told(Stage::Evaluation, done, of);
        let played = self.sit(games, temperature, outside, told)?;
        Ok(played.map(|played| tasks.into_iter().zip(played).collect()))
    }

    fn bound(
        &self,
        tasks: Vec<Task>,
        role: Role,
        opponent: &policy::Entry,
        told: Told,
    ) -> Option<Vec<(Task, Played)>> {
        let (of, mut found) = (tasks.len(), Vec::new());
        for task in tasks {
            if !told(Stage::Evaluation, found.len(), of) {
                return None;
            }
            let reward = &self.state.plan.reward;
            let events = best_response(&task.scenario, role, opponent, reward, Search::default());
            let episode = Episode::replay(&events).expect("it was just played");
            let played = Played { events, episode, traces: PerRole::default(), failure: None };
            found.push((task, played));
        }
        Some(found)
    }

    /// Negotiations that a step's evaluation plays of each product: before the first iteration, at checkpoints,
    /// after the last.
    pub fn times_due(&self) -> u32 {
        let evaluation = &self.plan().evaluation;
        match self.state.iteration {
            0 => evaluation.times,
            _ if self.is_over() => evaluation.times,
            _ if self.is_milestone() => evaluation.times_between,
            _ => 0,
        }
    }

    /// Plays the iteration's groups; flat ones are replaced as far as the plan allows.
    fn roll(
        &mut self,
        outside: &mut dyn Outside,
        told: Told,
    ) -> Result<Option<Vec<Group>>, RunError> {
        let plan = self.state.plan.clone();
        let wanted = plan.rollout.products as usize;
        let most = (f64::from(plan.objective.most_fills) * wanted as f64).round() as usize;
        let (mut kept, mut spare, mut fill): (Vec<Group>, Vec<Group>, u32) = (vec![], vec![], 0);
        self.place_learner();
        while kept.len() < wanted {
            let left = most.saturating_sub(kept.len() + spare.len());
            let mut tasks = tasks(&plan, &self.deals, self.state.iteration, fill);
            tasks.truncate(left.min(wanted - kept.len()));
            if tasks.is_empty() {
                break;
            }
            let Some(groups) = self.play(tasks, outside, told)? else { return Ok(None) };
            let (flat, varied): (Vec<Group>, Vec<Group>) =
                groups.into_iter().partition(|group| self.is_flat(group));
            kept.extend(varied);
            spare.extend(flat);
            fill += 1;
        }
        kept.extend(spare);
        Ok(Some(kept))
    }

    fn is_flat(&self, group: &Group) -> bool {
        let plan = &self.state.plan;
        plan.learners().into_iter().all(|role| {
            let rewards: Vec<f64> = group
                .members
                .iter()
                .filter_map(|member| score(&member.played.episode, role, &plan.reward))
                .collect();
            rewards.len() < 2 || is_flat(&rewards)
        })
    }

    fn place_learner(&mut self) {
        match &mut self.samplers[LEARNER] {
            Some(sampler) => sampler.replace(self.learner.params.clone()),
            none => {
                *none = Some(Sampler::new(self.learner.params.clone(), self.division.threads));
            }
        }
    }

    fn play(
        &mut self,
        tasks: Vec<Task>,
        outside: &mut dyn Outside,
        told: Told,
    ) -> Result<Option<Vec<Group>>, RunError> {
        self.place_opponents(&tasks)?;
        let group = self.plan().rollout.group;
        let games: Vec<Game> = tasks
            .iter()
            .flat_map(|task| (0..group).map(|member| self.game(task, member)))
            .collect();
        let of = games.len();
        let played = self.sit(games, 1.0, outside, &mut |done| told(Stage::Rollout, done, of))?;
        let Some(played) = played else { return Ok(None) };
        let mut played = played.into_iter();
        let groups = tasks.into_iter().map(|task| {
            let members = played.by_ref().take(group as usize).map(|played| Member {
                played,
                advantages: PerRole::default(),
                entropies: PerRole::default(),
            });
            Group { members: members.collect(), task }
        });
        Ok(Some(groups.collect()))
    }

    /// Plays games to their ends; the learner draws at a temperature, others at the plan's.
    fn sit(
        &mut self,
        games: Vec<Game>,
        temperature: f32,
        outside: &mut dyn Outside,
        told: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Option<Vec<Played>>, RunError> {
        let Rollout { most_tokens, at_once, opponent_temperature, .. } = self.state.plan.rollout;
        // Where an opponent's model is not there its place is not named by any game.
        let models: Vec<Model> = self
            .samplers
            .iter_mut()
            .enumerate()
            .map_while(|(place, sampler)| {
                let learns = place == LEARNER;
                let temperature = if learns { temperature } else { opponent_temperature };
                let sampling = Sampling { temperature, ..Sampling::default() };
                Some(Model { sampler: sampler.as_mut()?, sampling, learns })
            })
            .collect();
        let mut hall = Hall {
            models,
            tokens: &self.tokens,
            outside,
            most: most_tokens as usize,
            at_once: at_once as usize,
        };
        Ok(hall.play(games, told)?)
    }

    /// Has the models there that the tasks' opponents are.
    fn place_opponents(&mut self, tasks: &[Task]) -> Result<(), RunError> {
        let is_named = |name: &str| tasks.iter().any(|task| task.opponent.as_deref() == Some(name));
        let (base, earlier) = (is_named(BASE), is_named(EARLIER));
        if (base || earlier) && self.samplers[FROZEN].is_none() {
            self.samplers[FROZEN] = Some(Sampler::new(self.base.clone(), self.division.threads));
        }
        if earlier {
            let params = self.earlier()?;
            match &mut self.samplers[POOLED] {
                Some(sampler) => sampler.replace(params),
                none => *none = Some(Sampler::new(params, self.division.threads)),
            }
        }
        Ok(())
    }

    /// One of the exported checkpoints, another one in each iteration; the base where there is none.
    fn earlier(&self) -> Result<Params, RunError> {
        let every = self.plan().keep.every.max(1);
        let there = self.state.iteration / every;
        if there == 0 {
            return Ok(self.base.clone());
        }
        let (seed, iteration) = (self.plan().seed, u64::from(self.state.iteration));
        let drawn = policy::Draw::new(&[POOL, seed, iteration]).below(there as usize + 1) as u32;
        match drawn {
            0 => Ok(self.base.clone()),
            n => Ok(folder::load(&self.export_at(n * every))?),
        }
    }

    /// Where an iteration's model is exported.
    pub fn export_at(&self, iteration: u32) -> PathBuf {
        self.folder.join(format!("model-{iteration}"))
    }

    fn game(&self, task: &Task, member: u32) -> Game {
        let learns =
            |role: Role| self.state.plan.rollout.role.is_none_or(|learner| learner == role);
        let seat = |role: Role| match task.opponent.as_deref().filter(|_| !learns(role)) {
            None => Player::Model(LEARNER),
            Some(name) => player(name, role, &task.scenario),
        };
        let players = PerRole { buyer: seat(Role::Buyer), seller: seat(Role::Seller) };
        let seed = policy::Draw::new(&[task.scenario.seed, u64::from(member)]).next_u64();
        Game { scenario: task.scenario.clone(), players, seed }
    }

    /// Scores all rollouts and compares each with its group. The share of groups that teach nothing.
    fn compare(&self, groups: &mut [Group]) -> Result<f64, RunError> {
        let plan = &self.state.plan;
        let (mut flat, mut all, mut counted) = (0usize, 0usize, 0usize);
        for group in groups.iter_mut() {
            for role in plan.learners() {
                let rewards: Vec<Option<f64>> = group
                    .members
                    .iter()
                    .map(|member| score(&member.played.episode, role, &plan.reward))
                    .collect();
                let known: Vec<f64> = rewards.iter().copied().flatten().collect();
                counted += known.len();
                all += 1;
                flat += usize::from(known.len() < 2 || is_flat(&known));
                let mut compared = advantages(&known, plan.objective.estimator).into_iter();
                for (member, reward) in group.members.iter_mut().zip(rewards) {
                    let advantage = reward.and_then(|_| compared.next());
                    *member.advantages.get_mut(role) = advantage.unwrap_or(0.0);
                    if let Some(trace) = member.played.traces.get_mut(role) {
                        trace.reward = reward;
                    }
                }
            }
        }
        if counted == 0 {
            let failures = groups.iter().flat_map(|group| &group.members);
            let last = failures.filter_map(|member| member.played.failure.as_ref()).next_back();
            let said = last.map_or("nothing was scored".to_owned(), |(_, fault)| fault.to_string());
            return Err(RunError::AllFailed(said));
        }
        Ok(flat as f64 / all.max(1) as f64)
    }

    fn figures(&self, groups: &[Group]) -> Figures {
        let plan = &self.state.plan;
        let learners = plan.learners();
        let mut figures = Figures::new();
        for role in &learners {
            let rolled: Vec<Rolled> = groups
                .iter()
                .flat_map(|group| &group.members)
                .filter_map(|member| self.rolled(member, *role))
                .collect();
            let own = of_role(&rolled.iter().collect::<Vec<_>>());
            // Where both sides learn, the buyer's figures have the plain names.
            let prefix = if *role == learners[0] { "" } else { "seller_" };
            figures.extend(own.into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)));
        }
        figures
    }

    fn rolled(&self, member: &Member, role: Role) -> Option<Rolled> {
        let trace = member.played.traces.get(role).as_ref()?;
        let episode = &member.played.episode;
        let own = episode.table.turns.iter().filter(|turn| turn.by == role);
        Some(Rolled {
            facts: Facts::of(episode, &self.state.plan.reward, &self.markers),
            role,
            reward: trace.reward,
            advantage: *member.advantages.get(role),
            own_tokens: trace.own_tokens(),
            messages: trace.messages,
            truncated: trace.truncated,
            talks: own.map(|turn| turn.talk.clone()).collect(),
        })
    }
}

/// Who plays under an opponent's name.
fn player(name: &str, role: Role, scenario: &Scenario) -> Player {
    let persona = scenario.listing.personas.get(role).as_deref();
    match (name, policy::find(name)) {
        (BASE, _) => Player::Model(FROZEN),
        (EARLIER, _) => Player::Model(POOLED),
        (_, Some(entry)) => Player::Script(entry.seat(role, scenario.seed, persona)),
        (_, None) => Player::Outside(name.to_owned()),
    }
}

/// Sets the stream that draws earlier checkpoints apart from every other stream.
const POOL: u64 = 0x706f_6f6c;

fn traces(groups: &[Group]) -> impl Iterator<Item = &Trace> {
    groups
        .iter()
        .flat_map(|group| &group.members)
        .flat_map(|member| [&member.played.traces.buyer, &member.played.traces.seller])
        .flatten()
}
