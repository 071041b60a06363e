//! `crashloop/start-error`: the runtime cannot start the container's command.

use crate::causes::container::clip;
use crate::causes::crashloop::crash::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const START_ERROR: Cause = Cause {
    code: "crashloop/start-error",
    about: "the runtime cannot start the container: command not found, not permitted, or for another architecture",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let crash = crash::seen(facts, Kind::StartError)?;
    let container = &crash.container;
    let waiting = container.waits_for(crash::CANNOT_START);
    let message = waiting.and_then(|waiting| waiting.message.as_deref());
    let message = message.or_else(|| crash.ended?.message.as_deref()).unwrap_or_default();
    let name = container.name();
    let summary = match (command(message), trouble(message)) {
        (Some(command), Some(trouble)) => format!("container {name} cannot start: {command}: {trouble}"),
        (None, Some(trouble)) => format!("container {name} cannot start: {trouble}"),
        (_, None) => format!("container {name} cannot start: {}", clip(innermost(message))),
    };
    let mut sighting = crash.sighting(facts, summary);
    if let Some(waiting) = waiting {
        sighting.evidence[0] = container.waiting_evidence(waiting);
    }
    let spec = container.spec;
    let typed = spec.and_then(|spec| spec.command.as_deref().or(spec.args.as_deref())).unwrap_or_default();
    if !typed.is_empty() {
        let path = container.spec_path("command");
        sighting.evidence.push(format!("{path}: {}", clip(&typed.join(" "))));
    }
    sighting.needs.clear();
    sighting.next = vec![facts.edit_owner()];
    Some(sighting)
}

/// `unable to start container process: exec: "COMMAND": ...`
fn command(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("exec: \"")?;
    rest.split_once('"').map(|(command, _)| clip(command))
}

fn trouble(message: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["exec format error"]) {
        Some("built for another architecture, or a script without #! (exec format error)")
    } else if has(&["executable file not found", "exec: \"", "stat /"]) && has(&["not found", "no such file"])
    {
        Some("there is no such file in the image")
    } else if has(&["permission denied", "is a directory"]) {
        Some("not an executable file (permission denied)")
    } else {
        None
    }
}

/// What is left when the runtimes' wrappers are gone.
fn innermost(message: &str) -> &str {
    let message = message.trim_end_matches(": unknown");
    let start = "unable to start container process: ";
    message.rsplit_once(start).map_or(message, |(_, rest)| rest)
}
