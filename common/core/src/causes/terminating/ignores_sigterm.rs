//! `terminating/ignores-sigterm`: a container goes on running although it was told to end.

use crate::causes::container::word;
use crate::causes::terminating::{leaving, stopping};
use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting, event};
use crate::duration;
use crate::finding::Severity;

pub(in crate::causes) const IGNORES_SIGTERM: Cause = Cause {
    code: "terminating/ignores-sigterm",
    about: "a container goes on running long after SIGTERM; it is killed only when its grace ends",
    severity: Severity::Warning,
    fatal: Fatal::Never,
    rule: Rule::PodInDepth(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let stopping = stopping::seen(facts).filter(|stopping| stopping.hook.is_none())?;
    let (container, leaving) = (&stopping.container, &stopping.leaving);
    let (name, grace) = (container.name(), duration::short(leaving.grace));
    let (elapsed, left) = (duration::short(leaving.elapsed()), duration::short(leaving.left));
    let mut evidence = vec![
        leaving.evidence(),
        format!("{}: running", container.status_path("state")),
        format!("{}: none", container.spec_path("lifecycle.preStop")),
    ];
    evidence.extend(facts.container_events(container, "Killing").last().map(event::evidence));
    let logs = format!("logs {} -c {} --tail=50", word(facts.name()), word(name));
    // The API server shows how each ended only once all have.
    let running: Vec<&str> = leaving::all_running(facts).map(|container| container.name()).collect();
    let summary = match running.as_slice() {
        [_] => format!(
            "container {name} still runs {elapsed} after SIGTERM; it is killed in {left}, when its grace of {grace} ends"
        ),
        all => format!(
            "of containers {} at least one still runs {elapsed} after SIGTERM; it is killed in {left}, when the grace of {grace} ends",
            all.join(", ")
        ),
    };
    Some(Sighting {
        summary,
        evidence,
        next: vec![facts.place.kubectl(&logs), facts.edit_owner()],
        observations: STATE,
        ..Sighting::default()
    })
}
