//! Users, each with a password and a prefix of keys.

use redis::cmd;

use super::lines::Line;
use crate::provisioner::Failure;

/// What a user may do, to keys and channels that begin with his prefix: read, write, subscribe,
/// publish, run scripts. What tells of the keys of others (`SCAN`, `CLIENT TRACKING`), or leaves keys
/// in other databases, where nobody would find them again, or is for all (`FUNCTION`), he may not.
const RIGHTS: &[&str] = &[
    "+@read",
    "+@write",
    "+@transaction",
    "+@pubsub",
    "-pubsub",
    "+eval",
    "+eval_ro",
    "+evalsha",
    "+evalsha_ro",
    "+script|load",
    "+script|exists",
    "+auth",
    "+hello",
    "+ping",
    "+echo",
    "+quit",
    "+reset",
    "+command",
    // Some clients always choose the database that they are in already.
    "+select|0",
    "+client|id",
    "+client|info",
    "+client|getname",
    "+client|setname",
    "-@admin",
    "-@dangerous",
    "-scan",
    "-randomkey",
    "-dbsize",
    "-function",
    "-copy",
    "-move",
];

/// Whether the server can be what apps get users of. Says so, if anybody may do anything there.
pub(super) fn check(line: &mut Line) -> Result<(), Failure> {
    // Its rules in words, such as `user default on nopass …`.
    let users: Vec<String> = line.ask(cmd("ACL").arg("LIST"))?;
    let is_open = |rules: &String| {
        let mut words = rules.split(' ');
        let is_default = words.by_ref().nth(1) == Some("default");
        is_default
            && ["on", "nopass"]
                .iter()
                .all(|word| words.clone().any(|rule| rule == *word))
    };
    if users.iter().any(is_open) {
        log::warn!(
            "the user `default` of this Redis has no password: every app may do anything in it; set \
             `requirepass`, or turn that user off"
        );
    }
    Ok(())
}

/// Makes a user, or makes him anew.
pub(super) fn make(line: &mut Line, user: &str, secret: &str, prefix: &str) -> Result<(), Failure> {
    let pattern = escaped(prefix);
    let mut command = cmd("ACL");
    command.arg("SETUSER").arg(user).arg("reset").arg("on");
    command.arg(format!(">{secret}"));
    // A server may let new users into all channels.
    command.arg("resetchannels");
    command
        .arg(format!("~{pattern}*"))
        .arg(format!("&{pattern}*"));
    command.arg(RIGHTS);
    let made = line.ask::<()>(&command);
    made.map_err(|failure| Failure {
        message: failure.without(secret),
        ..failure
    })
}

/// Removes a user, and ends his connections.
pub(super) fn remove(line: &mut Line, user: &str) -> Result<(), Failure> {
    line.ask(cmd("ACL").arg("DELUSER").arg(user))
}

/// The names of all users.
pub(super) fn list(line: &mut Line) -> Result<Vec<String>, Failure> {
    line.ask(cmd("ACL").arg("USERS"))
}

/// Has the server write its users down; false if it has no file for them.
pub(super) fn save(line: &mut Line) -> Result<bool, Failure> {
    match line.try_ask::<()>(cmd("ACL").arg("SAVE"))? {
        Ok(()) => Ok(true),
        Err(error)
            if error
                .to_string()
                .contains("not configured to use an ACL file") =>
        {
            Ok(false)
        }
        Err(error) => Err(Failure::for_now(error)),
    }
}

/// A text in a pattern, where some characters have a meaning.
pub(super) fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
