//! Which rules of a source are new or other than before, told from its texts. Compiles nothing.

use std::sync::Arc;

use super::{Quick, Whole, is_error};
use crate::collections::map::Map;
use crate::diagnostic::source_map::Spot;
use crate::hir::RuleId;
use crate::limits::Limits;
use crate::ruleset::layers::Order;
use crate::syntax;
use crate::syntax::ast::Item;
use crate::text::span::{SourceId, Span};

/// A rule of a text.
struct Found {
    name: Arc<str>,
    span: Span,
}

impl Quick {
    /// Puts and removes rules so that the source has that text, where this alone does it.
    pub(super) fn put_source(&mut self, name: &str, text: &str) -> Result<(), Whole> {
        if !self.puts.is_empty() || !self.faults.is_empty() {
            return Err(Whole);
        }
        let source = *self.kept.source_ids.value(name).ok_or(Whole)?;
        let old = self.texts.text(source);
        let rules = self.rules_of(source);
        let (begin, end) = differing(&old, text);
        // With the rule before, behind which others may be added.
        let first = rules.partition_point(|(_, span)| (span.end as usize) < begin);
        let first = first.saturating_sub(1);
        let last = rules.partition_point(|(_, span)| span.start as usize <= end);
        let rules = rules.get(first..last).unwrap_or_default();
        let begin = rules
            .first()
            .map_or(begin, |(_, span)| begin.min(span.start as usize));
        let end = rules
            .last()
            .map_or(end, |(_, span)| end.max(span.end as usize));
        let behind = old.len().saturating_sub(end);
        let part = text.get(begin..text.len().saturating_sub(behind));
        let part = part.ok_or(Whole)?;
        self.put_part(source, &old, rules, part)?;
        // Comments, order and everything else that is no rule are as they have to be, or it is not done.
        match *self.texts.text(source) == *text {
            true => Ok(()),
            false => Err(Whole),
        }
    }

    fn put_part(
        &mut self,
        source: SourceId,
        old: &str,
        rules: &[(RuleId, Span)],
        part: &str,
    ) -> Result<(), Whole> {
        let found = found(part, &self.rules.limits)?;
        let mut before: Map<Arc<str>, (RuleId, Span)> = Map::new();
        for (id, span) in rules {
            let rule = self.rules.rule(*id).ok_or(Whole)?;
            before.insert(Arc::clone(&rule.name), (*id, *span));
        }
        let mut last: Option<(Order, usize)> = None;
        for Found { name, span } in found {
            let text = part.get(span.range()).unwrap_or_default();
            let order = match before.remove(&*name) {
                Some((id, span)) => {
                    let order = self.rules.order(id);
                    if old.get(span.range()) != Some(text) {
                        self.put(source, text, None)?;
                    }
                    order
                }
                None => {
                    let (order, end) = last.ok_or(Whole)?;
                    let gap = part.get(end..span.start as usize).unwrap_or_default();
                    // On a line of its own it is in no comment.
                    if !gap.trim().is_empty() || !gap.contains('\n') {
                        return Err(Whole);
                    }
                    let (spot, order) = self.next_to(source, order);
                    self.put(source, text, Some((spot, order, gap)))?;
                    order
                }
            };
            last = Some((order, span.end as usize));
        }
        for (id, _) in rules {
            let name = self.rules.rule(*id).map(|rule| Arc::clone(&rule.name));
            if let Some(name) = name.filter(|name| before.contains(name)) {
                self.remove(&name)?;
            }
        }
        Ok(())
    }

    /// A new place behind that of a rule of a source.
    fn next_to(&self, source: SourceId, order: Order) -> (Spot, Order) {
        let order = Order {
            base: order.base,
            source: source.0,
            behind: 1,
        };
        let place = self.place_of(order);
        let spot = self.texts.behind(source, place.span.start);
        let behind = spot.behind;
        (spot, Order { behind, ..order })
    }

    /// The rules of a source as it is now, in order.
    fn rules_of(&self, source: SourceId) -> Vec<(RuleId, Span)> {
        let all = self.rules.in_order().map(|(id, _)| (id, self.stands(id).0));
        let own = all.filter(|(_, spot)| spot.place.source == source);
        let (ids, spots): (Vec<_>, Vec<_>) = own.unzip();
        let spans = self.texts.spans(source, &spots);
        ids.into_iter().zip(spans).collect()
    }
}

/// What of the first text is not as in the second: all before and all behind is the same in both.
fn differing(old: &str, new: &str) -> (usize, usize) {
    let pairs = || old.bytes().zip(new.bytes());
    let is_other = |(one, two): (u8, u8)| one != two;
    let most = old.len().min(new.len());
    let mut begin = pairs().position(is_other).unwrap_or(most);
    while !old.is_char_boundary(begin) || !new.is_char_boundary(begin) {
        begin = begin.saturating_sub(1);
    }
    let mut ends = old.bytes().rev().zip(new.bytes().rev());
    let mut same = ends
        .position(is_other)
        .unwrap_or(most)
        .min(most.saturating_sub(begin));
    while !old.is_char_boundary(old.len().saturating_sub(same)) {
        same = same.saturating_sub(1);
    }
    (begin, old.len().saturating_sub(same))
}

/// The rules of a text that holds nothing else.
fn found(text: &str, limits: &Limits) -> Result<Vec<Found>, Whole> {
    let mut faults = Vec::new();
    let file = syntax::parse(SourceId(0), text, limits, &mut faults);
    if faults.iter().any(is_error) {
        return Err(Whole);
    }
    let found = file.declarations.iter().map(|declaration| {
        let Item::Rule(rule) = &declaration.item else {
            return Err(Whole);
        };
        let span = Span::new(syntax::start(declaration), syntax::end(declaration));
        Ok(Found {
            name: (*rule.name.text).into(),
            span,
        })
    });
    found.collect()
}
