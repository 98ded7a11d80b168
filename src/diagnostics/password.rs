//! Where passwords stand in URLs, as in `http://user:password@host/`: nobody is shown one.

use std::ops::Range;

/// Where the passwords of URLs stand in a text.
pub(super) fn find_passwords(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("://").filter_map(|(at, sign)| {
        let start = at + sign.len();
        let password = find_password(&text[start..])?;
        Some(start + password.start..start + password.end)
    })
}

/// Where the password stands behind the `://` of a URL, also of one that is not well written.
fn find_password(text: &str) -> Option<Range<usize>> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '`' | '"' | '\'');
    let url = text.split(is_end).next().unwrap_or_default();
    let authority = url.split(['/', '?', '#']).next().unwrap_or_default();
    let colon = authority.find(':').filter(|_| !url.starts_with('['))?;
    let behind = &authority[colon + 1..];
    let is_port = !behind.is_empty() && behind.bytes().all(|byte| byte.is_ascii_digit());
    // Where a slash in the password ends the authority too early, the last `@` is the right one.
    let at = authority
        .rfind('@')
        .or_else(|| url.rfind('@').filter(|_| !is_port))?;
    (colon + 1 < at).then_some(colon + 1..at)
}

#[cfg(test)]
mod tests {
    use super::super::mask_secrets;

    #[test]
    fn passwords_are_masked_and_nothing_else_is() {
        for (text, masked) in [
            ("http://u:p@h/", "http://u:***@h/"),
            ("`unix://u:p:q@r@h:80/x?y`", "`unix://u:***@h:80/x?y`"),
            ("http://u:p/w@h", "http://u:***@h"),
            (
                "a mysql://u:p@h and x://v:q@i",
                "a mysql://u:***@h and x://v:***@i",
            ),
            ("http://u:${PW:-p}@h", "http://u:***@h"),
        ] {
            assert_eq!(mask_secrets(text), masked);
        }
        for text in [
            "http://h:80/a:b@c",
            "http://u@h/",
            "http://u:@h/",
            "http://[::1]:80/@x",
            "u:p@h",
            "http://h/ a:b@c",
            "://",
            "",
        ] {
            assert_eq!(mask_secrets(text), text);
        }
    }
}
