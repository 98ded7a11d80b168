//! `cargo run --example embed`
//!
//! A service inside a program of one's own, and a client of it, on one thread: the loop serves
//! while the program waits for the client to be done.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use micro::Micro;
use micro_api::{Error, Module, Request, Value, blocking, json};

fn ping(_: Request) -> Value {
    json!({"ping": "pong"})
}

/// A client as simple as can be; it blocks, so it runs on a helper thread.
async fn get(address: SocketAddr, path: &'static str) -> Result<String, Error> {
    let text = blocking(move || {
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map(|_| text)
    });
    let text = text.await??;
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    body.ok_or_else(|| Error::internal("the answer has no end"))
}

/// What the service answers to its own program.
pub fn ask_ourselves() -> Result<String, Error> {
    let mut running = Micro::new()
        .module(Module::new("main").handler("ping", ping))
        .lines([
            "SERVER useless 0 host=127.0.0.1", // any free port
            "  ROUTE /test/ping$",
            "    GET main.ping",
        ])
        .start()?;
    let address = running.address("useless").expect("it is declared");
    running.wait(get(address, "/test/ping"))?
}

fn main() -> Result<(), Error> {
    println!("{}", ask_ourselves()?);
    Ok(())
}
