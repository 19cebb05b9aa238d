//! A number for each document, such that documents of equal bytes have equal numbers and others nearly never.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

const WORD: usize = 8;
const LANES: usize = 4;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Makes the numbers. Its seeds are made up anew each time, so that nobody can write two documents of one number.
pub struct Digest {
    seeds: [u64; LANES],
}

impl Digest {
    pub fn new() -> Self {
        let state = RandomState::new();
        Self { seeds: std::array::from_fn(|lane| state.hash_one(lane)) }
    }

    /// The number of some bytes.
    #[inline]
    pub fn of(&self, data: &[u8]) -> u64 {
        let mut lanes = self.seeds;
        let mut blocks = data.chunks_exact(LANES * WORD);
        for block in &mut blocks {
            add(&mut lanes, block);
        }
        let mut last = [0; LANES * WORD];
        let rest = blocks.remainder();
        last[..rest.len()].copy_from_slice(rest);
        add(&mut lanes, &last);
        lanes.iter().fold(data.len() as u64, |sum, lane| mixed(sum ^ lane, MULTIPLIER))
    }
}

/// Add a block to the lanes, a word to each.
#[inline(always)]
fn add(lanes: &mut [u64; LANES], block: &[u8]) {
    for (lane, word) in lanes.iter_mut().zip(block.chunks_exact(WORD)) {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        *lane = mixed(*lane ^ word, MULTIPLIER);
    }
}

/// Multiply, and fold the two halves of the product together.
#[inline(always)]
fn mixed(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    let low = u64::try_from(product & u128::from(u64::MAX)).unwrap_or(0);
    let high = u64::try_from(product >> u64::BITS).unwrap_or(0);
    low ^ high
}
