//! The request methods that a route can answer.

use std::fmt;

/// A request method (RFC 9110 section 9). Methods not listed here are answered with 501.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Transfer a representation of the resource.
    #[default]
    Get,
    /// As GET, without the content.
    Head,
    /// Process the content as the resource sees fit.
    Post,
    /// Replace the resource by the content.
    Put,
    /// Change the resource as the content says (RFC 5789).
    Patch,
    /// Remove the resource.
    Delete,
    /// Tell what can be done with the resource.
    Options,
}

impl Method {
    /// Every method, in the order in which `Allow` lists them.
    pub const ALL: [Method; 7] = [
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
        Method::Options,
    ];

    /// The method's token, as it stands in a request line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
        }
    }

    /// The method of this token; tokens are case-sensitive (RFC 9110 section 9.1).
    #[must_use]
    pub fn find(token: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.as_str() == token)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
