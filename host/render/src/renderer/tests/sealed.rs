//! Renders whose sources are decrypted: what is read, kept and told apart.

use async_trait::async_trait;
use sluice_model::Object;
use sluice_model::port::DecryptError;
use sluice_model::tree::{Entry, Stat, TreeError};

use super::*;

/// Turns the files `a` into its word, and marks objects; its key is the word.
struct Seal(&'static str);

struct Opened(Arc<dyn TreeRead>, &'static str);

impl TreeRead for Opened {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, TreeError> {
        self.0.entries(dir)
    }

    fn stat(&self, path: &str) -> Result<Stat, TreeError> {
        self.0.stat(path)
    }

    fn read(&self, path: &str) -> Result<Bytes, TreeError> {
        match path {
            "a" => Ok(Bytes::from_static(self.1.as_bytes())),
            path => self.0.read(path),
        }
    }

    fn id(&self, path: &str) -> Result<Option<Digest>, TreeError> {
        self.0.id(path)
    }
}

#[async_trait]
impl Decryptor for Seal {
    fn fingerprint(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }

    async fn open(&self, tree: Arc<dyn TreeRead>, _: &str) -> Result<Arc<dyn TreeRead>, DecryptError> {
        if self.0 == "wrong" {
            return Err(DecryptError {
                place: "file \"a\"".into(),
                reason: "no key".into(),
            });
        }
        Ok(Arc::new(Opened(tree, self.0)))
    }

    async fn objects(&self, mut objects: Vec<Object>) -> Result<Vec<Object>, DecryptError> {
        objects
            .iter_mut()
            .for_each(|object| object.set_label("by", self.0));
        Ok(objects)
    }
}

fn sealed<'a>(plugin: &'a Double, tree: &Arc<dyn TreeRead>, word: &'static str) -> RenderInput<'a, Double> {
    RenderInput {
        decryptor: Some(Arc::new(Seal(word))),
        ..input(plugin, tree)
    }
}

#[tokio::test]
async fn what_is_decrypted_is_read_kept_in_memory_and_answered_for_the_same_keys_only() {
    let (renderer, memo) = renderer();
    let (plugin, tree) = (
        Double::default(),
        tree(&files(&[("list", "a"), ("a", "ciphertext")])),
    );
    let first = renderer
        .render(sealed(&plugin, &tree, "one"))
        .await
        .expect("renders");
    let object = &first.manifests.objects[0];
    assert_eq!(
        (object.0["data"][0].as_str(), object.label("by")),
        (Some("one"), Some("one"))
    );
    assert!(
        !memo.outputs.lock()[&first.digest].1,
        "though the input says durable"
    );

    assert_eq!(renderer.check(&sealed(&plugin, &tree, "one")), Some(first.digest));
    assert!(
        renderer
            .render(sealed(&plugin, &tree, "one"))
            .await
            .expect("renders")
            .memo_hit
    );
    assert_eq!(renderer.check(&sealed(&plugin, &tree, "two")), None);
    let other = renderer
        .render(sealed(&plugin, &tree, "two"))
        .await
        .expect("renders");
    assert_eq!(other.manifests.objects[0].0["data"][0], "two");
    assert_eq!(
        renderer.check(&input(&plugin, &tree)),
        None,
        "and not without keys"
    );
    let plain = renderer.render(input(&plugin, &tree)).await.expect("renders");
    assert_eq!(plain.manifests.objects[0].0["data"][0], "ciphertext");

    // the trace holds the ciphertext's id: another ciphertext is another render
    let mut changed = files(&[("list", "a"), ("a", "another ciphertext"), ("unread", "x")]);
    let new = super::tree(&changed);
    assert_eq!(renderer.check(&sealed(&plugin, &new, "one")), None);
    changed.insert("a".into(), ("ciphertext".into(), false));
    let back = super::tree(&changed);
    assert_eq!(renderer.check(&sealed(&plugin, &back, "one")), Some(first.digest));
}

#[tokio::test]
async fn what_does_not_open_fails_the_build_and_calls_no_plugin() {
    let (renderer, _) = renderer();
    let (plugin, tree) = (
        Double::default(),
        tree(&files(&[("list", "a"), ("a", "ciphertext")])),
    );
    let error = renderer
        .render(sealed(&plugin, &tree, "wrong"))
        .await
        .expect_err("fails");
    assert_eq!(error.reason(), "BuildFailed");
    assert_eq!(error.to_string(), "failed to decrypt file \"a\": no key");
}
