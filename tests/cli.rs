//! The command line: answers on the standard output, errors on the standard error, exit codes.
//! What serves is in `process.rs`.

#[path = "support/program.rs"]
mod program;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use micro_api::{Value, json, serde_json};
use program::{PING, copy_program, folder, program, run, run_command};

/// The whole of what a command came to.
#[track_caller]
fn assert_run(folder: &Path, arguments: &[&str], code: i32, stdout: &str, stderr: &str) {
    let expected = (code, stdout.to_owned(), stderr.to_owned());
    let found = run(folder, arguments);
    assert_eq!(found, expected, "micro {}", arguments.join(" "));
}

#[test]
fn check_counts_what_is_declared() {
    let shop = "CONNECTION docker http://localhost\nRESOURCE list /containers\n";
    let folder = folder(&[
        ("ping.micro", PING),
        ("main.micro", "IMPORT parts/shop\nIMPORT parts.more\n"),
        ("parts/shop.micro", &format!("{shop}{PING}")),
        ("parts/more.micro", "ROUTE /more$\nGET ping.ping\n"),
    ]);
    let one = "ok: 1 server, 1 route, 0 connections\n";
    assert_run(folder.path(), &["check", "ping.micro"], 0, one, "");
    let all = "ok: 1 server, 2 routes, 1 connection\n";
    assert_run(folder.path(), &["check", "main.micro"], 0, all, "");
}

const BAD: &str = "SERVER useless 0\n  ROUTE /ping$\n    GET ping.pong\n    FETCH ping.ping\n";
const BAD_SAYS: &str = "\
error: unknown handler `ping.pong`
  --> bad.micro:3:9
   |
 3 |     GET ping.pong
   |         ^^^^^^^^^
   = help: did you mean `ping.ping`?

error: unknown directive `FETCH`
  --> bad.micro:4:5
   |
 4 |     FETCH ping.ping
   |     ^^^^^
   = help: `micro explain` lists them all

";

#[test]
fn check_tells_every_mistake_at_its_place() {
    let import = "IMPORT bad\n";
    let folder = folder(&[("bad.micro", BAD), ("main.micro", import)]);
    assert_run(folder.path(), &["check", "bad.micro"], 1, "", BAD_SAYS);
    let (code, stdout, stderr) = run(folder.path(), &["check", "main.micro"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("bad.micro:3:9\n"), "{stderr}");
    assert!(
        stderr.contains("main.micro:1"),
        "the chain is told:\n{stderr}"
    );
    for command in ["run", "routes", "config", "connections", "mock"] {
        assert_run(folder.path(), &[command, "bad.micro"], 1, "", BAD_SAYS);
    }
}

#[test]
fn check_warns_and_is_content() {
    let twice = "ROUTE /ping\nGET ping.ping\nROUTE /ping/5$\nGET ping.ping\n";
    let definition = format!("SERVER useless 0\n{twice}");
    let folder = folder(&[("shadow.micro", &definition)]);
    let (code, stdout, stderr) = run(folder.path(), &["check", "shadow.micro"]);
    assert_eq!(
        (code, stdout.as_str()),
        (0, "ok: 1 server, 2 routes, 0 connections\n")
    );
    assert!(stderr.starts_with("warning: "), "{stderr}");
    assert!(stderr.contains("shadow.micro:4:"), "{stderr}");
}

#[test]
fn what_serves_nothing_does_not_run() {
    let folder = folder(&[
        ("empty.micro", "# nothing\n"),
        ("config.micro", "CONFIG a.b 1\n"),
        ("calls.micro", "CONNECTION c http://c\n"),
        ("off.micro", PING),
        ("off.conf", "server.useless.is_active=false\n"),
    ]);
    let help = "put lines such as `SERVER hello 12345` and `ROUTE /hello` into it";
    let says = |severity: &str, file: &str| {
        format!("{severity}: nothing is served: `{file}` has no `SERVER`\n   = help: {help}\n\n")
    };
    for file in ["empty.micro", "config.micro"] {
        let ok = "ok: 0 servers, 0 routes, 0 connections\n";
        let warning = says("warning", file);
        assert_run(folder.path(), &["check", file], 0, ok, &warning);
        assert_run(folder.path(), &[file], 1, "", &says("error", file));
    }
    let (code, _, stderr) = run(folder.path(), &["calls.micro"]);
    assert_eq!(code, 1);
    assert!(stderr.ends_with(&says("error", "calls.micro")), "{stderr}");
    let expected = "\
error: nothing is served: every `SERVER` is switched off
  --> off.micro:1:1
   |
 1 | SERVER useless 0 host=127.0.0.1
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: `server.useless.is_active=true` switches this one on

";
    let asked = &["off.micro", "--config", "off.conf"];
    assert_run(folder.path(), asked, 1, "", expected);
}

#[test]
fn check_reads_the_standard_input() {
    let mut command = program();
    command.args(["check", "-"]).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(BAD.as_bytes()).expect("it is read");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).expect("it writes text");
    assert_eq!(stderr, BAD_SAYS.replace("bad.micro", "<stdin>"));
}

