//! How a process that ended by itself is told: its exit code, and the last error of its log.

use super::crash::{self, Crash, Kind};
use crate::causes::log::{self, LastError};
use crate::causes::{PodFacts, Sighting};

/// The last error that the process logged, or left as its termination message.
pub(in crate::causes) fn said(facts: &PodFacts<'_>, crash: &Crash<'_>) -> Option<LastError> {
    let message = crash.ended.and_then(|ended| ended.message.as_deref());
    crash.log(facts).and_then(log::last_error).or_else(|| message.and_then(log::last_error))
}

/// `exits with 7: 10.0.0.1:5432 refuses connections`
pub(in crate::causes) fn sentence(crash: &Crash<'_>, said: Option<&LastError>) -> String {
    let Some(ended) = crash.ended else { return "does not stay, and its exit code is not known".to_owned() };
    let about = said.map(|said| said.about.sentence().unwrap_or_else(|| said.line.clone()));
    let memory = if ended.exit_code == 137 { "; memory is not excluded" } else { "" };
    match about {
        Some(about) => format!("fails with {}{memory}: {about}", crash::exit(ended)),
        None => format!("fails with {}{memory}", crash::exit(ended)),
    }
}

/// A container that ends by itself with an error; `what` is how it is called.
pub(in crate::causes) fn by_itself(facts: &PodFacts<'_>, kind: Kind, what: &str) -> Option<Sighting> {
    let crash = crash::seen(facts, kind)?;
    let said = said(facts, &crash);
    let name = crash.container.name();
    let summary = format!("{what} {name} {}{}", sentence(&crash, said.as_ref()), crash.so_often());
    let mut sighting = crash.sighting(facts, summary);
    sighting.evidence.extend(said.map(|said| format!("{}: {}", crash.which_log(), said.line)));
    sighting.next = vec![crash.logs(facts)];
    Some(sighting)
}
