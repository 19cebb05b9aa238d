//! One document at a time: its bytes from end to end, and the values of the wanted paths as `MongoDB` finds them.
//!
//! The counterpart of `walker.py`.

use std::collections::HashSet;

use crate::bson::{self, Broken, Result, Value, document_end, elements};
use crate::cells::{AmountLists, Currency, Reader, Role};
use crate::column::Column;
use crate::counts::Field;
use crate::plan::{CurrencyPlan, ID, PathPlan, Plan, ROOT, Step};
use crate::project::Tally;
use crate::scan::Scan;

/// Reads the documents of a block.
pub struct Walker<'a> {
    plan: &'a Plan,
    scans: Vec<Scan>,
    reader: Reader<'a>,
    /// Whether the document gives a field on a wanted path twice.
    repeated: bool,
    /// Whether the document has an array, or none, where a path does not expect it.
    odd: bool,
    pub tally: Tally,
}

impl<'a> Walker<'a> {
    pub fn new(plan: &'a Plan, data: &'a [u8]) -> Self {
        let scans = plan.places.iter().map(Scan::new).collect();
        Self { plan, scans, reader: Reader::new(data), repeated: false, odd: false, tally: Tally::default() }
    }

    /// Read the document between two positions, which are apart by its length, into the next row of a table. The row
    /// of a broken document is null. Says whether it is whole.
    pub fn read(&mut self, start: usize, end: usize, table: &mut Column) -> bool {
        self.repeated = false;
        self.odd = false;
        self.tally.documents += 1;
        let row = table.len();
        let is_whole = self.row(start, end, row, &mut table.items).is_ok();
        table.append(is_whole);
        if is_whole {
            if self.repeated {
                self.tally.repeat(start, end);
            }
            if !self.reader.notes.is_empty() {
                self.tally.trouble(self.reader.notes.len(), start, end);
            }
            self.look_around(Value::new(bson::OBJECT, start, end));
            self.scans.iter_mut().for_each(Scan::commit);
        } else {
            self.scans.iter_mut().for_each(Scan::roll_back);
            table.items.iter_mut().for_each(|column| column.close_open(row));
            self.tally.lose(start, end);
        }
        self.reader.notes.clear();
        is_whole
    }

    /// What the fields at each place are, in the order of the plan's places, and whether there are more than are kept.
    pub fn fields(self) -> (Vec<(Vec<Field>, bool)>, Tally) {
        (self.scans.into_iter().map(Scan::finish).collect(), self.tally)
    }

    fn row(&mut self, start: usize, end: usize, row: usize, columns: &mut [Column]) -> Result<()> {
        document_end(self.reader.data, start, end)?;
        let document = Value::new(bson::OBJECT, start, end);
        let id = self.look_up(document, Step { place: ROOT, slot: ID })?;
        let (ids, mut rest) = columns.split_first_mut().ok_or(Broken)?;
        self.reader.path = "_id";
        self.reader.key(id, row, ids)?;
        let plan = self.plan;
        for path in &plan.paths {
            self.reader.path = &path.name;
            rest = self.path(path, document, row, rest)?;
        }
        Ok(())
    }

