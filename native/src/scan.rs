//! Finding the wanted fields of a document in one pass over all of its elements.
//!
//! Documents of a collection look much alike, so a [`Scan`] remembers which elements came after one another and looks
//! whether the next one is there again: type code, name and zero byte compared at once, instead of a search for the
//! end of the name and a look-up of the name. It is a guess about nothing: what is compared equal is equal. Since every
//! element is met here, this is also where the fields that occur are counted.

use crate::bson::{ABSENT, BOOL, Result, STRING, Value, byte, cstring_end, fixed_size, slice, string_end, value_end};
use crate::counts::{Counts, Field};

/// The wanted names of the documents at one place, in the order of their slots.
pub type Names = Vec<Box<[u8]>>;

/// A wanted field of the document that was scanned last.
#[derive(Clone, Copy)]
pub struct Slot {
    /// The first value of the name.
    pub value: Value,
    /// Whether the name comes again.
    pub again: bool,
}

const EMPTY: Slot = Slot { value: Value::NONE, again: false };
const UNWANTED: usize = usize::MAX;
const NOWHERE: usize = usize::MAX;

/// How many elements to remember; of documents with ever new names all is forgotten now and then.
const MOST: usize = 128;

/// How many of the next elements to try, since some may be left out.
const AHEAD: usize = 4;

/// An element that was met: its header as a number and the part of it that does not fit in, its size, kind and slot.
struct Known {
    header: u128,
    mask: u128,
    rest: Box<[u8]>,
    size: usize,
    slot: usize,
    kind: u8,
    /// The size of its values, if that is all there is to look at; else more than there can be.
    fixed: usize,
    /// What it is counted by.
    bit: u128,
}

impl Known {
    /// Whether this is the element at a position, whose first bytes are given as a number.
    #[inline]
    fn is_at(&self, found: u128, data: &[u8], at: usize, last: usize) -> bool {
        (found ^ self.header) & self.mask == 0
            && self.size <= last - at
            && (self.rest.is_empty() || slice(data, at + 16, at + self.size) == &*self.rest)
    }

    /// Where a value that begins at a position ends.
    #[inline]
    fn value_end(&self, data: &[u8], start: usize, last: usize) -> Result<usize> {
        if self.kind == STRING { string_end(data, start, last) } else { value_end(self.kind, data, start, last) }
    }
}

/// Scans the documents at one place.
pub struct Scan {
    slots: Vec<Slot>,
    known: Vec<Known>,
    /// Where the document begins whose fields are in the slots.
    scanned: usize,
    counts: Counts,
}

impl Scan {
    pub fn new(names: &Names) -> Self {
        let counts = Counts::new(names);
        Self { slots: vec![EMPTY; names.len()], known: Vec::new(), scanned: NOWHERE, counts }
    }

    /// Count the fields of the documents that were looked into as parts of one.
    #[inline]
    pub fn commit(&mut self) {
        self.counts.commit();
    }

    /// Count nothing of these documents.
    pub fn roll_back(&mut self) {
        self.counts.roll_back();
    }

    /// Give the fields that occur, and whether there are more of them than are kept.
    pub fn finish(self) -> (Vec<Field>, bool) {
        self.counts.finish()
    }

    /// Read a document, whose length and final zero byte have been looked at, unless it was the last one.
    #[inline]
    pub fn look_into(&mut self, data: &[u8], document: Value, names: &Names) -> Result<()> {
        if self.scanned == document.start { Ok(()) } else { self.scan(data, document, names) }
    }

    /// The field of a slot.
    #[inline]
    pub fn found(&self, slot: usize) -> &Slot {
        self.slots.get(slot).unwrap_or(&EMPTY)
    }

    #[inline(never)]
    fn scan(&mut self, data: &[u8], document: Value, names: &Names) -> Result<()> {
        // Gathered in a register: the counts are touched once a document.
        let mut seen = 0;
        let read = self.read(data, document, names, &mut seen);
        self.counts.see(seen);
        read
    }

    #[inline(always)]
    fn read(&mut self, data: &[u8], document: Value, names: &Names, seen: &mut u128) -> Result<()> {
        self.slots.fill(EMPTY);
        self.scanned = NOWHERE;
        let last = document.end - 1;
        let mut at = document.start + 4;
        let mut next = 0;
        while at < last {
            next = match self.known.get(next) {
                Some(known) if known.is_at(first_bytes(data, at), data, at, last) => next,
                _ => {
                    self.counts.see(std::mem::take(seen)); // before bits are given anew
                    self.seek(data, at, last, next, names)?
                }
            };
            let Some(known) = self.known.get(next) else {
                break; // it is there, or there was an error
            };
            let start = at + known.size;
            let end =
                if known.fixed <= last - start { start + known.fixed } else { known.value_end(data, start, last)? };
            *seen |= known.bit;
            if known.slot != UNWANTED
                && let Some(slot) = self.slots.get_mut(known.slot)
            {
                slot.again = slot.value.kind() != ABSENT;
                if !slot.again {
                    slot.value = Value::new(known.kind, start, end);
                }
            }
            at = end;
            next += 1;
        }
        self.scanned = document.start;
        Ok(())
    }

    /// Find the element at a position among those that may come next, or else learn it. Gives which it is.
    #[inline(never)]
    fn seek(&mut self, data: &[u8], at: usize, last: usize, next: usize, names: &Names) -> Result<usize> {
        let found = first_bytes(data, at);
        let mut ahead = self.known.iter().enumerate().skip(next + 1).take(AHEAD);
        match ahead.find(|(_, known)| known.is_at(found, data, at, last)) {
            Some((which, _)) => Ok(which),
            None => self.learn(data, at, last, next, names),
        }
    }

    /// Read the header of the element at a position, and remember it. Gives which of the known ones it is now.
    #[cold]
    fn learn(&mut self, data: &[u8], at: usize, last: usize, next: usize, names: &Names) -> Result<usize> {
        let kind = byte(data, at);
        let start = cstring_end(data, at + 1, last)?;
        let name = slice(data, at + 1, start - 1);
        let size = start - at;
        let bits = 8 * size.min(16);
        let mask = if bits == 128 { u128::MAX } else { (1 << bits) - 1 };
        let header = first_bytes(data, at) & mask;
        let same = |known: &Known| known.size == size && known.is_at(header, data, at, last);
        if let Some(which) = self.known.iter().position(same) {
            return Ok(which);
        }
        if self.known.len() == MOST {
            self.known.clear();
            self.counts.forget_bits();
        }
        let which = next.min(self.known.len());
        let slot = names.iter().position(|each| **each == *name).unwrap_or(UNWANTED);
        let rest = slice(data, at + 16, start).into();
        let bit = self.counts.bit(kind, name);
        let fixed = fixed_size(kind).filter(|_| kind != BOOL).unwrap_or(usize::MAX);
        self.known.insert(which, Known { header, mask, rest, size, slot, kind, fixed, bit });
        Ok(which)
    }
}

/// The first bytes at a position as a number; zeros after the end of the data.
#[inline]
fn first_bytes(data: &[u8], at: usize) -> u128 {
    let rest = data.get(at..).unwrap_or(&[]);
    u128::from_le_bytes(rest.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        bytes
    }))
}
