//! Where among a tenant's mappings the page begins that skips so many of them.
//!
//! A tenant's mappings are numbered in the order in which they were made, and deleted ones leave
//! gaps, so the number of the mapping at an offset is not known. Counting up to it would cost more
//! the further behind it is. Therefore each block of 64 numbers has a count of its mappings, each
//! block of 64 such blocks, and each of 64 of these. Wherever the page is, what is looked at are a
//! few of the largest blocks, at most 64 of each other size, and at most 63 mappings.

use std::ops::ControlFlow;

use micro_store::{Error, Transaction, values};

/// How many numbers a block has, on each level; the finest first.
const BLOCK_SIZES: [u64; 3] = [64, 64 * 64, 64 * 64 * 64];

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// From which number on to look.
    pub(super) number: u64,
    /// How many mappings to skip there.
    pub(super) skip: u64,
}

/// Where the page begins that skips `offset` mappings of a tenant, which has more than these.
pub(super) fn start(
    transaction: &mut Transaction<'_>,
    tenant: &str,
    offset: u64,
) -> Result<Start, Error> {
    let mut start = Start {
        number: 0,
        skip: offset,
    };
    for (level, size) in BLOCK_SIZES.into_iter().enumerate().rev() {
        if start.skip > 0 {
            start = skip_blocks(transaction, tenant, start, level as u64, size)?;
        }
    }
    Ok(start)
}

/// Skips the blocks that have only mappings before the page.
fn skip_blocks(
    transaction: &mut Transaction<'_>,
    tenant: &str,
    mut start: Start,
    level: u64,
    size: u64,
) -> Result<Start, Error> {
    transaction.each(
        "SELECT block, mapping_count FROM routing_block \
         WHERE tenant = ? AND level = ? AND block >= ? ORDER BY block",
        &values![tenant, level, start.number / size],
        |row| {
            let (block, count): (u64, u64) = (row.take(0)?, row.take(1)?);
            start.number = block * size;
            if count > start.skip {
                return Ok(ControlFlow::Break(()));
            }
            start.skip -= count;
            start.number += size;
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(start)
}

/// Counts a new mapping with this number.
pub(super) fn add(
    transaction: &mut Transaction<'_>,
    tenant: &str,
    number: u64,
) -> Result<(), Error> {
    for (level, size) in (0_u64..).zip(BLOCK_SIZES) {
        let found = transaction.execute(
            "UPDATE routing_block SET mapping_count = mapping_count + 1 \
             WHERE tenant = ? AND level = ? AND block = ?",
            &values![tenant, level, number / size],
        )?;
        if found == 0 {
            transaction.execute(
                "INSERT INTO routing_block (tenant, level, block, mapping_count) \
                 VALUES (?, ?, ?, 1)",
                &values![tenant, level, number / size],
            )?;
        }
    }
    Ok(())
}

/// Counts one mapping less.
pub(super) fn remove(
    transaction: &mut Transaction<'_>,
    tenant: &str,
    number: u64,
) -> Result<(), Error> {
    for (level, size) in (0_u64..).zip(BLOCK_SIZES) {
        transaction.execute(
            "UPDATE routing_block SET mapping_count = mapping_count - 1 \
             WHERE tenant = ? AND level = ? AND block = ?",
            &values![tenant, level, number / size],
        )?;
        transaction.execute(
            "DELETE FROM routing_block \
             WHERE tenant = ? AND level = ? AND block = ? AND mapping_count <= 0",
            &values![tenant, level, number / size],
        )?;
    }
    Ok(())
}
