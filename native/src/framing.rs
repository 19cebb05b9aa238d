//! Hopping over whole documents by their lengths alone, as a source cuts its bytes into blocks.
//!
//! The counterpart of `sources/framing.py`.

use crate::bson::{SMALLEST, int32};

/// The length of the largest document that a server hands out: 16 MiB, and 16 KiB for its own use.
pub const LARGEST: usize = (16 << 20) + (16 << 10);

/// Where the whole documents from a position on stop, and the length of what comes next, if it can be seen.
#[must_use]
pub fn hop(data: &[u8], mut at: usize) -> (usize, Option<i32>) {
    while data.len() >= 4 && at <= data.len() - 4 {
        let size = int32(data, at);
        match usize::try_from(size) {
            Ok(length @ SMALLEST..=LARGEST) if length <= data.len() - at => at += length,
            _ => return (at, Some(size)),
        }
    }
    (at, None)
}
