//! What one value becomes in the columns of its role. The counterpart of `cells.py` and `columns.py`.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_schema::{DataType, Field};

use crate::bson::{self, Result, Value};
use crate::canonical;
use crate::column::Column;
use crate::date::date;
use crate::number::{Amount, amount};

/// After how many characters text that is only shown is cut.
const MAX_SHOWN: usize = 256;

/// What a path is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Key,
    Text,
    Amount,
    Date,
    Flag,
    Match,
    Money,
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
            "match" => Self::Match,
            "money" => Self::Money,
            _ => return None,
        })
    }

    /// The types of its columns.
    pub(crate) fn columns(self, is_list: bool) -> Vec<DataType> {
        let text = DataType::Utf8;
        let amount = DataType::Decimal128(38, 18);
        match self {
            Self::Key => vec![text.clone(), list(text)],
            Self::Text => vec![text],
            Self::Match => vec![list(text)],
            Self::Money => {
                let names = ["currency", "type", "kind", "amount", "wide"];
                let types = [text.clone(), DataType::UInt8, DataType::UInt8, amount, text];
                let fields = names.into_iter().zip(types).map(|(name, data_type)| Field::new(name, data_type, true));
                vec![list(DataType::Struct(fields.collect()))]
            }
            Self::Amount if is_list => {
                let field = |name, data_type| Field::new(name, data_type, true);
                let bad = [field("field", text.clone()), field("kind", DataType::UInt8), field("text", text.clone())];
                let bad = DataType::Struct(bad.into_iter().collect());
                vec![list(amount), list(DataType::UInt8), list(text), list(bad)]
            }
            Self::Amount => vec![amount, text.clone(), text],
            Self::Date => vec![DataType::Int64, DataType::Int32, text],
            Self::Flag => vec![DataType::Boolean, text],
        }
    }
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

/// The columns of an amount in arrays.
pub struct AmountLists<'c> {
    pub amounts: &'c mut Column,
    pub kinds: &'c mut Column,
    pub wide: &'c mut Column,
    pub bad: &'c mut Column,
}

impl AmountLists<'_> {
    /// Close the lists of a row.
    pub fn close(&mut self, row: usize) {
        self.amounts.close(row);
        self.kinds.close(row);
        self.wide.close_open(row);
        self.bad.close_open(row);
    }
}

/// The currency that an element of an array says its amounts are in.
#[derive(Default)]
pub struct Currency {
    text: Option<String>,
    kind: u8,
}

/// Reads values into columns. Of what is absent, null or undefined nothing is put.
pub struct Reader<'a> {
    pub data: &'a [u8],
    /// The name of the path that is being read.
    pub path: &'a str,
    /// By path and position, the values of a document that cannot be taken in as they are.
    pub notes: HashSet<(&'a str, usize)>,
    scratch: String,
}

