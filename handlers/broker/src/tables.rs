//! The tables of the pack.

use micro_store::{Migration, Schema, Sql};

/// The tables of the pack.
pub(crate) const SCHEMA: Schema = Schema {
    pack: "broker",
    migrations: &[Migration {
        name: "instances and their binds, and what is to be done about them",
        statements: &[SELF, INSTANCE, DUE, BIND, LABEL],
    }],
};

// One row: what names outside have in common, and a text that the right key opens.
const SELF: Sql = Sql::each(
    "CREATE TABLE IF NOT EXISTS broker_self (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        mark TEXT NOT NULL,
        proof BLOB NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS broker_self (
        id BIGINT NOT NULL PRIMARY KEY,
        mark VARCHAR(16) NOT NULL,
        proof BLOB NOT NULL
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
);

// Times are milliseconds since 1970. `runner` is who is at the outside of the instance and its binds,
// if anybody; from `due` on somebody else may be, and if it is nothing, there is nothing to do.
const INSTANCE: Sql = Sql::each(
    "CREATE TABLE IF NOT EXISTS broker_instance (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        label TEXT NOT NULL,
        plan TEXT NOT NULL,
        state TEXT NOT NULL,
        team TEXT NOT NULL,
        description TEXT NOT NULL,
        tags TEXT NOT NULL,
        parameters TEXT NOT NULL,
        creator TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        up_at INTEGER NOT NULL,
        failure TEXT,
        since INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        runner TEXT NOT NULL,
        due INTEGER
    )",
    "CREATE TABLE IF NOT EXISTS broker_instance (
        id BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
        name VARCHAR(190) NOT NULL UNIQUE,
        label VARCHAR(40) NOT NULL,
        plan VARCHAR(100) NOT NULL,
        state VARCHAR(16) NOT NULL,
        team TEXT NOT NULL,
        description MEDIUMTEXT NOT NULL,
        tags MEDIUMTEXT NOT NULL,
        parameters MEDIUMTEXT NOT NULL,
        creator TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        up_at BIGINT NOT NULL,
        failure TEXT,
        since BIGINT NOT NULL,
        attempts BIGINT NOT NULL,
        runner VARCHAR(16) NOT NULL,
        due BIGINT,
        INDEX broker_instance_due (due)
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
);

// A server has made it with the table.
const DUE: Sql = Sql::each(
    "CREATE INDEX IF NOT EXISTS broker_instance_due ON broker_instance (due)",
    "DO 0",
);

// `kind` is `app`, `job` or `unit`, and `subject` the name of the app or job, or the host of the unit.
const BIND: Sql = Sql::each(
    "CREATE TABLE IF NOT EXISTS broker_bind (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        instance INTEGER NOT NULL REFERENCES broker_instance (id),
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        host TEXT NOT NULL,
        label TEXT NOT NULL,
        secret BLOB NOT NULL,
        parameters TEXT NOT NULL,
        state TEXT NOT NULL,
        creator TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        was_ready INTEGER NOT NULL,
        failure TEXT,
        UNIQUE (instance, kind, subject)
    )",
    "CREATE TABLE IF NOT EXISTS broker_bind (
        id BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
        instance BIGINT NOT NULL,
        kind VARCHAR(8) NOT NULL,
        subject VARCHAR(255) NOT NULL,
        host VARCHAR(255) NOT NULL,
        label VARCHAR(40) NOT NULL,
        secret BLOB NOT NULL,
        parameters MEDIUMTEXT NOT NULL,
        state VARCHAR(16) NOT NULL,
        creator TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        was_ready BIGINT NOT NULL,
        failure TEXT,
        UNIQUE (instance, kind, subject),
        INDEX broker_bind_label (label),
        FOREIGN KEY (instance) REFERENCES broker_instance (id)
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
);

const LABEL: Sql = Sql::each(
    "CREATE INDEX IF NOT EXISTS broker_bind_label ON broker_bind (label)",
    "DO 0",
);
