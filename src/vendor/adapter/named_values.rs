//! Reads the lists of named values in which vendors send the data of an event.

use std::borrow::Cow;

use crate::collections::map::Map;
use crate::event::rejection::{Rejection, RejectionCode};
use crate::json::document::Value;
use crate::json::form;
use crate::json::kind_name::kind_name;

use super::FirstRejection;

/// How a vendor writes a list of named values, and the words for it in messages.
pub(super) struct NamedValueList {
    /// The member that holds the list.
    pub(super) list: &'static str,
    /// An element of the list in messages.
    pub(super) element: &'static str,
    /// The member of an element that holds the name.
    pub(super) name: &'static str,
    pub(super) name_in_messages: &'static str,
    /// The member of an element that holds the value.
    pub(super) value: &'static str,
    pub(super) allows_blank_names: bool,
    pub(super) advice_on_duplicates: &'static str,
    /// The code of every rejection except that of a duplicate name.
    pub(super) code: RejectionCode,
}

pub(super) struct NamedValue<'a> {
    pub(super) name: Cow<'a, str>,
    /// The name as JSON text.
    pub(super) raw_name: &'a str,
    pub(super) value: Value<'a>,
    /// The index in the list.
    pub(super) index: usize,
}

impl NamedValueList {
    /// Reads the list that is a member of `parent`. An absent or null list is empty.
    ///
    /// Returns `None` if the list or one of its elements is invalid.
    pub(super) fn read<'a>(
        &self,
        parent: Value<'a>,
        rejections: &mut FirstRejection,
    ) -> Option<Vec<NamedValue<'a>>> {
        let Some(list) = form::present(parent.member(self.list)) else {
            return Some(Vec::new());
        };
        if !list.is_list() {
            let message = format!("{} is a list, not {}", self.list, kind_name(list));
            rejections.add(Rejection::new(self.code, message).at(self.list));
            return None;
        }
        let mut values = Vec::new();
        let mut first_indices: Map<Cow<'a, str>, usize> = Map::new();
        let mut is_valid = true;
        for (index, element) in list.elements().enumerate() {
            let Some(value) = rejections.check(self.read_element(index, element)) else {
                is_valid = false;
                continue;
            };
            if let Some(first) = first_indices.value(&value.name) {
                let Self {
                    list,
                    name,
                    advice_on_duplicates,
                    ..
                } = self;
                let message =
                    format!("{list}[{first}] has this {name} already{advice_on_duplicates}");
                let rejection = Rejection::new(RejectionCode::DuplicateParam, message);
                rejections.add(rejection.at(self.path(index, name)));
            } else {
                first_indices.insert(value.name.clone(), index);
            }
            values.push(value);
        }
        is_valid.then_some(values)
    }

    pub(super) fn path(&self, index: usize, member: &str) -> String {
        format!("{}[{index}].{member}", self.list)
    }

    fn read_element<'a>(
        &self,
        index: usize,
        element: Value<'a>,
    ) -> Result<NamedValue<'a>, Rejection> {
        let invalid = |message: String| Rejection::new(self.code, message);
        if !element.is_object() {
            let message = format!("{} is an object, not {}", self.element, kind_name(element));
            return Err(invalid(message).at(format!("{}[{index}]", self.list)));
        }
        let member = |name: &str| {
            element.member(name).ok_or_else(|| {
                invalid(format!("{} has a {name}", self.element)).at(self.path(index, name))
            })
        };
        let raw_name = member(self.name)?;
        let name = match self.allows_blank_names {
            true => form::string(raw_name),
            false => form::non_blank_string(raw_name),
        };
        let name = name.map_err(|error| {
            let message = format!("{} {error}", self.name_in_messages);
            invalid(message).at(self.path(index, self.name))
        })?;
        Ok(NamedValue {
            name,
            raw_name: raw_name.raw(),
            value: member(self.value)?,
            index,
        })
    }
}

/// Writes the values as one JSON object, names and values spelled as received.
pub(super) fn write_named_values<'a>(
    out: &mut String,
    values: impl Iterator<Item = &'a NamedValue<'a>>,
) {
    out.push('{');
    for (
        index,
        NamedValue {
            raw_name, value, ..
        },
    ) in values.enumerate()
    {
        if index > 0 {
            out.push(',');
        }
        out.push_str(raw_name);
        out.push(':');
        out.push_str(value.raw());
    }
    out.push('}');
}
