//! The structure of BSON: where each element of a document lies, with nothing trusted.
//!
//! Every length is checked against the end of the enclosing document, every terminator and type byte is looked at,
//! and so are the inner lengths of binary values of subtype 2 and of code with scope. The inside of an embedded
//! document or array is left to whoever reads it. What is wrong is a [`Damage`], made only where something is.
//! The counterpart of `elements.py`.

use std::fmt::Write;

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

const VARIABLE: u8 = 0xFE;
const UNKNOWN: u8 = 0xFF;
const SIZES: [u8; 256] = sizes();

const fn sizes() -> [u8; 256] {
    let mut sizes = [UNKNOWN; 256];
    let mut kind = STRING;
    while kind <= CODE_WITH_SCOPE {
        sizes[kind as usize] = VARIABLE;
        kind += 1;
    }
    sizes[UNDEFINED as usize] = 0;
    sizes[NULL as usize] = 0;
    sizes[MAX_KEY as usize] = 0;
    sizes[MIN_KEY as usize] = 0;
    sizes[BOOL as usize] = 1;
    sizes[INT as usize] = 4;
    sizes[DOUBLE as usize] = 8;
    sizes[DATE as usize] = 8;
    sizes[TIMESTAMP as usize] = 8;
    sizes[LONG as usize] = 8;
    sizes[OBJECT_ID as usize] = 12;
    sizes[DECIMAL as usize] = 16;
    sizes
}

/// Whether a query for null finds values of this kind.
#[inline]
pub const fn is_null(kind: u8) -> bool {
    matches!(kind, ABSENT | UNDEFINED | NULL)
}

/// The name of a kind, as the `$type` operator has it.
pub const fn type_name(kind: u8) -> &'static str {
    match kind {
        ABSENT => "missing",
        DOUBLE => "double",
        STRING => "string",
        OBJECT => "object",
        ARRAY => "array",
        BINARY => "binData",
        UNDEFINED => "undefined",
        OBJECT_ID => "objectId",
        BOOL => "bool",
        DATE => "date",
        NULL => "null",
        REGEX => "regex",
        DB_POINTER => "dbPointer",
        CODE => "javascript",
        SYMBOL => "symbol",
        CODE_WITH_SCOPE => "javascriptWithScope",
        INT => "int",
        TIMESTAMP => "timestamp",
        LONG => "long",
        DECIMAL => "decimal",
        MAX_KEY => "maxKey",
        _ => "minKey",
    }
}

/// A value: its type code, and the first and the past-the-end position of its bytes.
///
/// The code takes a whole word. Values are copied all the time, and where there is padding to be copied with a single
/// byte, the processor has to wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    #[inline]
    pub const fn is_null(self) -> bool {
        is_null(self.kind())
    }
}

/// A field: its name as it is, and its value.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    pub name: &'a [u8],
    pub value: Value,
}

/// What makes a document no BSON.
#[derive(Debug)]
pub struct Damage {
    pub what: String,
    pub expected: String,
    pub found: String,
    pub position: usize,
    /// The names that lead to it, the innermost first.
    path: Vec<Vec<u8>>,
}

/// Boxed, so that a result without an error stays small.
pub type Error = Box<Damage>;

impl Damage {
    #[cold]
    fn new(what: impl Into<String>, expected: impl Into<String>, found: impl Into<String>, position: usize) -> Error {
        Box::new(Self { what: what.into(), expected: expected.into(), found: found.into(), position, path: Vec::new() })
    }

    /// Put it inside the field of a name.
    #[cold]
    pub fn within(mut self: Box<Self>, name: &[u8]) -> Error {
        self.path.push(name.to_vec());
        self
    }

