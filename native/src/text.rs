//! Text that grows at its end: what the text columns are made of.

use std::fmt::Write;

use arrow_buffer::Buffer;

use crate::store::Store;

/// Bytes that are always UTF-8: nothing but whole text is ever put in, and it is cut only between characters.
#[derive(Clone, Default)]
pub struct Text(Store<u8>);

impl Text {
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub fn push(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Append bytes if they are UTF-8, and say whether they are.
    #[inline]
    pub fn push_utf8(&mut self, bytes: &[u8]) -> bool {
        let good = bytes.is_ascii() || std::str::from_utf8(bytes).is_ok();
        if good {
            self.0.extend_from_slice(bytes);
        }
        good
    }

    /// Append ASCII characters; what is none becomes a question mark.
    #[inline]
    pub fn push_ascii<const N: usize>(&mut self, mut bytes: [u8; N]) {
        if !bytes.is_ascii() {
            bytes = bytes.map(|byte| if byte.is_ascii() { byte } else { b'?' });
        }
        self.0.extend_from_slice(&bytes);
    }

    /// Append bytes as hexadecimal digits.
    pub fn push_hex(&mut self, bytes: &[u8]) {
        self.0.extend(bytes.iter().flat_map(|&byte| hex(byte)));
    }

    /// Append text as a JSON string. Only quotes, backslashes and control characters are escaped.
    pub fn push_json(&mut self, text: &str) {
        self.push("\"");
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            let (before, after) = rest.split_at(at);
            self.push(before);
            let mut characters = after.chars();
            match characters.next() {
                Some('"') => self.push("\\\""),
                Some('\\') => self.push("\\\\"),
                Some('\n') => self.push("\\n"),
                Some('\r') => self.push("\\r"),
                Some('\t') => self.push("\\t"),
                Some('\u{8}') => self.push("\\b"),
                Some('\u{c}') => self.push("\\f"),
                other => self.push_fmt(format_args!("\\u{:04x}", other.map_or(0, u32::from))),
            }
            rest = characters.as_str();
        }
        self.push(rest);
        self.push("\"");
    }

    pub fn push_fmt(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = self.write_fmt(arguments);
    }

    /// Go back to a length that the text had before.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Cut what comes after a position if it has more characters than these, and mark the cut.
    pub fn cut(&mut self, from: usize, most: usize) {
        if self.len() - from > most
            && let Some((at, _)) = self.get(from, self.len()).char_indices().nth(most)
        {
            self.0.truncate(from + at);
            self.push("…");
        }
    }

    /// A part of the text, which must begin and end between characters.
    pub fn get(&self, from: usize, to: usize) -> &str {
        self.0.get(from..to).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }

    /// The same as bytes.
    pub fn bytes(&self, from: usize, to: usize) -> &[u8] {
        self.0.get(from..to).unwrap_or(&[])
    }

    pub fn into_buffer(self) -> Buffer {
        self.0.into_buffer()
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.push(text);
        Ok(())
    }
}

/// The two hexadecimal digits of a byte.
#[inline]
pub fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}
