//! The nginx of `examples/nginx`, with the very files there, before a Redis of the test. What micro
//! would write there, a test may do in its place: `route` and `fill`.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use super::daemon::{self, Daemon, TRIES};
use super::redis::Redis;
use super::support::{Answer, Client};
use super::tools;

/// The setting that says how long Redis may take. Unless a test changes it, that is long, because
/// a machine that is busy with tests may be slow.
pub(crate) const TIMEOUT: &str = "set $routing_redis_timeout 500;";

/// The setting that says where Redis is.
pub(crate) const ADDRESS: &str = "set $routing_redis 127.0.0.1:6379;";

/// The files that texts are replaced in.
const SETTINGS: &str = "settings.conf";
const REST: &str = "nginx.conf";

const MODULE: &str = "/usr/lib/nginx/modules/ngx_http_lua_module.so";

/// An nginx that runs.
pub(crate) struct Gateway {
    port: u16,
    // Ended before its folder goes.
    daemon: Daemon,
    folder: tempfile::TempDir,
}

impl Gateway {
    /// Starts a Redis, which has all routes that there are, none, and an nginx that obeys it.
    /// Nothing, if one of them is not here.
    #[track_caller]
    pub(crate) fn start() -> Option<(Redis, Gateway)> {
        Gateway::with(&[])
    }

    /// The same with these texts of the files replaced.
    #[track_caller]
    pub(crate) fn with(changes: &[(&str, &str)]) -> Option<(Redis, Gateway)> {
        let redis = Redis::start()?;
        fill(&redis);
        let gateway = Gateway::before(&redis, changes)?;
        Some((redis, gateway))
    }

    /// Starts one that obeys this Redis, with these texts of the files replaced.
    #[track_caller]
    pub(crate) fn before(redis: &Redis, changes: &[(&str, &str)]) -> Option<Gateway> {
        if !is_there() {
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut port = 0;
        let daemon = (0..TRIES).find_map(|_| {
            port = daemon::port();
            copy(folder.path(), port, redis, changes);
            run(folder.path(), port)
        });
        let daemon = daemon.unwrap_or_else(|| panic!("{}", daemon::log_of(folder.path())));
        Some(Gateway {
            port,
            daemon,
            folder,
        })
    }

    /// A new connection to it.
    pub(crate) fn connect(&self) -> Client {
        Client::to(address(self.port))
    }

    /// Where it listens, on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The answer to a request, on a connection of its own.
    #[track_caller]
    pub(crate) fn request(&self, request: &str) -> Answer {
        let mut client = self.connect();
        client.send(request);
        client.answer(request.starts_with("HEAD "))
    }

    /// The answer to a GET of `/` at a host.
    #[track_caller]
    pub(crate) fn get(&self, host: &str) -> Answer {
        self.request(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"))
    }

    /// Its status and its text.
    #[track_caller]
    pub(crate) fn told(&self, host: &str) -> (u16, String) {
        let answer = self.get(host);
        (answer.status, answer.text().to_owned())
    }

    /// Its status.
    #[track_caller]
    pub(crate) fn status(&self, host: &str) -> u16 {
        self.get(host).status
    }

    /// The answer to a POST to `/` at a host.
    #[track_caller]
    pub(crate) fn post(&self, host: &str, body: &[u8]) -> Answer {
        let length = body.len();
        let head = format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n");
        let mut client = self.connect();
        client.send([head.as_bytes(), body].concat());
        client.answer(false)
    }

    /// Has it do nothing, until it may go on.
    #[track_caller]
    pub(crate) fn pause(&self) {
        self.daemon.pause();
    }

    /// Has it go on.
    #[track_caller]
    pub(crate) fn resume(&self) {
        self.daemon.resume();
    }

    /// What it has written into its log.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

/// Has a domain go to these backends, and to no others.
#[track_caller]
pub(crate) fn route(redis: &Redis, domain: &str, backends: &[&str]) {
    let key = format!("frontend:{domain}");
    redis.command(&["DEL", &key]);
    redis.command(&[&["SADD", &key], backends].concat());
}

/// Says that Redis has all routes that there are.
#[track_caller]
pub(crate) fn fill(redis: &Redis) {
    redis.command(&["SET", "micro:routing:filled:frontend:", "1"]);
}

/// Whether there is an nginx that knows Lua.
#[track_caller]
fn is_there() -> bool {
    tools::has("nginx", &["-v"]) && tools::has("test", &["-f", MODULE])
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Copies the files, and replaces what belongs to a machine in their settings.
fn copy(folder: &Path, port: u16, redis: &Redis, changes: &[(&str, &str)]) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/nginx");
    for entry in std::fs::read_dir(source).expect("it is there").flatten() {
        std::fs::copy(entry.path(), folder.join(entry.file_name())).expect("it can be copied");
    }
    let listen = format!("listen 127.0.0.1:{port};");
    let at = format!("set $routing_redis 127.0.0.1:{};", redis.port());
    let place = folder.display().to_string();
    let ours = [
        ("listen 80;", &*listen),
        (ADDRESS, &at),
        (TIMEOUT, "set $routing_redis_timeout 10000;"),
        ("access_log /var/log/nginx", &format!("access_log {place}")),
        ("error_log /var/log/nginx", &format!("error_log {place}")),
    ];
    let is_changed = |from: &str| changes.iter().any(|(changed, _)| *changed == from);
    let ours = ours.iter().filter(|(from, _)| !is_changed(from));
    let mut settings = read(folder, SETTINGS);
    let mut rest = read(folder, REST);
    for (from, to) in ours.chain(changes) {
        let (from, to) = (format!("\n{from}"), format!("\n{to}"));
        let count = settings.matches(&from).count() + rest.matches(&from).count();
        assert_eq!(count, 1, "{from}");
        settings = settings.replace(&from, &to);
        rest = rest.replace(&from, &to);
    }
    for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        settings += &format!("{name}_temp_path {place}/{name};\n");
    }
    for (name, text) in [(SETTINGS, settings), (REST, rest)] {
        std::fs::write(folder.join(name), text).expect("it can be written");
    }
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("it is there")
}

fn run(folder: &Path, port: u16) -> Option<Daemon> {
    let path = folder.display().to_string();
    let globals = format!("daemon off; master_process off; pid {path}/pid;");
    let log = format!("{path}/error.log");
    let arguments = ["-p", &path, "-c", "nginx.conf", "-e", &log, "-g", &globals];
    let arguments = arguments.map(str::to_owned);
    // Somebody else may listen there: that one does not have our pid, once nginx has given up.
    let is_up = || folder.join("pid").exists() && TcpStream::connect(address(port)).is_ok();
    Daemon::start(folder, "nginx", &arguments, is_up)
}