#[test]
fn check_prints_json_for_programs() {
    let folder = folder(&[("bad.micro", BAD), ("ping.micro", PING)]);
    let json = |file| {
        let (code, stdout, stderr) = run(folder.path(), &["check", "--json", file]);
        assert_eq!(stderr, "");
        (
            code,
            serde_json::from_str::<Value>(&stdout).expect("it is JSON"),
        )
    };
    assert_eq!(json("ping.micro"), (0, json!([])));
    let (code, mistakes) = json("bad.micro");
    assert_eq!(code, 1);
    let mistakes = mistakes.as_array().expect("a list");
    assert_eq!(mistakes.len(), 2);
    assert_eq!(mistakes[0]["message"], "unknown handler `ping.pong`");
}

#[test]
fn check_syntax_looks_up_no_handlers() {
    let definition = "SERVER a 0\nROUTE /x$\nGET my.own.python.handler\n";
    let folder = folder(&[("python.micro", definition)]);
    assert_eq!(run(folder.path(), &["check", "python.micro"]).0, 1);
    let ok = "ok: 1 server, 1 route, 0 connections\n";
    assert_run(
        folder.path(),
        &["check", "--syntax", "python.micro"],
        0,
        ok,
        "",
    );
}

#[test]
fn every_reader_reads_a_file_whose_handlers_are_elsewhere() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(here.join("micro")).expect("the folder is there");
    let files = files.map(|file| file.expect("it can be listed").path());
    let files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|end| end == "micro"))
        .collect();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        let file = file.to_str().expect("a name of letters");
        for command in ["check", "routes", "config", "connections"] {
            let (code, _, stderr) = run(here, &[command, "--syntax", file]);
            assert_eq!(code, 0, "micro {command} --syntax {file}\n{stderr}");
        }
    }
    let definition = "SERVER a 0\nROUTE /x$\nGET my.own.handler\n";
    let folder = folder(&[("own.micro", definition)]);
    let expected = "SERVER a 0 host=0.0.0.0\n  GET  /x$  my.own.handler  own.micro:3\n";
    let asked = &["routes", "own.micro", "--syntax"];
    assert_run(folder.path(), asked, 0, expected, "");
}

#[test]
fn routes_are_listed_with_their_handlers_and_places() {
    let more = "  ROUTE /echo/{word}$\n    GET echo.request\n    POST echo.echo\n";
    let folder = folder(&[("ping.micro", &format!("{PING}{more}"))]);
    let expected = "\
SERVER useless 0 host=127.0.0.1
  GET   /ping$         ping.ping     ping.micro:3
  GET   /echo/{word}$  echo.request  ping.micro:5
  POST  /echo/{word}$  echo.echo     ping.micro:6
";
    assert_run(folder.path(), &["routes", "ping.micro"], 0, expected, "");
}

