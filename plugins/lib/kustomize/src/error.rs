//! Why a build failed, in the words that users of kustomize know.
//!
//! `Display` tells the whole story; `source` is empty on purpose, so that nothing is told twice.

use crate::files::FilesError;

/// What a function of this crate gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed build. The innermost variant says what went wrong; [`Error::Within`] adds where.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something failed inside of something else.
    #[error("{what}: {cause}")]
    Within {
        /// The operation with its nouns.
        what: String,
        /// What failed.
        cause: Box<Error>,
    },
    /// A file could not be read.
    #[error("open {path}: {reason}")]
    Read {
        /// As the kustomization led to it.
        path: String,
        /// The store's answer.
        reason: FilesError,
    },
    /// A path that leaves the tree that the build may see.
    #[error("security; path '{path}' leaves the source's root")]
    Escape {
        /// As written.
        path: String,
    },
    /// The load restriction forbids the file.
    #[error("security; file '{path}' is not in or below '{root}'")]
    Outside {
        /// The file.
        path: String,
        /// The directory of the kustomization that asks for it.
        root: String,
    },
    /// A directory where a file is needed.
    #[error("'{path}' must resolve to a file")]
    NotAFile {
        /// The directory.
        path: String,
    },
    /// No directory to build.
    #[error("must build at directory: {reason}")]
    NotADirectory {
        /// The path.
        path: String,
        /// Why not.
        reason: String,
    },
    /// Neither a file nor a base.
    #[error("accumulation err='{file}': {base}")]
    Accumulate {
        /// Why it is no file.
        file: Box<Error>,
        /// Why it is no base.
        base: Box<Error>,
    },
    /// A base that contains a kustomization which led to it.
    #[error("cycle detected: candidate root '{candidate}' contains visited root '{visited}'")]
    Cycle {
        /// The base.
        candidate: String,
        /// Where the build already is.
        visited: String,
    },
    /// A directory without a kustomization.
    #[error(
        "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{directory}'"
    )]
    NoKustomization {
        /// The directory.
        directory: String,
    },
    /// More than one kustomization file.
    #[error("Found multiple kustomization files under: {directory}")]
    ManyKustomizations {
        /// The directory.
        directory: String,
    },
    /// A kustomization that says nothing.
    #[error("kustomization.yaml is empty: {file}")]
    EmptyKustomization {
        /// The file.
        file: String,
    },
    /// A file of kustomize's own formats with a wrong field.
    #[error("invalid {what}: {reason} in {file}")]
    Config {
        /// Kustomization, configuration, plugin config...
        what: &'static str,
        /// Where.
        file: String,
        /// The dotted path of the field, empty when the whole file is meant.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// A kind or apiVersion of a kustomization that is not known, or not allowed where it stands.
    #[error("Failed to read kustomization file under {directory}: {reason}")]
    KustomizationType {
        /// The directory.
        directory: String,
        /// What is wrong.
        reason: String,
    },
    /// Something that lives on another machine.
    #[error("remote base or file '{url}' is not available: a build reads nothing but its own source")]
    Remote {
        /// As written.
        url: String,
    },
    /// Things from elsewhere that the caller can fetch; then the build goes on.
    #[error("needs {}, which the source does not hold", .0.join(", "))]
    Needs(Vec<String>),
    /// An address that answers with something else than a file.
    #[error("HTTP error: status code {status} of '{url}'")]
    Http {
        /// As written.
        url: String,
        /// The answer's status.
        status: String,
    },
    /// A plugin that would run code.
    #[error("external plugins disabled; unable to load external plugin '{kind}'")]
    ExternalPlugin {
        /// The kind of its config.
        kind: String,
    },
    /// A builtin of a name that does not exist, or in the wrong place.
    #[error("unable to load builtin {plugin}: {reason}")]
    UnknownBuiltin {
        /// Its gvk or id.
        plugin: String,
        /// Why.
        reason: String,
    },
    /// A chart in a kustomization.
    #[error("helmCharts: chart '{chart}' is not rendered here: {reason}")]
    Helm {
        /// Its name.
        chart: String,
        /// Why not.
        reason: String,
    },
    /// A file that is no YAML.
    #[error("MalformedYAMLError: {error} in File: {file}")]
    Yaml {
        /// The file, or a description of inline text.
        file: String,
        /// The parser's words, with the line.
        error: sluice_yaml::Error,
    },
    /// A document that is no Kubernetes object, or one that cannot be written.
    #[error("{object}: {reason}")]
    Object {
        /// File or id.
        object: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two objects of one id.
    #[error("may not add resource with an already registered id: {id}")]
    Duplicate {
        /// The id.
        id: String,
    },
    /// A generator that meets what is (not) there.
    #[error("id {id} {reason}")]
    Behavior {
        /// The id.
        id: String,
        /// What does not fit.
        reason: String,
    },
    /// A generator whose sources do not make a map.
    #[error("{kind} '{name}': {reason}")]
    Generator {
        /// ConfigMap or Secret.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A field of an object is not what a transformer needs.
    #[error("considering field '{field}' of object {object}: {reason}")]
    Field {
        /// The field spec's path.
        field: String,
        /// The object's id.
        object: String,
        /// What is wrong.
        reason: String,
    },
    /// A patch that does not apply.
    #[error("{patch}: {reason}")]
    Patch {
        /// Path or first line of the patch, or its id.
        patch: String,
        /// What is wrong.
        reason: String,
    },
    /// A selector that is none.
    #[error("invalid selector {selector:?}: {reason}")]
    Selector {
        /// As written.
        selector: String,
        /// What is wrong.
        reason: String,
    },
    /// A transformer that cannot do its work.
    #[error("{transformer}: {reason}")]
    Transform {
        /// Its name.
        transformer: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A bound of [`crate::Limits`] was exceeded.
    #[error("limit exceeded: {what} (at most {limit})")]
    Limit {
        /// What grew too far.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
}

impl Error {
    /// The same error with its place before it.
    #[must_use]
    pub fn within(self, what: impl Into<String>) -> Self {
        Self::Within {
            what: what.into(),
            cause: Box::new(self),
        }
    }

    /// The innermost error.
    pub fn root(&self) -> &Error {
        match self {
            Self::Within { cause, .. } => cause.root(),
            Self::Accumulate { base, .. } => base.root(),
            other => other,
        }
    }

    /// The id of the object that a field of is wrong.
    pub(crate) fn object(&self) -> Option<&str> {
        match self.root() {
            Self::Field { object, .. } => Some(object),
            _ => None,
        }
    }

    /// The address of what the build needs from another machine, when that is why it failed.
    pub fn remote(&self) -> Option<&str> {
        match self.root() {
            Self::Remote { url } => Some(url),
            _ => None,
        }
    }

    /// True when a file that should hold objects is no YAML.
    pub(crate) fn is_malformed_yaml(&self) -> bool {
        match self {
            Self::Yaml { .. } => true,
            Self::Within { cause, .. } => cause.is_malformed_yaml(),
            _ => false,
        }
    }
}

/// Adds a place to the error of a result.
pub(crate) trait Within<T> {
    /// The place is made only when it is needed.
    fn within<S: Into<String>>(self, what: impl FnOnce() -> S) -> Result<T>;
}

impl<T> Within<T> for Result<T> {
    fn within<S: Into<String>>(self, what: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| error.within(what()))
    }
}
