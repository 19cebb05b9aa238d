//! A block of documents to columns, and to counts.

use arrow_data::ArrayData;
use arrow_data::transform::MutableArrayData;
use arrow_schema::ArrowError;

use crate::bson::{SMALLEST, int32};
use crate::column::Column;
use crate::counts::Field;
use crate::digest::Digest;
use crate::plan::{Plan, Wanted};
use crate::walk::Walker;

/// What became of a block.
pub struct Projected {
    /// The rows, a struct of the columns.
    pub rows: ArrayData,
    /// The fields that occur in documents that are among the rows, by place, and whether there are more than are kept.
    pub fields: Vec<(Vec<Field>, bool)>,
    /// The digest of each row's document, as bytes.
    pub digests: Vec<u8>,
    pub tally: Tally,
}

/// Counts, and where there is something wrong.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many documents were looked at, the lost ones included.
    pub documents: usize,
    /// How many of them are not among the rows.
    pub lost: usize,
    /// How many problems there were: documents that are lost, and values that cannot be taken in as they are.
    pub damaged: usize,
    /// How many documents give a field that is wanted more than once.
    pub repeated: usize,
    /// Where the first documents with a problem begin and end.
    pub troubled: Vec<(usize, usize)>,
    /// Where the first documents begin and end that give a wanted field more than once.
    pub repeats: Vec<(usize, usize)>,
}

impl Tally {
    /// So many are enough for a report.
    const MOST: usize = 100;
    const MOST_REPEATS: usize = 20;

    /// Count a document that gives a wanted field more than once.
    #[cold]
    pub fn repeat(&mut self, start: usize, end: usize) {
        self.repeated += 1;
        if self.repeats.len() < Self::MOST_REPEATS {
            self.repeats.push((start, end));
        }
    }

    /// Count a document that is left out.
    #[cold]
    pub fn lose(&mut self, start: usize, end: usize) {
        self.lost += 1;
        self.trouble(1, start, end);
    }

    /// Count the problems of a document.
    #[cold]
    pub fn trouble(&mut self, problems: usize, start: usize, end: usize) {
        self.damaged += problems;
        if self.troubled.len() < Self::MOST {
            self.troubled.push((start, end));
        }
    }
}

/// Projects blocks of one collection. Several threads may use it at once.
pub struct Projector {
    plan: Plan,
    /// What every block begins with: no rows, and the memory of earlier blocks.
    blank: Column,
    digest: Digest,
}

impl Projector {
    /// Make a projector for paths with their roles, both in the order of the columns, and for paths of which only the
    /// fields are counted.
    ///
    /// # Errors
    ///
    /// A sentence, if a path through an array is wanted as something else than a key or an amount.
    pub fn new(wanted: &[Wanted], counted: &[Vec<String>]) -> Result<Self, String> {
        let plan = Plan::new(wanted, counted)?;
        let blank = Column::new(&plan.data_type());
        Ok(Self { plan, blank, digest: Digest::new() })
    }

    /// The names that lead to each place whose fields are counted.
    #[must_use]
    pub fn places(&self) -> &[Vec<String>] {
        &self.plan.ways
    }

    /// Project whole documents that lie end to end.
    ///
    /// # Errors
    ///
    /// If there is more text for a column, or more in its lists, than one can hold.
    pub fn project(&self, data: &[u8]) -> Result<Projected, ArrowError> {
        let mut table = self.blank.fresh();
        let mut walker = Walker::new(&self.plan, data);
        let mut digests = Vec::new();
        let mut at = 0;
        while let Some(end) = end(data, at) {
            if walker.read(at, end, &mut table) {
                digests.extend_from_slice(&self.digest.of(&data[at..end]).to_le_bytes());
            }
            at = end;
        }
        let (fields, mut tally) = walker.fields();
        if at < data.len() {
            tally.documents += 1;
            tally.lose(at, data.len());
        }
        let rows = table.len();
        Ok(Projected { rows: without_nulls(table.finish(rows)?)?, digests, fields, tally })
    }
}

/// Where the document at a position ends by its length, if that can be.
fn end(data: &[u8], at: usize) -> Option<usize> {
    let room = data.len() - at;
    let length = usize::try_from(int32(data, at)).ok()?;
    (room >= 4 && (SMALLEST..=room).contains(&length)).then(|| at + length)
}

/// Leave out the rows of lost documents.
fn without_nulls(rows: ArrayData) -> Result<ArrayData, ArrowError> {
    let Some(nulls) = rows.nulls() else {
        return Ok(rows);
    };
    let mut kept = MutableArrayData::new(vec![&rows], false, rows.len() - nulls.null_count());
    for (from, to) in nulls.valid_slices() {
        kept.try_extend(0, from, to)?;
    }
    Ok(kept.freeze())
}
