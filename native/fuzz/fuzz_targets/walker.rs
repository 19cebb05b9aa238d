//! Any bytes as a block of documents: what comes out adds up, is sound Arrow, and does not depend on how the documents
//! are put into blocks.
//!
//! The first byte of the input chooses the columns, the second how many documents are put into a block.

#![no_main]

use std::sync::LazyLock;

use intact_native::{Projected, Projector, Role};
use libfuzzer_sys::fuzz_target;

const OFFSET: i64 = 1_000_000;
const TOLD: usize = 100;

/// Columns of the paths that occur in the seeds, as path and roles.
const COLUMNS: [&str; 8] = [
    "",
    "a:key,text b:key,text,date a.b:key l:key,text l[].x:key,amount l[]:key,amount a.b.x:amount x:flag l.x:date",
    "id:key status:text,key items[].total:amount,key created_at:date billed:flag subscription_id:key name:text",
    "_id:key,text a:text,amount b:date,flag d:key,text x:key,amount o.t:text o.n:key o.x:amount o.b:date,flag",
    "a:key,text,amount,date,flag b:key,text,amount,date,flag d:key,text,amount,date,flag",
    "l[].o.x:key,amount l[].m[].x:key,amount a[].l[].x:key,amount a.l[].b:key,amount l[].l[]:amount,key",
    "a:key a.a:key a.a.a:key a.a.a.a:key,text 0:key,text,amount x.0:key address.city:text address.city:key",
    "d:amount,key regex:key code:text bin:key,text decimal:amount ts:key min:key max:text undef:key,flag symbol:key,date",
];

static PROJECTORS: LazyLock<Vec<Projector>> = LazyLock::new(|| {
    COLUMNS.iter().map(|columns| Projector::new(&parse(columns)).expect("columns that can be")).collect()
});

fn parse(text: &str) -> Vec<(Vec<String>, Role)> {
    let mut columns = Vec::new();
    for (path, roles) in text.split_whitespace().filter_map(|column| column.split_once(':')) {
        let steps = path.replace("[]", ".[]").split('.').map(str::to_owned).collect::<Vec<_>>();
        columns.extend(roles.split(',').filter_map(Role::parse).map(|role| (steps.clone(), role)));
    }
    columns
}

fn project(projector: &Projector, data: &[u8], offset: i64) -> Projected {
    let found = projector.project(data, offset).expect("less text than two gigabytes");
    found.rows.validate_full().expect("sound Arrow");
    assert_eq!(found.rows.len() + found.lost, found.documents);
    assert!(found.lost <= found.damaged && found.problems.len() == found.damaged.min(TOLD));
    assert!(found.repeated <= found.rows.len());
    let end = offset + i64::try_from(data.len()).expect("a small input");
    assert!(found.problems.iter().all(|problem| (offset..end).contains(&problem.offset)));
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
    let whole = project(projector, data, OFFSET);
    let again = project(projector, data, OFFSET);
    assert!(whole.rows == again.rows && whole.problems == again.problems && whole.repeated == again.repeated);

    let count = usize::from(*count % 16) + 1;
    let (mut at, mut row) = (0, 0);
    let (mut counts, mut problems) = ([0; 4], Vec::new());
    while at < data.len() {
        let end = at + documents(&data[at..], count);
        assert!(end > at);
        let part = project(projector, &data[at..end], OFFSET + i64::try_from(at).expect("a small input"));
        assert!(part.rows == whole.rows.slice(row, part.rows.len()));
        row += part.rows.len();
        let new = [part.documents, part.lost, part.damaged, part.repeated];
        counts.iter_mut().zip(new).for_each(|(sum, new)| *sum += new);
        problems.extend(part.problems);
        at = end;
    }
    assert_eq!(counts, [whole.documents, whole.lost, whole.damaged, whole.repeated]);
    if whole.damaged <= TOLD {
        assert_eq!(problems, whole.problems);
    }
});
