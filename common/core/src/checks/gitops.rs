//! Tools that write the Deployment too: what they make of a restart.

use super::{Check, Verdict};
use crate::gitops::{self, Owner, Tool};
use crate::target::Target;
use crate::workload::Workload;

const NAME: &str = "gitops";

pub(super) fn restart(workload: &Workload, target: &Target) -> Check {
    match gitops::owner(&workload.deployment) {
        None => Check::new(NAME, Verdict::Skipped, "neither Argo CD nor Flux nor Helm marks it as its own"),
        Some(owner) if owner.tool == Tool::Helm => Check::new(
            NAME,
            Verdict::Pass,
            format!("{owner} owns the Deployment; upgrades leave restartedAt"),
        ),
        Some(owner) => Check::new(
            NAME,
            Verdict::Warn,
            format!(
                "{owner} owns the Deployment and may remove restartedAt, which restarts the pods again; {}",
                its_own(&owner, target)
            ),
        ),
    }
}

/// How to have the tool do it, or keep still.
fn its_own(owner: &Owner, target: &Target) -> String {
    let Owner { tool, name, .. } = owner;
    let flag = owner.flag();
    match tool {
        Tool::ArgoCd => {
            let resource = format!("--kind Deployment --resource-name {}", target.deployment);
            format!("its own restart: argocd app actions run {name} restart {resource}")
        }
        Tool::FluxKustomization => format!("to keep it still: flux suspend kustomization {name}{flag}"),
        Tool::FluxHelmRelease => format!("to keep it still: flux suspend helmrelease {name}{flag}"),
        Tool::Helm => format!("its state: helm status {name}{flag}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Make, target};
    use crate::workload::Deployment;
    use serde_json::{Value, json};

    fn check(labels: &Value, annotations: &Value) -> (Verdict, String) {
        let metadata = json!({"name": "api-gateway", "labels": labels, "annotations": annotations});
        let mut workload = Make::default().workload();
        let raw = json!({"metadata": metadata, "spec": {"selector": {}, "template": {}}});
        workload.deployment = Deployment::read(raw).unwrap();
        let check = restart(&workload, &target());
        (check.verdict, check.detail)
    }

    #[test]
    fn says_what_the_owner_may_do_and_its_command() {
        let may = "owns the Deployment and may remove restartedAt, which restarts the pods again";
        let flux = |kind: &str| {
            json!({format!("{kind}.toolkit.fluxcd.io/name"): "apps",
                format!("{kind}.toolkit.fluxcd.io/namespace"): "flux-system"})
        };
        let tracked = json!({"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/api-gateway"});
        let release = json!({"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"});
        for (labels, annotations, verdict, detail) in [
            (
                json!({}),
                json!({}),
                Verdict::Skipped,
                "neither Argo CD nor Flux nor Helm marks it as its own".to_owned(),
            ),
            (
                json!({}),
                tracked,
                Verdict::Warn,
                format!(
                    "Argo CD application shop {may}; its own restart: argocd app actions run shop restart \
                     --kind Deployment --resource-name api-gateway"
                ),
            ),
            (
                flux("kustomize"),
                json!({}),
                Verdict::Warn,
                format!(
                    "Flux Kustomization flux-system/apps {may}; \
                     to keep it still: flux suspend kustomization apps -n flux-system"
                ),
            ),
            (
                flux("helm"),
                json!({}),
                Verdict::Warn,
                format!(
                    "Flux HelmRelease flux-system/apps {may}; \
                     to keep it still: flux suspend helmrelease apps -n flux-system"
                ),
            ),
            (
                json!({"app.kubernetes.io/managed-by": "Helm"}),
                release,
                Verdict::Pass,
                "Helm release shop/web owns the Deployment; upgrades leave restartedAt".to_owned(),
            ),
        ] {
            assert_eq!(check(&labels, &annotations), (verdict, detail));
        }
    }
}
