//! Numbers the sources of keys: the operands of conditions that the event alone determines.

use crate::collections::map::Map;
use crate::event::path::{Path, Root};
use crate::hir::Operand;

use super::key_hash::FixedState;

/// A path of the event, or an operand computed from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ValueSourceId(pub(crate) u32);

/// The origin of a source's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceOrigin {
    /// A path of the event's data.
    Data,
    /// Computed from such a path: a count, a number, a timestamp.
    Derived,
    /// Another part of the event.
    Other,
}

/// The sources of an engine.
#[derive(Clone, Debug, Default)]
pub(crate) struct ValueSources {
    operands: Vec<(Operand, SourceOrigin)>,
    ids: Map<Operand, ValueSourceId, FixedState>,
}

impl ValueSources {
    /// Returns the operand's id, if the event alone determines its value.
    pub(super) fn intern(&mut self, operand: &Operand) -> Option<ValueSourceId> {
        if let Some(id) = self.ids.value(operand) {
            return Some(*id);
        }
        path(operand).filter(|path| is_of_event(path))?;
        let id = ValueSourceId(u32::try_from(self.operands.len()).ok()?);
        let from = match (operand, path(operand)) {
            (Operand::Path(path), _) if path.root == Root::EventData => SourceOrigin::Data,
            (_, Some(path)) if path.root == Root::EventData => SourceOrigin::Derived,
            _ => SourceOrigin::Other,
        };
        self.operands.push((operand.clone(), from));
        self.ids.insert(operand.clone(), id);
        Some(id)
    }

    pub(crate) fn operand(&self, id: ValueSourceId) -> Option<&Operand> {
        self.operands.get(id.0 as usize).map(|(operand, _)| operand)
    }

    pub(crate) fn from(&self, id: ValueSourceId) -> SourceOrigin {
        self.operands
            .get(id.0 as usize)
            .map_or(SourceOrigin::Other, |(_, from)| *from)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ValueSourceId, &Operand)> {
        let ids = (0_u32..).map(ValueSourceId);
        ids.zip(self.operands.iter().map(|(operand, _)| operand))
    }

    pub(crate) fn len(&self) -> usize {
        self.operands.len()
    }

    /// An estimate: each operand is stored in a list and in a map.
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

/// Returns the path that an operand is computed from, if there is exactly one.
pub(super) fn path(operand: &Operand) -> Option<&Path> {
    match operand {
        Operand::Path(path) => Some(path),
        Operand::Count(inner)
        | Operand::Number(inner)
        | Operand::Time(inner)
        | Operand::Shift { operand: inner, .. } => path(inner),
        // A list of timestamps has no single value to look up.
        Operand::Times(_) | Operand::Literal(_) | Operand::List(_) => None,
    }
}

fn is_of_event(path: &Path) -> bool {
    matches!(
        path.root,
        Root::EventData | Root::EventId | Root::EventType | Root::Recipient(_)
    )
}
