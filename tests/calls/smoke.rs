use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use micro::Micro;
use micro_api::Value;

#[test]
fn smoke() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        for _ in 0..2 {
            let count = stream.read(&mut buffer).unwrap();
            eprintln!("{}", String::from_utf8_lossy(&buffer[..count]));
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Type: application/json\r\n\r\n{\"a\":1}").unwrap();
        }
    });
    let mut running = Micro::new()
        .lines([
            "SERVER test 0 host=127.0.0.1".to_owned(),
            "ROUTE /x$".to_owned(),
            "GET ping.ping".to_owned(),
            format!("CONNECTION a http://localhost:{port} timeout=2"),
            "RESOURCE get /things/{id}".to_owned(),
            "REQUIRED color".to_owned(),
            "OPTIONAL size default=5 validate=int".to_owned(),
        ])
        .start()
        .unwrap();
    let get = running.connection("a").unwrap().resource("get").unwrap();
    for _ in 0..2 {
        let got = running
            .wait(async { get.call((7, "red")).await })
            .unwrap()
            .unwrap();
        assert_eq!(got.json::<Value>().unwrap()["a"], 1);
    }
    let error = running
        .wait(async { get.call((7, "red")).await })
        .unwrap()
        .unwrap_err();
    eprintln!("{error}");
}
