//! Keys, and which references are none of them. The counterpart of `engine/strays.py`.

use std::hint::black_box;

use crate::digest::Digest;

/// Texts of a column as Arrow has them: where each begins and ends, four bytes each, and all of them end to end.
#[derive(Clone, Copy)]
pub struct Texts<'a> {
    pub offsets: &'a [u8],
    pub letters: &'a [u8],
}

impl<'a> Texts<'a> {
    /// Each of them; of what lies outside the letters there is none.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let ends = self.offsets.as_chunks().0;
        ends.windows(2).map(move |pair| {
            let [start, end] = [pair[0], pair[1]].map(|each| usize::try_from(i32::from_le_bytes(each)).ok());
            start.zip(end).and_then(|(start, end)| self.letters.get(start..end)).unwrap_or(&[])
        })
    }

    /// Hand them out some at a time.
    fn together(self, mut take: impl FnMut(&[&[u8]])) {
        let (mut texts, mut some) = (self.iter(), Vec::with_capacity(TOGETHER));
        loop {
            some.clear();
            some.extend(texts.by_ref().take(TOGETHER));
            if some.is_empty() {
                return;
            }
            take(&some);
        }
    }
}

/// A slot of the table: the upper half of a key's digest, and its place.
type Slot = u64;

const HALF: u32 = 32;

/// A slot without a key: there are never so many places.
const FREE: Slot = Slot::MAX;

/// Texts that are looked up together. The memory in which they are looked up is far apart, and is waited for at the
/// same time: one after the other takes three times as long.
const TOGETHER: usize = 256;

/// Keys by their digests, compared letter by letter where these agree.
pub struct Keys {
    digest: Digest,
    letters: Vec<u8>,
    ends: Vec<usize>,
    slots: Vec<Slot>,
}

impl Keys {
    /// Make a table of keys.
    ///
    /// # Errors
    /// If there are more than places have numbers.
    pub fn new(parts: &[Texts<'_>]) -> Result<Self, &'static str> {
        let count = parts.iter().map(|texts| texts.offsets.len() / 4).sum::<usize>();
        if u32::try_from(count).is_err() {
            return Err("there are too many keys");
        }
        // At most half full: a key, or that it is not there, is seen after a look or two.
        let mut keys = Self {
            digest: Digest::new(),
            letters: Vec::with_capacity(parts.iter().map(|texts| texts.letters.len()).sum()),
            ends: Vec::with_capacity(count + 1),
            slots: vec![FREE; (count * 2).next_power_of_two()],
        };
        keys.ends.push(0);
        for texts in parts {
            texts.together(|some| {
                let digests = keys.digests(some);
                black_box(keys.first_slots(&digests).fold(0, |all, slot| all ^ slot)); // they are near from now on
                for (text, digest) in some.iter().zip(digests) {
                    keys.add(text, digest);
                }
            });
        }
        Ok(keys)
    }

    fn digests(&self, some: &[&[u8]]) -> Vec<u64> {
        some.iter().map(|text| self.digest.of(text)).collect()
    }

    fn first_slots(&self, digests: &[u64]) -> impl Iterator<Item = Slot> {
        digests.iter().map(|digest| self.slots[self.first(*digest)])
    }

    /// Where a digest is looked for first.
    #[inline]
    fn first(&self, digest: u64) -> usize {
        usize::try_from(digest & u64::from(u32::MAX)).unwrap_or(0) & (self.slots.len() - 1)
    }

    fn add(&mut self, text: &[u8], digest: u64) {
        let Err(free) = self.find(text, digest) else {
            return; // a key that stands twice is one
        };
        self.slots[free] = mark(digest) | (self.ends.len() - 1) as Slot;
        self.letters.extend_from_slice(text);
        self.ends.push(self.letters.len());
    }

    /// The place of a key, or the free slot where it would be.
    #[inline]
    fn find(&self, text: &[u8], digest: u64) -> Result<usize, usize> {
        let mut at = self.first(digest);
        loop {
            let slot = self.slots[at];
            if slot == FREE {
                return Err(at);
            }
            if mark(slot) == mark(digest) && self.key(place(slot)) == text {
                return Ok(place(slot));
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    #[inline]
    fn key(&self, place: usize) -> &[u8] {
        &self.letters[self.ends[place]..self.ends[place + 1]]
    }

    /// The places, in order, of the texts that are none of the keys.
    #[must_use]
    pub fn strays(&self, texts: Texts<'_>) -> Vec<u64> {
        let (mut strays, mut before) = (Vec::new(), 0);
        texts.together(|some| {
            let digests = self.digests(some);
            let slots: Vec<Slot> = self.first_slots(&digests).collect();
            let likely = |(slot, digest): (&Slot, &u64)| *slot != FREE && mark(*slot) == mark(*digest);
            let keys: Vec<&[u8]> = slots
                .iter()
                .zip(&digests)
                .map(|pair| if likely(pair) { self.key(place(*pair.0)) } else { &[] })
                .collect();
            for (number, text) in (before..).zip(some) {
                let at = usize::try_from(number - before).unwrap_or(0);
                let seen = likely((&slots[at], &digests[at])) && keys[at] == *text;
                if !seen && self.find(text, digests[at]).is_err() {
                    strays.push(number);
                }
            }
            before += some.len() as u64;
        });
        strays
    }
}

#[inline]
fn mark(digest: u64) -> u64 {
    digest >> HALF << HALF
}

#[inline]
fn place(slot: Slot) -> usize {
    usize::try_from(slot & u64::from(u32::MAX)).unwrap_or(0)
}
