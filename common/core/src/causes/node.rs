//! Nodes as rules read them: whether they answer, what keeps a pod away, and how much room they have.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Node, NodeCondition, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, Taint,
    Toleration,
};

use super::PodFacts;
use super::container::clip;
use crate::fact::Fact;
use crate::quantity::Amount;
use crate::resources::{self, Side};
use crate::words::counted;
use crate::workload;

/// A node that does not answer, or is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::causes) struct Lost {
    /// `does not exist any more`, `does not answer (Ready is Unknown)`.
    pub(in crate::causes) words: String,
    pub(in crate::causes) evidence: String,
}

/// What a node has of a resource, and what its pods have asked for of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::causes) struct Room<'a> {
    pub(in crate::causes) node: &'a str,
    pub(in crate::causes) resource: &'a str,
    allocatable: Amount,
    requested: Option<(Amount, usize)>,
}

impl<'a> PodFacts<'a> {
    /// The pod's node, once it was read: `Known(None)` where it does not exist.
    pub(in crate::causes) fn node_read(&self) -> Option<Fact<Option<&'a Node>>> {
        let own = workload::node(self.pod)?;
        if let Some(Fact::Known(nodes)) = self.fetched.nodes() {
            return Some(Fact::Known(nodes.iter().find(|node| name(node) == own)));
        }
        self.fetched.node(own)
    }

    /// That the pod's node does not answer, once it was read.
    pub(in crate::causes) fn lost_node(&self) -> Option<Lost> {
        let own = workload::node(self.pod)?;
        match self.node_read()? {
            Fact::Known(node) => lost(own, node),
            Fact::Unavailable(_) => None,
        }
    }
}

/// `metadata.name`.
pub(in crate::causes) fn name(node: &Node) -> &str {
    node.metadata.name.as_deref().unwrap_or_default()
}

/// The condition of this type.
pub(in crate::causes) fn condition<'a>(node: &'a Node, kind: &str) -> Option<&'a NodeCondition> {
    let conditions = node.status.as_ref()?.conditions.as_deref()?;
    conditions.iter().find(|condition| condition.type_ == kind)
}

/// Evidence: a condition of a node.
pub(in crate::causes) fn condition_evidence(node: &Node, condition: &NodeCondition) -> String {
    let (kind, status) = (&condition.type_, &condition.status);
    let reason = condition.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let message = condition.message.as_deref().map(|said| format!(": {}", clip(said))).unwrap_or_default();
    format!("node/{} status.conditions[{kind}]: {status}{reason}{message}", name(node))
}

fn lost(own: &str, node: Option<&Node>) -> Option<Lost> {
    let Some(node) = node else {
        let words = "does not exist any more".to_owned();
        return Some(Lost { words, evidence: format!("node/{own}: not found") });
    };
    let ready = condition(node, "Ready").filter(|ready| ready.status != "True")?;
    // Unknown is what others say of a node that is silent, False what its own kubelet says.
    let words = match ready.status.as_str() {
        "False" => "is not ready (Ready is False)".to_owned(),
        status => format!("does not answer (Ready is {status})"),
    };
    Some(Lost { words, evidence: condition_evidence(node, ready) })
}

/// Whether `spec.unschedulable` is set.
pub(in crate::causes) fn is_cordoned(node: &Node) -> bool {
    node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or_default()
}

/// A label of the node.
pub(in crate::causes) fn label<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.metadata.labels.as_ref()?.get(key).map(String::as_str)
}

/// The taint that a cordoned node gets.
const CORDON: &str = "node.kubernetes.io/unschedulable";

/// Whether the node is cordoned, and the pod does not tolerate that. Pods of a DaemonSet do.
pub(in crate::causes) fn keeps_by_cordon(node: &Node, spec: &PodSpec) -> bool {
    let cordon =
        Taint { key: CORDON.to_owned(), effect: "NoSchedule".to_owned(), value: None, time_added: None };
    is_cordoned(node) && !is_tolerated(&cordon, spec)
}

/// The taints that keep the pod from the node, that of a cordon aside.
pub(in crate::causes) fn untolerated<'a>(node: &'a Node, spec: &PodSpec) -> Vec<&'a Taint> {
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
    let keeps = |taint: &&Taint| {
        taint.effect != "PreferNoSchedule" && taint.key != CORDON && !is_tolerated(taint, spec)
    };
    taints.iter().filter(keeps).collect()
}

fn is_tolerated(taint: &Taint, spec: &PodSpec) -> bool {
    spec.tolerations.iter().flatten().any(|toleration| tolerates(toleration, taint))
}

/// Mirrors `ToleratesTaint` of `k8s.io/component-helpers/scheduling/corev1`.
fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let same =
        |ours: Option<&String>, theirs: &str| ours.is_none_or(|ours| ours.is_empty() || ours == theirs);
    let exists = toleration.operator.as_deref() == Some("Exists");
    let value =
        || toleration.value.as_deref().unwrap_or_default() == taint.value.as_deref().unwrap_or_default();
    let keyless = toleration.key.as_deref().unwrap_or_default().is_empty();
    same(toleration.effect.as_ref(), &taint.effect)
        && same(toleration.key.as_ref(), &taint.key)
        && (exists || (!keyless && value()))
}

