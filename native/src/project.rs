//! A block of documents to columns.

use arrow_data::ArrayData;
use arrow_schema::Schema;

use crate::arrow::{TooLarge, record_batch, schema};
use crate::bson::{Damage, SMALLEST, document_end, int32};
use crate::cells::Role;
use crate::notes::MAX_PROBLEMS;
use crate::plan::Plan;
use crate::walk::{Table, Walker};

/// A document, or a value, which could not be taken in.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub what: String,
    pub document_id: Option<String>,
    pub path: String,
    pub expected: String,
    pub found: String,
    pub offset: i64,
    pub lost: bool,
}

/// What became of a block.
pub struct Projected {
    /// The rows, a struct of the columns.
    pub rows: ArrayData,
    /// The first problems.
    pub problems: Vec<Problem>,
    /// How many documents were looked at, the lost ones included.
    pub documents: usize,
    /// How many of them are not among the rows.
    pub lost: usize,
    /// How many problems there were, told or not.
    pub damaged: usize,
    /// How many documents give a field that is wanted more than once.
    pub repeated: usize,
}

/// Projects blocks of one collection. Several threads may use it at once.
pub struct Projector {
    pub(crate) plan: Plan,
    /// What every block begins with: no rows, and the memory of earlier blocks.
    blank: Table,
}

impl Projector {
    /// Make a projector for paths, as steps, in roles.
    ///
    /// # Errors
    ///
    /// A sentence, if a path through an array is wanted as something else than a key or an amount.
    pub fn new(columns: &[(Vec<String>, Role)]) -> Result<Self, String> {
        let plan = Plan::new(columns)?;
        let blank = Table::new(&plan);
        Ok(Self { plan, blank })
    }

    /// Project whole documents that lie end to end.
    ///
    /// # Errors
    ///
    /// If there is more text for a column than one can hold.
    pub fn project(&self, data: &[u8], offset: i64) -> Result<Projected, TooLarge> {
        let (table, tally) = read(&self.plan, self.blank.clone(), data, offset);
        let Tally { problems, documents, lost, damaged, repeated, .. } = tally;
        Ok(Projected { rows: record_batch(&self.plan, table)?, problems, documents, lost, damaged, repeated })
    }

    /// The schema of the rows.
    #[must_use]
    pub fn schema(&self) -> Schema {
        schema(&self.plan)
    }
}

/// Read documents into a table.
fn read(plan: &Plan, mut table: Table, data: &[u8], offset: i64) -> (Table, Tally) {
    let mut tally = Tally { offset, ..Tally::default() };
    let mut walker = Walker::new(plan, data);
    let mut at = 0;
    while at < data.len() {
        tally.documents += 1;
        let Some(end) = end(data, at) else {
            if let Err(damage) = document_end(data, at, data.len()) {
                tally.lose(&damage, None);
            }
            break;
        };
        match walker.read(at, end, &mut table) {
            Ok(()) => tally.keep(plan, &walker, &table),
            Err(damage) => {
                table.take_back();
                tally.lose(&damage, walker.identity());
            }
        }
        at = end;
    }
    (table, tally)
}

/// Where the document at a position ends by its length, if that can be.
fn end(data: &[u8], at: usize) -> Option<usize> {
    let room = data.len() - at;
    let length = usize::try_from(int32(data, at)).ok()?;
    (room >= 4 && length >= SMALLEST && length <= room).then(|| at + length)
}

/// Counts, and the first problems.
#[derive(Default)]
struct Tally {
    offset: i64,
    problems: Vec<Problem>,
    documents: usize,
    lost: usize,
    damaged: usize,
    repeated: usize,
}

impl Tally {
    /// Count a document that is left out.
    #[cold]
    fn lose(&mut self, damage: &Damage, identity: Option<String>) {
        self.lost += 1;
        self.damaged += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem {
                what: damage.what.clone(),
                document_id: identity,
                path: damage.path(),
                expected: damage.expected.clone(),
                found: damage.found.clone(),
                offset: self.at(damage.position),
                lost: true,
            });
        }
    }

    /// Count what was noticed in a document that stays, which is the last row.
    #[inline]
    fn keep(&mut self, plan: &Plan, walker: &Walker<'_>, table: &Table) {
        self.repeated += usize::from(walker.repeated);
        if walker.notes.count() > 0 {
            self.tell(plan, walker, table);
        }
    }

    #[cold]
    fn tell(&mut self, plan: &Plan, walker: &Walker<'_>, table: &Table) {
        self.damaged += walker.notes.count();
        let document_id = table.ids.get(table.rows - 1);
        let room = MAX_PROBLEMS - self.problems.len();
        for trouble in walker.notes.told.iter().take(room) {
            self.problems.push(Problem {
                what: trouble.what.to_owned(),
                document_id: document_id.map(str::to_owned),
                path: plan.names.get(trouble.reading).cloned().unwrap_or_default(),
                expected: trouble.expected.to_owned(),
                found: trouble.found.clone(),
                offset: self.at(trouble.position),
                lost: false,
            });
        }
    }

    fn at(&self, position: usize) -> i64 {
        self.offset.saturating_add(i64::try_from(position).unwrap_or(i64::MAX))
    }
}
