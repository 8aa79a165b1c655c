//! What the results of one outcome come from: company, event and rules, as one text that all of them
//! share; and the ids that follow from it. Knows no action.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use crate::json::write;
use crate::json::write::write_list;
use crate::text::percent;
use crate::text::span::clamp;

/// The texts that an outcome would say again and again, one behind the other: the company, the event's
/// id and type, and of each rule in turn its name and its `resource_url`.
#[derive(Clone)]
pub(crate) struct Origin {
    texts: Arc<str>,
    has_company: bool,
    /// Where each of the first three ends.
    company: u32,
    event_id: u32,
    event_type: u32,
    /// How long the company is as a segment of a path.
    key: u32,
}

/// A rule's place in an origin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleTexts {
    start: u32,
    name: u32,
    url: u32,
}

/// A part of an origin's text, for those that outlive the rest of it.
#[derive(Clone)]
pub(crate) struct Passage {
    texts: Arc<str>,
    start: u32,
    end: u32,
}

/// The id of a result, worked out when somebody asks for it.
#[derive(Clone, Default)]
pub(crate) struct ResultId {
    place: Cow<'static, str>,
    known: OnceLock<[u8; LENGTH]>,
}

/// Bytes of a UUID as text.
const LENGTH: usize = uuid::fmt::Hyphenated::LENGTH;

impl Origin {
    /// For an event and the rules, each by its name and its id, that results are of. `buffer` is memory of
    /// the caller's.
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
        let company_end = texts.len();
        texts.push_str(event_id);
        let id_end = texts.len();
        texts.push_str(event_type);
        let type_end = texts.len();
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
            company: clamp(company_end),
            event_id: clamp(id_end),
            event_type: clamp(type_end),
            key: clamp(segment.map_or(0, |segment| segment.len())),
        }
    }

    /// The place of the next rule behind `last`, whose name and id are as long as that.
    pub(crate) fn next_rule(&self, last: Option<RuleTexts>, name: usize, id: usize) -> RuleTexts {
        let start = last.map_or(self.event_type, |last| last.url);
        let name = start.saturating_add(clamp(name));
        let url = match self.has_company {
            true => url_len(self.key as usize, id),
            false => 0,
        };
        RuleTexts {
            start,
            name,
            url: name.saturating_add(clamp(url)),
        }
    }

    pub(crate) fn company(&self) -> Option<&str> {
        self.has_company.then(|| self.text(0, self.company))
    }

    pub(crate) fn event_id(&self) -> &str {
        self.text(self.company, self.event_id)
    }

    pub(crate) fn event_type(&self) -> &str {
        self.text(self.event_id, self.event_type)
    }

    pub(crate) fn rule_name(&self, rule: RuleTexts) -> &str {
        self.text(rule.start, rule.name)
    }

    /// The rule as a resource; only a company has any.
    pub(crate) fn rule_url(&self, rule: RuleTexts) -> Option<&str> {
        self.has_company.then(|| self.text(rule.name, rule.url))
    }

    /// The same, to be kept elsewhere.
    pub(crate) fn rule_url_apart(&self, rule: RuleTexts) -> Option<Passage> {
        self.has_company.then(|| Passage {
            texts: Arc::clone(&self.texts),
            start: rule.name,
            end: rule.url,
        })
    }

    fn text(&self, start: u32, end: u32) -> &str {
        let range = start as usize..end as usize;
        self.texts.get(range).unwrap_or_default()
    }
}

/// Without the texts of rules, which results tell.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin")
            .field("company", &self.company())
            .field("event_id", &self.event_id())
            .field("event_type", &self.event_type())
            .finish()
    }
}

impl Passage {
    pub(crate) fn text(&self) -> &str {
        let range = self.start as usize..self.end as usize;
        self.texts.get(range).unwrap_or_default()
    }
}

