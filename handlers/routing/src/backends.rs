//! The backends of a mapping, in the order in which they were sent. No I/O.

use std::collections::HashMap;

use micro_api::{Value, kind_of};

use crate::backend;
use crate::fields::expect_text;
use crate::malformed::Malformed;

/// How much a mapping may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How many backends.
    pub(crate) backends_max: usize,
    /// How many bytes the URL of one.
    pub(crate) backend_bytes_max: usize,
}

/// The URLs of one backend or more, none of them twice, byte for byte as they were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Backends(Vec<String>);

impl Backends {
    /// Reads a JSON array of URLs.
    ///
    /// # Errors
    ///
    /// If it is anything else, or more than that.
    pub(crate) fn read(value: Value, limits: Limits) -> Result<Backends, Malformed> {
        let most = limits.backends_max;
        let values = match value {
            Value::Array(values) => values,
            other => {
                let found = kind_of(&other);
                let why = format!("`backends` is {found}: expected an array of 1 to {most} URLs");
                return Err(Malformed::new(why));
            }
        };
        if values.is_empty() || values.len() > most {
            let count = values.len();
            let why = format!("`backends` has {count} URLs: expected 1 to {most}");
            return Err(Malformed::new(why));
        }
        let urls = values.into_iter().enumerate();
        let urls: Result<Vec<String>, Malformed> = urls
            .map(|(at, value)| read_url(at, value, limits))
            .collect();
        let urls = urls?;
        check_each_is_there_once(&urls)?;
        Ok(Backends(urls))
    }

    /// The URLs.
    pub(crate) fn as_slice(&self) -> &[String] {
        &self.0
    }
}

fn read_url(at: usize, value: Value, limits: Limits) -> Result<String, Malformed> {
    let part = format!("backends[{at}]");
    let url = expect_text(&part, value)?;
    match backend::check(&url, limits.backend_bytes_max) {
        Ok(()) => Ok(url),
        Err(malformed) => Err(malformed.within(format!("`{part}`"))),
    }
}

fn check_each_is_there_once(urls: &[String]) -> Result<(), Malformed> {
    let mut seen = HashMap::new();
    for (at, url) in urls.iter().enumerate() {
        if let Some(before) = seen.insert(url, at) {
            let same = format!("`backends[{at}]` is the same as `backends[{before}]`");
            return Err(Malformed::new(format!("{same}: expected each once")));
        }
    }
    Ok(())
}
