//! A name server for which every name is 127.0.0.1, but those that begin with `gone.`.

use std::net::UdpSocket;

/// Starts one: where it listens, such as `127.0.0.1:53`.
pub(crate) fn start() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("there is a free port");
    let address = socket.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        let mut bytes = [0; 512];
        while let Ok((length, peer)) = socket.recv_from(&mut bytes) {
            if let Some(answer) = answer(&bytes[..length]) {
                let _ = socket.send_to(&answer, peer);
            }
        }
    });
    address.to_string()
}

/// The answer to a message with one question (RFC 1035, 4.1).
fn answer(message: &[u8]) -> Option<Vec<u8>> {
    let (header, questions) = message.split_at_checked(12)?;
    let name_length = questions.iter().position(|byte| *byte == 0)? + 1;
    let (question, _) = questions.split_at_checked(name_length + 4)?;
    let is_gone = question.starts_with(b"\x04gone");
    // Its type: 1 asks for an IPv4 address.
    let count = u8::from(!is_gone && question[name_length..][..2] == [0, 1]);
    let mut answer = header[..2].to_vec();
    // An answer, recursion is available; perhaps there is no such name. One question.
    answer.extend([
        0x81,
        if is_gone { 0x83 } else { 0x80 },
        0,
        1,
        0,
        count,
        0,
        0,
        0,
        0,
    ]);
    answer.extend(question);
    if count == 1 {
        // The name of the question, type A, class IN, 60 s.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}
