//! Pulls that failed: the message, and which one rule explains it.

use crate::causes::container::{Seen, clip, word};
use crate::causes::{Need, PodFacts, Sighting, event};
use crate::fact::Fact;
use crate::words;

/// What explains a failed pull. Exactly one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::causes) enum Kind {
    Signature,
    DiskFull,
    NoPlatform,
    RateLimited,
    Tls,
    Dns,
    Timeout,
    PullSecret,
    Unauthorized,
    NotFound,
    RegistryUnavailable,
    Other,
}

/// A container whose image could not be pulled.
#[derive(Clone, Debug)]
pub(in crate::causes) struct Pull<'a> {
    pub(in crate::causes) container: Seen<'a>,
    pub(in crate::causes) image: &'a str,
    pub(in crate::causes) message: &'a str,
    evidence: Vec<String>,
    times: u32,
}

const FAILED: &[&str] = &[
    "ErrImagePull",
    "ImagePullBackOff",
    "RegistryUnavailable",
    "SignatureValidationFailed",
    "ImageInspectError",
];

/// What a message says, in the order in which it is looked for: what is more particular first.
const SIGNS: &[(Kind, &[&str])] = &[
    (
        Kind::Signature,
        &[
            "signaturevalidationfailed",
            "signature validation",
            "signature was required",
            "signatures were accepted",
            "source image rejected",
            "cosign",
        ],
    ),
    (Kind::DiskFull, &["no space left on device", "disk quota exceeded"]),
    (
        Kind::NoPlatform,
        &[
            "no match for platform",
            "no matching manifest",
            "does not match the specified platform",
            "no image found in image index for architecture",
            "no image found in manifest list for architecture",
        ],
    ),
    (Kind::RateLimited, &["429 too many requests", "toomanyrequests", "too many requests", "rate limit"]),
    (Kind::Tls, &["x509:", "tls: ", "http response to https client", "certificate"]),
    (Kind::Dns, &["no such host", "server misbehaving", "dial tcp: lookup ", "name resolution"]),
    (
        Kind::Timeout,
        &["i/o timeout", "tls handshake timeout", "deadline exceeded", "client.timeout", "timed out"],
    ),
    (
        Kind::Unauthorized,
        &[
            "401 unauthorized",
            "403 forbidden",
            "unauthorized",
            "authorization failed",
            "access denied",
            "no basic auth credentials",
            "failed to authorize",
            "denied:",
        ],
    ),
    (Kind::NotFound, &["not found", "manifest unknown", "name unknown", "name_unknown"]),
    (
        Kind::RegistryUnavailable,
        &[
            "registryunavailable",
            "connection refused",
            "connection reset",
            "no route to host",
            "network is unreachable",
            "proxyconnect",
            "500 internal server error",
            "502 bad gateway",
            "503 service unavailable",
            "504 gateway timeout",
            ": eof",
            "unexpected eof",
        ],
    ),
];

/// The first container whose pull failed for this reason.
pub(in crate::causes) fn seen<'a>(facts: &PodFacts<'a>, kind: Kind) -> Option<Pull<'a>> {
    let looked_at = facts.living().filter(|container| facts.looks_at(container));
    looked_at.filter_map(|container| Pull::of(facts, container)).find(|pull| pull.kind(facts) == kind)
}

impl<'a> Pull<'a> {
    fn of(facts: &PodFacts<'a>, container: Seen<'a>) -> Option<Self> {
        let waiting = container.waits_for(FAILED)?;
        let failures = || {
            facts
                .container_events(&container, "Failed")
                .filter(|failed| event::message(failed).starts_with("Failed to pull image"))
        };
        let reason = waiting.reason.as_deref().unwrap_or_default();
        // A status without a word of its own (older kubelets while backing off) leaves only the event.
        let said = waiting.message.as_deref().filter(|said| said.contains(": "));
        let last = failures().last();
        let message = said.or(last.map(event::message)).or(waiting.message.as_deref()).unwrap_or(reason);
        let mut evidence = vec![container.waiting_evidence(waiting)];
        let counted = event::times(failures());
        if said.is_none() {
            evidence.extend(last.map(event::evidence));
        } else if counted > 0 {
            evidence.push(format!("event Failed (Failed to pull image): {}", words::times(counted)));
        }
        let once_more = if reason == "ImagePullBackOff" { 2 } else { 1 };
        let times = if counted > 0 { counted } else { once_more };
        Some(Self { container, image: container.image(), message, evidence, times })
    }

