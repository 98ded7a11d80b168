//! Keys with a prefix.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use redis::cmd;

use super::lines::Line;
use super::users::escaped;
use crate::provisioner::{Failure, Label};

/// How many keys Redis looks at before it answers.
const SLICE: u32 = 1000;

/// Deletes all keys that begin so. What is not done in time is done the next time.
pub(super) fn delete(line: &mut Line, prefix: &str) -> Result<(), Failure> {
    scan(line, prefix, |line, keys| {
        if !keys.is_empty() {
            line.ask::<()>(cmd("UNLINK").arg(keys))?;
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// How many keys begin so, unless there are too many to count.
pub(super) fn count(line: &mut Line, prefix: &str, most: usize) -> Result<Option<usize>, Failure> {
    let mut count = 0;
    scan(line, prefix, |_, keys| {
        count += keys.len();
        Ok(match count > most {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    })?;
    Ok((count <= most).then_some(count))
}

/// The instances that have keys, and whose names begin so.
pub(super) fn owners(line: &mut Line, prefix: &str) -> Result<BTreeSet<String>, Failure> {
    let mut owners = BTreeSet::new();
    scan(line, prefix, |_, keys| {
        let names = keys.iter().filter_map(|key| {
            let end = key.iter().position(|&byte| byte == b':')?;
            str::from_utf8(&key[..end]).ok()
        });
        let names = names.filter(|name| Label::new(name).is_some());
        owners.extend(names.map(str::to_owned));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(owners)
}

/// Shows `see` the keys that begin so, slice by slice; some perhaps twice.
fn scan(
    line: &mut Line,
    prefix: &str,
    mut see: impl FnMut(&mut Line, &[Vec<u8>]) -> Result<ControlFlow<()>, Failure>,
) -> Result<(), Failure> {
    let pattern = format!("{}*", escaped(prefix));
    let mut cursor: u64 = 0;
    loop {
        let mut command = cmd("SCAN");
        command
            .arg(cursor)
            .arg("MATCH")
            .arg(&pattern)
            .arg("COUNT")
            .arg(SLICE);
        let (next, keys): (u64, Vec<Vec<u8>>) = line.ask(&command)?;
        if see(line, &keys)?.is_break() || next == 0 {
            return Ok(());
        }
        cursor = next;
    }
}
