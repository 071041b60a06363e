//! `pending/pv-zone`: the pod's volume is in a zone, or on a node, where the pod cannot run.

use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::volume;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const PV_ZONE: Cause = Cause {
    code: "pending/pv-zone",
    about: "the pod's volume is in a zone, or on a node, where the pod cannot run",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::Zone, |_| true)?;
    let names: Vec<String> = facts.claims().into_iter().map(|(_, name)| name).collect();
    let bound = |name: &String| volume::place(facts, name);
    let places: Vec<(String, String)> = names.iter().filter_map(bound).collect();
    let only = places.first().map_or_else(|| "elsewhere".to_owned(), |(place, _)| format!("where {place}"));
    let summary = format!(
        "{}: the volume of PersistentVolumeClaim {} can only be used {only}",
        unschedulable.of_nodes(reason),
        names.join(" or ")
    );
    let next = facts.place.of_cluster("get pv -o custom-columns=NAME:.metadata.name,CLAIM:.spec.claimRef.name,WHERE:.spec.nodeAffinity.required");
    Some(unschedulable.sighting(summary, places.into_iter().map(|(_, evidence)| evidence), vec![next]))
}
