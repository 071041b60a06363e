//! `image/tls`: the node does not trust the registry's certificate, or it speaks no TLS.

use crate::causes::image::pull::{self, Kind, Pull};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const TLS: Cause = Cause {
    code: "image/tls",
    about: "the node does not trust the registry's certificate, or the registry speaks no TLS",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::Tls)?;
    let summary = format!(
        "{} cannot speak TLS with registry {} for {}: {}",
        facts.node(),
        pull.registry(),
        pull.what(),
        pull.reason()
    );
    Some(pull.sighting(summary, Pull::look(facts)))
}
