//! How much a request may say.

use micro_api::{Config, Error};

/// How much a request may say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PayloadLimits {
    /// Bytes of the name of an instance, an app or a job.
    pub(crate) name_bytes_max: usize,
    /// Bytes of any other text.
    pub(crate) text_bytes_max: usize,
    /// Tags, or hosts of an app.
    pub(crate) items_max: usize,
    /// Parameters, each value in them counted.
    pub(crate) parameters_max: usize,
    /// How deep parameters are within one another.
    pub(crate) parameter_depth_max: usize,
}

/// The longest name that the tables have room for.
const NAME_BYTES_MOST: usize = 190;
/// The deepest JSON that is read.
const DEPTH_MOST: usize = 100;

impl PayloadLimits {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// If one of them makes no sense.
    pub(crate) fn read(config: &Config) -> Result<PayloadLimits, Error> {
        let number = |name: &str, default: usize, most: usize| {
            config.get_within(&format!("broker.{name}"), default, 1..=most)
        };
        Ok(PayloadLimits {
            name_bytes_max: number("name_bytes_max", 100, NAME_BYTES_MOST)?,
            text_bytes_max: number("text_bytes_max", 4096, 65_535)?,
            items_max: number("items_max", 256, 100_000)?,
            parameters_max: number("parameters_max", 256, 100_000)?,
            parameter_depth_max: number("parameter_depth_max", 16, DEPTH_MOST)?,
        })
    }
}
