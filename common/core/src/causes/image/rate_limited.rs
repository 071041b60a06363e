//! `image/rate-limited`: the registry answers 429.

use crate::causes::image::pull::{self, Kind, Pull};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const RATE_LIMITED: Cause = Cause {
    code: "image/rate-limited",
    about: "the registry answers 429: too many pulls",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::RateLimited)?;
    let summary = format!(
        "registry {} limits the rate of pulls (429), so {} cannot pull {}",
        pull.registry(),
        facts.node(),
        pull.what()
    );
    Some(pull.sighting(summary, Pull::look(facts)))
}
