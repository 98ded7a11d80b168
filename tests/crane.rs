//! `micro crane`: manifests that are wrong, each beside what is said of it, and the way of a right one
//! through the catalogue. `UPDATE_EXPECT=1` writes what is said into `tests/crane/bad/`.
//!
//! A tsuru cannot be had from Debian; the catalogue here answers as `api/service.go` of tsuru does.

#[path = "support/program.rs"]
mod program;
mod support;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use micro::Micro;
use micro_api::{Config, Error, Module, Reply, Request, json};
use program::{folder, program, run};
use support::Service;

const TOKEN: &str = "xyzzy-token";

/// The catalogue: each service with its form.
type Catalogue = RefCell<BTreeMap<String, BTreeMap<String, String>>>;

fn open(_: &Config) -> Result<Catalogue, Error> {
    Ok(RefCell::default())
}

const DEFINITION: &str = "
SERVER test 0 host=127.0.0.1
  ROUTE /1\\.0/services$
    GET catalogue.list
    POST catalogue.create
  ROUTE /1\\.0/services/{name}$
    PUT catalogue.update
    DELETE catalogue.delete
";

/// The catalogue of a tsuru.
fn catalogue() -> Service {
    support::serve(|| {
        let module = Module::with_state("catalogue", open)
            .handler("list", list)
            .handler("create", create)
            .handler("update", update)
            .handler("delete", delete);
        Micro::new().module(module).text("tsuru", DEFINITION)
    })
}

fn expect_token(request: &Request) -> Result<(), Reply> {
    match request.header("authorization") == Some(&format!("bearer {TOKEN}")) {
        true => Ok(()),
        false => Err(Reply::text("You must provide a valid Authorization header").with_status(401)),
    }
}

