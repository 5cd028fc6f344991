//! Takes the values of Secrets out of texts for the user.

use sluice_model::secret::SecretData;
use zeroize::Zeroizing;

/// Shorter values are not searched for: they would mangle ordinary words.
const SHORTEST: usize = 4;
const MASK: &str = "*****";

/// Values that must not be told.
#[derive(Default, Clone)]
pub(crate) struct Mask(Vec<Zeroizing<String>>);

impl Mask {
    /// Adds every value of a Secret, and every line of it.
    pub fn add(&mut self, secret: &SecretData) {
        for text in secret.keys().filter_map(|key| secret.text(key)) {
            self.0.extend(
                std::iter::once(text)
                    .chain(text.lines())
                    .chain(
                        text.lines()
                            .filter_map(|line| line.split_once(": ").map(|(_, value)| value)),
                    )
                    .map(str::trim)
                    .filter(|value| value.len() >= SHORTEST)
                    .map(|value| Zeroizing::new(value.to_owned())),
            );
        }
        self.0.sort_by_key(|value| std::cmp::Reverse(value.len()));
        self.0.dedup();
    }

    /// The text without values.
    pub fn text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, value| {
            match text.contains(value.as_str()) {
                true => text.replace(value.as_str(), MASK),
                false => text,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_out_whole() {
        let secret = SecretData::new(
            "apps/hook",
            [
                ("token".to_owned(), b"hunter2\n".to_vec()),
                ("address".to_owned(), b"https://hook.example/hunter2/x".to_vec()),
                (
                    "headers".to_owned(),
                    b"Authorization: Bearer abcd1234\nX-Key: qwertz\n".to_vec(),
                ),
                ("short".to_owned(), b"no".to_vec()),
            ],
        );
        let mut mask = Mask::default();
        mask.add(&secret);
        let masked =
            mask.text("post https://hook.example/hunter2/x with hunter2, Bearer abcd1234, qwertz: no");
        assert_eq!(masked, "post ***** with *****, *****, *****: no");
    }
}
