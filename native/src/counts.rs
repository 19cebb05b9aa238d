//! In how many documents each field of a place occurs, by kind.
//!
//! Documents of a collection look much alike, so what is counted is not each field but which of them a document has: a
//! bit an element (kind and name) that is remembered, a number of documents a set of bits. Only where such a set makes
//! room for another one are its documents added to the fields.

use std::collections::{BTreeSet, HashMap};
use std::mem;

use crate::bson::{NULL, UNDEFINED};
use crate::scan::Names;

/// So many names of a place are kept beside the wanted ones. The same number as in `occurrence.py`.
const MOST_NAMES: usize = 1_000;

/// So long may a name be that nobody wants, to be kept. The same number as in `occurrence.py`.
const LONGEST_NAME: usize = 120;

/// So many sets of bits are counted at a time.
const SETS: usize = 64;

/// A field of a place.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    pub name: Box<[u8]>,
    /// How many documents have a value other than null there.
    pub documents: u64,
    /// How many documents have a value of a kind there.
    pub kinds: Vec<(u8, u64)>,
}

/// The number of all names that are not kept.
const NOT_KEPT: usize = usize::MAX;

/// The number of a name, and a kind.
type Element = (usize, u8);

/// Counts at one place.
pub struct Counts {
    /// The elements that the document being read has, as far as they have bits.
    seen: u128,
    /// Those that it has and whose bits were given away since.
    carried: BTreeSet<Element>,
    bits: Vec<Element>,
    sets: Vec<(u128, u64)>,
    fields: Vec<Field>,
    which: HashMap<Box<[u8]>, usize>,
    wanted: usize,
    /// Whether there were more names than are kept.
    further: bool,
}

impl Counts {
    pub fn new(wanted: &Names) -> Self {
        let mut counts = Self {
            seen: 0,
            carried: BTreeSet::new(),
            bits: Vec::new(),
            sets: vec![(0, 0); SETS],
            fields: Vec::new(),
            which: HashMap::new(),
            wanted: wanted.len(),
            further: false,
        };
        for name in wanted {
            counts.keep(name);
        }
        counts
    }

    /// Take in that the document being read has the element of a bit.
    #[inline(always)]
    pub fn see(&mut self, bit: u128) {
        self.seen |= bit;
    }

    /// Give an element a bit.
    pub fn bit(&mut self, kind: u8, name: &[u8]) -> u128 {
        let field = self.field(name).unwrap_or(NOT_KEPT);
        self.bits.push((field, kind));
        1 << (self.bits.len() - 1)
    }

    /// Take the bits of all elements back.
    pub fn forget_bits(&mut self) {
        for (set, documents) in mem::replace(&mut self.sets, vec![(0, 0); SETS]) {
            self.spread(set, documents);
        }
        let seen = mem::take(&mut self.seen);
        let elements = self.elements(seen);
        self.carried.extend(elements);
        self.bits.clear();
    }

    /// Count the document that was read.
    #[inline]
    pub fn commit(&mut self) {
        if !self.carried.is_empty() {
            return self.commit_carried();
        }
        let seen = mem::take(&mut self.seen);
        if seen == 0 {
            return;
        }
        let folded = (seen ^ (seen >> 64)) & u128::from(u64::MAX);
        let hash = u64::try_from(folded).unwrap_or(0).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58;
        let Some(slot) = usize::try_from(hash).ok().and_then(|at| self.sets.get_mut(at)) else {
            return;
        };
        if slot.0 == seen {
            slot.1 += 1;
        } else {
            let (set, documents) = mem::replace(slot, (seen, 1));
            self.spread(set, documents);
        }
    }

    /// Count nothing of the document that was read.
    #[cold]
    pub fn roll_back(&mut self) {
        self.seen = 0;
        self.carried.clear();
    }

    /// Give the fields that occur, and whether there are more of them than are kept.
    pub fn finish(mut self) -> (Vec<Field>, bool) {
        self.forget_bits();
        self.fields.retain(|field| !field.kinds.is_empty());
        (self.fields, self.further)
    }

    #[cold]
    fn commit_carried(&mut self) {
        let mut all = mem::take(&mut self.carried);
        let seen = mem::take(&mut self.seen);
        all.extend(self.elements(seen));
        self.add(&all, 1);
    }

    #[inline(never)]
    fn spread(&mut self, set: u128, documents: u64) {
        if documents > 0 {
            let elements = self.elements(set);
            self.add(&elements, documents);
        }
    }

    fn elements(&self, set: u128) -> BTreeSet<Element> {
        let bits = self.bits.iter().enumerate();
        bits.filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, element)| *element).collect()
    }

    /// Add documents that have the same elements, which come by name.
    fn add(&mut self, elements: &BTreeSet<Element>, documents: u64) {
        let mut counted = None;
        for &(which, kind) in elements {
            let Some(field) = self.fields.get_mut(which) else {
                self.further = true;
                continue;
            };
            match field.kinds.iter_mut().find(|(each, _)| *each == kind) {
                Some((_, count)) => *count += documents,
                None => field.kinds.push((kind, documents)),
            }
            if !matches!(kind, NULL | UNDEFINED) && counted.replace(which) != Some(which) {
                field.documents += documents;
            }
        }
    }

    /// The number of a name that is kept, or can be.
    fn field(&mut self, name: &[u8]) -> Option<usize> {
        let room = self.fields.len() < MOST_NAMES + self.wanted && name.len() <= LONGEST_NAME;
        self.which.get(name).copied().or_else(|| room.then(|| self.keep(name)))
    }

    fn keep(&mut self, name: &[u8]) -> usize {
        self.which.insert(name.into(), self.fields.len());
        self.fields.push(Field { name: name.into(), documents: 0, kinds: Vec::new() });
        self.fields.len() - 1
    }
}
