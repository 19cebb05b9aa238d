//! Any bytes as the body of an archive, documents and terminators: hopping over them ends, stays inside, and finds the
//! same in whatever pieces the bytes arrive.
//!
//! The first byte of the input says how many of the next ones are sizes of pieces.

#![no_main]

use intact_native::{LARGEST, hop};
use libfuzzer_sys::fuzz_target;

const TERMINATOR: i32 = -1;

/// What is met, and where it ends or begins.
#[derive(Debug, PartialEq)]
enum Met {
    Documents(usize),
    Terminator(usize),
    NoDocument(usize, i32),
    CutOff(usize),
    End,
}

/// Walk over an archive of which more and more is there.
fn walk(data: &[u8], mut pieces: impl Iterator<Item = usize>) -> Vec<Met> {
    let mut met = Vec::new();
    let (mut at, mut there) = (0, 0);
    loop {
        let (stop, size) = hop(&data[..there], at);
        assert!(at <= stop && stop <= there);
        assert_eq!(hop(&data[..there], stop), (stop, size));
        assert_eq!(size.is_none(), there - stop < 4);
        if stop > at {
            if let Some(Met::Documents(_)) = met.last() {
                met.pop();
            }
            met.push(Met::Documents(stop));
        }
        at = stop;
        match size {
            Some(TERMINATOR) => {
                met.push(Met::Terminator(at));
                at += 4;
                continue;
            }
            Some(size) if !usize::try_from(size).is_ok_and(|size| (5..=LARGEST).contains(&size)) => {
                met.push(Met::NoDocument(at, size));
                return met;
            }
            Some(size) => assert!(usize::try_from(size).is_ok_and(|size| size > there - at)),
            None => {}
        }
        if there == data.len() {
            met.push(if at == there { Met::End } else { Met::CutOff(at) });
            return met;
        }
        there = data.len().min(there + pieces.next().unwrap_or(usize::MAX / 2));
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&count, rest)) = input.split_first() else { return };
    let (sizes, data) = rest.split_at(usize::from(count).min(rest.len()));
    let whole = walk(data, std::iter::empty());
    let mut pieces = sizes.iter().cycle().take(data.len()).map(|&size| usize::from(size) + 1);
    assert_eq!(walk(data, &mut pieces), whole);
    assert_eq!(walk(data, std::iter::repeat(1)), whole);
});
