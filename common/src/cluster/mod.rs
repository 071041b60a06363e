//! The cluster: the only part that knows kube. Objects are raw JSON, since typed structs lose fields.

mod client;
mod config;
mod credentials;
mod deployment;
mod endpoint;
mod evict;
mod facts;
mod failure;
mod fetch;
mod history;
mod inspect;
mod kept;
mod kubeconfig;
mod lease;
mod pages;
mod proxy;
mod requests;
mod resource;
mod subjects;
#[cfg(test)]
mod tests;
mod tls;
mod watch;

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::cli::ConnectionFlags;
use crate::error::{Attempt, Error, WriteError};
use client::Transport;
pub use deployment::{DEPLOYMENTS, PODS, REPLICA_SETS};
pub use facts::{Gathered, gather};
pub use kept::{Past, gather_rollback};
use kubeconfig::Environment;
use requests::{Call, uri};
pub use resource::Resource;
pub use subjects::{Question, Scene};
pub use watch::{Change, Watch};

/// A connection to one cluster as one user: one client a process.
///
/// Calls take `&self` and can run at the same time.
pub struct Cluster {
    transport: Arc<Transport>,
    client: kube::Client,
    context: Option<String>,
    namespace_flag: Option<String>,
    context_namespace: String,
    server: String,
    user: String,
    impersonated: Option<String>,
}

/// A patch of one object.
#[derive(Clone, Copy, Debug)]
pub enum Patch<'a> {
    /// RFC 6902: operations, of which `test` makes the rest conditional.
    Json(&'a Value),
    /// RFC 7386.
    Merge(&'a Value),
    /// Kubernetes' own, which merges lists by key.
    Strategic(&'a Value),
}

/// How a write is made.
#[derive(Clone, Copy, Debug)]
pub struct WriteOptions<'a> {
    /// `fieldManager`: who owns the fields that the write sets.
    pub field_manager: &'a str,
    /// `dryRun=All`: checked by the server, not kept.
    pub dry_run: bool,
}

/// One question to RBAC: may this user do that?
#[derive(Clone, Copy, Debug)]
pub struct Review<'a> {
    /// Where.
    pub namespace: &'a str,
    /// `get`, `patch` …
    pub verb: &'a str,
    /// API group; empty for the core group.
    pub group: &'a str,
    /// `deployments`.
    pub resource: &'a str,
    /// `eviction` of `pods/eviction`; empty for the object itself.
    pub subresource: &'a str,
    /// The object's name; empty for all.
    pub name: &'a str,
}

impl Cluster {
    /// Chooses cluster and user from flags, environment and kubeconfig, as kubectl does. Makes no request.
    ///
    /// Must be called in a tokio runtime.
    ///
    /// # Errors
    /// What is wrong with flags and kubeconfig ([`Error::Config`]).
    pub fn connect(flags: &ConnectionFlags) -> Result<Self, Error> {
        Self::connect_from(flags, &|name| std::env::var_os(name))
    }

    fn connect_from(flags: &ConnectionFlags, environment: Environment<'_>) -> Result<Self, Error> {
        let selected = config::select(flags, environment)?;
        let proxy = proxy::choose(&selected.server, selected.cluster.proxy_url.as_deref(), environment)?;
        let (context, namespace) = (selected.context.clone(), selected.namespace.clone());
        let (user, impersonated) = (selected.user.clone(), selected.auth.impersonate.clone());
        let transport = Arc::new(Transport::new(selected, proxy, flags)?);
        Ok(Self {
            client: client::kube_client(Arc::clone(&transport), &namespace),
            server: transport.endpoint().server.clone(),
            transport,
            context,
            namespace_flag: flags.namespace.clone(),
            context_namespace: namespace,
            user,
            impersonated,
        })
    }

    /// The kubeconfig context; in a pod or with only `--server`, the server.
    pub fn context(&self) -> &str {
        self.context.as_deref().unwrap_or(&self.server)
    }

    /// `-n`, when it was given.
    pub fn namespace_flag(&self) -> Option<&str> {
        self.namespace_flag.as_deref()
    }

    /// The context's namespace, else `default`.
    pub fn context_namespace(&self) -> &str {
        &self.context_namespace
    }

    /// The API server as `host:port`.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The best-known name of who acts: `--as`, else the kubeconfig's user.
    pub fn user(&self) -> &str {
        self.impersonated.as_deref().unwrap_or(&self.user)
    }

    /// kube's client over this connection, for watches. Its errors go through [`Cluster::explain`].
    pub(crate) fn client(&self) -> kube::Client {
        self.client.clone()
    }

    /// An error of [`Cluster::client`] in our words; `attempt` is what was asked.
    pub(crate) fn explain(&self, error: kube::Error, attempt: Attempt) -> Error {
        match error {
            kube::Error::Api(status) => failure::refusal(*status, attempt, self.transport.endpoint()),
            error => failure::classify(error, self.transport.endpoint()),
        }
    }

