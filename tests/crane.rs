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
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

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
    let twice = "error: tsuru refuses with status 409: Service already exists.\n  = help: there is a \
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
    let gone = "error: tsuru refuses with status 404: Service not found\n  = help: there is no service \
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
                    has instances.\n  = help: only the team of `blog` may delete it, and only when it \
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
    let expected = "error: tsuru refuses with status 401: You must provide a valid Authorization header\n  \
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
    assert!(token.starts_with("error: there is no token: "), "{token}");
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
