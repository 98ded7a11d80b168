//! The tables of the pack.

use micro_store::{Migration, Schema, Sql};

/// The tables of the pack.
pub(crate) const SCHEMA: Schema = Schema {
    pack: "routing",
    migrations: &[Migration {
        name: "mappings, and what of them Redis has not got yet",
        statements: &[TENANT, MAPPING, BLOCK, OUTBOX, MIRROR],
    }],
};

// How many mappings a tenant has, and the number that the next one gets.
const TENANT: Sql = Sql::each(
    "CREATE TABLE IF NOT EXISTS routing_tenant (
        name TEXT NOT NULL PRIMARY KEY,
        next_number INTEGER NOT NULL,
        mapping_count INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS routing_tenant (
        name VARCHAR(64) NOT NULL PRIMARY KEY,
        next_number BIGINT NOT NULL,
        mapping_count BIGINT NOT NULL
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
);

// A tenant's mappings count on from number 0; the gaps of deleted ones stay. `backends` is a JSON
// array of texts. `version` grows with each change.
const MAPPING: Sql = Sql::each(
    "CREATE TABLE IF NOT EXISTS routing_mapping (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        tenant TEXT NOT NULL,
        number INTEGER NOT NULL,
        domain TEXT NOT NULL UNIQUE,
        backends TEXT NOT NULL,
        version INTEGER NOT NULL,
        UNIQUE (tenant, number)
    )",
    "CREATE TABLE IF NOT EXISTS routing_mapping (
        id BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
        tenant VARCHAR(64) NOT NULL,
        number BIGINT NOT NULL,
        domain VARCHAR(255) NOT NULL UNIQUE,
        backends MEDIUMTEXT NOT NULL,
        version BIGINT NOT NULL,
        UNIQUE (tenant, number)
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
);

// How many of a tenant's mappings have numbers in each block of a level, see `position`.
const BLOCK: Sql = Sql::each(
    "CREATE TABLE IF NOT EXISTS routing_block (
        tenant TEXT NOT NULL,
        level INTEGER NOT NULL,
        block INTEGER NOT NULL,
        mapping_count INTEGER NOT NULL,
        PRIMARY KEY (tenant, level, block)
    ) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS routing_block (
        tenant VARCHAR(64) NOT NULL,
        level INTEGER NOT NULL,
        block BIGINT NOT NULL,
        mapping_count BIGINT NOT NULL,
        PRIMARY KEY (tenant, level, block)
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
);

// The domains that the mirror has to look at: one row for each, which a change replaces by a newer one.
const OUTBOX: Sql = Sql::each(
    "CREATE TABLE IF NOT EXISTS routing_outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        domain TEXT NOT NULL UNIQUE
    )",
    "CREATE TABLE IF NOT EXISTS routing_outbox (
        id BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
        domain VARCHAR(255) NOT NULL UNIQUE
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
);

// One row: which database this is, how far its mirror is, how often Redis was found to have lost
// something, and up to which of these losses it is repaired. None of these numbers ever falls.
const MIRROR: Sql = Sql::each(
    "CREATE TABLE IF NOT EXISTS routing_mirror (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        mark INTEGER NOT NULL,
        losses INTEGER NOT NULL,
        repaired_to INTEGER NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS routing_mirror (
        id INTEGER NOT NULL PRIMARY KEY,
        source VARCHAR(64) NOT NULL,
        mark BIGINT NOT NULL,
        losses BIGINT NOT NULL,
        repaired_to BIGINT NOT NULL
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
);
