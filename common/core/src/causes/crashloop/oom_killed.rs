//! `crashloop/oom-killed`: a container needs more memory than its limit.

use crate::causes::container::word;
use crate::causes::crashloop::crash::{self, Kind};
use crate::causes::crashloop::usage;
use crate::causes::log;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const OOM_KILLED: Cause = Cause {
    code: "crashloop/oom-killed",
    about: "a container needs more memory than its limit and is killed",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let crash = crash::seen(facts, Kind::OomKilled)?;
    let (path, limit) = crash::memory_limit(facts.pod, &crash.container)?;
    let name = crash.container.name();
    let killed = if crash.was_silently_killed(facts) {
        "is killed (SIGKILL) by nobody that says so, most likely for memory"
    } else {
        "is killed for memory"
    };
    let summary = format!("container {name} {killed} at its limit of {limit}{}", crash.so_often());
    let mut sighting = crash.sighting(facts, summary);
    sighting.evidence.push(format!("{path}: {limit}"));
    let last_line = crash.log(facts).and_then(log::last_line);
    sighting.evidence.extend(last_line.map(|line| format!("{} ends: {line}", crash.which_log())));
    if facts.in_depth {
        sighting.evidence.extend(usage::evidence(facts, name));
        sighting.needs.extend(usage::needs(facts));
    }
    sighting.next = vec![crash.logs(facts)];
    let is_own = path == crash.container.spec_path("resources.limits.memory");
    if let Some(more) = doubled(&limit).filter(|_| is_own && facts.can_be_edited()) {
        let (owner, container) = (facts.owner(), word(name));
        let words = format!("set resources {owner} -c {container} --limits=memory={more}");
        sighting.next.push(facts.place.kubectl(&words));
    }
    Some(sighting)
}

/// Twice a quantity, in its own unit: `256Mi` gives `512Mi`.
fn doubled(quantity: &str) -> Option<String> {
    let digits = quantity.len() - quantity.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = quantity.split_at(digits);
    let whole = unit.chars().all(|c| c.is_ascii_alphabetic());
    let twice = number.parse::<u64>().ok()?.checked_mul(2)?;
    whole.then(|| format!("{twice}{unit}"))
}
