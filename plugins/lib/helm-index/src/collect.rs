//! Collects the versions of an index chart by chart: only one chart's are in memory as data, the others as text.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::Value;

use crate::chart::{self, Rank};
use crate::convert::{IndexError, Limits};

/// A chart's versions while they are read.
struct Open {
    name: String,
    versions: Vec<(Rank, String)>,
}

/// What was read so far.
pub(crate) struct Collector<'l> {
    limits: &'l Limits,
    open: Option<Open>,
    charts: BTreeMap<String, String>,
    pub(crate) versions: usize,
    pub(crate) dropped: usize,
    seen: usize,
    bytes: usize,
}

impl<'l> Collector<'l> {
    pub(crate) fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            open: None,
            charts: BTreeMap::new(),
            versions: 0,
            dropped: 0,
            seen: 0,
            bytes: 0,
        }
    }

    /// A chart begins.
    pub(crate) fn begin(&mut self, name: &str) -> Result<(), IndexError> {
        if self.open.as_ref().is_some_and(|open| open.name == name) {
            return Ok(());
        }
        self.close()?;
        self.count(name.len())?;
        self.open = Some(Open {
            name: name.to_owned(),
            versions: Vec::new(),
        });
        Ok(())
    }

    /// A version of the chart that began last.
    pub(crate) fn add(&mut self, value: Value) -> Result<(), IndexError> {
        self.seen += 1;
        if self.seen > self.limits.max_versions {
            return Err(IndexError::Versions(self.limits.max_versions));
        }
        let Value::Object(mut entry) = value else {
            self.dropped += 1;
            return Ok(());
        };
        let Some(rank) = chart::check(&mut entry) else {
            self.dropped += 1;
            return Ok(());
        };
        let text = Value::Object(entry).to_string();
        self.count(text.len())?;
        if let Some(open) = &mut self.open {
            open.versions.push((rank, text));
            self.versions += 1;
        }
        Ok(())
    }

    /// Bounds what aliases may make of a small text.
    fn count(&mut self, bytes: usize) -> Result<(), IndexError> {
        self.bytes = self.bytes.saturating_add(bytes + 4);
        if self.bytes > self.limits.max_bytes.saturating_mul(2) {
            return Err(IndexError::Size(self.limits.max_bytes));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), IndexError> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        // stable: of equal ones the first stays first
        open.versions.sort_by(|(left, _), (right, _)| right.cmp(left));
        let size = open
            .versions
            .iter()
            .map(|(_, text)| text.len() + 1)
            .sum::<usize>();
        let mut list = String::with_capacity(size + 2);
        list.push('[');
        for (at, (_, text)) in open.versions.iter().enumerate() {
            if at > 0 {
                list.push(',');
            }
            list.push_str(text);
        }
        list.push(']');
        match self.charts.entry(open.name) {
            Entry::Vacant(vacant) => {
                vacant.insert(list);
                Ok(())
            }
            Entry::Occupied(occupied) => Err(IndexError::Twice(occupied.key().clone())),
        }
    }

    /// The entries as a JSON object, after what `head` holds.
    pub(crate) fn finish(mut self, head: &str) -> Result<(String, usize), IndexError> {
        self.close()?;
        let size = self
            .charts
            .iter()
            .map(|(name, list)| name.len() + list.len() + 8)
            .sum::<usize>();
        let mut json = String::with_capacity(head.len() + size + 32);
        json.push('{');
        json.push_str(head);
        json.push_str(",\"entries\":{");
        let charts = self.charts.len();
        for (at, (name, list)) in self.charts.into_iter().enumerate() {
            if at > 0 {
                json.push(',');
            }
            json.push_str(&Value::String(name).to_string());
            json.push(':');
            json.push_str(&list);
        }
        json.push_str("}}");
        Ok((json, charts))
    }
}