fn form(request: &Request) -> BTreeMap<String, String> {
    let pairs = request.form_pairs();
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn list(catalogue: &Catalogue, request: Request) -> Reply {
    if let Err(refusal) = expect_token(&request) {
        return refusal;
    }
    let catalogue = catalogue.borrow();
    if catalogue.is_empty() {
        return Reply::status(204);
    }
    let shown = |name: &String| json!({"service": name, "instances": ["a", "b"], "plans": null});
    Reply::json(&catalogue.keys().map(shown).collect::<Vec<_>>())
}

fn create(catalogue: &Catalogue, request: Request) -> Reply {
    if let Err(refusal) = expect_token(&request) {
        return refusal;
    }
    let mut form = form(&request);
    let id = form.remove("id").unwrap_or_default();
    let names: Vec<&str> = form.keys().map(String::as_str).collect();
    let expected = [
        "encoding",
        "endpoint",
        "multi-cluster",
        "password",
        "team",
        "username",
    ];
    if id.is_empty() || names != expected {
        return Reply::text(format!("found {names:?} of `{id}`")).with_status(400);
    }
    let mut catalogue = catalogue.borrow_mut();
    if catalogue.contains_key(&id) {
        return Reply::text("Service already exists.").with_status(409);
    }
    catalogue.insert(id, form);
    Reply::text("success").with_status(201)
}

fn update(catalogue: &Catalogue, request: Request) -> Result<Reply, Error> {
    if let Err(refusal) = expect_token(&request) {
        return Ok(refusal);
    }
    let name: &str = request.arg("name")?;
    let mut catalogue = catalogue.borrow_mut();
    let Some(service) = catalogue.get_mut(name) else {
        return Ok(Reply::text("Service not found").with_status(404));
    };
    service.extend(form(&request));
    Ok(Reply::status(200))
}

fn delete(catalogue: &Catalogue, request: Request) -> Result<Reply, Error> {
    if let Err(refusal) = expect_token(&request) {
        return Ok(refusal);
    }
    let name: &str = request.arg("name")?;
    Ok(match catalogue.borrow_mut().remove(name) {
        None => Reply::text("Service not found").with_status(404),
        Some(service) if service["team"] == "busy" => {
            Reply::text("This service cannot be removed because it has instances.").with_status(403)
        }
        Some(_) => Reply::status(200),
    })
}

const MANIFEST: &str = "\
id: blog
username: tsuru
password: p&ss:wörd
team: red
endpoint:
  production: https://blog.example.com
  test: 127.0.0.1:8100
encoding: json
multi-cluster: true
";

/// What came of a subcommand for the tsuru at this URL.
fn crane(folder: &Path, target: &str, token: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut command = program();
    command.arg("crane").args(arguments).current_dir(folder);
    command
        .env_clear()
        .env("TSURU_TARGET", target)
        .env("TSURU_TOKEN", token);
    output(command)
}

fn output(mut command: Command) -> (i32, String, String) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("it can be started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
    let code = output.status.code().expect("it ends by itself");
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn a_service_goes_through_the_catalogue() {
    let tsuru = catalogue();
    let folder = folder(&[("manifest.yaml", MANIFEST)]);
    let target = format!("http://{}/", tsuru.address);
    let crane = |arguments: &[&str]| crane(folder.path(), &target, TOKEN, arguments);
    let said = |code: i32, out: &str, err: &str| (code, out.to_owned(), err.to_owned());
    assert_eq!(crane(&["list"]), said(0, "there are no services\n", ""));
    let created = "created `blog`, which is at https://blog.example.com\n";
    assert_eq!(crane(&["create", "manifest.yaml"]), said(0, created, ""));
    let twice = "error: tsuru refuses with status 409: Service already exists.\n   = help: there is a \
                 service of this name: `micro crane update` changes it\n";
    assert_eq!(crane(&["create", "manifest.yaml"]), said(1, "", twice));
    let listed = "SERVICE  INSTANCES\nblog     a, b\n";
    assert_eq!(crane(&["list"]), said(0, listed, ""));
    assert_eq!(crane(&["list", "manifest.yaml"]), said(0, listed, ""));
    let updated = "updated `blog`, which is at 127.0.0.1:8100\n";
    let update = ["update", "manifest.yaml", "--endpoint", "test"];
    assert_eq!(crane(&update), said(0, updated, ""));
    let unknown = "error: the manifest has no endpoint `prod`, only `production` and `test`\n";
    let update = ["update", "manifest.yaml", "--endpoint", "prod"];
    assert_eq!(crane(&update), said(1, "", unknown));
    assert_eq!(
        crane(&["delete", "manifest.yaml"]),
        said(0, "deleted `blog`\n", "")
    );
    let gone = "error: tsuru refuses with status 404: Service not found\n   = help: there is no service \
                `blog` any more\n";
    assert_eq!(crane(&["delete", "manifest.yaml"]), said(1, "", gone));
    let missing = "error: there is no service `blog` in the catalogue\n";
    assert_eq!(crane(&["create", "manifest.yaml"]).0, 0);
    assert_eq!(crane(&["delete", "manifest.yaml"]).0, 0);
    assert_eq!(crane(&["update", "manifest.yaml"]).0, 1);
    let other = MANIFEST.replace("blog", "other");
    fs::write(folder.path().join("other.yaml"), other).expect("there is room");
    assert_eq!(crane(&["create", "other.yaml"]).0, 0);
    assert_eq!(crane(&["list", "manifest.yaml"]), said(1, "", missing));
}

#[test]
fn a_service_with_instances_is_not_deleted() {
    let tsuru = catalogue();
    let folder = folder(&[("m.yaml", &MANIFEST.replace("red", "busy"))]);
    let target = tsuru.address.to_string();
    assert_eq!(
        crane(folder.path(), &target, TOKEN, &["create", "m.yaml"]).0,
        0
    );
    let (code, _, stderr) = crane(folder.path(), &target, TOKEN, &["delete", "m.yaml"]);
    let expected = "error: tsuru refuses with status 403: This service cannot be removed because it \
                    has instances.\n   = help: only the team of `blog` may delete it, and only when it \
                    has no instances: `micro crane list` shows them\n";
    assert_eq!((code, stderr.as_str()), (1, expected));
}

#[test]
fn the_standard_input_is_a_manifest_too() {
    let tsuru = catalogue();
    let mut command = program();
    command.args(["crane", "create", "-"]).env_clear();
    command.env("TSURU_TARGET", tsuru.address.to_string());
    command.env("TSURU_TOKEN", TOKEN);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.spawn().expect("it can be started");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(MANIFEST.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let created = "created `blog`, which is at https://blog.example.com\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), created);
}

#[test]
fn a_wrong_token_is_told_and_not_shown() {
    let tsuru = catalogue();
    let folder = folder(&[("m.yaml", MANIFEST)]);
    let target = tsuru.address.to_string();
    let (code, _, stderr) = crane(folder.path(), &target, "hunter2", &["create", "m.yaml"]);
    let expected = "error: tsuru refuses with status 401: You must provide a valid Authorization header\n   \
                    = help: the token is wrong, or too old: `tsuru login`, or set TSURU_TOKEN\n";
    assert_eq!((code, stderr.as_str()), (1, expected));
}

#[test]
fn target_and_token_come_from_files_too() {
    let tsuru = catalogue();
    let folder = folder(&[
        ("home/.tsuru/target", &tsuru.address.to_string()),
        ("home/.tsuru/token", "wrong\n"),
        ("token", &format!("{TOKEN}\n")),
    ]);
    let list = |arguments: &[&str]| {
        let mut command = program();
        command.args(["crane", "list"]).args(arguments);
        command.current_dir(folder.path()).env_clear();
        command.env("HOME", folder.path().join("home"));
        output(command)
    };
    assert_eq!(list(&[]).0, 1);
    assert_eq!(list(&["--token-file", "token"]).0, 0);
    let nobody = list(&["--target", "127.0.0.1:1", "--token-file", "token"]);
    assert_eq!(nobody.0, 1);
    assert!(
        nobody
            .2
            .starts_with("error: tsuru at `http://127.0.0.1:1`: "),
        "{}",
        nobody.2
    );
    let missing = list(&["--token-file", "nowhere"]);
    assert_eq!(
        (missing.0, missing.2.starts_with("error: `nowhere`: ")),
        (1, true)
    );
}

#[test]
fn a_token_goes_to_its_own_tsuru_alone() {
    let tsuru = catalogue();
    let url = format!("http://{}", tsuru.address);
    let folder = folder(&[
        (
            "home/.tsuru/targets",
            &format!("other\thttp://127.0.0.1:1\nmine\t{url}/\n../up\thttp://127.0.0.1:2\n"),
        ),
        ("home/.tsuru/token.d/mine", TOKEN),
        ("home/.tsuru/up", TOKEN),
        ("home/.tsuru/target", "http://127.0.0.1:3"),
        ("home/.tsuru/token", "of-3"),
    ]);
    let list = |target: &str| {
        let mut command = program();
        command.args(["crane", "list", "--target", target]);
        command.current_dir(folder.path());
        command.env("HOME", folder.path().join("home"));
        output(command)
    };
    let empty = (0, "there are no services\n".to_owned(), String::new());
    for target in ["mine", &url, &tsuru.address.to_string()] {
        assert_eq!(list(target), empty, "{target}");
    }
    for (target, says) in [
        ("other", "there is no token for `http://127.0.0.1:1`: "),
        ("../up", "there is no token for `http://127.0.0.1:2`: "),
        ("127.0.0.1:3", "tsuru at `http://127.0.0.1:3`: "),
        (
            "unknown.invalid",
            "there is no token for `http://unknown.invalid`: ",
        ),
    ] {
        let (code, _, stderr) = list(target);
        assert_eq!(code, 1, "{target}");
        assert!(stderr.starts_with(&format!("error: {says}")), "{stderr}");
    }
}

#[test]
fn nobody_is_asked_without_target_or_token() {
    let folder = folder(&[("m.yaml", MANIFEST)]);
    let list = |variables: &[(&str, &str)]| {
        let mut command = program();
        command
            .args(["crane", "list"])
            .current_dir(folder.path())
            .env_clear();
        command.envs(variables.iter().copied());
        output(command).2
    };
    let target = list(&[]);
    assert!(
        target.starts_with("error: it is not known which tsuru is meant: "),
        "{target}"
    );
    let token = list(&[("TSURU_TARGET", "127.0.0.1:1")]);
    assert!(
        token.starts_with("error: there is no token for `http://127.0.0.1:1`: "),
        "{token}"
    );
    let token = list(&[("TSURU_TARGET", "127.0.0.1:1"), ("TSURU_TOKEN", "a b")]);
    let expected = "error: the token has a character that a header field cannot carry\n";
    assert_eq!(token, expected);
    let target = list(&[("TSURU_TARGET", "ht tp"), ("TSURU_TOKEN", "a")]);
    let expected = "error: `http://ht tp` is no URL of a tsuru, expected one such as \
                    `https://tsuru.example.com`\n";
    assert_eq!(target, expected);
}

#[test]
fn a_tsuru_that_never_answers_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let target = silent.local_addr().expect("it listens").to_string();
    let folder = folder(&[]);
    let (code, _, stderr) = crane(
        folder.path(),
        &target,
        TOKEN,
        &["list", "--timeout", "200ms"],
    );
    assert_eq!(code, 1);
    assert!(stderr.contains("timeout"), "{stderr}");
}

#[test]
fn a_template_is_to_be_filled_in() {
    let folder = folder(&[]);
    let told = run(folder.path(), &["crane", "template"]);
    let said = "wrote `manifest.yaml`; it holds a password\n";
    assert_eq!(told, (0, said.to_owned(), String::new()));
    let path = folder.path().join("manifest.yaml");
    let mode = fs::metadata(&path)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let template = fs::read_to_string(&path).expect("it is text");
    let (code, _, stderr) = crane(
        folder.path(),
        "127.0.0.1:1",
        TOKEN,
        &["create", "manifest.yaml"],
    );
    assert_eq!(
        (
            code,
            stderr.matches("is still as the template has it").count()
        ),
        (1, 3)
    );
    let again = run(folder.path(), &["crane", "template"]);
    let refused = "error: there is a file `manifest.yaml` already: `--force` writes over it, `--output \
                   FILE` elsewhere\n";
    assert_eq!(again, (1, String::new(), refused.to_owned()));
    assert_eq!(run(folder.path(), &["crane", "template", "--force"]).0, 0);
    assert_ne!(
        fs::read_to_string(&path).ok(),
        Some(template.clone()),
        "another password"
    );
    let filled = template
        .replace("id: servicename", "id: blog")
        .replace("team: team-of-the-service", "team: red")
        .replace("production-endpoint.example.com", "blog.example.com");
    fs::write(&path, filled).expect("there is room");
    let tsuru = catalogue();
    let target = tsuru.address.to_string();
    assert_eq!(
        crane(folder.path(), &target, TOKEN, &["create", "manifest.yaml"]).0,
        0
    );
}

#[test]
fn a_file_that_all_could_read_is_its_owners_alone_afterwards() {
    let folder = folder(&[("m.yaml", "longer than nothing")]);
    let path = folder.path().join("m.yaml");
    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let forced = &["crane", "template", "--force", "--output", "m.yaml"];
    assert_eq!(run(folder.path(), forced).0, 0);
    assert_eq!(mode(&path), 0o600);
    let before = mode(Path::new("/dev/null"));
    let nowhere = &["crane", "template", "--force", "--output", "/dev/null"];
    assert_eq!(run(folder.path(), nowhere).0, 0);
    assert_eq!(
        mode(Path::new("/dev/null")),
        before,
        "a device is nobody's file"
    );
}

#[test]
fn an_id_is_enough_to_delete_and_to_look() {
    let tsuru = catalogue();
    let folder = folder(&[
        ("m.yaml", MANIFEST),
        ("id.yaml", "id: blog\n"),
        ("old.yaml", "id: blog\nendpoint: {}\nsomething: else\n"),
        ("none.yaml", "endpoint:\n"),
        ("twice.yaml", "id: blog\nid: glob\n"),
    ]);
    let target = tsuru.address.to_string();
    let crane = |arguments: &[&str]| crane(folder.path(), &target, TOKEN, arguments);
    assert_eq!(crane(&["create", "m.yaml"]).0, 0);
    assert_eq!(crane(&["list", "id.yaml"]).0, 0);
    for (file, says) in [
        (
            "none.yaml",
            "error: there is no `id`, expected the name of the service\n",
        ),
        (
            "twice.yaml",
            "error: `id` is there twice, expected it once\n",
        ),
    ] {
        let (code, _, stderr) = crane(&["delete", file]);
        assert_eq!(
            (code, stderr.matches("error: ").count()),
            (1, 1),
            "{stderr}"
        );
        assert!(stderr.starts_with(says), "{stderr}");
    }
    assert_eq!(crane(&["delete", "id.yaml"]).0, 0);
    assert_eq!(crane(&["create", "m.yaml"]).0, 0);
    assert_eq!(crane(&["delete", "old.yaml"]).0, 0);
}

/// Something that answers each request with this, and tells what it was asked.
fn answering(answer: String) -> (String, impl FnOnce() -> String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let target = listener.local_addr().expect("it listens").to_string();
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody calls");
        let asked = read_request(&mut stream);
        let written = stream.write_all(answer.as_bytes());
        written.expect("it waits for an answer");
        asked
    });
    (target, move || asked.join().expect("it has answered"))
}