#[test]
fn routes_tell_who_takes_a_path_and_why_others_do_not() {
    let more = "  ROUTE /pi\n    GET echo.request\n";
    let folder = folder(&[("ping.micro", &format!("{PING}{more}"))]);
    let expected = "\
SERVER useless 0 host=127.0.0.1
  ROUTE /ping$ (ping.micro:2) takes /ping
    GET ping.ping
  ROUTE /pi (ping.micro:4) would take it, but comes later
";
    let asked = &["routes", "ping.micro", "/ping?a=1"];
    assert_run(folder.path(), asked, 0, expected, "");
    let expected = "\
SERVER useless 0 host=127.0.0.1
  no route takes /pong
  ROUTE /ping$ (ping.micro:2) does not: after /p it expects `ing`, found `ong`
  ROUTE /pi (ping.micro:4) does not: after /p it expects `i`, found `ong`
";
    assert_run(
        folder.path(),
        &["routes", "ping.micro", "/pong"],
        1,
        expected,
        "",
    );
}

#[test]
fn a_path_is_looked_up_as_it_arrives() {
    let definition = "SERVER a 0\nROUTE /%C3%A9$\nGET ping.ping\n";
    let folder = folder(&[("e.micro", definition)]);
    for (path, code) in [("/é", 0), ("/%C3%A9", 0), ("/è", 1), ("/ é", 1)] {
        assert_eq!(
            run(folder.path(), &["routes", "e.micro", path]).0,
            code,
            "{path}"
        );
    }
    let (code, _, stderr) = run(folder.path(), &["routes", "e.micro", "e"]);
    let sentence = "error: invalid value 'e' for '[PATH]': expected a path that begins with `/`\n";
    assert_eq!(code, 2);
    assert!(stderr.starts_with(sentence), "{stderr}");
}

/// The line of `micro config` for a setting, its blanks made one.
#[track_caller]
fn setting(command: &mut Command, name: &str) -> String {
    let (code, stdout, stderr) = run_command(command);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let line = stdout
        .lines()
        .find(|line| line.starts_with(&format!("{name}=")));
    let line = line.unwrap_or_else(|| panic!("no {name} in\n{stdout}"));
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn config_tells_each_value_with_its_origin() {
    let settings = "server.useless.port=81\nserver.useless.host=::1\n";
    let folder = folder(&[("ping.micro", PING), ("my.conf", settings)]);
    let config = || {
        let mut command = program();
        command
            .args(["config", "ping.micro"])
            .current_dir(folder.path());
        command
    };
    let port = "server.useless.port";
    let variable = "SERVER_USELESS_PORT";
    let origin = |command: &mut Command| setting(command, port);
    assert_eq!(
        origin(&mut config()),
        format!("{port}=0 ping.micro:1 {variable}")
    );
    let mut with_file = config();
    with_file.args(["--config", "my.conf"]);
    assert_eq!(
        origin(&mut with_file),
        format!("{port}=81 my.conf:1 {variable}")
    );
    with_file.env(variable, "82");
    let expected = format!("{port}=82 environment variable `{variable}` {variable}");
    assert_eq!(origin(&mut with_file), expected);
    assert_eq!(
        setting(&mut config(), "server.useless.idle_timeout"),
        "server.useless.idle_timeout=75s default SERVER_USELESS_IDLE_TIMEOUT"
    );
}

#[test]
fn config_never_shows_a_secret() {
    let definition = format!("CONFIG db.password secret=true default=hunter1\n{PING}");
    let settings = "db.password=hunter2\n";
    let folder = folder(&[
        ("ping.micro", &definition),
        ("my.conf", settings),
        ("password", "hunter3\n"),
    ]);
    let config = |variables: &[(&str, &str)]| {
        let mut command = program();
        command.args(["config", "ping.micro", "--config", "my.conf"]);
        command
            .current_dir(folder.path())
            .envs(variables.iter().copied());
        let output = command.output().expect("the program starts");
        let all = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&all).contains("hunter"));
        setting(&mut command, "db.password")
    };
    assert_eq!(config(&[]), "db.password=*** my.conf:1 DB_PASSWORD");
    assert_eq!(
        config(&[("DB_PASSWORD_FILE", "password")]),
        "db.password=*** file `password` (`DB_PASSWORD_FILE`) DB_PASSWORD"
    );
    assert_eq!(
        config(&[("DB_PASSWORD", "hunter4")]),
        "db.password=*** environment variable `DB_PASSWORD` DB_PASSWORD"
    );
}

