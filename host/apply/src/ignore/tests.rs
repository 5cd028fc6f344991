use super::*;
use serde_json::json;

fn object(value: Value) -> Object {
    Object::from_value(value).expect("a map")
}

fn deployment(replicas: u32, image: &str, fields: Value) -> Object {
    object(
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "a",
        "labels": {"tier": "front"}, "managedFields": [{"manager": "scaler", "operation": "Apply", "fieldsV1": fields}]},
        "spec": {"replicas": replicas, "containers": [{"name": "x", "image": image}]}}),
    )
}

fn rules(paths: &[&str], target: Option<IgnoreTarget>) -> IgnoreRules {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    IgnoreRules::compile(&[IgnoreRule { paths, target }]).expect("rules")
}

#[test]
fn targets_are_whole_texts_and_selectors() {
    let target = |change: fn(&mut IgnoreTarget)| {
        let mut target = IgnoreTarget::default();
        change(&mut target);
        let rules = rules(&["/spec/replicas"], Some(target));
        rules.pointers(&deployment(1, "i", json!({}))).count() == 1
    };
    assert!(target(|t| t.kind = "Deploy.*".into()) && !target(|t| t.kind = "Deploy".into()));
    assert!(target(|t| t.label_selector = "tier in (front)".into()));
    assert!(!target(|t| t.annotation_selector = "tier".into()));
    assert!(
        !target(|t| t.name = "w|b".into()),
        "anchored around the alternatives"
    );
    let broken = IgnoreTarget {
        name: "(".into(),
        ..IgnoreTarget::default()
    };
    let error = IgnoreRules::compile(&[IgnoreRule {
        paths: vec![],
        target: Some(broken),
    }])
    .expect_err("regex");
    assert_eq!(error.field, "target.name");
    assert!(
        IgnoreRules::compile(&[IgnoreRule {
            paths: vec!["spec".into()],
            target: None
        }])
        .is_err()
    );
}

#[test]
fn ignored_fields_are_no_drift() {
    let (live, merged) = (deployment(5, "i", json!({})), deployment(1, "i", json!({})));
    let (left, right) = rules(&["/spec/replicas", "/not/there"], None)
        .without(&live, &merged)
        .expect("some");
    assert_eq!(left, right);
    assert!(IgnoreRules::default().without(&live, &merged).is_none());
}

#[test]
fn what_another_applies_is_left_out_and_the_rest_is_sent_as_it_stands() {
    let merged = deployment(1, "i", json!({}));
    let all = rules(&["/spec/replicas", "/spec/containers/0/image"], None);
    let scaled = deployment(5, "live", json!({"f:spec": {"f:replicas": {}}}));
    let payload = all.payload(merged.clone(), &scaled, &merged, "ours");
    assert_eq!(
        payload.0["spec"],
        json!({"containers": [{"name": "x", "image": "live"}]})
    );

    let keyed = json!({"f:spec": {"f:containers": {"k:{\"name\":\"x\"}": {"f:image": {}}}}});
    let imaged = deployment(5, "live", keyed);
    let payload = all.payload(merged.clone(), &imaged, &merged, "ours");
    assert_eq!(
        payload.0["spec"],
        json!({"replicas": 5, "containers": [{"name": "x"}]})
    );
}
