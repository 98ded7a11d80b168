//! The configuration as handlers see it: names and values, nothing about where they came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use crate::{Error, units};

/// The settings of a running service, each checked before the service started. Cheap to clone.
#[derive(Clone, Default)]
pub struct Config {
    values: Rc<BTreeMap<String, String>>,
}

// Values may be secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Config {
    /// A configuration of these settings; a setting without a value is left out.
    pub fn new<N, V>(values: impl IntoIterator<Item = (N, V)>) -> Config
    where
        N: Into<String>,
        V: Into<String>,
    {
        let values = values
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        Config {
            values: Rc::new(values.collect()),
        }
    }

    /// The text of a setting, if it has a value.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The value of a setting, read as a `T`.
    ///
    /// # Errors
    ///
    /// If the setting has no value, or its value is no `T`: a 500 that names the setting.
    pub fn get<T: FromSetting>(&self, name: &str) -> Result<T, Error> {
        let Some(text) = self.find(name) else {
            return Err(Error::internal(format!("setting `{name}` has no value")));
        };
        T::from_setting(text).ok_or_else(|| {
            // The value may be a secret: it is not told.
            Error::internal(format!("setting `{name}` is not {}", T::EXPECTED))
        })
    }

    /// All settings that have a value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A type that a setting's text can be read as.
pub trait FromSetting: Sized {
    /// What the text should have been, in words that complete «must be …».
    const EXPECTED: &'static str;

    /// Reads the text.
    fn from_setting(text: &str) -> Option<Self>;
}

macro_rules! from_setting {
    ($($type:ty, $expected:literal, $read:expr;)*) => {$(
        impl FromSetting for $type {
            const EXPECTED: &'static str = $expected;
            fn from_setting(text: &str) -> Option<Self> {
                #[allow(clippy::redundant_closure_call)]
                ($read)(text)
            }
        }
    )*};
}

from_setting! {
    String, "text", |text: &str| Some(text.to_owned());
    PathBuf, "a path", |text: &str| Some(PathBuf::from(text));
    bool, "`true` or `false`", units::find_bool;
    Duration, "a duration such as `30s`", units::find_duration;
    f64, "a number", |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
    i64, "a whole number", |text: &str| text.parse().ok();
    u64, "a whole number or a size such as `1MiB`", units::find_size;
    u32, "a whole number", |text: &str| text.parse().ok();
    u16, "a whole number up to 65535", |text: &str| text.parse().ok();
    usize, "a whole number", |text: &str| text.parse().ok();
}
