//! What conditions read of an event, each once. Reads no event.

use crate::collections::map::Map;
use crate::event::path::{Path, Root};
use crate::hir::Operand;

use super::key_hash::FixedState;

/// Something that an index looks up: a path of the event, or what is made of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ValueSourceId(pub(crate) u32);

/// Where a source comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// A path of the event's data.
    Data,
    /// Made of such a path: a count, a number, a moment.
    MadeOfData,
    /// Something else of the event.
    Elsewhere,
}

/// The sources of an engine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    operands: Vec<(Operand, From)>,
    ids: Map<Operand, ValueSourceId, FixedState>,
}

impl Sources {
    /// The operand's id, if the event alone tells what it comes to.
    pub(super) fn intern(&mut self, operand: &Operand) -> Option<ValueSourceId> {
        if let Some(id) = self.ids.value(operand) {
            return Some(*id);
        }
        path(operand).filter(|path| is_of_event(path))?;
        let id = ValueSourceId(u32::try_from(self.operands.len()).ok()?);
        let from = match (operand, path(operand)) {
            (Operand::Path(path), _) if path.root == Root::EventData => From::Data,
            (_, Some(path)) if path.root == Root::EventData => From::MadeOfData,
            _ => From::Elsewhere,
        };
        self.operands.push((operand.clone(), from));
        self.ids.insert(operand.clone(), id);
        Some(id)
    }

    pub(crate) fn operand(&self, id: ValueSourceId) -> Option<&Operand> {
        self.operands.get(id.0 as usize).map(|(operand, _)| operand)
    }

    pub(crate) fn from(&self, id: ValueSourceId) -> From {
        self.operands
            .get(id.0 as usize)
            .map_or(From::Elsewhere, |(_, from)| *from)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ValueSourceId, &Operand)> {
        let ids = (0_u32..).map(ValueSourceId);
        ids.zip(self.operands.iter().map(|(operand, _)| operand))
    }

    pub(crate) fn len(&self) -> usize {
        self.operands.len()
    }

    /// About: each operand stands in a list and in a table.
    pub(super) fn bytes(&self) -> usize {
        let each = |operand: &Operand| {
            let segments = path(operand).map_or(0, |path| path.segments.len());
            size_of::<Operand>().saturating_add(segments.saturating_mul(40))
        };
        self.operands
            .iter()
            .map(|(operand, _)| each(operand))
            .fold(0, usize::saturating_add)
            .saturating_mul(2)
    }
}

/// The one path that an operand is made of.
pub(super) fn path(operand: &Operand) -> Option<&Path> {
    match operand {
        Operand::Path(path) => Some(path),
        Operand::Count(inner)
        | Operand::Number(inner)
        | Operand::Time(inner)
        | Operand::Shift { operand: inner, .. } => path(inner),
        // Of many moments there is no one value to look up.
        Operand::Times(_) | Operand::Literal(_) | Operand::List(_) => None,
    }
}

fn is_of_event(path: &Path) -> bool {
    matches!(
        path.root,
        Root::EventData | Root::EventId | Root::EventType | Root::Recipient(_)
    )
}
