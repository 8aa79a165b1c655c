//! The texts that all results of one outcome share, and the result ids derived from them.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use crate::json::write;
use crate::json::write::write_list;
use crate::text::percent;
use crate::text::span::saturating_u32;

/// The texts that an outcome repeats, stored once in one allocation.
///
/// They are concatenated: the company, the event id, the event type, and for each rule its name and its
/// `resource_url`.
#[derive(Clone)]
pub(crate) struct OutcomeContext {
    texts: Arc<str>,
    has_company: bool,
    /// The end offset of each of the first three texts.
    company_end: u32,
    event_id_end: u32,
    event_type_end: u32,
    /// The length of the percent-encoded company.
    company_segment_len: u32,
}

/// The offsets of one rule in an [`OutcomeContext`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleRange {
    start: u32,
    name_end: u32,
    url_end: u32,
}

/// A text of an [`OutcomeContext`] that may outlive it.
#[derive(Clone)]
pub(crate) struct SharedStr {
    texts: Arc<str>,
    start: u32,
    end: u32,
}

/// The id of a result, computed on first use.
#[derive(Clone, Default)]
pub(crate) struct ResultId {
    position: Cow<'static, str>,
    cached: OnceLock<[u8; LENGTH]>,
}

/// The length of a UUID as text in bytes.
const LENGTH: usize = uuid::fmt::Hyphenated::LENGTH;

impl OutcomeContext {
    /// Collects the texts of an event and of the rules it has results for, given by name and id. Uses
    /// `buffer` as scratch memory.
    pub(crate) fn new<'r>(
        buffer: &mut String,
        company: Option<&str>,
        event_id: &str,
        event_type: &str,
        rules: impl Iterator<Item = (&'r str, &'r str)>,
    ) -> Self {
        let texts = buffer;
        texts.clear();
        texts.reserve(128);
        texts.push_str(company.unwrap_or_default());
        let company_end = saturating_u32(texts.len());
        texts.push_str(event_id);
        let event_id_end = saturating_u32(texts.len());
        texts.push_str(event_type);
        let event_type_end = saturating_u32(texts.len());
        let segment = company.map(percent::segment);
        for (name, id) in rules {
            texts.push_str(name);
            if let Some(segment) = &segment {
                push_url(texts, segment, id);
            }
        }
        Self {
            texts: Arc::from(texts.as_str()),
            has_company: company.is_some(),
            company_end,
            event_id_end,
            event_type_end,
            company_segment_len: saturating_u32(segment.map_or(0, |segment| segment.len())),
        }
    }

    /// Returns the offsets of the rule that follows `last` (or of the first rule), given the lengths of
    /// its name and id.
    pub(crate) fn next_rule(
        &self,
        last: Option<RuleRange>,
        name_len: usize,
        id_len: usize,
    ) -> RuleRange {
        let start = last.map_or(self.event_type_end, |last| last.url_end);
        let name_end = start.saturating_add(saturating_u32(name_len));
        let url_len = match self.has_company {
            true => url_len(self.company_segment_len as usize, id_len),
            false => 0,
        };
        RuleRange {
            start,
            name_end,
            url_end: name_end.saturating_add(saturating_u32(url_len)),
        }
    }

    pub(crate) fn company(&self) -> Option<&str> {
        self.has_company.then(|| self.text(0, self.company_end))
    }

    pub(crate) fn event_id(&self) -> &str {
        self.text(self.company_end, self.event_id_end)
    }

    pub(crate) fn event_type(&self) -> &str {
        self.text(self.event_id_end, self.event_type_end)
    }

    pub(crate) fn rule_name(&self, rule: RuleRange) -> &str {
        self.text(rule.start, rule.name_end)
    }

    /// Returns the `resource_url` of the rule. Without a company there is none.
    pub(crate) fn rule_url(&self, rule: RuleRange) -> Option<&str> {
        self.has_company
            .then(|| self.text(rule.name_end, rule.url_end))
    }

    /// Like [`OutcomeContext::rule_url`], but returns a text that may outlive the context.
    pub(crate) fn shared_rule_url(&self, rule: RuleRange) -> Option<SharedStr> {
        self.has_company.then(|| SharedStr {
            texts: Arc::clone(&self.texts),
            start: rule.name_end,
            end: rule.url_end,
        })
    }

    fn text(&self, start: u32, end: u32) -> &str {
        let range = start as usize..end as usize;
        self.texts.get(range).unwrap_or_default()
    }
}

/// Omits the texts of rules because the results contain them.
impl fmt::Debug for OutcomeContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutcomeContext")
            .field("company", &self.company())
            .field("event_id", &self.event_id())
            .field("event_type", &self.event_type())
            .finish()
    }
}

impl SharedStr {
    pub(crate) fn text(&self) -> &str {
        let range = self.start as usize..self.end as usize;
        self.texts.get(range).unwrap_or_default()
    }
}

impl fmt::Debug for SharedStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl PartialEq for SharedStr {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for SharedStr {}

impl ResultId {
    /// Creates the id of the result at `position` (see
    /// [`ActionResult::id`](crate::outcome::ActionResult::id)).
    pub(crate) const fn new(position: Cow<'static, str>) -> Self {
        Self {
            position,
            cached: OnceLock::new(),
        }
    }

    pub(crate) fn position(&self) -> &str {
        &self.position
    }

    pub(crate) fn text(&self, context: &OutcomeContext, rule: Option<&str>) -> &str {
        let cached = self.cached.get_or_init(|| {
            let mut text = [0; LENGTH];
            let scratch = &mut String::new();
            self.derive(context, rule, scratch).encode_lower(&mut text);
            text
        });
        std::str::from_utf8(cached).unwrap_or_default()
    }

