//! What a line belongs to.

/// What a line may belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The service.
    Top,
    /// A SERVER.
    Server,
    /// A ROUTE.
    Route,
    /// A GET, POST and so on.
    Method,
    /// A CONNECTION.
    Connection,
    /// A RESOURCE.
    Resource,
}

impl Scope {
    /// The word that opens it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Top => "top",
            Scope::Server => "SERVER",
            Scope::Route => "ROUTE",
            Scope::Method => "method",
            Scope::Connection => "CONNECTION",
            Scope::Resource => "RESOURCE",
        }
    }

    /// What a line must stand inside of, with its article.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Scope::Top => "the service",
            Scope::Server => "a `SERVER`",
            Scope::Route => "a `ROUTE`",
            Scope::Method => "a method such as `GET`",
            Scope::Connection => "a `CONNECTION`",
            Scope::Resource => "a `RESOURCE`",
        }
    }

    /// A line that opens it.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Scope::Top => "",
            Scope::Server => "SERVER hello 12345",
            Scope::Route => "ROUTE /hello",
            Scope::Method => "GET hello.greet",
            Scope::Connection => "CONNECTION users http://localhost:8080",
            Scope::Resource => "RESOURCE find /users/{id}",
        }
    }
}
