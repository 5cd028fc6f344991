//! Signatures of a chart: who is trusted, and whether one of them signed it. Looked at in every pass, as keys and signatures
//! come and go without a new version.

use indexmap::IndexMap;
use sluice_api::HelmChart;
use sluice_api::verification::VerificationProvider;
use sluice_fetch::helm::{ChartFetch, ChartVersion, trusted_keys};
use sluice_model::condition::types;
use sluice_model::{Artifact, Digest};
use sluice_signature::PublicKey;

use crate::secret;
use crate::source::status::VERIFICATION_ERROR;
use crate::source::{Failure, Pass};

/// Metadata of an artifact: digest of the manifest whose signature was verified.
const SIGNED: &str = "sluice.dev/verified-digest";

impl Pass<'_, HelmChart> {
    /// The keys that are trusted; none where nothing is to be verified.
    pub(super) async fn trusted_keys(&mut self) -> Result<Option<Vec<PublicKey>>, Failure> {
        let keys = self.read_keys().await;
        keys.inspect_err(|failure| self.progress.unverified(&failure.message))
    }

    async fn read_keys(&self) -> Result<Option<Vec<PublicKey>>, Failure> {
        let Some(verify) = &self.object.spec.verify else {
            return Ok(None);
        };
        let provider = &verify.provider;
        let failed = |what: &str, problem: String| {
            let message = format!("failed to verify the signature using provider '{what}': {problem}");
            Failure::new(types::SOURCE_VERIFIED, VERIFICATION_ERROR, message)
        };
        let stalled = |what: &str, problem: &str| Failure {
            stalling: true,
            ..failed(what, format!("{problem}; the stored artifact stays"))
        };
        if *provider != VerificationProvider::Cosign {
            let problem = "it is not served by this version of Sluice, provider 'cosign' with keys is";
            return Err(stalled(provider.as_str(), problem));
        }
        let Some(reference) = &verify.secret_ref else {
            let problem = "keyless signatures are not served by this version of Sluice, \
                those of the keys in spec.verify.secretRef are";
            return Err(stalled("cosign keyless", problem));
        };
        let field = ("spec.verify.secretRef", Some(reference.name.as_str()));
        let read = secret::read(&self.engine().cluster, &self.work.key.namespace, field).await;
        let secret = read.map_err(|error| failed("cosign", error.to_string()))?;
        let keys = trusted_keys(&secret.unwrap_or_default());
        keys.map(Some)
            .map_err(|error| failed("cosign", error.to_string()))
    }

    /// Whether one of the keys signed the version; from then on the fetch gives that and nothing else.
    pub(super) async fn verify(
        &mut self,
        fetch: &mut ChartFetch,
        version: &ChartVersion,
        keys: &[PublicKey],
    ) -> Result<Digest, Failure> {
        let transport = self.engine().transport.clone();
        let verified = self
            .phase("verifying signature", fetch.verify(version, keys, &transport))
            .await;
        let failure = match verified {
            Ok(digest) => {
                self.progress
                    .verified(format!("verified signature of version {}", version.version));
                return Ok(digest);
            }
            Err(error) => Failure::from(error),
        };
        if failure.condition == types::BUILD_FAILED {
            self.progress.unverified(&failure.message);
        }
        Err(failure)
    }
}

/// What is noted of an artifact that was verified.
pub(super) fn metadata(signed: Option<&Digest>) -> IndexMap<String, String> {
    let noted = signed.map(|digest| (SIGNED.to_owned(), digest.to_string()));
    noted.into_iter().collect()
}

/// Whether a stored artifact is what was verified now. The same version may have been stored before anything was verified, or
/// signed by a key that is trusted no more.
pub(super) fn is_of(artifact: &Artifact, signed: Option<&Digest>) -> bool {
    signed.is_none_or(|digest| artifact.metadata.get(SIGNED) == Some(&digest.to_string()))
}
