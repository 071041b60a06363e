//! Which API an object belongs to.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::Attempt;

/// A resource of the API: just what a URL and an error need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// `v1`.
    pub version: &'static str,
    /// `deployments`.
    pub plural: &'static str,
    /// `Deployment`.
    pub kind: &'static str,
}

/// What may stand in a path segment as it is (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Resource {
    /// `deployments.apps`, as kubectl and RBAC errors name it.
    pub fn qualified(&self) -> String {
        match self.group {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// `apps/v1`.
    pub fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// The URL's path to the collection in a namespace, or to one object of it. No namespace is the whole cluster, or
    /// an object of none.
    pub(crate) fn path(&self, namespace: &str, name: Option<&str>) -> String {
        let root = if self.group.is_empty() { "api" } else { "apis" };
        let within = match namespace {
            "" => String::new(),
            namespace => format!("namespaces/{}/", utf8_percent_encode(namespace, SEGMENT)),
        };
        let collection = format!("/{root}/{}/{within}{}", self.api_version(), self.plural);
        match name {
            Some(name) => format!("{collection}/{}", utf8_percent_encode(name, SEGMENT)),
            None => collection,
        }
    }

    /// What is tried on it, for errors.
    pub(crate) fn attempt(&self, verb: &'static str, namespace: &str, name: Option<&str>) -> Attempt {
        Attempt {
            verb,
            resource: self.qualified(),
            namespace: namespace.to_owned(),
            name: name.map(str::to_owned),
        }
    }
}