impl<'a> Reader<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, path: "", notes: HashSet::new(), scratch: String::new() }
    }

    /// The canonical text of a value; none for null.
    #[inline]
    pub fn text(&mut self, value: Value) -> Result<Option<&[u8]>> {
        if value.is_null() { Ok(None) } else { self.any_text(value).map(Some) }
    }

    #[inline(always)]
    fn any_text(&mut self, value: Value) -> Result<&[u8]> {
        let Self { data, path, notes, scratch } = self;
        canonical::text(data, value, &mut |position| _ = notes.insert((*path, position)), scratch)
    }

    /// Put the canonical text of a value.
    #[inline]
    pub fn key(&mut self, value: Value, row: usize, column: &mut Column) -> Result<()> {
        if let Some(text) = self.text(value)? {
            column.put_text(row, text, "");
        }
        Ok(())
    }

    /// Put the canonical text of a value, cut.
    #[inline]
    pub fn shown(&mut self, value: Value, row: usize, column: &mut Column) -> Result<()> {
        if value.is_null() { Ok(()) } else { self.shown_any(value, row, column) }
    }

    #[inline]
    fn shown_any(&mut self, value: Value, row: usize, column: &mut Column) -> Result<()> {
        let text = self.any_text(value)?;
        let cut = if text.len() > MAX_SHOWN { std::str::from_utf8(text).ok() } else { None };
        match cut.and_then(|text| text.char_indices().nth(MAX_SHOWN)) {
            Some((at, _)) => column.put_text(row, &text[..at], "…"),
            None => column.put_text(row, text, ""),
        }
        Ok(())
    }

    pub fn amount(&mut self, value: Value, row: usize, [narrow, wide, bad]: [&mut Column; 3]) -> Result<()> {
        match amount(self.data, value) {
            Some(Amount::Narrow(units)) => narrow.put(row, units),
            Some(Amount::Wide(text)) => wide.put_text(row, text.as_bytes(), ""),
            None => self.shown(value, row, bad)?,
        }
        Ok(())
    }

    pub fn date(&mut self, value: Value, row: usize, [dates, months, bad]: [&mut Column; 3]) -> Result<()> {
        let Some(date) = date(self.data, value) else {
            return self.shown(value, row, bad);
        };
        dates.put(row, date.milliseconds);
        if let Some(month) = date.month {
            months.put(row, month);
        }
        Ok(())
    }

    pub fn flag(&mut self, value: Value, row: usize, [flags, bad]: [&mut Column; 2]) -> Result<()> {
        if value.kind() != bson::BOOL {
            return self.shown(value, row, bad);
        }
        flags.put(row, bson::byte(self.data, value.start));
        Ok(())
    }

    /// Add the value at the end of a path through arrays to the open lists.
    pub fn add(&mut self, value: Value, path: &str, lists: &mut AmountLists<'_>) -> Result<()> {
        let entry = lists.kinds.items[0].len();
        match amount(self.data, value) {
            Some(Amount::Narrow(units)) => lists.amounts.items[0].put(entry, units),
            Some(Amount::Wide(text)) => {
                let wide = &mut lists.wide.items[0];
                wide.put_text(wide.len(), text.as_bytes(), "");
            }
            None if value.is_null() => {}
            None => self.add_bad(value, path, lists)?,
        }
        lists.amounts.items[0].pad(entry + 1);
        lists.kinds.items[0].put(entry, value.kind());
        Ok(())
    }

    /// The text and the kind of a currency.
    pub fn currency(&mut self, value: Value) -> Result<Currency> {
        let text = self.text(value)?.map(|text| {
            let text = String::from_utf8_lossy(text);
            match text.char_indices().nth(MAX_SHOWN) {
                Some((at, _)) => format!("{}…", &text[..at]),
                None => text.into_owned(),
            }
        });
        Ok(Currency { text, kind: value.kind() })
    }

    /// Add the value at the end of a path through arrays to an open list of money in a currency.
    pub fn add_money(&self, value: Value, currency: &Currency, money: &mut Column) {
        let item = &mut money.items[0];
        let entry = item.len();
        if let Some(text) = &currency.text {
            item.items[0].put_text(entry, text.as_bytes(), "");
        }
        item.items[1].put(entry, currency.kind);
        item.items[2].put(entry, value.kind());
        match amount(self.data, value) {
            Some(Amount::Narrow(units)) => item.items[3].put(entry, units),
            Some(Amount::Wide(text)) => item.items[4].put_text(entry, text.as_bytes(), ""),
            None => {}
        }
        item.append(true);
    }

    /// Add what cannot be read as what the part of the path that leads there says.
    pub fn add_bad(&mut self, value: Value, path: &str, lists: &mut AmountLists<'_>) -> Result<()> {
        let bad = &mut lists.bad.items[0];
        let entry = bad.len();
        self.shown_any(value, entry, &mut bad.items[2])?; // first, since it may find a broken document
        bad.items[0].put_text(entry, path.as_bytes(), "");
        bad.items[1].put(entry, value.kind());
        bad.append(true);
        Ok(())
    }
}
