//! Under which condition a request is to be carried out: If-Match and If-None-Match (RFC 9110
//! section 13). No I/O.

use micro_api::{Error, Method, Request};

use micro_api::quoted;

use crate::malformed::Malformed;
use crate::revision::Revision;

/// The conditions of a request. Dates are no conditions here, as mappings have none (section
/// 13.1.3 and 13.1.4).
#[derive(Debug)]
pub(crate) struct Precondition {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
    is_reading: bool,
}

/// What follows from the conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// They are met, or there are none.
    GoOn,
    /// 412: they are not met, and nothing is to be changed.
    Failed,
    /// 304: who asks has it already.
    NotModified,
}

impl Precondition {
    /// No condition at all.
    pub(crate) const NONE: Precondition = Precondition {
        if_match: None,
        if_none_match: None,
        is_reading: false,
    };

    /// The conditions that a request has.
    ///
    /// # Errors
    ///
    /// 400 if one of the two fields is neither `*` nor a list of entity-tags.
    pub(crate) fn of(request: &Request) -> Result<Precondition, Error> {
        Ok(Precondition {
            if_match: Tags::find(request, "If-Match")?,
            if_none_match: Tags::find(request, "If-None-Match")?,
            is_reading: matches!(request.method(), Method::Get | Method::Head),
        })
    }

    /// Compares with what there is now, in the order of section 13.2.2. A request that would fail
    /// in any case, with 404 for instance, is not to be compared (section 13.2.1).
    pub(crate) fn check(&self, current: Option<Revision>) -> Outcome {
        let is_among = |tags: &Tags, is_weak_enough| match current {
            Some(revision) => tags.have(revision, is_weak_enough),
            None => false,
        };
        match (&self.if_match, &self.if_none_match) {
            (Some(tags), _) if !is_among(tags, false) => Outcome::Failed,
            (_, Some(tags)) if is_among(tags, true) && self.is_reading => Outcome::NotModified,
            (_, Some(tags)) if is_among(tags, true) => Outcome::Failed,
            _ => Outcome::GoOn,
        }
    }
}

/// The value of one of the two fields.
#[derive(Debug)]
enum Tags {
    /// `*`: whatever there is.
    Any,
    These(Vec<Tag>),
}

/// An entity-tag (RFC 9110 section 8.8.3).
#[derive(Debug)]
struct Tag {
    is_weak: bool,
    /// With its quotes.
    text: Vec<u8>,
}

impl Tags {
    /// The values of all fields of this name, as one list (section 5.3).
    fn find(request: &Request, name: &str) -> Result<Option<Tags>, Malformed> {
        let fields = request
            .headers()
            .filter(|(field, _)| field.eq_ignore_ascii_case(name));
        let values: Vec<&[u8]> = fields.map(|(_, value)| value).collect();
        if values.is_empty() {
            return Ok(None);
        }
        let list = values.join(&b',');
        Tags::read(&list).map(Some).ok_or_else(|| {
            let found = quoted(&String::from_utf8_lossy(&list));
            let expected = "expected `*`, or entity-tags such as `\"1-2\"` between commas";
            Malformed::new(format!("`{name}` is {found}: {expected}"))
        })
    }

    fn read(list: &[u8]) -> Option<Tags> {
        if list.trim_ascii() == b"*" {
            return Some(Tags::Any);
        }
        let (mut tags, mut rest) = (Vec::new(), list);
        loop {
            // A list may have empty elements (section 5.6.1.2).
            rest = rest.trim_ascii_start();
            if let Some(after) = rest.strip_prefix(b",") {
                rest = after;
            } else if rest.is_empty() {
                // One that is empty as a whole names no state: it is somebody's mistake.
                return (!tags.is_empty()).then_some(Tags::These(tags));
            } else {
                let (tag, after) = Tag::read(rest)?;
                tags.push(tag);
                rest = after;
                let after = rest.trim_ascii_start();
                if !after.is_empty() && !after.starts_with(b",") {
                    return None;
                }
            }
        }
    }

    fn have(&self, revision: Revision, is_weak_enough: bool) -> bool {
        match self {
            Tags::Any => true,
            Tags::These(tags) => {
                let text = revision.to_string();
                let is_it =
                    |tag: &Tag| tag.text == text.as_bytes() && (is_weak_enough || !tag.is_weak);
                tags.iter().any(is_it)
            }
        }
    }
}

impl Tag {
    /// The tag that the bytes begin with, and what follows it.
    fn read(bytes: &[u8]) -> Option<(Tag, &[u8])> {
        let (is_weak, opaque) = match bytes.strip_prefix(b"W/") {
            Some(opaque) => (true, opaque),
            None => (false, bytes),
        };
        let inner = opaque.strip_prefix(b"\"")?;
        let length = inner.iter().position(|b| *b == b'"')?;
        if !inner[..length].iter().all(|b| is_tag_byte(*b)) {
            return None;
        }
        let (text, rest) = opaque.split_at(length + 2);
        let text = text.to_vec();
        Some((Tag { is_weak, text }, rest))
    }
}

// RFC 9110 section 8.8.3, etagc: neither blanks nor control characters.
fn is_tag_byte(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f
}

#[cfg(test)]
mod tests;
