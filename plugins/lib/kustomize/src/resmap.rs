//! The ordered set of objects that a build works on.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::error::{Error, Result};
use crate::origin::Origin;
use crate::resid::{IdKey, IdRef};
use crate::resource::{Behavior, Resource};

/// Objects in the order in which they were added; no two have the same id when they are added.
#[derive(Debug, Default)]
pub(crate) struct ResMap {
    list: Vec<Resource>,
}

impl ResMap {
    /// A map of these objects.
    pub fn from_resources(resources: Vec<Resource>) -> Result<Self> {
        let mut map = Self::default();
        map.append_all(resources)?;
        Ok(map)
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn resources(&self) -> &[Resource] {
        &self.list
    }

    pub fn resources_mut(&mut self) -> &mut [Resource] {
        &mut self.list
    }

    pub fn into_resources(self) -> Vec<Resource> {
        self.list
    }

    pub fn take(&mut self) -> Vec<Resource> {
        std::mem::take(&mut self.list)
    }

    /// Puts objects in without a look at their ids.
    pub fn replace_all(&mut self, resources: Vec<Resource>) {
        self.list = resources;
    }

    /// Adds objects; an id that is there already is an error.
    pub fn append_all(&mut self, resources: Vec<Resource>) -> Result<()> {
        if resources.len() == 1 {
            let id = resources[0].id();
            if self.list.iter().any(|known| known.id().equals(&id)) {
                return Err(Error::Duplicate { id: id.to_string() });
            }
        } else {
            let mut known: HashSet<IdKey> = self.list.iter().map(|resource| resource.id().key()).collect();
            if let Some(twice) = resources
                .iter()
                .find(|resource| !known.insert(resource.id().key()))
            {
                return Err(Error::Duplicate {
                    id: twice.id().to_string(),
                });
            }
        }
        self.list.extend(resources);
        Ok(())
    }

    /// Drops objects that patches emptied.
    pub fn drop_empties(&mut self) {
        self.list.retain(|resource| !resource.is_empty());
    }

    /// Positions of the objects whose current or any former id satisfies the condition.
    pub fn positions_by_any_id(&self, matches: impl Fn(&IdRef<'_>) -> bool) -> Vec<usize> {
        let fits = |resource: &Resource| {
            !resource.is_empty()
                && (resource.previous_ids().any(|id| matches(&id)) || matches(&resource.id()))
        };
        (0..self.list.len()).filter(|at| fits(&self.list[*at])).collect()
    }

    /// Position of the one object that has or had the id.
    pub fn position_of(&self, id: &IdRef<'_>) -> Result<usize, String> {
        let found = self.positions_by_any_id(|other| id.equals(other));
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(format!(
                "no matches for Id {id}; failed to find unique target for patch {id}"
            )),
            _ => Err(format!(
                "multiple matches for Id {id}; failed to find unique target for patch {id}"
            )),
        }
    }

    /// Adds to an error about a field of an object the file that people find the object in.
    pub fn name_file(&self, error: Error) -> Error {
        let file = error.object().and_then(|wanted| {
            let found = self
                .list
                .iter()
                .find(|resource| resource.id().to_string() == wanted)?;
            Some(found.origin.as_ref()?.file()?.to_owned())
        });
        match file {
            Some(file) => error.within(file),
            None => error,
        }
    }

    /// How many objects have each id now.
    pub fn count_ids(&self) -> HashMap<IdKey, usize> {
        let mut counts = HashMap::with_capacity(self.list.len());
        for resource in &self.list {
            *counts.entry(resource.id().key()).or_insert(0) += 1;
        }
        counts
    }

    /// Adds what generators made: new objects at the end, others into the objects that they replace or merge with.
    pub fn absorb_all(&mut self, resources: Vec<Resource>) -> Result<()> {
        resources
            .into_iter()
            .try_for_each(|resource| self.absorb(resource))
    }

    fn absorb(&mut self, mut resource: Resource) -> Result<()> {
        let id = resource.id();
        let behavior = resource.behavior.unwrap_or_default();
        let found = self.positions_by_any_id(|other| id.equals(other));
        let wrong = |reason: String| {
            Err(Error::Behavior {
                id: id.to_string(),
                reason,
            })
        };
        match (found.as_slice(), behavior) {
            ([], Behavior::Merge | Behavior::Replace) => {
                wrong("does not exist; cannot merge or replace".into())
            }
            ([], _) => self.append_all(vec![resource]),
            ([at], Behavior::Merge | Behavior::Replace) => {
                let old = &self.list[*at];
                resource.copy_metadata_from(old)?;
                if behavior == Behavior::Merge {
                    resource.merge_data_from(old)?;
                    resource.origin.clone_from(&old.origin);
                }
                self.check_place(*at, &resource)?;
                self.list[*at] = resource;
                Ok(())
            }
            ([_], _) => wrong(format!(
                "exists; can not use behavior: '{}', behavior must be merge or replace",
                behavior.as_str()
            )),
            _ => wrong("found multiple objects that could accept the merge".into()),
        }
    }

    /// Only what still has the id may be replaced: a patch may have changed the kind of what had it.
    fn check_place(&self, at: usize, resource: &Resource) -> Result<()> {
        let id = resource.id();
        let mut same = (0..self.list.len()).filter(|at| id.equals(&self.list[*at].id()));
        if same.next() == Some(at) && same.next().is_none() {
            return Ok(());
        }
        Err(Error::Behavior {
            id: id.to_string(),
            reason: "cannot find the resource to replace".into(),
        })
    }

    /// Records that a transformer saw all objects.
    pub fn add_transformation(&mut self, origin: &Rc<Origin>) -> Result<()> {
        for resource in &mut self.list {
            if resource.origin.is_none() {
                resource.origin = Some(Rc::clone(origin));
            } else {
                resource.transformations.push(Rc::clone(origin));
            }
            resource.noted = true;
            resource.write_annotations_as_text()?;
        }
        Ok(())
    }
}
