//! What rules ask for beyond the objects, as data, and what a further round of reading brought.

use std::collections::BTreeMap;

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, Node, PersistentVolume, PersistentVolumeClaim, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::storage::v1::{StorageClass, VolumeAttachment};

use crate::fact::Fact;
use crate::references::Reference;
use crate::resources::PodMetrics;
use crate::verify::Health;

/// What a rule needs beyond the objects: data, so that no rule holds a client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// The last lines of the container's previous run.
    PreviousLog {
        /// Name of the pod.
        pod: String,
        /// Name of the container.
        container: String,
    },
    /// The last lines of the container's present run, or of its last where it does not run again.
    Log {
        /// Name of the pod.
        pod: String,
        /// Name of the container.
        container: String,
    },
    /// When a ConfigMap or Secret was last written, and by whom: `TIMESTAMP MANAGER`.
    LastWrite(Reference),
    /// The Node of this name.
    Node(String),
    /// Every Node: only for pods that no node takes.
    Nodes,
    /// The pods that are bound to this Node, of all namespaces.
    PodsOn(String),
    /// A `PersistentVolumeClaim` of the namespace, with its volume and class.
    Claim(String),
    /// The `VolumeAttachment` of this name.
    Attachment(String),
    /// The Services of the namespace.
    Services,
    /// The `EndpointSlice`s of this Service.
    Endpoints(String),
    /// What carries these labels in its template, running or not: a label selector.
    Carriers(String),
    /// The `NetworkPolicy`s of the namespace.
    NetworkPolicies,
    /// The `PodDisruptionBudget`s of the namespace.
    Budgets,
    /// The `HorizontalPodAutoscaler`s of the namespace.
    Autoscalers,
    /// The events that say how the Deployment of this name was scaled.
    Scalings(String),
    /// What this pod used of late (`metrics.k8s.io`).
    Usage(String),
    /// The answer of a readiness endpoint.
    Probe(Asked),
    /// Whether the Secret of this name is of a type that no pull of an image uses.
    PullSecret(String),
    /// The Job of this name.
    Job(String),
}

impl Need {
    /// Whether the answer is the same whatever namespace asks.
    pub fn is_of_cluster(&self) -> bool {
        matches!(self, Self::Node(_) | Self::Nodes | Self::PodsOn(_) | Self::Attachment(_))
    }
}

/// An HTTP endpoint of a pod, as its probe asks it (`httpGet`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asked {
    /// Name of the pod.
    pub pod: String,
    /// Name of the container that has the probe.
    pub container: String,
    /// Whether `httpGet.scheme` is HTTPS.
    pub tls: bool,
    /// Port in the pod, by number.
    pub port: u16,
    /// Path with its query.
    pub path: String,
    /// `httpGet.httpHeaders`.
    pub headers: Vec<(String, String)>,
}

/// A claim and what it is bound to, or waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The claim; none where it does not exist.
    pub claim: Option<PersistentVolumeClaim>,
    /// Its events.
    pub events: Fact<Vec<Event>>,
    /// The volume that it is bound to; `Known(None)` where there is none.
    pub volume: Fact<Option<PersistentVolume>>,
    /// The class that it names; `Known(None)` where that does not exist, or none is named.
    pub class: Fact<Option<StorageClass>>,
}

/// What answers a [`Need`].
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// [`Need::PreviousLog`], [`Need::Log`], [`Need::LastWrite`].
    Text(String),
    /// [`Need::Node`]; none where it does not exist.
    Node(Option<Box<Node>>),
    /// [`Need::Nodes`].
    Nodes(Vec<Node>),
    /// [`Need::PodsOn`].
    Pods(Vec<Pod>),
    /// [`Need::Claim`].
    Claim(Box<Claim>),
    /// [`Need::Attachment`]; none where it does not exist.
    Attachment(Option<Box<VolumeAttachment>>),
    /// [`Need::Services`].
    Services(Vec<Service>),
    /// [`Need::Endpoints`].
    Endpoints(Vec<EndpointSlice>),
    /// [`Need::Carriers`]: the UID of each.
    Carriers(Vec<String>),
    /// [`Need::NetworkPolicies`].
    NetworkPolicies(Vec<NetworkPolicy>),
    /// [`Need::Budgets`].
    Budgets(Vec<PodDisruptionBudget>),
    /// [`Need::Autoscalers`].
    Autoscalers(Vec<HorizontalPodAutoscaler>),
    /// [`Need::Scalings`], oldest first.
    Scalings(Vec<Event>),
    /// [`Need::Usage`]; none where it was not measured yet.
    Usage(Option<Box<PodMetrics>>),
    /// [`Need::Probe`]: what it said, or that it does not answer.
    Probe(Result<Health, String>),
    /// [`Need::PullSecret`].
    WrongType(bool),
    /// [`Need::Job`]; none where it does not exist.
    Job(Option<Box<Job>>),
}

/// What was asked for and read so far. What is not in it was not asked for yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fetched(BTreeMap<Need, Fact<Answer>>);

