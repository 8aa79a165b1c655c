//! The compiled rule set, with the queries of routing, explanations and tests.

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

use layers::Overlay;

/// Everything that routing reads and that stays the same between events.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// The base: the rules that were compiled as a whole.
    pub(crate) set: RuleSet,
    pub(crate) ids: Arc<Table<Arc<str>, RuleId>>,
    /// The names of the rules of the base, side by side, so that a name costs no lookup of its rule.
    pub(crate) names: Arc<[Arc<str>]>,
    pub(crate) index: Arc<Index>,
    /// The changes to the base.
    pub(crate) overlay: Overlay,
    pub(crate) programs: Programs,
    /// The parts of events that the rules read.
    pub(crate) projection: Arc<Projection>,
    /// Maps those parts to the sources of the index.
    pub(crate) slots: Arc<SlotMap>,
    pub(crate) limits: Limits,
    pub(crate) media: MediaGuidelines,
    pub(crate) contacts: ContactFormats,
}

impl Rules {
    /// Returns the rules that listen to a type at this time, in routing order.
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

    /// Returns the URL of the rule, if the rule set has a company.
    pub(crate) fn resource_url(&self, rule: &Rule) -> Option<Box<str>> {
        let mut url = String::new();
        let company = percent::segment(self.set.company.as_deref()?);
        push_url(&mut url, &company, rule.id());
        Some(url.into())
    }
}
