//! Requests as nginx sees them.

use micro::Micro;
use micro_api::{Error, Json, Module, Request, Response, Value, json};

use super::caller::Caller;
use super::nginx::Nginx;
use super::support::serve;

const MIB: usize = 1 << 20;

// A body is read only if somebody wants it, so it is passed on to a server that does not.
const SERVER: &str = "
    server {
      listen @host:@port;
      client_max_body_size 16m;
      location = /target { return 200 '$request_method $request_uri'; }
      location = /field { return 200 '$host|$http_user_agent|$http_accept|$http_x_color'; }
      location = /id { return 200 '$http_x_request_id'; }
      location = /body {
        add_header X-Content $request_body;
        add_header X-Type $content_type;
        add_header X-Length $content_length;
        proxy_pass http://@host:@other;
      }
      location = /small { client_max_body_size 1k; proxy_pass http://@host:@other; }
      location = /door {
        auth_basic door;
        auth_basic_user_file @folder/users;
        proxy_pass http://@host:@other;
      }
      location /files/ { root @folder; dav_methods PUT DELETE; create_full_put_path on; }
    }
    server { listen @host:@other; location / { return 200 'thank you'; } }";

const ARGUMENTS: [&str; 3] = [
    "REQUIRED color",
    "REQUIRED sizes",
    "OPTIONAL more default=a&b",
];

fn nginx() -> Option<Nginx> {
    Nginx::with(SERVER, &[("users", b"me:{PLAIN}pass word\n")])
}

/// The answer to a call with arguments.
#[track_caller]
fn answer(nginx: &Nginx, resource: &str) -> Response {
    let lines: Vec<&str> = [resource].into_iter().chain(ARGUMENTS).collect();
    let mut caller = Caller::new(&nginx.url(), &lines);
    caller.answer("it", ("dark red & ü", [1, 2]))
}

#[test]
fn arguments_in_the_query() {
    let Some(nginx) = nginx() else { return };
    for (resource, target) in [
        (
            "RESOURCE it /target",
            "GET /target?color=dark+red+%26+%C3%BC&sizes=1&sizes=2&more=a%26b",
        ),
        (
            r"RESOURCE it /target?first\=1",
            "GET /target?first=1&color=dark+red+%26+%C3%BC&sizes=1&sizes=2&more=a%26b",
        ),
    ] {
        assert_eq!(answer(&nginx, resource).text().expect("it is text"), target);
    }
}

#[test]
fn arguments_in_the_path() {
    let server = "server { listen @host:@port; return 200 '$request_uri $uri'; }";
    let Some(nginx) = Nginx::start(server) else {
        return;
    };
    let url = format!("{}/base", nginx.url());
    let mut caller = Caller::new(&url, &[r"RESOURCE it /things/{id}/parts?part\={part}"]);
    let answer = caller.answer("it", ("a/b ü?", "x&y"));
    assert_eq!(
        answer.text().expect("it is text"),
        "/base/things/a%2Fb%20%C3%BC%3F/parts?part=x%26y /base/things/a/b ü?/parts"
    );
}

#[test]
fn arguments_as_content() {
    let Some(nginx) = nginx() else { return };
    for (resource, media_type, content) in [
        (
            "RESOURCE it /body POST",
            "application/json",
            r#"{"color":"dark red & ü","sizes":[1,2],"more":"a&b"}"#,
        ),
        (
            "RESOURCE it /body PUT is_form=true",
            "application/x-www-form-urlencoded",
            "color=dark+red+%26+%C3%BC&sizes=1&sizes=2&more=a%26b",
        ),
    ] {
        let answer = answer(&nginx, resource);
        assert_eq!(answer.text().expect("it is text"), "thank you");
        assert_eq!(answer.header("X-Type"), Some(media_type));
        assert_eq!(answer.header("X-Content"), Some(content));
        let length = content.len().to_string();
        assert_eq!(answer.header("X-Length"), Some(&*length));
    }
    let mut caller = Caller::new(&nginx.url(), &["RESOURCE it /body POST"]);
    let nothing = caller.answer("it", ());
    assert_eq!(nothing.header("X-Type"), None);
    assert_eq!(nothing.header("X-Length"), Some("0"));
}

#[test]
fn fields_of_the_head() {
    let Some(nginx) = nginx() else { return };
    let lines = ["HEADER X-Color default=red", "RESOURCE it /field"];
    let mut caller = Caller::new(&nginx.url(), &lines);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        caller.text("it"),
        format!("127.0.0.1|micro/{version}|*/*|red")
    );
}

