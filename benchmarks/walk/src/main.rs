//! Hops over every element of every document of `.bson` files, embedded ones too: type, name, length, on to the next.
//!
//! Nothing is decoded, kept or checked beyond what the hop needs. A checksum of types, names' lengths and values'
//! lengths is printed, so that none of it can be left out. One thread; files are read in pieces of 4 MiB.

use std::time::{Duration, Instant};
use std::{env, fs, io::Read, process};

const PIECE: usize = 4 << 20;
const LARGEST: usize = (16 << 20) + (16 << 10);

#[derive(Default)]
struct Count {
    bytes: u64,
    documents: u64,
    elements: u64,
    checksum: u64,
    reading: Duration,
    walking: Duration,
}

/// The length that stands at the beginning of these bytes.
fn length(data: &[u8]) -> Option<usize> {
    let bytes = data.get(..4)?.try_into().ok()?;
    usize::try_from(i32::from_le_bytes(bytes)).ok()
}

/// How long a value is; None where it is of no known type.
fn size(kind: u8, data: &[u8]) -> Option<usize> {
    Some(match kind {
        0x06 | 0x0A | 0x7F | 0xFF => 0,
        0x08 => 1,
        0x10 => 4,
        0x01 | 0x09 | 0x11 | 0x12 => 8,
        0x07 => 12,
        0x13 => 16,
        0x02 | 0x0D | 0x0E => 4 + length(data)?,
        0x05 => 5 + length(data)?,
        0x0C => 16 + length(data)?,
        0x03 | 0x04 | 0x0F => length(data)?,
        0x0B => {
            let pattern = data.iter().position(|&byte| byte == 0)? + 1;
            pattern + data[pattern..].iter().position(|&byte| byte == 0)? + 1
        }
        _ => return None,
    })
}

/// Hop over the elements of one document.
fn walk(document: &[u8], count: &mut Count) -> Option<()> {
    let end = document.len().checked_sub(1)?;
    let mut at = 4;
    while at < end {
        let kind = document[at];
        let name = document[at + 1..end].iter().position(|&byte| byte == 0)?;
        let start = at + 1 + name + 1;
        let size = size(kind, document.get(start..end)?)?;
        let stop = start.checked_add(size)?;
        count.elements += 1;
        let seen = (u64::from(kind) << 48) ^ ((name as u64) << 32) ^ size as u64;
        count.checksum = count.checksum.rotate_left(5) ^ seen;
        if kind == 0x03 || kind == 0x04 {
            walk(document.get(start..stop)?, count)?;
        }
        at = stop;
    }
    Some(())
}

/// Walk over the documents of a file, piece by piece.
fn file(path: &str, buffer: &mut [u8], count: &mut Count) -> Result<(), String> {
    let mut source = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut held = 0;
    loop {
        let began = Instant::now();
        let read = source
            .read(&mut buffer[held..held + PIECE])
            .map_err(|error| error.to_string())?;
        count.reading += began.elapsed();
        if read == 0 {
            return if held == 0 {
                Ok(())
            } else {
                Err("it ends in the middle of a document".into())
            };
        }
        let began = Instant::now();
        let (data, mut at) = (&buffer[..held + read], 0);
        while let Some(size) = length(&data[at..]).filter(|&size| at + size <= data.len()) {
            walk(&data[at..at + size], count).ok_or("a document is broken")?;
            count.documents += 1;
            at += size.max(5);
        }
        count.walking += began.elapsed();
        count.bytes += read as u64;
        let whole = held + read;
        held = whole - at;
        if held > LARGEST {
            return Err("a document is longer than any can be".into());
        }
        buffer.copy_within(at..whole, 0);
    }
}

fn main() {
    let mut count = Count::default();
    let mut buffer = vec![0; LARGEST + PIECE];
    for path in env::args().skip(1) {
        if let Err(what) = file(&path, &mut buffer, &mut count) {
            eprintln!("{path}: {what}");
            process::exit(1);
        }
    }
    println!(
        "{{\"bytes\": {}, \"documents\": {}, \"elements\": {}, \"checksum\": {}, \"reading\": {:.6}, \"walking\": {:.6}}}",
        count.bytes,
        count.documents,
        count.elements,
        count.checksum,
        count.reading.as_secs_f64(),
        count.walking.as_secs_f64()
    );
}
