//! Finished columns to Arrow.
//!
//! Buffers are handed over as they are. This file holds the only unsafe code of the crate: Arrow is told that the
//! arrays are sound and not to look at each of them again.

use std::sync::Arc;

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, Fields, Schema};
use zerocopy::{Immutable, IntoBytes};

use crate::cells::{AmountLists, BadLists, Cells, Key, Role, TextLists};
use crate::columns::{Ends, Lists, Numbers, Texts, Validity, push_bit};
use crate::plan::Plan;
use crate::walk::Table;

/// The texts or lists of a block are more than the offsets of an Arrow column can count.
#[derive(Debug)]
pub struct TooLarge;

/// Give the rows of a table as a record batch.
///
/// # Errors
///
/// If the texts of one column have more than two gigabytes.
pub fn record_batch(plan: &Plan, mut table: Table) -> Result<ArrayData, TooLarge> {
    let rows = table.rows;
    let mut columns = vec![texts(table.ids, rows)?];
    for path in &mut table.paths {
        columns.push(numbers(DataType::UInt8, Numbers::whole(std::mem::take(&mut path.kinds)), rows));
        for cells in path.cells.drain(..) {
            finish(cells, rows, &mut columns)?;
        }
    }
    let data_type = DataType::Struct(fields(plan));
    Ok(array(data_type, rows, None, Vec::new(), columns))
}

/// Give the schema of the record batches of a plan.
pub fn schema(plan: &Plan) -> Schema {
    Schema::new(fields(plan))
}

fn fields(plan: &Plan) -> Fields {
    // C cannot say a zero byte in a name, and no field of BSON has one.
    let field = |name: String, data_type, nullable| Field::new(name.replace('\0', ""), data_type, nullable);
    let mut fields = vec![field("_id".to_owned(), DataType::Utf8, true)];
    for path in &plan.paths {
        fields.push(field(format!("{}#kind", path.name), DataType::UInt8, false));
        for &role in &path.roles {
            for (suffix, data_type) in types(role, path.is_list()) {
                fields.push(field(format!("{}@{suffix}", path.name), data_type, true));
            }
        }
    }
    fields.into()
}

fn types(role: Role, is_list: bool) -> Vec<(&'static str, DataType)> {
    let text = DataType::Utf8;
    match role {
        Role::Key => vec![("key", text.clone()), ("each", list(text))],
        Role::Text => vec![("text", text)],
        Role::Amount if is_list => vec![
            ("amount", list(amount())),
            ("kinds", list(DataType::UInt8)),
            ("wide", list(text)),
            ("bad", list(DataType::Struct(bad_fields()))),
        ],
        Role::Amount => vec![("amount", amount()), ("wide", text.clone()), ("bad", text)],
        Role::Date => vec![("date", DataType::Int64), ("month", DataType::Int32), ("bad", text)],
        Role::Flag => vec![("flag", DataType::Boolean), ("bad", text)],
    }
}

