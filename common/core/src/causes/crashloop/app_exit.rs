//! `crashloop/app-exit`: the process ends by itself, with an error.

use crate::causes::crashloop::crash::Kind;
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
    ending::by_itself(facts, Kind::AppExit, "container")
}
