use super::*;
use std::collections::BTreeMap;

fn series(values: &[Option<f64>]) -> Series {
    let n = values.len() as u64;
    Series {
        iterations: (1..=values.len() as u32).collect(),
        worked_ms: (1..=n).map(|i| i * 60_000).collect(),
        episodes: (1..=n).map(|i| i * 64).collect(),
        columns: BTreeMap::from([("kl".to_owned(), values.to_vec())]),
    }
}

fn drawn(series: &Series) -> Drawn<'_> {
    Drawn { name: "own", series }
}

#[test]
fn ticks_are_round_and_enclose() {
    for ((low, high), ticks) in [
        ((0.0, 1.0), vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ((-0.3, 0.9), vec![-0.5, 0.0, 0.5, 1.0]),
        ((3.0, 97.0), vec![0.0, 20.0, 40.0, 60.0, 80.0, 100.0]),
        ((10.0, 10.0), vec![9.0, 9.5, 10.0, 10.5, 11.0]),
    ] {
        let got = nice_ticks(low, high, 5);
        assert_eq!(got.len(), ticks.len(), "{got:?}");
        assert!(got.iter().zip(&ticks).all(|(a, b)| (a - b).abs() < 1e-9), "{got:?}");
    }
    assert_eq!(decades(0.002, 3.0), [0.001, 0.01, 0.1, 1.0, 10.0]);
    assert_eq!(decades(1.0, 1.0), [0.1, 1.0]);
}

#[test]
fn a_logarithm_has_no_place_for_nothing() {
    let scale = Scale { low: 0.01, high: 100.0, log: true };
    assert_eq!(scale.place(1.0), Some(0.5));
    assert_eq!((scale.place(0.0), scale.place(-1.0)), (None, None));
    let series = series(&[Some(0.0), Some(0.1), Some(1.0)]);
    let look = Look { log: true, ..Look::default() };
    let plot = plot("KL", "kl", &[drawn(&series)], look).expect("values");
    assert_eq!(plot.left_out, 1);
    assert_eq!(plot.readings[0].height, None);
}

#[test]
fn smoothing_is_worked_by_hand() {
    // 1; (0.5·0.5 + 0.5·3) / 0.75; a gap; (0.5·1.75 + 0.5·3) / 0.875.
    let smoothed = smooth(&[Some(1.0), Some(3.0), None, Some(3.0)], 50);
    let expected = [Some(1.0), Some(1.75 / 0.75), None, Some(2.375 / 0.875)];
    for (a, b) in smoothed.iter().zip(expected) {
        assert!(
            a.zip(b).map_or(a.is_none() && b.is_none(), |(a, b)| (a - b).abs() < 1e-12),
            "{smoothed:?}"
        );
    }
    assert_eq!(smooth(&[Some(1.0), Some(3.0)], 0), [Some(1.0), Some(3.0)]);
}

#[test]
fn no_peak_is_lost() {
    let places: Vec<f64> = (0..10_000).map(f64::from).collect();
    let mut values = vec![Some(0.5); 10_000];
    values[1_234] = Some(9.0);
    values[7_777] = Some(-9.0);
    let kept = bucket(&places, &values, 400);
    assert!(kept.len() <= 400, "{}", kept.len());
    assert!(kept.contains(&(1_234.0, Some(9.0))) && kept.contains(&(7_777.0, Some(-9.0))));
    assert!(kept.is_sorted_by(|a, b| a.0 < b.0));
    assert_eq!(bucket(&places[..3], &values[..3], 400).len(), 3);
}

#[test]
fn a_line_breaks_where_a_value_is_missing() {
    let scale = Scale { low: 0.0, high: 1.0, log: false };
    let points = [(0.0, Some(0.0)), (0.5, None), (1.0, Some(1.0))];
    assert_eq!(path(&points, scale, scale), "M66 246h0M586 14h0");
    let whole = [(0.0, Some(0.0)), (1.0, Some(1.0))];
    assert_eq!(path(&whole, scale, scale), "M66 246h0L586 14");
}

#[test]
fn a_plot_tells_last_value_and_range() {
    let series = series(&[Some(0.1), Some(0.4), Some(0.25), None]);
    let plot_of = |look| plot("KL", "kl", &[drawn(&series)], look).expect("values");
    let shown = plot_of(Look::default());
    assert_eq!(shown.label, "KL: 0.25 at iteration 3, between 0.1 and 0.4");
    assert_eq!(shown.readings[3].told, "Iteration 4: no value");
    assert_eq!(shown.lines[0].measured, None);
    let timed = plot_of(Look { axis: Axis::Time, smooth: 50, ..Look::default() });
    assert_eq!(timed.readings[0].told, "Iteration 1: 0.1, smoothed 0.1, after 60 s");
    assert_eq!(timed.x_ticks.last().map(|t| t.text.as_str()), Some("4 min"));
    assert!(timed.lines[0].measured.is_some());
    assert_eq!(plot("No", "nothing", &[drawn(&series)], Look::default()), None);
}

#[test]
fn the_reward_has_a_band() {
    let mut series = series(&[Some(0.0), Some(0.5)]);
    for (key, value) in
        [("reward", 0.5), ("reward_std", 0.1), ("reward_min", -1.0), ("reward_max", 1.0)]
    {
        series.columns.insert(key.to_owned(), vec![Some(value); 2]);
    }
    let shown = plot("Reward", "reward", &[drawn(&series)], Look::default()).expect("values");
    assert!(shown.band.is_some_and(|band| band.starts_with('M') && band.ends_with('Z')));
    assert_eq!(shown.reach.as_deref(), Some("M66 14L586 14L586 246L66 246Z"));
}

#[test]
fn a_phase_lies_below_its_iterations() {
    let (own, longer) = (series(&[Some(0.0); 11]), series(&[Some(0.0); 21]));
    let whole = stretch(&[&own], Axis::Iteration, 1, 11).expect("a place");
    assert_eq!((whole.at, whole.width), (LEFT, RIGHT - LEFT));
    let half = stretch(&[&own], Axis::Episodes, 6, 40).expect("a place");
    assert!(half.at > 300.0 && (half.at + half.width - RIGHT).abs() < 1e-9);
    let shared = stretch(&[&own, &longer], Axis::Iteration, 1, 11).expect("a place");
    assert_eq!((shared.at, shared.width), (LEFT, (RIGHT - LEFT) / 2.0));
    assert_eq!(stretch(&[&Series::default()], Axis::Time, 1, 2), None);
    assert_eq!(stretch(&[], Axis::Time, 1, 2), None);
}

#[test]
fn a_small_curve_needs_two_values() {
    assert_eq!(spark(&[0.0, 1.0], 104.0, 24.0).as_deref(), Some("M2 22L102 2"));
    assert_eq!(spark(&[1.0], 104.0, 24.0), None);
}

#[test]
fn keys_and_pointers_find_iterations() {
    let series = series(&[Some(0.1), Some(0.4), Some(0.25)]);
    let shown = plot("KL", "kl", &[drawn(&series)], Look::default()).expect("values");
    assert_eq!(nearest(&shown.readings, LEFT - 9.0), Some(0));
    assert_eq!(nearest(&shown.readings, RIGHT), Some(2));
    assert_eq!(nearest(&[], 0.0), None);
    for (cursor, key, to) in [
        (None, "ArrowLeft", Some(Some(2))),
        (None, "ArrowRight", Some(Some(0))),
        (Some(2), "ArrowRight", Some(Some(2))),
        (Some(1), "Home", Some(Some(0))),
        (Some(1), "Escape", Some(None)),
        (None, "Escape", None),
        (Some(1), "Tab", None),
    ] {
        assert_eq!(moved(cursor, 3, key), to, "{cursor:?} {key}");
    }
    assert_eq!(moved(None, 0, "End"), None);
}

#[test]
fn rewards_stand_on_a_strip() {
    assert_eq!(strip(&[-1.0, 0.0, 1.0], 104.0, 20.0), "M2 2V18M52 2V18M102 2V18");
    assert_eq!(strip(&[], 104.0, 20.0), "");
}
