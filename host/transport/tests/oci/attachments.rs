//! What is attached to an artifact, in registries of many sorts.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};
use sluice_model::Digest;
use sluice_model::port::EndpointError;
use sluice_transport::oci::{Attachment, MAX_ATTACHED, Registry, Wanted};

use crate::bed::{registry, serve};

const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const KIND: &str = "application/x-signature";

/// Status, media type, content coding and body.
type Answer = (u16, &'static str, &'static str, Vec<u8>);

/// A registry of one repository `a`.
#[derive(Default, Clone)]
struct Fake {
    answers: HashMap<String, Answer>,
    asked: Arc<AtomicUsize>,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    fn put(&mut self, path: &str, status: u16, kind: &'static str, body: impl Into<Vec<u8>>) {
        let answer = (status, kind, "identity", body.into());
        self.answers.insert(format!("/v2/a/{path}"), answer);
    }

    /// Puts an image with blobs; the descriptor that an index has of it.
    fn image(&mut self, blobs: &[&str]) -> Value {
        let layers: Vec<Value> = blobs.iter().map(|text| self.blob(text)).collect();
        let manifest = json!({"schemaVersion": 2, "layers": layers}).to_string();
        let digest = Digest::of(manifest.as_bytes()).to_string();
        let size = manifest.len();
        self.put(&format!("manifests/{digest}"), 200, IMAGE, manifest);
        json!({"mediaType": IMAGE, "digest": digest, "size": size})
    }

    fn blob(&mut self, text: &str) -> Value {
        let digest = Digest::of(text.as_bytes()).to_string();
        self.put(&format!("blobs/{digest}"), 200, "application/octet-stream", text);
        json!({"mediaType": KIND, "digest": digest, "size": text.len(), "annotations": {"name": text}})
    }

    async fn registry(&self) -> Registry {
        let fake = self.clone();
        let router = Router::new().fallback(move |uri: Uri| {
            fake.asked.fetch_add(1, Ordering::SeqCst);
            fake.paths.lock().expect("paths").push(uri.path().to_owned());
            let known = fake.answers.get(uri.path()).cloned();
            async move {
                let (status, kind, coding, body) =
                    known.unwrap_or((404, "text/plain", "identity", Vec::new()));
                let status = StatusCode::from_u16(status).expect("a status");
                (
                    status,
                    [("Content-Type", kind), ("Content-Encoding", coding)],
                    body,
                )
                    .into_response()
            }
        });
        registry(&format!("oci://{}/a", serve(router).await), None)
    }
}

fn artifact() -> Digest {
    Digest::of(b"an artifact")
}

fn tag(suffix: &str) -> String {
    format!("manifests/{}{suffix}", artifact().to_string().replace(':', "-"))
}

fn referrers() -> String {
    format!("referrers/{}", artifact())
}

fn index(manifests: &[Value]) -> String {
    json!({"schemaVersion": 2, "manifests": manifests}).to_string()
}

/// All attachments, and whether there were more.
async fn read(fake: &Fake) -> (Vec<Result<String, EndpointError>>, bool) {
    let registry = fake.registry().await;
    let wanted = Wanted {
        suffix: "sig",
        kind: &|kind| kind == KIND,
        max_bytes: 100,
    };
    let mut attachments = registry.attachments(artifact(), wanted);
    let mut found = Vec::new();
    while let Some(next) = attachments.next().await {
        let text = |it: Attachment| {
            assert_eq!(it.media_type, KIND);
            assert_eq!(it.annotations["name"].as_bytes(), it.bytes.as_ref());
            it.annotations["name"].clone()
        };
        found.push(next.map(text));
    }
    (found, attachments.has_more())
}