fn amount() -> DataType {
    DataType::Decimal128(38, 18)
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

fn bad_fields() -> Fields {
    let field = |name, data_type| Field::new(name, data_type, true);
    vec![field("field", DataType::Utf8), field("kind", DataType::UInt8), field("text", DataType::Utf8)].into()
}

/// Add the finished columns of a role.
fn finish(cells: Cells, rows: usize, columns: &mut Vec<ArrayData>) -> Result<(), TooLarge> {
    match cells {
        Cells::Key(Key { key, each }) => columns.extend([texts(key, rows)?, text_lists(each, rows)?]),
        Cells::Text(text) => columns.push(texts(text, rows)?),
        Cells::Amount(cells) => {
            columns.extend([numbers(amount(), cells.amount, rows), texts(cells.wide, rows)?, texts(cells.bad, rows)?]);
        }
        Cells::List(cells) => {
            let AmountLists { lists, amounts, kinds, wide, bad } = *cells;
            let entries = lists.entries;
            let amounts = numbers(amount(), amounts, entries);
            let kinds = numbers(DataType::UInt8, kinds, entries);
            let [amounts, kinds] = lists_of(lists, rows, [amounts, kinds])?;
            columns.extend([amounts, kinds, text_lists(wide, rows)?, bad_lists(bad, rows)?]);
        }
        Cells::Date(cells) => columns.extend([
            numbers(DataType::Int64, cells.date, rows),
            numbers(DataType::Int32, cells.month, rows),
            texts(cells.bad, rows)?,
        ]),
        Cells::Flag(cells) => columns.extend([flags(cells.flag, rows), texts(cells.bad, rows)?]),
    }
    Ok(())
}

fn text_lists(cells: TextLists, rows: usize) -> Result<ArrayData, TooLarge> {
    let child = texts(cells.texts, cells.lists.entries)?;
    let [array] = lists_of(cells.lists, rows, [child])?;
    Ok(array)
}

fn bad_lists(cells: BadLists, rows: usize) -> Result<ArrayData, TooLarge> {
    let BadLists { lists, field, kind, text } = cells;
    let entries = lists.entries;
    let kind = numbers(DataType::UInt8, kind, entries);
    let children = vec![texts(field, entries)?, kind, texts(text, entries)?];
    let child = array(DataType::Struct(bad_fields()), entries, None, Vec::new(), children);
    let [array] = lists_of(lists, rows, [child])?;
    Ok(array)
}

/// Lists of the same lengths over several children.
fn lists_of<const N: usize>(
    mut lists: Lists,
    rows: usize,
    children: [ArrayData; N],
) -> Result<[ArrayData; N], TooLarge> {
    lists.pad(rows);
    let (offsets, nulls, _) = ends(lists.ends)?;
    Ok(children
        .map(|child| array(list(child.data_type().clone()), rows, nulls.clone(), vec![offsets.clone()], vec![child])))
}

fn texts(mut column: Texts, rows: usize) -> Result<ArrayData, TooLarge> {
    column.pad(rows);
    let (offsets, nulls, size) = ends(column.ends)?;
    column.text.truncate(size);
    let values = column.text.into_buffer();
    Ok(array(DataType::Utf8, rows, nulls, vec![offsets, values], Vec::new()))
}

/// Offsets, and where the last entry ends. An end that is too large for them was written as the largest there is.
fn ends(ends: Ends) -> Result<(Buffer, Option<NullBuffer>, usize), TooLarge> {
    let last = ends.offsets.last().copied().unwrap_or(0);
    let nulls = nulls(ends.valid);
    match usize::try_from(last) {
        Ok(size) if last < i32::MAX => Ok((ends.offsets.into_buffer(), nulls, size)),
        _ => Err(TooLarge),
    }
}

fn numbers<T>(data_type: DataType, mut column: Numbers<T>, rows: usize) -> ArrayData
where
    T: Copy + Default + IntoBytes + Immutable + Send + 'static,
{
    column.pad(rows);
    array(data_type, rows, nulls(column.valid), vec![column.values.into_buffer()], Vec::new())
}

fn flags(mut column: Numbers<u8>, rows: usize) -> ArrayData {
    column.pad(rows);
    let mut bits = Vec::with_capacity(rows.div_ceil(8));
    for (len, &flag) in column.values.iter().enumerate() {
        push_bit(&mut bits, len, flag != 0);
    }
    array(DataType::Boolean, rows, nulls(column.valid), vec![Buffer::from_vec(bits)], Vec::new())
}

fn nulls(valid: Validity) -> Option<NullBuffer> {
    let len = valid.len();
    let bits = valid.into_bits()?;
    Some(NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(bits), 0, len)))
}

/// Make an array of its parts.
#[allow(unsafe_code)]
fn array(
    data_type: DataType,
    len: usize,
    nulls: Option<NullBuffer>,
    buffers: Vec<Buffer>,
    children: Vec<ArrayData>,
) -> ArrayData {
    let builder = ArrayData::builder(data_type).len(len).nulls(nulls).buffers(buffers).child_data(children);
    // SAFETY: what Arrow would check holds by the way the parts are made. Every column is filled up to its number of
    // rows, with a value, an end or a bit for each. Ends begin with 0, never go back, are written only between
    // characters, and the last one (checked in `ends`) is the length of the text or the number of entries. Text is
    // UTF-8, since nothing else gets into `Text`. Buffers are the memory of vectors of the type that they hold, so they are
    // aligned.
    unsafe { builder.build_unchecked() }
}
