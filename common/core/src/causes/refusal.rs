//! Pods that the API server does not admit: the `ReplicaFailure` condition's message, and which one rule explains it.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{Event, Pod};

use super::container::{clip, word};
use super::{STATE, Sighting, WorkloadFacts, event};
use crate::workload::{self, ReplicaSet};

/// What explains a refusal. Exactly one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::causes) enum Kind {
    Quota,
    QuotaSurge,
    LimitRange,
    PodSecurity,
    Webhook,
    WebhookOutage,
    AdmissionPolicy,
    ServiceAccount,
    PriorityClass,
    RuntimeClass,
    Invalid,
    Other,
}

/// A refusal to create pods of the present template.
#[derive(Clone, Copy, Debug)]
pub(in crate::causes) struct Refusal<'a> {
    /// The whole message.
    pub(in crate::causes) message: &'a str,
    /// The event that it stands in, where the condition tells of an earlier one.
    event: Option<&'a Event>,
}

/// What is said where only a quota allows pods of a scope, such as a priority, and none does
/// (`apiserver/pkg/admission/plugin/resourcequota`).
pub(in crate::causes) const NO_SCOPE: &str = "insufficient quota to match these scopes: ";

/// What each kind's messages contain. Webhooks and policies come first: what they answer is free text.
const SIGNS: &[(Kind, &str)] = &[
    (Kind::Webhook, "denied the request"),
    (Kind::WebhookOutage, "failed calling webhook"),
    (Kind::AdmissionPolicy, "ValidatingAdmissionPolicy"),
    (Kind::Quota, "exceeded quota:"),
    (Kind::Quota, "failed quota:"),
    (Kind::Quota, NO_SCOPE),
    (Kind::PodSecurity, "violates PodSecurity"),
    (Kind::LimitRange, " usage per Container is "),
    (Kind::LimitRange, " usage per Pod is "),
    (Kind::LimitRange, " limit to request ratio per "),
    (Kind::ServiceAccount, "error looking up service account"),
    (Kind::PriorityClass, "no PriorityClass with name"),
    (Kind::RuntimeClass, "RuntimeClass"),
    (Kind::Invalid, " is invalid: "),
];

/// The refusal, when it is of this kind.
pub(in crate::causes) fn seen<'a>(facts: &WorkloadFacts<'a>, kind: Kind) -> Option<Refusal<'a>> {
    let refusal = Refusal::of(facts)?;
    (refusal.kind(facts) == kind).then_some(refusal)
}

impl<'a> Refusal<'a> {
    fn of(facts: &WorkloadFacts<'a>) -> Option<Self> {
        let workload = facts.workload;
        let condition = workload.deployment.condition("ReplicaFailure")?;
        let stands = condition.status == "True" && workload.deployment.is_observed();
        let told = condition.message.as_deref().filter(|message| stands && concerns_current(facts, message));
        let own = || workload.current().and_then(ReplicaSet::failure).filter(|_| stands);
        let first = Self { message: told.or_else(own)?, event: None };
        Some(Self::latest(facts).filter(|last| last.sign() != first.sign()).unwrap_or(first))
    }

    /// The latest refusal by its event. The condition keeps the message of the first one for as long as it is true.
    fn latest(facts: &WorkloadFacts<'a>) -> Option<Self> {
        let event = refused(facts).max_by_key(|event| workload::last_seen(event))?;
        let message = event::message(event);
        let message = message.strip_prefix("Error creating: ").unwrap_or(message);
        Some(Self { message, event: Some(event) })
    }

    /// What the message is about, by its words alone.
    fn sign(&self) -> Kind {
        let sign = SIGNS.iter().find(|(_, sign)| self.message.contains(sign));
        sign.map_or(Kind::Other, |(kind, _)| *kind)
    }

    fn kind(&self, facts: &WorkloadFacts<'_>) -> Kind {
        match self.sign() {
            // Any other refusal by a quota is of every pod: room does not help.
            Kind::Quota if self.message.contains("exceeded quota:") && is_surge(facts) => Kind::QuotaSurge,
            kind => kind,
        }
    }

    /// The message without the pod that was to be created: `pods "NAME" is forbidden: `.
    pub(in crate::causes) fn reason(&self) -> &'a str {
        let (_, reason) = self.message.split_once(" is forbidden: ").unwrap_or(("", self.message));
        reason.trim()
    }

    /// The sighting, with the condition or the event that says so.
    pub(in crate::causes) fn sighting(&self, summary: String, next: Vec<String>) -> Sighting {
        let condition = || format!("status.conditions[ReplicaFailure]: FailedCreate: {}", clip(self.message));
        let evidence = vec![self.event.map_or_else(condition, event::evidence)];
        Sighting { summary, evidence, next, observations: STATE, needs: Vec::new() }
    }

    /// The word after this mark, without quotes and punctuation.
    pub(in crate::causes) fn after(&self, mark: &str) -> Option<&'a str> {
        let (_, rest) = self.message.split_once(mark)?;
        let rest = rest.trim_start().trim_start_matches(['"', '\'']);
        rest.split(|c: char| c.is_whitespace() || "\"',:;".contains(c)).next().filter(|word| !word.is_empty())
    }
}

