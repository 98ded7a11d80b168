//! The mapping that somebody wants: the content of a PUT or POST, `{"domain": …, "backends": […]}`.
//! No I/O.

use crate::backends::{Backends, Limits};
use crate::domain::Domain;
use crate::fields::{Fields, expect_text};
use crate::malformed::Malformed;

/// What a mapping is to become.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// None to keep the domain that the path of the request has.
    pub(crate) domain: Option<Domain>,
    pub(crate) backends: Backends,
}

impl Wanted {
    /// Reads the content of a request.
    ///
    /// # Errors
    ///
    /// If it is anything but a mapping within the limits; `domain` may be missing.
    pub(crate) fn read(json: &[u8], limits: Limits) -> Result<Wanted, Malformed> {
        let mut fields = Fields::read(json, &["domain", "backends"])?;
        let domain = fields.take("domain").map(|domain| {
            let text = expect_text("domain", domain)?;
            Domain::parse(&text).map_err(|malformed| malformed.within("`domain`"))
        });
        let domain = domain.transpose()?;
        let backends = fields.expect("backends", "an array of URLs")?;
        let backends = Backends::read(backends, limits)?;
        Ok(Wanted { domain, backends })
    }

    /// The domain, where the path of the request has none.
    ///
    /// # Errors
    ///
    /// If it is missing.
    pub(crate) fn expect_domain(self) -> Result<(Domain, Backends), Malformed> {
        match self.domain {
            Some(domain) => Ok((domain, self.backends)),
            None => {
                let why = "there is no field `domain`: expected a name such as `example.org`";
                Err(Malformed::new(why))
            }
        }
    }
}

#[cfg(test)]
mod tests;
