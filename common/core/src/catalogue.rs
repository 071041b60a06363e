//! The catalogue: what is known of each service before the cluster is asked, as data.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::peak_hours::PeakHours;
use crate::sanitize::quoted;

/// The runbook's services, compiled in.
const BUILT_IN: &str = include_str!("../services.yaml");

/// Services in the order in which a batch restarts them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Catalogue {
    /// The services, in batch order.
    pub services: Vec<Service>,
    /// Base URL of Prometheus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<String>,
    /// Base URL of Alertmanager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alertmanager: Option<String>,
    /// Base URL of Grafana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grafana: Option<String>,
    /// Who is told of operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<serde_json::Value>,
}

/// One service: a Deployment and what the company knows about it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// The name that people type.
    pub name: String,
    /// Namespace of the Deployment; the context's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name of the Deployment; `name` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// Label selector of its pods; the Deployment's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// Name of its `HorizontalPodAutoscaler`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hpa: Option<String>,
    /// Pods that should be ready in normal times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_replicas: Option<u32>,
    /// Pods that must stay available while it restarts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_available: Option<u32>,
    /// Port of its health endpoint in the pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Path of its health endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_path: Option<String>,
    /// The container that serves; the first one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// What hangs on it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality: Option<String>,
    /// How long to watch it after a restart.
    #[serde(default, with = "go_duration", skip_serializing_if = "Option::is_none")]
    pub soak: Option<SignedDuration>,
    /// Services that it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// When it should be left alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peak_hours: Vec<PeakHours>,
    /// Whether more replicas should run before a restart.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scale_up_before_restart: bool,
    /// When to use which procedure.
    #[serde(default, skip_serializing_if = "WhenToUse::is_empty")]
    pub when_to_use: WhenToUse,
    /// What must be known before it is restarted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warn_before: Vec<String>,
    /// What is checked after it was restarted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks_after: Vec<CheckAfter>,
    /// Whom to call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// What to read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub docs: Vec<Document>,
}

/// When to use which procedure, in the runbook's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WhenToUse {
    /// A rolling restart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restart: Vec<String>,
    /// A full stop, and a start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emergency: Vec<String>,
    /// The way back to an earlier revision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollback: Vec<String>,
    /// All services, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub batch: Vec<String>,
}

impl WhenToUse {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A check after a restart, by how it is made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum CheckAfter {
    /// GET this path on every pod; 2xx passes.
    Http(String),
    /// Run this in a pod; exit 0 passes.
    Exec(Vec<String>),
    /// No line of the new pods' logs may contain this.
    Logs(String),
    /// This query must return nothing.
    Promql(String),
    /// A person has to look.
    Manual(String),
}

/// Whom to call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The role, as `SRE Lead`.
    pub role: String,
    /// How to reach it.
    pub contact: String,
}

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// Where it is, as the runbook links it.
    pub path: String,
}

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}{message}", position(*line, *column))]
pub struct Invalid {
    /// 1-based line; 0 where the fault has no one place.
    pub line: u64,
    /// 1-based column; 0 where the fault has no one place.
    pub column: u64,
    /// What is wrong.
    pub message: String,
}

fn position(line: u64, column: u64) -> String {
    if line == 0 { String::new() } else { format!("line {line}, column {column}: ") }
}

impl Catalogue {
    /// The runbook's seven services.
    ///
    /// # Errors
    /// None that a released binary can meet: the file is compiled in and tested.
    pub fn built_in() -> Result<Self, Invalid> {
        Self::parse(BUILT_IN)
    }

    /// Reads a catalogue from YAML (or JSON).
    ///
    /// # Errors
    /// Unknown keys, values of the wrong type or sign, with line and column; names given twice, a `minAvailable`
    /// above `minReplicas`, a dependency on an unknown service.
    pub fn parse(yaml: &str) -> Result<Self, Invalid> {
        let catalogue: Self = serde_saphyr::from_str(yaml).map_err(|error| invalid_yaml(&error))?;
        catalogue.check().map_err(|message| Invalid { line: 0, column: 0, message })?;
        Ok(catalogue)
    }

    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// The service that this Deployment is, if the catalogue knows it.
    pub fn of_deployment(&self, namespace: &str, deployment: &str) -> Option<&Service> {
        self.services.iter().find(|service| {
            service.deployment() == deployment
                && service.namespace.as_deref().is_none_or(|own| own == namespace)
        })
    }

    /// The name most like `typed`, when one is near enough to be a slip of the finger.
    pub fn nearest(&self, typed: &str) -> Option<&str> {
        let typed = typed.to_lowercase();
        let mut parts =
            self.services.iter().filter(|service| typed.len() > 2 && service.name.contains(&typed));
        if let (Some(only), None) = (parts.next(), parts.next()) {
            return Some(&only.name);
        }
        self.services
            .iter()
            .map(|service| (strsim::jaro_winkler(&typed, &service.name), service.name.as_str()))
            .filter(|(likeness, _)| *likeness >= 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, name)| name)
    }

    fn check(&self) -> Result<(), String> {
        for (index, service) in self.services.iter().enumerate() {
            let name = &service.name;
            if name.is_empty() {
                return Err("a service has an empty name".to_owned());
            }
            if self.services[..index].iter().any(|earlier| earlier.name == *name) {
                return Err(format!("service {name:?} is there twice"));
            }
            if let (Some(available), Some(replicas)) = (service.min_available, service.min_replicas)
                && available > replicas
            {
                return Err(format!(
                    "service {name:?}: minAvailable {available} is above minReplicas {replicas}"
                ));
            }
            if let Some(unknown) = service.depends_on.iter().find(|other| self.service(other).is_none()) {
                return Err(format!(
                    "service {name:?} depends on {unknown:?}, which the catalogue does not have"
                ));
            }
        }
        Ok(())
    }
}

impl Service {
    /// Name of its Deployment.
    pub fn deployment(&self) -> &str {
        self.deployment.as_deref().unwrap_or(&self.name)
    }

    /// What is left to people after a restart: every check that is not made by itself.
    pub fn checks_by_hand(&self) -> impl Iterator<Item = String> {
        self.checks_after.iter().map(|check| match check {
            CheckAfter::Manual(text) => text.clone(),
            CheckAfter::Http(path) => format!("GET {path} on every pod answers 2xx"),
            CheckAfter::Exec(command) => {
                let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
                format!("{} in a pod exits 0", words.join(" "))
            }
            CheckAfter::Logs(text) => format!("no line of the new pods' logs contains {text}"),
            CheckAfter::Promql(query) => format!("this query returns nothing: {query}"),
        })
    }
}

fn invalid_yaml(error: &serde_saphyr::Error) -> Invalid {
    let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
    Invalid { line, column, message: error.without_snippet().to_string() }
}

mod go_duration {
    //! Durations as Go writes them (`10m`), in YAML.
    use jiff::SignedDuration;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<Option<SignedDuration>, D::Error> {
        let text = String::deserialize(input)?;
        crate::duration::parse(&text)
            .map(Some)
            .map_err(|why| D::Error::custom(format!("invalid duration {text:?}: {why}")))
    }

    #[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<SignedDuration>,
        output: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(duration) => output.serialize_str(&crate::duration::short(*duration)),
            None => output.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests;
