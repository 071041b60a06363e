//! `image/not-found`: the registry does not have the image or its tag.

use crate::causes::image::pull::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const NOT_FOUND: Cause = Cause {
    code: "image/not-found",
    about: "the registry does not have the image or its tag",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::NotFound)?;
    let summary = format!("registry {} does not have {}", pull.registry(), pull.what());
    let history = facts.place.kubectl(&format!("rollout history {}", facts.owner()));
    let sighting = pull.sighting(summary, vec![history, facts.edit_owner()]);
    Some(Sighting { needs: pull::secret_needs(facts), ..sighting })
}
