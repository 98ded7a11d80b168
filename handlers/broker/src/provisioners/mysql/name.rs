//! Names and passwords within a statement.

use super::fault::Fault;

/// A name of ours: in a statement it means itself, also as the pattern that GRANT takes it for.
pub(super) fn is_name(text: &str) -> bool {
    let is_own = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    !text.is_empty() && text.chars().all(is_own)
}

/// Such as `` `shop` ``.
pub(super) fn identifier(name: &str) -> Result<String, Fault> {
    match is_name(name) {
        true => Ok(format!("`{name}`")),
        false => Err(Fault::new(
            "a name is refused that is not of small letters and digits",
        )),
    }
}

/// Such as `'shop'@'%'`.
pub(super) fn account(user: &str) -> Result<String, Fault> {
    identifier(user).map(|_| format!("'{user}'@'%'"))
}

/// A text of letters and digits, such as `'Passw0rd'`.
pub(super) fn literal(text: &str) -> Result<String, Fault> {
    match text.chars().all(|c| c.is_ascii_alphanumeric()) {
        true => Ok(format!("'{text}'")),
        false => Err(Fault::new(
            "a text is refused that is not of letters and digits",
        )),
    }
}

/// Some texts with commas between them.
pub(super) fn literals<'a>(texts: impl Iterator<Item = &'a str>) -> Result<String, Fault> {
    let texts: Vec<String> = texts.map(literal).collect::<Result<_, _>>()?;
    Ok(texts.join(","))
}

#[cfg(test)]
mod tests {
    use super::{account, identifier, literal};

    #[test]
    fn what_would_mean_more_than_itself_is_refused() {
        for text in ["", "a_b", "a%", "a`", "a'b", "a\\", "A", "ä", "a b", "a.b"] {
            assert!(identifier(text).is_err(), "{text}");
            assert!(account(text).is_err(), "{text}");
        }
        for text in ["a'b", "a\\", "ä", "a b", "a;"] {
            assert!(literal(text).is_err(), "{text}");
        }
        assert_eq!(account("a1").ok().as_deref(), Some("'a1'@'%'"));
    }
}
