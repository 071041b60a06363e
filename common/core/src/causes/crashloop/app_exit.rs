//! `crashloop/app-exit`: the process ends by itself, with an error.

use crate::causes::crashloop::crash::{self, Kind};
use crate::causes::crashloop::ending;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const APP_EXIT: Cause = Cause {
    code: "crashloop/app-exit",
    about: "the process in a container ends by itself with an error; its last log line says why",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let crash = crash::seen(facts, Kind::AppExit)?;
    let said = ending::said(facts, &crash);
    let summary = format!(
        "container {} {}{}",
        crash.container.name(),
        ending::sentence(&crash, said.as_ref()),
        crash.so_often()
    );
    let mut sighting = crash.sighting(facts, summary);
    sighting.evidence.extend(said.map(|said| format!("previous log: {}", said.line)));
    sighting.next = vec![crash.logs(facts)];
    Some(sighting)
}
