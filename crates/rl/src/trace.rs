//! One side's whole conversation as the policy read and wrote it.

use rules::Role;

/// The exact tokens of a conversation: never text that was tokenised again.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub role: Role,
    pub ids: Vec<u32>,
    /// As long as `ids`: whether the policy drew the token.
    pub own: Vec<bool>,
    /// As long as `ids`: natural log-probability of an own token under the policy that drew it, at
    /// temperature 1; 0 elsewhere.
    pub logp: Vec<f32>,
    /// Own messages.
    pub messages: u32,
    /// Whether a message met the limit of tokens.
    pub truncated: bool,
    /// `None`: the machinery failed; the trace is learnt from by nobody.
    pub reward: Option<f64>,
}

impl Trace {
    pub fn new(role: Role) -> Trace {
        Trace {
            role,
            ids: Vec::new(),
            own: Vec::new(),
            logp: Vec::new(),
            messages: 0,
            truncated: false,
            reward: None,
        }
    }

    /// Takes up tokens that were read.
    pub fn read(&mut self, ids: &[u32]) {
        self.ids.extend_from_slice(ids);
        self.own.resize(self.ids.len(), false);
        self.logp.resize(self.ids.len(), 0.0);
    }

    /// Takes up a token that was drawn.
    pub fn wrote(&mut self, id: u32, logp: f32) {
        self.ids.push(id);
        self.own.push(true);
        self.logp.push(logp);
    }

    pub fn own_tokens(&self) -> usize {
        self.own.iter().filter(|own| **own).count()
    }
}

/// A trace as it is stored: tokens, and at own ones log-probability and entropy.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub ids: Vec<u32>,
    pub own: Vec<bool>,
    /// Of own tokens, in their order.
    pub logp: Vec<f32>,
    /// Of own tokens, in their order; empty where the rollout was not learnt from.
    pub entropy: Vec<f32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a stored trace")]
pub struct NoTrace;

/// The first byte of a stored trace; another layout would have another one.
const LAYOUT: u8 = 1;

impl Stored {
    pub fn of(trace: &Trace, entropy: &[f32]) -> Stored {
        let drawn = trace.logp.iter().zip(&trace.own).filter(|(_, own)| **own);
        Stored {
            ids: trace.ids.clone(),
            own: trace.own.clone(),
            logp: drawn.map(|(logp, _)| *logp).collect(),
            entropy: entropy.to_vec(),
        }
    }

    /// Layout, count, then per token its id and whether it is own (the lowest bit), then the numbers; all
    /// of four bytes, the lowest first.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![LAYOUT];
        let mut put = |number: u32| bytes.extend_from_slice(&number.to_le_bytes());
        put(self.ids.len() as u32);
        for (id, own) in self.ids.iter().zip(&self.own) {
            put(id << 1 | u32::from(*own));
        }
        for numbers in [&self.logp, &self.entropy] {
            put(numbers.len() as u32);
            numbers.iter().for_each(|number| put(number.to_bits()));
        }
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Stored, NoTrace> {
        let (&layout, rest) = bytes.split_first().ok_or(NoTrace)?;
        if layout != LAYOUT || !rest.len().is_multiple_of(4) {
            return Err(NoTrace);
        }
        let mut numbers = rest
            .chunks_exact(4)
            .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        let mut list = || -> Result<Vec<u32>, NoTrace> {
            let count = numbers.next().ok_or(NoTrace)? as usize;
            let list: Vec<u32> = numbers.by_ref().take(count).collect();
            if list.len() == count { Ok(list) } else { Err(NoTrace) }
        };
        let (tokens, logp, entropy) = (list()?, list()?, list()?);
        let floats = |numbers: Vec<u32>| numbers.into_iter().map(f32::from_bits).collect();
        Ok(Stored {
            ids: tokens.iter().map(|token| token >> 1).collect(),
            own: tokens.iter().map(|token| token & 1 == 1).collect(),
            logp: floats(logp),
            entropy: floats(entropy),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back() {
        let mut trace = Trace::new(Role::Buyer);
        trace.read(&[5, 70_000]);
        trace.wrote(9, -0.25);
        trace.read(&[1]);
        trace.wrote(2, -3.5);
        for entropy in [&[0.5, 1.25][..], &[]] {
            let stored = Stored::of(&trace, entropy);
            assert_eq!(stored.logp, [-0.25, -3.5]);
            let bytes = stored.encode();
            assert_eq!(Stored::decode(&bytes), Ok(stored));
            for cut in 0..bytes.len() {
                assert_eq!(Stored::decode(&bytes[..cut]), Err(NoTrace), "cut at {cut}");
            }
        }
    }
}