/// A request, whose content has the length that its head says.
fn read_request(stream: &mut impl Read) -> String {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).expect("it sends");
        request.extend(&buffer[..count]);
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let head = text.find("\r\n\r\n");
        let length = text.split_once("content-length: ");
        let length = length.map_or(0, |(_, rest)| {
            let digits = rest.split("\r\n").next().unwrap_or_default();
            digits.parse().expect("a length is a number")
        });
        if count == 0 || head.is_some_and(|head| request.len() >= head + 4 + length) {
            return String::from_utf8(request).expect("it is text");
        }
    }
}

fn message(status: &str, fields: &str, content: &str) -> String {
    let length = content.len();
    format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {length}\r\n\r\n{content}")
}

#[test]
fn what_is_no_tsuru_is_not_believed() {
    let folder = folder(&[("m.yaml", MANIFEST)]);
    for (verb, status, says) in [
        (
            "create",
            "200 OK",
            "answers with status 200, which no tsuru does here",
        ),
        (
            "update",
            "201 Created",
            "answers with status 201, which no tsuru does here",
        ),
        (
            "delete",
            "204 No Content",
            "answers with status 204, which no tsuru does here",
        ),
        (
            "list",
            "201 Created",
            "answers with status 201, which no tsuru does here",
        ),
        (
            "list",
            "200 OK",
            "tsuru answers with something else than a list of services: ",
        ),
    ] {
        let page = if status.starts_with("204") {
            ""
        } else {
            "<html>Log in</html>"
        };
        let (target, asked) = answering(message(status, "", page));
        let (code, stdout, stderr) = crane(folder.path(), &target, TOKEN, &[verb, "m.yaml"]);
        assert_eq!((code, stdout.as_str()), (1, ""), "{verb} {status}");
        assert!(stderr.contains(says), "{stderr}");
        asked();
    }
}