async fn names(fake: &Fake) -> Vec<String> {
    let found = read(fake).await.0.into_iter();
    found.map(|it| it.expect("is read")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_come_from_the_tag_and_by_reference_the_newest_first() {
    let mut fake = Fake::default();
    assert!(names(&fake).await.is_empty());
    let tagged = fake.image(&["a", "b"]);
    let tagged = fake.answers[&format!("/v2/a/manifests/{}", tagged["digest"].as_str().expect("text"))]
        .3
        .clone();
    fake.put(&tag(".sig"), 200, IMAGE, tagged);
    let (first, second) = (fake.image(&["c"]), fake.image(&["d"]));
    let mut foreign = fake.image(&["not wanted"]);
    foreign["artifactType"] = json!("application/x-bill-of-materials");
    let mut typed = fake.image(&["e"]);
    typed["artifactType"] = json!(KIND);
    let mut unknown = fake.image(&["f"]);
    unknown["artifactType"] = json!("application/vnd.dev.cosign.artifact.sig.v1+json");
    fake.put(
        &referrers(),
        200,
        INDEX,
        index(&[first, second, foreign, typed, unknown]),
    );
    // what is of a type of its own comes last
    assert_eq!(names(&fake).await, ["b", "a", "e", "d", "c", "f", "not wanted"]);
}

/// Registries without the endpoint say so in their own way; the index stands under a tag then.
#[tokio::test(flavor = "multi_thread")]
async fn the_tag_schema_is_read_where_there_is_no_endpoint() {
    for (status, kind) in [
        (404, "text/plain"),
        (400, "application/json"),
        (405, "text/plain"),
        (406, "text/plain"),
        (501, "text/plain"),
        (200, "text/html"),
    ] {
        let mut fake = Fake::default();
        let one = fake.image(&["a"]);
        fake.put(&referrers(), status, kind, "no such page");
        assert!(names(&fake).await.is_empty(), "{status}");
        fake.put(&tag(""), 200, INDEX, index(&[one]));
        assert_eq!(names(&fake).await, ["a"], "{status}");
        // whoever may write tags can put something else there
        fake.put(
            &tag(""),
            200,
            IMAGE,
            json!({"schemaVersion": 2, "layers": []}).to_string(),
        );
        assert!(names(&fake).await.is_empty(), "{status}");
    }
}

/// What is malformed, gone, larger than it says or than is wanted does not hide the others.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_attachment_hides_no_other() {
    let mut fake = Fake::default();
    fake.put(&tag(".sig"), 200, IMAGE, "{");
    let good = fake.image(&["good"]);
    let gone = json!({"mediaType": IMAGE, "digest": Digest::of(b"gone").to_string(), "size": 1});
    let other = json!({"mediaType": IMAGE, "digest": Digest::of(b"other").to_string(), "size": 5});
    fake.put(
        &format!("manifests/{}", Digest::of(b"other")),
        200,
        IMAGE,
        "an other text",
    );
    let huge = json!({"mediaType": IMAGE, "digest": Digest::of(b"huge").to_string(), "size": 5 << 20});
    let mut layers = vec![fake.blob("fine")];
    for (digest, size) in [
        (Digest::of(b"absent").to_string(), 6),
        (Digest::of(b"fine").to_string(), 3),
        (
            Digest::of(b"fine")
                .to_string()
                .to_uppercase()
                .replace("SHA256", "sha256"),
            4,
        ),
        ("sha256:short".to_owned(), 4),
        (Digest::of(b"large").to_string(), 101),
    ] {
        layers.push(
            json!({"mediaType": KIND, "digest": digest, "size": size, "annotations": {"name": "fine"}}),
        );
    }
    let manifest = json!({"schemaVersion": 2, "layers": layers}).to_string();
    let digest = Digest::of(manifest.as_bytes()).to_string();
    fake.put("blobs/sha256:short", 200, "application/octet-stream", "fine");
    let mixed = json!({"mediaType": IMAGE, "digest": digest, "size": manifest.len()});
    fake.put(&format!("manifests/{digest}"), 200, IMAGE, manifest);
    let malformed = json!({"mediaType": IMAGE, "digest": "latest", "size": 1});
    let all = [good, gone, other, huge, mixed, malformed];
    fake.put(&referrers(), 200, INDEX, index(&all));
    let (found, _) = read(&fake).await;
    let (read, broken): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
    let read: Vec<String> = read.into_iter().flatten().collect();
    // a digest in capitals is the same digest
    assert_eq!(read, ["fine", "fine", "good"]);
    // the blob of another size, and the manifest that is another text
    assert!(
        matches!(
            &broken[..],
            [Err(EndpointError::Failed(_)), Err(EndpointError::Failed(_))]
        ),
        "{broken:?}"
    );
    let paths = fake.paths.lock().expect("paths").clone();
    assert!(paths.iter().all(|path| !path.contains("short")), "{paths:?}");
}

/// One that cannot be read now is told, and the others come all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_that_cannot_be_read_is_told() {
    let mut fake = Fake::default();
    let (first, second) = (fake.image(&["a"]), fake.image(&["b"]));
    let path = format!("manifests/{}", second["digest"].as_str().expect("text"));
    fake.put(&path, 503, "text/plain", "");
    fake.put(&referrers(), 200, INDEX, index(&[first, second]));
    let (found, _) = read(&fake).await;
    assert!(
        matches!(&found[..], [Err(EndpointError::Transient { message, .. }), Ok(name)] if message.contains("503") && name == "a"),
        "{found:?}"
    );
    fake.put(&referrers(), 429, "text/plain", "");
    let (found, _) = read(&fake).await;
    assert!(
        matches!(&found[..], [Err(EndpointError::Transient { .. })]),
        "{found:?}"
    );
}

/// Whoever can write there can put any number of attachments there.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_bounded() {
    let mut fake = Fake::default();
    let images: Vec<Value> = (0..MAX_ATTACHED + 20)
        .map(|at| fake.image(&[&at.to_string()]))
        .collect();
    fake.put(&referrers(), 200, INDEX, index(&images));
    let (found, has_more) = read(&fake).await;
    assert!(has_more && found.len() == MAX_ATTACHED);
    let newest = found[0].as_ref().expect("is read");
    assert_eq!(*newest, (MAX_ATTACHED + 19).to_string());
    let blobs: Vec<String> = (0..MAX_ATTACHED + 20).map(|at| at.to_string()).collect();
    let blobs: Vec<&str> = blobs.iter().map(String::as_str).collect();
    let one = fake.image(&blobs);
    fake.put(&referrers(), 200, INDEX, index(&[one]));
    let before = fake.asked.load(Ordering::SeqCst);
    let (found, has_more) = read(&fake).await;
    assert!(has_more && found.len() == MAX_ATTACHED);
    let asked = fake.asked.load(Ordering::SeqCst) - before;
    assert!(asked < 2 * MAX_ATTACHED + 20, "{asked}");
}

/// O2: five million bytes that come as five thousand.
#[tokio::test(flavor = "multi_thread")]
async fn o2_what_unpacks_to_more_than_a_manifest_may_have_is_refused() {
    let mut fake = Fake::default();
    let bomb = include_bytes!("../data/zeros.gz").to_vec();
    let answer = (200, INDEX, "gzip", bomb);
    fake.answers.insert(format!("/v2/a/{}", referrers()), answer);
    let (found, _) = read(&fake).await;
    assert!(
        matches!(&found[..], [Err(EndpointError::Failed(text))] if text.contains("larger than 4194304 bytes")),
        "{found:?}"
    );
}
