//! `terminating/finalizer`: the pod's containers have ended, and a finalizer keeps the object.

use serde_json::json;

use crate::causes::container::word;
use crate::causes::terminating::leaving;
use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const FINALIZER: Cause = Cause {
    code: "terminating/finalizer",
    about: "the pod's containers have ended, and a finalizer keeps the object until its controller takes it away",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::PodInDepth(rule),
};

/// Starts of finalizers, and who takes them away.
const CONTROLLERS: &[(&str, &str)] = &[
    ("foregroundDeletion", "the garbage collector, once what it owns is gone"),
    ("orphan", "the garbage collector"),
    ("batch.kubernetes.io/job-tracking", "the Job controller"),
    ("resource.kubernetes.io/", "the resource claim controller"),
    ("service.kubernetes.io/load-balancer-cleanup", "the cloud's service controller"),
    ("kueue.x-k8s.io/", "Kueue"),
    ("workflows.argoproj.io/", "Argo Workflows"),
    ("argocd.argoproj.io/", "Argo CD"),
    ("resources-finalizer.argocd.argoproj.io", "Argo CD"),
    ("finalizers.fluxcd.io", "Flux"),
    ("chains.tekton.dev", "Tekton Chains"),
    ("elbv2.k8s.aws/", "the AWS Load Balancer Controller"),
    ("networking.gke.io/", "GKE's network controllers"),
    ("karpenter.sh/", "Karpenter"),
    ("chaos-mesh/", "Chaos Mesh"),
    ("sparkoperator.k8s.io/", "the Spark operator"),
    ("kubevirt.io/", "KubeVirt"),
];

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let leaving = leaving::of(facts)?;
    let held_by = leaving::held_by(facts, &leaving);
    let all: Vec<String> = held_by.iter().map(|name| format!("{name} ({})", controller(name))).collect();
    let first = held_by.first()?;
    let (noun, which) = match all.len() {
        1 => ("finalizer", "that one does"),
        _ => ("finalizers", "those do"),
    };
    let pod = word(facts.name());
    let patch = json!([
        {"op": "test", "path": "/metadata/finalizers/0", "value": first},
        {"op": "remove", "path": "/metadata/finalizers/0"},
    ]);
    let remove = facts.place.kubectl(&format!("patch pod {pod} --type=json -p {}", word(&patch.to_string())));
    Some(Sighting {
        summary: format!(
            "held by {noun} {}: see why {which} not act; a patch skips what it would clean up, a force delete does not help",
            all.join(", ")
        ),
        evidence: vec![format!("metadata.finalizers: {}", held_by.join(", ")), leaving.evidence()],
        next: vec![remove],
        observations: STATE,
        ..Sighting::default()
    })
}

/// Who takes a finalizer away: its name begins with a domain of the controller's makers.
fn controller(finalizer: &str) -> String {
    let known = CONTROLLERS.iter().find(|(start, _)| finalizer.starts_with(start));
    match (known, finalizer.split_once('/')) {
        (Some((_, who)), _) => (*who).to_owned(),
        (None, Some((domain, _))) => format!("a controller of {domain}"),
        (None, None) => "a controller not known here".to_owned(),
    }
}
