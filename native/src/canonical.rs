//! Canonical text from the raw bytes of a value: `values.py` says what it is, `canonical.py` how it is made.

use std::fmt::Write;
use std::ops::Range;

use chrono::{DateTime, Datelike, Timelike};
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use crate::bson::{self, Result, Value, elements, slice};
use crate::number::{Decimal, decimal_text, double, double_text};

/// How many embedded documents, itself included, may lie one in another in a value that is read.
const MAX_DEPTH: usize = 200;

/// The milliseconds of the years 1970 to 9999, which relaxed Extended JSON writes as text.
const RELAXED_DATES: Range<i64> = 0..253_402_300_800_000;

/// Give the canonical text of a value, as UTF-8: a part of the data where it lies there, else written to the scratch. The
/// position of what cannot be taken in as it is is noted.
#[inline(always)]
pub fn text<'t>(
    data: &'t [u8],
    value: Value,
    note: &mut dyn FnMut(usize),
    scratch: &'t mut String,
) -> Result<&'t [u8]> {
    if matches!(value.kind(), bson::STRING | bson::SYMBOL) {
        let text = slice(data, value.start + 4, value.end - 1);
        if text.first() != Some(&b'$') && (text.is_ascii() || std::str::from_utf8(text).is_ok()) {
            return Ok(text);
        }
    }
    scratch.clear();
    scratch.push('$');
    if value.kind() == bson::OBJECT_ID {
        object_id(data, value.start, scratch);
    } else {
        Writer { data, note, out: scratch, is_too_deep: false }.write(value)?;
    }
    Ok(scratch.as_bytes())
}

/// Write the canonical text of an object id.
#[inline]
fn object_id(data: &[u8], start: usize, out: &mut String) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let mut text = *b"{\"$oid\":\"000000000000000000000000\"}";
    for (pair, byte) in text[9..33].as_chunks_mut().0.iter_mut().zip(bson::bytes::<12>(data, start)) {
        *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    }
    out.push_str(std::str::from_utf8(&text).unwrap_or_default());
}

struct Writer<'a, 'n> {
    data: &'a [u8],
    note: &'n mut dyn FnMut(usize),
    out: &'n mut String,
    is_too_deep: bool,
}

impl Writer<'_, '_> {
    /// Write the JSON of any value; of one that is nested too deeply, a digest of its bytes.
    fn write(&mut self, value: Value) -> Result<()> {
        self.nested(value, 1)?;
        if self.is_too_deep {
            (self.note)(value.start);
            self.out.truncate(1);
            let digest = Sha256::digest(slice(self.data, value.start, value.end));
            self.push(format_args!("{{\"$tooDeep\":\"{}\"}}", HEXLOWER.encode(&digest)));
        }
        Ok(())
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(arguments); // writing to memory does not fail
    }

    /// Write the JSON of a value that lies so deep.
    fn nested(&mut self, value: Value, depth: usize) -> Result<()> {
        if !matches!(value.kind(), bson::OBJECT | bson::ARRAY | bson::CODE_WITH_SCOPE) {
            self.scalar(value);
            return Ok(());
        }
        if depth > MAX_DEPTH {
            self.is_too_deep = true;
            return Ok(());
        }
        let is_array = value.kind() == bson::ARRAY;
        let mut inside = value;
        let (opening, mut closing) = if is_array { ("[", "]") } else { ("{", "}") };
        if value.kind() == bson::CODE_WITH_SCOPE {
            inside.start = bson::string_end(self.data, value.start + 4, value.end)?;
            self.out.push_str("{\"$code\":");
            self.text(value, value.start + 8, inside.start - 1);
            self.out.push_str(",\"$scope\":");
            closing = "}}";
        }
        self.out.push_str(opening);
        let mut comma = "";
        for item in elements(self.data, inside) {
            let item = item?;
            if self.is_too_deep {
                continue; // nothing counts any more, unless the rest is broken
            }
            self.out.push_str(comma);
            comma = ",";
            if !is_array {
                self.name(item.name, item.value.start);
                self.out.push(':');
            }
            self.nested(item.value, depth + 1)?;
        }
        self.out.push_str(closing);
        Ok(())
    }

    /// Write the JSON of the name of the field whose value lies at a position.
    fn name(&mut self, name: &[u8], position: usize) {
        if let Ok(text) = std::str::from_utf8(name) {
            self.json(if text.starts_with('$') { "$" } else { "" }, text);
        } else {
            (self.note)(position);
            self.push(format_args!("\"$invalidUtf8:{}\"", HEXLOWER.encode(name)));
        }
    }

    /// Write the JSON of the text between two positions, which is part of a value.
    fn text(&mut self, value: Value, start: usize, end: usize) {
        let bytes = slice(self.data, start, end);
        if let Ok(text) = std::str::from_utf8(bytes) {
            self.json("", text);
        } else {
            (self.note)(value.start);
            self.push(format_args!("{{\"$invalidUtf8\":\"{}\"}}", HEXLOWER.encode(bytes)));
        }
    }

