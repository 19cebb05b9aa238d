//! Canonical text from the raw bytes of a value: `values.py` says what it is, `canonical.py` how it is made.

use sha2::{Digest, Sha256};

use crate::bson::{self, Element, Elements, Error, Value, slice};
use crate::date::civil;
use crate::notes::Notes;
use crate::number::{Decimal, double, write_decimal, write_double};
use crate::text::{Text, hex};

/// How many embedded documents, itself included, may lie one in another in a value that is read.
const MAX_DEPTH: usize = 200;

/// After how many characters text that is only shown is cut.
const MAX_SHOWN: usize = 256;

/// The first millisecond of the year 10000; relaxed Extended JSON writes dates from 1970 up to it as text.
const YEAR_10000: i64 = 253_402_300_800_000;

/// Write the canonical text of a value.
pub fn write(data: &[u8], value: Value, notes: &mut Notes, out: &mut Text) -> Result<(), Error> {
    let (kind, start, end) = (value.kind(), value.start, value.end);
    match kind {
        bson::STRING | bson::SYMBOL => {
            let bytes = slice(data, start + 4, end - 1);
            if bytes.first() != Some(&b'$') && out.push_utf8(bytes) {
                return Ok(());
            }
        }
        bson::OBJECT_ID => {
            write_object_id(data, start, out);
            return Ok(());
        }
        _ => {}
    }
    out.push("$");
    Writer { data, notes, out }.write(value)
}

/// Write the canonical text of a value, cut.
pub fn write_shown(data: &[u8], value: Value, notes: &mut Notes, out: &mut Text) -> Result<(), Error> {
    let from = out.len();
    write(data, value, notes, out)?;
    out.cut(from, MAX_SHOWN);
    Ok(())
}

fn write_object_id(data: &[u8], start: usize, out: &mut Text) {
    let mut text = *b"${\"$oid\":\"000000000000000000000000\"}";
    let (digits, _) = text.get_mut(10..34).unwrap_or_default().as_chunks_mut::<2>();
    for (pair, byte) in digits.iter_mut().zip(bson::bytes::<12>(data, start)) {
        *pair = hex(byte);
    }
    out.push_ascii(text);
}

/// Why a nested value was not written.
enum Stop {
    Damage(Error),
    TooDeep,
}

impl From<Error> for Stop {
    fn from(damage: Error) -> Self {
        Self::Damage(damage)
    }
}

struct Writer<'a, 'n> {
    data: &'a [u8],
    notes: &'n mut Notes,
    out: &'n mut Text,
}

impl Writer<'_, '_> {
    /// Write the JSON of any value; of one that is nested too deeply, a digest of its bytes.
    fn write(&mut self, value: Value) -> Result<(), Error> {
        let from = self.out.len();
        match self.nested(value, 1) {
            Ok(()) => Ok(()),
            Err(Stop::Damage(damage)) => Err(damage),
            Err(Stop::TooDeep) => {
                let what = "the value is nested too deeply";
                self.notes.note(what, "at most 200 levels", "more".to_owned(), value.start);
                self.out.truncate(from);
                self.out.push("{\"$tooDeep\":\"");
                self.out.push_hex(&Sha256::digest(slice(self.data, value.start, value.end)));
                self.out.push("\"}");
                Ok(())
            }
        }
    }

    /// Write the JSON of a value that lies so deep.
    fn nested(&mut self, value: Value, depth: usize) -> Result<(), Stop> {
        if matches!(value.kind(), bson::OBJECT | bson::ARRAY | bson::CODE_WITH_SCOPE) {
            if depth > MAX_DEPTH {
                return Err(Stop::TooDeep);
            }
            return self.open(value, depth);
        }
        self.scalar(value);
        Ok(())
    }

    /// Write the JSON of an embedded document, an array, or code with scope.
    fn open(&mut self, value: Value, depth: usize) -> Result<(), Stop> {
        let mut inside = value;
        let mut ends = ("{", "}");
        if value.kind() == bson::ARRAY {
            ends = ("[", "]");
        }
        if value.kind() == bson::CODE_WITH_SCOPE {
            let scope = bson::string_end(self.data, value.start + 4, value.end)?;
            self.out.push("{\"$code\":");
            self.text(value.kind(), value.start, value.start + 8, scope - 1);
            self.out.push(",\"$scope\":");
            inside.start = scope;
            ends.1 = "}}";
        }
        self.out.push(ends.0);
        let mut items = Elements::of(self.data, inside);
        let mut first = true;
        while let Some(item) = items.next()? {
            if !std::mem::take(&mut first) {
                self.out.push(",");
            }
            if let Err(stop) = self.item(item, value.kind() != bson::ARRAY, depth) {
                // What is wrong on this level comes first.
                items.drain()?;
                return Err(match stop {
                    Stop::Damage(damage) => Stop::Damage(damage.within(item.name)),
                    Stop::TooDeep => Stop::TooDeep,
                });
            }
        }
        self.out.push(ends.1);
        Ok(())
    }

    fn item(&mut self, item: Element<'_>, named: bool, depth: usize) -> Result<(), Stop> {
        if named {
            self.name(item);
        }
        self.nested(item.value, depth + 1)
    }

    /// Write the JSON of a field name, and a colon.
    fn name(&mut self, item: Element<'_>) {
        match std::str::from_utf8(item.name) {
            Ok(name) if name.starts_with('$') => self.out.push_json(&format!("${name}")),
            Ok(name) => self.out.push_json(name),
            Err(_) => {
                let (what, found) = ("the field name is not UTF-8", "other bytes".to_owned());
                self.notes.note(what, "UTF-8", found, item.value.start);
                self.out.push("\"$invalidUtf8:");
                self.out.push_hex(item.name);
                self.out.push("\"");
            }
        }
        self.out.push(":");
    }

