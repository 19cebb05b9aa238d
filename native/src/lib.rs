//! BSON to Arrow columns: the native projector of intact.
//!
//! It gives the same columns and the same problems as the projector in Python (`src/intact/project/`), whose
//! documentation says what they are. Without the feature `python` this is a plain library, for fuzzing and for tests.

mod arrow;
mod bson;
mod canonical;
mod cells;
mod columns;
mod date;
mod framing;
mod notes;
mod number;
mod plan;
mod project;
#[cfg(feature = "python")]
mod python;
mod scan;
mod store;
mod text;
mod walk;

pub use arrow::TooLarge;
pub use cells::Role;
pub use framing::{LARGEST, hop};
pub use project::{Problem, Projected, Projector};
