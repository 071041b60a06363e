//! Memory that a container uses now, beside what it uses in the other pods of the same owner.

use k8s_openapi::api::core::v1::Pod;

use crate::causes::{Need, PodFacts};
use crate::fact::Fact;
use crate::quantity::Amount;
use crate::workload;

/// The pod and a ready one of the same owner.
fn pods<'a>(facts: &PodFacts<'a>) -> Vec<&'a Pod> {
    let owner = workload::owner(facts.pod);
    let is_like = |pod: &&Pod| {
        workload::name(pod) != facts.name() && workload::is_ready(pod) && workload::owner(pod) == owner
    };
    [facts.pod].into_iter().chain(facts.siblings.iter().find(is_like)).collect()
}

/// What asks for their use.
pub(super) fn needs(facts: &PodFacts<'_>) -> Vec<Need> {
    pods(facts).into_iter().map(|pod| Need::Usage(workload::name(pod).to_owned())).collect()
}

/// Evidence: their use of memory, as far as it was measured.
pub(super) fn evidence(facts: &PodFacts<'_>, container: &str) -> Vec<String> {
    let of_pod = |pod: &Pod| {
        let name = workload::name(pod);
        let Fact::Known(Some(usage)) = facts.fetched.usage(name)? else { return None };
        let own = usage.containers.iter().find(|one| one.name == container)?;
        let memory = Amount::read(own.usage.get("memory")?).ok()?.of("memory");
        Some(format!("pod/{name} usage[{container}].memory: {memory}"))
    };
    pods(facts).into_iter().filter_map(of_pod).collect()
}
