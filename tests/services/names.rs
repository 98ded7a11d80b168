//! A name whose address changes: in a namespace of its own, where the test may write `/etc/hosts`.

use std::path::Path;
use std::process::{Command, Stdio};

use super::caller::Caller;
use super::nginx::Nginx;
use super::program::{Process, folder};
use super::tools;

const TEST: &str = "names::a_name_that_gets_another_address";
/// Says that this process is the one in the namespace.
const INSIDE: &str = "MICRO_TEST_HAS_OWN_HOSTS";

#[test]
fn a_name_that_gets_another_address() {
    if std::env::var_os(INSIDE).is_some() {
        return call_by_name();
    }
    if !tools::has("nginx", &["-v"]) {
        return;
    }
    // What is lacking may be the right to do that, which nobody can install.
    if !tools::succeeds("unshare", &["--mount", "--pid", "--fork", "true"]) {
        return tools::leave_out("this process may not have an `/etc/hosts` of its own");
    }
    let folder = folder(&[("hosts", "")]);
    let hosts = folder.path().join("hosts");
    let test = std::env::current_exe().expect("a process has a program");
    let mut command = Command::new("unshare");
    command
        // Whatever it has started ends with it.
        .args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c"])
        .arg("mount --bind \"$0\" /etc/hosts && exec \"$1\" --exact \"$2\" --nocapture")
        .arg(&hosts)
        .arg(test)
        .arg(TEST)
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        // Its count of tests is not one of this process.
        .stdout(Stdio::null());
    let mut process = Process::start(&mut command);
    assert!(process.wait().success());
}

fn call_by_name() {
    // Connections are kept, and lead nowhere else than they did.
    let server = "server { listen @host:@port; return 200 @host; }";
    let first = start("127.0.0.2", server, None);
    let port = first.port();
    let second = start("127.0.0.3", server, Some(first.ports()));
    let hosts = |address| {
        let text = format!("127.0.0.1 localhost\n{address} backend.test\n");
        std::fs::write(Path::new("/etc/hosts"), text).expect("it is ours");
    };
    let url = format!("http://backend.test:{port}");
    let lines = ["RESOURCE where /"];
    let mut each_time = Caller::with(&url, &lines, &[("name_ttl", "0")]);
    let mut soon = Caller::with(&url, &lines, &[("name_ttl", "100ms")]);
    let mut late = Caller::with(&url, &lines, &[("name_ttl", "1h")]);
    hosts("127.0.0.2");
    for caller in [&mut each_time, &mut soon, &mut late] {
        assert_eq!(caller.text("where"), "127.0.0.2");
    }
    hosts("127.0.0.3");
    assert_eq!(each_time.text("where"), "127.0.0.3");
    let begin = std::time::Instant::now();
    while soon.text("where") != "127.0.0.3" {
        assert!(
            begin.elapsed() < super::program::DEADLINE,
            "it is still the first"
        );
    }
    assert_eq!(late.text("where"), "127.0.0.2");
    drop((first, second));
}

fn start(host: &str, server: &str, ports: Option<[u16; 3]>) -> Nginx {
    let pick = || ports.unwrap_or_else(|| [(); 3].map(|()| super::program::free_port()));
    Nginx::at(host, pick, server, &[]).expect("it was looked for")
}
