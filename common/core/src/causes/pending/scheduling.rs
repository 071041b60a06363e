//! Pods that no node takes: the scheduler's text, taken apart.

use k8s_openapi::api::core::v1::{Node, PodAffinityTerm, PodSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::bars::{self, Bar};
use crate::causes::container::{clip, word};
use crate::causes::node::{self, Room};
use crate::causes::{Need, PodFacts, Sighting, event};
use crate::resources::{self, Side};
use crate::workload;

/// What kept nodes from taking the pod, in the order of the scheduler's filters. A node is counted at the first
/// filter that refuses it, so the last filter that refused any refused the nodes that came closest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::causes) enum Filter {
    /// Nodes that were not even looked at: they come closest only where there are no others.
    LeftOut,
    Cordoned,
    Taint,
    NodeAffinity,
    HostPort,
    Resource,
    ClaimInUse,
    VolumeLimit,
    Claim,
    Zone,
    Spread,
    PodAffinity,
    /// What is not known here comes last: devices (dynamic resource allocation), and plugins of others.
    Other,
}

/// One of the scheduler's reasons: how many nodes it concerns, and its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::causes) struct Reason<'a> {
    pub(in crate::causes) nodes: u32,
    pub(in crate::causes) text: &'a str,
    pub(in crate::causes) filter: Filter,
}

/// A pod that the scheduler could place nowhere.
#[derive(Clone, Debug)]
pub(in crate::causes) struct Unschedulable<'a> {
    /// The reasons of the nodes that came closest.
    reasons: Vec<Reason<'a>>,
    /// Nodes there are.
    pub(in crate::causes) nodes: u32,
    evidence: String,
    times: u32,
    /// What the nodes show, where they were read and the scheduler's reasons are about nodes as such.
    bars: Vec<(Bar, &'a Node)>,
    needs: Vec<Need>,
}

/// Nodes that do not take the pod for one reason.
#[derive(Clone, Debug)]
pub(in crate::causes) struct Refusing<'a> {
    /// `none of 3 nodes takes the pod`.
    pub(in crate::causes) start: String,
    /// Which they are, where the nodes were read.
    pub(in crate::causes) nodes: Vec<&'a Node>,
    /// The scheduler's words, where it is its text that says so.
    pub(in crate::causes) text: &'a str,
}

/// What newer and older schedulers say of nodes that they did not even look at: each pod of a DaemonSet is for one node.
const LEFT_OUT: &[&str] =
    &["plugin(s) [NodeAffinity", "plugin(s) [VolumeBinding", "filtered out by the prefilter result"];

impl Refusing<'_> {
    /// Whether the nodes were read, and all of them have the labels of the pod's nodeSelector.
    pub(in crate::causes) fn are_selected(&self, spec: &PodSpec) -> bool {
        !self.nodes.is_empty() && self.nodes.iter().all(|node| node::is_selected(node, spec))
    }
}

const SIGNS: &[(Filter, &[&str])] = &[
    (Filter::LeftOut, LEFT_OUT),
    (Filter::Cordoned, &["were unschedulable"]),
    (Filter::Taint, &["taint"]),
    (Filter::NodeAffinity, &["node affinity/selector", "node selector"]),
    (Filter::HostPort, &["free ports"]),
    (Filter::Resource, &["Insufficient ", "Too many pods"]),
    (Filter::ClaimInUse, &["ReadWriteOncePod access mode"]),
    (Filter::VolumeLimit, &["max volume count"]),
    (
        Filter::Claim,
        &["persistentvolumeclaim", "PersistentVolumeClaim", "persistent volumes to bind", "non-existent pv"],
    ),
    // Since 1.34, before it, and by the labels of the volume.
    (
        Filter::Zone,
        &["PersistentVolume's node affinity", "volume node affinity conflict", "no available volume zone"],
    ),
    (Filter::Spread, &["topology spread"]),
    (Filter::PodAffinity, &["affinity rules"]),
];

