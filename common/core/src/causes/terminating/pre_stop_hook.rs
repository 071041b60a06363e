//! `terminating/pre-stop-hook`: a container ends late because its preStop hook takes long, or failed.

use crate::causes::container::clip;
use crate::causes::terminating::stopping;
use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting, event};
use crate::duration;
use crate::finding::Severity;

pub(in crate::causes) const PRE_STOP_HOOK: Cause = Cause {
    code: "terminating/pre-stop-hook",
    about: "a container ends late because its preStop hook takes long, or fails",
    severity: Severity::Warning,
    fatal: Fatal::Never,
    rule: Rule::PodInDepth(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let stopping = stopping::seen(facts)?;
    let does = stopping::does(stopping.hook?);
    let (container, leaving) = (&stopping.container, &stopping.leaving);
    let (name, elapsed, left) =
        (container.name(), duration::short(leaving.elapsed()), duration::short(leaving.left));
    let what = format!("the preStop hook of container {name} ({does})");
    let summary = match stopping.failed {
        Some(failed) => {
            format!("{what} failed: {}; the container is killed in {left}", clip(event::message(failed)))
        }
        None => format!(
            "{what} has not let it end after {elapsed}; SIGTERM comes after the hook, SIGKILL in {left}"
        ),
    };
    let mut evidence =
        vec![leaving.evidence(), format!("{}: {does}", container.spec_path("lifecycle.preStop"))];
    evidence.extend(stopping.failed.map(event::evidence));
    Some(Sighting {
        summary,
        evidence,
        next: vec![crate::causes::terminating::leaving::wait(facts, leaving), facts.edit_owner()],
        observations: STATE,
        ..Sighting::default()
    })
}