#[test]
fn user_and_password_of_the_url() {
    let Some(nginx) = nginx() else { return };
    let url = |user: &str| nginx.url().replace("http://", &format!("http://{user}@"));
    let lines = ["RESOURCE it /door"];
    let mut right = Caller::new(&url("me:pass%20word"), &lines);
    assert_eq!(right.text("it"), "thank you");
    for wrong in [url("me:word"), nginx.url()] {
        let refused = Caller::new(&wrong, &lines).refusal("it", ());
        assert_eq!(refused.status(), 401);
        let asked_for = refused.header("WWW-Authenticate");
        assert_eq!(asked_for, Some("Basic realm=\"door\""));
    }
}

#[test]
fn a_file_is_uploaded_downloaded_and_removed() {
    let Some(nginx) = nginx() else { return };
    let lines = [
        "RESOURCE put /files/{name} PUT",
        "REQUIRED content",
        "RESOURCE get /files/{name}",
        "RESOURCE delete /files/{name} DELETE",
    ];
    let mut caller = Caller::new(&nginx.url(), &lines);
    let content = json!({"content": "0123456789abcdef".repeat(8 * MIB / 16)});
    let put = caller.answer("put", ("big", &content["content"]));
    assert_eq!(put.status(), 201);
    let get = caller.answer("get", ("big",));
    assert!(get.value().expect("it is JSON") == content);
    let put = caller.answer("put", ("big", "smaller"));
    assert_eq!(put.status(), 204);
    let get = caller.answer("get", ("big",));
    assert_eq!(
        get.value().expect("it is JSON"),
        json!({"content": "smaller"})
    );
    assert_eq!(caller.answer("delete", ("big",)).status(), 204);
    assert_eq!(caller.refusal("get", ("big",)).status(), 404);
    nginx.wait_for_connections(1);
}

#[test]
fn a_big_body_is_refused_before_it_was_sent() {
    let Some(nginx) = nginx() else { return };
    let lines = [
        "RESOURCE it /small POST",
        "REQUIRED content",
        "RESOURCE get /target",
    ];
    let mut caller = Caller::new(&nginx.url(), &lines);
    for _ in 0..4 {
        let refused = caller.refusal("it", ("x".repeat(8 * MIB),));
        assert_eq!(refused.status(), 413);
        assert!(
            refused
                .text()
                .expect("it is text")
                .contains("413 Request Entity Too Large")
        );
        assert_eq!(caller.text("get"), "GET /target");
    }
}

async fn ask(request: Request) -> Result<Json<Value>, Error> {
    let resource = request.connection("backend")?.resource("it")?;
    let answer = resource.call(()).await?;
    Ok(Json(json!({"seen": answer.text()?})))
}

#[test]
fn the_id_of_the_request_on_whose_behalf_it_is() {
    let Some(nginx) = nginx() else { return };
    let url = nginx.url();
    let service = serve(move || {
        Micro::new()
            .module(Module::new("asking").handler("ask", ask))
            .lines([
                "SERVER test 0 host=127.0.0.1",
                "ROUTE /ask$",
                "GET asking.ask",
                &format!("CONNECTION backend {url} is_json=false"),
                "RESOURCE it /id",
            ])
    });
    for _ in 0..3 {
        let answer = service.get("/ask");
        assert_eq!(answer.json()["seen"], answer.id());
    }
}
