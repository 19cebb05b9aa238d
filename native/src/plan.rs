//! What is wanted of a collection, made ready: each path with the names that lead there.

use std::collections::BTreeMap;

use arrow_schema::{DataType, Field, Fields};

use crate::cells::Role;
use crate::scan::Names;

/// The step into every element of an array.
const EACH: &str = "[]";

/// The place of whole documents.
pub const ROOT: usize = 0;

/// The slot of `_id` in whole documents.
pub const ID: usize = 0;

/// A field name of a path: in the documents at which place it is looked up, and which slot it has there.
#[derive(Clone, Copy)]
pub struct Step {
    pub place: usize,
    pub slot: usize,
}

/// A path with its roles.
pub struct PathPlan {
    pub name: String,
    pub roles: Vec<Role>,
    /// The names of the path, in parts: those before the first array, and those after each array.
    pub parts: Vec<Vec<Step>>,
    /// The path of each array.
    pub arrays: Vec<String>,
    /// Of amounts, where their currency stands, if that is in the elements of an array.
    pub currency: Option<CurrencyPlan>,
}

/// Where a currency stands: behind names in the elements of an array, counted from 1.
pub struct CurrencyPlan {
    pub name: String,
    pub array: usize,
    pub steps: Vec<Step>,
}

/// A path that is wanted, as steps, with its roles, and where the currency of its amounts stands.
pub type Wanted = (Vec<String>, Vec<Role>, Option<Vec<String>>);

impl PathPlan {
    pub fn is_list(&self) -> bool {
        !self.arrays.is_empty()
    }
}

/// What is wanted of a collection.
pub struct Plan {
    pub paths: Vec<PathPlan>,
    /// The names of paths whose fields are counted, whether the paths are wanted or not.
    pub counted: Vec<Vec<Step>>,
    /// The wanted names of each place. A place is reached by names, whether there are arrays on the way or not.
    pub places: Vec<Names>,
    /// The names that lead to each place.
    pub ways: Vec<Vec<String>>,
    /// The place behind each name that is not the last one of a path, by its place and slot.
    known: BTreeMap<(usize, usize), usize>,
}

impl Plan {
    /// Make a plan for paths with their roles, and for paths of which only the fields are counted.
    ///
    /// # Errors
    ///
    /// A sentence, if a path through an array is wanted as something else than a key or an amount.
    pub fn new(wanted: &[Wanted], counted: &[Vec<String>]) -> Result<Self, String> {
        let mut plan = Self {
            paths: Vec::new(),
            counted: Vec::new(),
            places: vec![vec![b"_id".as_slice().into()]],
            ways: vec![Vec::new()],
            known: BTreeMap::new(),
        };
        for (path, roles, currency) in wanted {
            let mut made = plan.path(path, roles);
            if made.is_list() && !roles.iter().all(|role| matches!(role, Role::Key | Role::Amount | Role::Money)) {
                return Err(format!("{} goes through an array, so it can only be a key or an amount", made.name));
            }
            if roles.contains(&Role::Money) != (currency.is_some() && roles.contains(&Role::Amount)) {
                return Err(format!("{} can only be money if it is an amount, too, and has a currency", made.name));
            }
            if let Some(currency) = currency {
                made.currency = Some(plan.currency(currency, &made)?);
            }
            plan.paths.push(made);
        }
        for path in counted {
            let made = plan.path(path, &[]);
            plan.counted.push(made.parts.concat());
        }
        Ok(plan)
    }

    /// The type of the rows: `_id` first, then path by path. What the columns are called is for others to say.
    pub fn data_type(&self) -> DataType {
        let mut fields = vec![Field::new("", DataType::Utf8, true)];
        for path in &self.paths {
            fields.push(Field::new("", DataType::UInt8, false));
            let columns = path.roles.iter().flat_map(|role| role.columns(path.is_list()));
            fields.extend(columns.map(|data_type| Field::new("", data_type, true)));
        }
        DataType::Struct(Fields::from(fields))
    }

    fn path(&mut self, path: &[String], roles: &[Role]) -> PathPlan {
        let mut parts = vec![Vec::new()];
        let mut arrays = Vec::new();
        let mut before: Option<Step> = None;
        for (count, name) in path.iter().enumerate() {
            if name == EACH {
                parts.push(Vec::new());
                arrays.push(written(&path[..count]));
                continue;
            }
            let place = before.map_or(ROOT, |step| self.behind(step, &path[..count]));
            let step = Step { place, slot: self.slot(place, name) };
            parts.last_mut().into_iter().for_each(|part| part.push(step));
            before = Some(step);
        }
        PathPlan { name: written(path), roles: roles.to_vec(), parts, arrays, currency: None }
    }

    /// Where the currency of an amount stands.
    fn currency(&mut self, path: &[String], amount: &PathPlan) -> Result<CurrencyPlan, String> {
        let PathPlan { name, mut parts, arrays, .. } = self.path(path, &[]);
        let steps = parts.pop().unwrap_or_default();
        if arrays.is_empty() || steps.is_empty() || !amount.arrays.starts_with(&arrays) {
            return Err(format!("{name} is not in the elements of the arrays in which {} lies", amount.name));
        }
        Ok(CurrencyPlan { name, array: arrays.len(), steps })
    }

    /// The place that a name leads to, the last one of these steps.
    fn behind(&mut self, step: Step, way: &[String]) -> usize {
        *self.known.entry((step.place, step.slot)).or_insert_with(|| {
            self.places.push(Names::new());
            self.ways.push(way.iter().filter(|step| *step != EACH).cloned().collect());
            self.places.len() - 1
        })
    }

    /// The slot of a name at a place.
    fn slot(&mut self, place: usize, name: &str) -> usize {
        let names = &mut self.places[place];
        names.iter().position(|each| **each == *name.as_bytes()).unwrap_or_else(|| {
            names.push(name.as_bytes().into());
            names.len() - 1
        })
    }
}

/// A path as models write it.
fn written(steps: &[String]) -> String {
    steps.join(".").replace(".[]", "[]")
}
