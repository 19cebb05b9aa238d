//! One document at a time: its bytes from end to end, and the values of the wanted paths as `MongoDB` finds them.
//!
//! The counterpart of `walker.py`. What is wrong is met in the same order: first all elements of the whole document,
//! then its `_id`, then path by path; of an array first all its items, then what is in them.

use crate::bson::{self, Damage, Error, Value, document_end, each_item};
use crate::cells::{AmountLists, Cells, Key, Once, Reading, TextLists};
use crate::columns::Texts;
use crate::notes::Notes;
use crate::plan::{ID, PathPlan, Plan, ROOT, Step};
use crate::scan::Scan;
use crate::store::Store;

/// The rows that have been read.
#[derive(Clone)]
pub struct Table {
    pub rows: usize,
    pub ids: Texts,
    pub paths: Vec<PathCells>,
}

/// The columns of a path.
#[derive(Clone)]
pub struct PathCells {
    pub kinds: Store<u8>,
    pub cells: Vec<Cells>,
}

impl Table {
    pub fn new(plan: &Plan) -> Self {
        let cells = |path: &PathPlan| path.roles.iter().map(|&role| Cells::new(role, path.is_list())).collect();
        let paths = plan.paths.iter().map(|path| PathCells { kinds: Store::default(), cells: cells(path) });
        Self { rows: 0, ids: Texts::default(), paths: paths.collect() }
    }

    /// Take back what was put into the row that is not finished.
    pub fn take_back(&mut self) {
        let rows = self.rows;
        self.ids.truncate(rows);
        for path in &mut self.paths {
            path.kinds.truncate(rows);
            path.cells.iter_mut().for_each(|cells| cells.truncate(rows));
        }
    }
}

/// Reads the documents of a block.
pub struct Walker<'a> {
    plan: &'a Plan,
    data: &'a [u8],
    scans: Vec<Scan>,
    /// What is wrong with values of the document that was read last.
    pub notes: Notes,
    /// Whether that document gives a field on a wanted path twice.
    pub repeated: bool,
}

impl<'a> Walker<'a> {
    pub fn new(plan: &'a Plan, data: &'a [u8]) -> Self {
        let scans = plan.places.iter().map(Scan::new).collect();
        Self { plan, data, scans, notes: Notes::default(), repeated: false }
    }

    /// Read the document between two positions, which are apart by its length, into the next row of a table.
    ///
    /// After an error the row has to be taken back.
    pub fn read(&mut self, start: usize, end: usize, table: &mut Table) -> Result<(), Error> {
        self.repeated = false;
        if self.notes.count() > 0 {
            self.notes.clear();
        }
        if let Some(root) = self.scans.get_mut(ROOT) {
            root.forget();
        }
        document_end(self.data, start, end)?;
        let document = Value::new(bson::OBJECT, start, end);
        let row = table.rows;
        let id = self.look_up(document, ROOT, ID)?;
        self.notes.reading = 0;
        if !id.is_null() {
            self.reading(id).key(row, &mut table.ids).map_err(|damage| damage.within(b"_id"))?;
        }
        for (path, columns) in self.plan.paths.iter().zip(&mut table.paths) {
            self.notes.reading = path.reading;
            self.path(path, document, row, columns)?;
        }
        table.rows += 1;
        Ok(())
    }

    /// The canonical text of the `_id` of a broken document, where it was read before the break.
    pub fn identity(&self) -> Option<String> {
        let id = self.scans.get(ROOT)?.found(ID).value;
        let mut text = Texts::default();
        if !id.is_null() {
            let mut notes = Notes::default();
            Reading { data: self.data, value: id, notes: &mut notes }.key(0, &mut text).ok()?;
        }
        text.get(0).map(str::to_owned)
    }

    fn path(&mut self, path: &PathPlan, document: Value, row: usize, columns: &mut PathCells) -> Result<(), Error> {
        let container = self.resolve(document, path.container())?;
        let value = container.value;
        let followed = &path.container()[..container.followed];
        columns.kinds.push(value.kind());
        for cells in &mut columns.cells {
            let put = match cells {
                Cells::Key(key) => {
                    self.key(path, document, &container, row, key)?;
                    continue;
                }
                _ if value.is_null() => continue,
                Cells::List(lists) => self.gather(path, &container, 1, lists).map(|()| lists.close(row)),
                Cells::Text(texts) => self.reading(value).shown(row, texts),
                Cells::Amount(amounts) => self.reading(value).amount(row, amounts),
                Cells::Date(dates) => self.reading(value).date(row, dates),
                Cells::Flag(flags) => self.reading(value).flag(row, flags),
            };
            put.map_err(|damage| inside(damage, followed))?;
        }
        Ok(())
    }

    fn reading(&mut self, value: Value) -> Reading<'a, '_> {
        Reading { data: self.data, value, notes: &mut self.notes }
    }