#[test]
fn a_token_is_not_sent_on_to_elsewhere() {
    let folder = folder(&[("m.yaml", MANIFEST)]);
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let url = format!("http://{}/", elsewhere.local_addr().expect("it listens"));
    for status in ["301 a", "302 a", "303 a", "307 a", "308 a"] {
        let (target, asked) = answering(message(status, &format!("Location: {url}\r\n"), ""));
        let (code, stdout, stderr) = crane(folder.path(), &target, TOKEN, &["create", "m.yaml"]);
        let code_of = &status[..3];
        let expected = format!(
            "error: `http://{target}` answers with status {code_of}: its API is elsewhere\n   = help: it \
             says `{url}`: if you trust that, make its beginning the target\n"
        );
        assert_eq!((code, stdout, stderr), (1, String::new(), expected));
        let asked = asked().to_ascii_lowercase();
        assert!(
            asked.contains(&format!("authorization: bearer {TOKEN}\r\n")),
            "{asked}"
        );
    }
    elsewhere.set_nonblocking(true).expect("it is a socket");
    assert!(elsewhere.accept().is_err(), "nobody has been there");
}

#[test]
fn what_a_tsuru_says_is_shown_in_a_line_and_without_secrets() {
    let password = "p&ss:wörd";
    let manifest = MANIFEST.replace("https://", "https://me:hunter2@");
    let folder = folder(&[("m.yaml", &manifest)]);
    let said = |content: &str| {
        let (target, asked) = answering(message("400 Bad Request", "", content));
        let (code, stdout, stderr) = crane(folder.path(), &target, TOKEN, &["create", "m.yaml"]);
        assert_eq!((code, stdout.as_str()), (1, ""));
        let form = asked().rsplit("\r\n").next().unwrap_or_default().to_owned();
        assert!(form.contains("password=p%26ss%3Aw%C3%B6rd"), "{form}");
        let beginning = "error: tsuru refuses with status 400";
        let rest = stderr.strip_prefix(beginning);
        rest.expect("it is refused").to_owned()
    };
    let echo = format!("of {TOKEN}: {password} p%26ss%3Aw%C3%B6rd https://me:hunter2@blog");
    assert_eq!(said(&echo), ": of ***: *** *** https://me:***@blog\n");
    assert_eq!(
        said("\u{1b}[31mred\r\n\nagain\u{7}\n"),
        ": \u{fffd}[31mred again\u{fffd}\n"
    );
    assert_eq!(said(""), "\n");
    for length in [499, 500] {
        assert_eq!(
            said(&"ä".repeat(length)),
            format!(": {}\n", "ä".repeat(length))
        );
    }
    assert_eq!(said(&"ä".repeat(501)), format!(": {}…\n", "ä".repeat(500)));

    let (target, _) = answering(message("201 Created", "", "success"));
    let created = "created `blog`, which is at https://me:***@blog.example.com\n".to_owned();
    let found = crane(folder.path(), &target, TOKEN, &["create", "m.yaml"]);
    assert_eq!(found, (0, created, String::new()));
    let listed = r#"[{"service": "a\u001b[2Jb", "instances": ["c\nd"]}, {"service": 5}]"#;
    let (target, _) = answering(message("200 OK", "", listed));
    let table = "SERVICE  INSTANCES\na\u{fffd}[2Jb   c\u{fffd}d\n\n".to_owned();
    let found = crane(folder.path(), &target, TOKEN, &["list"]);
    assert_eq!(found, (0, table, String::new()));
    let target = "http://me:hunter2@127.0.0.1:1";
    let (code, _, stderr) = crane(folder.path(), target, TOKEN, &["list"]);
    assert!(
        code == 1 && stderr.starts_with("error: tsuru at `http://me:***@127.0.0.1:1`: "),
        "{stderr}"
    );
}

