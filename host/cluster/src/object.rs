//! Reads and writes single objects of any kind as [`Object`]s.

use std::fmt::Write as _;
use std::sync::Arc;

use http::{Method, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sluice_model::{Object, ObjectId};

use crate::client::Cluster;
use crate::counters::Sort;
use crate::discovery::Resource;
use crate::error::ClusterError;

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');
const PAGE: usize = 500;

/// How to patch an object.
#[derive(Debug, Clone)]
pub struct PatchOptions {
    /// Owner of the patched fields.
    pub field_manager: String,
    /// Take fields from other owners (server-side apply only).
    pub force: bool,
    /// Check and merge, write nothing.
    pub dry_run: bool,
}

/// What happens to the objects that a deleted object owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted after it.
    Background,
    /// They are deleted before it.
    Foreground,
    /// They stay.
    Orphan,
}

/// How to delete an object.
#[derive(Debug, Clone)]
pub struct DeleteOptions {
    /// What happens to owned objects.
    pub propagation: Propagation,
    /// Delete only the object with this `metadata.uid`.
    pub uid: Option<String>,
    /// Delete only this version of it.
    pub resource_version: Option<String>,
}

impl Default for DeleteOptions {
    fn default() -> Self {
        Self {
            propagation: Propagation::Background,
            uid: None,
            resource_version: None,
        }
    }
}

impl Cluster {
    /// The resource of an id. With an empty version, or one that is served no more, the preferred one.
    ///
    /// # Errors
    /// [`ClusterError::NoMatch`] when no version of the kind is served.
    pub async fn resource(&self, id: &ObjectId, version: &str) -> Result<Arc<Resource>, ClusterError> {
        self.discovery().resolve(&id.group, version, &id.kind, true).await
    }

    /// Reads an object.
    ///
    /// # Errors
    /// [`ClusterError::NotFound`] when it does not exist, or any refusal.
    pub async fn get(&self, id: &ObjectId, version: &str) -> Result<Object, ClusterError> {
        self.read(id, version, "application/json").await
    }

    /// Reads the metadata of an object (`PartialObjectMetadata`).
    ///
    /// # Errors
    /// As [`Cluster::get`].
    pub async fn get_metadata(&self, id: &ObjectId, version: &str) -> Result<Object, ClusterError> {
        self.read(
            id,
            version,
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        )
        .await
    }

    async fn read(&self, id: &ObjectId, version: &str, accept: &str) -> Result<Object, ClusterError> {
        let resource = self.resource(id, version).await?;
        self.counters().count(Sort::Get);
        let path = path(&resource, &id.namespace, Some(&id.name))?;
        let request = Request::get(path).header(http::header::ACCEPT, accept);
        self.call(request, Vec::new()).await
    }

    /// Applies an object server-side and gives what the server has, or with `dry_run` would have, afterwards.
    ///
    /// # Errors
    /// Any refusal; Secret values are masked.
    pub async fn apply(&self, object: &Object, options: &PatchOptions) -> Result<Object, ClusterError> {
        let id = object.id();
        let resource = self
            .discovery()
            .resolve(&id.group, object.version(), &id.kind, false)
            .await?;
        self.counters().count(if options.dry_run {
            Sort::DryRun
        } else {
            Sort::Apply
        });
        let path = path(&resource, &id.namespace, Some(&id.name))?;
        let uri = with_patch_query(&path, options, true);
        let body = serde_json::to_vec(object).map_err(|error| unusable(&error.to_string()))?;
        let request = Request::builder()
            .method(Method::PATCH)
            .uri(uri)
            .header(http::header::CONTENT_TYPE, "application/apply-patch+yaml");
        self.call(request, body)
            .await
            .map_err(|error| error.masked(object))
    }

    /// Applies a JSON merge patch (RFC 7386); `subresource` is empty or for example `status`.
    ///
    /// # Errors
    /// Any refusal.
    pub async fn merge_patch(
        &self,
        id: &ObjectId,
        version: &str,
        subresource: &str,
        patch: &Value,
        options: &PatchOptions,
    ) -> Result<Object, ClusterError> {
        self.patch(
            id,
            version,
            subresource,
            "application/merge-patch+json",
            patch,
            options,
        )
        .await
    }

