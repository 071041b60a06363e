//! From facts and a request to a plan, or to a refusal that says what to type instead.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde_json::{Value, json};

use crate::access::Access;
use crate::catalogue::Service;
use crate::checks::{self, Check};
use crate::duration;
use crate::fact::Fact;
use crate::finding::Finding;
use crate::operation::plan;
use crate::report::{CheckView, Header, Outcome, PlannedStep, PodView, RestartReport};
use crate::target::Place;
use crate::workload::{self, Siblings, controller};

/// Pods that are named when the one that was typed is not there.
const SHOWN: usize = 5;

/// The one pod to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTarget {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub pod: String,
    /// Connection flags that a pasted kubectl command needs too, as `--context prod`; often empty.
    pub connection: String,
}

/// What the user asked for.
pub type Request = plan::Request<PodTarget>;

/// What is known before an eviction is decided on.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The pod.
    pub pod: Pod,
    /// The pods of its controller, itself among them; just itself where it has none.
    pub siblings: Siblings,
    /// The Deployment that controls its `ReplicaSet`.
    pub deployment: Option<OwnerReference>,
    /// What the catalogue knows about that Deployment.
    pub service: Option<Service>,
    /// The namespace's budgets.
    pub budgets: Fact<Vec<PodDisruptionBudget>>,
    /// Each required verb, and whether this user has it.
    pub access: Vec<(Access, Fact<bool>)>,
}

/// What will be done; the owner makes the successor.
pub type Plan = plan::Plan<PodTarget, Facts, OwnerReference>;

/// Why a pod is left alone.
pub type Refusal = plan::Refusal<PodTarget, Facts>;

/// Decides whether the pod may be evicted.
///
/// # Errors
/// A [`Refusal`] when a check refuses that `--force` does not name.
pub fn plan(facts: Facts, request: Request) -> Result<Plan, Box<Refusal>> {
    let checks = request.forced(checks::of_eviction(&facts, &request));
    let object = request.target.object();
    let findings: Vec<Finding> = plan::refusals(&checks, &object).map(|(_, finding)| finding).collect();
    match controller(&facts.pod.metadata).cloned() {
        Some(owner) if findings.is_empty() => {
            let steps = steps(&facts, &owner, &request);
            Ok(Plan { request, checks, steps, facts, change: owner })
        }
        _ => Err(Box::new(Refusal { request, checks, findings, facts })),
    }
}

/// The words that show its controller's pods as they come and go.
pub(crate) fn watched(pod: &Pod) -> String {
    match Siblings::selector(pod).as_str() {
        "" => "get pods -w".to_owned(),
        selector => format!("get pods -l {selector} -w"),
    }
}

fn steps(facts: &Facts, owner: &OwnerReference, request: &Request) -> Vec<PlannedStep> {
    let target = &request.target;
    let (place, timeout) = (target.place(), duration::short(request.timeout));
    let path = format!("/api/v1/namespaces/{}/pods/{}/eviction", target.namespace, target.pod);
    let create = place.kubectl(&format!("create --raw {path} -f -"));
    let step =
        |step, words: String, kubectl: String| PlannedStep { step, object: target.object(), words, kubectl };
    let path = facts.service.as_ref().and_then(|service| service.health_path.as_deref());
    let health = path.map(|path| format!(", {path}")).unwrap_or_default();
    let deployment = facts.deployment.as_ref();
    let mut steps = Vec::from_iter(deployment.and_then(|owner| request.lock_step(&owner.name, place)));
    steps.extend([
        step(
            "evict",
            format!("{}, which PodDisruptionBudgets may refuse", target.object()),
            format!("{create} <<<'{}'", body(target, &facts.pod)),
        ),
        step(
            "watch",
            format!("until {} has a ready successor; {timeout} without progress ends it", object(owner)),
            place.kubectl(&watched(&facts.pod)),
        ),
        step(
            "verify",
            format!("the successor: ready, logs since start{health}"),
            place.kubectl(&format!("logs {} --all-pods --all-containers --tail=100", object(owner))),
        ),
        plan::record_step(&facts.noted(), place),
    ]);
    steps
}