/// Whether the node could take the pod, its room aside: not cordoned, tolerated, and with the labels that it wants.
pub(in crate::causes) fn could_take(node: &Node, spec: &PodSpec) -> bool {
    !keeps_by_cordon(node, spec) && untolerated(node, spec).is_empty() && has_labels(node, spec)
}

/// Whether the node has the labels that the pod wants.
pub(in crate::causes) fn has_labels(node: &Node, spec: &PodSpec) -> bool {
    is_selected(node, spec) && is_affine(node, spec)
}

/// Whether the node has the labels of the pod's nodeSelector.
pub(in crate::causes) fn is_selected(node: &Node, spec: &PodSpec) -> bool {
    spec.node_selector.iter().flatten().all(|(key, value)| label(node, key) == Some(value))
}

/// Whether the node has what the pod's node affinity requires.
fn is_affine(node: &Node, spec: &PodSpec) -> bool {
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required =
        affinity.and_then(|node| node.required_during_scheduling_ignored_during_execution.as_ref());
    required.is_none_or(|wanted| wanted.node_selector_terms.iter().any(|term| meets(node, term)))
}

fn meets(node: &Node, term: &NodeSelectorTerm) -> bool {
    let fields = term.match_fields.iter().flatten();
    let labels = term.match_expressions.iter().flatten();
    labels.into_iter().all(|want| holds(want, label(node, &want.key)))
        && fields.into_iter().all(|want| holds(want, Some(name(node))))
}

/// Mirrors `Requirement.Matches` of `k8s.io/apimachinery/pkg/labels`.
fn holds(want: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = want.values.as_deref().unwrap_or_default();
    let listed = value.is_some_and(|value| values.iter().any(|wanted| wanted == value));
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok());
    let pair = number(value).zip(number(values.first().map(String::as_str)));
    match want.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => pair.is_some_and(|(ours, wanted)| ours > wanted),
        "Lt" => pair.is_some_and(|(ours, wanted)| ours < wanted),
        _ => false,
    }
}

/// What a node selector wants: `zone In (a, b) and disk Exists, or …`.
pub(in crate::causes) fn terms(selector: &NodeSelector) -> String {
    let terms: Vec<String> = selector.node_selector_terms.iter().map(term_text).collect();
    clip(&terms.join(", or "))
}

fn term_text(term: &NodeSelectorTerm) -> String {
    let labels = term.match_expressions.iter().flatten();
    let all = labels.chain(term.match_fields.iter().flatten()).map(|want| {
        let values = want.values.as_deref().unwrap_or_default().join(", ");
        if values.is_empty() {
            format!("{} {}", want.key, want.operator)
        } else {
            format!("{} {} ({values})", want.key, want.operator)
        }
    });
    all.collect::<Vec<_>>().join(" and ")
}

/// How much of a resource the node's pods may ask for.
pub(in crate::causes) fn allocatable(node: &Node, resource: &str) -> Option<Amount> {
    let all = node.status.as_ref()?.allocatable.as_ref()?;
    Amount::read(all.get(resource)?).ok()
}

impl<'a> Room<'a> {
    /// Of a node, as far as its pods were read.
    pub(in crate::causes) fn of(facts: &PodFacts<'a>, node: &'a Node, resource: &'a str) -> Option<Self> {
        let name = name(node);
        let pods = facts.fetched.pods_on(name).and_then(|pods| match pods {
            Fact::Known(pods) => Some(pods),
            Fact::Unavailable(_) => None,
        });
        let requested = pods.map(|pods| (requested(pods, resource), living(pods).count()));
        Some(Self { node: name, resource, allocatable: allocatable(node, resource)?, requested })
    }

    /// What is free; all of it where the node's pods could not be read.
    pub(in crate::causes) fn free(&self) -> Amount {
        self.requested.map_or(self.allocatable, |(requested, _)| self.allocatable.minus(requested))
    }

    /// What there is to have, free or not.
    fn allocatable(&self) -> String {
        self.allocatable.of(self.resource)
    }

    /// `the most that is free is 800m of 4, on node-1`; of some nodes only, where not all were looked into.
    pub(in crate::causes) fn in_words(&self, among: Option<usize>) -> String {
        let (all, node) = (self.allocatable(), self.node);
        let among = among.map(|some| format!(" on the {some} largest nodes")).unwrap_or_default();
        match self.requested {
            Some(_) => format!("the most that is free{among} is {} of {all}, on {node}", self.free_text()),
            None => format!("the largest node, {node}, has {all} in all"),
        }
    }

    fn free_text(&self) -> String {
        self.free().max(Amount::default()).of(self.resource)
    }

