//! What nobody is shown of a manifest's text, be it YAML or not: a password may stand behind any name
//! but those of fields that are no secrets. It is looked for line by line, as people write manifests.

use std::ops::Range;

/// The fields whose values may be shown.
const SHOWN: [&str; 8] = [
    "id",
    "username",
    "team",
    "endpoint",
    "encoding",
    "multi-cluster",
    "production",
    "test",
];
/// What may stand before the name of a field.
const MARKS: [char; 8] = [' ', '\t', '\u{feff}', '-', '?', '{', '[', ','];

/// Where that stands in the text.
pub(super) fn find_hidden(text: &str) -> Vec<Range<usize>> {
    let mut hidden = Vec::new();
    let mut end = 0;
    // How deep the secret stands that may go on in deeper lines.
    let mut secret: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        end += line.len();
        let content = line.trim_start_matches(MARKS);
        let (start, depth) = (end - content.len(), line.len() - content.len());
        let content = content.trim_end();
        if content.is_empty() {
            continue;
        }
        let is_below = secret.is_some_and(|secret| depth > secret);
        let part = match is_below {
            true => Some(0..content.len()),
            false => find_secret(content),
        };
        if !is_below {
            secret = part.is_some().then_some(depth);
        }
        hidden.extend(part.map(|part| start + part.start..start + part.end));
    }
    hidden
}

/// Where the secret of a line stands.
fn find_secret(line: &str) -> Option<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || "-_".contains(c);
    let unquoted = |name: &str| name.trim().trim_matches(['"', '\'']).to_owned();
    let whole = Some(0..line.len());
    let Some((name, value)) = line.split_once(':') else {
        let is_harmless = !line.contains(char::is_alphanumeric) || is_field(&unquoted(line));
        return whole.filter(|_| !is_harmless);
    };
    let name = unquoted(name);
    if !name.chars().all(is_part) {
        return whole;
    }
    let is_shown = SHOWN.contains(&name.as_str()) && !has_fields(value);
    let start = line.len() - value.trim_start().len();
    (!is_shown && start < line.len()).then_some(start..line.len())
}

fn is_field(name: &str) -> bool {
    SHOWN.contains(&name) || name == "password"
}

/// Whether other fields stand in a value, such as those of `{a: b}`.
fn has_fields(value: &str) -> bool {
    let comment = value.find(" #").unwrap_or(value.len());
    let value = value[..comment].trim_end();
    value.contains(['{', '\t']) || value.contains(": ") || value.ends_with(':')
}

#[cfg(test)]
mod tests {
    use super::find_hidden;

    fn shown(text: &str) -> String {
        let mut shown = text.to_owned();
        for part in find_hidden(text).into_iter().rev() {
            shown.replace_range(part, "***");
        }
        shown
    }

    #[test]
    fn only_values_that_are_no_secrets_are_shown() {
        for (text, expected) in [
            ("password: a", "password: ***"),
            ("  \"password\" : 'a: b' # c", "  \"password\" : ***"),
            ("pasword: a\r\nid: b\r\n", "pasword: ***\r\nid: b\r\n"),
            ("password:a", "password:***"),
            ("password a", "***"),
            ("password=a:b", "***"),
            ("- password: a", "- password: ***"),
            ("{id: b, password: a}", "{id: ***"),
            ("{\n  password: a,\n", "{\n  password: ***\n"),
            (
                "endpoint: {test: b, password: a}\nid: b",
                "endpoint: ***\nid: b",
            ),
            (
                "password: |\n  a: b\n\n  c\nid: b",
                "password: ***\n  ***\n\n  ***\nid: b",
            ),
            ("x:\n- a\nid: b", "x:\n- ***\nid: b"),
            ("password:\n  a\n", "password:\n  ***\n"),
            ("# the password is a", "***"),
            ("? a\n: b", "? ***\n: ***"),
            ("a\u{feff}: b", "***"),
        ] {
            assert_eq!(shown(text), expected);
        }
        for text in [
            "",
            "id: servicename # its name: small letters",
            "\u{feff}id: b",
            "endpoint:\n  production: https://a:80/b\n  test: b:80\n",
            "- id",
            "---\n...\n",
            "password:",
            "'multi-cluster': yes",
        ] {
            assert_eq!(shown(text), text);
        }
    }
}