    /// The path with dots; what is not UTF-8 in it is written as `\xff`.
    pub fn path(&self) -> String {
        let names: Vec<&[u8]> = self.path.iter().rev().map(Vec::as_slice).collect();
        let mut text = String::new();
        for chunk in names.join(&b'.').utf8_chunks() {
            text.push_str(chunk.valid());
            for byte in chunk.invalid() {
                // Writing to memory does not fail.
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
        text
    }
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

/// The position of the first zero byte between two positions.
#[inline]
pub fn zero(data: &[u8], start: usize, end: usize) -> Option<usize> {
    slice(data, start, end).iter().position(|&byte| byte == 0).map(|at| start + at)
}

/// The elements of a document or array whose length and final zero byte have been looked at.
pub struct Elements<'a> {
    data: &'a [u8],
    at: usize,
    last: usize,
}

impl<'a> Elements<'a> {
    pub fn of(data: &'a [u8], document: Value) -> Self {
        Self { data, at: document.start.saturating_add(4), last: document.end.saturating_sub(1) }
    }

    /// The next element, or none at the end.
    pub fn next(&mut self) -> Result<Option<Element<'a>>, Error> {
        if self.at >= self.last {
            return Ok(None);
        }
        let (kind, start) = header(self.data, self.at, self.last)?;
        let name = slice(self.data, self.at + 1, start - 1);
        let end = value_end(kind, self.data, start, self.last).map_err(|damage| damage.within(name))?;
        self.at = end;
        Ok(Some(Element { name, value: Value::new(kind, start, end) }))
    }

    /// Look at all the elements that are left.
    pub fn drain(&mut self) -> Result<(), Error> {
        while self.next()?.is_some() {}
        Ok(())
    }
}

/// Do something with each item of an array. What is wrong with the array itself comes before what is wrong in an item.
pub fn each_item<'a, E: From<Error>>(
    data: &'a [u8],
    array: Value,
    mut act: impl FnMut(Element<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let mut items = Elements::of(data, array);
    while let Some(item) = items.next()? {
        if let Err(error) = act(item) {
            items.drain()?;
            return Err(error);
        }
    }
    Ok(())
}

/// The kind of the element at a position, and where its value begins.
pub fn header(data: &[u8], at: usize, last: usize) -> Result<(u8, usize), Error> {
    let kind = byte(data, at);
    match zero(data, at + 1, last) {
        Some(end) if SIZES[usize::from(kind)] != UNKNOWN => Ok((kind, end + 1)),
        end => Err(no_element(data, at, end, last)),
    }
}

#[cold]
fn no_element(data: &[u8], at: usize, name_end: Option<usize>, last: usize) -> Error {
    let kind = byte(data, at);
    if kind == 0 {
        let expected = format!("{} more bytes", last - at);
        return Damage::new("the document ends before its length says", expected, "a zero byte", at);
    }
    if SIZES[usize::from(kind)] == UNKNOWN {
        let damage = Damage::new("the type of the field is unknown", "a BSON type", byte_text(kind), at);
        return match name_end {
            Some(end) => damage.within(slice(data, at + 1, end)),
            None => damage,
        };
    }
    let found = format!("{} other bytes", last - at - 1);
    Damage::new("the field name does not end inside its document", "a zero byte", found, at)
}

/// How many bytes a value of a kind has, if that is all there is to look at.
#[inline]
pub fn fixed_size(kind: u8) -> Option<usize> {
    let size = SIZES[usize::from(kind)];
    (size < VARIABLE && kind != BOOL).then_some(size.into())
}

/// Where a value ends.
pub fn value_end(kind: u8, data: &[u8], start: usize, last: usize) -> Result<usize, Error> {
    match kind {
        STRING | CODE | SYMBOL => string_end(data, start, last),
        OBJECT | ARRAY => document_end(data, start, last),
        BINARY => binary_end(data, start, last),
        REGEX => regex_end(data, start, last),
        DB_POINTER => db_pointer_end(data, start, last),
        CODE_WITH_SCOPE => code_with_scope_end(data, start, last),
        _ => {
            let size = usize::from(SIZES[usize::from(kind)]);
            if size > last - start {
                return Err(too_long(type_name(kind), size, last - start, start));
            }
            if kind == BOOL && byte(data, start) > 1 {
                return Err(no_boolean(byte(data, start), start));
            }
            Ok(start + size)
        }
    }
}

/// Where a document or array ends: by its length, and a zero byte is there.
#[inline(always)]
pub fn document_end(data: &[u8], start: usize, limit: usize) -> Result<usize, Error> {
    let length = length(data, start, limit, SMALLEST, "document")?;
    if length > limit - start {
        return Err(too_long("document", length, limit - start, start));
    }
    let end = start + length;
    match byte(data, end - 1) {
        0 => Ok(end),
        other => Err(no_zero("document", other, end - 1)),
    }
}

/// Where a string with its length before it and a zero byte after it ends.
#[inline(always)]
pub fn string_end(data: &[u8], start: usize, limit: usize) -> Result<usize, Error> {
    let length = length(data, start, limit, 1, "string")?;
    if length > limit - start - 4 {
        return Err(too_long("string", length, limit - start - 4, start));
    }
    let end = start + 4 + length;
    match byte(data, end - 1) {
        0 => Ok(end),
        other => Err(no_zero("string", other, end - 1)),
    }
}

fn binary_end(data: &[u8], start: usize, limit: usize) -> Result<usize, Error> {
    let length = length(data, start, limit, 0, "binData")?;
    let room = (limit - start).saturating_sub(5);
    if limit - start < 5 || length > room {
        return Err(too_long("binData", length, room, start));
    }
    if byte(data, start + 4) == 2 {
        let inner = if length >= 4 { int32(data, start + 5) } else { -1 };
        let outer = i64::try_from(length).unwrap_or(i64::MAX) - 4;
        if i64::from(inner) != outer {
            let expected = format!("{outer} bytes");
            return Err(Damage::new(
                "the two lengths of the binData disagree",
                expected,
                format!("{inner} bytes"),
                start,
            ));
        }
    }
    Ok(start + 5 + length)
}

fn regex_end(data: &[u8], start: usize, limit: usize) -> Result<usize, Error> {
    let middle = cstring_end(data, start, limit)?;
    cstring_end(data, middle, limit)
}

fn cstring_end(data: &[u8], start: usize, limit: usize) -> Result<usize, Error> {
    zero(data, start, limit).map(|end| end + 1).ok_or_else(|| {
        let found = format!("{} other bytes", limit - start);
        Damage::new("the regular expression does not end", "a zero byte", found, start)
    })
}

fn db_pointer_end(data: &[u8], start: usize, limit: usize) -> Result<usize, Error> {
    let end = string_end(data, start, limit)?;
    if limit - end < 12 {
        return Err(too_long("dbPointer", end + 12 - start, limit - start, start));
    }
    Ok(end + 12)
}

fn code_with_scope_end(data: &[u8], start: usize, limit: usize) -> Result<usize, Error> {
    let length = length(data, start, limit, 4 + 5 + SMALLEST, "javascriptWithScope")?;
    if length > limit - start {
        return Err(too_long("javascriptWithScope", length, limit - start, start));
    }
    let end = start + length;
    let scope = string_end(data, start + 4, end)?;
    if document_end(data, scope, end)? != end {
        return Err(Damage::new(
            "the scope does not fill its javascriptWithScope",
            format!("{} bytes", end - scope),
            format!("{} bytes", int32(data, scope)),
            scope,
        ));
    }
    Ok(end)
}

/// Read a length that must be at least so large.
#[inline(always)]
fn length(data: &[u8], start: usize, limit: usize, smallest: usize, name: &str) -> Result<usize, Error> {
    let room = limit.saturating_sub(start);
    if room < 4 {
        return Err(too_long(name, 4, room, start));
    }
    let length = int32(data, start);
    match usize::try_from(length) {
        Ok(length) if length >= smallest => Ok(length),
        _ => Err(no_length(name, smallest, length, start)),
    }
}

#[cold]
fn no_length(name: &str, smallest: usize, length: i32, position: usize) -> Error {
    let what = format!("the length of the {name} cannot be right");
    Damage::new(what, format!("at least {smallest}"), length.to_string(), position)
}

#[cold]
fn too_long(name: &str, needed: usize, room: usize, position: usize) -> Error {
    let what = format!("the {name} runs past the end of its document");
    Damage::new(what, format!("at most {room} bytes"), format!("{needed} bytes"), position)
}

#[cold]
fn no_zero(name: &str, found: u8, position: usize) -> Error {
    let what = format!("the {name} does not end where its length says");
    Damage::new(what, "a zero byte", byte_text(found), position)
}

#[cold]
fn no_boolean(found: u8, position: usize) -> Error {
    Damage::new("the boolean is neither true nor false", "byte 0 or 1", byte_text(found), position)
}

fn byte_text(value: u8) -> String {
    format!("byte 0x{value:02x}")
}
