//! The configuration as handlers see it: names and values, nothing about where they came from.

#![allow(
    unsafe_code,
    reason = "the settings may be on the other side of the border"
)]

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::ptr::NonNull;
use std::time::Duration;

use crate::abi::{self, Text};
use crate::border::text;
use crate::host::settings;
use crate::{Error, units};

/// The settings of a running service, each checked before the service started. Cheap to clone.
///
/// It belongs to the loop's thread, and what it lends lives no longer than it does:
///
/// ```compile_fail,E0515
/// use micro_api::Config;
///
/// fn color(config: Config) -> Option<&'static str> {
///     config.find("color")
/// }
/// ```
///
/// ```compile_fail,E0277
/// use micro_api::Config;
///
/// fn send(config: Config) {
///     std::thread::spawn(move || config.find("color").is_some());
/// }
/// ```
#[repr(transparent)]
pub struct Config {
    raw: NonNull<abi::Config>,
}

// Values may be secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Default for Config {
    fn default() -> Config {
        settings::make(BTreeMap::new())
    }
}

impl Clone for Config {
    fn clone(&self) -> Config {
        // SAFETY: the settings are valid as long as this is.
        unsafe { Config::retain(self.raw.as_ptr()) }
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // SAFETY: this holds the settings, once.
        unsafe { (self.host().config_release)(self.raw.as_ptr()) };
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
        settings::make(values.collect())
    }

    /// Keeps settings that were lent.
    ///
    /// # Safety
    ///
    /// They must be valid.
    pub(crate) unsafe fn retain(raw: *const abi::Config) -> Config {
        // SAFETY: the caller vouches for it.
        unsafe { ((*(*raw).host).config_retain)(raw) };
        // SAFETY: it is held from now on.
        unsafe { Config::from_raw(raw) }
    }

    /// Takes over settings that are held already.
    ///
    /// # Safety
    ///
    /// They must be valid, and held once for this.
    pub(crate) unsafe fn from_raw(raw: *const abi::Config) -> Config {
        Config {
            raw: NonNull::new(raw.cast_mut()).expect("settings are never null"),
        }
    }

    /// The settings, as they are lent to the other side.
    pub(crate) fn as_raw(&self) -> *const abi::Config {
        self.raw.as_ptr()
    }

    pub(crate) fn host(&self) -> &'static abi::Host {
        // SAFETY: the settings are valid, and the table is for ever.
        unsafe { &*self.raw.as_ref().host }
    }

    /// The text of a setting, if it has a value.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        let mut value = Text::NONE;
        // SAFETY: the settings are valid; what is lent lives through the call.
        let is_found =
            unsafe { (self.host().config_find)(self.as_raw(), Text::new(name), &raw mut value) };
        // SAFETY: the value is valid as long as the settings are.
        (is_found != 0).then(|| unsafe { text::find_text(value) })?
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

    /// The value of a setting, or the default where it has none.
    ///
    /// # Errors
    ///
    /// If its value is no `T`: a 500 that names the setting.
    pub fn get_or<T: FromSetting>(&self, name: &str, default: T) -> Result<T, Error> {
        match self.find(name) {
            Some(_) => self.get(name),
            None => Ok(default),
        }
    }

    /// The value of a setting within bounds, or the default where it has none.
    ///
    /// ```
    /// use micro_api::Config;
    ///
    /// let config = Config::new([("shop.orders_max", "0")]);
    /// let error = config.get_within("shop.orders_max", 100, 1..=1000_u64);
    /// let error = error.expect_err("it is too small");
    /// assert_eq!(error.detail(), Some("`shop.orders_max` is 0, expected 1 to 1000"));
    /// ```
    ///
    /// # Errors
    ///
    /// If its value is no `T`, or beyond the bounds: a 500 that names the setting.
    pub fn get_within<T: Measure>(
        &self,
        name: &str,
        default: T,
        bounds: RangeInclusive<T>,
    ) -> Result<T, Error> {
        let value = self.get_or(name, default)?;
        if bounds.contains(&value) {
            return Ok(value);
        }
        let [value, least, most] = [&value, bounds.start(), bounds.end()].map(T::words);
        let why = format!("`{name}` is {value}, expected {least} to {most}");
        Err(Error::internal(why))
    }

    /// All settings that have a value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        (0..).map_while(|index| self.at(index))
    }

    fn at(&self, index: usize) -> Option<(&str, &str)> {
        let (mut name, mut value) = (Text::NONE, Text::NONE);
        // SAFETY: as in `find`.
        let is_found =
            unsafe { (self.host().config_at)(self.as_raw(), index, &raw mut name, &raw mut value) };
        if is_found == 0 {
            return None;
        }
        // SAFETY: as in `find`.
        unsafe { Some((text::find_text(name)?, text::find_text(value)?)) }
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

/// A setting that has bounds.
pub trait Measure: FromSetting + PartialOrd {
    /// How people write it.
    fn words(&self) -> String;
}

macro_rules! measure {
    ($($type:ty)*) => {$(
        impl Measure for $type {
            fn words(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

measure!(f64 i64 u64 u32 u16 usize);

impl Measure for Duration {
    fn words(&self) -> String {
        format!("{} s", self.as_secs_f64())
    }
}
