//! `crashloop/start-error`: the runtime, or the shell that it started, cannot start the container's command.

use crate::causes::container::clip;
use crate::causes::crashloop::crash::{self, Crash, Kind};
use crate::causes::crashloop::ending;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const START_ERROR: Cause = Cause {
    code: "crashloop/start-error",
    about: "the runtime, or its shell, cannot start the command: not found, not executable, or for another architecture",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let crash = crash::seen(facts, Kind::StartError)?;
    let by_the_runtime = crash.container.waits_for(crash::CANNOT_START).is_some() || !crash.has_no_command();
    Some(if by_the_runtime { refused(facts, &crash) } else { not_found(facts, &crash) })
}

/// The runtime cannot start the container's command, and says why.
fn refused(facts: &PodFacts<'_>, crash: &Crash<'_>) -> Sighting {
    let container = &crash.container;
    let waiting = container.waits_for(crash::CANNOT_START);
    let message = crash.start_failure().unwrap_or_default();
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
    sighting.evidence.extend(container.typed());
    sighting.needs.clear();
    sighting.next = vec![facts.edit_owner()];
    sighting
}

/// The runtime started a shell, and that found no command that it could start: its log says which.
fn not_found(facts: &PodFacts<'_>, crash: &Crash<'_>) -> Sighting {
    let said = ending::said(facts, crash);
    let name = crash.container.name();
    let sentence = ending::sentence(crash, said.as_ref());
    let mut sighting = crash.sighting(facts, format!("container {name} {sentence}{}", crash.so_often()));
    sighting.evidence.extend(said.map(|said| format!("{}: {}", crash.which_log(), said.line)));
    sighting.evidence.extend(crash.container.typed());
    sighting.next = vec![crash.logs(facts), facts.edit_owner()];
    sighting
}

/// `unable to start container process: exec: "COMMAND": ...`
fn command(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("exec: \"")?;
    rest.split_once('"').map(|(command, _)| clip(command))
}

fn trouble(message: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    // Mounts and devices fail with the same words: only what names the command is about the command.
    let is_command = has(&["exec: \"", "executable"]);
    if has(&["exec format error"]) {
        Some("built for another architecture, or a script without #! (exec format error)")
    } else if is_command && has(&["not found", "no such file"]) {
        Some("there is no such file in the image")
    } else if is_command && has(&["is a directory"]) {
        Some("a directory, not an executable file")
    } else if is_command && has(&["permission denied"]) {
        Some("not an executable file (permission denied)")
    } else {
        None
    }
}

/// What is wrong with a command that the runtime was to start, where its message tells.
pub(in crate::causes) fn in_words(message: &str) -> Option<String> {
    Some(format!("{}: {}", command(message)?, trouble(message)?))
}

/// What is left when the runtimes' wrappers are gone.
fn innermost(message: &str) -> &str {
    let message = message.trim_end_matches(": unknown");
    let start = "unable to start container process: ";
    message.rsplit_once(start).map_or(message, |(_, rest)| rest)
}