/// The pod, when the scheduler could place it nowhere.
pub(in crate::causes) fn seen<'a>(facts: &PodFacts<'a>) -> Option<Unschedulable<'a>> {
    if !facts.is_alive() || workload::node(facts.pod).is_some() {
        return None;
    }
    let events = || facts.events_of("FailedScheduling");
    let times = event::times(events()).max(1);
    let scheduled = facts.condition("PodScheduled");
    if scheduled.is_some_and(|condition| condition.reason.as_deref() == Some("SchedulingGated")) {
        return None;
    }
    let said = scheduled.filter(|condition| condition.status == "False");
    let (message, evidence) = if let Some(message) = said.and_then(|said| said.message.as_deref()) {
        let message = without_preemption(message);
        (message, format!("status.conditions[PodScheduled]: Unschedulable: {}", clip(message)))
    } else {
        let last = events().last()?;
        (event::message(last), without_preemption(&event::evidence(last)).to_owned())
    };
    let mut seen = Unschedulable::read(message, evidence, times);
    if facts.in_depth {
        seen.look(facts);
    }
    Some(seen)
}

impl<'a> Unschedulable<'a> {
    /// Reads `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).`.
    fn read(message: &'a str, evidence: String, times: u32) -> Self {
        let (start, rest) = message.split_once(": ").unwrap_or(("", message));
        let nodes = start.split_once('/').and_then(|(_, all)| all.split(' ').next()?.parse().ok());
        let sentence = first_sentence(rest).trim_end_matches('.');
        let mut reasons = split(sentence);
        let closest = reasons.iter().map(|reason| reason.filter).max();
        reasons.retain(|reason| Some(reason.filter) == closest);
        for reason in reasons.iter_mut().filter(|reason| reason.filter == Filter::LeftOut) {
            let by_volume = reason.text.contains("[VolumeBinding");
            reason.filter = if by_volume { Filter::Zone } else { Filter::NodeAffinity };
        }
        let nodes = nodes.unwrap_or_default();
        Self { reasons, nodes, evidence, times, bars: Vec::new(), needs: Vec::new() }
    }

    /// Joins the scheduler's words with the nodes and claims that they mean, or asks for them.
    fn look(&mut self, facts: &PodFacts<'a>) {
        let closest = self.reasons.iter().map(|reason| reason.filter).max();
        match closest {
            Some(Filter::Cordoned | Filter::Taint | Filter::NodeAffinity) => {
                self.needs.push(Need::Nodes);
                self.bars = bars::closest(facts);
            }
            Some(Filter::HostPort | Filter::Resource) => self.needs.push(Need::Nodes),
            Some(Filter::ClaimInUse | Filter::Claim | Filter::Zone) => {
                self.needs.extend(facts.claims().into_iter().map(|(_, claim)| Need::Claim(claim)));
            }
            _ => {}
        }
    }

    /// The nodes that refuse the pod for this reason: by what they show, or else by the scheduler's words.
    pub(in crate::causes) fn refusing(&self, bar: Bar) -> Option<Refusing<'a>> {
        if self.bars.is_empty() {
            let filter = match bar {
                Bar::Cordoned => Filter::Cordoned,
                Bar::Labels => Filter::NodeAffinity,
                Bar::Taint | Bar::NotReady | Bar::Pressure => Filter::Taint,
            };
            let reason = self.reason(filter, |_| true)?;
            return Some(Refusing { start: self.of_nodes(reason), nodes: Vec::new(), text: reason.text });
        }
        let nodes: Vec<&Node> =
            self.bars.iter().filter(|(other, _)| *other == bar).map(|(_, node)| *node).collect();
        let reason = Reason { nodes: u32::try_from(nodes.len()).ok()?, text: "", filter: Filter::Other };
        (!nodes.is_empty()).then(|| Refusing { start: self.of_nodes(reason), nodes, text: "" })
    }

    /// The first of the closest nodes' reasons that is of this filter and has these words.
    pub(in crate::causes) fn reason(
        &self,
        filter: Filter,
        words: impl Fn(&str) -> bool,
    ) -> Option<Reason<'a>> {
        self.reasons.iter().copied().find(|reason| reason.filter == filter && words(reason.text))
    }

    /// `none of 3 nodes`, `the only node`.
    pub(in crate::causes) fn of_nodes(&self, reason: Reason<'_>) -> String {
        match (reason.nodes, self.nodes) {
            (0, _) | (_, 0) => "no node takes the pod".to_owned(),
            (_, 1) => "the only node does not take the pod".to_owned(),
            (some, all) if some == all => format!("none of {all} nodes takes the pod"),
            (1, all) => format!("none of {all} nodes takes the pod; the one that comes closest"),
            (some, all) => format!("none of {all} nodes takes the pod; the {some} that come closest"),
        }
    }

    /// The sighting, with the scheduler's words that every such pod shows.
    pub(in crate::causes) fn sighting(
        self,
        summary: String,
        evidence: impl IntoIterator<Item = String>,
        next: Vec<String>,
    ) -> Sighting {
        let evidence = [self.evidence].into_iter().chain(evidence).collect();
        Sighting { summary, evidence, next, observations: self.times, needs: self.needs }
    }
}