#[test]
fn the_url_of_a_database_is_checked_wherever_it_comes_from_and_never_shown() {
    let definition = format!("DATABASE main mysql://app:hunter1@host/db\n{PING}");
    let folder = folder(&[
        ("ping.micro", &definition),
        ("url", "sqlite:hunter2.db\n"),
        ("wrong", "mysql://app:hunter3@host:0/db\n"),
    ]);
    let variable = "DATABASE_MAIN_URL";
    let micro = |word: &str, file: Option<&str>| {
        let mut command = program();
        command
            .args([word, "ping.micro"])
            .current_dir(folder.path())
            .envs(file.map(|file| (format!("{variable}_FILE"), file)));
        command
    };
    let name = "database.main.url";
    assert_eq!(
        setting(&mut micro("config", None), name),
        format!("{name}=*** ping.micro:1 {variable}")
    );
    assert_eq!(
        setting(&mut micro("config", Some("url")), name),
        format!("{name}=*** file `url` (`{variable}_FILE`) {variable}")
    );
    let expected = "\
error: setting `database.main.url`, from file `wrong` (`DATABASE_MAIN_URL_FILE`), must be `sqlite:file` or `mysql://user@host/database`, found `***`
  --> ping.micro:1:1
   |
 1 | DATABASE main ***
   | ^^^^^^^^^^^^^^^^^ the setting is declared here
   = note: the port of a URL is a number from 1 to 65535

";
    for word in ["check", "config", "run"] {
        let found = run_command(&mut micro(word, Some("wrong")));
        assert_eq!(found, (1, String::new(), expected.to_owned()), "{word}");
    }
}

