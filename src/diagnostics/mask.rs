//! What is hidden of any text that is shown: passwords in URLs, and secrets in their queries.

use std::ops::Range;

use percent_encoding::percent_decode_str;

use super::password::find_passwords;
use super::secret::names_secret;

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// The text with `***` for each password of a URL in it, and for each value in a query whose name is
/// that of a secret ([`names_secret`]).
///
/// ```
/// use micro::diagnostics::mask_secrets;
///
/// assert_eq!(mask_secrets("http://me:hunter2@host/"), "http://me:***@host/");
/// assert_eq!(mask_secrets("/path?a=b&api_key=hunter2"), "/path?a=b&api_key=***");
/// ```
#[must_use]
pub fn mask_secrets(text: &str) -> String {
    let mut secrets: Vec<Range<usize>> = find_secrets(text).collect();
    secrets.sort_by_key(|secret| secret.start);
    let mut masked = String::with_capacity(text.len());
    let mut shown = 0;
    for secret in secrets {
        if secret.start >= shown {
            masked.push_str(&text[shown..secret.start]);
            masked.push_str(HIDDEN);
        }
        shown = shown.max(secret.end);
    }
    masked.push_str(&text[shown..]);
    masked
}

/// Where secrets stand in a text.
pub(super) fn find_secrets(text: &str) -> impl Iterator<Item = Range<usize>> {
    find_passwords(text).chain(find_values(text))
}

/// Where the values of a query stand whose names are those of secrets; a fragment may be one, too.
fn find_values(text: &str) -> impl Iterator<Item = Range<usize>> {
    // Where the value ends that was looked at last: one may have many `?=`, and is read once.
    let mut end = 0;
    text.match_indices(['?', '&', '#'])
        .filter_map(move |(at, _)| {
            let start = at + 1;
            let is_end = |c: char| c == '=' || c == '?' || is_end_of_value(c);
            let equals = start + text[start..].find(is_end)?;
            let behind = text[equals..].strip_prefix('=')?;
            let begin = equals + 1;
            if end < begin {
                end = begin + behind.find(is_end_of_value).unwrap_or(behind.len());
            }
            let value = &text[begin..end];
            let name = percent_decode_str(&text[start..equals]).decode_utf8_lossy();
            let is_secret = !value.is_empty() && names_secret(&name) && !is_placeholder(value);
            is_secret.then_some(begin..end)
        })
}

fn is_end_of_value(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "&#\"`<>".contains(c)
}

// `{token}` in the path of a definition is the name of an argument, not its value.
fn is_placeholder(value: &str) -> bool {
    let name = value
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| !name.contains(['{', '}']))
}

#[cfg(test)]
mod tests {
    use super::mask_secrets;

    #[test]
    fn secrets_are_masked_and_nothing_else_is() {
        for (text, masked) in [
            ("http://u:p@h/?token=x", "http://u:***@h/?token=***"),
            ("http://u:p/w@h?token=a@b c", "http://u:*** c"),
            (
                "<http://h/?token=x>; rel=next",
                "<http://h/?token=***>; rel=next",
            ),
            ("see `/a?b=c&to%6ben=x` now", "see `/a?b=c&to%6ben=***` now"),
            ("h#access_token=x&b=c", "h#access_token=***&b=c"),
            ("?token={a}{b}", "?token=***"),
            ("?a=?token=x&b=?token=y z", "?a=?token=***&b=?token=*** z"),
            ("?a=&token=x", "?a=&token=***"),
            ("?a[token]=x&amp;secret=y", "?a[token]=***&amp;secret=***"),
        ] {
            assert_eq!(mask_secrets(text), masked);
        }
        for text in [
            "http://h:80/a:b@c",
            "/a?token={token}&b=c",
            "?token=&token&author=x",
            "token=x",
            "? token=x",
            "?&#==",
            "",
        ] {
            assert_eq!(mask_secrets(text), text);
        }
    }

    #[test]
    fn many_beginnings_in_one_text_are_read_once() {
        // It would take minutes otherwise.
        for part in ["?a=", "a://", "&token=", "x://u:"] {
            let masked = mask_secrets(&part.repeat(50_000));
            assert!(masked.len() > 9, "{part}");
        }
    }
}
