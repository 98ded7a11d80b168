//! The forms of a request target (RFC 9112 section 3.2).

use micro_api::Method;
use micro_api::host::Span;

use super::Reject;
use super::authority::{is_authority, is_authority_with_port};

/// Where in a request target things are; places count from its first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// The path, with its `/`; or the `*` of OPTIONS.
    pub(super) path: Span,
    /// What follows `?`.
    pub(super) query: Span,
    /// `host:port`, if the target names it.
    pub(super) authority: Option<Span>,
}

/// Takes a target apart. A method that we do not know may have any form.
pub(super) fn parse(target: &[u8], method: Option<Method>) -> Result<Target, Reject> {
    let (path_end, query_start) = find_query(target)?;
    let query = Span::new(query_start, target.len());
    if target[0] == b'/' {
        return Ok(Target {
            path: Span::new(0, path_end),
            query,
            authority: None,
        });
    }
    if target == b"*" && matches!(method, Some(Method::Options) | None) {
        return Ok(Target {
            path: Span::new(0, 1),
            ..Target::default()
        });
    }
    if method.is_none() && is_authority_with_port(target) {
        return Ok(Target::default());
    }
    let scheme = find_scheme(target).ok_or(Reject::Target)?;
    let authority_end = target[scheme..path_end]
        .iter()
        .position(|&byte| byte == b'/')
        .map(|at| scheme + at);
    let authority = Span::new(scheme, authority_end.unwrap_or(path_end));
    if !is_authority(authority.of(target)) {
        return Err(Reject::HostInvalid);
    }
    // An empty path means `/` (RFC 9110 section 4.2.3); the last one of `://` stands for it.
    let path = match authority_end {
        Some(start) => Span::new(start, path_end),
        None => Span::new(scheme - 1, scheme),
    };
    Ok(Target {
        path,
        query,
        authority: Some(authority),
    })
}

// Where the path ends and where the query begins.
fn find_query(target: &[u8]) -> Result<(usize, usize), Reject> {
    let mut question = None;
    for (at, &byte) in target.iter().enumerate() {
        match byte {
            b'?' if question.is_none() => question = Some(at),
            b'#' | 0..=b' ' | 0x7f.. => return Err(Reject::Target),
            _ => {}
        }
    }
    Ok(question.map_or((target.len(), target.len()), |at| (at, at + 1)))
}

fn find_scheme(target: &[u8]) -> Option<usize> {
    let starts_with = |scheme: &[u8]| {
        target
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    [b"http://".as_slice(), b"https://"]
        .into_iter()
        .find(|s| starts_with(s))
        .map(<[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(target: &str, method: Option<Method>) -> Result<(&str, &str, Option<&str>), Reject> {
        let text = |span: Span| &target[span.start as usize..span.end as usize];
        let found = parse(target.as_bytes(), method)?;
        Ok((
            text(found.path),
            text(found.query),
            found.authority.map(text),
        ))
    }

    #[test]
    fn origin_form() {
        for (target, path, query) in [
            ("/", "/", ""),
            ("/a/b?c=d", "/a/b", "c=d"),
            ("/?", "/", ""),
            ("/a??b?", "/a", "?b?"),
            ("//a", "//a", ""),
            ("/http://x", "/http://x", ""),
        ] {
            assert_eq!(
                parts(target, Some(Method::Get)),
                Ok((path, query, None)),
                "{target}"
            );
        }
    }

    #[test]
    fn absolute_form() {
        for (target, path, query, authority) in [
            ("http://a/b?c", "/b", "c", "a"),
            ("HTTPS://a:80/", "/", "", "a:80"),
            ("http://a", "/", "", "a"),
            ("http://a?b/c", "/", "b/c", "a"),
            ("http://[::1]:80/x", "/x", "", "[::1]:80"),
        ] {
            let found = parts(target, Some(Method::Get));
            assert_eq!(found, Ok((path, query, Some(authority))), "{target}");
        }
        for target in [
            "http://",
            "http:///a",
            "http://u@a/",
            "http://a b/",
            "ftp://a/",
            "a:80",
        ] {
            assert!(parts(target, Some(Method::Get)).is_err(), "{target}");
        }
    }

    #[test]
    fn asterisk_and_authority_depend_on_the_method() {
        assert_eq!(parts("*", Some(Method::Options)), Ok(("*", "", None)));
        assert_eq!(parts("*", Some(Method::Get)), Err(Reject::Target));
        assert_eq!(parts("a:80", None), Ok(("", "", None)));
        assert_eq!(parts("a:80", Some(Method::Get)), Err(Reject::Target));
    }

    #[test]
    fn what_is_no_target() {
        for target in ["/a#b", "#", "/\u{e9}", "/\u{7f}", "a", "?a", "*a", "/a b"] {
            assert_eq!(
                parts(target, Some(Method::Get)),
                Err(Reject::Target),
                "{target}"
            );
        }
    }
}
