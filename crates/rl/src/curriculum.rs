//! What is played in an iteration: products, opponents, seeds. A function of plan and iteration alone.

use policy::Draw;
use policy::corpus::Deal;
use policy::market::Around;
use rules::{Interest, Listing, Mills, OverLimit, PerRole, Protocol, Regulation, Role, Scenario};
use serde::{Deserialize, Serialize};

use crate::plan::{OpponentShare, Plan, PlanError};

/// Which products come when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Curriculum {
    /// Share of products where `B < C`, 0 to 1. Default: as they are among the products.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflicting: Option<f64>,
    /// Stages with only some prices, one after the other; after the last, all. Default: none.
    pub stages: Vec<Stage>,
    /// Talks as they begin within a market: what could be had elsewhere is the limit. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market: Option<Outside>,
}

/// Rollouts drawn from markets ([`policy::market::Around`]): whoever learns meets the opponent with the limit that rival
/// offers leave it, and is rewarded for what it gains beyond them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// Share of the groups that come from a market, 0 to 1.
    pub share: f64,
    /// Other stalls and other buyers in it, of each.
    #[serde(default = "few")]
    pub rivals: u32,
}

fn few() -> u32 {
    4
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The last iteration of the stage, from 1.
    pub until: u32,
    /// List prices, in dollars.
    pub least: u32,
    pub most: u32,
}

impl Curriculum {
    pub(crate) fn check(&self) -> Result<(), PlanError> {
        let share = self.conflicting.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&share) {
            let (key, wanted) = ("curriculum.conflicting", "take 0 to 1");
            return Err(PlanError::Value { key, found: share.to_string(), wanted });
        }
        if let Some(market) = &self.market
            && (!(0.0..=1.0).contains(&market.share) || !(1..=20).contains(&market.rivals))
        {
            let found = format!("{} of {} rivals", market.share, market.rivals);
            let (key, wanted) =
                ("curriculum.market", "take a share of 0 to 1, and 1 to 20 rivals of each side");
            return Err(PlanError::Value { key, found, wanted });
        }
        let rises = self.stages.windows(2).all(|pair| pair[0].until < pair[1].until);
        if !rises || self.stages.iter().any(|stage| stage.least > stage.most) {
            let (key, wanted) =
                ("curriculum.stages", "let `until` rise, and `least` be no more than `most`");
            return Err(PlanError::Value { key, found: "out of order".into(), wanted });
        }
        Ok(())
    }
}

/// A group's scenario: what all its rollouts share. The opponent's seed is among it, so that only the
/// policy's own draws make a difference within a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Place of the product among those given.
    pub product: usize,
    pub scenario: Scenario,
    /// `None`: both sides learn.
    pub opponent: Option<String>,
}

/// The groups of an iteration (from 0). `fill` counts further groups that replace flat ones; its products are
/// others than those of the fills before, as far as there are any.
pub fn tasks(plan: &Plan, deals: &[Deal], iteration: u32, fill: u32) -> Vec<Task> {
    let mut draw = Draw::new(&[TASKS, plan.seed, u64::from(iteration), u64::from(fill)]);
    let pool = pool(plan, deals, iteration);
    let (mutual, conflicting): (Vec<usize>, Vec<usize>) = pool
        .iter()
        .partition(|&&n| Interest::of(deals[n].budget, deals[n].cost) != Interest::Conflicting);
    let count = plan.rollout.products as usize;
    let wanted = match plan.curriculum.conflicting {
        Some(_) if conflicting.is_empty() || mutual.is_empty() => None,
        // A share of a product is drawn for.
        Some(share) => {
            let exact = share * count as f64;
            let more = draw.chance(((exact - exact.floor()) * 1000.0) as i64);
            Some(exact as usize + usize::from(more))
        }
        None => None,
    };
    let mut products = match wanted {
        None => several(&pool, count, &mut draw),
        Some(wanted) => {
            let mut products = several(&conflicting, wanted.min(count), &mut draw);
            products.extend(several(&mutual, count - wanted.min(count), &mut draw));
            products
        }
    };
    shuffle(&mut products, &mut draw);
    products.into_iter().map(|product| task(plan, deals, product, &mut draw)).collect()
}

