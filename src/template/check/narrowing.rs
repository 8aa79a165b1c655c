//! Tracks which values are known to be present inside a block.

use super::TemplateWalk;
use super::value_type::{ContextType, look};
use crate::hir::schema;
use crate::hir::schema::Finding;
use crate::json::path::Segment;
use crate::template::expression::{Argument, ArgumentKind};
use crate::template::helper;
use crate::template::names::TemplateNames;
use crate::template::program::{Helper, PathSegment};

/// A value known to be present: the id of its context and the path from there.
pub(super) type PresenceProof = (usize, Vec<Box<str>>);

impl TemplateWalk<'_, '_> {
    /// Adds what is present if the truth of an argument is `truth`.
    pub(super) fn prove(
        &self,
        argument: &Argument,
        truth: bool,
        names: &TemplateNames,
        out: &mut Vec<PresenceProof>,
    ) {
        match &argument.kind {
            ArgumentKind::Path(path) if truth => {
                if let Ok((base, steps)) = names.resolve(path)
                    && let Some((scope, steps)) = self.locate(base, &steps)
                    && let Some(scope) = self.scopes.get(scope)
                {
                    out.push((scope.id, steps.into_iter().map(|step| step.name).collect()));
                }
            }
            ArgumentKind::Call(call) => {
                let Some(signature) = helper::find(&call.name) else {
                    return;
                };
                // A comparison that is not true may be unknown, which proves nothing.
                match (signature.helper, truth) {
                    (Helper::And, true) | (Helper::Or, false) => {
                        for argument in &call.arguments {
                            self.prove(argument, truth, names, out);
                        }
                    }
                    (Helper::Not, false) => {
                        for argument in &call.arguments {
                            if matches!(argument.kind, ArgumentKind::Path(_)) {
                                self.prove(argument, true, names, out);
                            }
                        }
                    }
                    (helper, true) if helper.is_comparison() => {
                        let null = |argument: &Argument| argument.kind == ArgumentKind::Null;
                        if call.arguments.iter().any(null) {
                            return;
                        }
                        for argument in &call.arguments {
                            if matches!(argument.kind, ArgumentKind::Path(_)) {
                                self.prove(argument, true, names, out);
                            }
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Returns whether the surrounding blocks prove that every optional field on a path is present.
    pub(super) fn is_proven(
        &self,
        scope: usize,
        steps: &[PathSegment],
        at: ContextType<'_>,
        segments: &[Segment],
    ) -> bool {
        // If a value is present, so is every value on the path to it.
        self.proofs
            .iter()
            .filter(|(id, _)| *id == scope)
            .map(|(_, proven)| {
                let pairs = proven.iter().zip(steps);
                pairs.take_while(|(name, step)| **name == step.name).count()
            })
            .filter(|shared| *shared > 0)
            .filter_map(|shared| segments.split_at_checked(shared))
            .any(|(before, after)| match look(at, before) {
                Finding::Declared { ty, .. } => matches!(
                    schema::look_up_present(ty, after),
                    Finding::Declared {
                        optional: false,
                        ..
                    }
                ),
                _ => true,
            })
    }
}