/// The scheduler's text without its second sentence, which tells that no other pod could make room by leaving either:
/// `no new claims to deallocate, preemption: 0/3 nodes are available: …`.
fn without_preemption(message: &str) -> &str {
    let first = first_sentence(message);
    if message[first.len()..].contains("preemption: ") { first } else { message }
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first)
}

/// Takes `1 A, 2 B, with a comma` apart where a number follows a comma.
fn split(sentence: &str) -> Vec<Reason<'_>> {
    let starts = sentence.match_indices(", ").map(|(place, _)| place).filter(|place| {
        let rest = &sentence[place + 2..];
        rest.starts_with(|c: char| c.is_ascii_digit())
    });
    let mut begin = 0;
    let mut reasons = Vec::new();
    for end in starts.chain([sentence.len()]) {
        reasons.push(reason(&sentence[begin..end]));
        begin = (end + 2).min(sentence.len());
    }
    reasons
}

fn reason(text: &str) -> Reason<'_> {
    let (nodes, text) = match text.split_once(' ') {
        Some((number, rest)) => number.parse().map_or((0, text), |nodes| (nodes, rest)),
        None => (0, text),
    };
    let sign = SIGNS.iter().find(|(_, signs)| signs.iter().any(|sign| text.contains(sign)));
    Reason { nodes, text, filter: sign.map_or(Filter::Other, |(filter, _)| *filter) }
}

/// What the pod's containers ask for of a resource: the fields with their values.
pub(in crate::causes) fn requests(spec: &PodSpec, resource: &str) -> Vec<(String, String)> {
    let lists = [("containers", Some(&spec.containers)), ("initContainers", spec.init_containers.as_ref())];
    let all = lists.into_iter().flat_map(|(list, containers)| {
        containers.into_iter().flatten().map(move |container| (list, container))
    });
    all.filter_map(|(list, container)| {
        let resources = container.resources.as_ref()?;
        let requested = resources.requests.as_ref().and_then(|all| all.get(resource));
        let quantity = requested.or_else(|| resources.limits.as_ref()?.get(resource))?;
        Some((format!("spec.{list}[{}].resources.requests.{resource}", container.name), quantity.0.clone()))
    })
    .collect()
}

/// Which pods an affinity means, and over what: `pods app=cache (kubernetes.io/hostname)`.
pub(in crate::causes) fn affinity_terms(terms: &[PodAffinityTerm]) -> String {
    let term = |term: &PodAffinityTerm| {
        let selector = term.label_selector.as_ref();
        let labels = selector.map(labels).unwrap_or_default();
        format!("pods {labels} ({})", term.topology_key)
    };
    match terms {
        [] => "other pods".to_owned(),
        terms => clip(&terms.iter().map(term).collect::<Vec<_>>().join(", ")),
    }
}

fn labels(selector: &LabelSelector) -> String {
    let equal = selector.match_labels.iter().flatten().map(|(key, value)| format!("{key}={value}"));
    let others = selector.match_expressions.iter().flatten().map(|expression| {
        let values = expression.values.as_deref().unwrap_or_default().join("|");
        format!("{} {} {values}", expression.key, expression.operator)
    });
    equal.chain(others).collect::<Vec<_>>().join(",")
}

