//! What blocks prove of the values that they ask for. Tells nothing.

use super::Walk;
use super::value_type::{At, look};
use crate::hir::schema;
use crate::hir::schema::Finding;
use crate::json::path::Segment;
use crate::template::expression::{Argument, ArgumentKind};
use crate::template::helper;
use crate::template::names::Names;
use crate::template::program::{Helper, Step};

/// A value that is there wherever the proof stands: the id of its scope, and the path from there.
pub(super) type Proof = (usize, Vec<Box<str>>);

impl Walk<'_, '_> {
    /// What is there where an argument's truth is as given.
    pub(super) fn prove(
        &self,
        argument: &Argument,
        truth: bool,
        names: &Names,
        out: &mut Vec<Proof>,
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
                // A comparison that is not true may also be unknown, which proves nothing.
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

    /// Whether a block around makes sure of all that may be missing on a path.
    pub(super) fn is_proven(
        &self,
        scope: usize,
        steps: &[Step],
        at: At<'_>,
        segments: &[Segment],
    ) -> bool {
        // Where a path is there, so is all that it goes through.
        self.proofs
            .iter()
            .filter(|(id, _)| *id == scope)
            .map(|(_, proven)| {
                let pairs = proven.iter().zip(steps);
                pairs.take_while(|(name, step)| **name == step.name).count()
            })
            .filter(|shared| *shared > 0)
            .filter_map(|shared| segments.split_at_checked(shared))
            .any(|(before, behind)| match look(at, before) {
                Finding::Declared { ty, .. } => matches!(
                    schema::look_up_present(ty, behind),
                    Finding::Declared {
                        optional: false,
                        ..
                    }
                ),
                _ => true,
            })
    }
}