#[test]
fn a_tsuru_with_tls_is_called_if_its_certificate_is_trusted() {
    let names = ["localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("it can be made");
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("there are versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.expect("it is a key"))
        .expect("they belong together");
    let config = Arc::new(config);
    let folder = folder(&[("ca.pem", &made.cert.pem()), ("m.yaml", MANIFEST)]);
    for is_trusted in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let port = listener.local_addr().expect("it listens").port();
        let config = Arc::clone(&config);
        let server = thread::spawn(move || {
            let session = rustls::ServerConnection::new(config).expect("it begins");
            let (socket, _) = listener.accept().expect("somebody calls");
            let mut stream = rustls::StreamOwned::new(session, socket);
            if !is_trusted {
                return stream.read(&mut [0; 1]).map(|_| String::new());
            }
            let asked = read_request(&mut stream);
            stream.write_all(message("201 Created", "", "success").as_bytes())?;
            stream.flush()?;
            stream.sock.shutdown(Shutdown::Write)?;
            Ok(asked)
        });
        let mut command = program();
        command
            .args(["crane", "create", "m.yaml"])
            .current_dir(folder.path());
        command.env("TSURU_TARGET", format!("https://localhost:{port}"));
        command.env("TSURU_TOKEN", TOKEN);
        if is_trusted {
            command.env("SSL_CERT_FILE", "ca.pem");
        }
        let (code, _, stderr) = output(command);
        let served = server.join().expect("it ends");
        match is_trusted {
            true => {
                assert_eq!((code, stderr.as_str()), (0, ""));
                let asked = served.expect("it is answered");
                assert!(
                    asked.starts_with("POST /1.0/services HTTP/1.1\r\n"),
                    "{asked}"
                );
            }
            false => {
                assert_eq!(code, 1);
                assert!(
                    served.is_err(),
                    "nothing is sent to somebody who is not trusted"
                );
                assert!(stderr.contains("certificate"), "{stderr}");
            }
        }
    }
}

#[test]
fn what_cannot_be_said_is_a_failure() {
    let tsuru = catalogue();
    let mut command = program();
    command.args(["crane", "list"]).env_clear();
    command.env("TSURU_TARGET", tsuru.address.to_string());
    command.env("TSURU_TOKEN", TOKEN);
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("it is there");
    let status = command.stdout(full).stderr(Stdio::null()).status();
    assert_eq!(status.expect("it can be started").code(), Some(1));
}

#[test]
fn manifests_have_a_size() {
    let fill = |bytes: usize| {
        let comment = "#".repeat(bytes - MANIFEST.len() - 1);
        format!("{MANIFEST}{comment}\n")
    };
    for (bytes, is_read) in [(65_535, true), (65_536, true), (65_537, false)] {
        let folder = folder(&[("m.yaml", &fill(bytes))]);
        let (_, _, stderr) = crane(folder.path(), "127.0.0.1:1", TOKEN, &["create", "m.yaml"]);
        assert_eq!(
            stderr.starts_with("error: tsuru at"),
            is_read,
            "{bytes}: {stderr}"
        );
    }
    let missing = crane(
        Path::new("/"),
        "127.0.0.1:1",
        TOKEN,
        &["create", "nowhere.yaml"],
    )
    .2;
    let expected =
        "error: `nowhere.yaml`: cannot be read: No such file or directory (os error 2)\n";
    assert_eq!(missing, expected);
}

#[test]
fn the_first_mistakes_of_many_are_shown() {
    let judged = |text: &str| {
        let folder = folder(&[("m.yaml", text)]);
        let (code, stdout, stderr) =
            crane(folder.path(), "127.0.0.1:1", TOKEN, &["create", "m.yaml"]);
        assert_eq!((code, stdout.as_str()), (1, ""));
        stderr
    };
    let keys = |count| {
        (0..count)
            .map(|at| format!("a{at}: 1\n"))
            .collect::<String>()
    };
    for (count, told, more) in [
        (49, 49, ""),
        (50, 50, ""),
        (51, 50, "\nerror: and 1 more\n"),
        (7_000, 50, "\nerror: and 6950 more\n"),
    ] {
        let stderr = judged(&format!("{MANIFEST}{}", keys(count)));
        assert_eq!(stderr.matches("has no field").count(), told, "{count}");
        assert_eq!(stderr.contains("more"), !more.is_empty(), "{count}");
        assert!(stderr.ends_with(more), "{count}");
    }
    let flow: String = (0..7_000).map(|at| format!("a{at}: 1,")).collect();
    assert_eq!(
        judged(&format!("{{{flow}}}"))
            .matches("has no field")
            .count(),
        50
    );
    for text in [
        "[", "{a: ", "? ", "- ", "&a ", "!a ", "\"", "a:\n", "a: |\n ",
    ] {
        judged(&text.repeat(60_000 / text.len()));
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_its_place() {
    let is_updating = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut cases = 0;
    for entry in fs::read_dir("tests/crane/bad").expect("it is there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        cases += 1;
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("it is a name");
        let folder = Path::new("tests/crane/bad");
        let (code, stdout, stderr) = crane(folder, "127.0.0.1:1", TOKEN, &["create", name]);
        assert_eq!((code, stdout.as_str()), (1, ""), "{name}");
        assert!(!stderr.contains("hunter2"), "{name}: {stderr}");
        let beside = path.with_extension("stderr");
        if is_updating {
            fs::write(&beside, &stderr).expect("there is room");
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(
            stderr, expected,
            "{name}: UPDATE_EXPECT=1 cargo test --test crane"
        );
    }
    assert!(cases >= 15, "{cases} cases");
}

#[test]
fn the_command_line_is_judged_first() {
    let folder = folder(&[]);
    for arguments in [
        &["crane"][..],
        &["crane", "creat"],
        &["crane", "create"],
        &["crane", "list", "--timeout", "x"],
    ] {
        assert_eq!(run(folder.path(), arguments).0, 2, "{arguments:?}");
    }
}
