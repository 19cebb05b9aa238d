//! Which of many numbers stand among them more than once. The counterpart of `engine/recurring.py`.

use std::sync::LazyLock;

use crate::digest::Digest;
use crate::keys::Texts;

/// One for all texts of a process, whose numbers are compared.
static DIGEST: LazyLock<Digest> = LazyLock::new(Digest::new);

/// A number for each text of a column, eight bytes each.
#[must_use]
pub fn numbers(texts: Texts<'_>) -> Vec<u8> {
    texts.iter().flat_map(|text| DIGEST.of(text).to_le_bytes()).collect()
}

/// The places, in order, of all numbers that stand more than once. The numbers have eight bytes each.
#[must_use]
pub fn recurring(data: &[u8]) -> Vec<u64> {
    let numbers = || data.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
    // Sorting is the cheapest way to see that none does, and that is nearly always so.
    let mut sorted: Vec<u64> = numbers().collect();
    sorted.sort_unstable();
    let mut several: Vec<u64> = sorted.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    several.dedup();
    if several.is_empty() {
        return Vec::new();
    }
    (0..).zip(numbers()).filter(|(_, number)| several.binary_search(number).is_ok()).map(|(place, _)| place).collect()
}
