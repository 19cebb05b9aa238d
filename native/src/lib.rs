//! BSON to Arrow columns: the native projector of intact.
//!
//! It gives the same columns as the projector in Python (`src/intact/project/`), whose documentation says what they
//! are, and tells which documents have something wrong; what it is, that one says. Without the feature `python` this
//! is a plain library, for fuzzing.

mod bson;
mod canonical;
mod cells;
mod column;
mod counts;
mod date;
mod digest;
mod framing;
mod keys;
mod number;
mod plan;
mod project;
#[cfg(feature = "python")]
mod python;
mod recurring;
mod scan;
mod walk;

pub use cells::Role;
pub use counts::Field;
pub use framing::{LARGEST, hop};
pub use keys::{Keys, Texts};
pub use project::{Projected, Projector, Tally};
pub use recurring::{numbers, recurring};
