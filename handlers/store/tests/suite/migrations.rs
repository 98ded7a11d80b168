//! The tables are as the program knows them, whoever opens them first.

use std::sync::Barrier;
use std::thread;

use micro_store::{ErrorKind, Migration, Schema, Sql};

use crate::support::{NAMES, Place};

/// A step that can be done once only, so that doing it twice is found out.
const ADD: Migration = Migration {
    name: "a column",
    statements: &[Sql::same("ALTER TABLE name ADD COLUMN added BIGINT")],
};

const TWO_STEPS: Schema = Schema {
    pack: "names",
    migrations: &[NAMES.migrations[0], ADD],
};

const BROKEN: Schema = Schema {
    pack: "names",
    migrations: &[
        NAMES.migrations[0],
        Migration {
            name: "half of it",
            statements: &[
                Sql::same("CREATE TABLE IF NOT EXISTS half (id BIGINT)"),
                Sql::same("CREATE TABLE WRONG"),
            ],
        },
    ],
};

const MENDED: Schema = Schema {
    pack: "names",
    migrations: &[
        NAMES.migrations[0],
        Migration {
            name: "half of it",
            statements: &[
                Sql::same("CREATE TABLE IF NOT EXISTS half (id BIGINT)"),
                Sql::same("CREATE TABLE IF NOT EXISTS other (id BIGINT)"),
            ],
        },
    ],
};

const OTHER: Schema = Schema {
    pack: "others",
    migrations: &[Migration {
        name: "others",
        statements: &[Sql::same("CREATE TABLE IF NOT EXISTS other (id BIGINT)")],
    }],
};

fn ready(place: &Place, schema: Schema) -> Result<(), ErrorKind> {
    let ready = place.store(schema).ready().wait();
    ready.map_err(|error| error.kind())
}

pub(crate) fn many_open_it_at_once(place: &Place) {
    let start = Barrier::new(8);
    thread::scope(|scope| {
        let opening: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let ready = place.store(TWO_STEPS).ready().wait();
                    ready.map_err(|error| error.to_string())
                })
            })
            .collect();
        for opened in opening {
            assert_eq!(opened.join().expect("it does not panic"), Ok(()));
        }
    });
}

pub(crate) fn steps_follow_one_another(place: &Place) {
    place.names().insert("a").wait().expect("it is new");
    assert_eq!(ready(place, TWO_STEPS), Ok(()));
    assert_eq!(ready(place, TWO_STEPS), Ok(()));
    let done = place.store(TWO_STEPS).write(|transaction| {
        transaction.execute("UPDATE name SET added = 7", &[])?;
        let sql = "SELECT version, name FROM micro_migration ORDER BY version";
        transaction.query(sql, &[], |row| {
            Ok((row.take::<i64>(0)?, row.take::<String>(1)?))
        })
    });
    let done = done.wait().expect("they can be read");
    assert_eq!(done, [(1, "names".to_owned()), (2, "a column".to_owned())]);
}

pub(crate) fn packs_share_a_database(place: &Place) {
    assert_eq!(ready(place, NAMES), Ok(()));
    assert_eq!(ready(place, OTHER), Ok(()));
    assert_eq!(ready(place, NAMES), Ok(()));
}

pub(crate) fn newer_tables_are_refused(place: &Place) {
    assert_eq!(ready(place, TWO_STEPS), Ok(()));
    let error = place
        .store(NAMES)
        .ready()
        .wait()
        .expect_err("they are newer");
    assert_eq!(
        error.to_string(),
        "the tables of names have version 2, but this program knows versions up to 1: they were made \
         by a newer one"
    );
}

pub(crate) fn a_broken_step_is_done_again(place: &Place) {
    assert_eq!(ready(place, BROKEN), Err(ErrorKind::Broken));
    assert_eq!(ready(place, NAMES), Ok(()));
    assert_eq!(ready(place, MENDED), Ok(()));
    let other = place.store(MENDED).write(|transaction| {
        transaction.execute("INSERT INTO half (id) SELECT COUNT(*) FROM other", &[])
    });
    assert_eq!(other.wait().expect("both are there"), 1);
}
