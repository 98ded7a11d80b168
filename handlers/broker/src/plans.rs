//! The plans that instances may have.

use std::collections::BTreeSet;

use micro_api::{Config, Error};

use crate::kind::Kind;
use crate::plan::Plan;

/// The plans that instances may have, in the order of their names.
pub(crate) struct Plans(Vec<Plan>);

const START: &str = "broker.plan.";
/// The most characters of a plan's name.
const NAME_CHARS_MAX: usize = 100;

impl Plans {
    /// Opens all plans that the settings `broker.plan.NAME.…` name. One whose `url` is there but empty
    /// is left out: a definition may list what only some of its users have.
    pub(crate) fn open(config: &Config, kinds: &[Kind]) -> Result<Plans, Error> {
        let mut plans = Vec::new();
        for name in names(config)? {
            if config.find(&format!("{START}{name}.url")) == Some("") {
                log::info!("plan `{name}` is left out: `{START}{name}.url` is empty");
                continue;
            }
            plans.push(Plan::open(config, name, kinds)?);
        }
        if plans.is_empty() {
            let why =
                "there is no plan: expected a setting such as `broker.plan.small.provisioner`";
            return Err(Error::internal(why));
        }
        Ok(Plans(plans))
    }

    /// The plan with this name.
    pub(crate) fn find(&self, name: &str) -> Option<&Plan> {
        self.0.iter().find(|plan| plan.name == name)
    }

    /// The only plan, if there is only one.
    pub(crate) fn find_only(&self) -> Option<&Plan> {
        match &self.0[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Plan> {
        self.0.iter()
    }

    /// Their names, for people.
    pub(crate) fn listed(&self) -> String {
        let names: Vec<String> = self.iter().map(|plan| format!("`{}`", plan.name)).collect();
        names.join(", ")
    }
}

fn names(config: &Config) -> Result<BTreeSet<&str>, Error> {
    let settings = config
        .iter()
        .filter_map(|(name, _)| name.strip_prefix(START));
    let names: BTreeSet<&str> = settings
        .filter_map(|rest| rest.split_once('.'))
        .map(|(name, _)| name)
        .collect();
    match names.iter().find(|name| name.len() > NAME_CHARS_MAX) {
        Some(name) => Err(Error::internal(format!(
            "the name of plan `{name}` has {} characters, expected {NAME_CHARS_MAX} at most",
            name.len()
        ))),
        None => Ok(names),
    }
}

#[cfg(test)]
mod tests;
