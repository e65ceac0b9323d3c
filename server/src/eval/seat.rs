//! Who is evaluated.

use anyhow::{Result, bail};
use rules::Role;

use crate::roster::{Member, Roster};

/// The negotiator of a name, for a side that it can play.
///
/// # Errors
/// Sentences with the names that there are.
pub fn seat(roster: &Roster, name: &str, role: Role) -> Result<Member> {
    let cards = roster.cards();
    let playing = cards.iter().filter(|card| card.roles.contains(&role));
    let names: Vec<&str> = playing.map(|card| card.name.0.as_str()).collect();
    match roster.find(name) {
        Some(member) if member.plays(role) => Ok(member),
        Some(_) => bail!("{name} cannot be the {}; it may be {}", role.name(), names.join(", ")),
        None => bail!("there is no negotiator {name}; there are {}", names.join(", ")),
    }
}

/// Language models of this process that draw at another temperature, until this is dropped.
#[cfg(feature = "engine")]
pub struct Temperatures {
    registry: engine::Registry,
    before: Vec<engine::Definition>,
}

#[cfg(feature = "engine")]
impl Temperatures {
    /// # Errors
    /// Where none of the names is such a model.
    pub fn set(roster: &Roster, names: &[String], temperature: f32) -> Result<Temperatures> {
        let found = || bail!("none of {} is a language model of this machine", names.join(", "));
        let Some(registry) = roster.models().registry() else { return found() };
        let before: Vec<_> = names.iter().filter_map(|name| registry.definition(name)).collect();
        if before.is_empty() {
            return found();
        }
        for definition in &before {
            let mut definition = definition.clone();
            definition.sampling.temperature = temperature;
            registry.remove(&definition.name)?;
            registry.add(definition)?;
        }
        Ok(Temperatures { registry: registry.clone(), before })
    }
}

#[cfg(feature = "engine")]
impl Drop for Temperatures {
    fn drop(&mut self) {
        for definition in self.before.drain(..) {
            let put_back = self.registry.remove(&definition.name);
            if let Err(error) = put_back.and_then(|_| self.registry.add(definition)) {
                tracing::warn!(%error, "a model keeps the temperature of an evaluation");
            }
        }
    }
}

#[cfg(not(feature = "engine"))]
pub struct Temperatures;

#[cfg(not(feature = "engine"))]
impl Temperatures {
    pub fn set(_: &Roster, _: &[String], _: f32) -> Result<Temperatures> {
        bail!("this program was built without language models")
    }
}
