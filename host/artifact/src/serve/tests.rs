//! The artifact server as an HTTP client sees it.

use axum::body::to_bytes;
use indexmap::IndexMap;
use sluice_model::Artifact;
use tower::ServiceExt;

use super::*;
use crate::archive::tests::tree;
use crate::{Content, Owner, StoreConfig};

struct Site {
    _folder: tempfile::TempDir,
    router: Router,
    artifact: Artifact,
    bytes: Vec<u8>,
}

fn site() -> Site {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = ArtifactStore::open(StoreConfig::new(folder.path(), "x")).expect("opens");
    let owner = Owner::new("GitRepository", "ns", "name").expect("plain names");
    let (tree, metadata) = (tree(&[("a.yaml", b"a: 1", false)]), IndexMap::new());
    let content = Content {
        revision: "main@sha1:0a",
        stem: "0a",
        tree: &tree,
        metadata: &metadata,
    };
    let artifact = store.put(&owner, &content).expect("stores");
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("gitrepository/ns/name/p.gz"))
        .expect("links");
    let bytes = std::fs::read(folder.path().join(&artifact.path)).expect("reads");
    Site {
        _folder: folder,
        router: router(store),
        artifact,
        bytes,
    }
}

impl Site {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("is a request");
        let response = self.router.clone().oneshot(request).await.expect("answers");
        let (head, body) = response.into_parts();
        (
            head.status,
            head.headers,
            to_bytes(body, 1 << 20).await.expect("reads").to_vec(),
        )
    }

    fn path(&self) -> String {
        format!("/{}", self.artifact.path)
    }
}

#[tokio::test]
async fn serves_whole_files_heads_and_ranges() {
    let site = site();
    let (status, headers, body) = site.ask(Method::GET, &site.path(), &[]).await;
    assert_eq!((status, &body), (StatusCode::OK, &site.bytes));
    assert_eq!(headers["content-type"], "application/gzip");
    assert_eq!(headers["content-length"], site.artifact.size.to_string());

    let (status, head, body) = site.ask(Method::HEAD, &site.path(), &[]).await;
    assert_eq!(
        (status, body.len(), &head["content-length"]),
        (StatusCode::OK, 0, &headers["content-length"])
    );

    let (status, part, body) = site
        .ask(Method::GET, &site.path(), &[("range", "bytes=3-5")])
        .await;
    assert_eq!(
        (status, body.as_slice()),
        (StatusCode::PARTIAL_CONTENT, &site.bytes[3..6])
    );
    assert_eq!(part["content-range"], format!("bytes 3-5/{}", site.artifact.size));
    let (status, _, _) = site
        .ask(Method::GET, &site.path(), &[("range", "bytes=99999-")])
        .await;
    assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE);

    let since = headers["last-modified"].to_str().expect("is text");
    let (status, _, body) = site
        .ask(Method::GET, &site.path(), &[("if-modified-since", since)])
        .await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    let (status, _, _) = site.ask(Method::GET, "/", &[]).await;
    assert_eq!(status, StatusCode::OK, "the readiness probe asks for the root");
    let (status, _, _) = site.ask(Method::POST, &site.path(), &[]).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}

/// A1: no path leads out of the storage folder, into our own files, or to a listing.
#[tokio::test]
async fn nothing_but_artifacts_is_served() {
    let site = site();
    for path in [
        "/../../../etc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/gitrepository/ns/name/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/gitrepository/ns/name/p.gz",
        "/gitrepository/ns/name",
        "/gitrepository/ns/name/",
        "/.index/gitrepository/ns/name/0a.tar.gz.json",
        "/.memo/outputs/x",
        "/gitrepository/ns/name/%00",
        "//etc/passwd",
    ] {
        let (status, _, body) = site.ask(Method::GET, path, &[]).await;
        let text = String::from_utf8_lossy(&body);
        assert!(
            !status.is_success() && !text.contains("root:"),
            "{path}: {status}"
        );
        assert!(!text.contains("passwd"), "{path}: {text}");
    }
}
