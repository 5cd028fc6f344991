//! A renderer that asks, and suppliers that answer or do not.

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::json;
use sluice_model::tree::{File, Node, Tree, TreeBuilder};

use super::*;

fn tree(text: &str) -> Tree {
    let mut builder = TreeBuilder::default();
    let file = Node::File(File::inline(Bytes::copy_from_slice(text.as_bytes()), false));
    builder.add("content", file).expect("adds");
    builder.build()
}

/// Answers each file with its own address; notes what it was asked.
#[derive(Default)]
struct Answers(Mutex<Vec<String>>);

#[async_trait]
impl Supplier for Answers {
    async fn supply(&self, need: &Need, _: &[(String, Arc<dyn TreeRead>)]) -> Result<Supply, RenderError> {
        let Need::File { file } = need else {
            return Err(RenderError::Supply {
                what: "it".into(),
                problem: "no file".into(),
            });
        };
        self.0.lock().push(file.clone());
        Ok(Supply {
            tree: Arc::new(tree(file)),
            used_entropy: false,
        })
    }
}

fn file(address: &str) -> String {
    json!({"file": address}).to_string()
}

/// A render that needs the files in their order, one after another.
async fn needs(supplier: &dyn Supplier, files: &[&str]) -> Result<usize, RenderError> {
    let main: Arc<dyn TreeRead> = Arc::new(tree(""));
    render_supplied(supplier, vec![("source".into(), main)], async |inputs| {
        let held = |address: &&&str| inputs.iter().any(|(name, _)| *name == file(address));
        match files.iter().find(|address| !held(address)) {
            Some(address) => Err(RenderError::NeedsInput(vec![file(address)])),
            None => Ok(inputs.len()),
        }
    })
    .await
}

#[tokio::test]
async fn what_a_render_asks_for_is_supplied_once() {
    let answers = Answers::default();
    assert_eq!(needs(&answers, &["a", "b", "c"]).await, Ok(4));
    assert_eq!(*answers.0.lock(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_render_that_never_has_enough_ends() {
    let answers = Answers::default();
    let many: Vec<String> = (0..40).map(|at| at.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(matches!(
        needs(&answers, &many).await,
        Err(RenderError::NeedsInput(_))
    ));
    assert_eq!(answers.0.lock().len(), MAX_ROUNDS);
    let again = async |_| Err::<(), _>(RenderError::NeedsInput(vec![file("a")]));
    let result = render_supplied(&answers, Vec::new(), again).await;
    assert!(matches!(result, Err(RenderError::NeedsInput(_))));
}

#[tokio::test]
async fn what_cannot_be_had_is_named() {
    let answers = Answers::default();
    let git = json!({"git": "https://host/o/r", "ref": "v1"}).to_string();
    let result = render_supplied(&answers, Vec::new(), async |_| {
        Err::<(), _>(RenderError::NeedsInput(vec![git.clone()]))
    })
    .await;
    assert_eq!(
        result.map_err(|error| error.to_string()),
        Err("failed to get it: no file".into())
    );
    let unknown = async |_| Err::<(), _>(RenderError::NeedsInput(vec!["a file".into()]));
    let result = render_supplied(&answers, Vec::new(), unknown).await;
    assert_eq!(result, Err(RenderError::NeedsInput(vec!["a file".into()])));
}

#[test]
fn needs_are_read_as_they_are_written() {
    let read = |need: serde_json::Value| serde_json::from_value::<Need>(need).expect("a need");
    assert!(matches!(
        read(json!({"git": "u", "ref": ""})),
        Need::Repository { .. }
    ));
    assert!(matches!(
        read(json!({"chart": "c", "version": "1", "repository": "r"})),
        Need::Chart { devel: false, .. }
    ));
    assert!(matches!(
        read(json!({"render": "helm", "chart": "/c", "config": {}})),
        Need::Render { within: None, .. }
    ));
    assert!(serde_json::from_value::<Need>(json!({"file": "u", "exec": "x"})).is_err());
}
