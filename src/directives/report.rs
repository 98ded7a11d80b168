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
        if self.has_errors() {
            return self.render();
        }
        let refused = self.refuse_to_run();
        // What is a warning to one who checks is an error to one who runs.
        let is_said_again =
            |one: &&Diagnostic| refused.iter().any(|two| two.message == one.message);
        let warnings = self.diagnostics.iter().filter(|one| !is_said_again(one));
        self.render_each(warnings.chain(refused))
    }

    /// Everything there is to say about the definition, as data.
    #[must_use]
    pub fn to_json(&self) -> Value {
        to_json(&self.diagnostics, &self.sources)
    }

    fn render_each<'d>(&self, diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> String {
        diagnostics
            .into_iter()
            .map(|one| render(one, &self.sources) + "\n")
            .collect()
    }
}
