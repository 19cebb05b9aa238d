//! What is wrong with values whose documents stay.

use std::collections::HashSet;

/// At most so many problems of a block are told; all are counted.
pub const MAX_PROBLEMS: usize = 100;

/// A value that cannot be taken in as it is.
#[derive(Debug)]
pub struct Trouble {
    pub what: &'static str,
    pub expected: &'static str,
    pub found: String,
    pub position: usize,
    /// The number of the path's name.
    pub reading: usize,
}

/// The troubles of one document, once a path and position.
#[derive(Default)]
pub struct Notes {
    /// The number of the name of the path that is being read.
    pub reading: usize,
    /// The first of them.
    pub told: Vec<Trouble>,
    seen: HashSet<(usize, usize)>,
}

impl Notes {
    #[cold]
    pub fn note(&mut self, what: &'static str, expected: &'static str, found: String, position: usize) {
        if self.seen.insert((self.reading, position)) && self.told.len() < MAX_PROBLEMS {
            self.told.push(Trouble { what, expected, found, position, reading: self.reading });
        }
    }

    /// How many there are.
    #[inline]
    pub fn count(&self) -> usize {
        self.seen.len()
    }

    #[cold]
    pub fn clear(&mut self) {
        self.told.clear();
        self.seen.clear();
    }
}