    /// The object, or none if it does not exist.
    ///
    /// # Errors
    /// Whatever else keeps it from being read, after at most three tries.
    pub async fn get(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, Error> {
        match self.require(resource, namespace, name).await {
            Ok(object) => Ok(Some(object)),
            Err(Error::Answer(answer)) if answer.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The object, which must exist.
    ///
    /// # Errors
    /// `Error from server (NotFound)` if it does not, and as [`Cluster::get`].
    pub async fn require(&self, resource: &Resource, namespace: &str, name: &str) -> Result<Value, Error> {
        let attempt = resource.attempt("get", namespace, Some(name));
        self.transport
            .read(&plain(Method::GET, resource.path(namespace, Some(name)), Vec::new(), attempt))
            .await
    }

    /// The objects of a namespace that match the selectors; an empty selector matches all.
    ///
    /// # Errors
    /// As [`Cluster::get`].
    pub async fn list(
        &self,
        resource: &Resource,
        namespace: &str,
        label_selector: &str,
        field_selector: &str,
    ) -> Result<Vec<Value>, Error> {
        let given = |selector: &'_ str| (!selector.is_empty()).then(|| selector.to_owned());
        let (labels, fields) = (given(label_selector), given(field_selector));
        let parameters = [("labelSelector", labels.as_deref()), ("fieldSelector", fields.as_deref())];
        let uri = uri(&resource.path(namespace, None), &parameters);
        let attempt = resource.attempt("list", namespace, None);
        let mut list: Value = self.transport.read(&plain(Method::GET, uri, Vec::new(), attempt)).await?;
        match list["items"].take() {
            Value::Array(items) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }

    /// Creates an object and returns it as the server keeps it.
    ///
    /// # Errors
    /// Never repeated: the error says whether the object may exist now.
    pub async fn create(
        &self,
        resource: &Resource,
        namespace: &str,
        object: &Value,
        options: WriteOptions<'_>,
    ) -> Result<Value, WriteError> {
        let uri = uri(&resource.path(namespace, None), &options.parameters());
        let name = object["metadata"]["name"].as_str();
        let attempt = resource.attempt("create", namespace, name);
        self.write(plain(Method::POST, uri, object.to_string().into_bytes(), attempt)).await
    }

    /// Patches an object and returns it as the server keeps it.
    ///
    /// # Errors
    /// Never repeated: the error says whether the patch may have been applied.
    pub async fn patch(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
        patch: Patch<'_>,
        options: WriteOptions<'_>,
    ) -> Result<Value, WriteError> {
        let (content_type, body) = match patch {
            Patch::Json(body) => ("application/json-patch+json", body),
            Patch::Merge(body) => ("application/merge-patch+json", body),
            Patch::Strategic(body) => ("application/strategic-merge-patch+json", body),
        };
        let uri = uri(&resource.path(namespace, Some(name)), &options.parameters());
        let attempt = resource.attempt("patch", namespace, Some(name));
        let call = plain(Method::PATCH, uri, body.to_string().into_bytes(), attempt);
        self.write(Call { content_type, ..call }).await
    }

    /// Replaces an object by this one, whose `resourceVersion` must still be the present one, and returns it.
    ///
    /// # Errors
    /// Never repeated: the error says whether it may have been replaced.
    pub async fn replace(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
        object: &Value,
        options: WriteOptions<'_>,
    ) -> Result<Value, WriteError> {
        let uri = uri(&resource.path(namespace, Some(name)), &options.parameters());
        let attempt = resource.attempt("update", namespace, Some(name));
        self.write(plain(Method::PUT, uri, object.to_string().into_bytes(), attempt)).await
    }

    /// Deletes the object for which these preconditions (`uid`, `resourceVersion`) hold, and no other of its name.
    ///
    /// # Errors
    /// Never repeated: the error says whether it may be gone.
    pub async fn delete(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
        preconditions: &Value,
    ) -> Result<Value, WriteError> {
        let body = json!({ "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions });
        let attempt = resource.attempt("delete", namespace, Some(name));
        let path = resource.path(namespace, Some(name));
        self.write(plain(Method::DELETE, path, body.to_string().into_bytes(), attempt)).await
    }

    /// Asks RBAC with a `SelfSubjectAccessReview`, as `kubectl auth can-i` does.
    ///
    /// # Errors
    /// As [`Cluster::get`]; without an error, false is a clear no.
    pub async fn access_review(&self, review: Review<'_>) -> Result<bool, Error> {
        let Review { namespace, verb, group, resource, subresource, name } = review;
        let attributes = json!({ "namespace": namespace, "verb": verb, "group": group, "resource": resource,
                                 "subresource": subresource, "name": name });
        let spec = json!({ "resourceAttributes": attributes });
        let answer =
            self.review("SelfSubjectAccessReview", "selfsubjectaccessreviews", namespace, &spec).await?;
        Ok(answer["allowed"].as_bool().unwrap_or(false))
    }

    /// The `status` of a review of `authorization.k8s.io/v1`. It keeps nothing, so it is a read and may be repeated.
    pub(crate) async fn review(
        &self,
        kind: &str,
        plural: &str,
        namespace: &str,
        spec: &Value,
    ) -> Result<Value, Error> {
        let body = json!({ "apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec });
        let attempt = Attempt {
            verb: "create",
            resource: format!("{plural}.authorization.k8s.io"),
            namespace: namespace.to_owned(),
            name: None,
        };
        let path = format!("/apis/authorization.k8s.io/v1/{plural}");
        let mut answer: Value =
            self.transport.read(&plain(Method::POST, path, body.to_string().into_bytes(), attempt)).await?;
        Ok(answer["status"].take())
    }

    async fn write(&self, call: Call) -> Result<Value, WriteError> {
        self.transport.once(&call).await.map_err(WriteError::from)
    }
}

impl<'a> WriteOptions<'a> {
    fn parameters(&self) -> [(&'static str, Option<&'a str>); 2] {
        [("fieldManager", Some(self.field_manager)), ("dryRun", self.dry_run.then_some("All"))]
    }
}

fn plain(method: Method, uri: String, body: Vec<u8>, attempt: Attempt) -> Call {
    Call { method, uri, content_type: "application/json", accept: "application/json", body, attempt }
}
