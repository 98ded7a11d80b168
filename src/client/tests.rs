//! Tests of answers whose bytes and cuts are drawn by lot, and of their limits. Answers one by
//! one are in `tests/answers/`.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use micro_api::Method;
use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    head_bytes_max: 200,
    header_count_max: 4,
    content_bytes_max: Some(100),
};

/// What an answer came to: status, content and whether the connection is of more use.
type Outcome = Result<Option<(u16, Vec<u8>, bool)>, Fault>;

fn drain(
    exchange: &mut Exchange,
    found: &mut (u16, Vec<u8>),
    is_ended: &mut bool,
) -> Result<(), Fault> {
    loop {
        match exchange.next()? {
            Event::More => return Ok(()),
            Event::Head(head) => found.0 = head.status,
            Event::Content(content) => {
                assert!(!content.is_empty());
                found.1.extend(content);
            }
            Event::End { .. } => *is_ended = true,
        }
    }
}

fn read(limits: Limits, pieces: &[&[u8]], close: Option<Close>) -> Outcome {
    let mut exchange = Exchange::new(Method::Get, limits);
    let (mut found, mut is_ended) = ((0, Vec::new()), false);
    for piece in pieces {
        exchange.receive(piece);
        drain(&mut exchange, &mut found, &mut is_ended)?;
    }
    let is_reusable = exchange.is_reusable();
    if let Some(close) = close {
        exchange.receive_end(close);
        drain(&mut exchange, &mut found, &mut is_ended)?;
        assert!(!exchange.is_reusable());
    }
    Ok(is_ended.then_some((found.0, found.1, is_reusable)))
}

fn answer(head: &str, content: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{head}\r\n").as_bytes(), content].concat()
}

fn sentence(outcome: Outcome) -> String {
    outcome.expect_err("it is refused").sentence
}

#[test]
fn the_head_is_bounded() {
    let head = |length: usize| {
        answer(
            &format!("Content-Length: 0\r\nA: {}\r\n", "a".repeat(length - 43)),
            b"",
        )
    };
    assert_eq!(head(200).len(), 200);
    for length in [199, 200] {
        let outcome = read(LIMITS, &[&head(length)], None);
        assert_eq!(outcome, Ok(Some((200, Vec::new(), true))), "{length}");
    }
    let expected =
        "the head of the answer is refused: its lines are longer than 200 bytes together";
    assert_eq!(sentence(read(LIMITS, &[&head(201)], None)), expected);
    let endless = [b"HTTP/1.1 200 ".as_slice(), &[b'a'; 1000]].concat();
    assert_eq!(sentence(read(LIMITS, &[&endless], None)), expected);
    let fields = |count: usize| {
        answer(
            &"Content-Length: 0\r\nA: b\r\n".replace("A: b\r\n", &"A: b\r\n".repeat(count)),
            b"",
        )
    };
    for count in [2, 3] {
        assert!(read(LIMITS, &[&fields(count)], None).is_ok(), "{count}");
    }
    let expected = "the head of the answer is refused: it has more than 4 fields";
    assert_eq!(sentence(read(LIMITS, &[&fields(4)], None)), expected);
}

#[test]
fn the_content_is_bounded_however_it_is_framed() {
    let content = |length: usize| vec![b'x'; length];
    let by_length = |length| answer(&format!("Content-Length: {length}\r\n"), &content(length));
    let by_close = |length| answer("", &content(length));
    let by_chunks = |length: usize| {
        let chunk = |length: usize| {
            [
                format!("{length:x}\r\n").as_bytes(),
                &content(length),
                b"\r\n",
            ]
            .concat()
        };
        let body = [chunk(50), chunk(length - 50), b"0\r\n\r\n".to_vec()].concat();
        answer("Transfer-Encoding: chunked\r\n", &body)
    };
    let packed = |length: usize| {
        let packed = gzip(&content(length));
        answer(
            &format!(
                "Content-Encoding: gzip\r\nContent-Length: {}\r\n",
                packed.len()
            ),
            &packed,
        )
    };
    let framings: [&dyn Fn(usize) -> Vec<u8>; 4] = [&by_length, &by_close, &by_chunks, &packed];
    for framing in framings {
        for length in [99, 100] {
            let outcome = read(LIMITS, &[&framing(length)], Some(Close::Clean));
            let found = outcome.expect("it is read").expect("it is whole");
            assert_eq!((found.0, found.1.len()), (200, length));
        }
        for close in [None, Some(Close::Clean)] {
            let found = sentence(read(LIMITS, &[&framing(101)], close));
            assert!(found.contains("longer than 100 bytes"), "{found}");
        }
    }
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let bomb = gzip(&vec![0; 50 << 20]);
    let head = format!(
        "Content-Encoding: gzip\r\nContent-Length: {}\r\n",
        bomb.len()
    );
    let limits = Limits {
        content_bytes_max: Some(100_000),
        ..LIMITS
    };
    let mut exchange = Exchange::new(Method::Get, limits);
    exchange.receive(&answer(&head, &bomb));
    let mut count = 0;
    let fault = loop {
        match exchange.next() {
            Ok(Event::Content(content)) => count += content.len(),
            Ok(_) => {}
            Err(fault) => break fault,
        }
    };
    assert_eq!(
        fault.sentence,
        "the body of the answer is longer than 100000 bytes"
    );
    assert!(count <= 100_000);
    assert_eq!(exchange.next(), Err(fault));
}

