//! Runs a release's tests: its hooks of the event `test`.

use super::{ActionError, Actions, Ended, missing};

/// Which tests run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFilter {
    /// Name of a hook.
    pub name: String,
    /// Whether it is left out instead of asked for.
    pub exclude: bool,
}

impl Actions<'_> {
    /// Runs the tests of the latest revision; what became of them is in its hooks.
    pub async fn test(&self, name: &str, filters: &[TestFilter]) -> Ended {
        self.try_test(name, filters).await.unwrap_or_else(Ended::nothing)
    }

    async fn try_test(&self, name: &str, filters: &[TestFilter]) -> Result<Ended, ActionError> {
        let history = self.records.history(name).await?;
        let Some(mut release) = history.into_iter().next() else {
            return Err(missing(name, 0));
        };
        let done = self
            .chosen_hooks(&mut release, "test", &|hook| is_chosen(&hook.name, filters))
            .await;
        let stored = self.update(&release).await;
        Ok(Ended {
            release: Some(release),
            result: done.and(stored.map_err(Into::into)),
        })
    }
}

/// Whether a test runs: what is left out never does; when some are asked for, only they do.
pub fn is_chosen(hook: &str, filters: &[TestFilter]) -> bool {
    let named = |exclude| {
        filters
            .iter()
            .any(|filter| filter.exclude == exclude && filter.name == hook)
    };
    let asked = filters.iter().all(|filter| filter.exclude) || named(false);
    asked && !named(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_wins_over_what_is_asked_for() {
        let filter = |name: &str, exclude| TestFilter {
            name: name.into(),
            exclude,
        };
        assert!(is_chosen("a", &[]));
        assert!(is_chosen("a", &[filter("a", false)]) && !is_chosen("b", &[filter("a", false)]));
        assert!(!is_chosen("a", &[filter("a", true)]) && is_chosen("b", &[filter("a", true)]));
        assert!(!is_chosen("a", &[filter("a", false), filter("a", true)]));
    }
}
