//! What keeps a process from overwriting what another wrote later.

use std::thread;

use super::redis::{Redis, Reply};
use super::world::PREFIX;
use crate::mirror::commands::Commands;
use crate::mirror::link::{Found, Link, Written};
use crate::mirror::mark::{LEAP, Mark};
use crate::mirror::target::Target;

#[track_caller]
fn link(redis: &Redis) -> Link {
    let timeout = super::daemon::DEADLINE;
    let target = Target::new(&redis.url(), PREFIX, timeout).expect("the settings are right");
    Link::open(&target).expect("Redis is there")
}

fn mark(number: u64) -> Mark {
    let source = "ours".to_owned();
    Mark { source, number }
}

fn add(member: &[u8]) -> Commands {
    let mut commands = Commands::new();
    let key = (PREFIX.as_bytes(), &b"a.example"[..]);
    commands.add_key(b"SADD", key, [member].into_iter());
    commands
}

#[test]
fn nothing_is_written_once_another_has() {
    let Some(redis) = Redis::start() else { return };
    let (mut slow, mut quick) = (link(&redis), link(&redis));
    let seen = slow.mark().expect("it answers");
    assert_eq!(seen, None);
    let written = quick.write_if(None, &add(b"quick"), Some(&mark(1)));
    assert_eq!(written.expect("it answers"), Written::Done(1));
    for seen in [None, Some(&b"ours:0"[..]), Some(b"ours:10"), Some(b"")] {
        let written = slow.write_if(seen, &add(b"slow"), Some(&mark(2)));
        assert_eq!(written.expect("it answers"), Written::Void);
        let names = [&b"a.example"[..]];
        slow.delete_if(seen, names.into_iter()).expect("it answers");
    }
    assert_eq!(redis.members("frontend:a.example"), ["quick"]);
    let seen = slow.mark().expect("it answers");
    assert_eq!(seen.as_deref(), Some(&b"ours:1"[..]));
    let written = slow.write_if(seen.as_deref(), &add(b"slow"), None);
    assert_eq!(written.expect("it answers"), Written::Done(1));
    let found = slow.find_sets(["a.example", "b.example"].into_iter());
    let found = found.expect("it answers");
    assert!(matches!(&found[..], [Found::Set(members), Found::Nothing] if members.len() == 2));
    let names = [&b"a.example"[..], b"b.example"];
    let deleted = slow.delete_if(seen.as_deref(), names.into_iter());
    deleted.expect("it answers");
    assert_eq!(redis.keys("*"), ["micro:routing:mark:frontend:"]);
}

#[test]
fn of_several_at_once_one_writes() {
    const EACH: u64 = 300;
    let Some(redis) = Redis::start() else { return };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut link = link(&redis);
                for _ in 0..EACH {
                    while !raise(&mut link) {}
                }
            });
        }
    });
    let number = format!("ours:{}", LEAP + 4 * EACH - 1);
    let told = redis.command(&["GET", "micro:routing:mark:frontend:"]);
    assert_eq!(told, Reply::Text(number));
}

/// Raises the mark by one, if nobody else does.
fn raise(link: &mut Link) -> bool {
    let seen = link.mark().expect("it answers");
    let next = mark(0).next(seen.as_deref());
    let written = link.write_if(seen.as_deref(), &add(b"x"), Some(&next));
    written.expect("it answers") != Written::Void
}
