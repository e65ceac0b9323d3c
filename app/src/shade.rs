//! Which colour a token has.

use wire::{OwnToken, TraceToken};

use crate::curves::number;

/// What the colour of a token tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantity {
    #[default]
    Logp,
    Entropy,
    Advantage,
    None,
}

/// Steps of a scale, and what each says.
type Steps = [(f64, &'static str); 5];

/// From what probability on: surprising to expected.
const PROBABILITY: Steps = [
    (f64::NEG_INFINITY, "below 1%"),
    (0.01, "1% to 10%"),
    (0.1, "10% to 50%"),
    (0.5, "50% to 90%"),
    (0.9, "90% and more"),
];
const ENTROPY: Steps = [
    (f64::NEG_INFINITY, "below 0.1 nats"),
    (0.1, "0.1 to 0.5"),
    (0.5, "0.5 to 1"),
    (1.0, "1 to 2"),
    (2.0, "2 and more"),
];
const ADVANTAGE: Steps = [
    (f64::NEG_INFINITY, "below \u{2212}1"),
    (-1.0, "\u{2212}1 to \u{2212}0.2"),
    (-0.2, "about 0"),
    (0.2, "0.2 to 1"),
    (1.0, "1 and more"),
];

impl Quantity {
    pub const ALL: [Quantity; 4] =
        [Quantity::Logp, Quantity::Entropy, Quantity::Advantage, Quantity::None];

    /// As in the address.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Logp => "logp",
            Quantity::Entropy => "entropy",
            Quantity::Advantage => "advantage",
            Quantity::None => "none",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Quantity::Logp => "Probability when drawn",
            Quantity::Entropy => "Entropy",
            Quantity::Advantage => "Advantage",
            Quantity::None => "No colour",
        }
    }

    pub fn named(name: &str) -> Option<Quantity> {
        Quantity::ALL.into_iter().find(|quantity| quantity.name() == name)
    }

    fn steps(self) -> Option<&'static Steps> {
        match self {
            Quantity::Logp => Some(&PROBABILITY),
            Quantity::Entropy => Some(&ENTROPY),
            Quantity::Advantage => Some(&ADVANTAGE),
            Quantity::None => None,
        }
    }

    fn of(self, own: OwnToken, advantage: f64) -> f64 {
        match self {
            Quantity::Logp => f64::from(own.logp).exp(),
            Quantity::Entropy => f64::from(own.entropy),
            Quantity::Advantage | Quantity::None => advantage,
        }
    }

    /// Classes of the steps, with what each says.
    pub fn legend(self) -> Vec<(&'static str, &'static str)> {
        let steps = self.steps().into_iter().flatten().enumerate();
        steps.map(|(step, (_, text))| (self.class(step), *text)).collect()
    }

    /// Whole class names, because the style sheet finds them in the sources. What is rare or much is
    /// strong: a low probability, a high entropy, an advantage far from 0 to either side.
    fn class(self, step: usize) -> &'static str {
        const STRONG: [&str; 5] = ["shade-0", "shade-1", "shade-2", "shade-3", "shade-4"];
        const SIDES: [&str; 5] =
            ["shade-minus-2", "shade-minus-1", "shade-0", "shade-plus-1", "shade-plus-2"];
        match self {
            Quantity::Logp => STRONG[4 - step],
            Quantity::Advantage => SIDES[step],
            Quantity::Entropy | Quantity::None => STRONG[step],
        }
    }
}

/// The class of a token; a token that was read has no value.
pub fn class(quantity: Quantity, token: &TraceToken, advantage: f64) -> &'static str {
    let Some((own, steps)) = token.own.zip(quantity.steps()) else { return "" };
    let value = quantity.of(own, advantage);
    let step = steps.iter().rposition(|(from, _)| value >= *from).unwrap_or(0);
    quantity.class(step)
}

/// All that is known of an own token, whatever is coloured.
pub fn told(own: OwnToken, advantage: f64) -> String {
    let logp = f64::from(own.logp);
    format!(
        "probability {}, log {}; entropy {} nats; advantage {}",
        number(logp.exp()),
        number(logp),
        number(f64::from(own.entropy)),
        number(advantage)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(logp: f32, entropy: f32) -> TraceToken {
        TraceToken { text: "x".into(), own: Some(OwnToken { logp, entropy }) }
    }

    #[test]
    fn steps_are_by_value() {
        for (quantity, token, advantage, expected) in [
            (Quantity::Logp, own(-0.01, 0.0), 0.0, "shade-0"),
            (Quantity::Logp, own(-9.0, 0.0), 0.0, "shade-4"),
            (Quantity::Entropy, own(0.0, 0.7), 0.0, "shade-2"),
            (Quantity::Advantage, own(0.0, 0.0), -3.0, "shade-minus-2"),
            (Quantity::Advantage, own(0.0, 0.0), 0.0, "shade-0"),
            (Quantity::None, own(-9.0, 9.0), 9.0, ""),
            (Quantity::Logp, TraceToken { text: "x".into(), own: None }, 0.0, ""),
        ] {
            assert_eq!(class(quantity, &token, advantage), expected, "{quantity:?}");
        }
    }

    #[test]
    fn a_legend_names_each_step() {
        assert_eq!(Quantity::Logp.legend()[0], ("shade-4", "below 1%"));
        assert_eq!(Quantity::Advantage.legend().len(), 5);
        assert_eq!(Quantity::None.legend(), []);
        assert_eq!(Quantity::named("entropy"), Some(Quantity::Entropy));
    }

    #[test]
    fn a_token_is_told_in_full() {
        let own = OwnToken { logp: -0.5, entropy: 0.25 };
        assert_eq!(
            told(own, 1.5),
            "probability 0.607, log \u{2212}0.5; entropy 0.25 nats; advantage 1.5"
        );
    }
}
