//! What the configuration says of one plan.

use std::ops::RangeInclusive;
use std::time::Duration;

use micro_api::{Config, Error};

/// What the configuration says of one plan: the settings `broker.plan.NAME.…`.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    pub(crate) config: &'a Config,
    pub(crate) plan: &'a str,
}

impl<'a> Options<'a> {
    /// Those of the plan with this name.
    #[must_use]
    pub fn new(config: &'a Config, plan: &'a str) -> Options<'a> {
        Options { config, plan }
    }

    /// The full name of a setting.
    #[must_use]
    pub fn name(&self, option: &str) -> String {
        format!("broker.plan.{}.{option}", self.plan)
    }

    /// The text of a setting; an empty one is none.
    #[must_use]
    pub fn find(&self, option: &str) -> Option<&'a str> {
        let text = self.config.find(&self.name(option));
        text.filter(|text| !text.is_empty())
    }

    /// The text of a setting that the plan cannot do without.
    ///
    /// # Errors
    ///
    /// If it is missing; `expected` says what it should be.
    pub fn expect(&self, option: &str, expected: &str) -> Result<&'a str, Error> {
        self.find(option).ok_or_else(|| {
            let name = self.name(option);
            Error::internal(format!("there is no `{name}`: expected {expected}"))
        })
    }

    /// A number or a size within bounds.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn number(
        &self,
        option: &str,
        default: u64,
        bounds: RangeInclusive<u64>,
    ) -> Result<u64, Error> {
        self.config.get_within(&self.name(option), default, bounds)
    }

    /// A time within bounds.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn duration(
        &self,
        option: &str,
        default: Duration,
        bounds: RangeInclusive<Duration>,
    ) -> Result<Duration, Error> {
        self.config.get_within(&self.name(option), default, bounds)
    }

    /// How long one answer from outside may take (`broker.plan.NAME.timeout`): 10 s unless said
    /// otherwise.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn timeout(&self) -> Result<Duration, Error> {
        let bounds = Duration::from_millis(100)..=Duration::from_secs(300);
        self.duration("timeout", Duration::from_secs(10), bounds)
    }
}
