//! Studies: each payment once, and as the events give it.

use std::collections::{BTreeMap, HashMap};

use rules::Role;
use rules::reward::score;
use serde::Deserialize;
use study::{Event, Progress, Study};
use uuid::Uuid;
use wire::EpisodeId;

use super::Verdict;
use super::played::{self, Stored};

/// The frozen file of a study.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct File {
    study: Uuid,
    file: String,
}

/// A row of `participants`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Participant {
    participant: Uuid,
    study: Uuid,
    visitor: Uuid,
    seq: i64,
    ended: Option<String>,
}

/// A row of `participant_events`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Happened {
    participant: Uuid,
    seq: i64,
    at: i64,
    event: Event,
}

/// A row of `payments`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Payment {
    participant: Uuid,
    kind: String,
    cents: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub studies: Vec<File>,
    pub participants: Vec<Participant>,
    pub events: Vec<Happened>,
    pub payments: Vec<Payment>,
}

pub(super) fn audit(ledger: &Ledger, stored: &Stored) -> [Verdict; 3] {
    let mut numbers = Verdict::new("a participant's events are numbered without gaps");
    let mut ends = Verdict::new("a participation is over");
    let mut paid = Verdict::new("a participant is paid once, what the events give");
    let studies: HashMap<Uuid, Result<Study, String>> =
        ledger.studies.iter().map(|file| (file.study, Study::read(&file.file))).collect();
    let mut events: HashMap<Uuid, Vec<&Happened>> = HashMap::new();
    for event in &ledger.events {
        events.entry(event.participant).or_default().push(event);
    }
    let mut payments: BTreeMap<Uuid, Vec<&Payment>> = BTreeMap::new();
    for payment in &ledger.payments {
        payments.entry(payment.participant).or_default().push(payment);
    }
    let rows: HashMap<EpisodeId, &played::Row> =
        stored.episodes.iter().map(|row| (row.episode, row)).collect();
    for row in &ledger.participants {
        let mut happened = events.remove(&row.participant).unwrap_or_default();
        happened.sort_by_key(|event| event.seq);
        let named = |outcome: Result<(), String>| {
            outcome.map_err(|what| format!("{}: {what}", row.participant))
        };
        numbers.hold(named(match happened.iter().map(|event| event.seq).eq(1..=row.seq) {
            true => Ok(()),
            false => Err(format!("its events are not numbered 1 to {}", row.seq)),
        }));
        let progress = Progress::replay(happened.iter().map(|event| (event.at, &event.event)));
        let end = progress.end.map(|end| end.name().to_owned());
        ends.hold(named(match end.is_some() && end == row.ended {
            true => Ok(()),
            false => Err(format!("it ended by {end:?}, and {:?} is stored", row.ended)),
        }));
        let lines = payments.remove(&row.participant).unwrap_or_default();
        let study = studies.get(&row.study).cloned();
        let study = study.unwrap_or_else(|| Err("its study is not there".to_owned()));
        paid.hold(named(
            study.and_then(|study| audit_payments(&study, row, &progress, &lines, &rows, stored)),
        ));
    }
    for participant in payments.keys() {
        paid.hold(Err(format!("{participant}: paid, and not there")));
    }
    [numbers, ends, paid]
}

