//! The least that can be done by hand: epoll, httparse, one hash look-up, a written answer.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
    Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"ping\":\"pong\"}";

fn watch(epoll: RawFd, fd: RawFd) {
    let mut event = libc::epoll_event { events: (libc::EPOLLIN | libc::EPOLLET) as u32, u64: fd as u64 };
    assert_eq!(unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &mut event) }, 0);
}

/// Answers what has come; false at the end of the connection.
fn serve(stream: &mut TcpStream, scratch: &mut [u8], out: &mut Vec<u8>, routes: &HashMap<&str, &[u8]>) -> bool {
    let Ok(count) = stream.read(scratch) else { return true };
    let mut at = 0;
    out.clear();
    let mut is_last = count == 0;
    while at < count {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = request.parse(&scratch[at..count]) else { return false };
        match routes.get(request.path.unwrap_or("")) {
            Some(answer) => out.extend_from_slice(answer),
            None => return false,
        }
        is_last |= request.headers.iter().any(|h| h.name.eq_ignore_ascii_case("connection") && h.value == b"close");
        at += length;
    }
    stream.write_all(out).is_ok() && !is_last
}

fn main() {
    let routes = HashMap::from([("/test/ping", ANSWER)]);
    let listener = TcpListener::bind(("127.0.0.1", micro_peers::port())).unwrap();
    listener.set_nonblocking(true).unwrap();
    let epoll = unsafe { libc::epoll_create1(0) };
    watch(epoll, listener.as_raw_fd());
    let mut streams: HashMap<RawFd, TcpStream> = HashMap::new();
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; 1024];
    let (mut scratch, mut out) = (vec![0; 65536], Vec::new());
    loop {
        let count = unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), 1024, -1) };
        for event in &events[..count.max(0) as usize] {
            let fd = event.u64 as RawFd;
            if fd == listener.as_raw_fd() {
                while let Ok((stream, _)) = listener.accept() {
                    stream.set_nonblocking(true).unwrap();
                    watch(epoll, stream.as_raw_fd());
                    streams.insert(stream.as_raw_fd(), stream);
                }
            } else if let Some(stream) = streams.get_mut(&fd) {
                if !serve(stream, &mut scratch, &mut out, &routes) {
                    streams.remove(&fd);
                }
            }
        }
    }
}
