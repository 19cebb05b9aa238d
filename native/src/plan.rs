//! What is wanted of a collection, made ready: each path with the names that lead there.

use std::collections::{BTreeMap, BTreeSet};

use crate::cells::Role;
use crate::scan::Names;

/// The step into every element of an array.
const EACH: &str = "[]";

/// The place of whole documents.
pub const ROOT: usize = 0;

/// The slot of `_id` in whole documents.
pub const ID: usize = 0;

/// A field name of a path: in the documents at which place it is looked up, and which slot it has there.
#[derive(Debug)]
pub struct Step {
    pub place: usize,
    pub slot: usize,
    pub name: Box<[u8]>,
}

/// A path with its roles.
#[derive(Debug)]
pub struct PathPlan {
    pub name: String,
    pub roles: Vec<Role>,
    /// All the names of the path.
    pub steps: Vec<Step>,
    /// How many of the names lie before each array of the path.
    pub arrays: Vec<usize>,
    /// The path of each array.
    pub array_names: Vec<String>,
    /// The number of the path's name among [`Plan::names`].
    pub reading: usize,
}

impl PathPlan {
    pub fn is_list(&self) -> bool {
        !self.arrays.is_empty()
    }

    /// The names before the first array, or before the end.
    pub fn container(&self) -> &[Step] {
        self.part(0)
    }

    /// The names after so many arrays, up to the next one or to the end.
    pub fn part(&self, arrays: usize) -> &[Step] {
        let from = arrays.checked_sub(1).and_then(|before| self.arrays.get(before)).copied().unwrap_or(0);
        let to = self.arrays.get(arrays).copied().unwrap_or(self.steps.len());
        self.steps.get(from..to).unwrap_or(&[])
    }
}

/// What is wanted of a collection.
#[derive(Debug)]
pub struct Plan {
    /// By path.
    pub paths: Vec<PathPlan>,
    /// The wanted names of each place. A place is reached by names, whether there are arrays on the way or not.
    pub places: Vec<Names>,
    /// The names by which problems call paths.
    pub names: Vec<String>,
}

impl Plan {
    /// Make a plan for paths, as steps, in roles.
    ///
    /// # Errors
    ///
    /// A sentence, if a path through an array is wanted as something else than a key or an amount.
    pub fn new(columns: &[(Vec<String>, Role)]) -> Result<Self, String> {
        let mut wanted: BTreeMap<&[String], BTreeSet<Role>> = BTreeMap::new();
        for (path, role) in columns {
            wanted.entry(path).or_default().insert(*role);
        }
        let mut plan =
            Self { paths: Vec::new(), places: vec![vec![b"_id".as_slice().into()]], names: vec!["_id".to_owned()] };
        let mut known = BTreeMap::new();
        for (path, roles) in wanted {
            let path = plan.path(path, roles.into_iter().collect(), &mut known)?;
            plan.paths.push(path);
        }
        Ok(plan)
    }

    fn path(
        &mut self,
        path: &[String],
        roles: Vec<Role>,
        known: &mut BTreeMap<(usize, usize), usize>,
    ) -> Result<PathPlan, String> {
        let name = written(path);
        if path.iter().any(|step| step == EACH) && !roles.iter().all(|role| matches!(role, Role::Key | Role::Amount)) {
            return Err(format!("{name} goes through an array, so it can only be a key or an amount"));
        }
        let mut steps: Vec<Step> = Vec::new();
        let mut arrays = Vec::new();
        let mut array_names = Vec::new();
        for (count, step) in path.iter().enumerate() {
            if step == EACH {
                arrays.push(steps.len());
                array_names.push(written(path.get(..count).unwrap_or(&[])));
                continue;
            }
            let place = match steps.last() {
                None => ROOT,
                Some(before) => *known.entry((before.place, before.slot)).or_insert_with(|| {
                    self.places.push(Names::new());
                    self.places.len() - 1
                }),
            };
            steps.push(Step { place, slot: self.slot(place, step), name: step.as_bytes().into() });
        }
        let reading = self.names.iter().position(|each| *each == name).unwrap_or_else(|| {
            self.names.push(name.clone());
            self.names.len() - 1
        });
        Ok(PathPlan { name, roles, steps, arrays, array_names, reading })
    }

    /// The slot of a name at a place.
    fn slot(&mut self, place: usize, name: &str) -> usize {
        let Some(names) = self.places.get_mut(place) else {
            return usize::MAX;
        };
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
