//! `crashloop/exits-zero`: the process ends in order, but the pod wants it to stay.

use crate::causes::crashloop::crash::{self, Kind};
use crate::causes::log;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const EXITS_ZERO: Cause = Cause {
    code: "crashloop/exits-zero",
    about: "the process ends without an error although it should stay: it is not a server, or does not run as one",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let crash = crash::seen(facts, Kind::ExitsZero)?;
    // Who ended it only events tell: a probe or a hook has a container stopped that then ends in order.
    let spec = crash.container.spec;
    let watched = spec.is_some_and(|spec| {
        let hook = spec.lifecycle.as_ref().and_then(|lifecycle| lifecycle.post_start.as_ref());
        spec.liveness_probe.is_some() || spec.startup_probe.is_some() || hook.is_some()
    });
    let how = if watched && facts.events.is_empty() { "ends" } else { "ends by itself" };
    let summary = format!(
        "container {} {how} with exit 0, but restartPolicy Always wants it to stay{}",
        crash.container.name(),
        crash.so_often()
    );
    let mut sighting = crash.sighting(facts, summary);
    let last_line = crash.log(facts).and_then(log::last_line);
    sighting.evidence.extend(last_line.map(|line| format!("{} ends: {line}", crash.which_log())));
    sighting.evidence.extend(crash.container.typed());
    sighting.next = vec![crash.logs(facts), facts.edit_owner()];
    Some(sighting)
}