#[test]
fn what_is_called_like_a_secret_is_not_shown() {
    let definition = "\
CONNECTION c http://u:hunter1@h/
  HEADER Authorization default='Bearer hunter2' config=who
  HEADER X-Session default=hunter3 config=TOKEN
  HEADER Accept default=text/html config=accept
  RESOURCE r /r
    HEADER cookie hunter4 id
    OPTIONAL api_key hunter5 config=key
    OPTIONAL key hunter6 config=ApiKey
    OPTIONAL password hunter7
    OPTIONAL limit 10 config=limit
SERVER s 0
  ROUTE /
    PROXY http://u:hunter8@h
";
    let folder = folder(&[("c.micro", definition)]);
    let (code, stdout, stderr) = run(folder.path(), &["config", "c.micro"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let shown = stdout.lines().filter_map(|line| {
        let setting = line.split_whitespace().next()?;
        let (name, value) = setting.strip_prefix("connection.c.")?.split_once('=')?;
        let is_told = ["url", "header.", "resource."];
        let is_told = is_told.iter().any(|begin| name.starts_with(begin));
        is_told.then(|| format!("{name}={value}"))
    });
    let expected = [
        "url=http://u:***@h/",
        "header.who=***",
        "header.TOKEN=***",
        "header.accept=text/html",
        "resource.r.is_verbose=",
        "resource.r.timeout=",
        "resource.r.deadline=",
        "resource.r.header.id=***",
        "resource.r.key=***",
        "resource.r.ApiKey=***",
        "resource.r.limit=10",
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    let expected = "\
CONNECTION c http://u:***@h/  (c.micro:1)
  c.r([api_key=***], [key=***], [password=***], [limit=10])  GET /r  query -> json  timeout=5s deadline=30s  c.micro:5
";
    assert_run(folder.path(), &["connections", "c.micro"], 0, expected, "");
    let (code, stdout, stderr) = run(folder.path(), &["run", "c.micro"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("PROXY http://u:***@h\n"), "{stderr}");
    assert!(!stderr.contains("hunter"), "{stderr}");
}

#[test]
fn a_key_in_a_query_is_not_shown() {
    let definition = "\
CONNECTION c http://h/v1?api_key=hunter1&a=b
  RESOURCE r /r?token=hunter2&page=2
  RESOURCE by /by?token={token}
SERVER s 0
  ROUTE /
    PROXY http://h/
";
    let folder = folder(&[("c.micro", definition)]);
    let (code, stdout, stderr) = run(folder.path(), &["connections", "c.micro"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for shown in [
        "CONNECTION c http://h/v1?api_key=***&a=b  (",
        " GET /v1/r?api_key=***&a=b&token=***&page=2 ",
        " GET /v1/by?api_key=***&a=b&token={token} ",
    ] {
        assert!(stdout.contains(shown), "{shown}\n{stdout}");
    }
    let (code, stdout, _) = run(folder.path(), &["config", "c.micro"]);
    assert_eq!(code, 0);
    let shown = "connection.c.url=http://h/v1?api_key=***&a=b ";
    assert!(stdout.contains(shown), "{stdout}");
    assert!(!stdout.contains("hunter"), "{stdout}");
    let mut command = program();
    command.current_dir(folder.path());
    command.env("CONNECTION_C_URL", "ftp://h/?api_key=hunter3");
    let (code, _, stderr) = run_command(command.args(["check", "--syntax", "c.micro"]));
    assert_eq!(code, 1);
    let shown = "found `ftp://h/?api_key=***`";
    assert!(stderr.contains(shown), "{stderr}");
    assert!(!stderr.contains("hunter"), "{stderr}");
}

#[test]
fn a_header_that_is_marked_as_a_secret_is_not_shown() {
    let definition = "\
CONNECTION c http://h/
  HEADER X-Team default=hunter1 config=team secret=true
  HEADER X-Site default=hunter2 config=site
  HEADER X-Place config=site secret=true
  HEADER X-Open default=shown config=open
  RESOURCE r /r
SERVER s 0
  ROUTE /
    PROXY http://h/
";
    let folder = folder(&[("c.micro", definition)]);
    let (code, stdout, stderr) = run(folder.path(), &["config", "c.micro"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for shown in ["header.team=*** ", "header.site=*** ", "header.open=shown "] {
        assert!(stdout.contains(shown), "{shown}\n{stdout}");
    }
    let wrong = definition.replace("secret=true", "secert=true");
    std::fs::write(folder.path().join("c.micro"), wrong).expect("a file can be written");
    let (code, _, stderr) = run(folder.path(), &["check", "--syntax", "c.micro"]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("HEADER X-Team default=*** config=team secert="),
        "{stderr}"
    );
    assert!(!stderr.contains("hunter1"), "{stderr}");
}

#[test]
fn connections_are_listed_with_their_calls() {
    let definition = "\
CONNECTION docker http://localhost:2375/v1.43 timeout=2
  RESOURCE inspect /containers/{id}/json
    OPTIONAL size
  RESOURCE create /containers/create method=POST deadline=1.5
    REQUIRED image
  RESOURCE login /auth method=POST is_form=true timeout=0
    REQUIRED user
  RESOURCE logs /containers/{id}/logs is_json=false
  RESOURCE remove /containers/{id} method=DELETE
CONNECTION off http://localhost
";
    let folder = folder(&[("docker.micro", definition)]);
    let mut command = program();
    command.current_dir(folder.path());
    command.env("CONNECTION_OFF_IS_ACTIVE", "false");
    let (code, stdout, stderr) = run_command(command.args(["connections", "docker.micro"]));
    assert_eq!((code, stderr.as_str()), (0, ""));
    let lines: Vec<String> = stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines,
        [
            "CONNECTION docker http://localhost:2375/v1.43 (docker.micro:1)",
            "docker.inspect(id, [size]) GET /v1.43/containers/{id}/json query -> json timeout=2s deadline=30s docker.micro:2",
            "docker.create(image) POST /v1.43/containers/create json -> json timeout=2s deadline=1.5s docker.micro:4",
            "docker.login(user) POST /v1.43/auth form -> json timeout=0 deadline=30s docker.micro:6",
            "docker.logs(id) GET /v1.43/containers/{id}/logs text timeout=2s deadline=30s docker.micro:8",
            "docker.remove(id) DELETE /v1.43/containers/{id} json timeout=2s deadline=30s docker.micro:9",
            "CONNECTION off http://localhost (docker.micro:10) switched off",
        ]
    );
}

#[test]
fn explain_knows_the_words_of_the_language() {
    let here = Path::new(".");
    for directive in micro::directives::DIRECTIVES {
        let (code, stdout, _) = run(here, &["explain", &directive.word.to_lowercase()]);
        assert_eq!(code, 0);
        assert_eq!(Some(stdout), micro::directives::explain(directive.word));
    }
    let (code, stdout, _) = run(here, &["explain"]);
    assert_eq!(
        (code, stdout.lines().count()),
        (0, micro::directives::DIRECTIVES.len())
    );
    let expected = "error: `rout` is no word of the language\n  = help: did you mean `ROUTE`?\n";
    assert_run(here, &["explain", "rout"], 2, "", expected);
}

#[test]
fn new_tells_what_it_made_in_columns() {
    for name in ["a", "demonstration"] {
        let folder = folder(&[]);
        let (code, stdout, stderr) = run(folder.path(), &["new", name]);
        assert_eq!((code, stderr.as_str()), (0, ""));
        let whats = ["what is served", "the handler, and its test", "the program"];
        let columns = whats.map(|what| {
            let mut lines = stdout.lines();
            lines.find_map(|line| line.find(&format!("  {what}")))
        });
        assert!(
            columns[0].is_some() && columns.iter().all(|one| *one == columns[0]),
            "{stdout}"
        );
    }
}

#[test]
fn completions_are_printed_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, stdout, stderr) = run(Path::new("."), &["completions", shell]);
        assert_eq!((code, stderr.as_str()), (0, ""));
        for command in micro::cli::COMMANDS {
            assert!(
                stdout.contains(command.name),
                "{shell} knows {}",
                command.name
            );
        }
    }
    assert_eq!(run(Path::new("."), &["completions", "fsh"]).0, 2);
}

#[test]
fn help_names_every_command() {
    let (code, stdout, stderr) = run(Path::new("."), &["help"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for command in micro::cli::COMMANDS {
        let line = stdout
            .lines()
            .find(|line| line.starts_with(&format!("  {} ", command.name)));
        let line = line.unwrap_or_else(|| panic!("no {} in\n{stdout}", command.name));
        assert!(line.ends_with(command.summary), "{line}");
    }
    let version = concat!("micro ", env!("CARGO_PKG_VERSION"), "\n");
    assert_run(Path::new("."), &["--version"], 0, version, "");
    let (code, stdout, stderr) = run(Path::new("."), &[]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("Usage: micro <COMMAND>"), "{stderr}");
}

#[test]
fn a_slip_on_the_command_line_is_2_with_what_is_near() {
    let folder = folder(&[("ping.micro", PING)]);
    for (arguments, near) in [
        (&["chekc", "ping.micro"][..], "'check'"),
        (&["check", "--jsno", "ping.micro"], "'--json'"),
        (&["ping.micro", "--grcae", "1s"], "'--grace'"),
        (
            &["ping.micro", "--grace", "soon"],
            "expected a duration such as `30s`",
        ),
        (
            &["ping.micro", "pong.micro"],
            "unexpected argument 'pong.micro'",
        ),
    ] {
        let (code, stdout, stderr) = run(folder.path(), arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(
            stderr.starts_with("error: ") && stderr.contains(near),
            "{stderr}"
        );
    }
    let expected = "error: no definition is named, expected a file behind the command\n";
    for command in ["run", "check", "routes", "config", "connections", "mock"] {
        assert_run(folder.path(), &[command], 2, "", expected);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = folder(&[("ping.micro", PING), ("folder.micro/file", "")]);
    // A link to itself cannot be read by anybody, not even by root.
    std::os::unix::fs::symlink("loop.micro", folder.path().join("loop.micro"))
        .expect("a link can be made");
    for (file, why) in [
        ("none.micro", "No such file or directory (os error 2)"),
        ("folder.micro", "Is a directory (os error 21)"),
        (
            "loop.micro",
            "Too many levels of symbolic links (os error 40)",
        ),
    ] {
        let expected = format!("error: cannot read `{file}`: {why}\n\n");
        for command in ["check", "run", "routes", "config", "connections"] {
            assert_run(folder.path(), &[command, file], 1, "", &expected);
        }
        assert_run(folder.path(), &[file], 1, "", &expected);
    }
    let why = "No such file or directory (os error 2)";
    let expected = format!("error: cannot read the configuration file `none.conf`: {why}\n\n");
    let asked = &["check", "ping.micro", "--config", "none.conf"];
    assert_run(folder.path(), asked, 1, "", &expected);
}

#[test]
fn a_file_without_rights_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("ping.micro", PING)]);
    let path = folder.path().join("ping.micro");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o000)).expect("it is ours");
    let mut command = program();
    command
        .args(["check", "ping.micro"])
        .current_dir(folder.path());
    if std::fs::read(&path).is_ok() {
        // Root may read anything, so the program runs as nobody.
        use std::os::unix::process::CommandExt;
        let mode = PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), mode).expect("it is ours");
        let copy = folder.path().join("micro");
        copy_program(&copy);
        command = Command::new(copy);
        command
            .args(["check", "ping.micro"])
            .current_dir(folder.path());
        command.uid(65534).gid(65534).env_clear();
    }
    let expected = "error: cannot read `ping.micro`: Permission denied (os error 13)\n\n";
    assert_eq!(
        run_command(&mut command),
        (1, String::new(), expected.to_owned())
    );
}

#[test]
fn what_cannot_be_served_yet_is_named_at_its_line() {
    let proxy = "  ROUTE /far\n    PROXY http://localhost:8080\n";
    for (word, definition) in [
        ("PROXY", format!("{PING}{proxy}")),
        ("DATABASE", format!("{PING}DATABASE main pg host 5432\n")),
    ] {
        let folder = folder(&[("later.micro", &definition)]);
        assert_eq!(run(folder.path(), &["check", "later.micro"]).0, 0, "{word}");
        let (code, stdout, stderr) = run(folder.path(), &["later.micro"]);
        assert_eq!((code, stdout.as_str()), (1, ""), "{word}");
        let number = definition.lines().count();
        assert!(
            stderr.starts_with("error: ") && stderr.contains(word),
            "{stderr}"
        );
        assert!(
            stderr.contains(&format!("--> later.micro:{number}:")),
            "{stderr}"
        );
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_no_panic() {
    let folder = folder(&[("ping.micro", PING), ("bad.micro", BAD)]);
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(program().get_program());
        run_command(command.env_clear().current_dir(folder.path()))
    };
    let full =
        "error: cannot write to the standard output: No space left on device (os error 28)\n";
    for command in [
        "check ping.micro",
        "routes ping.micro",
        "explain",
        "completions bash",
    ] {
        let found = shell(&format!("\"$0\" {command} >/dev/full"));
        assert_eq!(found, (1, String::new(), full.to_owned()), "{command}");
        // A reader that has gone has what it wanted.
        let found = shell(&format!("{{ \"$0\" {command}; echo $? >&2; }} | true"));
        assert_eq!(found, (0, String::new(), "0\n".to_owned()), "{command}");
    }
    let found = shell("\"$0\" check bad.micro 2>/dev/full");
    assert_eq!(found, (1, String::new(), String::new()));
}
