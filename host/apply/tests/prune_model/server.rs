//! An API server of ConfigMaps in memory: discovery, reads, server-side apply, deletes with preconditions. It judges
//! every delete by what is on the acting owner's record and whose labels the object carries at that moment.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use sluice_cluster::Cluster;
use sluice_cluster::kube;
use sluice_cluster::kube::client::Body;
use sluice_model::Inventory;

/// The objects of the model.
pub const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

const NAME: &str = "kustomize.toolkit.fluxcd.io/name";
const NAMESPACE: &str = "kustomize.toolkit.fluxcd.io/namespace";

/// The labels of an owner.
pub fn labels(index: usize) -> Value {
    json!({NAME: format!("owner-{index}"), NAMESPACE: "ns"})
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Value>,
    /// Objects whose labels came from somebody else than their owner's apply.
    handed: HashSet<String>,
    count: u64,
    acting: Option<(usize, HashSet<String>)>,
    refused: HashSet<String>,
    races: HashSet<String>,
    wrong: Vec<String>,
}

impl State {
    fn next(&mut self) -> String {
        self.count += 1;
        self.count.to_string()
    }
}

/// The server and a client of it.
pub struct Server {
    pub cluster: Cluster,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let served = state.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let state = served.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect_bytes().await.expect("a body");
                let (code, answer) = answer(&mut state.lock(), &parts, &body);
                Response::builder()
                    .status(code)
                    .body(Body::from(answer.to_string().into_bytes()))
            }
        });
        let client = kube::Client::new(service, "default");
        Self {
            cluster: Cluster::from_client(client, Duration::from_secs(5)),
            state,
        }
    }

    /// From now on deletes are this owner's, with this on its record.
    pub fn acts(&self, index: usize, record: &Inventory) {
        let known = record.entries.iter().map(|entry| entry.id.clone()).collect();
        self.state.lock().acting = Some((index, known));
    }

    /// Nobody deletes until someone acts again.
    pub fn rests(&self) {
        self.state.lock().acting = None;
    }

    pub fn recreate(&self, name: &str) {
        let mut state = self.state.lock();
        let (uid, version) = (state.next(), state.next());
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {},
            "metadata": {"name": name, "namespace": "ns", "uid": uid, "resourceVersion": version}});
        state.objects.insert(name.to_owned(), object);
        state.handed.insert(name.to_owned());
    }

    pub fn remove(&self, name: &str) {
        self.state.lock().objects.remove(name);
    }

    pub fn hand(&self, name: &str, labels: Option<Value>) {
        hand(&mut self.state.lock(), name, labels);
    }

    pub fn refuse(&self, name: &str) {
        self.state.lock().refused.insert(name.to_owned());
    }

    pub fn race(&self, name: &str) {
        self.state.lock().races.insert(name.to_owned());
    }

    pub fn wrong_deletes(&self) -> Vec<String> {
        self.state.lock().wrong.clone()
    }

    /// Owner and id of every object that carries labels which its owner's apply set, and that the owner does not keep.
    pub fn made(&self) -> Vec<(usize, String)> {
        let state = self.state.lock();
        let ours = |(name, object): &(&String, &Value)| !state.handed.contains(*name) && !is_kept(object);
        let mine = state.objects.iter().filter(ours);
        mine.filter_map(|(name, object)| {
            let index = (0..2).find(|index| owns(object, *index))?;
            Some((index, id(name)))
        })
        .collect()
    }
}

fn id(name: &str) -> String {
    format!("ns_{name}__ConfigMap")
}

fn owns(object: &Value, index: usize) -> bool {
    let (found, wanted) = (&object["metadata"]["labels"], labels(index));
    found[NAME] == wanted[NAME] && found[NAMESPACE] == wanted[NAMESPACE]
}

/// Its owner leaves it behind on purpose.
fn is_kept(object: &Value) -> bool {
    object["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/prune"] == "disabled"
}

fn hand(state: &mut State, name: &str, labels: Option<Value>) {
    let version = state.next();
    let Some(object) = state.objects.get_mut(name) else {
        return;
    };
    object["metadata"]["labels"] = labels.unwrap_or_else(|| json!({}));
    object["metadata"]["resourceVersion"] = json!(version);
    state.handed.insert(name.to_owned());
}

fn answer(state: &mut State, parts: &http::request::Parts, body: &[u8]) -> (u16, Value) {
    let path = parts.uri.path();
    if path == "/api" || path == "/apis" {
        return (200, discovery(path == "/api"));
    }
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    let query = parts.uri.query().unwrap_or_default();
    match parts.method {
        Method::GET => get(state, &name),
        Method::PATCH => patch(state, &name, body, query.contains("dryRun=All")),
        Method::DELETE => delete(state, &name, body),
        _ => refusal(405, "MethodNotAllowed"),
    }
}

fn discovery(core: bool) -> Value {
    let resource = json!({"resource": "configmaps", "responseKind": {"group": "", "version": "v1", "kind": "ConfigMap"},
        "scope": "Namespaced", "verbs": ["get", "watch", "list", "patch", "delete"]});
    let group = json!({"metadata": {"name": ""}, "versions": [{"version": "v1", "freshness": "Current",
        "resources": [resource]}]});
    json!({"kind": "APIGroupDiscoveryList", "items": if core { vec![group] } else { vec![] }})
}

fn refusal(code: u16, reason: &str) -> (u16, Value) {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code,
        "message": reason});
    (code, status)
}

fn get(state: &mut State, name: &str) -> (u16, Value) {
    let found = state.objects.get(name).cloned();
    if state.acting.is_some() && state.races.remove(name) {
        hand(state, name, None);
    }
    found.map_or_else(|| refusal(404, "NotFound"), |object| (200, object))
}

fn patch(state: &mut State, name: &str, body: &[u8], dry_run: bool) -> (u16, Value) {
    let wanted: Value = serde_json::from_slice(body).expect("an object");
    let mut object = state.objects.get(name).cloned().unwrap_or_else(|| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns", "uid": state.next()}})
    });
    let before = object.clone();
    object["data"] = wanted["data"].clone();
    for field in ["labels", "annotations"] {
        let applied = wanted["metadata"][field].as_object().cloned().unwrap_or_default();
        let known = object["metadata"][field].as_object().cloned().unwrap_or_default();
        let mut merged: Map<String, Value> = known;
        merged.extend(applied);
        object["metadata"][field] = Value::Object(merged);
    }
    if object != before || object["metadata"]["resourceVersion"].is_null() {
        object["metadata"]["resourceVersion"] = json!(state.next());
    }
    if !dry_run {
        state.objects.insert(name.to_owned(), object.clone());
        state.handed.remove(name);
    }
    (200, object)
}

fn delete(state: &mut State, name: &str, body: &[u8]) -> (u16, Value) {
    let options: Value = serde_json::from_slice(body).expect("options");
    let Some(object) = state.objects.get(name).cloned() else {
        return refusal(404, "NotFound");
    };
    for field in ["uid", "resourceVersion"] {
        let wanted = &options["preconditions"][field];
        if !wanted.is_null() && *wanted != object["metadata"][field] {
            return refusal(409, "Conflict");
        }
    }
    if state.refused.remove(name) {
        return refusal(403, "Forbidden");
    }
    let right = state.acting.as_ref().is_some_and(|(index, record)| {
        record.contains(&id(name)) && owns(&object, *index) && !is_kept(&object)
    });
    if !right {
        state.wrong.push(format!("{name}: {object}"));
    }
    state.objects.remove(name);
    (
        200,
        json!({"kind": "Status", "apiVersion": "v1", "status": "Success"}),
    )
}
