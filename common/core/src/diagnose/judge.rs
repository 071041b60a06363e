//! How each object stands: its findings' worst, and never "nothing wrong" where something is and nothing says what.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use super::{Judged, State, Subjects, worst};
use crate::causes::Found;
use crate::checks::Verdict;
use crate::duration;
use crate::finding::Severity;
use crate::words::counted;
use crate::workload::{self, Workload};

type OfObject<'a> = BTreeMap<&'a str, Vec<&'a Found>>;

impl Subjects {
    pub(super) fn judged(&self, findings: &[Found], now: Timestamp) -> Vec<Judged> {
        let mut by_object = OfObject::new();
        for found in findings {
            by_object.entry(&found.finding.object).or_default().push(found);
        }
        let workloads = self.workloads.iter().filter(|_| self.only.is_none());
        let deployments = workloads.map(|workload| of_workload(workload, &by_object));
        let of_workloads = self.workloads.iter().filter(|_| self.only.is_some());
        let of_workloads = of_workloads.flat_map(|one| one.pods.iter().map(move |pod| (pod, &one.events)));
        let asked = |pod: &&Pod| self.only.as_ref().is_none_or(|only| only.contains(workload::name(pod)));
        let loose = self.pods.iter().map(|pod| (pod, &self.events));
        let pods = of_workloads.chain(loose).filter(|(pod, _)| asked(pod));
        let pods = pods.map(|(pod, events)| of_pod(pod, &by_object, events.reason().is_some(), now));
        deployments.chain(pods).collect()
    }

    /// `kind/name` of the owner of each object that a finding can be on.
    pub(super) fn owners(&self) -> BTreeMap<String, String> {
        let of_workloads = self.workloads.iter().flat_map(|one| {
            let owner = format!("deployment/{}", one.deployment.name());
            one.pods.iter().map(move |pod| (object(pod), owner.clone()))
        });
        let others = self.pods.iter().map(|pod| {
            let (kind, name) = workload::owner(pod);
            (object(pod), format!("{kind}/{name}"))
        });
        of_workloads.chain(others).collect()
    }
}

fn object(pod: &Pod) -> String {
    format!("pod/{}", workload::name(pod))
}

fn of_workload(workload: &Workload, findings: &OfObject<'_>) -> Judged {
    let object = format!("deployment/{}", workload.deployment.name());
    let pods = workload.pods.iter().map(self::object);
    let own = pods.chain([object.clone()]).filter_map(|name| findings.get(name.as_str())).flatten();
    let own: Vec<&Found> = own.copied().collect();
    let (ready, wanted) = (workload.deployment.ready(), workload.deployment.replicas());
    let well = ready >= wanted && workload.deployment.is_observed();
    let words = match wanted {
        0 => "scaled to 0".to_owned(),
        wanted => format!("{ready}/{wanted} ready"),
    };
    let blind = workload.events.reason().is_some();
    let ending = workload.pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_some()).count();
    let unexplained = (!well && own.is_empty()).then(|| match ending {
        0 => "nothing that was read says why".to_owned(),
        ending => format!("{} still ending", counted(ending, "pod")),
    });
    judged(object, &own, words, blind, unexplained)
}

fn of_pod(pod: &Pod, findings: &OfObject<'_>, blind: bool, now: Timestamp) -> Judged {
    let object = object(pod);
    let own = findings.get(object.as_str()).map_or(&[][..], Vec::as_slice);
    let unexplained = (!is_well(pod, now) && own.is_empty()).then(|| {
        let age = pod.metadata.creation_timestamp.as_ref().map(|created| now.duration_since(created.0));
        match age.filter(|age| !age.is_negative() && age.as_secs() < 60) {
            Some(age) => format!("created {} ago, and nothing has failed yet", duration::short(age)),
            None => "nothing that was read says why".to_owned(),
        }
    });
    judged(object.clone(), own, State::in_words(pod), blind, unexplained)
}

/// Whether the pod is as it should be: ready, or ended as it should.
fn is_well(pod: &Pod, now: Timestamp) -> bool {
    State::of(pod, now).is_none() && !workload::has_failed(pod)
}

fn judged(
    object: String,
    findings: &[&Found],
    words: String,
    blind: bool,
    unexplained: Option<String>,
) -> Judged {
    let verdict = match worst(findings.iter().copied()) {
        Some(Severity::Error) => Verdict::Fail,
        Some(Severity::Warning) => Verdict::Warn,
        _ if blind || unexplained.is_some() => Verdict::Unknown,
        _ => Verdict::Pass,
    };
    let detail = match unexplained {
        Some(why) => format!("{words}; {why}"),
        None => words,
    };
    Judged { object, verdict, detail }
}