/// Sets the stream of these draws apart from every other stream.
const TASKS: u64 = 0x7461_736b;
const MARKETS: u64 = 0x6d61_726b;

fn pool(plan: &Plan, deals: &[Deal], iteration: u32) -> Vec<usize> {
    let stage = plan.curriculum.stages.iter().find(|stage| iteration < stage.until);
    let fits = |deal: &Deal| {
        stage.is_none_or(|stage| {
            let of = |dollars: u32| Mills::from_dollars(i64::from(dollars));
            (of(stage.least)..=of(stage.most)).contains(&deal.product.list_price)
        })
    };
    let pool: Vec<usize> = (0..deals.len()).filter(|&n| fits(&deals[n])).collect();
    if pool.is_empty() { (0..deals.len()).collect() } else { pool }
}

/// `count` of them, none twice before all were taken.
fn several(from: &[usize], count: usize, draw: &mut Draw) -> Vec<usize> {
    let mut taken = Vec::with_capacity(count);
    while taken.len() < count && !from.is_empty() {
        let mut round = from.to_vec();
        shuffle(&mut round, draw);
        round.truncate(count - taken.len());
        taken.extend(round);
    }
    taken
}

fn shuffle(items: &mut [usize], draw: &mut Draw) {
    for n in (1..items.len()).rev() {
        items.swap(n, draw.below(n + 1));
    }
}

fn task(plan: &Plan, deals: &[Deal], product: usize, draw: &mut Draw) -> Task {
    let deal = &deals[product];
    let opponent = plan.rollout.role.map(|_| chosen(&plan.opponents, draw));
    let mut personas = PerRole::default();
    if let (Some(role), Some(opponent)) = (plan.rollout.role, opponent) {
        *personas.get_mut(role.other()) = Some(draw.pick(&opponent.personas).clone());
    }
    let mut scenario = scenario(plan, deal, plan.rollout.role, personas, draw.next_u64() >> 11);
    if let Some(market) = plan.curriculum.market {
        within(&mut scenario, market, plan.rollout.role);
    }
    Task { product, scenario, opponent: opponent.map(|opponent| opponent.name.clone()) }
}

/// Has the sides that learn know what they could have elsewhere. Draws of its own, so that a plan without markets draws
/// as it did.
fn within(scenario: &mut Scenario, market: Outside, learns: Option<Role>) {
    let seed = scenario.seed;
    if !Draw::new(&[MARKETS, seed]).chance((market.share * 1000.0) as i64) {
        return;
    }
    let product = scenario.listing.product.clone();
    let (budget, cost, rivals) = (scenario.budget, scenario.cost, market.rivals);
    let around = Around { product: &product, budget, cost, rivals, seed };
    if learns != Some(Role::Seller) {
        scenario.budget = around.limit(Role::Buyer);
    }
    if learns != Some(Role::Buyer) {
        scenario.cost = around.limit(Role::Seller);
    }
}

/// A negotiation of a run by its protocol; `role` is the side that a script is across from.
pub(crate) fn scenario(
    plan: &Plan,
    deal: &Deal,
    role: Option<Role>,
    personas: PerRole<Option<String>>,
    seed: u64,
) -> Scenario {
    Scenario {
        listing: Listing {
            product: deal.product.clone(),
            protocol: Protocol::Alternating { max_rounds: plan.rollout.rounds },
            personas,
        },
        budget: deal.budget,
        cost: deal.cost,
        // A seller that learns is not held back: what it does wrong, it is told by its reward.
        regulation: (role == Some(Role::Buyer)).then_some(Regulation::CounterAtFloor),
        over_limit: OverLimit::Violation,
        reveal: true,
        seed,
    }
}

