//! The functions that definitions may name, as plain data: who is there, not how to call them.

use micro_api::host::Kind;

/// Modules and their functions.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    modules: Vec<(String, Vec<(String, Kind)>)>,
}

impl Catalogue {
    /// A catalogue of these modules.
    #[must_use]
    pub fn new(modules: Vec<(String, Vec<(String, Kind)>)>) -> Catalogue {
        Catalogue { modules }
    }

    /// What a function is for, if there is such a function.
    #[must_use]
    pub fn find(&self, module: &str, function: &str) -> Option<Kind> {
        let (_, functions) = self.modules.iter().find(|(name, _)| name == module)?;
        functions
            .iter()
            .find(|(name, _)| name == function)
            .map(|(_, kind)| *kind)
    }

    /// The names of the modules.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|(name, _)| name.as_str())
    }

    /// The names of all functions of a kind, as `module.function`.
    pub fn functions(&self, kind: Kind) -> impl Iterator<Item = String> {
        self.modules.iter().flat_map(move |(module, functions)| {
            let of_kind = functions.iter().filter(move |(_, known)| *known == kind);
            of_kind.map(move |(function, _)| format!("{module}.{function}"))
        })
    }
}
