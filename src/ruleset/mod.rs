//! The compiled rule set, and the queries that routing, explanations and tests make of it.

pub(crate) mod layers;
pub(crate) mod reads;
pub(crate) mod select;

use std::sync::Arc;

use crate::collections::map::Table;
use crate::event::contact::ContactFormats;
use crate::hir::{Rule, RuleId, RuleSet};
use crate::index::{Index, SlotMap};
use crate::json::projection::Projection;
use crate::limits::Limits;
use crate::outcome::media::MediaGuidelines;
use crate::outcome::result_id::push_url;
use crate::template::Programs;
use crate::text::percent;
use crate::time::Timestamp;

use layers::Changes;

/// Everything that routing works with and that never changes.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Its rules are those that were compiled together.
    pub(crate) set: RuleSet,
    pub(crate) ids: Arc<Table<Arc<str>, RuleId>>,
    /// The names of those compiled together, side by side: a rule that matches need not be looked up for
    /// its name.
    pub(crate) names: Arc<[Arc<str>]>,
    pub(crate) index: Arc<Index>,
    /// What of them is no more, and what was added.
    pub(crate) changes: Changes,
    pub(crate) programs: Programs,
    /// What the rules read of events.
    pub(crate) projection: Arc<Projection>,
    /// The way from these to what the index looks up.
    pub(crate) slots: Arc<SlotMap>,
    pub(crate) limits: Limits,
    pub(crate) media: MediaGuidelines,
    pub(crate) contacts: ContactFormats,
}

impl Rules {
    /// The rules that exist for an event of that type at that moment, in the order in which they are
    /// considered.
    pub(crate) fn listening(
        &self,
        folded_type: &str,
        now: Timestamp,
    ) -> impl Iterator<Item = (RuleId, &Arc<Rule>)> {
        self.candidates(folded_type)
            .into_iter()
            .filter_map(|id| Some((id, self.rule(id)?)))
            .filter(move |(_, rule)| rule.active.holds(now))
    }

    /// The rule as a resource.
    pub(crate) fn resource_url(&self, rule: &Rule) -> Option<Box<str>> {
        let mut url = String::new();
        let company = percent::segment(self.set.company.as_deref()?);
        push_url(&mut url, &company, rule.id());
        Some(url.into())
    }
}