fn chosen<'a>(opponents: &'a [OpponentShare], draw: &mut Draw) -> &'a OpponentShare {
    let all: u32 = opponents.iter().map(|opponent| opponent.share).sum();
    let mut mark = draw.below(all.max(1) as usize) as u32;
    for opponent in opponents {
        if mark < opponent.share {
            return opponent;
        }
        mark -= opponent.share;
    }
    &opponents[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::Product;

    fn deals() -> Vec<Deal> {
        let deal = |n: i64| {
            let product = Product {
                codename: format!("books_{n}"),
                category: "books".into(),
                title: "A book".into(),
                description: String::new(),
                features: Vec::new(),
                list_price: Mills::from_dollars(10 * n),
            };
            let cost = Mills::from_dollars(if n % 10 == 0 { 9 * n } else { 5 * n });
            Deal { product, budget: Mills::from_dollars(8 * n), cost }
        };
        (1..=40).map(deal).collect()
    }

    fn plan(over: &str) -> Plan {
        let plan = Plan::of("laptop", &format!("[rollout]\nproducts = 20\n{over}"));
        plan.expect("a plan")
    }

    #[test]
    fn the_same_plan_gives_the_same_tasks_and_others_others() {
        let (plan, deals) = (plan(""), deals());
        assert_eq!(tasks(&plan, &deals, 3, 0), tasks(&plan, &deals, 3, 0));
        assert_ne!(tasks(&plan, &deals, 3, 0), tasks(&plan, &deals, 4, 0));
        assert_ne!(tasks(&plan, &deals, 3, 0), tasks(&plan, &deals, 3, 1));
        let mut products: Vec<usize> =
            tasks(&plan, &deals, 0, 0).iter().map(|t| t.product).collect();
        products.sort_unstable();
        products.dedup();
        assert_eq!(products.len(), 20, "no product twice while there are others");
    }

    #[test]
    fn shares_and_stages_are_kept() {
        let deals = deals();
        let half = plan("[curriculum]\nconflicting = 0.5\n");
        let of = |plan: &Plan, iteration| tasks(plan, &deals, iteration, 0);
        let conflicting = of(&half, 0);
        let count = conflicting.iter().filter(|t| t.scenario.interest() == Interest::Conflicting);
        assert_eq!(count.count(), 10);
        let staged = plan("[[curriculum.stages]]\nuntil = 2\nleast = 0\nmost = 100\n");
        let dearest = |iteration| {
            of(&staged, iteration).iter().map(|t| t.scenario.listing.product.list_price).max()
        };
        assert_eq!(dearest(1), Some(Mills::from_dollars(100)));
        assert!(dearest(2) > Some(Mills::from_dollars(100)));
    }

    #[test]
    fn a_share_of_the_groups_begins_within_a_market() {
        let deals = deals();
        let of = |over: &str| tasks(&plan(over), &deals, 0, 0);
        let (alone, all) = (of(""), of("[curriculum]\nmarket = { share = 1.0 }\n"));
        let limits = |tasks: &[Task], role: Role| {
            let limit = |task: &Task| match role {
                Role::Buyer => task.scenario.budget,
                Role::Seller => task.scenario.cost,
            };
            tasks.iter().map(limit).collect::<Vec<_>>()
        };
        let products = |tasks: &[Task]| tasks.iter().map(|task| task.product).collect::<Vec<_>>();
        assert_eq!(products(&alone), products(&all), "the same products by the same seed");
        let (before, after) = (limits(&alone, Role::Buyer), limits(&all, Role::Buyer));
        assert!(before.iter().zip(&after).all(|(before, after)| after <= before));
        let better = before.iter().zip(&after).filter(|(before, after)| after < before).count();
        assert!((2..20).contains(&better), "{better} of 20");
        // The opponent's own limit is nobody's outside option.
        assert_eq!(limits(&alone, Role::Seller), limits(&all, Role::Seller));
        let none = of("[curriculum]\nmarket = { share = 0.0 }\n");
        assert_eq!(none, alone);
        assert!(Plan::of("laptop", "[curriculum]\nmarket = { share = 2.0 }\n").is_err());
        let seller = "opponents = [{ name = \"linear\" }]\n[rollout]\nrole = \"seller\"\nproducts = 20\n[curriculum]\nmarket = { share = 1.0 }\n";
        let sells = tasks(&Plan::of("laptop", seller).expect("a plan"), &deals, 0, 0);
        let costs = limits(&sells, Role::Seller);
        assert!(sells.iter().zip(&costs).any(|(task, cost)| *cost > deals[task.product].cost));
        assert!(sells.iter().all(|task| task.scenario.budget == deals[task.product].budget));
    }
}
