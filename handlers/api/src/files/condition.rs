//! The conditions under which a file is sent (RFC 9110 section 13). No I/O.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::range::{Asked, Range, parse_range};
use crate::{Method, Reply, Request};

/// What tells one version of a file from another.
pub(super) struct Validators {
    tag: String,
    /// In whole seconds, as dates of HTTP are; none for a time that they cannot tell.
    modified: Option<SystemTime>,
}

impl Validators {
    /// Those of a file of this size and time of change; `now` is that of the answer.
    pub(super) fn new(size: u64, modified: SystemTime, now: SystemTime) -> Validators {
        let since = modified.duration_since(UNIX_EPOCH).ok();
        let nanos = since.map_or(0, |since| since.as_nanos());
        // A date in the future would be one that no client can have (section 8.8.2.1).
        let seconds = since
            .filter(|_| modified <= now)
            .map(|since| since.as_secs());
        Validators {
            tag: format!("\"{size:x}-{nanos:x}\""),
            modified: seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)),
        }
    }

    /// Adds them to an answer.
    pub(super) fn add_to(&self, reply: Reply) -> Reply {
        let reply = reply.with_header("ETag", self.tag.clone());
        match self.modified {
            Some(modified) => reply.with_header("Last-Modified", httpdate::fmt_http_date(modified)),
            None => reply,
        }
    }

    /// Whether a list of tags has this one. The weak comparison (section 8.8.3.2) takes a tag for
    /// weak as well; ours has no comma in it.
    fn is_in(&self, list: &str, is_weak_enough: bool) -> bool {
        list.trim() == "*"
            || list.split(',').map(str::trim).any(|tag| {
                let strong = if is_weak_enough {
                    tag.strip_prefix("W/")
                } else {
                    None
                };
                strong.unwrap_or(tag) == self.tag
            })
    }

    /// Whether the file has changed after a date; none that is no date.
    fn has_changed_since(&self, date: &str) -> Option<bool> {
        let date = httpdate::parse_http_date(date).ok()?;
        Some(self.modified? > date)
    }
}

/// How a file is to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Whole,
    Part(Range),
    NotModified,
    Failed,
    OutOfRange,
}

/// The conditions that a request has.
#[derive(Default)]
pub(super) struct Conditions {
    if_match: Option<String>,
    if_unmodified_since: Option<String>,
    if_none_match: Option<String>,
    if_modified_since: Option<String>,
    if_range: Option<String>,
    range: Option<String>,
}

impl Conditions {
    pub(super) fn of(request: &Request) -> Conditions {
        Conditions {
            if_match: find_list(request, "if-match"),
            if_unmodified_since: find_list(request, "if-unmodified-since"),
            if_none_match: find_list(request, "if-none-match"),
            if_modified_since: find_list(request, "if-modified-since"),
            if_range: find_list(request, "if-range"),
            range: find_list(request, "range"),
        }
    }

    /// Decides, in the order of RFC 9110 section 13.2.2.
    pub(super) fn judge(&self, method: Method, size: u64, file: &Validators) -> Verdict {
        let is_failed = match (&self.if_match, &self.if_unmodified_since) {
            (Some(list), _) => !file.is_in(list, false),
            (None, Some(date)) => file.has_changed_since(date) == Some(true),
            (None, None) => false,
        };
        if is_failed {
            return Verdict::Failed;
        }
        let is_reading = matches!(method, Method::Get | Method::Head);
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(list), _) if file.is_in(list, true) => {
                return if is_reading {
                    Verdict::NotModified
                } else {
                    Verdict::Failed
                };
            }
            (None, Some(date)) if is_reading && file.has_changed_since(date) == Some(false) => {
                return Verdict::NotModified;
            }
            _ => {}
        }
        match &self.range {
            Some(range) if method == Method::Get && self.is_same_version(file) => {
                match parse_range(range, size) {
                    Asked::Whole => Verdict::Whole,
                    Asked::Part(range) => Verdict::Part(range),
                    Asked::Nothing => Verdict::OutOfRange,
                }
            }
            _ => Verdict::Whole,
        }
    }

    /// `If-Range` (section 13.1.5): a strong tag, or the very date.
    fn is_same_version(&self, file: &Validators) -> bool {
        let Some(version) = &self.if_range else {
            return true;
        };
        if version.starts_with('"') {
            return *version == file.tag;
        }
        let date = httpdate::parse_http_date(version).ok();
        date.is_some() && date == file.modified
    }
}

/// The values of all fields of a name, as one list (section 5.2).
fn find_list(request: &Request, name: &str) -> Option<String> {
    let fields = request
        .headers()
        .filter(|(field, _)| field.eq_ignore_ascii_case(name));
    let values: Vec<_> = fields
        .map(|(_, value)| String::from_utf8_lossy(value))
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}