    /// Evidence: allocatable, what its pods asked for, and what is left.
    pub(in crate::causes) fn evidence(&self) -> String {
        let Self { node, resource, .. } = self;
        let start = format!("node/{node} status.allocatable.{resource}: {}", self.allocatable());
        let Some((requested, pods)) = self.requested else { return start };
        let percent = requested.percent_of(self.allocatable);
        let percent = percent.map(|percent| format!(" ({percent}%)")).unwrap_or_default();
        let free = self.free_text();
        let requested = requested.of(resource);
        format!("{start}, requested by its {}: {requested}{percent}, free: {free}", counted(pods, "pod"))
    }
}

fn living(pods: &[Pod]) -> impl Iterator<Item = &Pod> {
    pods.iter().filter(|pod| !workload::has_ended(pod))
}

/// What the pods of a node ask for of a resource together. `pods` counts them.
fn requested(pods: &[Pod], resource: &str) -> Amount {
    let of_one = |pod: &Pod| match resource {
        "pods" => Amount::whole(1),
        resource => pod
            .spec
            .as_ref()
            .and_then(|spec| resources::of_pod(spec, Side::Requests).ok())
            .and_then(|requests| requests.get(resource).copied())
            .unwrap_or_default(),
    };
    living(pods).map(of_one).fold(Amount::default(), Amount::plus)
}

/// Names, not more than anybody reads: `node-1, node-2, node-3 and 4 more`.
pub(in crate::causes) fn few<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 3;
    let all: Vec<&str> = names.into_iter().collect();
    let shown = all.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Nodes by what is said of them.
pub(in crate::causes) fn grouped<'a>(
    said: impl IntoIterator<Item = (String, &'a str)>,
) -> BTreeMap<String, Vec<&'a str>> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (what, node) in said {
        groups.entry(what).or_default().push(node);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn node(spec: &Value) -> Node {
        let labels = json!({"disk": "ssd", "cores": "8"});
        serde_json::from_value(json!({"metadata": {"name": "node-1", "labels": labels}, "spec": spec}))
            .unwrap()
    }

    fn taken(node: &Node, pod: &Value) -> bool {
        let mut spec = json!({"containers": []});
        spec.as_object_mut().unwrap().extend(pod.as_object().unwrap().clone());
        could_take(node, &serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn taints_are_tolerated_as_the_scheduler_does() {
        let tainted =
            |effect: &str| node(&json!({"taints": [{"key": "dedicated", "value": "gpu", "effect": effect}]}));
        let tolerates = |toleration: Value| json!({"tolerations": [toleration]});
        for (effect, toleration, expected) in [
            ("NoSchedule", json!({"key": "dedicated", "value": "gpu"}), true),
            ("NoSchedule", json!({"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}), true),
            ("NoSchedule", json!({"key": "dedicated", "operator": "Exists"}), true),
            ("NoSchedule", json!({"operator": "Exists"}), true),
            ("NoSchedule", json!({"key": "dedicated", "value": "cpu"}), false),
            ("NoSchedule", json!({"key": "dedicated"}), false),
            ("NoSchedule", json!({"key": "other", "operator": "Exists"}), false),
            ("NoSchedule", json!({"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}), false),
            ("NoExecute", json!({"key": "x", "value": "gpu"}), false),
            ("PreferNoSchedule", json!({"key": "x", "value": "gpu"}), true),
        ] {
            assert_eq!(
                taken(&tainted(effect), &tolerates(toleration.clone())),
                expected,
                "{effect} {toleration}"
            );
        }
    }

    #[test]
    fn labels_are_wanted_as_the_scheduler_does() {
        let affine = |want: &Value| {
            json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
                {"nodeSelectorTerms": [{"matchExpressions": [want]}]}}}})
        };
        let want = |key: &str, operator: &str, values: Value| {
            affine(&json!({"key": key, "operator": operator, "values": values}))
        };
        for (pod, expected) in [
            (json!({"nodeSelector": {"disk": "ssd"}}), true),
            (json!({"nodeSelector": {"disk": "hdd"}}), false),
            (json!({"nodeSelector": {"zone": "a"}}), false),
            (want("disk", "In", json!(["hdd", "ssd"])), true),
            (want("disk", "NotIn", json!(["ssd"])), false),
            (want("zone", "NotIn", json!(["a"])), true),
            (want("disk", "Exists", Value::Null), true),
            (want("disk", "DoesNotExist", Value::Null), false),
            (want("cores", "Gt", json!(["4"])), true),
            (want("cores", "Lt", json!(["4"])), false),
            (want("disk", "Gt", json!(["4"])), false),
            (want("disk", "Like", json!(["ssd"])), false),
        ] {
            assert_eq!(taken(&node(&json!({})), &pod), expected, "{pod}");
        }
        assert!(!taken(&node(&json!({"unschedulable": true})), &json!({})));
    }
}