    /// Write the JSON of the text between two positions, which is part of the value at another.
    fn text(&mut self, kind: u8, position: usize, start: usize, end: usize) {
        let bytes = slice(self.data, start, end);
        if let Ok(text) = std::str::from_utf8(bytes) {
            self.out.push_json(text);
        } else {
            let found = format!("other bytes in a {}", bson::type_name(kind));
            self.notes.note("the text is not UTF-8", "UTF-8", found, position);
            self.out.push("{\"$invalidUtf8\":\"");
            self.out.push_hex(bytes);
            self.out.push("\"}");
        }
    }

    /// Write the JSON of a value without values in it.
    fn scalar(&mut self, value: Value) {
        let (kind, start, end) = (value.kind(), value.start, value.end);
        let data = self.data;
        match kind {
            bson::STRING | bson::SYMBOL => self.text(kind, start, start + 4, end - 1),
            bson::OBJECT_ID => self.object_id(start),
            bson::INT => self.out.push_fmt(format_args!("{}", bson::int32(data, start))),
            bson::LONG => self.out.push_fmt(format_args!("{}", bson::int64(data, start))),
            bson::DOUBLE => write_double(double(data, start), self.out),
            bson::DECIMAL => write_decimal(Decimal::read(data, start), self.out),
            bson::BOOL => self.out.push(if bson::byte(data, start) == 0 { "false" } else { "true" }),
            bson::DATE => self.date(bson::int64(data, start)),
            bson::TIMESTAMP => {
                let increment = bson::int32(data, start).cast_unsigned();
                let seconds = bson::int32(data, start + 4).cast_unsigned();
                self.out.push_fmt(format_args!("{{\"$timestamp\":{{\"t\":{seconds},\"i\":{increment}}}}}"));
            }
            bson::BINARY => self.binary(start, end),
            bson::REGEX => {
                let middle = bson::zero(data, start, end).unwrap_or(end);
                self.out.push("{\"$regularExpression\":{\"pattern\":");
                self.text(kind, start, start, middle);
                self.out.push(",\"options\":");
                self.text(kind, start, middle + 1, end - 1);
                self.out.push("}}");
            }
            bson::CODE => {
                self.out.push("{\"$code\":");
                self.text(kind, start, start + 4, end - 1);
                self.out.push("}");
            }
            bson::DB_POINTER => {
                self.out.push("{\"$dbPointer\":{\"$ref\":");
                self.text(kind, start, start + 4, end - 13);
                self.out.push(",\"$id\":");
                self.object_id(end - 12);
                self.out.push("}}");
            }
            bson::UNDEFINED => self.out.push("{\"$undefined\":true}"),
            bson::NULL => self.out.push("null"),
            bson::MAX_KEY => self.out.push("{\"$maxKey\":1}"),
            _ => self.out.push("{\"$minKey\":1}"),
        }
    }

    fn object_id(&mut self, start: usize) {
        self.out.push("{\"$oid\":\"");
        self.out.push_hex(slice(self.data, start, start + 12));
        self.out.push("\"}");
    }

    /// Write the JSON of a date: as ISO text with milliseconds where there are any, or as a number.
    fn date(&mut self, milliseconds: i64) {
        if !(0..YEAR_10000).contains(&milliseconds) {
            self.out.push_fmt(format_args!("{{\"$date\":{{\"$numberLong\":\"{milliseconds}\"}}}}"));
            return;
        }
        let (seconds, fraction) = (milliseconds / 1000, milliseconds % 1000);
        let (year, month, day) = civil(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let digits = |number: i64| -> [u8; 2] {
            let number = u8::try_from(number.rem_euclid(100)).unwrap_or(0);
            [b'0' + number / 10, b'0' + number % 10]
        };
        let [[y1, y2], [y3, y4], [m1, m2], [d1, d2]] = [year / 100, year, month, day].map(digits);
        let [[h1, h2], [n1, n2], [s1, s2]] = [hour, minute, second].map(digits);
        self.out.push("{\"$date\":\"");
        self.out.push_ascii([y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2]);
        if fraction > 0 {
            let [[f1, f2], [_, f3]] = [fraction / 10, fraction].map(digits);
            self.out.push_ascii([b'.', f1, f2, f3]);
        }
        self.out.push("Z\"}");
    }

    /// Write the JSON of a binary value. That of the old subtype has a second length inside.
    fn binary(&mut self, start: usize, end: usize) {
        let subtype = bson::byte(self.data, start + 4);
        let content = slice(self.data, start + if subtype == 2 { 9 } else { 5 }, end);
        self.out.push("{\"$binary\":{\"base64\":\"");
        for chunk in content.chunks(3) {
            self.out.push_ascii(base64(chunk));
        }
        self.out.push_fmt(format_args!("\",\"subType\":\"{subtype:02x}\"}}}}"));
    }
}

/// The four characters of one to three bytes.
fn base64(chunk: &[u8]) -> [u8; 4] {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(bson::byte(chunk, at)));
    let digit = |shift: usize| DIGITS[bits >> shift & 63];
    let padded = |shift: usize, at: usize| if chunk.len() > at { digit(shift) } else { b'=' };
    [digit(18), digit(12), padded(6, 1), padded(0, 2)]
}
