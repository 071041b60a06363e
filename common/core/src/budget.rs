//! `PodDisruptionBudget`s: which of them select a pod, and what they allow.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

type Labels = BTreeMap<String, String>;

/// The budgets that select a pod with these labels.
pub(crate) fn selecting<'a>(
    budgets: &'a [PodDisruptionBudget],
    labels: &Labels,
) -> impl Iterator<Item = &'a PodDisruptionBudget> {
    budgets.iter().filter(move |budget| selects(budget, labels))
}

/// The budgets that select this pod.
pub(crate) fn of_pod<'a>(budgets: &'a [PodDisruptionBudget], pod: &Pod) -> Vec<&'a PodDisruptionBudget> {
    let none = Labels::new();
    selecting(budgets, pod.metadata.labels.as_ref().unwrap_or(&none)).collect()
}

/// `metadata.name`.
pub(crate) fn name(budget: &PodDisruptionBudget) -> &str {
    budget.metadata.name.as_deref().unwrap_or_default()
}

/// Evidence: its `status`, field by field.
pub(crate) fn evidence(budget: &PodDisruptionBudget) -> String {
    let name = name(budget);
    let Some(status) = &budget.status else { return format!("PDB {name} status: none") };
    format!(
        "PDB {name} status: disruptionsAllowed {}, currentHealthy {}, desiredHealthy {}, expectedPods {}",
        status.disruptions_allowed, status.current_healthy, status.desired_healthy, status.expected_pods
    )
}

/// Its `status`, as the disruption controller computed it.
pub(crate) fn words(budget: &PodDisruptionBudget) -> String {
    let name = name(budget);
    match &budget.status {
        Some(status) => format!(
            "PDB {name}: {} of {} pods healthy, {} must stay, {} may be evicted",
            status.current_healthy, status.expected_pods, status.desired_healthy, status.disruptions_allowed
        ),
        None => format!("PDB {name}, without a status yet"),
    }
}

/// `spec.selector`: none selects nothing, an empty one everything.
fn selects(budget: &PodDisruptionBudget, labels: &Labels) -> bool {
    let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    selector.is_some_and(|selector| matches(selector, labels))
}

/// Mirrors `LabelSelectorAsSelector` of `k8s.io/apimachinery/pkg/apis/meta/v1`.
pub(crate) fn matches(selector: &LabelSelector, labels: &Labels) -> bool {
    selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
        && selector.match_expressions.iter().flatten().all(|requirement| meets(requirement, labels))
}

fn meets(requirement: &LabelSelectorRequirement, labels: &Labels) -> bool {
    let value = labels.get(&requirement.key);
    let listed = value.is_some_and(|value| requirement.values.iter().flatten().any(|other| other == value));
    match requirement.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}
