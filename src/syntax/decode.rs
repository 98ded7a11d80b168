//! Bytes of a file as text.

use std::ops::Range;

use crate::diagnostics::{Diagnostic, FileId};

/// A file's text. Where it was not UTF-8, it has replacement characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text.
    pub text: String,
    /// The first place that was not UTF-8.
    pub first_wrong: Option<Range<usize>>,
}

impl Decoded {
    /// The mistake, if the bytes were not UTF-8.
    #[must_use]
    pub fn into_diagnostic(self, file: FileId) -> Option<Diagnostic> {
        let range = self.first_wrong?;
        let diagnostic = Diagnostic::error("the file is not UTF-8 from here on");
        Some(diagnostic.at(file.span(range)).help("save it as UTF-8"))
    }
}

/// Decodes the bytes of a file.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    let mut decoded = Decoded {
        text: String::with_capacity(bytes.len()),
        first_wrong: None,
    };
    for chunk in bytes.utf8_chunks() {
        decoded.text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            let start = decoded.text.len();
            decoded.text.push(char::REPLACEMENT_CHARACTER);
            decoded.first_wrong.get_or_insert(start..decoded.text.len());
        }
    }
    decoded
}