/// The Eviction, bound to the UID that was looked at: a successor of the same name is not touched.
fn body(target: &PodTarget, pod: &Pod) -> Value {
    json!({
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": target.pod, "namespace": target.namespace},
        "deleteOptions": {"preconditions": {"uid": workload::uid(&pod.metadata)}},
    })
}

/// `replicaset/NAME`, as kubectl takes it.
pub(crate) fn object(owner: &OwnerReference) -> String {
    let group = owner.api_version.split_once('/').map(|(group, _)| group);
    let kind = owner.kind.to_lowercase();
    match group {
        None | Some("apps" | "batch") => format!("{kind}/{}", owner.name),
        Some(group) => format!("{kind}.{group}/{}", owner.name),
    }
}

/// The pods of a namespace whose names are most like one that is not there: those of the same workload.
pub fn like<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let base = name.rsplitn(3, '-').last().filter(|base| !base.is_empty()).unwrap_or(name);
    let start = format!("{base}-");
    let mut alike: Vec<&str> = names.into_iter().filter(|other| other.starts_with(&start)).collect();
    alike.sort_unstable();
    alike.truncate(SHOWN);
    alike
}

impl PodTarget {
    /// `pod/NAME`, as kubectl takes it.
    pub fn object(&self) -> String {
        format!("pod/{}", self.pod)
    }

    /// Where its kubectl commands apply.
    pub fn place(&self) -> Place<'_> {
        Place { namespace: &self.namespace, connection: &self.connection }
    }
}

impl Facts {
    /// The name that people know it by: the service, else whose pod it is.
    pub fn name(&self) -> String {
        let known = self.service.as_ref().map(|service| service.name.as_str());
        let owner = self
            .deployment
            .as_ref()
            .or_else(|| controller(&self.pod.metadata))
            .map(|owner| owner.name.as_str());
        known.or(owner).unwrap_or_else(|| workload::name(&self.pod)).to_owned()
    }

    /// What an Event about the operation is on, as kubectl names it.
    fn noted(&self) -> String {
        match &self.deployment {
            Some(owner) => format!("deployment/{}", owner.name),
            None => format!("pod/{}", workload::name(&self.pod)),
        }
    }

    /// What an Event about the operation is on: the Deployment, else the pod.
    pub(super) fn about(&self) -> [String; 4] {
        let about = match &self.deployment {
            Some(owner) => [&owner.api_version, "Deployment", &owner.name, &owner.uid],
            None => ["v1", "Pod", workload::name(&self.pod), workload::uid(&self.pod.metadata)],
        };
        about.map(str::to_owned)
    }

    fn report(&self, request: &Request, checks: &[Check], outcome: Outcome, now: Timestamp) -> RestartReport {
        let header = Header {
            operation: request.operation.clone(),
            context: request.context.clone(),
            namespace: request.target.namespace.clone(),
            service: self.name(),
            object: request.target.object(),
            started_at: request.started_at,
        };
        RestartReport {
            checks: checks.iter().map(CheckView::from).collect(),
            pods: PodView::living(&self.siblings.pods),
            ..RestartReport::new(header, outcome, now)
        }
    }
}

impl Refusal {
    /// The report of an eviction that was refused.
    pub fn report(&self, now: Timestamp) -> RestartReport {
        let report = self.facts.report(&self.request, &self.checks, Outcome::Refused, now);
        RestartReport { findings: self.findings.clone(), ..report }
    }
}

impl Plan {
    /// The report of an eviction that was planned and not begun.
    pub fn report(&self, outcome: Outcome, now: Timestamp) -> RestartReport {
        let report = self.facts.report(&self.request, &self.checks, outcome, now);
        RestartReport { plan: self.steps.clone(), ..report }
    }

    /// Decides anew on the pods as they are now; none where this one is no longer among them.
    pub(super) fn again(&self, siblings: Siblings) -> Option<Result<Self, Box<Refusal>>> {
        let pod = siblings.pod(workload::uid(&self.facts.pod.metadata))?.clone();
        Some(plan(Facts { pod, siblings, ..self.facts.clone() }, self.request.clone()))
    }

    /// The `policy/v1` Eviction.
    pub fn eviction(&self) -> Value {
        body(&self.request.target, &self.facts.pod)
    }
}
