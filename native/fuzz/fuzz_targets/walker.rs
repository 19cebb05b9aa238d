//! Any bytes as a block of documents: what comes out adds up, is sound Arrow, and does not depend on how the documents
//! are put into blocks.
//!
//! The first byte of the input chooses the columns, the second how many documents are put into a block.

#![no_main]

use std::sync::LazyLock;

use intact_native::{Projected, Projector, Role, Tally};
use libfuzzer_sys::fuzz_target;

const TOLD: usize = 100;
const NAMED: usize = 20;

/// Columns of the paths that occur in the seeds, as paths and roles, and of money the path of its currency.
const COLUMNS: [&str; 9] = [
    "",
    "a:key,text b:key,text,date a.b:key l:key,text l[].x:key,amount l[]:key,amount a.b.x:amount x:flag l.x:date",
    "id:key status:text,key items[].total:amount,money=items[].name created_at:date billed:flag subscription_id:key name:text",
    "_id:key,text a:text,amount b:date,flag d:key,text x:key,amount o.t:text o.n:key o.x:amount o.b:date,flag",
    "a:key,text,amount,date,flag b:key,text,amount,date,flag d:key,text,amount,date,flag",
    "l[].o.x:key,amount l[].m[].x:key,amount a[].l[].x:key,amount a.l[].b:key,amount l[].l[]:amount,key",
    "l[].o.x:amount,money=l[].a l[].m[].x:amount,money=l[].o.x l[].l[]:amount,money=l[].l[].x a[].x:amount,money=a[].b",
    "a:key a.a:key a.a.a:key a.a.a.a:key,text 0:key,text,amount x.0:key address.city:text address.city:key",
    "d:amount,key regex:key code:text bin:key,text decimal:amount ts:key min:key max:text undef:key,flag symbol:key,date",
];

static PROJECTORS: LazyLock<Vec<Projector>> = LazyLock::new(|| {
    COLUMNS.iter().map(|columns| Projector::new(&parse(columns), &[]).expect("columns that can be")).collect()
});

fn parse(text: &str) -> Vec<(Vec<String>, Vec<Role>, Option<Vec<String>>)> {
    let columns = text.split_whitespace().filter_map(|column| column.split_once(':'));
    let steps = |path: &str| path.replace("[]", ".[]").split('.').map(str::to_owned).collect();
    let made = |(path, roles): (&str, &str)| {
        let (roles, currency) = roles.split_once('=').map_or((roles, None), |(roles, of)| (roles, Some(steps(of))));
        (steps(path), roles.split(',').filter_map(Role::parse).collect(), currency)
    };
    columns.map(made).collect()
}

fn project(projector: &Projector, data: &[u8]) -> Projected {
    let found = projector.project(data).expect("less text than two gigabytes");
    found.rows.validate_full().expect("sound Arrow");
    let Tally { documents, lost, damaged, repeated, troubled, repeats } = &found.tally;
    assert_eq!(found.rows.len() + lost, *documents);
    assert!(lost <= damaged && lost <= documents && *repeated <= found.rows.len());
    assert!(troubled.len() <= *damaged && (troubled.len() == TOLD || troubled.len() >= *lost));
    assert!(troubled.iter().all(|(start, end)| start < end && *end <= data.len()));
    assert_eq!(repeats.len(), (*repeated).min(NAMED));
    assert!(troubled.is_sorted_by(|one, next| one.1 <= next.0));
    found
}

/// How many bytes from the beginning on hold this many documents, or all.
fn documents(data: &[u8], count: usize) -> usize {
    let mut at = 0;
    for _ in 0..count {
        let Some(length) = data.get(at..).and_then(<[u8]>::first_chunk).copied().map(i32::from_le_bytes) else {
            return data.len();
        };
        match usize::try_from(length) {
            Ok(length) if length >= 5 && length <= data.len() - at => at += length,
            _ => return data.len(),
        }
    }
    at
}

fuzz_target!(|input: &[u8]| {
    let [choice, count, data @ ..] = input else { return };
    let projector = &PROJECTORS[usize::from(*choice) % PROJECTORS.len()];
    let whole = project(projector, data);
    let again = project(projector, data);
    assert!(whole.rows == again.rows && whole.tally == again.tally);

    let count = usize::from(*count % 16) + 1;
    let (mut at, mut row) = (0, 0);
    let mut sum = Tally::default();
    while at < data.len() {
        let end = at + documents(&data[at..], count);
        assert!(end > at);
        let part = project(projector, &data[at..end]);
        assert!(part.rows == whole.rows.slice(row, part.rows.len()));
        row += part.rows.len();
        sum.documents += part.tally.documents;
        sum.lost += part.tally.lost;
        sum.damaged += part.tally.damaged;
        sum.repeated += part.tally.repeated;
        sum.troubled.extend(part.tally.troubled.iter().map(|(start, stop)| (at + start, at + stop)));
        sum.repeats.extend(part.tally.repeats.iter().map(|(start, stop)| (at + start, at + stop)));
        at = end;
    }
    sum.troubled.truncate(TOLD);
    sum.repeats.truncate(NAMED);
    assert_eq!(sum, whole.tally);
});
