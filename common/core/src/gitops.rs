//! Which tool a Deployment is written by: its labels and annotations say so.

use crate::workload::Deployment;

/// A tool that brings a Deployment to what its source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Argo CD.
    ArgoCd,
    /// Flux, from a `Kustomization`.
    FluxKustomization,
    /// Flux, from a `HelmRelease`.
    FluxHelmRelease,
    /// Helm, called by somebody.
    Helm,
}

/// The object of a tool that a Deployment belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The tool.
    pub tool: Tool,
    /// The application, `Kustomization`, `HelmRelease` or release.
    pub name: String,
    /// Its namespace, where the Deployment says it.
    pub namespace: Option<String>,
}

/// Who writes the Deployment; none when it is nobody known here.
///
/// Flux and Argo CD go before Helm: both also deliver charts. The label `app.kubernetes.io/instance` alone is no
/// evidence of Argo CD, since every chart sets it.
pub fn owner(deployment: &Deployment) -> Option<Owner> {
    let label = |key: &str| deployment.label(key);
    let annotation = |key: &str| deployment.annotation(key);
    let owner = |tool, name: &str, namespace: Option<&str>| {
        Some(Owner { tool, name: name.to_owned(), namespace: namespace.map(str::to_owned) })
    };
    if let Some(name) = label("helm.toolkit.fluxcd.io/name") {
        return owner(Tool::FluxHelmRelease, name, label("helm.toolkit.fluxcd.io/namespace"));
    }
    if let Some(name) = label("kustomize.toolkit.fluxcd.io/name") {
        return owner(Tool::FluxKustomization, name, label("kustomize.toolkit.fluxcd.io/namespace"));
    }
    // `APPLICATION:GROUP/KIND:NAMESPACE/NAME`
    let tracked = annotation("argocd.argoproj.io/tracking-id").and_then(|id| id.split(':').next());
    if let Some(name) = tracked.or_else(|| label("argocd.argoproj.io/instance")) {
        return owner(Tool::ArgoCd, name, None);
    }
    // Some charts leave out the label, some ways to deliver one the annotation.
    let release = annotation("meta.helm.sh/release-name");
    let helms = label("app.kubernetes.io/managed-by") == Some("Helm");
    let name = release.or_else(|| label("app.kubernetes.io/instance").filter(|_| helms));
    let name = name.or_else(|| Some(deployment.name()).filter(|_| helms))?;
    owner(Tool::Helm, name, annotation("meta.helm.sh/release-namespace"))
}

impl Owner {
    /// Whether Flux writes it, which leaves what the field manager `flux-client-side-apply` wrote.
    pub fn is_flux(&self) -> bool {
        matches!(self.tool, Tool::FluxKustomization | Tool::FluxHelmRelease)
    }

    /// ` -n NAMESPACE`, where it is known.
    pub fn flag(&self) -> String {
        self.namespace.as_ref().map(|namespace| format!(" -n {namespace}")).unwrap_or_default()
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.tool {
            Tool::ArgoCd => "Argo CD application",
            Tool::FluxKustomization => "Flux Kustomization",
            Tool::FluxHelmRelease => "Flux HelmRelease",
            Tool::Helm => "Helm release",
        };
        match &self.namespace {
            Some(namespace) => write!(f, "{kind} {namespace}/{}", self.name),
            None => write!(f, "{kind} {}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(labels: &Value, annotations: &Value) -> Option<String> {
        let metadata = json!({"name": "web", "labels": labels, "annotations": annotations});
        let deployment = json!({"metadata": metadata, "spec": {"selector": {}, "template": {}}});
        owner(&Deployment::read(deployment).unwrap()).map(|owner| owner.to_string())
    }

    #[test]
    fn owners_are_known_by_what_they_write() {
        let helm = json!({"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"});
        let tracked = json!({"argocd.argoproj.io/tracking-id": "shop-web:apps/Deployment:shop/web"});
        let managed = json!({"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "web"});
        let flux = |kind: &str| {
            json!({
                format!("{kind}.toolkit.fluxcd.io/name"): "apps",
                format!("{kind}.toolkit.fluxcd.io/namespace"): "flux-system",
                "app.kubernetes.io/managed-by": "Helm",
            })
        };
        for (labels, annotations, owner) in [
            (json!({}), json!({}), None),
            (json!({"app.kubernetes.io/instance": "web"}), json!({}), None),
            (managed.clone(), json!({}), Some("Helm release web")),
            (json!({"app.kubernetes.io/managed-by": "Helm"}), json!({}), Some("Helm release web")),
            (json!({}), helm.clone(), Some("Helm release shop/web")),
            (managed.clone(), helm.clone(), Some("Helm release shop/web")),
            (managed, tracked, Some("Argo CD application shop-web")),
            (json!({"argocd.argoproj.io/instance": "web"}), json!({}), Some("Argo CD application web")),
            (flux("kustomize"), json!({}), Some("Flux Kustomization flux-system/apps")),
            (flux("helm"), helm, Some("Flux HelmRelease flux-system/apps")),
        ] {
            assert_eq!(found(&labels, &annotations).as_deref(), owner, "{labels} {annotations}");
        }
    }
}
