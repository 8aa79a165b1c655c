//! Turns the new text of a source into changes of its rules.

use std::sync::Arc;

use super::{IncrementalBuild, NeedsFullBuild, is_error};
use crate::collections::map::Map;
use crate::diagnostic::source_map::EditPoint;
use crate::hir::RuleId;
use crate::limits::Limits;
use crate::ruleset::layers::Order;
use crate::syntax;
use crate::syntax::ast::Item;
use crate::text::span::{SourceId, Span};

/// A rule of a text, by name.
struct NamedSpan {
    name: Arc<str>,
    span: Span,
}

impl IncrementalBuild {
    /// Puts and removes rules so that a source gets the given text, if that is enough.
    pub(super) fn put_source(&mut self, name: &str, text: &str) -> Result<(), NeedsFullBuild> {
        if !self.put_rules.is_empty() || !self.faults.is_empty() {
            return Err(NeedsFullBuild);
        }
        let source = *self.cache.source_ids.value(name).ok_or(NeedsFullBuild)?;
        let old = self.source_map.text(source);
        let rules = self.rules_of(source);
        let (start, end) = differing_range(&old, text);
        // Includes the rule before the difference: others may be added after it.
        let first = rules.partition_point(|(_, span)| (span.end as usize) < start);
        let first = first.saturating_sub(1);
        let last = rules.partition_point(|(_, span)| span.start as usize <= end);
        let rules = rules.get(first..last).unwrap_or_default();
        let start = rules
            .first()
            .map_or(start, |(_, span)| start.min(span.start as usize));
        let end = rules
            .last()
            .map_or(end, |(_, span)| end.max(span.end as usize));
        let after = old.len().saturating_sub(end);
        let part = text.get(start..text.len().saturating_sub(after));
        self.put_part(source, &old, rules, part.ok_or(NeedsFullBuild)?)?;
        // The texts differ if anything but rules changed, such as a comment or the order of rules.
        match *self.source_map.text(source) == *text {
            true => Ok(()),
            false => Err(NeedsFullBuild),
        }
    }

    fn put_part(
        &mut self,
        source: SourceId,
        old: &str,
        rules: &[(RuleId, Span)],
        part: &str,
    ) -> Result<(), NeedsFullBuild> {
        let new_rules = parse_rules(part, &self.rules.limits)?;
        let mut old_rules: Map<Arc<str>, (RuleId, Span)> = Map::new();
        for (id, span) in rules {
            let rule = self.rules.rule(*id).ok_or(NeedsFullBuild)?;
            old_rules.insert(Arc::clone(&rule.name), (*id, *span));
        }
        let mut previous: Option<(Order, usize)> = None;
        for NamedSpan { name, span } in new_rules {
            let text = part.get(span.range()).unwrap_or_default();
            let order = match old_rules.remove(&*name) {
                Some((id, span)) => {
                    let order = self.rules.order(id);
                    if old.get(span.range()) != Some(text) {
                        self.put(source, text, None)?;
                    }
                    order
                }
                None => {
                    let (order, end) = previous.ok_or(NeedsFullBuild)?;
                    let gap = part.get(end..span.start as usize).unwrap_or_default();
                    // Without a line break the rule could be inside a comment of the line.
                    if !gap.trim().is_empty() || !gap.contains('\n') {
                        return Err(NeedsFullBuild);
                    }
                    let (point, order) = self.place_after(source, order);
                    self.put(source, text, Some((point, order, gap)))?;
                    order
                }
            };
            previous = Some((order, span.end as usize));
        }
        for (id, _) in rules {
            let name = self.rules.rule(*id).map(|rule| Arc::clone(&rule.name));
            if let Some(name) = name.filter(|name| old_rules.contains(name)) {
                self.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Returns a new place after that of a rule of the source.
    fn place_after(&self, source: SourceId, order: Order) -> (EditPoint, Order) {
        let order = Order {
            base: order.base,
            source: source.0,
            ordinal: 1,
        };
        let place = self.original_place(order);
        let point = self.source_map.insertion_point(source, place.span.start);
        let ordinal = point.ordinal;
        (point, Order { ordinal, ..order })
    }

    /// Returns the rules of a source as it is now, in order.
    fn rules_of(&self, source: SourceId) -> Vec<(RuleId, Span)> {
        let all = self.rules.in_order();
        let all = all.map(|(id, _)| (id, self.place_of(id).0));
        let own = all.filter(|(_, point)| point.place.source == source);
        let (ids, points): (Vec<_>, Vec<_>) = own.unzip();
        let spans = self.source_map.spans(source, &points);
        ids.into_iter().zip(spans).collect()
    }
}

/// Returns the range of `old` outside of which it equals `new`, at the start and at the end.
fn differing_range(old: &str, new: &str) -> (usize, usize) {
    let pairs = || old.bytes().zip(new.bytes());
    let differs = |(one, two): (u8, u8)| one != two;
    let shorter = old.len().min(new.len());
    let mut start = pairs().position(differs).unwrap_or(shorter);
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start = start.saturating_sub(1);
    }
    let mut from_end = old.bytes().rev().zip(new.bytes().rev());
    let mut equal = from_end
        .position(differs)
        .unwrap_or(shorter)
        .min(shorter.saturating_sub(start));
    while !old.is_char_boundary(old.len().saturating_sub(equal)) {
        equal = equal.saturating_sub(1);
    }
    (start, old.len().saturating_sub(equal))
}

/// Parses a text that may contain nothing but rules.
fn parse_rules(text: &str, limits: &Limits) -> Result<Vec<NamedSpan>, NeedsFullBuild> {
    let mut faults = Vec::new();
    let file = syntax::parse(SourceId(0), text, limits, &mut faults);
    if faults.iter().any(is_error) {
        return Err(NeedsFullBuild);
    }
    let rules = file.declarations.iter().map(|declaration| {
        let Item::Rule(rule) = &declaration.item else {
            return Err(NeedsFullBuild);
        };
        let span = Span::new(syntax::start(declaration), syntax::end(declaration));
        Ok(NamedSpan {
            name: (*rule.name.text).into(),
            span,
        })
    });
    rules.collect()
}
