//! What the user typed as TARGET, resolved to one Deployment of one namespace.

use crate::catalogue::{Catalogue, Service};

/// The Deployment to act on, and what the catalogue knows about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Namespace of the Deployment.
    pub namespace: String,
    /// Name of the Deployment.
    pub deployment: String,
    /// Its entry in the catalogue, when it has one.
    pub service: Option<Service>,
    /// Connection flags that a pasted kubectl command needs too, as `--context prod`; often empty.
    pub connection: String,
}

/// A namespace of a cluster, as kubectl commands have to name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// Connection flags, as `--context prod`; often empty.
    pub connection: &'a str,
}

impl Place<'_> {
    /// A kubectl command line for this namespace and cluster, ready to be pasted.
    pub fn kubectl(&self, words: &str) -> String {
        self.of_cluster(&format!("{words} -n {}", self.namespace))
    }

    /// The same of what is in no namespace, such as nodes.
    pub fn of_cluster(&self, words: &str) -> String {
        let space = if self.connection.is_empty() { "" } else { " " };
        format!("kubectl {words}{space}{}", self.connection)
    }
}

/// Where a name is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// `-n`, when given: it wins over the catalogue's namespace.
    pub namespace_flag: Option<&'a str>,
    /// The kubeconfig context's namespace, or `default`.
    pub context_namespace: &'a str,
    /// Connection flags that were typed and choose another cluster or user.
    pub connection: &'a str,
}

/// Why TARGET names nothing.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum Unresolved {
    /// Not a service of the catalogue.
    #[error("unknown service {typed:?}")]
    Service {
        /// What was typed.
        typed: String,
        /// The name most like it.
        nearest: Option<String>,
    },
    /// `KIND/NAME` of a kind that this command does not act on, or without a name.
    #[error("TARGET {typed:?} is neither a service of the catalogue nor deployment/NAME")]
    Kind {
        /// What was typed.
        typed: String,
    },
}

/// The spellings that kubectl takes for the kind.
const DEPLOYMENT: [&str; 5] = ["deployment", "deployments", "deploy", "deployment.apps", "deployments.apps"];

/// The spellings that kubectl takes for pods.
const POD: [&str; 3] = ["pod", "pods", "po"];

/// The name of `pod/NAME`; none where TARGET is of another form.
pub fn pod(typed: &str) -> Option<&str> {
    let (kind, name) = typed.split_once('/')?;
    (POD.contains(&kind) && is_object_name(name)).then_some(name)
}

/// The name of POD: `NAME`, or `pod/NAME`; none where no pod can have such a name.
pub fn pod_name(typed: &str) -> Option<&str> {
    pod(typed).or_else(|| is_object_name(typed).then_some(typed))
}

/// A TARGET that means something, before it is known in which namespace.
#[derive(Clone, Debug, PartialEq)]
pub enum Named {
    /// A service of the catalogue.
    Service(Box<Service>),
    /// The Deployment of this name.
    Deployment(String),
}

impl Named {
    /// Reads a service of the catalogue or `deployment/NAME`. Needs no cluster and no kubeconfig.
    ///
    /// # Errors
    /// A name the catalogue does not have (with the nearest it has), another kind, a name no object can have.
    pub fn read(typed: &str, catalogue: &Catalogue) -> Result<Self, Unresolved> {
        match typed.split_once('/') {
            Some((kind, name)) if DEPLOYMENT.contains(&kind) && is_object_name(name) => {
                Ok(Self::Deployment(name.to_owned()))
            }
            Some(_) => Err(Unresolved::Kind { typed: typed.to_owned() }),
            None => match catalogue.service(typed) {
                Some(service) => Ok(Self::Service(Box::new(service.clone()))),
                None => Err(Unresolved::Service {
                    typed: typed.to_owned(),
                    nearest: catalogue.nearest(typed).map(str::to_owned),
                }),
            },
        }
    }

    /// The same, and with `-n` also any Deployment by its bare name.
    ///
    /// # Errors
    /// As [`Named::read`].
    pub fn read_in(
        typed: &str,
        catalogue: &Catalogue,
        namespace_flag: Option<&str>,
    ) -> Result<Self, Unresolved> {
        Self::read(typed, catalogue).or_else(|unresolved| match namespace_flag {
            Some(_) if is_object_name(typed) => Ok(Self::Deployment(typed.to_owned())),
            _ => Err(unresolved),
        })
    }

