//! The document that says beforehand what will be done, made of the study itself.

use std::fmt::Write;

use crate::definition::{Design, Exclusions, Opponent, Study};

/// Markdown. Names the study's hash, by which anybody can check that it is the study that was run; `at` is the time
/// that it was frozen, in ISO 8601.
pub fn document(study: &Study, at: &str) -> String {
    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    line(&format!("# Preregistration: {}\n", study.title));
    line(&format!("- Frozen: {at}"));
    line(&format!("- Study file, SHA-256: `{}`", study.hash()));
    line(&format!("- Consent, version: `{}`\n", study.consent_version()));
    line("## Hypotheses\n");
    listed(&mut line, &study.promise.hypotheses);
    line("\n## Design\n");
    let each = study.negotiations_of_each();
    line(&match study.design {
        Design::Between => format!(
            "Between subjects: a participant meets one condition, in {each} negotiations over different products."
        ),
        Design::Within => format!(
            "Within subjects: a participant meets all conditions, in {each} negotiations over different products; \
             orders are the rows of a balanced Latin square (Williams, 1949)."
        ),
    });
    line(
        "\n| condition | across the table | participant | persona | rounds | products | paid for |",
    );
    line("|---|---|---|---|---|---|---|");
    for condition in &study.conditions {
        let opponent = match &condition.opponent {
            Opponent::Negotiator(name) => name.clone(),
            Opponent::Person { stand_in: None } => "another participant".to_owned(),
            Opponent::Person { stand_in: Some(name) } => {
                format!("another participant; where nobody comes, by choice, {name}")
            }
        };
        let products = &condition.products;
        let mut of = products.split.clone().unwrap_or_else(|| "all".to_owned());
        if !products.categories.is_empty() {
            _ = write!(of, ", {}", products.categories.join(", "));
        }
        if !products.ids.is_empty() {
            of = format!("{} named ones", products.ids.len());
        }
        if products.conflicting {
            of.push_str(", those without gains too");
        }
        line(&format!(
            "| {} | {opponent} | {} | {} | {} | {of} | {} |",
            condition.name,
            condition.role.map_or("buyer or seller", rules::Role::name),
            condition.persona,
            condition.rounds,
            condition.reward.name(),
        ));
    }
    line("\n## Assignment\n");
    let strata = if study.assignment.strata.is_empty() {
        "no strata".to_owned()
    } else {
        format!("strata by {}", study.assignment.strata.join(", "))
    };
    line(&format!(
        "Permuted blocks with every cell {} times, {strata}, seed {}. Who leaves without having completed gives the \
         place back, so cells are balanced by completers.",
        study.assignment.block, study.assignment.seed
    ));
    line("\n## Sample and stopping\n");
    line(&format!("{} participants who complete it.", study.recruitment.completers));
    for quota in &study.recruitment.quotas {
        line(&format!(
            "At most {} who answer {} with {}.",
            quota.most, quota.question, quota.answer
        ));
    }
    if !study.promise.stopping.is_empty() {
        line(&study.promise.stopping);
    }
    line("\n## Outcome\n");
    line(or_none(&study.promise.outcome));
    line("\n## Exclusions\n");
    listed(&mut line, &exclusions(study.promise.exclusions));
    line("\n## Analysis\n");
    line(or_none(&study.promise.analysis));
    let pay = &study.pay;
    line("\n## Pay\n");
    line(&format!(
        "{} cents ({}) and, for each negotiation, the part of {} cents that its verified reward is, from 0 to 1; \
         bonuses of one participant up to {} cents.",
        pay.base, pay.currency, pay.bonus, pay.most_bonus
    ));
    text
}

fn or_none(words: &str) -> &str {
    if words.is_empty() { "None stated." } else { words }
}

fn listed(line: &mut impl FnMut(&str), all: &[String]) {
    if all.is_empty() {
        line("None stated.");
    }
    for (n, one) in all.iter().enumerate() {
        line(&format!("{}. {one}", n + 1));
    }
}

/// In words.
pub fn exclusions(which: Exclusions) -> Vec<String> {
    let mut told = Vec::new();
    if which.failed_attention {
        told.push("Who answered an attention check of the survey wrongly.".to_owned());
    }
    if which.spoilt {
        told.push("Who met a partner that left or a machinery that broke.".to_owned());
    }
    if let Some(seconds) = which.faster_than_s {
        told.push(format!("Who took less than {seconds} seconds from consent to the end."));
    }
    told
}
