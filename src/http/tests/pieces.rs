//! However the bytes are cut, what comes of them is the same; and it never is a panic.

use micro_api::Method;
use micro_api::host::Span;
use proptest::prelude::*;

use super::*;

/// What came of some bytes.
#[derive(Debug, PartialEq)]
enum Outcome {
    Request {
        method: Method,
        places: Vec<Vec<u8>>,
    },
    Refuse(Reject),
    Stands(Phase, bool),
}

fn outcomes<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, has_end: bool) -> Vec<Outcome> {
    let mut rig = Rig::new();
    rig.limits.line_bytes_max = 40;
    rig.limits.head_bytes_max = 160;
    rig.limits.header_count_max = 5;
    rig.limits.content_bytes_max = 20;
    let mut outcomes = Vec::new();
    for piece in pieces {
        rig.receive(piece);
        serve(&mut rig, &mut outcomes);
    }
    if has_end {
        rig.connection.receive_end();
        serve(&mut rig, &mut outcomes);
    }
    outcomes.push(Outcome::Stands(
        rig.connection.phase(),
        rig.connection.is_over(),
    ));
    outcomes
}

fn serve(rig: &mut Rig, outcomes: &mut Vec<Outcome>) {
    loop {
        match rig.advance() {
            Step::Request => {
                outcomes.push(describe(&rig.parts));
                rig.answer(Reply::text("ok"));
            }
            Step::Refuse(reject) => {
                outcomes.push(Outcome::Refuse(reject));
                rig.refuse(reject);
            }
            Step::Wait | Step::End => break,
        }
        rig.take_output();
    }
    rig.take_output();
}

fn describe(parts: &Parts) -> Outcome {
    let fields = parts
        .headers
        .iter()
        .flat_map(|field| [field.name, field.value]);
    let places = [parts.target, parts.path, parts.query, parts.body]
        .into_iter()
        .chain(fields);
    let text = |place: Span| place.of(&parts.bytes).to_vec();
    Outcome::Request {
        method: parts.method,
        places: places.map(text).collect(),
    }
}

const LINES: &[&[u8]] = &[
    b"GET / HTTP/1.1",
    b"GET / HTTP/1.1",
    b"POST /a?b HTTP/1.1",
    b"HEAD http://h/x HTTP/1.0",
    b"BREW * HTTP/1.1",
    b"GET * HTTP/1.1",
    b"GET  / HTTP/1.1",
    b"GET / HTTP/2.0",
    b"GET /aaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1",
    b"GET /aaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1",
    b"",
];
const FIELDS: &[&[u8]] = &[
    b"Host: x",
    b"Content-Length: 3",
    b"Transfer-Encoding: chunked",
    b"Connection: close",
    b"A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    b"A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    b"A:b",
    b"A: b\rc",
    b"A: \0",
    b"A : b",
    b" folded",
    b"no colon",
    b"\xff: b",
];
const CONTENTS: &[&[u8]] = &[
    b"",
    b"",
    b"abc",
    b"3\r\nabc\r\n0\r\n\r\n",
    b"3;x\r\nabc\r\n11\r\n12345678901234567\r\n0\r\nA: b\r\n\r\n",
    b"3;x\r\nabc\r\n12\r\n123456789012345678\r\n0\r\n\r\n",
    b"3\nabc\r\n0\r\n\r\n",
    b"3\r\nabc0\r\n\r\n",
    b"0\r\nA: b\nC: d\r\n\r\n",
    b"0\r\nA\r\n\r\n",
];

fn bytes_of(choices: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    proptest::sample::select(choices).prop_map(<[u8]>::to_vec)
}

// A line's end is nearly always what it should be.
fn line_of(choices: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    let end = prop_oneof![
        40 => Just(&b"\r\n"[..]),
        2 => Just(&b"\n"[..]),
        1 => Just(&b"\r"[..]),
        1 => Just(&b"\r\r\n"[..]),
        1 => Just(&b""[..]),
    ];
    (bytes_of(choices), end).prop_map(|(line, end)| [&line[..], end].concat())
}

// Requests, mostly sound, with a mistake here and there; one of them may be cut short.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let fields = proptest::collection::vec(line_of(FIELDS), 0..5).prop_map(|lines| lines.concat());
    let host = prop_oneof![8 => Just(b"Host: x\r\n".to_vec()), 1 => Just(Vec::new())];
    let request = (
        line_of(LINES),
        host,
        fields,
        line_of(&[b""]),
        bytes_of(CONTENTS),
    )
        .prop_map(|(line, host, fields, end, content)| [line, host, fields, end, content].concat());
    (
        proptest::collection::vec(request, 1..4),
        any::<proptest::sample::Index>(),
        0..4,
    )
        .prop_map(|(requests, end, is_cut)| {
            let mut bytes = requests.concat();
            if is_cut == 0 {
                bytes.truncate(end.index(bytes.len() + 1));
            }
            bytes
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_outcome_does_not_depend_on_the_cuts(
        bytes in messages(), cut in any::<proptest::sample::Index>(), has_end in any::<bool>(),
    ) {
        let whole = outcomes([&bytes[..]], has_end);
        let (left, right) = bytes.split_at(cut.index(bytes.len() + 1));
        prop_assert_eq!(&outcomes([left, right], has_end), &whole);
        prop_assert_eq!(&outcomes(bytes.chunks(1), has_end), &whole);
    }

    #[test]
    fn any_bytes_end_in_a_value_or_a_refusal(
        bytes in proptest::collection::vec(any::<u8>(), 0..300), size in 1_usize..40,
    ) {
        let whole = outcomes([&bytes[..]], true);
        prop_assert_eq!(&outcomes(bytes.chunks(size), true), &whole);
    }

    #[test]
    fn content_comes_out_of_chunks_as_it_went_in(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..20),
        size in 1_usize..60,
    ) {
        let mut text = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for piece in &pieces {
            text.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            text.extend_from_slice(piece);
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(b"0\r\n\r\nGET /next");
        let mut rig = Rig::new();
        let mut step = Step::Wait;
        for piece in text.chunks(size) {
            rig.receive(piece);
            if step == Step::Wait {
                step = rig.advance();
            }
        }
        prop_assert_eq!(step, Step::Request);
        prop_assert_eq!(rig.parts.body.of(&rig.parts.bytes), pieces.concat());
        rig.answer(Reply::text("ok"));
        rig.receive(" HTTP/1.1\r\nHost: x\r\n\r\n");
        prop_assert_eq!(rig.advance(), Step::Request);
        prop_assert_eq!(rig.parts.path.of(&rig.parts.bytes), b"/next");
    }
}

#[test]
fn every_cut_of_a_conversation_gives_the_same() {
    let bytes: &[u8] = b"\r\nPOST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
        3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n\
        POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n\r\n\r\n\
        BREW / HTTP/1.1\r\nHost: x\r\n\r\nGET * HTTP/1.1\r\nHost: x\r\n\r\n";
    let whole = outcomes([bytes], true);
    assert_eq!(whole.len(), 5, "{whole:?}");
    for first in 0..bytes.len() {
        for second in (first..bytes.len()).step_by(7) {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            assert_eq!(outcomes(pieces, true), whole, "cut at {first} and {second}");
        }
    }
}