    /// Applies a JSON patch (RFC 6902).
    ///
    /// # Errors
    /// Any refusal.
    pub async fn json_patch(
        &self,
        id: &ObjectId,
        version: &str,
        patch: &Value,
        options: &PatchOptions,
    ) -> Result<Object, ClusterError> {
        self.patch(id, version, "", "application/json-patch+json", patch, options)
            .await
    }

    async fn patch(
        &self,
        id: &ObjectId,
        version: &str,
        subresource: &str,
        content_type: &str,
        patch: &Value,
        options: &PatchOptions,
    ) -> Result<Object, ClusterError> {
        let resource = self.resource(id, version).await?;
        self.counters().count(Sort::Patch);
        let mut path = path(&resource, &id.namespace, Some(&id.name))?;
        if !subresource.is_empty() {
            path = format!("{path}/{}", segment(subresource)?);
        }
        let request = Request::builder()
            .method(Method::PATCH)
            .uri(with_patch_query(&path, options, false))
            .header(http::header::CONTENT_TYPE, content_type);
        self.call(request, patch.to_string().into_bytes()).await
    }

    /// Deletes an object; the answer comes when the server has accepted it, finalizers may hold it longer.
    ///
    /// # Errors
    /// [`ClusterError::NotFound`] when it is gone, [`ClusterError::Conflict`] when a precondition fails, or any refusal.
    pub async fn delete(
        &self,
        id: &ObjectId,
        version: &str,
        options: &DeleteOptions,
    ) -> Result<(), ClusterError> {
        let resource = self.resource(id, version).await?;
        self.counters().count(Sort::Delete);
        let propagation = match options.propagation {
            Propagation::Background => "Background",
            Propagation::Foreground => "Foreground",
            Propagation::Orphan => "Orphan",
        };
        let mut preconditions = serde_json::Map::new();
        for (name, value) in [
            ("uid", &options.uid),
            ("resourceVersion", &options.resource_version),
        ] {
            if let Some(value) = value {
                preconditions.insert(name.to_owned(), json!(value));
            }
        }
        let body = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation,
            "preconditions": preconditions});
        let path = path(&resource, &id.namespace, Some(&id.name))?;
        let request = Request::delete(path).header(http::header::CONTENT_TYPE, "application/json");
        let request = request
            .body(body.to_string().into_bytes())
            .map_err(|error| unusable(&error.to_string()))?;
        self.execute(request).await.map(|_| ())
    }

    /// All objects of a kind in a namespace (all namespaces when empty) whose labels match the selector.
    ///
    /// # Errors
    /// Any refusal.
    pub async fn list(
        &self,
        resource: &Resource,
        namespace: &str,
        selector: &str,
    ) -> Result<Vec<Object>, ClusterError> {
        let mut objects = Vec::new();
        let mut token = String::new();
        loop {
            self.counters().count(Sort::List);
            let mut uri = format!("{}?limit={PAGE}", path(resource, namespace, None)?);
            for (name, value) in [("labelSelector", selector), ("continue", token.as_str())] {
                if !value.is_empty() {
                    let _ = write!(uri, "&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
                }
            }
            let request = Request::get(uri).header(http::header::ACCEPT, "application/json");
            let page = self.call(request, Vec::new()).await?;
            token = page
                .metadata()
                .and_then(|m| m.get("continue"))
                .and_then(Value::as_str)
                .unwrap_or("")
                .to_owned();
            objects.extend(items(page, resource));
            if token.is_empty() {
                return Ok(objects);
            }
        }
    }

    async fn call(&self, request: http::request::Builder, body: Vec<u8>) -> Result<Object, ClusterError> {
        let request = request.body(body).map_err(|error| unusable(&error.to_string()))?;
        let path = request.uri().path().to_owned();
        let answer = self
            .execute(request)
            .await
            .inspect_err(|error| self.forget(error))?;
        serde_json::from_slice(&answer).map_err(|error| ClusterError::Other {
            message: format!("failed to read the answer of {path}: {error}"),
            reason: String::new(),
            code: 0,
        })
    }

    /// A 404 that names no object means that the path itself is not served any more.
    fn forget(&self, error: &ClusterError) {
        let unknown_path = |message: &str| {
            message.contains("could not find the requested resource")
                || message.starts_with("404 page not found")
        };
        if matches!(error, ClusterError::NotFound { message } if unknown_path(message)) {
            self.discovery().invalidate();
        }
    }
}

