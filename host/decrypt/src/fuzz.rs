//! Entries for fuzzing: the parsers of untrusted text, from bytes, without keys.

use crate::cipher::Cipher;
use crate::source;
use crate::store::{self, Format};
use crate::walk;
use sluice_model::tree::{File, Node, TreeBuilder};

/// Loads bytes as a stored file, walks it with a data key that opens nothing, and writes it in its format. It must end,
/// without a panic.
pub fn file(bytes: &[u8], format: Format) {
    let Ok(mut loaded) = store::load(bytes, format) else {
        return;
    };
    let metadata = &loaded.metadata;
    if let Some(cipher) = Cipher::new(&[7; 32]) {
        let _ = walk::decrypt(
            &mut loaded.documents,
            &cipher,
            &metadata.rule,
            metadata.encrypted_only,
        );
    }
    let _ = store::emit(&loaded.documents, format);
}

/// [`file`] as YAML.
pub fn yaml(bytes: &[u8]) {
    file(bytes, Format::Yaml);
}

/// [`file`] as JSON, and as bytes in JSON.
pub fn json(bytes: &[u8]) {
    file(bytes, Format::Json);
    file(bytes, Format::Binary);
}

/// [`file`] as dotenv.
pub fn dotenv(bytes: &[u8]) {
    file(bytes, Format::Dotenv);
}

/// [`file`] as INI.
pub fn ini(bytes: &[u8]) {
    file(bytes, Format::Ini);
}

/// A kustomization file that names files to decrypt.
pub fn kustomization(bytes: &[u8]) {
    let mut builder = TreeBuilder::default();
    let file = File::inline(bytes::Bytes::copy_from_slice(bytes), false);
    if builder.add("kustomization.yaml", Node::File(file)).is_ok() {
        let _ = source::named_files(&builder.build(), "", &[]);
    }
}
