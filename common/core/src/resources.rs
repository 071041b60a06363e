//! What a pod asks for, what it may use, and what it uses.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

use crate::quantity::{Amount, Invalid};

/// Amounts by name of the resource.
pub type Amounts = BTreeMap<String, Amount>;

/// `PodMetrics` of `metrics.k8s.io/v1beta1`: what a pod used of late.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct PodMetrics {
    /// `metadata`; the name is the pod's.
    pub metadata: ObjectMeta,
    /// `containers`.
    #[serde(default)]
    pub containers: Vec<ContainerMetrics>,
}

/// One container of [`PodMetrics`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ContainerMetrics {
    /// `name`.
    pub name: String,
    /// `usage`: cpu and memory.
    #[serde(default)]
    pub usage: BTreeMap<String, Quantity>,
}

/// What the pod's resources say: its requests, or its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `resources.requests`.
    Requests,
    /// `resources.limits`.
    Limits,
}

impl Side {
    /// This side of some resources.
    ///
    /// # Errors
    /// One of them is no quantity.
    pub fn of(self, resources: Option<&ResourceRequirements>) -> Result<Amounts, Invalid> {
        let named = resources.and_then(|resources| match self {
            Self::Requests => resources.requests.as_ref(),
            Self::Limits => resources.limits.as_ref(),
        });
        amounts(named.into_iter().flatten())
    }
}

/// Reads each of some quantities.
///
/// # Errors
/// One of them is no quantity.
pub fn amounts<'a>(named: impl IntoIterator<Item = (&'a String, &'a Quantity)>) -> Result<Amounts, Invalid> {
    named.into_iter().map(|(name, quantity)| Ok((name.clone(), Amount::read(quantity)?))).collect()
}

/// What the whole pod requests, or is limited to.
///
/// Mirrors `PodRequests` and `PodLimits` of `k8s.io/component-helpers/resource`: init containers run one by one
/// beside the sidecars started before them, the pod's own resources go before those of its containers, and the
/// runtime's overhead comes on top.
///
/// # Errors
/// A resource of the pod is no quantity.
pub fn of_pod(spec: &PodSpec, side: Side) -> Result<Amounts, Invalid> {
    let mut total = Amounts::new();
    for container in &spec.containers {
        add(&mut total, &side.of(container.resources.as_ref())?);
    }
    let (mut sidecars, mut starting) = (Amounts::new(), Amounts::new());
    for container in spec.init_containers.iter().flatten() {
        let mut own = side.of(container.resources.as_ref())?;
        if is_sidecar(container) {
            add(&mut total, &own);
            add(&mut sidecars, &own);
            own = sidecars.clone();
        } else {
            add(&mut own, &sidecars);
        }
        raise(&mut starting, own);
    }
    raise(&mut total, starting);
    total.extend(side.of(spec.resources.as_ref())?);
    let overhead = amounts(spec.overhead.iter().flatten())?;
    for (name, amount) in overhead {
        if side == Side::Requests || total.contains_key(&name) {
            add(&mut total, &Amounts::from([(name, amount)]));
        }
    }
    Ok(total)
}

/// Whether an init container goes on running beside the others: its `restartPolicy` is Always.
pub fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

fn add(total: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let sum = total.entry(name.clone()).or_default();
        *sum = sum.plus(*amount);
    }
}

fn raise(highest: &mut Amounts, other: Amounts) {
    for (name, amount) in other {
        let high = highest.entry(name).or_default();
        *high = (*high).max(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn cpu(side: Side, spec: Value) -> String {
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        of_pod(&spec, side).unwrap().get("cpu").copied().unwrap_or_default().of("cpu")
    }

    #[test]
    fn a_pod_asks_for_what_it_needs_at_once() {
        let asks = |cpu: &str| json!({"requests": {"cpu": cpu}, "limits": {"cpu": cpu}});
        let step = |cpu: &str| json!({"name": "step", "resources": asks(cpu)});
        let sidecar = |cpu: &str| json!({"name": "side", "restartPolicy": "Always", "resources": asks(cpu)});
        let app = json!([{"name": "a", "resources": asks("100m")}, {"name": "b", "resources": asks("200m")}]);
        for (spec, requests, limits) in [
            (json!({"containers": [{"name": "a"}]}), "0", "0"),
            (json!({"containers": app}), "300m", "300m"),
            (json!({"containers": app, "initContainers": [step("250m")]}), "300m", "300m"),
            (json!({"containers": app, "initContainers": [step("500m"), step("400m")]}), "500m", "500m"),
            (json!({"containers": app, "initContainers": [sidecar("50m"), step("500m")]}), "550m", "550m"),
            (json!({"containers": app, "initContainers": [step("320m"), sidecar("50m")]}), "350m", "350m"),
            (json!({"containers": app, "resources": asks("150m")}), "150m", "150m"),
            (json!({"containers": app, "overhead": {"cpu": "10m"}}), "310m", "310m"),
            // Overhead limits nothing that is not limited.
            (json!({"containers": [{"name": "a"}], "overhead": {"cpu": "10m"}}), "10m", "0"),
        ] {
            assert_eq!(cpu(Side::Requests, spec.clone()), requests, "{spec}");
            assert_eq!(cpu(Side::Limits, spec.clone()), limits, "{spec}");
        }
    }
}
