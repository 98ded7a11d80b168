//! What the query of a request says, each name once and known. No I/O.

use micro_api::{Error, Request};

use micro_api::quoted;

/// What the query of a request says.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query of a request that knows these names.
    ///
    /// # Errors
    ///
    /// 400 if there is another name, or one twice: it was meant as something else.
    pub(crate) fn read(request: &Request, known: &[&str]) -> Result<Query, Error> {
        let mut query: Vec<(String, String)> = Vec::new();
        for (name, value) in request.query_pairs() {
            if !known.contains(&&*name) {
                return Err(unknown(&name, known));
            }
            if query.iter().any(|(there, _)| *there == name) {
                let why = format!("{} is in the query twice: expected it once", quoted(&name));
                return Err(Error::new(400, why));
            }
            query.push((name.into_owned(), value.into_owned()));
        }
        Ok(Query(query))
    }

    /// The value of a name.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(there, _)| there == name);
        found.map(|(_, value)| &**value)
    }

    /// A number within bounds.
    ///
    /// # Errors
    ///
    /// 400 if the value is none.
    pub(crate) fn number(&self, name: &str, least: u64, most: u64) -> Result<Option<u64>, Error> {
        let Some(text) = self.find(name) else {
            return Ok(None);
        };
        // Rust reads `+1`, too.
        let number = text.parse().ok().filter(|_| !text.starts_with('+'));
        match number {
            Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(Error::new(400, no_number(name, text, least, most))),
        }
    }
}

fn no_number(name: &str, text: &str, least: u64, most: u64) -> String {
    let found = quoted(text);
    match most {
        u64::MAX => format!("`{name}` is {found}, expected a whole number from {least}"),
        most => format!("`{name}` is {found}, expected a whole number from {least} to {most}"),
    }
}

fn unknown(name: &str, known: &[&str]) -> Error {
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let expected = match known.is_empty() {
        true => "no query".to_owned(),
        false => known.join(" or "),
    };
    let why = format!(
        "{} is unknown in the query: expected {expected}",
        quoted(name)
    );
    Error::new(400, why)
}

#[cfg(test)]
mod tests {
    use micro_api::testing;

    use super::Query;

    const KNOWN: &[&str] = &["offset", "limit"];

    fn read(target: &str) -> Result<Query, String> {
        let request = testing::get(target).build();
        Query::read(&request, KNOWN).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn names_that_are_known_each_once() {
        let query = read("/?limit=7&offset=%30").expect("both are known");
        assert_eq!(query.find("offset"), Some("0"));
        assert_eq!(query.number("limit", 1, 7).ok(), Some(Some(7)));
        assert!(read("/").is_ok_and(|query| query.find("limit").is_none()));
    }

    #[test]
    fn others_are_refused() {
        for (target, why) in [
            (
                "/?ofset=3",
                "`ofset` is unknown in the query: expected `offset` or `limit`",
            ),
            (
                "/?limit=1&limit=2",
                "`limit` is in the query twice: expected it once",
            ),
        ] {
            assert_eq!(read(target).expect_err(target), why);
        }
        let request = testing::get("/?x").build();
        let error = Query::read(&request, &[]).expect_err("there is a query");
        assert_eq!(
            error.message(),
            "`x` is unknown in the query: expected no query"
        );
    }

    #[test]
    fn numbers_within_bounds() {
        for (text, found) in [
            ("1", Some(1)),
            ("9", Some(9)),
            ("0", None),
            ("10", None),
            ("%2B1", None),
            ("-1", None),
            ("", None),
            ("1.0", None),
            ("99999999999999999999", None),
        ] {
            let query = read(&format!("/?limit={text}")).expect("it is known");
            assert_eq!(query.number("limit", 1, 9).ok().flatten(), found, "{text}");
        }
        let query = read("/?offset=x").expect("it is known");
        let error = query.number("offset", 0, u64::MAX);
        assert_eq!(
            error.expect_err("it is none").message(),
            "`offset` is `x`, expected a whole number from 0"
        );
    }
}
