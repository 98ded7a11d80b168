//! What happens when the system has no descriptors left: nothing breaks, and it passes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);
const REQUEST: &[u8] = b"GET /test/ping HTTP/1.1\r\nHost: test\r\n\r\n";

/// A service of which the system grants only so many descriptors; killed when it is dropped.
struct Limited {
    child: Child,
    address: SocketAddr,
}

impl Limited {
    fn start(descriptors: u32) -> Limited {
        let definition = concat!(env!("CARGO_MANIFEST_DIR"), "/micro/ping.micro");
        let mut child = Command::new("sh")
            .args([
                "-c",
                &format!("ulimit -n {descriptors}; exec \"$0\" \"$1\""),
            ])
            .args([env!("CARGO_BIN_EXE_micro"), definition])
            .env("SERVER_USELESS_PORT", "0")
            .env("SERVER_USELESS_HOST", "127.0.0.1")
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let mut log = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        log.read_line(&mut line).expect("it logs where it listens");
        let port = line
            .split(" port ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let port: u16 = port
            .and_then(|port| port.parse().ok())
            .unwrap_or_else(|| panic!("{line}"));
        // The log goes on being read, so that the service is never held by it.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Limited {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the system takes the connection");
        stream
            .set_read_timeout(Some(DEADLINE))
            .expect("a timeout can be set");
        stream
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(stream: &mut TcpStream) {
    stream.write_all(REQUEST).expect("it takes the request");
    let mut answer = [0; 15];
    let mut head = BufReader::new(&mut *stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        assert_ne!(
            head.read_line(&mut line).expect("an answer comes"),
            0,
            "it was cut"
        );
    }
    head.read_exact(&mut answer).expect("the answer is whole");
    assert_eq!(&answer, b"{\"ping\":\"pong\"}");
}

#[test]
fn connections_beyond_the_descriptors_wait_and_are_served_when_there_is_room() {
    let service = Limited::start(40);
    let mut guests: Vec<TcpStream> = (0..60).map(|_| service.connect()).collect();
    // Those who are in are served while others wait at the door.
    for _ in 0..3 {
        ask(&mut guests[0]);
    }
    // As guests leave, those who waited come in: all are served in the end.
    for mut guest in guests {
        ask(&mut guest);
    }
    let mut late = service.connect();
    ask(&mut late);
}
