//! `ConfigMap`s, `Secret`s and keys that are referred to and not there, as the kubelet words it.

use k8s_openapi::api::core::v1::Pod;

use super::container::word;
use crate::target::Place;

/// What kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::causes) enum Kind {
    ConfigMap,
    Secret,
}

/// A ConfigMap or Secret that is not there, or that lacks a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::causes) struct Missing {
    pub(in crate::causes) kind: Kind,
    pub(in crate::causes) name: String,
    pub(in crate::causes) key: Option<String>,
}

impl Kind {
    fn read(text: &str) -> Option<Self> {
        match text.to_lowercase().as_str() {
            "configmap" => Some(Self::ConfigMap),
            "secret" => Some(Self::Secret),
            _ => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }

    /// As kubectl takes it.
    const fn resource(self) -> &'static str {
        match self {
            Self::ConfigMap => "configmap",
            Self::Secret => "secret",
        }
    }
}

impl Missing {
    /// Reads `configmap "x" not found`, `secret "x" not found` and `couldn't find key K in ConfigMap NAMESPACE/NAME`,
    /// wherever they stand in a message.
    pub(in crate::causes) fn read(message: &str) -> Option<Self> {
        Self::key(message).or_else(|| Self::object(message))
    }

    fn key(message: &str) -> Option<Self> {
        let (_, rest) = message.split_once("couldn't find key ")?;
        let (key, rest) = rest.split_once(" in ")?;
        let mut words = rest.split_whitespace();
        let kind = Kind::read(words.next()?)?;
        let name = words.next()?.trim_end_matches(['.', ',', ';']);
        let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
        Some(Self { kind, name: name.to_owned(), key: Some(key.to_owned()) })
    }

    fn object(message: &str) -> Option<Self> {
        [("configmap \"", Kind::ConfigMap), ("secret \"", Kind::Secret)].into_iter().find_map(
            |(start, kind)| {
                let (_, rest) = message.split_once(start)?;
                let (name, rest) = rest.split_once('"')?;
                rest.starts_with(" not found").then(|| Self { kind, name: name.to_owned(), key: None })
            },
        )
    }

    /// Reads a mount's message too: one that names a key names the volume instead of the object.
    ///
    /// `MountVolume.SetUp failed for volume "V" : configmap references non-existent config key: K`
    pub(in crate::causes) fn read_mount(message: &str, pod: &Pod) -> Option<Self> {
        if let Some(missing) = Self::read(message) {
            return Some(missing);
        }
        let (start, key) = message
            .split_once("references non-existent config key: ")
            .or_else(|| message.split_once("references non-existent secret key: "))?;
        let (_, volume) = start.split_once("volume \"")?;
        let (volume, _) = volume.split_once('"')?;
        let volumes = pod.spec.as_ref()?.volumes.as_deref()?;
        let volume = volumes.iter().find(|candidate| candidate.name == volume)?;
        let config_map = volume.config_map.as_ref().map(|source| (Kind::ConfigMap, source.name.as_str()));
        let secret = volume.secret.as_ref().and_then(|source| source.secret_name.as_deref());
        let (kind, name) = config_map.or(secret.map(|name| (Kind::Secret, name)))?;
        Some(Self { kind, name: name.to_owned(), key: Some(key.trim().to_owned()) })
    }

    /// `ConfigMap x has no key K`, `Secret x does not exist`.
    pub(in crate::causes) fn sentence(&self) -> String {
        let (kind, name) = (self.kind.word(), &self.name);
        match &self.key {
            Some(key) => format!("{kind} {name} has no key {key}"),
            None => format!("{kind} {name} does not exist"),
        }
    }

    /// The volume of the pod that is made of it.
    pub(in crate::causes) fn volume<'a>(&self, pod: &'a Pod) -> Option<&'a str> {
        let volumes = pod.spec.as_ref()?.volumes.as_deref()?;
        let made_of = |name: Option<&str>| name == Some(self.name.as_str());
        let volume = volumes.iter().find(|volume| match self.kind {
            Kind::ConfigMap => made_of(volume.config_map.as_ref().map(|source| source.name.as_str())),
            Kind::Secret => made_of(volume.secret.as_ref().and_then(|source| source.secret_name.as_deref())),
        })?;
        Some(&volume.name)
    }

    /// What to type: edit the object that lacks a key, or see which there are.
    pub(in crate::causes) fn next(&self, place: Place<'_>) -> Vec<String> {
        let resource = self.kind.resource();
        vec![match self.key {
            Some(_) => place.kubectl(&format!("edit {resource} {}", word(&self.name))),
            None => place.kubectl(&format!("get {resource}s")),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_kubelets_words() {
        let sentence = |message: &str| Missing::read(message).map(|missing| missing.sentence());
        for (message, expected) in [
            (
                "couldn't find key RATE_LIMIT_RPS in ConfigMap shop/gateway-config",
                Some("ConfigMap gateway-config has no key RATE_LIMIT_RPS"),
            ),
            ("couldn't find key token in Secret shop/api", Some("Secret api has no key token")),
            ("configmap \"gateway\" not found", Some("ConfigMap gateway does not exist")),
            (
                "MountVolume.SetUp failed for volume \"tls\" : secret \"tls-gone\" not found",
                Some("Secret tls-gone does not exist"),
            ),
            ("failed to sync configmap cache: timed out waiting for the condition", None),
            ("couldn't find key ", None),
            ("configmap \"", None),
        ] {
            assert_eq!(sentence(message).as_deref(), expected, "{message}");
        }
    }
}