    /// Fill the columns of a path, which come first. Gives those of the next paths.
    fn path<'c>(
        &mut self,
        path: &'a PathPlan,
        document: Value,
        row: usize,
        columns: &'c mut [Column],
    ) -> Result<&'c mut [Column]> {
        let container = self.resolve(document, &path.parts[0])?;
        let value = container.value;
        let (kinds, mut rest) = columns.split_first_mut().ok_or(Broken)?;
        kinds.put(row, value.kind());
        for role in &path.roles {
            let read;
            (read, rest) = match (role, path.is_list(), rest) {
                (Role::Key, _, [key, each, rest @ ..]) => {
                    (self.key(path, document, &container, row, [key, each]), rest)
                }
                (Role::Text, _, [text, rest @ ..]) => (self.reader.shown(value, row, text), rest),
                (Role::Amount, true, [amounts, kinds, wide, bad, rest @ ..]) => {
                    let mut lists = AmountLists { amounts, kinds, wide, bad };
                    let gathered = self.gather(path, &container, 1, &mut lists);
                    if !value.is_null() {
                        lists.close(row);
                    }
                    (gathered, rest)
                }
                (Role::Money, _, [money, rest @ ..]) => {
                    let gathered = self.gather_money(path, &container, 1, &Currency::default(), money);
                    if !value.is_null() {
                        money.close(row);
                    }
                    (gathered, rest)
                }
                (Role::Amount, false, [narrow, wide, bad, rest @ ..]) => {
                    (self.reader.amount(value, row, [narrow, wide, bad]), rest)
                }
                (Role::Date, _, [dates, months, bad, rest @ ..]) => {
                    (self.reader.date(value, row, [dates, months, bad]), rest)
                }
                (Role::Match, _, [matched, rest @ ..]) => (self.matched(path, document, value, row, matched), rest),
                (Role::Flag, _, [flags, bad, rest @ ..]) => (self.reader.flag(value, row, [flags, bad]), rest),
                (.., rest) => (Ok(()), rest),
            };
            read?;
        }
        Ok(rest)
    }

    /// Look into all documents whose fields are counted and that were not looked into for the row: of paths of which
    /// nothing is wanted, and where arrays are not as the paths expect.
    fn look_around(&mut self, document: Value) {
        let plan = self.plan;
        for steps in &plan.counted {
            self.visit(document, steps);
        }
        if self.odd {
            for path in &plan.paths {
                self.visit(document, &path.parts.concat());
            }
        }
    }

    /// Look into the documents on a path as `MongoDB` finds them, in each up to what is broken, which is no loss here.
    fn visit(&mut self, value: Value, steps: &[Step]) {
        match (value.kind(), steps) {
            (bson::ARRAY, [_, ..]) => {
                for item in elements(self.reader.data, value).map_while(Result::ok) {
                    if item.value.kind() == bson::OBJECT {
                        self.visit(item.value, steps);
                    }
                }
            }
            (bson::OBJECT, [step, rest @ ..]) => {
                let scan = &mut self.scans[step.place];
                let found = match scan.look_into(self.reader.data, value, &self.plan.places[step.place]) {
                    Ok(()) | Err(bson::Broken) => scan.found(step.slot).value,
                };
                self.visit(found, rest);
            }
            _ => {}
        }
    }

    /// The first field of a name in a document.
    #[inline(always)]
    fn look_up(&mut self, document: Value, step: Step) -> Result<Value> {
        let scan = &mut self.scans[step.place];
        scan.look_into(self.reader.data, document, &self.plan.places[step.place])?;
        let found = scan.found(step.slot);
        self.repeated |= found.again;
        Ok(found.value)
    }

    /// Follow names into embedded documents: to the value there, or to an array that is met on the way.
    #[inline(always)]
    fn resolve(&mut self, from: Value, steps: &[Step]) -> Result<Place> {
        let mut value = from;
        for step in steps {
            match value.kind() {
                bson::ARRAY => {
                    self.odd = true;
                    return Ok(Place { value, met: true });
                }
                bson::OBJECT => value = self.look_up(value, *step)?,
                _ => return Ok(Place { value: Value::NONE, met: false }),
            }
        }
        Ok(Place { value, met: false })
    }

    /// Fill `@key` and `@each`.
    fn key(
        &mut self,
        path: &PathPlan,
        document: Value,
        container: &Place,
        row: usize,
        [key, each]: [&mut Column; 2],
    ) -> Result<()> {
        let value = container.value;
        let is_array = value.kind() == bson::ARRAY;
        let texts = &mut each.items[0];
        if container.met || path.is_list() {
            self.values(document, &path.parts.concat(), texts, &mut HashSet::new(), false)?;
        } else {
            if is_array {
                for item in elements(self.reader.data, value) {
                    let entry = texts.len();
                    self.reader.key(item?.value, entry, texts)?;
                    texts.pad(entry + 1);
                }
            }
            self.reader.key(value, row, key)?;
        }
        if is_array {
            each.close(row);
        } else {
            each.close_open(row);
        }
        Ok(())
    }

    /// Fill `@match`.
    #[inline(always)]
    fn matched(
        &mut self,
        path: &PathPlan,
        document: Value,
        value: Value,
        row: usize,
        matched: &mut Column,
    ) -> Result<()> {
        if value.kind() == bson::ARRAY {
            self.values(document, &path.parts.concat(), &mut matched.items[0], &mut HashSet::new(), true)?;
            matched.close(row);
        }
        Ok(())
    }

    /// Add all values that `MongoDB` sees at a path, each once: it looks into arrays, one level at each name. Where the
    /// path leads into a document and ends before its end, a null may stand for it.
    fn values(
        &mut self,
        value: Value,
        steps: &[Step],
        texts: &mut Column,
        seen: &mut HashSet<Option<Vec<u8>>>,
        with_absent: bool,
    ) -> Result<()> {
        match (value.kind(), steps) {
            (bson::ARRAY, _) => {
                for item in elements(self.reader.data, value) {
                    let item = item?.value;
                    if steps.is_empty() {
                        self.add_once(item, texts, seen)?;
                    } else if item.kind() == bson::OBJECT {
                        self.values(item, steps, texts, seen, with_absent)?;
                    }
                }
                Ok(())
            }
            (bson::OBJECT, [step, rest @ ..]) => {
                let found = self.look_up(value, *step)?;
                self.values(found, rest, texts, seen, with_absent)
            }
            (bson::ABSENT, []) | (_, [_, ..]) if with_absent => self.add_once(Value::NONE, texts, seen),
            (bson::ABSENT, []) | (_, [_, ..]) => Ok(()),
            (_, []) => self.add_once(value, texts, seen),
        }
    }

    fn add_once(&mut self, value: Value, texts: &mut Column, seen: &mut HashSet<Option<Vec<u8>>>) -> Result<()> {
        let text = self.reader.text(value)?;
        let entry = texts.len();
        if seen.insert(text.map(<[u8]>::to_vec)) {
            match text {
                Some(text) => texts.put_text(entry, text, ""),
                None => texts.pad(entry + 1),
            }
        }
        Ok(())
    }

    /// Gather the amounts in the container of an array of the path, counted from 1.
    fn gather(&mut self, path: &PathPlan, container: &Place, array: usize, lists: &mut AmountLists<'_>) -> Result<()> {
        let value = container.value;
        if value.is_null() {
            return Ok(());
        }
        let name = &path.arrays[array - 1];
        if value.kind() != bson::ARRAY || container.met {
            self.odd = true;
            return self.reader.add_bad(value, name, lists);
        }
        let rest = &path.parts[array];
        let is_last = array == path.arrays.len();
        for item in elements(self.reader.data, value) {
            let item = item?.value;
            if is_last && rest.is_empty() {
                self.reader.add(item, &path.name, lists)?;
            } else if item.kind() != bson::OBJECT {
                self.reader.add_bad(item, name, lists)?;
            } else {
                let found = self.resolve(item, rest)?;
                if is_last {
                    self.reader.add(found.value, &path.name, lists)?;
                } else {
                    self.gather(path, &found, array + 1, lists)?;
                }
            }
        }
        Ok(())
    }

    /// Gather the same amounts again, each with the currency of the element that it lies in.
    fn gather_money(
        &mut self,
        path: &'a PathPlan,
        container: &Place,
        array: usize,
        outer: &Currency,
        money: &mut Column,
    ) -> Result<()> {
        let value = container.value;
        let Some(currency) = path.currency.as_ref().filter(|_| value.kind() == bson::ARRAY && !container.met) else {
            return Ok(());
        };
        let rest = &path.parts[array];
        let is_last = array == path.arrays.len();
        for item in elements(self.reader.data, value) {
            let item = item?.value;
            let own = if array == currency.array { Some(self.currency(item, currency)?) } else { None };
            let here = own.as_ref().unwrap_or(outer);
            if is_last && rest.is_empty() {
                self.reader.add_money(item, here, money);
            } else if item.kind() == bson::OBJECT {
                let found = self.resolve(item, rest)?;
                if is_last {
                    self.reader.add_money(found.value, here, money);
                } else {
                    self.gather_money(path, &found, array + 1, here, money)?;
                }
            }
        }
        Ok(())
    }

    /// The currency that stands in an element of an array.
    fn currency(&mut self, item: Value, plan: &'a CurrencyPlan) -> Result<Currency> {
        let found = self.resolve(item, &plan.steps)?;
        let amount = std::mem::replace(&mut self.reader.path, &plan.name);
        let currency = self.reader.currency(found.value);
        self.reader.path = amount;
        currency
    }
}

/// A value, and whether it is an array met before the end of the path.
struct Place {
    value: Value,
    met: bool,
}
