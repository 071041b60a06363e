//! `crashloop/post-start-hook`: the postStart hook fails, so the kubelet kills the container.

use crate::causes::container::clip;
use crate::causes::crashloop::crash::{self, Kind};
use crate::causes::event;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;
use crate::redact;

pub(in crate::causes) const POST_START_HOOK: Cause = Cause {
    code: "crashloop/post-start-hook",
    about: "the postStart hook fails, and the kubelet kills the container for it",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let crash = crash::seen(facts, Kind::PostStartHook)?;
    let container = &crash.container;
    let failed = crash.hook(facts)?;
    let hook = container.spec.and_then(|spec| spec.lifecycle.as_ref()?.post_start.as_ref());
    let command = hook.and_then(|hook| hook.exec.as_ref()?.command.as_deref());
    let command = command.map(|words| clip(&redact::command(words)));
    let named = command.as_ref().map(|command| format!(" ({command})")).unwrap_or_default();
    let summary = format!(
        "the postStart hook of container {} fails{named}, so the kubelet kills it{}",
        container.name(),
        crash.so_often()
    );
    let mut sighting = crash.sighting(facts, summary);
    sighting.evidence.push(event::evidence(failed));
    let path = container.spec_path("lifecycle.postStart");
    sighting.evidence.extend(command.map(|command| format!("{path}: {command}")));
    sighting.next = vec![crash.logs(facts), facts.edit_owner()];
    Some(sighting)
}
