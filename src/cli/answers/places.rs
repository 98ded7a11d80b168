//! Where things stand in a text that is known to be JSON, so that a mistake can be told at its place.

use std::ops::Range;

use micro_api::serde_json;

/// A member of an object.
pub(super) struct Member {
    pub(super) key: String,
    pub(super) key_at: Range<usize>,
    pub(super) value_at: Range<usize>,
}

/// Where the only value of a text stands.
pub(super) fn whole(text: &str) -> Range<usize> {
    let start = skip_blanks(text, 0);
    start..end_of_value(text, start)
}

/// The items of the array that stands there.
pub(super) fn items(text: &str, array: &Range<usize>) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    let mut at = skip_blanks(text, array.start + 1);
    while at < array.end - 1 {
        let end = end_of_value(text, at);
        items.push(at..end);
        at = behind_comma(text, end);
    }
    items
}

/// The members of the object that stands there.
pub(super) fn members(text: &str, object: &Range<usize>) -> Vec<Member> {
    let mut members = Vec::new();
    let mut at = skip_blanks(text, object.start + 1);
    while at < object.end - 1 {
        let member = member(text, at);
        at = behind_comma(text, member.value_at.end);
        members.push(member);
    }
    members
}

/// The members of all objects, however deep.
pub(super) fn members_within(text: &str, value: &Range<usize>) -> Vec<Member> {
    let inner = match text.as_bytes()[value.start] {
        b'[' => {
            let items = items(text, value);
            return items
                .iter()
                .flat_map(|item| members_within(text, item))
                .collect();
        }
        b'{' => members(text, value),
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for member in inner {
        all.extend(members_within(text, &member.value_at));
        all.push(member);
    }
    all
}

fn member(text: &str, at: usize) -> Member {
    let key_at = at..end_of_value(text, at);
    let colon = skip_blanks(text, key_at.end);
    let value = skip_blanks(text, colon + 1);
    Member {
        key: serde_json::from_str(&text[key_at.clone()]).unwrap_or_default(),
        key_at,
        value_at: value..end_of_value(text, value),
    }
}

fn skip_blanks(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + rest.len() - rest.trim_ascii_start().len()
}

fn behind_comma(text: &str, end: usize) -> usize {
    let at = skip_blanks(text, end);
    match text.as_bytes()[at] {
        b',' => skip_blanks(text, at + 1),
        _ => at,
    }
}

fn end_of_value(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (start, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at) - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            // Behind a number or a word.
            byte if depth == 0 && (b",}]".contains(&byte) || byte.is_ascii_whitespace()) => {
                return at;
            }
            _ => {
                at += 1;
                continue;
            }
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    at
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        " [ {\"a\" : \"}\\\"]\" ,\"b\":[1, 2.5 ,true]},{}, 7 ,\n[ ],{\"c\":{\"d\":null}}]\n";

    #[test]
    fn values_stand_where_they_stand() {
        let items: Vec<&str> = items(TEXT, &whole(TEXT))
            .into_iter()
            .map(|at| &TEXT[at])
            .collect();
        let expected = [
            "{\"a\" : \"}\\\"]\" ,\"b\":[1, 2.5 ,true]}",
            "{}",
            "7",
            "[ ]",
            "{\"c\":{\"d\":null}}",
        ];
        assert_eq!(items, expected);
    }

    #[test]
    fn members_are_found_however_deep() {
        let found = members_within(TEXT, &whole(TEXT));
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|member| (member.key.as_str(), &TEXT[member.value_at.clone()]))
            .collect();
        let expected = [
            ("a", "\"}\\\"]\""),
            ("b", "[1, 2.5 ,true]"),
            ("d", "null"),
            ("c", "{\"d\":null}"),
        ];
        assert_eq!(found, expected);
    }
}
