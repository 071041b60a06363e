//! Tools that write the Deployment too: what they make of a restart, and of a rollback.

use super::{Check, Kind, Verdict};
use crate::gitops::{self, Owner, Tool};
use crate::sanitize::quoted;
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

/// What its source says would come back; so it is the tool that has to go back.
pub(super) fn rollback(workload: &Workload, target: &Target, kind: Kind) -> Check {
    let Some(owner) = gitops::owner(&workload.deployment) else {
        return Check::new(NAME, Verdict::Skipped, "neither Argo CD nor Flux nor Helm marks it as its own");
    };
    let brings_back = match owner.tool {
        Tool::Helm => "the next upgrade starts from what it knows, not from this rollback",
        _ => "it would bring its own template back",
    };
    let check = Check::new(NAME, Verdict::Refuse, format!("{owner} owns the Deployment: {brings_back}"));
    let check = goes_back(&owner).into_iter().fold(check, Check::next);
    check.next(target.kubectl(&kind.kubectl(&target.object())))
}

/// The tool's own way back.
fn goes_back(owner: &Owner) -> Vec<String> {
    let (name, flag) = (quoted(&owner.name), owner.flag());
    match owner.tool {
        Tool::ArgoCd => vec![
            format!("argocd app history {name}"),
            format!("argocd app set {name} --sync-policy none"),
            format!("argocd app rollback {name} ID"),
        ],
        Tool::FluxKustomization => vec![
            "git revert COMMIT && git push".to_owned(),
            format!("flux reconcile kustomization {name}{flag} --with-source"),
            format!("flux suspend kustomization {name}{flag}"),
        ],
        Tool::FluxHelmRelease => vec![
            "git revert COMMIT && git push".to_owned(),
            format!("flux reconcile helmrelease {name}{flag} --with-source"),
            format!("flux suspend helmrelease {name}{flag}"),
        ],
        Tool::Helm => {
            vec![format!("helm history {name}{flag}"), format!("helm rollback {name} REVISION{flag}")]
        }
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

    fn owned(labels: &Value, annotations: &Value) -> Workload {
        let metadata = json!({"name": "api-gateway", "labels": labels, "annotations": annotations});
        let mut workload = Make::default().workload();
        let raw = json!({"metadata": metadata, "spec": {"selector": {}, "template": {}}});
        workload.deployment = Deployment::read(raw).unwrap();
        workload
    }

    fn check(labels: &Value, annotations: &Value) -> (Verdict, String) {
        let check = restart(&owned(labels, annotations), &target());
        (check.verdict, check.detail)
    }

    #[test]
    fn a_rollback_is_the_owners_own() {
        let tracked = json!({"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/api-gateway"});
        let release = json!({"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"});
        let flux = |kind: &str| json!({format!("{kind}.toolkit.fluxcd.io/name"): "apps"});
        for (labels, annotations, command) in [
            (json!({}), tracked, "argocd app rollback shop ID"),
            (flux("kustomize"), json!({}), "flux suspend kustomization apps"),
            (flux("helm"), json!({}), "flux suspend helmrelease apps"),
            (json!({"app.kubernetes.io/managed-by": "Helm"}), release, "helm rollback web REVISION -n shop"),
        ] {
            let check = rollback(&owned(&labels, &annotations), &target(), Kind::Rollback(Some(3)));
            assert_eq!(check.verdict, Verdict::Refuse);
            assert!(check.next.iter().any(|next| next == command), "{:?}", check.next);
        }
        assert_eq!(
            rollback(&owned(&json!({}), &json!({})), &target(), Kind::Rollback(None)).verdict,
            Verdict::Skipped
        );
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