#[test]
fn a_stream_comes_in_pieces_and_has_no_bound() {
    let limits = Limits {
        content_bytes_max: None,
        ..LIMITS
    };
    let packed = gzip(&vec![0; 5 << 20]);
    let head = format!(
        "Content-Encoding: gzip\r\nContent-Length: {}\r\n",
        packed.len()
    );
    let mut exchange = Exchange::new(Method::Get, limits);
    exchange.receive(&answer(&head, &packed));
    let mut count = 0;
    loop {
        match exchange.next().expect("the answer is right") {
            Event::Content(content) => {
                assert!(content.len() <= 64 << 10);
                count += content.len();
            }
            Event::Head(_) => {}
            event => {
                assert_eq!(event, Event::End { is_reusable: true });
                break;
            }
        }
    }
    assert_eq!(count, 5 << 20);
    let outcome = read(limits, &[&answer("", &[b'x'; 10_000])], Some(Close::Clean));
    assert!(
        outcome.is_ok_and(|found| found.is_some_and(|(_, content, _)| content.len() == 10_000))
    );
}

#[test]
fn what_is_announced_is_not_allocated() {
    let limits = Limits {
        content_bytes_max: None,
        ..LIMITS
    };
    for head in [
        answer("Content-Length: 18446744073709551615\r\n", b"x"),
        answer("Transfer-Encoding: chunked\r\n", b"ffffffffffffffff\r\nx"),
    ] {
        assert_eq!(read(limits, &[&head], None), Ok(None));
        assert!(read(LIMITS, &[&head], None).is_err());
    }
}

#[test]
fn interim_answers_are_counted() {
    let interim = "HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n";
    let answers = |count: usize| {
        [
            interim.repeat(count).as_bytes(),
            &answer("Content-Length: 0\r\n", b""),
        ]
        .concat()
    };
    assert_eq!(
        read(LIMITS, &[&answers(16)], None),
        Ok(Some((200, Vec::new(), true)))
    );
    let expected = "more than 16 answers with a status of 1xx came before the real one";
    assert_eq!(sentence(read(LIMITS, &[&answers(17)], None)), expected);
}

#[test]
fn an_answer_begins_with_its_first_byte() {
    let mut exchange = Exchange::new(Method::Get, LIMITS);
    exchange.receive(b"");
    assert!(!exchange.has_begun());
    exchange.receive(b"H");
    assert!(exchange.has_begun());
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

// Bytes that are often nearly an answer.
fn some_answer() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just("HTTP/1.1 200 OK\r\n".to_owned()),
        Just("HTTP/1.0 404 No\r\n".to_owned()),
        Just("HTTP/1.1 100 Continue\r\n\r\n".to_owned()),
        Just("Transfer-Encoding: chunked\r\n".to_owned()),
        Just("Content-Encoding: gzip\r\n".to_owned()),
        Just("Content-Encoding: deflate\r\n".to_owned()),
        (0..120_u8).prop_map(|length| format!("Content-Length: {length}\r\n")),
        Just("\r\n".to_owned()),
        Just("3\r\nabc\r\n".to_owned()),
        Just("0\r\n\r\n".to_owned()),
        Just("0\r\nA: b\r\n\r\n".to_owned()),
        "[ -~\r\n]{0,12}",
    ];
    let parts = prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat().into_bytes());
    let begun = parts.prop_map(|rest| [&b"HTTP/1.1 200 OK\r\n"[..], &rest].concat());
    prop_oneof![
        4 => begun,
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(|content| {
            let packed = gzip(&content);
            answer(&format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", packed.len()), &packed)
        }),
    ]
}

fn some_close() -> impl Strategy<Value = Option<Close>> {
    prop_oneof![
        Just(None),
        Just(Some(Close::Clean)),
        Just(Some(Close::Abrupt))
    ]
}

/// It unpacks to more than may be, with damage behind.
#[test]
fn damage_behind_too_much_content_is_told_alike_however_it_is_cut() {
    let bytes = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n\
        *HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n3\r\nabc\r\n";
    let whole = read(LIMITS, &[bytes], None);
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read(LIMITS, &single, None), whole);
    assert!(whole.is_err_and(|fault| fault.sentence.contains("longer than 100 bytes")));
}

proptest! {
    #[test]
    fn cuts_change_nothing(
        bytes in some_answer(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        close in some_close(),
    ) {
        let whole = read(LIMITS, &[&bytes], close);
        if let Ok(Some((_, content, _))) = &whole {
            prop_assert!(content.len() <= 100);
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        prop_assert_eq!(read(LIMITS, &pieces, close), whole.clone());
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(read(LIMITS, &single, close), whole);
    }
}

#[test]
fn a_head_is_kept_as_it_came_if_that_is_wanted() {
    let bytes = b"HTTP/1.0 200 Very Well\r\nCONTENT-length:0\r\nX-A:  b\r\nx-a: c\r\n\r\n";
    let received = |is_kept: bool| {
        let mut exchange = Exchange::new(Method::Get, LIMITS);
        if is_kept {
            exchange.keep_head();
        }
        for byte in bytes {
            exchange.receive(&[*byte]);
            if let Event::Head(head) = exchange.next().expect("it is right") {
                return head.received;
            }
        }
        panic!("there is no head");
    };
    assert_eq!(received(false), None);
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let headers = [("CONTENT-length", "0"), ("X-A", "b"), ("x-a", "c")];
    let expected = ReceivedHead {
        status_line: "HTTP/1.0 200 Very Well".to_owned(),
        headers: headers.map(owned).to_vec(),
    };
    let kept = received(true);
    // Values may be secrets.
    let shown = r#"Some(ReceivedHead(HTTP/1.0 200 Very Well ["CONTENT-length", "X-A", "x-a"]))"#;
    assert_eq!(format!("{kept:?}"), shown);
    assert_eq!(kept, Some(Box::new(expected)));
}
