//! Content both ways, in pieces of any size, and how it ends.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::tls::OUTPUT_BYTES_MAX;

/// More than a server's first flight has bytes.
const CUTS: usize = 1200;
const MIB: usize = 1 << 20;
/// What a record adds to its content, and how much that is at most (RFC 8446 section 5.2).
const RECORD_EXTRA_BYTES: usize = 5 + 1 + 16;
const RECORD_BYTES_MAX: usize = 16 << 10;

/// Content in which no part is like another.
fn content(count: usize) -> Vec<u8> {
    (0..count as u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

/// A handshake and a question with its answer, in pieces of this size.
fn talk_in_pieces(version: &'static SupportedProtocolVersion, piece: usize) {
    let certified = AUTHORITY.certify(&[HOST]);
    let mut server = Server::new(&certified);
    server.version = Some(version);
    let mut pair = Pair::new(session(), server.start());
    pair.piece = piece;
    assert_eq!(pair.session.write(b"question"), 8);
    pair.talk().expect("they agree");
    assert_eq!(pair.heard, b"question");
    pair.server
        .writer()
        .write_all(b"answer")
        .expect("it is taken");
    pair.server.send_close_notify();
    pair.talk().expect("they agree");
    assert_eq!(pair.read(), b"answer");
    assert!(pair.session.is_ended());
}

#[test]
fn bytes_come_one_by_one() {
    talk_in_pieces(&TLS13, 1);
    talk_in_pieces(&TLS12, 1);
}

#[test]
fn a_flight_is_cut_at_every_byte() {
    let certified = AUTHORITY.certify(&[HOST]);
    let client = client();
    for version in [&TLS13, &TLS12] {
        let mut server = Server::new(&certified);
        server.version = Some(version);
        let config = server.config();
        // How long a flight is depends on its signatures: the last cuts are at its end.
        for cut in 0..CUTS {
            let server = ServerConnection::new(Arc::clone(&config)).expect("it can be started");
            let mut pair = Pair::new(client.begin(HOST).expect("this is a name"), server);
            pair.carry_there();
            let said = said(&mut pair.server);
            assert!(said.len() < CUTS);
            let (first, second) = said.split_at(cut.min(said.len()));
            pair.session.receive(first).expect("it is taken");
            pair.session.receive(second).expect("it is taken");
            pair.talk().expect("they agree");
            assert!(!pair.session.is_handshaking(), "{cut}");
        }
    }
}

#[test]
fn much_goes_both_ways_through_a_slow_pipe() {
    let mut pair = Pair::agreed();
    pair.piece = 1500;
    let (question, answer) = (content(MIB), content(MIB + 7));
    let (mut asked, mut answered, mut read) = (0, 0, Vec::new());
    while pair.heard.len() < question.len() || read.len() < answer.len() {
        asked += pair.session.write(&question[asked..]);
        assert!(pair.session.output().len() < OUTPUT_BYTES_MAX + 8 * RECORD_EXTRA_BYTES);
        let more = pair.server.writer().write(&answer[answered..]);
        answered += more.expect("it is taken, or is not");
        pair.carry_there();
        pair.carry_back().expect("they agree");
        pair.session.read(&mut read);
    }
    assert!(pair.heard == question);
    assert!(read == answer);
}

#[test]
fn no_more_is_taken_than_there_is_room_for() {
    let mut pair = Pair::agreed();
    let much = content(OUTPUT_BYTES_MAX + 1);
    assert_eq!(
        pair.session.write(&much[..OUTPUT_BYTES_MAX - 1]),
        OUTPUT_BYTES_MAX - 1
    );
    // Records have made more of it already.
    assert!(pair.session.output().len() > OUTPUT_BYTES_MAX);
    assert_eq!(pair.session.write(b"x"), 0);
    pair.talk().expect("they agree");
    assert_eq!(pair.session.write(&much), OUTPUT_BYTES_MAX);
    let waiting = OUTPUT_BYTES_MAX + OUTPUT_BYTES_MAX / RECORD_BYTES_MAX * RECORD_EXTRA_BYTES;
    assert_eq!(pair.session.output().len(), waiting);
    pair.piece = waiting - OUTPUT_BYTES_MAX;
    pair.carry_there();
    assert_eq!(pair.session.write(b"x"), 0);
    pair.piece = 1;
    pair.carry_there();
    assert_eq!(pair.session.write(b"xy"), 1);
    pair.piece = usize::MAX;
    pair.talk().expect("they agree");
    assert_eq!(pair.heard.len(), 2 * OUTPUT_BYTES_MAX);
}

#[test]
fn what_is_written_early_waits_for_the_handshake() {
    let certified = AUTHORITY.certify(&[HOST]);
    let mut pair = Pair::new(session(), Server::new(&certified).start());
    let much = content(OUTPUT_BYTES_MAX);
    let hello = pair.session.output().len();
    assert_eq!(pair.session.write(&much), OUTPUT_BYTES_MAX - hello);
    assert_eq!(pair.session.output().len(), hello);
    assert_eq!(pair.session.write(&much), hello);
    assert_eq!(pair.session.write(b"x"), 0);
    pair.talk().expect("they agree");
    assert_eq!(pair.heard.len(), OUTPUT_BYTES_MAX);
}

#[test]
fn what_is_read_goes_behind_what_was_read() {
    let mut pair = Pair::agreed();
    let mut read = Vec::new();
    for word in ["one ", "two ", "three"] {
        pair.server
            .writer()
            .write_all(word.as_bytes())
            .expect("it is taken");
        pair.talk().expect("they agree");
        pair.session.read(&mut read);
        pair.session.read(&mut read);
    }
    assert_eq!(read, b"one two three");
}

#[test]
fn an_end_that_is_told() {
    let mut pair = Pair::agreed();
    pair.server.writer().write_all(b"all").expect("it is taken");
    pair.server.send_close_notify();
    let mut last = said(&mut pair.server);
    last.extend(b"what comes behind is not looked at");
    pair.session.receive(&last).expect("it is taken");
    assert_eq!(pair.session.receive_end(), Ok(()));
    assert!(pair.session.is_ended() && !pair.session.was_cut());
    assert_eq!(pair.read(), b"all");
    pair.session.receive(b"nor this").expect("it is ignored");
    assert_eq!(pair.read(), b"");
    // Our side has not ended by that.
    assert_eq!(pair.session.write(b"x"), 1);
}

#[test]
fn an_end_that_is_not_told() {
    let mut pair = Pair::agreed();
    pair.server
        .writer()
        .write_all(b"some")
        .expect("it is taken");
    pair.talk().expect("they agree");
    assert!(!pair.session.was_cut());
    assert_eq!(pair.session.receive_end(), Ok(()));
    assert!(pair.session.was_cut() && !pair.session.is_ended());
    assert_eq!(pair.read(), b"some");
}

#[test]
fn an_end_that_is_cut_off() {
    let mut pair = Pair::agreed();
    pair.server.send_close_notify();
    let last = said(&mut pair.server);
    let (but_one, one) = last.split_at(last.len() - 1);
    pair.session.receive(but_one).expect("it is taken");
    assert!(!pair.session.is_ended());
    let mut cut = Pair::agreed();
    cut.session.receive(but_one).expect("it is no record yet");
    assert_eq!(cut.session.receive_end(), Ok(()));
    assert!(cut.session.was_cut());
    pair.session.receive(one).expect("it is taken");
    assert!(pair.session.is_ended());
}

#[test]
fn our_end_is_told_behind_what_was_written() {
    let mut pair = Pair::agreed();
    assert_eq!(pair.session.write(b"last"), 4);
    pair.session.close();
    pair.session.close();
    assert_eq!(pair.session.write(b"x"), 0);
    pair.talk().expect("they agree");
    assert_eq!(pair.heard, b"last");
    let state = pair.server.process_new_packets().expect("all is well");
    assert!(state.peer_has_closed());
    pair.server
        .writer()
        .write_all(b"answer")
        .expect("it is taken");
    pair.talk().expect("they agree");
    assert_eq!(pair.read(), b"answer");
}

#[test]
fn a_changed_byte_is_found_and_what_was_before_is_kept() {
    let mut pair = Pair::agreed();
    pair.server.writer().write_all(b"one").expect("it is taken");
    let mut bytes = said(&mut pair.server);
    pair.server.writer().write_all(b"two").expect("it is taken");
    bytes.extend(said(&mut pair.server));
    *bytes.last_mut().expect("there is something") ^= 1;
    let error = pair.session.receive(&bytes).expect_err("it was changed");
    assert_eq!(
        error.to_string(),
        "what the peer sent was changed on its way, or is not encrypted for us"
    );
    assert_eq!(pair.read(), b"one");
    assert_eq!(pair.session.receive_end(), Err(error));
    assert!(pair.session.was_cut());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pieces_do_not_change_what_is_said(
        pieces in prop::collection::vec(1usize..400, 1..12),
        count in 0usize..40_000,
    ) {
        let certified = AUTHORITY.certify(&[HOST]);
        let mut pair = Pair::new(session(), Server::new(&certified).start());
        let (question, answer) = (content(count), content(count / 2));
        let (mut asked, mut answered, mut read) = (0, 0, Vec::new());
        for piece in pieces.iter().cycle() {
            pair.piece = *piece;
            asked += pair.session.write(&question[asked..]);
            answered += pair.server.writer().write(&answer[answered..]).expect("it is taken");
            pair.carry_there();
            pair.carry_back().expect("they agree");
            pair.session.read(&mut read);
            if pair.heard.len() == question.len() && read.len() == answer.len() {
                break;
            }
        }
        prop_assert!(pair.heard == question && read == answer);
    }

    #[test]
    fn nothing_that_is_received_makes_us_panic(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..6),
        is_record in any::<bool>(),
    ) {
        let mut session = session();
        let mut read = Vec::new();
        for mut part in parts {
            if is_record && let Ok(length) = u16::try_from(part.len()) {
                part.splice(..0, [&[22, 3, 3][..], &length.to_be_bytes()].concat());
            }
            let _ = session.receive(&part);
            session.read(&mut read);
            session.write(&part);
            session.sent(session.output().len());
        }
        let _ = session.receive_end();
        session.close();
        prop_assert!(session.was_cut() && read.is_empty());
    }

    #[test]
    fn a_changed_byte_in_the_handshake_makes_us_neither_panic_nor_hear_anything(
        at in any::<prop::sample::Index>(),
        change in 1u8..,
        is_old in any::<bool>(),
    ) {
        let certified = AUTHORITY.certify(&[HOST]);
        let mut server = Server::new(&certified);
        server.version = Some(if is_old { &TLS12 } else { &TLS13 });
        let mut pair = Pair::new(session(), server.start());
        pair.carry_there();
        let mut said = said(&mut pair.server);
        *at.get_mut(&mut said) ^= change;
        let _ = pair.session.receive(&said);
        let _ = pair.talk();
        let _ = pair.session.receive_end();
        prop_assert!(pair.read().is_empty());
    }
}
