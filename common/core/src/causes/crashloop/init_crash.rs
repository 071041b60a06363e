//! `crashloop/init-crash`: an init container fails, so the pod's own containers never start.

use crate::causes::crashloop::crash::{self, Kind};
use crate::causes::crashloop::ending;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const INIT_CRASH: Cause = Cause {
    code: "crashloop/init-crash",
    about: "an init container fails, so the pod's own containers never start",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let crash = crash::seen(facts, Kind::InitCrash)?;
    let said = ending::said(facts, &crash);
    let summary = format!(
        "init container {} {}{}",
        crash.container.name(),
        ending::sentence(&crash, said.as_ref()),
        crash.so_often()
    );
    let mut sighting = crash.sighting(facts, summary);
    sighting.evidence.extend(said.map(|said| format!("previous log: {}", said.line)));
    sighting.next = vec![crash.logs(facts)];
    Some(sighting)
}