    /// The first field of a name in a document.
    #[inline(always)]
    fn look_up(&mut self, document: Value, place: usize, slot: usize) -> Result<Value, Error> {
        let (Some(scan), Some(names)) = (self.scans.get_mut(place), self.plan.places.get(place)) else {
            return Ok(Value::NONE);
        };
        scan.look_into(self.data, document, names)?;
        let found = scan.found(slot);
        self.repeated |= found.again;
        Ok(found.value)
    }

    /// Follow names into embedded documents: to the value there, or to an array that is met on the way.
    #[inline(always)]
    fn resolve(&mut self, from: Value, steps: &[Step]) -> Result<Place, Error> {
        let mut value = from;
        for (followed, step) in steps.iter().enumerate() {
            match value.kind() {
                bson::ARRAY => return Ok(Place { value, followed, met: true }),
                bson::OBJECT => {
                    let found = self.look_up(value, step.place, step.slot);
                    value = found.map_err(|damage| inside(damage, &steps[..followed]))?;
                }
                _ => return Ok(Place { value: Value::NONE, followed, met: false }),
            }
        }
        Ok(Place { value, followed: steps.len(), met: false })
    }

    /// Fill `@key` and `@each`.
    fn key(
        &mut self,
        path: &PathPlan,
        document: Value,
        container: &Place,
        row: usize,
        key: &mut Key,
    ) -> Result<(), Error> {
        let value = container.value;
        if container.met || path.is_list() {
            let mut seen = Seen { each: &mut key.each, once: Once::default() };
            self.values(document, &path.steps, &mut seen)?;
            if key.each.lists.open_entries() > 0 || value.kind() == bson::ARRAY {
                key.each.lists.close(row);
            }
            return Ok(());
        }
        if value.is_null() {
            return Ok(());
        }
        let text = if value.kind() == bson::ARRAY { self.items(value, row, &mut key.each) } else { Ok(()) };
        text.and_then(|()| self.reading(value).key(row, &mut key.key))
            .map_err(|damage| inside(damage, path.container()))
    }

    /// Add the text of each item of an array.
    fn items(&mut self, array: Value, row: usize, each: &mut TextLists) -> Result<(), Error> {
        each_item(self.data, array, |item| {
            each.add(self.reading(item.value)).map_err(|damage| damage.within(item.name))
        })?;
        each.lists.close(row);
        Ok(())
    }

    /// Add all values that `MongoDB` sees at a path: it looks into arrays, one level at each name.
    fn values(&mut self, value: Value, steps: &[Step], seen: &mut Seen<'_>) -> Result<(), Error> {
        match (value.kind(), steps.split_first()) {
            (bson::ARRAY, first) => each_item(self.data, value, |item| {
                let added = match first {
                    None => seen.once.add(seen.each, self.reading(item.value)),
                    Some(_) if item.value.kind() == bson::OBJECT => self.values(item.value, steps, seen),
                    Some(_) => Ok(()),
                };
                added.map_err(|damage| damage.within(item.name))
            }),
            (bson::ABSENT, None) => Ok(()),
            (_, None) => seen.once.add(seen.each, self.reading(value)),
            (bson::OBJECT, Some((step, rest))) => {
                let found = self.look_up(value, step.place, step.slot)?;
                self.values(found, rest, seen).map_err(|damage| damage.within(&step.name))
            }
            _ => Ok(()),
        }
    }

    /// Gather the amounts in the container of an array of the path, counted from 1.
    fn gather(
        &mut self,
        path: &PathPlan,
        container: &Place,
        array: usize,
        lists: &mut AmountLists,
    ) -> Result<(), Error> {
        let value = container.value;
        if value.is_null() {
            return Ok(());
        }
        let name = path.array_names.get(array - 1).map_or("", String::as_str);
        if value.kind() != bson::ARRAY || container.met {
            return lists.add_bad(self.reading(value), name);
        }
        let rest = path.part(array);
        let last = array == path.arrays.len();
        each_item(self.data, value, |item| {
            let added = if last && rest.is_empty() {
                lists.add(self.reading(item.value), &path.name)
            } else if item.value.kind() == bson::OBJECT {
                self.resolve(item.value, rest).and_then(|place| {
                    let added = if last {
                        lists.add(self.reading(place.value), &path.name)
                    } else {
                        self.gather(path, &place, array + 1, lists)
                    };
                    added.map_err(|damage| inside(damage, &rest[..place.followed]))
                })
            } else {
                lists.add_bad(self.reading(item.value), name)
            };
            added.map_err(|damage| damage.within(item.name))
        })
    }
}

/// A value, how many names lead to it, and whether it is an array met before the end of the path.
struct Place {
    value: Value,
    followed: usize,
    met: bool,
}

/// The values that a path was seen to have.
struct Seen<'c> {
    each: &'c mut TextLists,
    once: Once,
}

/// Put what is wrong inside the fields of names.
#[cold]
fn inside(damage: Box<Damage>, steps: &[Step]) -> Error {
    steps.iter().rev().fold(damage, |damage, step| damage.within(&step.name))
}
