//! Memory that is used again.
//!
//! A block becomes many columns, and new memory for each of them would cost more than to fill it: the operating system
//! hands it out page by page. So the memory of a column that nobody needs any more, whoever had it last, waits for the
//! same column of a later block.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex};

use arrow_buffer::Buffer;
use bytes::Bytes;
use zerocopy::{Immutable, IntoBytes};

/// How many vectors wait at most: as many as there are blocks on their way at a time, or nearly.
const MOST: usize = 4;

/// The size in bytes of the largest one that does.
const LARGEST: usize = 8 << 20;

type Spares<T> = Mutex<Vec<Vec<T>>>;

/// A vector whose memory is not given back, but kept for the next copy.
pub struct Store<T> {
    items: Vec<T>,
    spares: Arc<Spares<T>>,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { items: Vec::new(), spares: Arc::default() }
    }
}

impl<T: Clone> Clone for Store<T> {
    fn clone(&self) -> Self {
        let spare = self.spares.lock().ok().and_then(|mut spares| spares.pop());
        let mut items = spare.unwrap_or_default();
        items.extend_from_slice(&self.items);
        Self { items, spares: self.spares.clone() }
    }
}

impl<T> Drop for Store<T> {
    fn drop(&mut self) {
        let size = self.items.capacity() * size_of::<T>();
        if size > 0
            && size <= LARGEST
            && let Ok(mut spares) = self.spares.lock()
            && spares.len() < MOST
        {
            self.items.clear();
            spares.push(std::mem::take(&mut self.items));
        }
    }
}

impl<T> Deref for Store<T> {
    type Target = Vec<T>;

    #[inline]
    fn deref(&self) -> &Vec<T> {
        &self.items
    }
}

impl<T> DerefMut for Store<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.items
    }
}

impl<T: IntoBytes + Immutable> AsRef<[u8]> for Store<T> {
    fn as_ref(&self) -> &[u8] {
        self.items.as_slice().as_bytes()
    }
}

impl<T: IntoBytes + Immutable + Send + 'static> Store<T> {
    /// Hand it to Arrow, as it is.
    pub fn into_buffer(self) -> Buffer {
        Buffer::from(Bytes::from_owner(self))
    }
}
