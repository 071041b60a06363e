//! `pending/init-running`: an init container runs on and on, so the pod's own containers do not start.

use jiff::SignedDuration;

use crate::causes::container::{Role, word};
use crate::causes::crashloop::crash;
use crate::causes::log;
use crate::causes::{Cause, Fatal, Need, PodFacts, Rule, STATE, Sighting};
use crate::duration;
use crate::finding::Severity;

pub(in crate::causes) const INIT_RUNNING: Cause = Cause {
    code: "pending/init-running",
    about: "an init container runs on, perhaps waiting for something; the pod's own containers start when it ends",
    severity: Severity::Warning,
    fatal: Fatal::AtTimeout,
    rule: Rule::PodInDepth(rule),
};

/// Most init containers take seconds.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let (container, since) = facts.living().find_map(|container| {
        let steady = crash::of(facts.pod, container, facts.now).is_none();
        let since = container.running_since(facts.pod).filter(|_| container.role == Role::Init && steady)?;
        Some((container, since))
    })?;
    let age = facts.now.duration_since(since);
    if age < PATIENCE {
        return None;
    }
    let (pod, name) = (facts.name(), container.name());
    let need = Need::Log { pod: pod.to_owned(), container: name.to_owned() };
    let said = facts.fetched.text(&need).and_then(log::last_error);
    let about = said.as_ref().map(|said| said.about.sentence().unwrap_or_else(|| said.line.clone()));
    let about = about.map(|about| format!(": {about}")).unwrap_or_default();
    let mut evidence = vec![format!("{}: {since:.0}", container.status_path("state.running.startedAt"))];
    evidence.extend(said.map(|said| format!("log: {}", said.line)));
    let logs = format!("logs {} -c {} --tail=50", word(pod), word(name));
    Some(Sighting {
        summary: format!(
            "init container {name} has been running for {}, and the pod's own containers wait for it{about}",
            duration::short(age)
        ),
        evidence,
        next: vec![facts.place.kubectl(&logs)],
        observations: STATE,
        needs: vec![need],
    })
}