    /// The target in its namespace: `-n`, else the catalogue's, else the context's.
    ///
    /// A Deployment that the catalogue knows in that namespace keeps what the catalogue says of it.
    pub fn within(self, scope: Scope<'_>, catalogue: &Catalogue) -> Target {
        let (deployment, service, own) = match self {
            Self::Service(service) => {
                (service.deployment().to_owned(), Some(*service.clone()), service.namespace)
            }
            Self::Deployment(name) => (name, None, None),
        };
        let namespace = scope.namespace_flag.or(own.as_deref()).unwrap_or(scope.context_namespace).to_owned();
        let service = service.or_else(|| catalogue.of_deployment(&namespace, &deployment).cloned());
        Target { namespace, deployment, service, connection: scope.connection.to_owned() }
    }
}

impl Target {
    /// The name that people know it by.
    pub fn name(&self) -> &str {
        self.service.as_ref().map_or(&self.deployment, |service| &service.name)
    }

    /// `deployment/NAME`, as kubectl takes it.
    pub fn object(&self) -> String {
        format!("deployment/{}", self.deployment)
    }

    /// Where its kubectl commands apply.
    pub fn place(&self) -> Place<'_> {
        Place { namespace: &self.namespace, connection: &self.connection }
    }

    /// A kubectl command line for this target's namespace and cluster, ready to be pasted.
    pub fn kubectl(&self, words: &str) -> String {
        self.place().kubectl(words)
    }
}

/// Whether Kubernetes could have an object of this name (RFC 1123 subdomain), so that no name can leave its URL path.
pub(crate) fn is_object_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        && name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(typed: &str, flag: Option<&str>) -> Result<Target, Unresolved> {
        let catalogue = Catalogue::built_in().unwrap();
        let scope = Scope { namespace_flag: flag, context_namespace: "default", connection: "" };
        Ok(Named::read(typed, &catalogue)?.within(scope, &catalogue))
    }

    #[test]
    fn a_service_lives_in_the_catalogues_namespace() {
        let target = resolve("billing-svc", None).unwrap();
        assert_eq!((target.namespace.as_str(), target.name()), ("skillancer-production", "billing-svc"));
        assert_eq!(resolve("billing-svc", Some("other")).unwrap().namespace, "other");
    }

    #[test]
    fn a_deployment_lives_in_the_contexts_namespace() {
        for typed in ["deployment/web", "deploy/web", "deployments/web", "deployment.apps/web"] {
            let target = resolve(typed, None).unwrap();
            assert_eq!((target.namespace.as_str(), target.object().as_str()), ("default", "deployment/web"));
            assert_eq!(target.service, None);
        }
    }

    #[test]
    fn a_deployment_of_the_catalogue_keeps_its_floor() {
        let target = resolve("deployment/api-gateway", Some("skillancer-production")).unwrap();
        assert_eq!(target.service.unwrap().min_available, Some(2));
        assert_eq!(resolve("deployment/api-gateway", None).unwrap().service, None);
    }

    #[test]
    fn a_pod_is_named_as_kubectl_names_it() {
        for typed in ["pod/web-1", "pods/web-1", "po/web-1"] {
            assert_eq!(pod(typed), Some("web-1"));
        }
        for typed in ["web-1", "pod/", "pod/a/b", "pod/../x", "deployment/web-1"] {
            assert_eq!(pod(typed), None, "{typed}");
        }
        assert_eq!((pod_name("web-1"), pod_name("po/web-1")), (Some("web-1"), Some("web-1")));
        for typed in ["", "Web", "../x", "deployment/web-1", "a b", "-x"] {
            assert_eq!(pod_name(typed), None, "{typed}");
        }
    }

    #[test]
    fn with_a_namespace_any_deployment_is_named_by_its_bare_name() {
        let catalogue = Catalogue::built_in().unwrap();
        let named = Named::read_in("web", &catalogue, Some("shop"));
        assert_eq!(named, Ok(Named::Deployment("web".to_owned())));
        assert!(Named::read_in("web", &catalogue, None).is_err());
        assert!(Named::read_in("statefulset/db", &catalogue, Some("shop")).is_err());
        assert!(matches!(Named::read_in("auth-svc", &catalogue, Some("shop")), Ok(Named::Service(_))));
    }

    #[test]
    fn refuses_what_names_nothing() {
        let nearest = Some("api-gateway".to_owned());
        assert_eq!(
            resolve("api-gatway", None),
            Err(Unresolved::Service { typed: "api-gatway".into(), nearest })
        );
        for typed in
            ["statefulset/db", "deployment/", "/web", "deployment/a/b", "deployment/../x", "deployment/A"]
        {
            assert_eq!(resolve(typed, None), Err(Unresolved::Kind { typed: typed.into() }));
        }
    }
}
