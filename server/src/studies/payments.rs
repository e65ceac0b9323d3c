//! What platforms are told to pay, in their own columns.

use store::PaymentLine;
use study::End;
use study::desk::Source;

/// One file is for one platform.
///
/// | for | a line | of |
/// |---|---|---|
/// | Prolific | `participant,amount`, no head, as its field for bulk bonuses takes them | what approving a submission does not pay |
/// | MTurk | `WorkerId,AssignmentId,BonusAmount,Reason`, the parameters of `SendBonus` | the same |
/// | own links, bots | all that a person pays by | everything |
///
/// Approving a complete submission pays its base. Who did not complete has nothing to be approved: there all that is
/// due is a bonus.
pub fn csv(lines: &[PaymentLine]) -> String {
    let extra = |line: &&PaymentLine| extra(line) > 0;
    match lines.first().map(|line| line.source) {
        Some(Source::Prolific) => rows(
            lines
                .iter()
                .filter(extra)
                .map(|line| vec![line.platform_id.clone(), money(self::extra(line))]),
        ),
        Some(Source::Mturk) => {
            let head =
                ["WorkerId", "AssignmentId", "BonusAmount", "Reason"].map(str::to_owned).to_vec();
            let lines = lines.iter().filter(extra).map(|line| {
                let amount = money(self::extra(line));
                vec![
                    line.platform_id.clone(),
                    line.submission.clone(),
                    amount,
                    "Pay of the study".to_owned(),
                ]
            });
            rows(std::iter::once(head).chain(lines))
        }
        Some(Source::Link | Source::Bot) | None => {
            let head =
                ["source", "platform_id", "submission", "ended", "base", "bonus", "currency"];
            let lines = lines.iter().map(|line| {
                vec![
                    line.source.name().to_owned(),
                    line.platform_id.clone(),
                    line.submission.clone(),
                    line.ended.name().to_owned(),
                    money(line.base),
                    money(line.bonus),
                    line.currency.clone(),
                ]
            });
            rows(std::iter::once(head.map(str::to_owned).to_vec()).chain(lines))
        }
    }
}

fn extra(line: &PaymentLine) -> u32 {
    match line.ended {
        End::Complete => line.bonus,
        _ => line.base + line.bonus,
    }
}

fn money(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn rows(rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        cells.join(",") + "\n"
    };
    rows.map(line).collect()
}

/// A spreadsheet takes what begins with such a sign for a formula.
fn quoted(cell: &str) -> String {
    let cell =
        if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::ParticipantId;

    fn line(source: Source, id: &str, ended: End, base: u32, bonus: u32) -> PaymentLine {
        PaymentLine {
            participant: ParticipantId(uuid::Uuid::nil()),
            source,
            platform_id: id.to_owned(),
            submission: format!("{id}s"),
            ended,
            base,
            bonus,
            currency: "GBP".to_owned(),
        }
    }

    #[test]
    fn prolific_is_told_what_approving_does_not_pay() {
        let of = |id, ended, base, bonus| line(Source::Prolific, id, ended, base, bonus);
        let lines = [
            of("a", End::Complete, 250, 107),
            of("b", End::Complete, 250, 0),
            of("c", End::WaitedInVain, 50, 0),
            of("d", End::Excused, 250, 5),
        ];
        assert_eq!(csv(&lines), "a,1.07\nc,0.50\nd,2.55\n");
    }

    #[test]
    fn mturk_and_own_links_have_columns_of_their_own() {
        let mturk = [line(Source::Mturk, "w", End::Complete, 250, 30)];
        let expected = "WorkerId,AssignmentId,BonusAmount,Reason\nw,ws,0.30,Pay of the study\n";
        assert_eq!(csv(&mturk), expected);
        let link = csv(&[line(Source::Link, "t", End::Complete, 250, 30)]);
        assert!(link.ends_with("link,t,ts,complete,2.50,0.30,GBP\n"), "{link}");
        assert_eq!(csv(&[]).lines().count(), 1);
    }

    #[test]
    fn cells_are_no_formulas() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ] {
            assert_eq!(quoted(cell), expected);
        }
    }
}