/// Items of a list carry no kind of their own.
fn items(mut page: Object, resource: &Resource) -> Vec<Object> {
    let Some(Value::Array(items)) = page.0.remove("items") else {
        return Vec::new();
    };
    let objects = items.into_iter().filter_map(Object::from_value);
    objects
        .map(|mut object| {
            object
                .0
                .insert("apiVersion".to_owned(), json!(resource.api_version()));
            object.0.insert("kind".to_owned(), json!(resource.kind));
            object
        })
        .collect()
}

fn with_patch_query(path: &str, options: &PatchOptions, apply: bool) -> String {
    let manager = utf8_percent_encode(&options.field_manager, NON_ALPHANUMERIC);
    let mut uri = format!("{path}?fieldManager={manager}");
    if apply && options.force {
        uri.push_str("&force=true");
    }
    if options.dry_run {
        uri.push_str("&dryRun=All");
    }
    uri
}

/// The path of a kind's objects, or of one. The namespace is ignored for cluster-scoped kinds.
fn path(resource: &Resource, namespace: &str, name: Option<&str>) -> Result<String, ClusterError> {
    if resource.namespaced && namespace.is_empty() && name.is_some() {
        return Err(ClusterError::NotFound {
            message: format!("{} is namespaced", resource.kind),
        });
    }
    let mut path = if resource.group.is_empty() {
        "/api".to_owned()
    } else {
        format!("/apis/{}", resource.group)
    };
    let _ = write!(path, "/{}", resource.version);
    if resource.namespaced && !namespace.is_empty() {
        let _ = write!(path, "/namespaces/{}", segment(namespace)?);
    }
    let _ = write!(path, "/{}", resource.plural);
    if let Some(name) = name {
        let _ = write!(path, "/{}", segment(name)?);
    }
    Ok(path)
}

/// Names come from tenants' manifests: none may reach another path (Kubernetes' rule for path segment names).
fn segment(name: &str) -> Result<String, ClusterError> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '%']) {
        return Err(ClusterError::Invalid {
            message: format!("invalid name {name:?}: may not be empty, \".\" or \"..\", or hold '/' or '%'"),
            causes: Vec::new(),
        });
    }
    Ok(utf8_percent_encode(name, SEGMENT).to_string())
}

fn unusable(reason: &str) -> ClusterError {
    ClusterError::Other {
        message: format!("failed to build request: {reason}"),
        reason: String::new(),
        code: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(group: &str, namespaced: bool) -> Resource {
        Resource {
            group: group.into(),
            version: "v1".into(),
            kind: "Role".into(),
            plural: "roles".into(),
            namespaced,
            verbs: vec![],
        }
    }

    #[test]
    fn paths_follow_scope_and_group() {
        assert_eq!(
            path(&resource("", true), "a", Some("b")).expect("path"),
            "/api/v1/namespaces/a/roles/b"
        );
        assert_eq!(
            path(&resource("x.io", false), "a", Some("b")).expect("path"),
            "/apis/x.io/v1/roles/b"
        );
        assert_eq!(
            path(&resource("x.io", true), "a", Some("system:node?x")).expect("path"),
            "/apis/x.io/v1/namespaces/a/roles/system:node%3Fx"
        );
        assert_eq!(
            path(&resource("x.io", true), "", None).expect("path"),
            "/apis/x.io/v1/roles"
        );
    }

    /// T8: a name from a manifest reaches no other path of the API server.
    #[test]
    fn names_do_not_leave_their_segment() {
        for name in ["../../../api/v1/secrets/x", "..", ".", "a/b", "a%2Fb", ""] {
            assert!(path(&resource("", true), "a", Some(name)).is_err(), "{name}");
            assert!(
                path(&resource("", true), name, Some("b")).is_err() || name.is_empty(),
                "{name}"
            );
        }
    }
}
