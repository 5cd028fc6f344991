//! The table of all kinds.

/// What is known of a kind without an object of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindInfo {
    /// API group.
    pub group: &'static str,
    /// The one version that is served and stored.
    pub version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Name in the path of the API.
    pub plural: &'static str,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Whether the status starts with `observedGeneration: -1`, which tells kstatus that nothing is known yet.
    pub reports_generation: bool,
    /// Name of Flux's controller for the kind: field manager, event source and metric label of its objects.
    pub controller: &'static str,
    /// One sentence for the definition.
    pub summary: &'static str,
}

const SOURCE: &str = "source.toolkit.fluxcd.io";
const NOTIFICATION: &str = "notification.toolkit.fluxcd.io";
const IMAGE: &str = "image.toolkit.fluxcd.io";

impl KindInfo {
    /// `<group>/<version>`.
    pub fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }

    /// Name of the definition: `<plural>.<group>`.
    pub fn crd_name(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }

    /// The kind with this name.
    pub fn of(kind: &str) -> Option<&'static Self> {
        KINDS.iter().find(|info| info.kind == kind)
    }
}

/// A namespaced kind whose status reports its generation.
const fn kind(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    controller: &'static str,
    summary: &'static str,
) -> KindInfo {
    KindInfo {
        group,
        version,
        kind,
        plural,
        namespaced: true,
        reports_generation: true,
        controller,
        summary,
    }
}

/// All kinds, along the path of a commit.
pub const KINDS: &[KindInfo] = &[
    kind(
        SOURCE,
        "v1",
        "GitRepository",
        "gitrepositories",
        "source-controller",
        "A Git repository as a source.",
    ),
    kind(
        SOURCE,
        "v1",
        "OCIRepository",
        "ocirepositories",
        "source-controller",
        "An artifact in an OCI registry as a source.",
    ),
    kind(
        SOURCE,
        "v1",
        "HelmRepository",
        "helmrepositories",
        "source-controller",
        "An index of Helm charts as a source.",
    ),
    kind(
        SOURCE,
        "v1",
        "HelmChart",
        "helmcharts",
        "source-controller",
        "One chart of a source, packaged.",
    ),
    kind(
        SOURCE,
        "v1",
        "Bucket",
        "buckets",
        "source-controller",
        "Files in an object store as a source.",
    ),
    KindInfo {
        reports_generation: false,
        ..kind(
            SOURCE,
            "v1",
            "ExternalArtifact",
            "externalartifacts",
            "source-controller",
            "An artifact that another controller publishes.",
        )
    },
    kind(
        "kustomize.toolkit.fluxcd.io",
        "v1",
        "Kustomization",
        "kustomizations",
        "kustomize-controller",
        "Applies a directory of a source.",
    ),
    kind(
        "helm.toolkit.fluxcd.io",
        "v2",
        "HelmRelease",
        "helmreleases",
        "helm-controller",
        "Installs and upgrades a chart.",
    ),
    kind(
        NOTIFICATION,
        "v1",
        "Receiver",
        "receivers",
        "notification-controller",
        "A webhook that asks for reconciliations.",
    ),
    KindInfo {
        reports_generation: false,
        ..kind(
            NOTIFICATION,
            "v1beta3",
            "Alert",
            "alerts",
            "notification-controller",
            "Sends events of objects to a provider.",
        )
    },
    KindInfo {
        reports_generation: false,
        ..kind(
            NOTIFICATION,
            "v1beta3",
            "Provider",
            "providers",
            "notification-controller",
            "Somewhere events are delivered to.",
        )
    },
    kind(
        IMAGE,
        "v1",
        "ImageRepository",
        "imagerepositories",
        "image-reflector-controller",
        "The tags of an image, scanned regularly.",
    ),
    kind(
        IMAGE,
        "v1",
        "ImagePolicy",
        "imagepolicies",
        "image-reflector-controller",
        "Which tag of an image is the latest.",
    ),
    kind(
        IMAGE,
        "v1",
        "ImageUpdateAutomation",
        "imageupdateautomations",
        "image-automation-controller",
        "Writes the latest images into a Git repository.",
    ),
    KindInfo {
        namespaced: false,
        ..kind(
            "sluice.dev",
            "v1alpha1",
            "Plugin",
            "plugins",
            "sluice",
            "A component that Sluice may run.",
        )
    },
];