/// A resource that no node has enough of, for the rules of each resource.
pub(in crate::causes) fn insufficient(
    facts: &PodFacts<'_>,
    is_mine: impl Fn(&str) -> bool,
) -> Option<Sighting> {
    let unschedulable = seen(facts)?;
    let insufficient = |text: &str| text.strip_prefix("Insufficient ").map(str::to_owned);
    let reason = unschedulable
        .reason(Filter::Resource, |text| insufficient(text).is_some_and(|resource| is_mine(&resource)))?;
    let resource = insufficient(reason.text)?;
    let requests = facts.pod.spec.as_ref().map(|spec| requests(spec, &resource)).unwrap_or_default();
    let sum = || {
        let all = resources::of_pod(facts.pod.spec.as_ref()?, Side::Requests).ok()?;
        Some(all.get(&resource)?.of(&resource))
    };
    let asked = match requests.as_slice() {
        [(_, one)] => Some(one.clone()),
        _ => sum(),
    };
    let asked = asked.map(|asked| format!(", and it asks for {asked}")).unwrap_or_default();
    let all = bars::able(facts, &resource);
    let able = bars::first(&all);
    let others = all.len() > able.len();
    let rooms = bars::rooms(facts, able, &resource);
    let most = match rooms.first() {
        Some(room) => format!("; {}", room.in_words(others.then_some(able.len()))),
        None if bars::nodes(facts).is_some() => format!("; no node that could take it offers {resource}"),
        None => String::new(),
    };
    let cordoned = bars::cordoned(facts);
    let besides = match cordoned.as_slice() {
        [] => String::new(),
        names => format!("; cordoned: {}", node::few(names.iter().copied())),
    };
    let summary =
        format!("{}: not enough free {resource}{asked}{most}{besides}", unschedulable.of_nodes(reason));
    let evidence = requests.into_iter().map(|(path, quantity)| format!("{path}: {quantity}"));
    let kept = cordoned.iter().take(3).map(|name| format!("node/{name} spec.unschedulable: true"));
    let evidence: Vec<String> = evidence.chain(rooms.iter().map(Room::evidence)).chain(kept).collect();
    let free = format!("{} | grep -A 9 'Allocated resources'", facts.place.of_cluster("describe nodes"));
    let uncordon = cordoned.first().map(|name| facts.place.of_cluster(&format!("uncordon {}", word(name))));
    let next = [free].into_iter().chain(uncordon).chain([facts.edit_owner()]).collect();
    let mut sighting = unschedulable.sighting(summary, evidence, next);
    sighting.needs.extend(bars::room_needs(able));
    Some(sighting)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closest(message: &str) -> Vec<(u32, &str)> {
        let unschedulable = Unschedulable::read(message, String::new(), 1);
        unschedulable.reasons.iter().map(|reason| (reason.nodes, reason.text)).collect()
    }

    #[test]
    fn what_preemption_could_not_do_is_no_evidence() {
        let refused = "0/1 nodes are available: 1 Insufficient cpu";
        for tail in ["preemption: 0/1 nodes", "no new claims to deallocate, preemption: 0/1 nodes"] {
            assert_eq!(
                without_preemption(&format!("{refused}. {tail} are available: 1 No victims.")),
                refused
            );
        }
        let gone = "0/1 nodes are available: persistentvolumeclaim \"data\" not found. not found";
        assert_eq!(without_preemption(gone), gone);
    }

    #[test]
    fn names_what_refused_the_nodes_that_came_closest() {
        let cpu = "0/5 nodes are available: 1 node(s) had untolerated taint {a: b}, 2 Insufficient cpu, 2 Insufficient memory, 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.";
        assert_eq!(closest(cpu), [(2, "Insufficient cpu"), (2, "Insufficient memory")]);
        let gone = "0/1 nodes are available: persistentvolumeclaim \"data\" not found. not found";
        assert_eq!(closest(gone), [(0, "persistentvolumeclaim \"data\" not found")]);
        let gpu = "0/1 nodes are available: 1 Insufficient example.com/gpu. no new claims to deallocate, preemption: 0/1";
        assert_eq!(closest(gpu), [(1, "Insufficient example.com/gpu")]);
        assert_eq!(closest("no nodes available to schedule pods").len(), 1);
        assert_eq!(closest("").len(), 1);
    }
}