/// One accessor a kind of answer: none where it was not asked for, or the answer is of another kind.
macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty)?) -> $need:expr, $kind:ident($answer:ident) => $value:expr, $result:ty;)*) => {
        $($(#[$doc])*
        pub fn $name(&self, $($argument: $type)?) -> Option<Fact<$result>> {
            match self.0.get(&$need)? {
                Fact::Known(Answer::$kind($answer)) => Some(Fact::Known($value)),
                Fact::Known(_) => None,
                Fact::Unavailable(reason) => Some(Fact::Unavailable(reason.clone())),
            }
        })*
    };
}

impl Fetched {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether this was asked for, whatever came of it.
    pub fn knows(&self, need: &Need) -> bool {
        self.0.contains_key(need)
    }

    /// Adds an answer.
    pub fn insert(&mut self, need: Need, answer: Fact<Answer>) {
        self.0.insert(need, answer);
    }

    /// The answers to these, as far as there are any.
    pub fn some(&self, needs: &[Need]) -> impl Iterator<Item = (Need, Fact<Answer>)> {
        needs.iter().filter_map(|need| Some((need.clone(), self.0.get(need)?.clone())))
    }

    /// Everything that was asked for.
    pub fn iter(&self) -> impl Iterator<Item = (&Need, &Fact<Answer>)> {
        self.0.iter()
    }

    /// What could not be read, and why.
    pub fn unavailable(&self) -> impl Iterator<Item = (&Need, &str)> {
        self.0.iter().filter_map(|(need, fact)| Some((need, fact.reason()?)))
    }

    /// The text that answers a [`Need::PreviousLog`], [`Need::Log`] or [`Need::LastWrite`], once it could be read.
    pub fn text(&self, need: &Need) -> Option<&str> {
        match self.0.get(need)?.known()? {
            Answer::Text(text) => Some(text),
            _ => None,
        }
    }

    answers! {
        /// The Node of this name.
        node(name: &str) -> Need::Node(name.to_owned()), Node(node) => node.as_deref(), Option<&Node>;
        /// Every Node.
        nodes() -> Need::Nodes, Nodes(nodes) => nodes.as_slice(), &[Node];
        /// The pods that are bound to this Node.
        pods_on(node: &str) -> Need::PodsOn(node.to_owned()), Pods(pods) => pods.as_slice(), &[Pod];
        /// A claim with what it is bound to.
        claim(name: &str) -> Need::Claim(name.to_owned()), Claim(claim) => claim.as_ref(), &Claim;
        /// A `VolumeAttachment`.
        attachment(name: &str) -> Need::Attachment(name.to_owned()), Attachment(found) => found.as_deref(), Option<&VolumeAttachment>;
        /// The Services of the namespace.
        services() -> Need::Services, Services(services) => services.as_slice(), &[Service];
        /// The `EndpointSlice`s of a Service.
        endpoints(service: &str) -> Need::Endpoints(service.to_owned()), Endpoints(slices) => slices.as_slice(), &[EndpointSlice];
        /// UIDs of what carries these labels in its template.
        carriers(labels: &str) -> Need::Carriers(labels.to_owned()), Carriers(carriers) => carriers.as_slice(), &[String];
        /// The `NetworkPolicy`s of the namespace.
        network_policies() -> Need::NetworkPolicies, NetworkPolicies(policies) => policies.as_slice(), &[NetworkPolicy];
        /// The `PodDisruptionBudget`s of the namespace.
        budgets() -> Need::Budgets, Budgets(budgets) => budgets.as_slice(), &[PodDisruptionBudget];
        /// The `HorizontalPodAutoscaler`s of the namespace.
        autoscalers() -> Need::Autoscalers, Autoscalers(autoscalers) => autoscalers.as_slice(), &[HorizontalPodAutoscaler];
        /// How a Deployment was scaled.
        scalings(deployment: &str) -> Need::Scalings(deployment.to_owned()), Scalings(events) => events.as_slice(), &[Event];
        /// What a pod used of late.
        usage(pod: &str) -> Need::Usage(pod.to_owned()), Usage(usage) => usage.as_deref(), Option<&PodMetrics>;
        /// The answer of a readiness endpoint.
        probe(asked: &Asked) -> Need::Probe(asked.clone()), Probe(answered) => answered.as_ref(), Result<&Health, &String>;
        /// A Job.
        job(name: &str) -> Need::Job(name.to_owned()), Job(job) => job.as_deref(), Option<&Job>;
        /// Whether a pull secret is of a type that no pull uses.
        wrong_type(secret: &str) -> Need::PullSecret(secret.to_owned()), WrongType(wrong) => *wrong, bool;
    }
}

impl Extend<(Need, Fact<Answer>)> for Fetched {
    fn extend<T: IntoIterator<Item = (Need, Fact<Answer>)>>(&mut self, answers: T) {
        self.0.extend(answers);
    }
}

impl IntoIterator for Fetched {
    type Item = (Need, Fact<Answer>);
    type IntoIter = std::collections::btree_map::IntoIter<Need, Fact<Answer>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