    /// What explains it.
    pub(in crate::causes) fn kind(&self, facts: &PodFacts<'_>) -> Kind {
        let message = self.without_names();
        let said = SIGNS.iter().find(|(_, signs)| signs.iter().any(|sign| message.contains(sign)));
        match said.map_or(Kind::Other, |(kind, _)| *kind) {
            Kind::Unauthorized | Kind::NotFound if missing_pull_secret(facts).is_some() => Kind::PullSecret,
            Kind::Unauthorized | Kind::NotFound if wrong_pull_secret(facts).is_some() => Kind::PullSecret,
            // Registries that hide what is not there say so in one breath.
            Kind::Unauthorized if message.contains("manifest unknown") => Kind::NotFound,
            kind => kind,
        }
    }

    /// The message in lower case and without what may contain any word: the image's name, and queries of addresses.
    fn without_names(&self) -> String {
        let reason =
            self.container.waiting().and_then(|waiting| waiting.reason.as_deref()).unwrap_or_default();
        let mut text = self.message.to_owned();
        for name in [self.image, repository(self.image)].into_iter().filter(|name| !name.is_empty()) {
            text = text.replace(name, "IMAGE");
        }
        format!("{reason}: {}", without_queries(&text)).to_lowercase()
    }

    /// The sighting, with what every failed pull shows.
    pub(in crate::causes) fn sighting(self, summary: String, next: Vec<String>) -> Sighting {
        Sighting { summary, evidence: self.evidence, next, observations: self.times, needs: Vec::new() }
    }

    /// `image IMAGE (container app)`.
    pub(in crate::causes) fn what(&self) -> String {
        format!("image {} (container {})", self.image, self.container.name())
    }

    /// The registry that the image's name leads to.
    pub(in crate::causes) fn registry(&self) -> &'a str {
        let first = self.image.split_once('/').map_or("", |(first, _)| first);
        if first.contains(['.', ':']) || first == "localhost" { first } else { "docker.io" }
    }

    /// The innermost text of the message, after the wrappers that name the image again.
    pub(in crate::causes) fn reason(&self) -> String {
        let last = self.message.rsplit(&format!("{}\": ", self.image)).next().unwrap_or(self.message);
        clip(last)
    }

    /// What to type where the registry does not answer: nothing but the kubelet's own words helps from here.
    pub(in crate::causes) fn look(facts: &PodFacts<'_>) -> Vec<String> {
        let pod = word(facts.name());
        vec![facts.place.kubectl(&format!("get events --field-selector involvedObject.name={pod}"))]
    }
}

/// The text without what follows a question mark in an address: registries send on to addresses that are signed there.
fn without_queries(text: &str) -> String {
    let mut parts = text.split('?');
    let first = parts.next().unwrap_or_default().to_owned();
    let end = |query: &str| query.find(|c: char| c == '"' || c.is_whitespace()).unwrap_or(query.len());
    parts.fold(first, |text, query| text + &query[end(query)..])
}

/// The image without its tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// The pull secrets that the kubelet could not read, and its event that says so.
///
/// `Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.`
pub(in crate::causes) fn missing_pull_secret<'a>(
    facts: &PodFacts<'a>,
) -> Option<(&'a str, &'a k8s_openapi::api::core::v1::Event)> {
    let event = facts.events_of("FailedToRetrieveImagePullSecret").last()?;
    let (_, rest) = event::message(event).split_once('(')?;
    let (names, _) = rest.split_once(')')?;
    Some((names, event))
}

/// The pull secrets that the pod names.
pub(in crate::causes) fn pull_secrets<'a>(facts: &PodFacts<'a>) -> Vec<&'a str> {
    let spec = facts.pod.spec.as_ref();
    let secrets = spec.and_then(|spec| spec.image_pull_secrets.as_deref()).unwrap_or_default();
    secrets.iter().map(|secret| secret.name.as_str()).collect()
}

/// A pull secret of a type that the kubelet passes over without a word, once that was read.
pub(in crate::causes) fn wrong_pull_secret<'a>(facts: &PodFacts<'a>) -> Option<&'a str> {
    let wrong = |name: &&str| matches!(facts.fetched.wrong_type(name), Some(Fact::Known(true)));
    pull_secrets(facts).into_iter().find(wrong)
}

/// What asks of which type the pull secrets are.
pub(in crate::causes) fn secret_needs(facts: &PodFacts<'_>) -> Vec<Need> {
    pull_secrets(facts).into_iter().take(3).map(|name| Need::PullSecret(name.to_owned())).collect()
}
