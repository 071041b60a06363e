//! `readiness/dependency`: the endpoint's own answer says what it depends on and is down.

use crate::causes::readiness::{asked, body, unready};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const DEPENDENCY: Cause = Cause {
    code: "readiness/dependency",
    about: "the readiness endpoint's own answer says what is down",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::PodInDepth(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unready = unready::all(facts).find(unready::Unready::is_late)?;
    let health = asked::answer(facts, &unready.container, unready.probe?)?.ok()?;
    let down = if asked::is_ready(health) { Vec::new() } else { body::down(&health.body) };
    let said = down.iter().map(|down| match &down.why {
        Some(why) => format!("{} is down ({why})", down.name),
        None => format!("{} is down", down.name),
    });
    let said: Vec<String> = said.collect();
    let (name, asks) = (unready.container.name(), unready.asks());
    (!said.is_empty()).then(|| {
        let summary =
            format!("container {name} says by itself why it is not ready ({asks}): {}", said.join(", "));
        unready.sighting(facts, summary)
    })
}
