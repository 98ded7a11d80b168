//! A line of an export, which an import reads again: `{"tenant": …, "domain": …, "backends": […]}`.
//! No I/O.

use crate::backends::{Backends, Limits};
use crate::domain::Domain;
use crate::fields::{Fields, expect_text};
use crate::malformed::Malformed;
use crate::tenant::Tenant;

/// A mapping and whose it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) tenant: Tenant,
    pub(crate) domain: Domain,
    pub(crate) backends: Backends,
}

impl Line {
    /// Reads a line, with or without its end.
    ///
    /// # Errors
    ///
    /// If it is anything but a mapping within the limits.
    pub(crate) fn read(json: &[u8], limits: Limits) -> Result<Line, Malformed> {
        let mut fields = Fields::read(json, &["tenant", "domain", "backends"])?;
        let mut expect_text = |name, expected| {
            let value = fields.expect(name, expected)?;
            expect_text(name, value)
        };
        let tenant = expect_text("tenant", "the name of a tenant")?;
        let domain = expect_text("domain", "a name such as `example.org`")?;
        let backends = fields.expect("backends", "an array of URLs")?;
        Ok(Line {
            tenant: Tenant::parse(&tenant).map_err(|malformed| malformed.within("`tenant`"))?,
            domain: Domain::parse(&domain).map_err(|malformed| malformed.within("`domain`"))?,
            backends: Backends::read(backends, limits)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Line;
    use crate::backends::Limits;

    const LIMITS: Limits = Limits {
        backends_max: 2,
        backend_bytes_max: 100,
    };

    #[test]
    fn the_fields_of_a_line() {
        let text = r#"{"tenant":"tools","domain":"*.example.org","backends":["http://b:2/","http://a:1"]}"#;
        let line = Line::read(text.as_bytes(), LIMITS).expect("it is well-formed");
        assert_eq!(line.tenant.as_str(), "tools");
        assert_eq!(line.domain.as_str(), "*.example.org");
        assert_eq!(line.backends.as_slice(), ["http://b:2/", "http://a:1"]);
    }

    #[test]
    fn refusals_say_what_was_found_and_what_was_expected() {
        let cases = [
            (
                r#"{"domain":"a.b","backends":["http://a:1"]}"#,
                "there is no field `tenant`: expected the name of a tenant",
            ),
            (
                r#"{"tenant":"t","backends":["http://a:1"]}"#,
                "there is no field `domain`: expected a name such as `example.org`",
            ),
            (
                r#"{"tenant":"t","domain":"a.b"}"#,
                "there is no field `backends`: expected an array of URLs",
            ),
            (
                r#"{"tenant":7,"domain":"a.b","backends":["http://a:1"]}"#,
                "`tenant` is a number: expected a string",
            ),
            (
                r#"{"tenant":"..","domain":"a.b","backends":["http://a:1"]}"#,
                "`tenant`: the tenant `..` leads elsewhere in a path: expected a name",
            ),
            (
                r#"{"project":"t","domain":"a.b","backends":["http://a:1"]}"#,
                "there is a field `project`: expected `tenant`, `domain` and `backends`",
            ),
            (
                r#"{"tenant":"t","domain":"a.b","backends":[]}"#,
                "`backends` has 0 URLs: expected 1 to 2",
            ),
        ];
        for (json, message) in cases {
            let line = Line::read(json.as_bytes(), LIMITS);
            assert_eq!(line.expect_err(json).to_string(), message);
        }
    }
}
