//! The users that binds are.

use std::collections::BTreeSet;

use super::fault::Fault;
use super::lines::Line;
use super::name::{account, identifier, literal, literals};
use crate::provisioner::{Bind, Instance, Label, Ready};

/// There is no connection of this number any more.
const GONE: u16 = 1094;
/// How many are asked for in one statement.
const ASKED_MAX: usize = 1000;

/// Makes a user that may do anything in one database, and nothing elsewhere. Whatever became of an
/// earlier try, the password is the one of the bind.
pub(super) fn make(line: &mut Line, instance: &Instance, bind: &Bind) -> Result<(), Fault> {
    let database = identifier(instance.label.as_str())?;
    let user = account(bind.label.as_str())?;
    let password = literal(bind.secret.reveal())?;
    for sql in [
        format!("CREATE USER IF NOT EXISTS {user} IDENTIFIED BY {password}"),
        format!("ALTER USER {user} IDENTIFIED BY {password}"),
        format!("GRANT ALL PRIVILEGES ON {database}.* TO {user}"),
    ] {
        let done = line.run(&sql);
        done.map_err(|fault| fault.without(bind.secret.reveal()))?;
    }
    Ok(())
}

/// Removes a user, and puts out who is connected as it: to those, nothing would happen.
pub(super) fn remove(line: &mut Line, user: &str) -> Result<(), Fault> {
    check_rights(line)?;
    line.run(&format!("DROP USER IF EXISTS {}", account(user)?))?;
    let user = literal(user)?;
    let sql = format!("SELECT id FROM information_schema.processlist WHERE user = {user}");
    loop {
        let connections: Vec<u64> = line.rows(&sql)?;
        if connections.is_empty() {
            return Ok(());
        }
        for connection in connections {
            match line.run(&format!("KILL {connection}")) {
                Err(fault) if fault.code != Some(GONE) => return Err(fault),
                _ => {}
            }
        }
        line.pause()?;
    }
}

/// Fails if the administrator does not see the connections of others (privilege PROCESS): the list of
/// them would just be shorter, and the table that is looked at here is refused.
pub(super) fn check_rights(line: &mut Line) -> Result<(), Fault> {
    line.run("SELECT COUNT(*) FROM information_schema.innodb_trx")
}

/// The binds whose user is gone, or may not use its database any more.
pub(super) fn find_lost(line: &mut Line, ready: &[Ready]) -> Result<Vec<Label>, Fault> {
    let wanted: Vec<(&Label, &Label)> = ready
        .iter()
        .flat_map(|one| one.binds.iter().map(|bind| (&one.instance, bind)))
        .collect();
    let mut lost = Vec::new();
    for wanted in wanted.chunks(ASKED_MAX) {
        let names = literals(wanted.iter().map(|(_, bind)| bind.as_str()))?;
        let sql = format!(
            "SELECT d.db, d.user FROM mysql.db d JOIN mysql.user u ON u.user = d.user \
             AND u.host = d.host WHERE d.host = '%' AND d.user IN ({names})"
        );
        let there: BTreeSet<(String, String)> = line.rows(&sql)?.into_iter().collect();
        let is_lost = |(instance, bind): &&(&Label, &Label)| {
            let (database, user) = (instance.as_str(), bind.as_str());
            !there.contains(&(database.to_owned(), user.to_owned()))
        };
        let gone = wanted.iter().filter(is_lost);
        lost.extend(gone.map(|(_, bind)| (*bind).clone()));
    }
    Ok(lost)
}
