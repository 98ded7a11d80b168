//! What came of a definition, as text for people and as data for programs.

use micro_api::Value;

use super::Loaded;
use crate::diagnostics::{Diagnostic, render, to_json};

impl Loaded {
    /// Everything there is to say about the definition, as people read it.
    #[must_use]
    pub fn render(&self) -> String {
        self.render_each(&self.diagnostics)
    }

    /// Why the definition cannot run, whether it has errors or not yet a server for its words.
    #[must_use]
    pub fn render_refusal(&self) -> String {
        let not_yet = if self.has_errors() {
            &[]
        } else {
            self.refuse_to_run()
        };
        self.render() + &self.render_each(not_yet)
    }

    /// Everything there is to say about the definition, as data.
    #[must_use]
    pub fn to_json(&self) -> Value {
        to_json(&self.diagnostics, &self.sources)
    }

    fn render_each(&self, diagnostics: &[Diagnostic]) -> String {
        diagnostics
            .iter()
            .map(|one| render(one, &self.sources) + "\n")
            .collect()
    }
}
