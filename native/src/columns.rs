//! Columns while they grow: a row at a time, and back again where a document turns out to be broken.
//!
//! A null costs nothing: a column that has fewer entries than there are rows is filled up when its next value comes,
//! or at the end. So a column has no value for a row unless it was given one.

use crate::store::Store;
use crate::text::Text;

/// Which entries are there; a bitmap only where some are and some are not.
#[derive(Clone, Default)]
pub struct Validity {
    bits: Vec<u8>,
    len: usize,
    nulls: usize,
}

impl Validity {
    pub fn len(&self) -> usize {
        self.len
    }

    /// The bitmap, if there are nulls.
    pub fn into_bits(self) -> Option<Vec<u8>> {
        (self.nulls > 0).then_some(self.bits)
    }

    /// Add a value.
    #[inline]
    fn valid(&mut self) {
        if self.nulls > 0 {
            push_bit(&mut self.bits, self.len, true);
        }
        self.len += 1;
    }

    /// Add nulls up to a number of entries.
    fn pad(&mut self, len: usize) {
        if self.len >= len {
            return;
        }
        if self.nulls == 0 {
            self.bits.resize(self.len.div_ceil(8), 0xFF);
            clear_tail(&mut self.bits, self.len);
        }
        self.nulls += len - self.len;
        self.bits.resize(len.div_ceil(8), 0);
        self.len = len;
    }

    fn is_valid(&self, at: usize) -> bool {
        at < self.len && (self.nulls == 0 || self.bits.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1))
    }

    fn truncate(&mut self, len: usize) {
        if self.nulls > 0 {
            self.nulls -= (len..self.len).filter(|&at| !self.is_valid(at)).count();
            self.bits.truncate(len.div_ceil(8));
            clear_tail(&mut self.bits, len);
            if self.nulls == 0 {
                self.bits.clear();
            }
        }
        self.len = self.len.min(len);
    }
}

/// Set the bit that follows so many.
#[inline]
pub fn push_bit(bits: &mut Vec<u8>, len: usize, bit: bool) {
    if len.is_multiple_of(8) {
        bits.push(0);
    }
    if let Some(last) = bits.last_mut() {
        *last |= u8::from(bit) << (len % 8);
    }
}

/// Clear the bits after so many in the last byte.
fn clear_tail(bits: &mut [u8], len: usize) {
    if let Some(last) = bits.last_mut()
        && !len.is_multiple_of(8)
    {
        *last &= (1 << (len % 8)) - 1;
    }
}

/// Numbers.
#[derive(Clone, Default)]
pub struct Numbers<T> {
    pub values: Store<T>,
    pub valid: Validity,
}

impl<T> Numbers<T> {
    /// Numbers of which none is null.
    pub fn whole(values: Store<T>) -> Self {
        let valid = Validity { len: values.len(), ..Validity::default() };
        Self { values, valid }
    }
}

impl<T: Copy + Default> Numbers<T> {
    /// Put the number of a row.
    #[inline]
    pub fn put(&mut self, row: usize, number: T) {
        if self.values.len() < row {
            self.pad(row);
        }
        self.values.push(number);
        self.valid.valid();
    }

    pub fn pad(&mut self, rows: usize) {
        self.valid.pad(rows);
        self.values.resize(rows, T::default());
    }

    pub fn truncate(&mut self, rows: usize) {
        if self.values.len() > rows {
            self.values.truncate(rows);
            self.valid.truncate(rows);
        }
    }
}

/// Where each entry ends in what lies end to end.
#[derive(Clone)]
pub struct Ends {
    /// The first is 0. More than an `i32` can say is refused in the end, by [`Ends::fits`].
    pub offsets: Store<i32>,
    pub valid: Validity,
}

impl Default for Ends {
    fn default() -> Self {
        let mut offsets = Store::default();
        offsets.push(0);
        Self { offsets, valid: Validity::default() }
    }
}

impl Ends {
    fn last(&self) -> usize {
        self.offsets.last().and_then(|&end| usize::try_from(end).ok()).unwrap_or(0)
    }

    fn pad(&mut self, rows: usize) {
        self.valid.pad(rows);
        let last = self.offsets.last().copied().unwrap_or(0);
        self.offsets.resize(rows + 1, last);
    }

    #[inline]
    fn close(&mut self, row: usize, end: usize) {
        if self.offsets.len() <= row {
            self.pad(row);
        }
        self.offsets.push(i32::try_from(end).unwrap_or(i32::MAX));
        self.valid.valid();
    }

    fn truncate(&mut self, rows: usize) {
        if self.offsets.len() > rows + 1 {
            self.offsets.truncate(rows + 1);
            self.valid.truncate(rows);
        }
    }
}

/// Texts.
#[derive(Clone, Default)]
pub struct Texts {
    pub text: Text,
    pub ends: Ends,
}

impl Texts {
    /// Say that what was appended to the text since the last row is the text of this row.
    #[inline]
    pub fn close(&mut self, row: usize) {
        self.ends.close(row, self.text.len());
    }

    pub fn put(&mut self, row: usize, text: &str) {
        self.text.push(text);
        self.close(row);
    }

    pub fn pad(&mut self, rows: usize) {
        self.ends.pad(rows);
    }

    pub fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.text.truncate(self.ends.last());
    }

    /// The text of a row.
    pub fn get(&self, row: usize) -> Option<&str> {
        let (from, to) = self.bounds(row)?;
        Some(self.text.get(from, to))
    }

    /// The text of a row, as bytes.
    pub fn bytes(&self, row: usize) -> Option<&[u8]> {
        let (from, to) = self.bounds(row)?;
        Some(self.text.bytes(from, to))
    }

    fn bounds(&self, row: usize) -> Option<(usize, usize)> {
        let end = |at: usize| self.ends.offsets.get(at).and_then(|&end| usize::try_from(end).ok());
        if self.ends.valid.is_valid(row) { Some((end(row)?, end(row + 1)?)) } else { None }
    }
}

/// Lists: where each row's entries end among those of all rows.
#[derive(Clone, Default)]
pub struct Lists {
    pub ends: Ends,
    /// How many entries there are in all.
    pub entries: usize,
}

impl Lists {
    /// Say that the entries that were added since the last row are the list of this row.
    pub fn close(&mut self, row: usize) {
        self.ends.close(row, self.entries);
    }

    /// How many entries the open row has.
    pub fn open_entries(&self) -> usize {
        self.entries - self.ends.last()
    }

    pub fn pad(&mut self, rows: usize) {
        self.ends.pad(rows);
    }

    /// Go back to so many rows, and give the number of entries that they have.
    pub fn truncate(&mut self, rows: usize) -> usize {
        self.ends.truncate(rows);
        self.entries = self.ends.last();
        self.entries
    }
}
