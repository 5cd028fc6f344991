//! Values of a release that stands, kept for the next one (helm, `reuseValues` of `pkg/action/upgrade.go`).

use serde_json::Value as Json;
use sluice_chart::values::from_json;
use sluice_chart::{Chart, Coalescer};
use sluice_go_template::{Map, Value};

use crate::options::Reuse;

/// The user's values with the release's config below them; the chart's values become what the release was made of, so that
/// new defaults of the chart do not count.
pub(crate) fn keep(reuse: &Reuse, chart: &mut Chart, user: &Map, warnings: &mut Vec<String>) -> Map {
    let (values, config) = (map(&reuse.chart_values), map(&reuse.config));
    let mut coalescer = Coalescer::new();
    chart.values = coalescer.former(chart.name(), &values, &config);
    let user = coalescer.below(user, &config);
    warnings.append(&mut coalescer.warnings);
    user
}

fn map(object: &serde_json::Map<String, Json>) -> Map {
    match from_json(Json::Object(object.clone())) {
        Value::Map(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    use serde_json::json;
    use sluice_chart::values::map_to_json;
    use sluice_chart::{Files, Limits, MemoryFiles, load};

    fn chart() -> Chart {
        let files = [
            ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
            ("c/values.yaml", "news: true\na: 9\n"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let files: Rc<dyn Files> = Rc::new(MemoryFiles(files.into()));
        load(&files, "c", Limits::default()).expect("a chart").chart
    }

    /// As `helm upgrade --reuse-values` has it, with a null, a table over a text and new defaults, which do not count.
    #[test]
    fn former_values_lie_below_new_ones() {
        let object = |value: Json| value.as_object().cloned().unwrap_or_default();
        let reuse = Reuse {
            chart_values: object(json!({"a": 1, "t": {"x": 1, "y": 2}, "n": 5})),
            config: object(json!({"t": {"x": 3, "z": null}, "s": "old", "gone": 1})),
        };
        let user = map(&object(json!({"t": {"w": 4}, "gone": null, "s": {"k": 1}})));
        let (mut chart, mut warnings) = (chart(), Vec::new());
        let kept = keep(&reuse, &mut chart, &user, &mut warnings);
        assert_eq!(
            map_to_json(&chart.values),
            json!({"a": 1, "t": {"x": 3, "y": 2, "z": null}, "n": 5, "s": "old", "gone": 1})
        );
        assert_eq!(
            map_to_json(&kept),
            json!({"t": {"w": 4, "x": 3, "z": null}, "s": {"k": 1}})
        );
    }
}
