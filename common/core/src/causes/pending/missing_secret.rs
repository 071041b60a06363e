//! `pending/missing-secret`: a Secret or key that a volume is made of does not exist.

use crate::causes::event;
use crate::causes::missing::{Kind, Missing};
use crate::causes::pending::creating::{self, Step};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const MISSING_SECRET: Cause = Cause {
    code: "pending/missing-secret",
    about: "a Secret or key that a volume is made of does not exist",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let failures = creating::failures(facts, Step::Mount);
    let (failed, missing) = failures.into_iter().find_map(|failed| {
        let missing = Missing::read_mount(event::message(failed), facts.pod)?;
        (missing.kind == Kind::Secret).then_some((failed, missing))
    })?;
    let volume = missing.volume(facts.pod).map(|volume| format!(" (volume {volume})")).unwrap_or_default();
    Some(Sighting {
        summary: format!("{}{volume}", missing.sentence()),
        evidence: vec![event::evidence(failed)],
        next: missing.next(facts.place),
        observations: event::standing(std::iter::once(failed)),
        ..Sighting::default()
    })
}
