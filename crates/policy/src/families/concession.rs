//! Time-dependent concession (Faratin, Sierra and Jennings, 1998), in whole thousandths.

use rules::{Mills, Role};

use super::{Choice, Stance, Tactic, opening, parameters, reserve, settle};
use crate::draw::Draw;
use crate::pricing::{Habit, along};
use crate::situation::Situation;

/// How the share conceded grows with the share `t` of the time used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// `t`
    Linear,
    /// `t^n`: holds, then gives in at the end.
    Boulware(u32),
    /// `1 - (1 - t)^n`: gives most at the start. A polynomial, where the source has `t^(1/n)`, so
    /// that it needs no floating point.
    Conceder(u32),
}

impl Curve {
    /// Both in thousandths.
    pub fn conceded(self, time: i64) -> i64 {
        match self {
            Curve::Linear => time,
            Curve::Boulware(n) => power(time, n),
            Curve::Conceder(n) => 1000 - power(1000 - time, n),
        }
    }
}

/// `(x/1000)^n` in thousandths.
fn power(x: i64, n: u32) -> i64 {
    (0..n).fold(1000, |product, _| product * x / 1000)
}

/// Concedes from an opening to the reserve along a curve.
pub struct Concession {
    curve: Curve,
    opening_permille: i64,
    margin_permille: i64,
    habit: Habit,
}

impl Concession {
    pub fn linear(role: Role, seed: u64) -> Concession {
        Concession::draw(role, seed, |_| Curve::Linear)
    }

    pub fn boulware(role: Role, seed: u64) -> Concession {
        Concession::draw(role, seed, |draw| Curve::Boulware(draw.between(3, 5) as u32))
    }

    pub fn conceder(role: Role, seed: u64) -> Concession {
        Concession::draw(role, seed, |draw| Curve::Conceder(draw.between(2, 4) as u32))
    }

    fn draw(role: Role, seed: u64, curve: impl Fn(&mut Draw) -> Curve) -> Concession {
        let mut draw = parameters(seed, role);
        Concession {
            curve: curve(&mut draw),
            opening_permille: draw_opening(role, &mut draw),
            margin_permille: draw.between(5, 30),
            habit: draw_habit(&mut draw),
        }
    }
}

impl Tactic for Concession {
    fn choose(&self, situation: &Situation, draw: &mut Draw) -> Choice {
        let reserve = reserve(situation.role, situation.limit, self.margin_permille);
        let open = opening(situation, self.opening_permille, reserve);
        let ask = along(open, reserve, self.curve.conceded(situation.progress()));
        settle(situation, Stance { ask, reserve, habit: self.habit, may_retract: false }, draw)
    }
}

/// An opening in thousandths of the list price, for [`opening`].
pub fn draw_opening(role: Role, draw: &mut Draw) -> i64 {
    match role {
        Role::Buyer => draw.between(480, 700),
        Role::Seller => draw.between(960, 1000),
    }
}

pub fn draw_habit(draw: &mut Draw) -> Habit {
    if draw.chance(300) { Habit::Charm } else { Habit::Round }
}

/// The distance still to go, for tactics that concede from where they stand.
pub fn closer(mine: Mills, goal: Mills, permille: i64) -> Mills {
    along(mine, goal, permille.clamp(0, 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curves_by_hand() {
        let table = [
            (Curve::Linear, 400, 400),
            (Curve::Boulware(3), 500, 125),
            (Curve::Conceder(3), 500, 875),
            (Curve::Boulware(5), 1000, 1000),
            (Curve::Conceder(2), 0, 0),
        ];
        for (curve, time, conceded) in table {
            assert_eq!(curve.conceded(time), conceded, "{curve:?} at {time}");
        }
    }
}
