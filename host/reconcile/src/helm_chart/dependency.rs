//! Dependencies of a chart in other repositories: each is a chart of a HelmRepository of the same namespace with that
//! address, or of a repository that asks for no credentials.

use serde::Deserialize;
use sluice_api::{HelmChart, HelmRepositorySpec};
use sluice_fetch::helm::{
    ChartFetch, HelmFetchError, IndexFetch, Wanted, chart_tree, index_tree, is_oci, normalize_url,
};
use sluice_model::Tree;
use sluice_model::condition::types;

use crate::helm_repository::secrets;
use crate::index::Target;
use crate::key::ObjectKey;
use crate::source::{Failure, Pass};

/// What the plugin asks for.
#[derive(Deserialize)]
struct Needed {
    chart: String,
    version: String,
    repository: String,
}

impl Pass<'_, HelmChart> {
    /// The packed chart that a dependency stands for.
    pub(super) async fn dependency(&mut self, name: &str) -> Result<Tree, Failure> {
        let needed: Needed = serde_json::from_str(name).map_err(|error| {
            let message = format!("dependency build error: the plugin asks for no dependency: {error}");
            Failure::new(types::BUILD_FAILED, "DependencyBuildError", message)
        })?;
        let fetched = self.fetch_dependency(&needed).await;
        fetched.map_err(|failure| {
            let error = HelmFetchError::Dependency {
                name: needed.chart,
                problem: failure.message,
            };
            error.into()
        })
    }

    async fn fetch_dependency(&mut self, needed: &Needed) -> Result<Tree, Failure> {
        let wanted = Wanted {
            chart: needed.chart.clone(),
            version: needed.version.clone(),
            ..Wanted::default()
        };
        let (spec, index) = self.repository_at(&needed.repository).await?;
        let (secret, tls) = secrets(&spec);
        let options = self.options(secret, tls).await?;
        let using = (self.engine().transport.as_ref(), options);
        let fetch = ChartFetch::of_repository(&spec, index, &wanted, self.plugin()?, using)?;
        let version = self
            .phase("building artifact: resolving dependencies", fetch.resolve())
            .await?;
        let chart = self
            .phase("building artifact: fetching dependencies", fetch.fetch(&version))
            .await?;
        Ok(chart_tree(chart.bytes))
    }

    /// The repository with this address, by name the first of several, and its index.
    async fn repository_at(&mut self, url: &str) -> Result<(HelmRepositorySpec, Option<Tree>), Failure> {
        let (namespace, wanted) = (&self.work.key.namespace, normalize_url(url));
        let mut found = self.engine().stores.helm_repositories.list();
        found.retain(|object| {
            object.metadata.namespace.as_ref() == Some(namespace) && normalize_url(&object.spec.url) == wanted
        });
        found.sort_by(|left, right| left.metadata.name.cmp(&right.metadata.name));
        let spec = match found.first() {
            Some(object) if is_oci(&object.spec) => return Ok((object.spec.clone(), None)),
            Some(object)
                if object
                    .status
                    .as_ref()
                    .is_some_and(|status| status.artifact.is_some()) =>
            {
                let source = Target::new("HelmRepository", ObjectKey::of(object.as_ref()));
                let (index, _) = self.index_of(object, &source).await?;
                return Ok((object.spec.clone(), Some(index)));
            }
            Some(object) => object.spec.clone(),
            None => anonymous(url)?,
        };
        if spec.url.starts_with("oci://") {
            return Ok((spec, None));
        }
        let index = self.fetch_index(&spec).await?;
        Ok((spec, Some(index)))
    }

    /// The index of a repository that no object keeps current.
    async fn fetch_index(&mut self, spec: &HelmRepositorySpec) -> Result<Tree, Failure> {
        let (secret, tls) = secrets(spec);
        let options = self.options(secret, tls).await?;
        let fetch = IndexFetch::new(spec, self.plugin()?, &self.engine().transport, options)?;
        let revision = self
            .phase("building artifact: resolving dependencies", fetch.resolve())
            .await?;
        let index = self
            .phase(
                "building artifact: resolving dependencies",
                fetch.fetch(&revision),
            )
            .await?;
        Ok(index_tree(index))
    }
}

/// A repository that nothing is known of but its address.
fn anonymous(url: &str) -> Result<HelmRepositorySpec, Failure> {
    let spec = serde_json::json!({"url": url, "provider": "generic"});
    serde_json::from_value(spec).map_err(|error| {
        let message = format!("no repository at '{url}': {error}");
        Failure::new(types::BUILD_FAILED, "DependencyBuildError", message)
    })
}