    /// Write text as a JSON string, with something before it. Only quotes, backslashes and control characters are
    /// escaped.
    fn json(&mut self, prefix: &str, text: &str) {
        self.out.push('"');
        self.out.push_str(prefix);
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            let (before, after) = rest.split_at(at);
            self.out.push_str(before);
            match bson::byte(after.as_bytes(), 0) {
                b'\n' => self.out.push_str("\\n"),
                b'\r' => self.out.push_str("\\r"),
                b'\t' => self.out.push_str("\\t"),
                8 => self.out.push_str("\\b"),
                12 => self.out.push_str("\\f"),
                control @ ..b' ' => self.push(format_args!("\\u{control:04x}")),
                other => self.push(format_args!("\\{}", char::from(other))),
            }
            rest = &after[1..];
        }
        self.out.push_str(rest);
        self.out.push('"');
    }

    /// Write the JSON of a value without values in it.
    fn scalar(&mut self, value: Value) {
        let (kind, start, end) = (value.kind(), value.start, value.end);
        let data = self.data;
        match kind {
            bson::STRING | bson::SYMBOL => self.text(value, start + 4, end - 1),
            bson::OBJECT_ID => object_id(data, start, self.out),
            bson::INT => self.push(format_args!("{}", bson::int32(data, start))),
            bson::LONG => self.push(format_args!("{}", bson::int64(data, start))),
            bson::DOUBLE => self.out.push_str(&double_text(double(data, start))),
            bson::DECIMAL => self.out.push_str(&decimal_text(Decimal::read(data, start))),
            bson::BOOL => self.out.push_str(if bson::byte(data, start) == 0 { "false" } else { "true" }),
            bson::DATE => self.date(bson::int64(data, start)),
            bson::TIMESTAMP => {
                let increment = bson::int32(data, start).cast_unsigned();
                let seconds = bson::int32(data, start + 4).cast_unsigned();
                self.push(format_args!("{{\"$timestamp\":{{\"t\":{seconds},\"i\":{increment}}}}}"));
            }
            bson::BINARY => {
                let subtype = bson::byte(data, start + 4);
                let content = slice(data, start + if subtype == bson::OLD_BINARY { 9 } else { 5 }, end);
                self.out.push_str("{\"$binary\":{\"base64\":\"");
                BASE64.encode_append(content, self.out);
                self.push(format_args!("\",\"subType\":\"{subtype:02x}\"}}}}"));
            }
            bson::REGEX => {
                let middle = bson::cstring_end(data, start, end).unwrap_or(end);
                self.out.push_str("{\"$regularExpression\":{\"pattern\":");
                self.text(value, start, middle - 1);
                self.out.push_str(",\"options\":");
                self.text(value, middle, end - 1);
                self.out.push_str("}}");
            }
            bson::CODE => {
                self.out.push_str("{\"$code\":");
                self.text(value, start + 4, end - 1);
                self.out.push('}');
            }
            bson::DB_POINTER => {
                self.out.push_str("{\"$dbPointer\":{\"$ref\":");
                self.text(value, start + 4, end - 13);
                self.out.push_str(",\"$id\":");
                object_id(data, end - 12, self.out);
                self.out.push_str("}}");
            }
            bson::UNDEFINED => self.out.push_str("{\"$undefined\":true}"),
            bson::NULL => self.out.push_str("null"),
            bson::MAX_KEY => self.out.push_str("{\"$maxKey\":1}"),
            _ => self.out.push_str("{\"$minKey\":1}"),
        }
    }

    /// Write the JSON of a date: as ISO text with milliseconds where there are any, or as a number.
    fn date(&mut self, milliseconds: i64) {
        let moment = DateTime::from_timestamp_millis(milliseconds).map(|moment| moment.naive_utc());
        let Some(moment) = moment.filter(|_| RELAXED_DATES.contains(&milliseconds)) else {
            return self.push(format_args!("{{\"$date\":{{\"$numberLong\":\"{milliseconds}\"}}}}"));
        };
        let (year, month, day) = (moment.year().unsigned_abs(), moment.month(), moment.day());
        let (hour, minute, second) = (moment.hour(), moment.minute(), moment.second());
        let fraction = moment.nanosecond() / 1_000_000;
        let digit = |number: u32| b'0' + (number % 10).to_le_bytes()[0];
        let mut text = *b"0000-00-00T00:00:00.000";
        let pairs = [(0, year / 100), (2, year), (5, month), (8, day), (11, hour), (14, minute), (17, second)];
        for (at, number) in pairs.into_iter().chain([(20, fraction / 10), (21, fraction)]) {
            text[at] = digit(number / 10);
            text[at + 1] = digit(number);
        }
        let text = if fraction == 0 { &text[..19] } else { &text[..] };
        self.out.push_str("{\"$date\":\"");
        self.out.push_str(std::str::from_utf8(text).unwrap_or_default());
        self.out.push_str("Z\"}");
    }
}
