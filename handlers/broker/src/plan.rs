//! A plan: what an instance is made with, and what its apps are told.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use micro_api::{Config, Error};

use crate::crew::Crew;
use crate::kind::Kind;
use crate::options::Options;
use crate::provisioner::{Bind, Instance, Label};

/// A plan that instances may have.
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) description: String,
    /// The kind of its provisioner.
    pub(crate) kind: &'static str,
    /// Where its instances are.
    pub(crate) place: String,
    /// How long an instance is said to be pending.
    pub(crate) ready_after: Duration,
    pub(crate) crew: Crew,
    /// What an app is told, and the variable for it.
    variables: Vec<(&'static str, String)>,
    health: RefCell<Health>,
}

/// What was found when the plan's instances were looked after.
#[derive(Default)]
pub(crate) struct Health {
    /// Why all of them are down.
    pub(crate) outage: Option<String>,
    /// Why some of them are.
    pub(crate) down: BTreeMap<Label, String>,
}

/// The settings of every plan.
const COMMON: &[&str] = &[
    "provisioner",
    "description",
    "ready_after",
    "timeout",
    "threads",
];
const THREADS_MOST: u64 = 64;
const READY_AFTER_MOST: Duration = Duration::from_secs(24 * 60 * 60);

impl Plan {
    /// Reads the settings of a plan, and opens its provisioner.
    pub(crate) fn open(config: &Config, name: &str, kinds: &[Kind]) -> Result<Plan, Error> {
        let options = Options::new(config, name);
        let kind = find_kind(&options, kinds)?;
        refuse_others(&options, kind)?;
        let threads = options.number("threads", 16, 1..=THREADS_MOST)?;
        let ready_after = Duration::ZERO..=READY_AFTER_MOST;
        Ok(Plan {
            name: name.to_owned(),
            description: options.find("description").unwrap_or_default().to_owned(),
            kind: kind.name,
            place: (kind.place)(&options)?,
            ready_after: options.duration("ready_after", Duration::ZERO, ready_after)?,
            crew: Crew::start(name, (kind.open)(&options)?, threads)?,
            variables: variables(&options, kind)?,
            health: RefCell::default(),
        })
    }

    /// The environment of an app.
    pub(crate) fn environment(&self, instance: &Instance, bind: &Bind) -> BTreeMap<String, String> {
        let told = self.crew.provisioner().environment(instance, bind);
        let mut environment = BTreeMap::new();
        for (key, value) in told {
            let variable = self.variables.iter().find(|(known, _)| *known == key);
            match variable {
                Some((_, variable)) if variable.is_empty() => {}
                Some((_, variable)) => drop(environment.insert(variable.clone(), value)),
                None => drop(environment.insert(key.to_owned(), value)),
            }
        }
        environment
    }

    /// Notes what was found.
    pub(crate) fn set_health(&self, health: Health) {
        let before = self.health.replace(health);
        let health = self.health.borrow();
        if before.outage != health.outage {
            match &health.outage {
                Some(why) => log::error!("the instances of plan `{}` are down: {why}", self.name),
                None => log::info!("the instances of plan `{}` are up again", self.name),
            }
        }
        for (label, why) in &health.down {
            if before.down.get(label) != Some(why) {
                log::warn!("{label} of plan `{}` is down: {why}", self.name);
            }
        }
    }

    /// Why an instance is down, if it is.
    pub(crate) fn find_trouble(&self, label: &Label) -> Option<String> {
        let health = self.health.borrow();
        let own = health.down.get(label);
        health.outage.as_ref().or(own).cloned()
    }
}

fn find_kind<'k>(options: &Options<'_>, kinds: &'k [Kind]) -> Result<&'k Kind, Error> {
    let names: Vec<String> = kinds
        .iter()
        .map(|kind| format!("`{}`", kind.name))
        .collect();
    let names = names.join(", ");
    let word = options.expect("provisioner", &format!("one of {names}"))?;
    kinds.iter().find(|kind| kind.name == word).ok_or_else(|| {
        let name = options.name("provisioner");
        Error::internal(format!("`{name}` is `{word}`, expected one of {names}"))
    })
}

/// A setting that nobody reads was meant as something else.
fn refuse_others(options: &Options<'_>, kind: &Kind) -> Result<(), Error> {
    let start = options.name("");
    let names = options
        .config
        .iter()
        .filter_map(|(name, _)| name.strip_prefix(&start));
    for name in names {
        let is_known = match name.strip_prefix("env.") {
            Some(key) => kind.environment.iter().any(|(known, _)| *known == key),
            None => COMMON
                .iter()
                .chain(kind.options)
                .any(|known| *known == name),
        };
        if !is_known {
            return Err(Error::internal(unknown(options, kind, name)));
        }
    }
    Ok(())
}

fn unknown(options: &Options<'_>, kind: &Kind, name: &str) -> String {
    let environment = kind.environment.iter().map(|(key, _)| format!("env.{key}"));
    let own = COMMON
        .iter()
        .chain(kind.options)
        .map(|&known| known.to_owned());
    let known: Vec<String> = own
        .chain(environment)
        .map(|name| format!("`{name}`"))
        .collect();
    let (name, kind, known) = (options.name(name), kind.name, known.join(", "));
    format!("a plan of `{kind}` has no setting `{name}`, only {known}")
}

/// What an app is told, and the variable for it; an empty name leaves it out.
fn variables(options: &Options<'_>, kind: &Kind) -> Result<Vec<(&'static str, String)>, Error> {
    let mut variables: Vec<(&'static str, String)> = Vec::new();
    for &(key, default) in kind.environment {
        let option = format!("env.{key}");
        let set = options.config.find(&options.name(&option));
        let variable = set.unwrap_or(default).to_owned();
        if !variable.is_empty() {
            let is_letter = |c: char| c == '_' || c.is_ascii_alphabetic();
            let is_name = variable.chars().all(|c| is_letter(c) || c.is_ascii_digit());
            let name = options.name(&option);
            if !is_name || !variable.starts_with(is_letter) {
                return Err(Error::internal(format!(
                    "`{name}` is `{variable}`, expected a variable's name such as `{default}`"
                )));
            }
            if let Some((other, _)) = variables.iter().find(|(_, there)| *there == variable) {
                let other = options.name(&format!("env.{other}"));
                return Err(Error::internal(format!(
                    "`{name}` and `{other}` are both `{variable}`, expected a variable each"
                )));
            }
        }
        variables.push((key, variable));
    }
    Ok(variables)
}
