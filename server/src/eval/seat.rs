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

/// Has the named language models of this process draw at another temperature.
///
/// # Errors
/// Where none of the names is such a model.
#[cfg(feature = "engine")]
pub fn at_temperature(roster: &Roster, names: [&str; 2], temperature: f32) -> Result<()> {
    let mut found = false;
    for name in names {
        let Some(registry) = roster.models().registry() else { continue };
        let Some(mut definition) = registry.definition(name) else { continue };
        found = true;
        definition.sampling.temperature = temperature;
        registry.remove(name)?;
        registry.add(definition)?;
    }
    if !found {
        bail!("neither {} nor {} is a language model of this machine", names[0], names[1]);
    }
    Ok(())
}

#[cfg(not(feature = "engine"))]
pub fn at_temperature(_: &Roster, _: [&str; 2], _: f32) -> Result<()> {
    bail!("this program was built without language models")
}
