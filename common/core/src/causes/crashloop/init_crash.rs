//! `crashloop/init-crash`: an init container fails, so the pod's own containers never start.

use crate::causes::crashloop::crash::Kind;
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
    ending::by_itself(facts, Kind::InitCrash, "init container")
}