/// The Deployment keeps the message of an older `ReplicaSet`, also when the present one fails as well. Its messages name the pod, or else the event does.
fn concerns_current(facts: &WorkloadFacts<'_>, message: &str) -> bool {
    let workload = facts.workload;
    let [only] = workload.replica_sets.as_slice() else {
        let Some(current) = workload.current() else { return false };
        if let Some((_, pod)) = message.split_once("pods \"") {
            return pod.starts_with(&format!("{}-", current.name()));
        }
        let said = || refused(facts).any(|event| event::message(event).ends_with(message));
        return workload.events.known().is_none() || said();
    };
    workload.current().is_some_and(|current| current.uid() == only.uid())
}

/// Whether the pod that was refused was one more than the Deployment wants: the surge of a rolling update.
fn is_surge(facts: &WorkloadFacts<'_>) -> bool {
    let wanted = usize::try_from(facts.workload.deployment.replicas()).unwrap_or_default();
    let living = facts.workload.pods.iter().filter(|pod| lives(pod)).count();
    let old = facts.workload.pods.iter().any(|pod| lives(pod) && !facts.workload.is_new(pod));
    old && living >= wanted
}

/// The events of refusals to create pods of the present template.
fn refused<'a>(facts: &WorkloadFacts<'a>) -> impl Iterator<Item = &'a Event> {
    let workload = facts.workload;
    let current = workload.current().map(ReplicaSet::uid);
    let events = workload.events.known().map_or(&[][..], Vec::as_slice);
    events.iter().filter(move |event| {
        event.reason.as_deref() == Some("FailedCreate") && event.involved_object.uid.as_deref() == current
    })
}

fn lives(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none() && !workload::has_ended(pod)
}

/// A quota's refusal this old may be over: the controller tries again at doubling distances, up to minutes.
const FRESH: SignedDuration = SignedDuration::from_secs(10);

/// How often a quota was found full. It does not count as standing while a pod of this Deployment is being deleted,
/// because that makes room; and where pods have gone already, only while the last refusal is fresh.
pub(in crate::causes) fn quota_observations(facts: &WorkloadFacts<'_>) -> u32 {
    let workload = facts.workload;
    if workload.pods.iter().any(|pod| pod.metadata.deletion_timestamp.is_some()) {
        return 1;
    }
    let last = refused(facts).filter_map(workload::last_seen).max();
    let fresh = last.is_none_or(|last| facts.now.duration_since(last) <= FRESH);
    if is_surge(facts) || fresh { STATE } else { 2 }
}

/// A quota's refusal in words: `exceeded quota: NAME, requested: pods=1, used: pods=3, limited: pods=3`.
pub(in crate::causes) fn quota_arithmetic(refusal: &Refusal<'_>) -> (String, String) {
    let reason = refusal.reason();
    let rest = reason.split_once("quota: ").map_or(reason, |(_, rest)| rest);
    let (name, rest) = rest.split_once([',', ':']).unwrap_or((rest, ""));
    (name.trim().to_owned(), clip(rest))
}

/// The commands that show and change a quota.
pub(in crate::causes) fn quota_next(facts: &WorkloadFacts<'_>, name: &str) -> Vec<String> {
    let name = word(name);
    ["describe", "edit"].map(|verb| facts.place.kubectl(&format!("{verb} resourcequota {name}"))).to_vec()
}

impl WorkloadFacts<'_> {
    /// The command that changes the template.
    pub(in crate::causes) fn edit(&self) -> String {
        self.place.kubectl(&format!("edit deployment/{}", word(self.workload.deployment.name())))
    }

    /// A field of the template's `spec`, as text.
    pub(in crate::causes) fn template_field(&self, field: &str) -> Option<&str> {
        self.workload.deployment.template().get("spec")?.get(field)?.as_str()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::causes::Fetched;
    use crate::fact::Fact;
    use crate::fixtures::at;
    use crate::target::Place;
    use crate::workload::{Deployment, Workload};

    fn refusal(pod: &str) -> Value {
        let message = format!(
            "pods \"{pod}\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0"
        );
        json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}])
    }

    /// Two `ReplicaSet`s, the present one with these conditions; the Deployment tells of the older one's failure.
    fn workload(conditions: &Value) -> Workload {
        let owner = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d", "controller": true}]);
        let set = |name: &str, image: &str, conditions: &Value| {
            ReplicaSet::read(json!({"metadata": {"name": name, "uid": name, "ownerReferences": owner},
                "spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "app", "image": image}]}}},
                "status": {"replicas": 0, "conditions": conditions}}))
            .unwrap()
        };
        let deployment = Deployment::read(json!({"metadata": {"name": "web", "uid": "d"},
            "spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "app", "image": "web:2"}]}}},
            "status": {"conditions": refusal("web-old-x")}}))
        .unwrap();
        let sets = vec![set("web-old", "web:1", &refusal("web-old-x")), set("web-new", "web:2", conditions)];
        Workload::of(deployment, sets, Vec::new(), Fact::Known(Vec::new()))
    }

    #[test]
    fn the_present_replica_set_speaks_for_itself_where_the_deployment_tells_of_an_older_one() {
        for (conditions, expected) in [(refusal("web-new-y"), Some(Kind::Quota)), (json!([]), None)] {
            let workload = workload(&conditions);
            let place = Place { namespace: "shop", connection: "" };
            let facts = WorkloadFacts {
                workload: &workload,
                needed: crate::causes::Needed::default(),
                fetched: &Fetched::new(),
                place,
                now: at(60),
            };
            assert_eq!(Refusal::of(&facts).map(|refusal| refusal.kind(&facts)), expected);
        }
    }
}