fn audit_payments(
    study: &Study,
    row: &Participant,
    progress: &Progress,
    lines: &[&Payment],
    rows: &HashMap<EpisodeId, &played::Row>,
    stored: &Stored,
) -> Result<(), String> {
    let conditions = progress.conditions_played(study);
    let mut rewards: HashMap<EpisodeId, Option<f64>> = HashMap::new();
    for ((episode, _), condition) in progress.played.iter().zip(conditions) {
        let role = match rows.get(episode).and_then(|row| row.buyer) == Some(row.visitor) {
            true => Role::Buyer,
            false => Role::Seller,
        };
        let spec = &study.conditions[condition].reward;
        rewards.insert(*episode, score(&stored.replay(*episode)?, role, spec));
    }
    let due = study::due(study, progress, |episode| rewards.get(&episode).copied().flatten());
    let due = match row.ended {
        Some(_) => vec![("base", due.base), ("bonus", due.total - due.base)],
        None => Vec::new(),
    };
    let due: Vec<_> = due.into_iter().filter(|(_, cents)| *cents > 0).collect();
    let mut paid: Vec<_> = lines.iter().map(|line| (line.kind.as_str(), line.cents)).collect();
    paid.sort_unstable();
    match paid == due {
        true => Ok(()),
        false => Err(format!("{paid:?} was paid, {due:?} is due")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::played::tests::{honest, wrong};
    use super::*;
    use study::End;
    use study::progress::How;

    const WHO: Uuid = Uuid::from_u128(11);

    /// Somebody who played one negotiation, which brought nothing, and completed.
    fn world() -> (Ledger, Stored) {
        let (stored, _) = honest();
        let row = &stored.episodes[0];
        let file = include_str!("../../../study/studies/base-vs-trained.toml");
        let study = Study::read(file).unwrap();
        let slot = study::Dealer::new(1, study::cells::cells(&study).len(), 2).deal("");
        let (episode, how) = (row.episode, How::Counts);
        let events = [
            Event::Entered { language: "en".to_owned() },
            Event::Assigned { slot },
            Event::Met { episode },
            Event::Played { episode, how },
            Event::Ended { end: End::Complete },
        ];
        let events = (1..).zip(events).map(|(seq, event)| Happened {
            participant: WHO,
            seq,
            at: seq,
            event,
        });
        let id = Uuid::from_u128(12);
        let base = Payment { participant: WHO, kind: "base".to_owned(), cents: study.pay.base };
        let ledger = Ledger {
            studies: vec![File { study: id, file: file.to_owned() }],
            participants: vec![Participant {
                participant: WHO,
                study: id,
                visitor: row.buyer.unwrap(),
                seq: 5,
                ended: Some("complete".to_owned()),
            }],
            events: events.collect(),
            payments: vec![base],
        };
        (ledger, stored)
    }

    #[track_caller]
    fn finds(change: impl FnOnce(&mut Ledger), expected: &str) {
        let (mut ledger, stored) = world();
        change(&mut ledger);
        let wrong = wrong(audit(&ledger, &stored).to_vec());
        assert!(wrong.iter().any(|what| what.contains(expected)), "{expected}: {wrong:?}");
    }

    #[test]
    fn an_honest_ledger_passes() {
        let (ledger, stored) = world();
        let verdicts = audit(&ledger, &stored).to_vec();
        assert!(verdicts.iter().all(|verdict| verdict.looked_at == 1), "{verdicts:?}");
        assert_eq!(wrong(verdicts), Vec::<String>::new());
    }

    #[test]
    fn whatever_does_not_hold_is_found() {
        finds(|ledger| drop(ledger.events.remove(2)), "not numbered 1 to 5");
        finds(|ledger| ledger.participants[0].ended = None, "None is stored");
        finds(|ledger| ledger.participants[0].ended = None, "[] is due");
        finds(|ledger| ledger.payments.clear(), "[] was paid");
        finds(|ledger| ledger.payments[0].cents += 1, "was paid");
        finds(|ledger| ledger.payments.push(ledger.payments[0].clone()), "was paid");
        finds(|ledger| ledger.payments[0].kind = "bonus".to_owned(), "was paid");
        finds(|ledger| ledger.payments[0].participant = Uuid::from_u128(1), "paid, and not there");
        finds(|ledger| ledger.studies.clear(), "its study is not there");
    }

    /// The bonus is what the reward gives.
    #[test]
    fn a_bonus_follows_from_the_events() {
        let (mut ledger, mut stored) = world();
        let episode = stored.episodes[0].episode;
        let events = stored.events.get_mut(&episode).unwrap();
        // The seller takes the offer instead of leaving.
        let said = events.iter().position(|e| matches!(e.event, rules::Event::Moved { .. }));
        events.truncate(said.unwrap() + 1);
        let before = stored.replay(episode).unwrap();
        let price = rules::Mills(30_000);
        let accept = rules::Move::new("Done.", rules::Act::Accept(price));
        let more = rules::apply(&before, Role::Seller, accept, rules::Millis(2)).unwrap();
        let events = stored.events.get_mut(&episode).unwrap();
        let next = events.len() as i64 + 1;
        events.extend((next..).zip(more).map(|(seq, event)| wire::Envelope {
            episode,
            seq,
            at: 0,
            event,
        }));
        let study = Study::read(&ledger.studies[0].file).unwrap();
        let reward =
            score(&stored.replay(episode).unwrap(), Role::Buyer, &study.conditions[0].reward);
        let bonus = study::pay::bonus(&study.pay, reward);
        assert!(bonus > 0, "{reward:?}");
        assert_eq!(wrong(audit(&ledger, &stored).to_vec()).len(), 1, "it is not paid yet");
        let line = Payment { participant: WHO, kind: "bonus".to_owned(), cents: bonus };
        ledger.payments.push(line);
        assert_eq!(wrong(audit(&ledger, &stored).to_vec()), Vec::<String>::new());
    }
}
