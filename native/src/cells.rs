//! What one value becomes in the columns of its role. The counterpart of `cells.py` and `columns.py`.

use std::collections::HashSet;

use crate::bson::{self, Error, Value};
use crate::canonical;
use crate::columns::{Lists, Numbers, Texts};
use crate::date::date;
use crate::notes::Notes;
use crate::number::{Amount, amount};

/// What a path is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Key,
    Text,
    Amount,
    Date,
    Flag,
}

impl Role {
    /// A role by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "key" => Self::Key,
            "text" => Self::Text,
            "amount" => Self::Amount,
            "date" => Self::Date,
            "flag" => Self::Flag,
            _ => return None,
        })
    }
}

/// The columns of one role of a path, but for its kind.
#[derive(Clone)]
pub enum Cells {
    Key(Key),
    Text(Texts),
    Amount(Amounts),
    /// Of a path through arrays.
    List(Box<AmountLists>),
    Date(Dates),
    Flag(Flags),
}

#[derive(Clone, Default)]
pub struct Key {
    pub key: Texts,
    pub each: TextLists,
}

#[derive(Clone, Default)]
pub struct TextLists {
    pub lists: Lists,
    pub texts: Texts,
}

#[derive(Clone, Default)]
pub struct Amounts {
    pub amount: Numbers<i128>,
    pub wide: Texts,
    pub bad: Texts,
}

/// The lists of `@amount` and `@kinds` are of the same lengths, so they share them.
#[derive(Clone, Default)]
pub struct AmountLists {
    pub lists: Lists,
    pub amounts: Numbers<i128>,
    pub kinds: Numbers<u8>,
    pub wide: TextLists,
    pub bad: BadLists,
}

#[derive(Clone, Default)]
pub struct BadLists {
    pub lists: Lists,
    pub field: Texts,
    pub kind: Numbers<u8>,
    pub text: Texts,
}

#[derive(Clone, Default)]
pub struct Dates {
    pub date: Numbers<i64>,
    pub month: Numbers<i32>,
    pub bad: Texts,
}

#[derive(Clone, Default)]
pub struct Flags {
    /// 0 or 1.
    pub flag: Numbers<u8>,
    pub bad: Texts,
}

impl Cells {
    pub fn new(role: Role, is_list: bool) -> Self {
        match role {
            Role::Key => Self::Key(Key::default()),
            Role::Text => Self::Text(Texts::default()),
            Role::Amount if is_list => Self::List(Box::default()),
            Role::Amount => Self::Amount(Amounts::default()),
            Role::Date => Self::Date(Dates::default()),
            Role::Flag => Self::Flag(Flags::default()),
        }
    }

    /// Go back to so many rows.
    pub fn truncate(&mut self, rows: usize) {
        match self {
            Self::Key(Key { key, each }) => {
                key.truncate(rows);
                each.truncate(rows);
            }
            Self::Text(text) => text.truncate(rows),
            Self::Amount(Amounts { amount, wide, bad }) => {
                amount.truncate(rows);
                wide.truncate(rows);
                bad.truncate(rows);
            }
            Self::List(lists) => {
                let entries = lists.lists.truncate(rows);
                lists.amounts.truncate(entries);
                lists.kinds.truncate(entries);
                lists.wide.truncate(rows);
                lists.bad.truncate(rows);
            }
            Self::Date(Dates { date, month, bad }) => {
                date.truncate(rows);
                month.truncate(rows);
                bad.truncate(rows);
            }
            Self::Flag(Flags { flag, bad }) => {
                flag.truncate(rows);
                bad.truncate(rows);
            }
        }
    }
}

/// A value that is there, with what is needed to read it.
pub struct Reading<'a, 'n> {
    pub data: &'a [u8],
    pub value: Value,
    pub notes: &'n mut Notes,
}

impl Reading<'_, '_> {
    /// Put its canonical text.
    #[inline]
    pub fn key(self, row: usize, texts: &mut Texts) -> Result<(), Error> {
        canonical::write(self.data, self.value, self.notes, &mut texts.text)?;
        texts.close(row);
        Ok(())
    }

    /// Put its canonical text, cut.
    #[inline]
    pub fn shown(self, row: usize, texts: &mut Texts) -> Result<(), Error> {
        canonical::write_shown(self.data, self.value, self.notes, &mut texts.text)?;
        texts.close(row);
        Ok(())
    }