impl fmt::Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl PartialEq for Passage {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Passage {}

impl ResultId {
    /// Of the result at this place: see [`ActionResult::id`](crate::outcome::ActionResult::id).
    pub(crate) const fn new(place: Cow<'static, str>) -> Self {
        Self {
            place,
            known: OnceLock::new(),
        }
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn text(&self, origin: &Origin, rule: Option<&str>) -> &str {
        let known = self.known.get_or_init(|| {
            let mut text = [0; LENGTH];
            let scratch = &mut String::new();
            self.derived(origin, rule, scratch).encode_lower(&mut text);
            text
        });
        std::str::from_utf8(known).unwrap_or_default()
    }

    /// Writes it behind what `out` holds.
    pub(crate) fn push(&self, origin: &Origin, rule: Option<&str>, out: &mut String) {
        if self.known.get().is_some() {
            out.push_str(self.text(origin, rule));
            return;
        }
        let mut text = [0; LENGTH];
        let id = self.derived(origin, rule, out);
        out.push_str(id.encode_lower(&mut text));
        // Who came first has written the same.
        let _ = self.known.set(text);
    }

    /// The name is that of a list of fields; names of rules and places in them need no escape.
    fn derived(
        &self,
        origin: &Origin,
        rule: Option<&str>,
        scratch: &mut String,
    ) -> uuid::fmt::Hyphenated {
        derived(scratch, |name| {
            name.push_str("[\"result\",");
            push_text(origin.company(), name);
            name.push(',');
            push_text(Some(origin.event_id()), name);
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
            name.push_str(self.place());
            name.push_str("\"]");
        })
    }
}

/// The place, not what follows from it.
impl fmt::Debug for ResultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

const COMPANIES: &str = "/companies/";
const MESSAGES: &str = "/mobiledb/event_triggered_messages/";

/// Writes the rule as a resource; the company and its id are segments of a path.
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

/// A UUID of version 5 in the namespace `uuid5(NAMESPACE_OID, "pointsman")`; its name is the fields as
/// a JSON list without blanks, so that no two lists of fields share a name.
pub(crate) fn derived_id(fields: &[Option<&str>]) -> Box<str> {
    let id = derived(&mut String::new(), |name| {
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

/// The name is written behind what `scratch` holds, and taken away again.
fn derived(scratch: &mut String, write: impl FnOnce(&mut String)) -> uuid::fmt::Hyphenated {
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
    fn derived_ids_are_version_5_and_tell_fields_apart() {
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
    fn each_text_is_found_again() {
        let rules = [("one", "276"), ("zwö", "zwö"), ("", "x")];
        for company in [Some("zY5"), Some("a b"), None] {
            let buffer = &mut String::from("old");
            let origin = Origin::new(buffer, company, "2d4a2", "Day", rules.into_iter());
            assert_eq!(origin.company(), company);
            assert_eq!(origin.event_id(), "2d4a2");
            assert_eq!(origin.event_type(), "Day");
            let mut last = None;
            for (name, id) in rules {
                let rule = origin.next_rule(last, name.len(), id.len());
                let url = company.map(|key| {
                    let key = key.replace(' ', "%20");
                    format!("/companies/{key}/mobiledb/event_triggered_messages/{id}")
                });
                assert_eq!(origin.rule_name(rule), name);
                assert_eq!(origin.rule_url(rule), url.as_deref());
                let apart = origin.rule_url_apart(rule);
                assert_eq!(apart.as_ref().map(Passage::text), url.as_deref());
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
                result.push(&origin, Some(name), &mut out);
                assert_eq!(out, format!("kept{expected}"));
                assert_eq!(result.text(&origin, Some(name)), &*expected);
                let other = ResultId::new("2.0".into());
                assert_eq!(other.text(&origin, Some(name)), &*expected);
                other.push(&origin, Some(name), &mut out);
                assert_eq!(out, format!("kept{expected}{expected}"));
                last = Some(rule);
            }
        }
    }
}
