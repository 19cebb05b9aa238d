//! The structure of BSON: where each element of a document lies, with nothing trusted.
//!
//! Every length is checked against the end of the enclosing document, every terminator and type byte is looked at,
//! and so are the inner lengths of binary values of subtype 2 and of code with scope. The inside of an embedded
//! document or array is left to whoever reads it. The counterpart of `elements.py`, which also says what is wrong.

pub const ABSENT: u8 = 0x00;
pub const DOUBLE: u8 = 0x01;
pub const STRING: u8 = 0x02;
pub const OBJECT: u8 = 0x03;
pub const ARRAY: u8 = 0x04;
pub const BINARY: u8 = 0x05;
pub const UNDEFINED: u8 = 0x06;
pub const OBJECT_ID: u8 = 0x07;
pub const BOOL: u8 = 0x08;
pub const DATE: u8 = 0x09;
pub const NULL: u8 = 0x0A;
pub const REGEX: u8 = 0x0B;
pub const DB_POINTER: u8 = 0x0C;
pub const CODE: u8 = 0x0D;
pub const SYMBOL: u8 = 0x0E;
pub const CODE_WITH_SCOPE: u8 = 0x0F;
pub const INT: u8 = 0x10;
pub const TIMESTAMP: u8 = 0x11;
pub const LONG: u8 = 0x12;
pub const DECIMAL: u8 = 0x13;
pub const MAX_KEY: u8 = 0x7F;
pub const MIN_KEY: u8 = 0xFF;

/// The length of a document without a field.
pub const SMALLEST: usize = 5;

/// The subtype of binary values that have a second length inside.
pub const OLD_BINARY: u8 = 2;

/// What is read is not BSON.
#[derive(Debug)]
pub struct Broken;

pub type Result<T> = std::result::Result<T, Broken>;

/// A value: its type code, and the first and the past-the-end position of its bytes.
///
/// The code takes a whole word. Values are copied all the time, and where there is padding to be copied with a single
/// byte, the processor has to wait for it.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    code: usize,
    pub start: usize,
    pub end: usize,
}

impl Value {
    /// What stands for a value that is not there.
    pub const NONE: Self = Self { code: ABSENT as usize, start: 0, end: 0 };

    #[inline]
    pub const fn new(kind: u8, start: usize, end: usize) -> Self {
        Self { code: kind as usize, start, end }
    }

    #[inline]
    pub const fn kind(self) -> u8 {
        self.code.to_le_bytes()[0]
    }

    /// Whether a query for null finds it.
    #[inline]
    pub const fn is_null(self) -> bool {
        matches!(self.kind(), ABSENT | UNDEFINED | NULL)
    }
}

/// A field: its name as it is, and its value.
pub struct Element<'a> {
    pub name: &'a [u8],
    pub value: Value,
}

/// The bytes from one position to another; none where that is not inside the data.
#[inline]
pub fn slice(data: &[u8], start: usize, end: usize) -> &[u8] {
    data.get(start..end).unwrap_or(&[])
}

/// So many bytes at a position that has been checked; zeros where they are not there.
#[inline]
pub fn bytes<const N: usize>(data: &[u8], at: usize) -> [u8; N] {
    data.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
}

#[inline]
pub fn byte(data: &[u8], at: usize) -> u8 {
    data.get(at).copied().unwrap_or(0)
}

#[inline]
pub fn int32(data: &[u8], at: usize) -> i32 {
    i32::from_le_bytes(bytes(data, at))
}

#[inline]
pub fn int64(data: &[u8], at: usize) -> i64 {
    i64::from_le_bytes(bytes(data, at))
}

/// The elements of a document or array whose length and final zero byte have been looked at, up to a broken one.
#[inline]
pub fn elements(data: &[u8], document: Value) -> impl Iterator<Item = Result<Element<'_>>> {
    let mut at = document.start + 4;
    let last = document.end - 1;
    std::iter::from_fn(move || {
        (at < last).then(|| {
            let found = element(data, at, last);
            at = found.as_ref().map_or(last, |element| element.value.end);
            found
        })
    })
}

#[inline]
fn element(data: &[u8], at: usize, last: usize) -> Result<Element<'_>> {
    let kind = byte(data, at);
    let start = cstring_end(data, at + 1, last)?;
    let end = value_end(kind, data, start, last)?;
    Ok(Element { name: slice(data, at + 1, start - 1), value: Value::new(kind, start, end) })
}

/// How many bytes a value of a kind has, if all have as many.
pub const fn fixed_size(kind: u8) -> Option<usize> {
    Some(match kind {
        UNDEFINED | NULL | MAX_KEY | MIN_KEY => 0,
        BOOL => 1,
        INT => 4,
        DOUBLE | DATE | TIMESTAMP | LONG => 8,
        OBJECT_ID => 12,
        DECIMAL => 16,
        _ => return None,
    })
}

/// Where a value ends.
pub fn value_end(kind: u8, data: &[u8], start: usize, last: usize) -> Result<usize> {
    let end = match kind {
        STRING | CODE | SYMBOL => string_end(data, start, last)?,
        OBJECT | ARRAY => document_end(data, start, last)?,
        BINARY => binary_end(data, start)?,
        REGEX => cstring_end(data, cstring_end(data, start, last)?, last)?,
        DB_POINTER => string_end(data, start, last)? + 12,
        CODE_WITH_SCOPE => code_with_scope_end(data, start)?,
        BOOL if byte(data, start) > 1 => return Err(Broken),
        _ => start + fixed_size(kind).ok_or(Broken)?,
    };
    if end <= last { Ok(end) } else { Err(Broken) }
}

/// Where a document or array ends: by its length, and a zero byte is there.
#[inline(always)]
pub fn document_end(data: &[u8], start: usize, limit: usize) -> Result<usize> {
    terminated(data, start + length(data, start, SMALLEST)?, limit)
}

/// Where a string with its length before it and a zero byte after it ends.
#[inline(always)]
pub fn string_end(data: &[u8], start: usize, limit: usize) -> Result<usize> {
    terminated(data, start + 4 + length(data, start, 1)?, limit)
}

/// Where a name, or a part of a regular expression, ends.
#[inline]
pub fn cstring_end(data: &[u8], start: usize, limit: usize) -> Result<usize> {
    slice(data, start, limit).iter().position(|&byte| byte == 0).map(|length| start + length + 1).ok_or(Broken)
}

fn binary_end(data: &[u8], start: usize) -> Result<usize> {
    let length = length(data, start, 0)?;
    let inner = usize::try_from(int32(data, start + 5));
    if byte(data, start + 4) == OLD_BINARY && !inner.is_ok_and(|inner| inner + 4 == length) {
        return Err(Broken);
    }
    Ok(start + 5 + length)
}

fn code_with_scope_end(data: &[u8], start: usize) -> Result<usize> {
    let end = start + length(data, start, 4 + 5 + SMALLEST)?;
    let scope = string_end(data, start + 4, end)?;
    if document_end(data, scope, end)? == end { Ok(end) } else { Err(Broken) }
}

/// Read a length that must be at least so large. That it lies inside the document is seen by the end that it gives.
#[inline(always)]
fn length(data: &[u8], start: usize, smallest: usize) -> Result<usize> {
    usize::try_from(int32(data, start)).ok().filter(|&length| length >= smallest).ok_or(Broken)
}

/// An end that lies inside the document, with a zero byte before it.
#[inline(always)]
fn terminated(data: &[u8], end: usize, limit: usize) -> Result<usize> {
    if end <= limit && byte(data, end - 1) == 0 { Ok(end) } else { Err(Broken) }
}
