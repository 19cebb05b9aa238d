//! A number for each document, such that documents of equal bytes have equal numbers and others nearly never.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

const WORD: usize = 8;
const LANES: usize = 4;
const BLOCK: usize = 2 * LANES * WORD;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Makes the numbers. Its seeds are made up anew each time, so that nobody can write two documents of one number.
pub struct Digest {
    seeds: [u64; LANES],
    /// What the second word of each two is hidden by: a product with a number that is known could be made zero.
    keys: [u64; LANES],
}

impl Digest {
    pub fn new() -> Self {
        let state = RandomState::new();
        let made = |first| std::array::from_fn(|lane| state.hash_one(first + lane));
        Self { seeds: made(0), keys: made(LANES) }
    }

    /// The number of some bytes.
    #[inline]
    pub fn of(&self, data: &[u8]) -> u64 {
        let mut lanes = self.seeds;
        let mut blocks = data.chunks_exact(BLOCK);
        for block in &mut blocks {
            self.add(&mut lanes, block);
        }
        let mut last = [0; BLOCK];
        let rest = blocks.remainder();
        last[..rest.len()].copy_from_slice(rest);
        self.add(&mut lanes, &last);
        lanes.iter().fold(data.len() as u64, |sum, lane| mixed(sum ^ lane, MULTIPLIER))
    }

    /// Add a block to the lanes, two words to each.
    #[inline(always)]
    fn add(&self, lanes: &mut [u64; LANES], block: &[u8]) {
        for ((lane, key), words) in lanes.iter_mut().zip(self.keys).zip(block.as_chunks::<{ 2 * WORD }>().0) {
            let both = u128::from_le_bytes(*words);
            *lane = mixed(*lane ^ low(both), key ^ low(both >> u64::BITS));
        }
    }
}

/// Multiply, and fold the two halves of the product together.
#[inline(always)]
fn mixed(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    low(product) ^ low(product >> u64::BITS)
}

/// The lower half of a number.
#[inline(always)]
fn low(number: u128) -> u64 {
    u64::try_from(number & u128::from(u64::MAX)).unwrap_or(0)
}
