//! What the check reads of the database: a file of JSON lines for each table.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::fleet::database::Database;
use crate::process::Run;

/// The option of `crowd check`, and what fills its file.
const TABLES: [(&str, &str); 12] = [
    (
        "events",
        "select json_build_object('episode', episode_id, 'seq', seq,
             'at', (extract(epoch from at) * 1000)::bigint, 'kind', kind, 'body', body)
         from events order by episode_id, seq",
    ),
    (
        "episodes",
        "select json_build_object('episode', id, 'seq', seq, 'status', status, 'outcome', outcome,
             'buyer_reward', buyer_reward, 'seller_reward', seller_reward,
             'reward', case when reward_name is not null
                 then json_build_array(reward_name, reward_version) end,
             'awaits_agent', awaits_agent, 'left', market_id is not null or study_id is not null,
             'fallible', training_run_id is not null
                 or coalesce(buyer_negotiator, '') in ('demo', 'remote')
                 or coalesce(seller_negotiator, '') in ('demo', 'remote'),
             'market', case when market_id is not null
                 then json_build_array(market_id, market_talk) end,
             'buyer', buyer_visitor, 'seller', seller_visitor)
         from episodes",
    ),
    (
        "keys",
        "select json_build_object('episode', episode_id, 'key', key,
             'first_seq', first_seq, 'last_seq', last_seq) from moves_seen",
    ),
    (
        "markets",
        "select json_build_object('market', id, 'scenario', scenario, 'seq', seq, 'sold', sold,
             'status', status) from markets",
    ),
    (
        "market-log",
        "select json_build_object('market', market_id, 'first', first, 'last', last, 'key', key,
             'events', events) from market_log order by market_id, first",
    ),
    (
        "studies",
        "select json_build_object('study', s.id, 'file', v.file)
         from studies s join study_versions v on v.study_id = s.id and v.version = s.frozen",
    ),
    (
        "participants",
        "select json_build_object('participant', id, 'study', study_id, 'visitor', visitor_id,
             'seq', seq, 'ended', ended) from participants",
    ),
    (
        "participant-events",
        "select json_build_object('participant', participant_id, 'seq', seq,
             'at', (extract(epoch from at) * 1000)::bigint,
             'event', body || jsonb_build_object('kind', kind)) from participant_events",
    ),
    (
        "payments",
        "select json_build_object('participant', participant_id, 'kind', kind, 'cents', cents)
         from payments",
    ),
    (
        "runs",
        "select json_build_object('run', id, 'status', status, 'iteration', iteration,
             'planned', planned, 'settings', settings) from training_runs",
    ),
    (
        "steps",
        "select json_build_object('run', run_id, 'iteration', iteration, 'episodes', episodes)
         from training_steps",
    ),
    (
        "rollouts",
        "select json_build_object('run', run_id, 'iteration', iteration, 'group', group_index,
             'member', member, 'role', role, 'episode', episode_id, 'reward', reward)
         from rollouts",
    ),
];

/// Holds what the crowds were told against what is stored, and prints what it found.
///
/// # Errors
/// Where something does not hold.
pub fn check(
    crowd: &Path,
    database: &Database,
    place: &Path,
    records: &[PathBuf],
    heard: &[PathBuf],
    moments: &[String],
) -> Result<()> {
    let mut run = Run::new(crowd).arg("check");
    for (name, sql) in TABLES {
        let file = place.join(format!("{name}.ndjson"));
        fs::write(&file, database.query(sql)?)?;
        run = run.arg(format!("--{name}")).arg(file);
    }
    for (option, files) in [("--record", records), ("--heard", heard)] {
        for file in files {
            run = run.arg(option).arg(file);
        }
    }
    for moment in moments {
        run = run.arg("--moment").arg(moment);
    }
    run.show()
}
