//! The API, row by row.

/// A request, and the status of its answer.
pub(super) struct Case(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) u16,
);

/// In this order: one has what those before it have made.
pub(super) const CASES: &[Case] = &[
    Case("GET", "/resources/plans", "", 200),
    Case("GET", "/resources/plans/", "", 200),
    Case("GET", "/openapi.json", "", 200),
    // Create.
    Case("POST", "/resources", "name=blog", 201),
    Case("POST", "/resources", "name=blog", 409),
    Case("POST", "/resources", r#"{"name": "blog"}"#, 409),
    Case(
        "POST",
        "/resources/",
        "name=slash&plan=small&user=me&team=us&tags=a&tags=b&eventid=1",
        201,
    ),
    Case(
        "POST",
        "/resources",
        "name=form&plan=&description=&parameters.a.b=1",
        201,
    ),
    Case(
        "POST",
        "/resources",
        r#"{"name": "json", "plan": "small", "team": "us", "tags": ["a"], "parameters": {"a": 1}}"#,
        201,
    ),
    Case("POST", "/resources", "", 400),
    Case("POST", "/resources", "name=", 400),
    Case("POST", "/resources", "name=plans", 400),
    Case("POST", "/resources", r#"{"name": "plans"}"#, 400),
    Case("POST", "/resources", "name=a%2Fb", 400),
    Case("POST", "/resources", "name=new&plan=huge", 400),
    Case("POST", "/resources", r#"{"name": 7}"#, 400),
    Case("POST", "/resources", r#"{"name": "#, 400),
    Case("PATCH", "/resources", "", 405),
    // What there is to say.
    Case("GET", "/resources/blog", "", 200),
    Case("GET", "/resources/blog/", "", 200),
    Case("GET", "/resources/none", "", 404),
    Case("GET", "/resources/blog/status", "", 204),
    Case("GET", "/resources/blog/status/", "", 204),
    Case("GET", "/resources/none/status", "", 404),
    Case("GET", "/elsewhere", "", 404),
    // Change.
    Case(
        "PUT",
        "/resources/blog",
        "description=all%20posts&team=them&tags=c",
        200,
    ),
    Case(
        "PUT",
        "/resources/blog/",
        r#"{"description": "posts", "plan": "small"}"#,
        200,
    ),
    Case("PUT", "/resources/blog", "plan=huge", 400),
    Case("PUT", "/resources/none", "team=them", 404),
    Case("PUT", "/resources/none", "plan=small", 404),
    Case("PUT", "/resources/plans", "team=them", 405),
    // Apps, as today.
    Case(
        "POST",
        "/resources/blog/bind-app",
        "app-name=shop&app-hosts=a.example&app-hosts=b.example&user=me",
        201,
    ),
    Case("POST", "/resources/blog/bind-app/", "app-name=shop", 201),
    Case(
        "POST",
        "/resources/blog/bind-app",
        r#"{"appName": "desk", "appHosts": ["c.example"], "parameters": {"a": "1"}}"#,
        201,
    ),
    Case("POST", "/resources/blog/bind-app", "", 400),
    Case("POST", "/resources/blog/bind-app", "app-name=a%2Fb", 400),
    Case("POST", "/resources/none/bind-app", "app-name=shop", 404),
    Case(
        "DELETE",
        "/resources/blog/bind-app",
        "app-name=shop&user=me",
        200,
    ),
    Case("DELETE", "/resources/blog/bind-app", "app-name=shop", 404),
    Case(
        "DELETE",
        "/resources/blog/bind-app/",
        r#"{"appName": "desk"}"#,
        200,
    ),
    Case("DELETE", "/resources/none/bind-app", "app-name=shop", 404),
    Case("DELETE", "/resources/blog/bind-app", "", 400),
    // Units of apps: tsuru asks and does not need an answer.
    Case(
        "POST",
        "/resources/blog/bind-app",
        "app-host=d.example",
        201,
    ),
    Case(
        "DELETE",
        "/resources/blog/bind-app",
        "app-host=d.example",
        200,
    ),
    // The older spelling.
    Case(
        "POST",
        "/resources/blog/bind",
        "app-name=shop&app-host=a.example",
        201,
    ),
    Case("DELETE", "/resources/blog/bind/", "app-name=shop", 200),
    Case("DELETE", "/resources/blog/bind", "app-name=shop", 404),
    // Jobs.
    Case("PUT", "/resources/blog/binds/jobs/nightly", "user=me", 201),
    Case("PUT", "/resources/blog/binds/jobs/nightly/", "", 201),
    Case("PUT", "/resources/none/binds/jobs/nightly", "", 404),
    Case("DELETE", "/resources/blog/binds/jobs/nightly", "", 200),
    Case("DELETE", "/resources/blog/binds/jobs/nightly", "", 404),
    // Units, as in 2013.
    Case(
        "POST",
        "/resources/blog",
        "unit-hostname=10.10.10.10&app-hostname=a.example",
        201,
    ),
    Case("POST", "/resources/blog/", "hostname=10.10.10.11", 201),
    Case("POST", "/resources/blog", "", 400),
    Case("POST", "/resources/none", "hostname=10.10.10.10", 404),
    Case("DELETE", "/resources/blog/hostname/10.10.10.10", "", 200),
    Case("DELETE", "/resources/blog/hostname/10.10.10.10", "", 404),
    Case("DELETE", "/resources/blog/hostname/10.10.10.11/", "", 200),
    // Orphans.
    Case("GET", "/admin/orphans", "", 200),
    Case("GET", "/admin/orphans/", "", 200),
    Case("DELETE", "/admin/orphans/small/none", "", 404),
    Case("DELETE", "/admin/orphans/huge/none", "", 404),
    // Delete, also what is bound.
    Case("POST", "/resources/blog/bind-app", "app-name=shop", 201),
    Case("DELETE", "/resources/blog", "user=me", 200),
    Case("DELETE", "/resources/blog", "", 404),
    Case("GET", "/resources/blog", "", 404),
    Case("POST", "/resources/blog/bind-app", "app-name=shop", 404),
    Case("DELETE", "/resources/json/", r#"{"user": "me"}"#, 200),
    Case("POST", "/resources", "name=blog", 201),
];