    /// Appends the id to `out`.
    pub(crate) fn push(&self, context: &OutcomeContext, rule: Option<&str>, out: &mut String) {
        if self.cached.get().is_some() {
            out.push_str(self.text(context, rule));
            return;
        }
        let mut text = [0; LENGTH];
        let id = self.derive(context, rule, out);
        out.push_str(id.encode_lower(&mut text));
        // If a racing thread was first, it has stored the same text.
        let _ = self.cached.set(text);
    }

    /// Computes the UUID. Writes the same name as [`derived_id`], but rule names and positions need no
    /// escapes.
    fn derive(
        &self,
        context: &OutcomeContext,
        rule: Option<&str>,
        scratch: &mut String,
    ) -> uuid::fmt::Hyphenated {
        derive(scratch, |name| {
            name.push_str("[\"result\",");
            push_text(context.company(), name);
            name.push(',');
            push_text(Some(context.event_id()), name);
            name.push(',');
            match rule {
                Some(rule) => {
                    name.push('"');
                    name.push_str(rule);
                    name.push('"');
                }
                None => name.push_str("null"),
            }
            name.push_str(",\"");
            name.push_str(self.position());
            name.push_str("\"]");
        })
    }
}

/// Writes the position, from which the id is derived.
impl fmt::Debug for ResultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.position.fmt(f)
    }
}

const COMPANIES: &str = "/companies/";
const MESSAGES: &str = "/mobiledb/event_triggered_messages/";

/// Appends the `resource_url` of a rule. `company` and `rule_id` are percent-encoded path segments.
pub(crate) fn push_url(out: &mut String, company: &str, rule_id: &str) {
    out.reserve(url_len(company.len(), rule_id.len()));
    out.push_str(COMPANIES);
    out.push_str(company);
    out.push_str(MESSAGES);
    out.push_str(rule_id);
}

fn url_len(company: usize, rule_id: usize) -> usize {
    const FIXED: usize = COMPANIES.len().saturating_add(MESSAGES.len());
    FIXED.saturating_add(company).saturating_add(rule_id)
}

/// `uuid5(NAMESPACE_OID, "pointsman")`
const NAMESPACE: Uuid = Uuid::from_u128(0x5e0d_4b01_d987_5318_a74d_a432_aa17_6009);

/// Derives a UUID of version 5 in the namespace `uuid5(NAMESPACE_OID, "pointsman")`.
///
/// Its name is the JSON list of the fields without whitespace, so that different fields never share a
/// name.
pub(crate) fn derived_id(fields: &[Option<&str>]) -> Box<str> {
    let id = derive(&mut String::new(), |name| {
        write_list(name, fields, |field, name| push_text(*field, name));
    });
    (&*id.encode_lower(&mut Uuid::encode_buffer())).into()
}

fn push_text(text: Option<&str>, out: &mut String) {
    match text {
        Some(text) => write::push_string(out, text),
        None => out.push_str("null"),
    }
}

/// Appends the name to `scratch` temporarily.
fn derive(scratch: &mut String, write: impl FnOnce(&mut String)) -> uuid::fmt::Hyphenated {
    let start = scratch.len();
    scratch.reserve(128);
    write(scratch);
    let name = scratch.get(start..).unwrap_or_default();
    let id = Uuid::new_v5(&NAMESPACE, name.as_bytes());
    scratch.truncate(start);
    id.hyphenated()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_version_5_and_distinguish_fields() {
        assert_eq!(NAMESPACE, Uuid::new_v5(&Uuid::NAMESPACE_OID, b"pointsman"));
        let id = derived_id(&[Some("result"), None, Some("a"), Some("b")]);
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'5');
        assert_eq!(
            id,
            derived_id(&[Some("result"), None, Some("a"), Some("b")])
        );
        assert_ne!(
            id,
            derived_id(&[Some("result"), None, Some("ab"), Some("")])
        );
        assert_ne!(
            id,
            derived_id(&[Some("result"), Some("null"), Some("a"), Some("b")])
        );
    }

    #[test]
    fn every_text_can_be_retrieved() {
        let rules = [("one", "276"), ("zwö", "zwö"), ("", "x")];
        for company in [Some("zY5"), Some("a b"), None] {
            let buffer = &mut String::from("old");
            let context = OutcomeContext::new(buffer, company, "2d4a2", "Day", rules.into_iter());
            assert_eq!(context.company(), company);
            assert_eq!(context.event_id(), "2d4a2");
            assert_eq!(context.event_type(), "Day");
            let mut last = None;
            for (name, id) in rules {
                let rule = context.next_rule(last, name.len(), id.len());
                let url = company.map(|key| {
                    let key = key.replace(' ', "%20");
                    format!("/companies/{key}/mobiledb/event_triggered_messages/{id}")
                });
                assert_eq!(context.rule_name(rule), name);
                assert_eq!(context.rule_url(rule), url.as_deref());
                let shared = context.shared_rule_url(rule);
                assert_eq!(shared.as_ref().map(SharedStr::text), url.as_deref());
                let result = ResultId::new("2.0".into());
                let fields = [
                    Some("result"),
                    company,
                    Some("2d4a2"),
                    Some(name),
                    Some("2.0"),
                ];
                let expected = derived_id(&fields);
                let mut out = String::from("kept");
                result.push(&context, Some(name), &mut out);
                assert_eq!(out, format!("kept{expected}"));
                assert_eq!(result.text(&context, Some(name)), &*expected);
                let other = ResultId::new("2.0".into());
                assert_eq!(other.text(&context, Some(name)), &*expected);
                other.push(&context, Some(name), &mut out);
                assert_eq!(out, format!("kept{expected}{expected}"));
                last = Some(rule);
            }
        }
    }
}
