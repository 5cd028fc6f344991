//! The former ids of an object. kustomize keeps them in three comma-separated annotations, and what is lost there is lost.

/// A former id of an object. Group and version are those of today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PreviousId {
    pub namespace: String,
    pub name: String,
    pub kind: String,
}

impl PreviousId {
    /// Each part is one entry of its list: empty texts are left out there, and commas separate.
    fn is_regular(&self) -> bool {
        [&self.namespace, &self.name, &self.kind]
            .into_iter()
            .all(|part| !part.is_empty() && !part.contains(','))
    }
}

/// Names, namespaces and kinds as the annotations hold them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Columns {
    names: Vec<String>,
    namespaces: Vec<String>,
    kinds: Vec<String>,
}

impl Columns {
    fn of(ids: &[PreviousId]) -> Self {
        let column = |part: fn(&PreviousId) -> &String| ids.iter().map(|id| part(id).clone()).collect();
        Self {
            names: column(|id| &id.name),
            namespaces: column(|id| &id.namespace),
            kinds: column(|id| &id.kind),
        }
    }

    fn push(&mut self, id: &PreviousId) {
        let append = |column: &mut Vec<String>, text: &str| {
            if !text.is_empty() {
                column.extend(text.split(',').map(str::to_owned));
            }
        };
        append(&mut self.names, &id.name);
        append(&mut self.namespaces, &id.namespace);
        append(&mut self.kinds, &id.kind);
    }

    /// The ids that kustomize reads again; nothing when the lists have different lengths.
    fn ids(&self) -> Option<Vec<PreviousId>> {
        if self.names.is_empty() {
            return Some(Vec::new());
        }
        // A missing annotation reads as one empty text.
        let missing = [String::new()];
        let or_missing = |column: &'_ [String]| column.is_empty().then(|| missing.to_vec());
        let namespaces = or_missing(&self.namespaces).unwrap_or_else(|| self.namespaces.clone());
        let kinds = or_missing(&self.kinds).unwrap_or_else(|| self.kinds.clone());
        if self.names.len() != namespaces.len() || self.names.len() != kinds.len() {
            return None;
        }
        let ids = self.names.iter().cloned().zip(namespaces).zip(kinds);
        Some(
            ids.map(|((name, namespace), kind)| PreviousId {
                namespace,
                name,
                kind,
            })
            .collect(),
        )
    }
}

/// Former ids, the first one first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct History {
    ids: Vec<PreviousId>,
    /// The lists themselves, once they say something else than the ids that were put in.
    columns: Option<Box<Columns>>,
    uneven: bool,
}

impl History {
    /// The ids that can be told apart.
    pub fn ids(&self) -> &[PreviousId] {
        &self.ids
    }

    /// True without any former id.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.columns.is_none()
    }

    /// True when the lists have different lengths, which kustomize refuses.
    pub fn is_uneven(&self) -> bool {
        self.uneven
    }

    /// Remembers an id.
    pub fn push(&mut self, id: PreviousId) {
        if self.columns.is_none() && id.is_regular() {
            self.ids.push(id);
            return;
        }
        let mut columns = self.columns();
        columns.push(&id);
        self.settle(columns);
    }

    /// Takes up what an object has in annotations.
    pub fn extend(&mut self, names: Vec<String>, namespaces: Vec<String>, kinds: Vec<String>) {
        if names.is_empty() && namespaces.is_empty() && kinds.is_empty() {
            return;
        }
        let mut columns = self.columns();
        columns.names.extend(names);
        columns.namespaces.extend(namespaces);
        columns.kinds.extend(kinds);
        self.settle(columns);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Names, namespaces and kinds as annotations hold them; empty ones are not there.
    pub fn texts(&self) -> [String; 3] {
        let columns = self.columns();
        [columns.names, columns.namespaces, columns.kinds].map(|column| column.join(","))
    }

    fn columns(&self) -> Columns {
        match &self.columns {
            Some(columns) => Columns::clone(columns),
            None => Columns::of(&self.ids),
        }
    }

    fn settle(&mut self, columns: Columns) {
        let ids = columns.ids();
        self.uneven = ids.is_none();
        self.ids = ids.unwrap_or_default();
        self.columns = Some(Box::new(columns));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(namespace: &str, name: &str, kind: &str) -> PreviousId {
        PreviousId {
            namespace: namespace.into(),
            name: name.into(),
            kind: kind.into(),
        }
    }

    #[test]
    fn commas_separate_ids() {
        let mut history = History::default();
        history.push(id("default", "a,b", "X"));
        assert!(history.is_uneven() && history.ids().is_empty());
        history.push(id("default", "", "X"));
        assert!(!history.is_uneven());
        assert_eq!(history.ids(), [id("default", "a", "X"), id("default", "b", "X")]);
    }

    #[test]
    fn an_object_that_never_had_a_name_has_no_former_id() {
        let mut history = History::default();
        history.push(id("default", "", "X"));
        assert!(!history.is_uneven() && history.ids().is_empty() && !history.is_empty());
        assert_eq!(history.texts(), ["", "default", "X"]);
    }

    #[test]
    fn one_missing_kind_reads_as_an_empty_one() {
        let mut history = History::default();
        history.push(id("default", "a", ""));
        assert_eq!(history.ids(), [id("default", "a", "")]);
        history.push(id("default", "a", ""));
        assert!(history.is_uneven());
    }

    #[test]
    fn regular_ids_stay_as_they_are() {
        let mut history = History::default();
        history.push(id("default", "a", "X"));
        history.push(id("x", "b", "X"));
        assert_eq!(history.ids().len(), 2);
        assert_eq!(history.texts(), ["a,b", "default,x", "X,X"]);
    }
}
