//! Diagnosis: objects, and what was fetched besides, become verdicts, findings, and what to fetch next.

mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};

use crate::causes::{self, Fetched, Found, Need};
use crate::checks::Verdict;
use crate::fact::Fact;
use crate::finding::Severity;
use crate::target::Place;
use crate::workload::{self, Workload};

pub use state::State;

/// Rounds of reading after the objects themselves: what they point to; logs and endpoints that rules asked for.
pub const ROUNDS: usize = 2;

/// What is to be diagnosed, of one namespace.
#[derive(Clone, Debug)]
pub struct Subjects {
    /// Deployments, each with its pods and events.
    pub workloads: Vec<Workload>,
    /// Pods that belong to none of these.
    pub pods: Vec<Pod>,
    /// The events of those pods.
    pub events: Fact<Vec<Event>>,
    /// The pods that were asked about; none: all of them, and the Deployments themselves.
    pub only: Option<BTreeSet<String>>,
}

/// What a diagnosis comes to.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// Each object that was asked about.
    pub objects: Vec<Judged>,
    /// What was found, ranked, consequences folded into their cause.
    pub findings: Vec<Found>,
    /// What could not be read and would have told more: what, and why.
    pub unseen: Vec<String>,
    /// What to fetch before this is final; empty where nothing would tell more.
    pub needs: Vec<Need>,
}

/// An object, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// `kind/name`.
    pub object: String,
    /// How it stands.
    pub verdict: Verdict,
    /// That in words, with numbers.
    pub detail: String,
}

/// Judges everything in `subjects`, with what was fetched so far.
pub fn diagnose(subjects: &Subjects, fetched: &Fetched, place: Place<'_>, now: Timestamp) -> Diagnosis {
    let of_workloads =
        subjects.workloads.iter().flat_map(|one| causes::of_workload(one, fetched, place, now));
    let pods: Vec<&Pod> = subjects.pods.iter().collect();
    let events = subjects.events.known().map_or(&[][..], Vec::as_slice);
    let of_pods = causes::of_pods(&pods, events, fetched, place, now);
    let findings: Vec<Found> =
        of_workloads.chain(of_pods).filter(|found| subjects.concerns(&found.finding.object)).collect();
    let needs = findings.iter().flat_map(|found| &found.needs).filter(|need| !fetched.knows(need));
    let needs: BTreeSet<Need> = needs.cloned().collect();
    Diagnosis {
        objects: subjects.judged(&findings),
        unseen: subjects.unseen(fetched),
        needs: needs.into_iter().collect(),
        findings,
    }
}

impl Subjects {
    /// Whether a finding on this object was asked for. What is said of a Deployment concerns each of its pods.
    fn concerns(&self, object: &str) -> bool {
        let Some(only) = &self.only else { return true };
        object.strip_prefix("pod/").is_none_or(|pod| only.contains(pod))
    }

    fn judged(&self, findings: &[Found]) -> Vec<Judged> {
        let deployments = self.workloads.iter().filter(|_| self.only.is_none()).map(|one| {
            let object = format!("deployment/{}", one.deployment.name());
            let pods: BTreeSet<String> =
                one.pods.iter().map(|pod| format!("pod/{}", workload::name(pod))).collect();
            let own = findings
                .iter()
                .filter(|found| found.finding.object == object || pods.contains(&found.finding.object));
            let detail = format!("{}/{} ready", one.deployment.ready(), one.deployment.replicas());
            Judged { verdict: verdict(own, one.events.reason().is_some()), object, detail }
        });
        let asked = |pod: &&Pod| self.only.as_ref().is_none_or(|only| only.contains(workload::name(pod)));
        let of_workloads = self.workloads.iter().filter(|_| self.only.is_some());
        let of_workloads = of_workloads.flat_map(|one| one.pods.iter().map(move |pod| (pod, &one.events)));
        let loose = self.pods.iter().map(|pod| (pod, &self.events));
        let pods = of_workloads.chain(loose).filter(|(pod, _)| asked(pod)).map(|(pod, events)| {
            let object = format!("pod/{}", workload::name(pod));
            let own = findings.iter().filter(|found| found.finding.object == object);
            Judged { verdict: verdict(own, events.reason().is_some()), object, detail: State::in_words(pod) }
        });
        deployments.chain(pods).collect()
    }

    /// What could not be read.
    fn unseen(&self, fetched: &Fetched) -> Vec<String> {
        let events = self.workloads.iter().map(|one| &one.events).chain([&self.events]);
        let events = events.filter_map(Fact::reason).map(|reason| format!("events: {reason}"));
        let others = fetched.unavailable().map(|(_, reason)| reason.to_owned());
        events.chain(others).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The verdict that findings on an object come to; where something could not be read, never a pass.
fn verdict<'a>(findings: impl Iterator<Item = &'a Found>, blind: bool) -> Verdict {
    match findings.map(|found| found.finding.severity).min() {
        Some(Severity::Error) => Verdict::Fail,
        Some(Severity::Warning) => Verdict::Warn,
        _ if blind => Verdict::Unknown,
        _ => Verdict::Pass,
    }
}
