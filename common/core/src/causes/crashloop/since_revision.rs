//! `crashloop/since-revision`: only pods of the newest revision crash, and its template differs: roll back.

use crate::causes::STATE;
use crate::causes::container::counted;
use crate::causes::crashloop::crashing;
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;
use crate::{revision, workload};

pub(in crate::causes) const SINCE_REVISION: Cause = Cause {
    code: "crashloop/since-revision",
    about: "only pods of the newest revision crash, and its template differs: roll back",
    severity: Severity::Info,
    fatal: Fatal::Never,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let (crashing, _) = crashing::of(facts);
    let all = facts.workload;
    let old = all.pods.iter().filter(|pod| !all.is_new(pod) && workload::is_ready(pod));
    let steady = old.filter(|pod| workload::restarts(pod) == 0).count();
    let owners = all
        .replica_sets
        .iter()
        .filter(|set| all.pods.iter().any(|pod| workload::is_ready(pod) && crashing::belongs(pod, set)));
    let changed = owners
        .filter(|set| !revision::is_same(set.template(), all.deployment.template()))
        .any(|set| all.current().is_none_or(|current| current.uid() != set.uid()));
    (!crashing.is_empty() && steady > 0 && changed).then(|| Sighting {
        summary: format!(
            "only the present template crashes ({}); {} of the template before never restarted",
            counted(crashing.len(), "pod"),
            counted(steady, "pod")
        ),
        evidence: crashing
            .iter()
            .map(|pod| format!("pod/{} restarts: {}", workload::name(pod), workload::restarts(pod)))
            .take(3)
            .collect(),
        next: vec![facts.place.kubectl(&format!("sk-rollback deployment/{}", all.deployment.name()))],
        observations: STATE,
        ..Sighting::default()
    })
}
