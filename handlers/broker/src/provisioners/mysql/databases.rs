//! The databases that instances are.

use std::collections::BTreeSet;

use super::fault::Fault;
use super::lines::Line;
use super::name::{identifier, literal, literals};
use crate::provisioner::{Label, Ready};

/// How many are asked for in one statement.
const ASKED_MAX: usize = 1000;

/// Makes a database.
pub(super) fn make(line: &mut Line, name: &str) -> Result<(), Fault> {
    let name = identifier(name)?;
    line.run(&format!(
        "CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4"
    ))
}

/// Removes a database.
pub(super) fn remove(line: &mut Line, name: &str) -> Result<(), Fault> {
    line.run(&format!("DROP DATABASE IF EXISTS {}", identifier(name)?))
}

/// How many tables a database has, and how many bytes they take.
pub(super) fn measure(line: &mut Line, name: &str) -> Result<(u64, u64), Fault> {
    let sql = format!(
        "SELECT COUNT(*), CAST(COALESCE(SUM(data_length + index_length), 0) AS UNSIGNED) \
         FROM information_schema.tables WHERE table_schema = {}",
        literal(name)?
    );
    let rows = line.rows(&sql)?;
    Ok(rows.first().copied().unwrap_or_default())
}

/// The instances whose database is gone.
pub(super) fn find_lost(line: &mut Line, ready: &[Ready]) -> Result<Vec<Label>, Fault> {
    let mut lost = Vec::new();
    for wanted in ready.chunks(ASKED_MAX) {
        let names = literals(wanted.iter().map(|one| one.instance.as_str()))?;
        let sql = format!(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name IN ({names})"
        );
        let there: BTreeSet<String> = line.rows(&sql)?.into_iter().collect();
        let gone = wanted.iter().map(|one| &one.instance);
        lost.extend(gone.filter(|one| !there.contains(one.as_str())).cloned());
    }
    Ok(lost)
}
