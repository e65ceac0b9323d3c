//! Pay adds up, and never passes its bounds.

use proptest::prelude::*;
use study::pay::{Door, bonus, door};
use study::progress::How;
use study::{End, Event, Progress, Study, due};
use uuid::Uuid;
use wire::EpisodeId;

fn ready() -> Study {
    Study::read(include_str!("../studies/base-vs-trained.toml")).expect("the ready study reads")
}

fn played(hows: &[How], end: Option<End>) -> Progress {
    let episode = |n| EpisodeId(Uuid::from_u128(n));
    let mut events: Vec<Event> = hows
        .iter()
        .zip(1..)
        .map(|(how, n)| Event::Played { episode: episode(n), how: *how })
        .collect();
    events.extend(end.map(|end| Event::Ended { end }));
    Progress::replay(events.iter().map(|event| (0, event)))
}

#[test]
fn a_bonus_is_the_rewards_part_in_whole_cents() {
    let pay = ready().pay;
    for (reward, cents) in
        [(0.29, 29), (0.299, 29), (1.0, 100), (7.0, 100), (-1.0, 0), (f64::NAN, 0), (0.57, 57)]
    {
        assert_eq!(bonus(&pay, Some(reward)), cents, "{reward}");
    }
    assert_eq!(bonus(&pay, None), 0);
}

#[test]
fn each_end_pays_what_it_should() {
    let study = ready();
    let reward = |_: EpisodeId| Some(0.5);
    let total = |hows: &[How], end| due(&study, &played(hows, end), reward).total;
    use How::{Broken, Counts, Left, PartnerLeft};
    for (hows, end, cents) in [
        (&[Counts, Counts, Counts][..], Some(End::Complete), 250 + 150),
        (&[Counts, PartnerLeft, Left], Some(End::Complete), 250 + 50 + 50),
        (&[Broken, Broken, Broken], Some(End::TechnicalFault), 250 + 150),
        (&[], Some(End::ScreenedOut), 10),
        (&[], Some(End::FailedChecks), 0),
        (&[], Some(End::WaitedInVain), 50),
        (&[Counts], Some(End::WaitedInVain), 250 + 50),
        (&[Counts], Some(End::Withdrew), 0),
        (&[Counts], Some(End::TimedOut), 0),
        (&[Counts], Some(End::Excused), 250 + 50),
        (&[Counts], Some(End::Stopped), 0),
        (&[Counts], None, 250 + 50),
    ] {
        assert_eq!(total(hows, end), cents, "{hows:?} {end:?}");
    }
}

#[test]
fn nobody_is_let_in_who_might_not_be_paid() {
    let mut study = ready();
    study.pay.most = 5_500;
    assert_eq!(study.most_of_each(), 550);
    assert_eq!(door(&study, 0, 0, false), Door::Open);
    assert_eq!(door(&study, 1_000, 7, false), Door::Open);
    assert_eq!(door(&study, 4_950, 0, false), Door::Soft);
    assert_eq!(door(&study, 4_950, 0, true), Door::Open);
    assert_eq!(door(&study, 4_951, 0, true), Door::Hard);
    assert_eq!(door(&study, 4_400, 2, true), Door::Hard);
}

/// A file may ask for any amounts: nothing is reckoned beyond what a number holds.
#[test]
fn amounts_beyond_all_bounds_close_the_door() {
    let mut study = ready();
    let pay = &mut study.pay;
    (pay.base, pay.bonus, pay.most_bonus, pay.most) =
        (u32::MAX, u32::MAX, u32::MAX, i64::MAX as u64);
    study.recruitment.completers = u32::MAX;
    let due = due(&study, &played(&[How::Counts; 3], None), |_| Some(1.0));
    assert_eq!((due.total, due.capped), (u32::MAX, 0));
    assert_eq!(door(&study, 0, 0, true), Door::Open);
    assert_eq!(door(&study, u64::MAX, 0, true), Door::Hard);
    assert_eq!(door(&study, 0, u64::MAX, true), Door::Hard);
    assert!(!study.flaws(&[], &[]).is_empty());
}

proptest! {
    #[test]
    fn pay_adds_up_and_never_passes_its_bounds(
        rewards in proptest::collection::vec(-2.0_f64..2.0, 0..30),
        ends in 0_usize..=End::ALL.len(),
        most_bonus in 0_u32..400,
    ) {
        let mut study = ready();
        study.pay.most_bonus = most_bonus;
        let progress = played(&vec![How::Counts; rewards.len()], End::ALL.get(ends).copied());
        let reward = |id: EpisodeId| rewards.get(id.0.as_u128() as usize - 1).copied();
        let due = due(&study, &progress, reward);
        let bonuses: u32 = due.bonuses.iter().map(|bonus| bonus.cents).sum();
        prop_assert_eq!(due.total, due.base + bonuses - due.capped);
        prop_assert!(u64::from(due.total) <= study.most_of_each());
        prop_assert!(bonuses - due.capped <= most_bonus);
    }
}
