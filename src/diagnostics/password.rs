//! Where passwords stand in URLs, as in `http://user:password@host/`: nobody is shown one.

use std::ops::Range;

/// Where the passwords of URLs stand in a text.
pub(super) fn find_passwords(text: &str) -> impl Iterator<Item = Range<usize>> {
    // Where the URL ends that was looked at last, and its last `@`: looked for once, however many
    // `://` it has.
    let (mut end, mut last_at) = (0, None);
    text.match_indices("://").filter_map(move |(at, sign)| {
        let start = at + sign.len();
        if end <= start {
            let length = text[start..].find(is_end_of_url);
            end = length.map_or(text.len(), |length| start + length);
            last_at = text[start..end].rfind('@').map(|at| start + at);
        }
        let last_at = last_at.and_then(|at: usize| at.checked_sub(start));
        let password = find_password(&text[start..end], last_at)?;
        Some(start + password.start..start + password.end)
    })
}

fn is_end_of_url(c: char) -> bool {
    c.is_whitespace() || matches!(c, '`' | '"' | '\'')
}

/// Where the password stands behind the `://` of a URL, also of one that is not well written.
fn find_password(url: &str, last_at: Option<usize>) -> Option<Range<usize>> {
    let authority = url.split(['/', '?', '#']).next().unwrap_or_default();
    let colon = authority.find(':').filter(|_| !url.starts_with('['))?;
    let behind = &authority[colon + 1..];
    let is_port = !behind.is_empty() && behind.bytes().all(|byte| byte.is_ascii_digit());
    // Where a slash in the password ends the authority too early, the last `@` is the right one.
    let at = authority.rfind('@').or(last_at.filter(|_| !is_port))?;
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
            ("x://a/x://u:p@h/x://v:q@i", "x://a/x://u:***@h/x://v:***@i"),
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
