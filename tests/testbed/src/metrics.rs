//! Reads the Prometheus text format.

use std::collections::BTreeMap;

/// One sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// For example `gotk_reconcile_duration_seconds_count`.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// All samples of one scrape.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// In their order.
    pub samples: Vec<Sample>,
}

impl Metrics {
    /// Parses a scrape; lines that are no samples are skipped.
    pub fn parse(text: &str) -> Self {
        Self {
            samples: text
                .lines()
                .filter(|line| !line.starts_with('#'))
                .filter_map(parse_sample)
                .collect(),
        }
    }

    /// The sum of a metric over all samples whose labels include `labels`; 0 when there is none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |sample: &&Sample| {
            sample.name == name
                && labels
                    .iter()
                    .all(|(key, value)| sample.labels.get(*key).is_some_and(|it| it == value))
        };
        self.samples.iter().filter(fits).map(|sample| sample.value).sum()
    }

    /// Whether there is any sample of this name.
    pub fn has(&self, name: &str) -> bool {
        self.samples.iter().any(|sample| sample.name == name)
    }
}

fn parse_sample(line: &str) -> Option<Sample> {
    let (series, rest) = match line.find('{') {
        Some(open) => {
            let close = open + line[open..].rfind('}')?;
            ((&line[..open], &line[open + 1..close]), &line[close + 1..])
        }
        None => {
            let (name, rest) = line.split_once(' ')?;
            ((name, ""), rest)
        }
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some(Sample {
        name: series.0.to_owned(),
        labels: parse_labels(series.1),
        value,
    })
}

fn parse_labels(mut text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while let Some((key, rest)) = text.split_once("=\"") {
        let mut value = String::new();
        let mut escaped = false;
        let mut end = rest.len();
        for (at, character) in rest.char_indices() {
            match character {
                _ if escaped => {
                    value.push(if character == 'n' { '\n' } else { character });
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    end = at + 1;
                    break;
                }
                _ => value.push(character),
            }
        }
        labels.insert(key.trim_start_matches([',', ' ']).to_owned(), value);
        text = &rest[end..];
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_samples_by_labels() {
        let metrics = Metrics::parse(
            "# TYPE x counter\nx_total{kind=\"A\",name=\"a\\\"}b\"} 2\nx_total{kind=\"B\",name=\"c\"} 3.5\nup 1\n# EOF\n",
        );
        assert_eq!(metrics.sum("x_total", &[]), 5.5);
        assert_eq!(metrics.sum("x_total", &[("kind", "A")]), 2.0);
        assert_eq!(metrics.samples[0].labels["name"], "a\"}b");
        assert_eq!(metrics.sum("up", &[]), 1.0);
        assert!(!metrics.has("down"));
    }
}
