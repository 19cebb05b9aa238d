//! Columns while they grow, a row at a time, and what becomes of them in Arrow.
//!
//! A null costs nothing: a column that has fewer entries than there are rows is filled up when its next value comes,
//! or at the end. So a column has no value for a row unless it was given one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arrow_buffer::{ArrowNativeType, Buffer, MutableBuffer, NullBufferBuilder, ToByteSlice};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType};
use bytes::Bytes;

/// A column of any type: numbers, booleans (as bytes), texts, lists, or a struct of columns.
pub struct Column {
    data_type: DataType,
    len: usize,
    valid: NullBufferBuilder,
    /// Where each text or list ends. The first is 0; more than an `i32` can say is refused in the end.
    ends: Memory,
    values: Memory,
    /// The entries of all lists, or the columns of a struct.
    pub items: Vec<Self>,
}

impl Column {
    pub fn new(data_type: &DataType) -> Self {
        let items = match data_type {
            DataType::Struct(fields) => fields.iter().map(|field| Self::new(field.data_type())).collect(),
            DataType::List(item) => vec![Self::new(item.data_type())],
            _ => Vec::new(),
        };
        Self::of(data_type, Memory::default(), Memory::default(), items)
    }

    /// An empty column of the same type, in the memory of an earlier one.
    pub fn fresh(&self) -> Self {
        let items = self.items.iter().map(Self::fresh).collect();
        Self::of(&self.data_type, self.ends.fresh(), self.values.fresh(), items)
    }

    fn of(data_type: &DataType, mut ends: Memory, values: Memory, items: Vec<Self>) -> Self {
        if matches!(data_type, DataType::Utf8 | DataType::List(_)) {
            ends.bytes.push(0_i32);
        }
        Self { data_type: data_type.clone(), len: 0, valid: NullBufferBuilder::new(0), ends, values, items }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Put the number of a row, which must be of the column's type.
    #[inline(always)]
    pub fn put<T: ToByteSlice>(&mut self, row: usize, number: T) {
        self.pad(row);
        self.values.bytes.push(number);
        self.valid.append_non_null();
        self.len += 1;
    }

    /// Put the text of a row, as UTF-8, in two parts.
    #[inline(always)]
    pub fn put_text(&mut self, row: usize, text: &[u8], ending: &str) {
        self.pad(row);
        self.values.bytes.extend_from_slice(text);
        self.values.bytes.extend_from_slice(ending.as_bytes());
        self.end(self.values.bytes.len());
    }

    /// Say that the entries that were added since the last row are the list of this row.
    pub fn close(&mut self, row: usize) {
        self.pad(row);
        self.end(self.items.first().map_or(0, Self::len));
    }

    /// The same, if there are such entries.
    pub fn close_open(&mut self, row: usize) {
        if matches!(self.data_type, DataType::List(_)) && self.last_end().as_usize() < self.items[0].len() {
            self.close(row);
        }
    }

    /// Say that the next row of a struct is there, or that it is not.
    #[inline(always)]
    pub fn append(&mut self, valid: bool) {
        self.valid.append(valid);
        self.len += 1;
    }

    /// Add nulls up to a number of entries.
    #[inline(always)]
    pub fn pad(&mut self, len: usize) {
        if self.len() < len {
            self.add_nulls(len - self.len());
        }
    }

    #[inline(never)]
    fn add_nulls(&mut self, count: usize) {
        self.valid.append_n_nulls(count);
        self.len += count;
        match &self.data_type {
            DataType::Utf8 | DataType::List(_) => {
                let last = self.last_end();
                self.ends.bytes.extend(std::iter::repeat_n(last, count));
            }
            DataType::Boolean => self.values.bytes.extend_zeros(count),
            other => self.values.bytes.extend_zeros(count * other.primitive_width().unwrap_or(0)),
        }
    }

    #[inline(always)]
    fn end(&mut self, at: usize) {
        self.ends.bytes.push(i32::try_from(at).unwrap_or(i32::MAX));
        self.valid.append_non_null();
        self.len += 1;
    }

    fn last_end(&self) -> i32 {
        self.ends.bytes.typed_data().last().copied().unwrap_or(0)
    }

    /// Make it an Arrow array of so many rows.
    ///
    /// # Errors
    ///
    /// If the texts or lists are more than the offsets of an Arrow column can count.
    pub fn finish(mut self, rows: usize) -> Result<ArrayData, ArrowError> {
        self.pad(rows);
        let has_ends = matches!(self.data_type, DataType::Utf8 | DataType::List(_));
        if has_ends && self.last_end() == i32::MAX {
            return Err(ArrowError::OffsetOverflowError(self.values.bytes.len()));
        }
        let buffers = match &self.data_type {
            DataType::Struct(_) => Vec::new(),
            DataType::List(_) => vec![self.ends.into_buffer()],
            DataType::Utf8 => vec![self.ends.into_buffer(), self.values.into_buffer()],
            DataType::Boolean => {
                let bit = |at| self.values.bytes.get(at).is_some_and(|&byte| byte != 0);
                vec![MutableBuffer::collect_bool(rows, bit).into()]
            }
            _ => vec![self.values.into_buffer()],
        };
        let entries = if has_ends { self.items.first().map_or(0, Self::len) } else { rows };
        let children = self.items.into_iter().map(|item| item.finish(entries)).collect::<Result<_, _>>()?;
        let array = ArrayData::builder(self.data_type).len(rows).nulls(self.valid.build());
        let array = array.buffers(buffers).child_data(children);
        array.build()
    }
}

/// How many pieces of memory of a column wait at most: as many as there are blocks on their way at a time, or nearly.
const MOST: usize = 4;

/// The size in bytes of the largest one that does.
const LARGEST: usize = 8 << 20;

/// Memory that is used again.
///
/// A block becomes many columns, and new memory for each of them would cost more than to fill it: the operating system
/// hands it out page by page. So the memory of a column that nobody needs any more, whoever had it last, waits for the
/// same column of a later block. Where all are still needed, new memory is as large as the last column was, and a bit
/// more: to grow it step by step would copy all of it several times, and leave half of it empty.
#[derive(Default)]
struct Memory {
    bytes: MutableBuffer,
    pool: Arc<Pool>,
}

/// What the memory of the same column of all blocks has in common.
#[derive(Default)]
struct Pool {
    spares: Mutex<Vec<MutableBuffer>>,
    /// The size in bytes of the column that was finished last.
    usual: AtomicUsize,
}

impl Memory {
    fn fresh(&self) -> Self {
        let spare = self.pool.spares.lock().ok().and_then(|mut spares| spares.pop());
        let usual = self.pool.usual.load(Ordering::Relaxed).min(LARGEST);
        let bytes = spare.unwrap_or_else(|| MutableBuffer::with_capacity(usual + usual / 16));
        Self { bytes, pool: self.pool.clone() }
    }

    /// Hand it to Arrow, as it is.
    fn into_buffer(self) -> Buffer {
        self.pool.usual.store(self.bytes.len(), Ordering::Relaxed);
        Buffer::from(Bytes::from_owner(self))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if (1..=LARGEST).contains(&self.bytes.capacity())
            && let Ok(mut spares) = self.pool.spares.lock()
            && spares.len() < MOST
        {
            self.bytes.clear();
            spares.push(std::mem::take(&mut self.bytes));
        }
    }
}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