    pub fn amount(self, row: usize, cells: &mut Amounts) -> Result<(), Error> {
        match amount(self.data, self.value) {
            Some(Amount::Narrow(units)) => cells.amount.put(row, units),
            Some(Amount::Wide(text)) => cells.wide.put(row, &text),
            None => self.shown(row, &mut cells.bad)?,
        }
        Ok(())
    }

    pub fn date(self, row: usize, cells: &mut Dates) -> Result<(), Error> {
        match date(self.data, self.value) {
            Some(found) => {
                cells.date.put(row, found.milliseconds);
                if let Some(month) = found.month {
                    cells.month.put(row, month);
                }
            }
            None => self.shown(row, &mut cells.bad)?,
        }
        Ok(())
    }

    pub fn flag(self, row: usize, cells: &mut Flags) -> Result<(), Error> {
        if self.value.kind() == bson::BOOL {
            cells.flag.put(row, u8::from(bson::byte(self.data, self.value.start) != 0));
            return Ok(());
        }
        self.shown(row, &mut cells.bad)
    }
}

impl TextLists {
    /// Add the canonical text of a value to the open list; null for null and undefined.
    pub fn add(&mut self, reading: Reading<'_, '_>) -> Result<(), Error> {
        if !reading.value.is_null() {
            reading.key(self.lists.entries, &mut self.texts)?;
        }
        self.lists.entries += 1;
        Ok(())
    }

    pub fn truncate(&mut self, rows: usize) {
        let entries = self.lists.truncate(rows);
        self.texts.truncate(entries);
    }
}

impl BadLists {
    fn truncate(&mut self, rows: usize) {
        let entries = self.lists.truncate(rows);
        self.field.truncate(entries);
        self.kind.truncate(entries);
        self.text.truncate(entries);
    }
}

impl AmountLists {
    /// Add the value at the end of the path.
    pub fn add(&mut self, reading: Reading<'_, '_>, path: &str) -> Result<(), Error> {
        let kind = reading.value.kind();
        let entry = self.lists.entries;
        let found = if reading.value.is_null() { None } else { amount(reading.data, reading.value) };
        match found {
            Some(Amount::Narrow(units)) => self.amounts.put(entry, units),
            Some(Amount::Wide(text)) => {
                self.wide.texts.put(self.wide.lists.entries, &text);
                self.wide.lists.entries += 1;
            }
            None if bson::is_null(kind) => {}
            None => self.add_bad(reading, path)?,
        }
        self.kinds.put(entry, kind);
        self.lists.entries += 1;
        Ok(())
    }

    /// Add what cannot be read as what the part of the path that leads there says.
    pub fn add_bad(&mut self, reading: Reading<'_, '_>, path: &str) -> Result<(), Error> {
        let entry = self.bad.lists.entries;
        let kind = reading.value.kind();
        reading.shown(entry, &mut self.bad.text)?;
        self.bad.field.put(entry, path);
        self.bad.kind.put(entry, kind);
        self.bad.lists.entries += 1;
        Ok(())
    }

    /// Close the lists of a row.
    pub fn close(&mut self, row: usize) {
        self.lists.close(row);
        if self.wide.lists.open_entries() > 0 {
            self.wide.lists.close(row);
        }
        if self.bad.lists.open_entries() > 0 {
            self.bad.lists.close(row);
        }
    }
}

/// Keeps each value of the open list once: few are compared with each other, many are remembered.
#[derive(Clone, Default)]
pub struct Once {
    seen: HashSet<Option<Vec<u8>>>,
}

impl Once {
    const FEW: usize = 16;

    /// Add the canonical text of a value to the open list, unless it is there already.
    pub fn add(&mut self, each: &mut TextLists, reading: Reading<'_, '_>) -> Result<(), Error> {
        let first = each.lists.entries - each.lists.open_entries();
        let new = each.lists.entries;
        each.add(reading)?;
        let text = each.texts.bytes(new);
        let known = if new - first < Self::FEW {
            (first..new).any(|at| each.texts.bytes(at) == text)
        } else {
            if self.seen.is_empty() {
                self.seen.extend((first..new).map(|at| each.texts.bytes(at).map(<[u8]>::to_vec)));
            }
            !self.seen.insert(text.map(<[u8]>::to_vec))
        };
        if known {
            each.lists.entries = new;
            each.texts.truncate(new);
        }
        Ok(())
    }
}
