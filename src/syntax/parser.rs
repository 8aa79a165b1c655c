//! Builds the tree of declarations, clauses, actions and tests from the pairs of the grammar.

use std::borrow::Cow;
use std::ops::Range;

use super::ast::{
    Action, ActionKind, At, Clause, ClauseKind, Comment, ConstantDeclaration, DoEntry,
    EventDeclaration, Expectation, FieldDeclaration, Item, JsonText, KeyValue, MessagePart,
    MessagePartKind, Name, NumberText, Operand, OperandKind, ParamValue, ParamValueKind,
    RecipientExpr, Requirement, RuleDeclaration, StringLiteral, TemplateDeclaration,
    TestDeclaration, TestItem, TestItemKind, Type, TypeKind,
};
use super::errors::report;
use super::grammar::{Pair, PairTree, Pairs, Rule};
use super::keyword::Keyword;
use super::splitter::RawDeclaration;
use super::string;
use crate::diagnostic::{Code, Fault};
use crate::limits::Limits;
use crate::outcome::message::{Channel, PartName};
use crate::text::span::{Place, SourceId, Span, saturating_u32};

/// A part of the tree, or the fault that prevents it.
pub(super) type BuildResult<T> = Result<T, Fault>;

/// Parses one declaration; `tree` lends its memory.
pub(super) fn declaration(
    source: SourceId,
    raw: &RawDeclaration<'_>,
    limits: &Limits,
    tree: &mut PairTree,
) -> BuildResult<Item> {
    let builder = AstBuilder {
        source,
        offset: saturating_u32(raw.offset),
        text: raw.text,
        comments: &raw.inner,
        limits,
    };
    let length = raw.text.len();
    let most = limits.declaration_bytes;
    if length > most {
        let word = Span::of(0, raw.keyword.word().len());
        let message = format!("a declaration can have at most {most} bytes, this one has {length}");
        return Err(builder.fault(Code::DeclarationTooLarge, word, message));
    }
    let masked = mask(raw);
    let pair = tree
        .parse(kind(raw.keyword), &masked)
        .map_err(|stop| report::fault(&stop, raw, builder.source, builder.offset))?;
    builder.item(pair)
}

/// Returns the grammar's rule for a declaration.
pub(super) const fn kind(keyword: Keyword) -> Rule {
    match keyword {
        Keyword::Company => Rule::company,
        Keyword::Event => Rule::event,
        Keyword::Const => Rule::constant,
        Keyword::Template => Rule::template,
        Keyword::Rule => Rule::rule_,
        Keyword::Test => Rule::test,
    }
}

/// Replaces comments and the contents of JSON objects by spaces, so that the grammar sees neither and
/// offsets stay the same.
fn mask<'a>(raw: &RawDeclaration<'a>) -> Cow<'a, str> {
    if raw.json.is_empty() && raw.inner.is_empty() {
        return Cow::Borrowed(raw.text);
    }
    let json = raw.json.iter();
    let json = json.map(|range| range.start.saturating_add(1)..range.end.saturating_sub(1));
    let comments = raw.inner.iter().map(|comment| comment.span.range());
    let mut ranges: Vec<Range<usize>> = json.chain(comments).collect();
    ranges.sort_unstable_by_key(|range| range.start);
    let mut masked = String::with_capacity(raw.text.len());
    let mut from = 0;
    for range in ranges {
        masked.push_str(raw.text.get(from..range.start).unwrap_or(""));
        masked.extend(std::iter::repeat_n(' ', range.len()));
        from = range.end;
    }
    masked.push_str(raw.text.get(from..).unwrap_or(""));
    Cow::Owned(masked)
}

/// Builds the tree of one declaration.
#[derive(Debug)]
pub(super) struct AstBuilder<'a> {
    source: SourceId,
    offset: u32,
    text: &'a str,
    comments: &'a [Comment],
    pub(super) limits: &'a Limits,
}

/// Builds every one of `parts`, in a vector of exact capacity.
pub(super) fn all<'t, T>(
    parts: Pairs<'t>,
    mut read: impl FnMut(Pair<'t>) -> BuildResult<T>,
) -> BuildResult<Vec<T>> {
    let mut out = Vec::with_capacity(parts.count());
    for part in parts {
        out.push(read(part)?);
    }
    Ok(out)
}

/// Returns the span of a pair's tokens.
pub(super) fn at(pair: Pair<'_>) -> At {
    At(pair.span())
}

/// Returns the last byte of a pair: its closing bracket.
fn close(pair: Pair<'_>) -> At {
    let end = pair.span().end;
    At(Span::new(end.saturating_sub(1), end))
}

impl<'a> AstBuilder<'a> {
    pub(super) fn fault(&self, code: Code, span: Span, message: impl Into<String>) -> Fault {
        Fault::new(
            code,
            Place::new(self.source, span.shifted(self.offset)),
            message,
        )
    }

    /// Returns the next part, which the grammar guarantees.
    pub(super) fn next<'p>(&self, parts: &mut Pairs<'p>) -> BuildResult<Pair<'p>> {
        parts.next().ok_or_else(|| self.unparsable())
    }

    /// Parses a pair that is one word of an enum.
    pub(super) fn word<T>(
        &self,
        pair: Pair<'_>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> BuildResult<T> {
        parse(pair.text()).ok_or_else(|| self.unparsable())
    }

    /// Returns the fault for pairs that the grammar cannot produce.
    pub(super) fn unparsable(&self) -> Fault {
        let span = Span::of(0, self.text.len());
        self.fault(Code::Unexpected, span, "this declaration cannot be parsed")
    }

    pub(super) fn text(&self, pair: Pair<'_>) -> BuildResult<StringLiteral> {
        let literal = pair.text();
        let at = at(pair);
        let most = self.limits.string_bytes;
        if literal.len() > most {
            let message = format!(
                "a string can have at most {most} bytes, this one has {}",
                literal.len()
            );
            return Err(self.fault(Code::TooLong, at.0, message));
        }
        let value = string::decode(literal).map_err(|error| {
            let start = (at.0.start as usize).saturating_add(error.offset);
            let span = Span::of(start, start.saturating_add(error.length));
            self.fault(Code::InvalidString, span, error.message)
        })?;
        Ok(StringLiteral {
            value: value.into(),
            at,
            raw: string::is_raw(literal),
        })
    }

    fn next_text(&self, parts: &mut Pairs<'_>) -> BuildResult<StringLiteral> {
        let pair = self.next(parts)?;
        self.text(pair)
    }

    fn text_if(&self, parts: &mut Pairs<'_>) -> BuildResult<Option<StringLiteral>> {
        parts
            .next_if(Rule::string)
            .map(|pair| self.text(pair))
            .transpose()
    }

    fn name(&self, pair: Pair<'_>) -> BuildResult<Name> {
        if pair.rule() == Rule::plain {
            let text = self.text(pair)?;
            return Ok(Name {
                text: text.value,
                at: text.at,
                quoted: true,
            });
        }
        Ok(Name {
            text: pair.text().into(),
            at: at(pair),
            quoted: false,
        })
    }

    fn next_name(&self, parts: &mut Pairs<'_>) -> BuildResult<Name> {
        let pair = self.next(parts)?;
        self.name(pair)
    }

    pub(super) fn number(&self, pair: Pair<'_>) -> BuildResult<NumberText> {
        const MOST: u32 = 9_999;
        let text = pair.text();
        let exponent = text
            .split_once(['e', 'E'])
            .map_or("0", |(_, exponent)| exponent.trim_start_matches(['+', '-']));
        let digits = exponent.trim_start_matches('0');
        // More than ten digits do not fit a `u32`.
        if !digits.is_empty() && digits.parse::<u32>().map_or(true, |n| n > MOST) {
            let message = format!("the exponent of `{text}` is out of range: at most ±9,999");
            return Err(self.fault(Code::InvalidNumber, at(pair).0, message));
        }
        Ok(NumberText {
            text: text.into(),
            at: at(pair),
        })
    }

    /// Returns the list if it is not too long.
    pub(super) fn limited<T>(&self, list: Vec<T>, at: At) -> BuildResult<Vec<T>> {
        let most = self.limits.list_elements;
        if list.len() > most {
            let message = format!(
                "a list can have at most {most} elements, this one has {}",
                list.len()
            );
            return Err(self.fault(Code::TooLong, at.0, message));
        }
        Ok(list)
    }

    fn item(&self, pair: Pair<'_>) -> BuildResult<Item> {
        let rule = pair.rule();
        let closing = close(pair);
        let mut parts = pair.parts();
        Ok(match rule {
            Rule::company => Item::Company(self.next_text(&mut parts)?),
            Rule::event => Item::Event(EventDeclaration {
                name: self.next_name(&mut parts)?,
                fields: parts
                    .next_if(Rule::fields)
                    .map(|fields| self.fields(fields))
                    .transpose()?,
            }),
            Rule::constant => Item::Constant(ConstantDeclaration {
                name: self.next_name(&mut parts)?,
                value: self.literal(self.next(&mut parts)?)?,
            }),
            Rule::template => Item::Template(TemplateDeclaration {
                name: self.next_name(&mut parts)?,
                text: self.next_text(&mut parts)?,
            }),
            Rule::rule_ => Item::Rule(RuleDeclaration {
                name: self.next_name(&mut parts)?,
                clauses: all(parts, |clause| self.clause(clause))?,
                close: closing,
            }),
            Rule::test => Item::Test(TestDeclaration {
                title: self.next_text(&mut parts)?,
                items: all(parts, |item| self.test_item(item))?,
                close: closing,
            }),
            _ => return Err(self.unparsable()),
        })
    }

    /// Builds a constant's value.
    fn literal(&self, pair: Pair<'_>) -> BuildResult<Operand> {
        let place = at(pair);
        let inner = self.next(&mut pair.parts())?;
        let kind = if inner.rule() == Rule::literal_list {
            let elements = all(inner.parts(), |element| self.literal(element))?;
            OperandKind::List(self.limited(elements, place)?)
        } else {
            self.scalar(inner)?
        };
        Ok(Operand {
            at: place,
            kind,
            shifts: Vec::new(),
        })
    }

    // ---- events

    fn fields(&self, pair: Pair<'_>) -> BuildResult<Vec<FieldDeclaration>> {
        all(pair.parts(), |field| self.field(field))
    }

    fn field(&self, pair: Pair<'_>) -> BuildResult<FieldDeclaration> {
        let start = pair.span().start as usize;
        let mut parts = pair.parts();
        Ok(FieldDeclaration {
            name: self.key(self.next(&mut parts)?)?,
            ty: self.field_type(self.next(&mut parts)?)?,
            description: self.description(start),
        })
    }

    /// Returns the `///` lines directly before `start`.
    fn description(&self, start: usize) -> Option<Box<str>> {
        let end = |comment: &Comment| comment.span.end as usize;
        let count = self
            .comments
            .partition_point(|comment| end(comment) <= start);
        let before = self.comments.get(..count)?;
        let mut first = count;
        let mut next = start;
        for (index, comment) in before.iter().enumerate().rev() {
            // A token in between ends the description.
            let between = self.text.get(end(comment)..next)?;
            if !between.trim().is_empty() {
                break;
            }
            first = index;
            next = comment.span.start as usize;
        }
        super::description(before.get(first..)?)
    }

    fn field_type(&self, pair: Pair<'_>) -> BuildResult<Type> {
        let place = at(pair);
        let mut parts = pair.parts();
        let inner = self.next(&mut parts)?;
        let kind = match inner.rule() {
            Rule::type_list => {
                let element = self.next(&mut inner.parts())?;
                TypeKind::List(Box::new(self.field_type(element)?))
            }
            Rule::fields => TypeKind::Object(self.fields(inner)?),
            _ => match inner.text() {
                "string" => TypeKind::String,
                "number" => TypeKind::Number,
                "bool" => TypeKind::Bool,
                "timestamp" => TypeKind::Timestamp,
                "secret" => TypeKind::Secret,
                _ => TypeKind::Any,
            },
        };
        Ok(Type {
            kind,
            optional: parts.next_if(Rule::question).is_some(),
            at: place,
        })
    }

    // ---- clauses

    fn clause(&self, pair: Pair<'_>) -> BuildResult<Clause> {
        let place = at(pair);
        let inner = self.next(&mut pair.parts())?;
        let rule = inner.rule();
        if rule == Rule::action {
            let kind = ClauseKind::Action(self.action(inner)?);
            return Ok(Clause { at: place, kind });
        }
        let mut parts = inner.parts();
        let kind = match rule {
            Rule::on => self.on(parts)?,
            Rule::id => ClauseKind::Id(self.next_text(&mut parts)?),
            Rule::active => {
                let mut ends = [None, None];
                while let Some(word) = parts.next() {
                    let text = self.next_text(&mut parts)?;
                    let [from, until] = &mut ends;
                    match word.rule() {
                        Rule::kw_from => *from = Some(text),
                        _ => *until = Some(text),
                    }
                }
                let [from, until] = ends;
                ClauseKind::Active { from, until }
            }
            Rule::priority => ClauseKind::Priority(self.number(self.next(&mut parts)?)?),
            Rule::when => ClauseKind::When(self.expr(self.next(&mut parts)?)?),
            Rule::require => ClauseKind::Require(Box::new(self.requirement(parts)?)),
            Rule::final_ => ClauseKind::Final,
            Rule::missing => ClauseKind::Missing {
                blank: self.next(&mut parts)?.text() == "blank",
            },
            _ => return Err(self.unparsable()),
        };
        Ok(Clause { at: place, kind })
    }

    fn on(&self, mut parts: Pairs<'_>) -> BuildResult<ClauseKind> {
        if parts.next_if(Rule::star).is_some() {
            return Ok(ClauseKind::OnAll);
        }
        let mut types = Vec::new();
        for listened in parts {
            let name = self.next_name(&mut listened.parts())?;
            let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
            if name.text.is_empty() || !name.text.bytes().all(is_allowed) {
                let message = "event types can contain only letters, digits, `_` and `-`";
                return Err(self.fault(Code::InvalidName, name.at.0, message));
            }
            types.push(name);
        }
        Ok(ClauseKind::On(types))
    }

    fn requirement(&self, mut parts: Pairs<'_>) -> BuildResult<Requirement> {
        let first = self.next(&mut parts)?;
        if first.rule() == Rule::expr {
            return Ok(Requirement::Holds {
                expr: self.expr(first)?,
                otherwise: self.next_text(&mut parts)?,
            });
        }
        let known = self.next(&mut first.parts())?;
        let rule = known.rule();
        let mut parts = known.parts();
        Ok(match rule {
            Rule::known_person => Requirement::Person,
            Rule::known_subscribed => Requirement::Subscribed(self.next_text(&mut parts)?),
            Rule::known_carrier if self.next(&mut parts)?.text() == "sms" => {
                Requirement::CarrierSms
            }
            _ => Requirement::CarrierMms,
        })
    }

    // ---- actions

    fn action(&self, pair: Pair<'_>) -> BuildResult<Action> {
        let place = at(pair);
        let closing = close(pair);
        let inner = self.next(&mut pair.parts())?;
        let rule = inner.rule();
        let mut parts = inner.parts();
        let kind = match rule {
            Rule::send => ActionKind::Send {
                channel: channel(self.next(&mut parts)?),
                parts: all(parts, |part| self.part(part))?,
                close: closing,
            },
            Rule::do_ => ActionKind::Do {
                name: self.next_name(&mut parts)?,
                entries: all(parts, |entry| self.entry(entry))?,
                close: closing,
            },
            _ => ActionKind::First {
                actions: all(parts, |action| self.action(action))?,
                close: closing,
            },
        };
        Ok(Action { at: place, kind })
    }

    fn part(&self, pair: Pair<'_>) -> BuildResult<MessagePart> {
        let place = at(pair);
        let inner = self.next(&mut pair.parts())?;
        let rule = inner.rule();
        let mut parts = inner.parts();
        let first = self.next(&mut parts)?;
        let kind = match rule {
            Rule::when => MessagePartKind::When(self.expr(first)?),
            Rule::to if first.rule() == Rule::path => {
                MessagePartKind::To(RecipientExpr::Path(self.path(first)?))
            }
            Rule::to => MessagePartKind::To(RecipientExpr::Template(self.text(first)?)),
            Rule::data => MessagePartKind::Data(self.pairs(first)?),
            Rule::transactional => MessagePartKind::Transactional(first.text() == "true"),
            _ => MessagePartKind::Text {
                name: part_name(first.text()),
                text: self.next_text(&mut parts)?,
            },
        };
        Ok(MessagePart { at: place, kind })
    }

    fn entry(&self, pair: Pair<'_>) -> BuildResult<DoEntry> {
        let place = at(pair);
        let inner = self.next(&mut pair.parts())?;
        if inner.rule() == Rule::entry_when {
            let expr = self.expr(self.next(&mut inner.parts())?)?;
            return Ok(DoEntry::When { at: place, expr });
        }
        Ok(DoEntry::Pair(self.pair(inner)?))
    }

    fn pair(&self, pair: Pair<'_>) -> BuildResult<KeyValue> {
        let mut parts = pair.parts();
        Ok(KeyValue {
            key: self.key(self.next(&mut parts)?)?,
            value: self.value(self.next(&mut parts)?)?,
        })
    }

    fn pairs(&self, pair: Pair<'_>) -> BuildResult<Vec<KeyValue>> {
        all(pair.parts(), |pair| self.pair(pair))
    }

    fn key(&self, pair: Pair<'_>) -> BuildResult<Name> {
        self.next_name(&mut pair.parts())
    }

    fn value(&self, pair: Pair<'_>) -> BuildResult<ParamValue> {
        let place = at(pair);
        let inner = self.next(&mut pair.parts())?;
        let kind = match inner.rule() {
            Rule::object => ParamValueKind::Object(self.pairs(inner)?),
            Rule::value_list => {
                let values = all(inner.parts(), |value| self.value(value))?;
                ParamValueKind::List(self.limited(values, place)?)
            }
            Rule::path => ParamValueKind::Path(self.path(inner)?),
            Rule::string => ParamValueKind::Text(self.text(inner)?),
            Rule::number => ParamValueKind::Number(self.number(inner)?.text),
            _ => match inner.text() {
                "null" => ParamValueKind::Null,
                word => ParamValueKind::Bool(word == "true"),
            },
        };
        Ok(ParamValue { at: place, kind })
    }

    // ---- tests

    fn test_item(&self, pair: Pair<'_>) -> BuildResult<TestItem> {
        let place = at(pair);
        let inner = self.next(&mut pair.parts())?;
        let rule = inner.rule();
        let mut parts = inner.parts();
        let kind = match rule {
            Rule::at => TestItemKind::Time(self.next_text(&mut parts)?),
            Rule::adapter => TestItemKind::Adapter(self.next_name(&mut parts)?),
            Rule::answers => TestItemKind::Answers(self.json(self.next(&mut parts)?)),
            Rule::given => TestItemKind::Event(self.json(self.next(&mut parts)?)),
            _ => TestItemKind::Expect(self.expectation(self.next(&mut parts)?)?),
        };
        Ok(TestItem { at: place, kind })
    }

    fn json(&self, pair: Pair<'_>) -> JsonText {
        let place = at(pair);
        JsonText {
            text: self.text.get(place.0.range()).unwrap_or("").into(),
            at: place,
        }
    }

    fn expectation(&self, pair: Pair<'_>) -> BuildResult<Expectation> {
        let rule = pair.rule();
        let mut parts = pair.parts();
        Ok(match rule {
            Rule::nothing_else => Expectation::NothingElse,
            Rule::ignored => Expectation::Ignored,
            Rule::no_route_rules => Expectation::NoRouteRules,
            Rule::rejected => Expectation::Rejected {
                code: self.text_if(&mut parts)?,
            },
            _ => self.about(parts)?,
        })
    }

    fn about(&self, mut parts: Pairs<'_>) -> BuildResult<Expectation> {
        let rule = self.next_name(&mut parts)?;
        let verb = self.next(&mut parts)?;
        let word = verb.rule();
        let mut parts = verb.parts();
        Ok(match word {
            Rule::accepts => Expectation::Accepts(rule),
            Rule::skips => Expectation::Skips(rule),
            Rule::refuses => Expectation::Refuses {
                rule,
                error: self.text_if(&mut parts)?,
            },
            Rule::sends => self.sends(rule, parts)?,
            _ => Expectation::Does {
                rule,
                name: self.next_name(&mut parts)?,
                params: parts.next_if(Rule::json).map(|json| self.json(json)),
            },
        })
    }

    fn sends(&self, rule: Name, mut parts: Pairs<'_>) -> BuildResult<Expectation> {
        let channel = channel(self.next(&mut parts)?);
        if let Some(fails) = parts.next_if(Rule::fails) {
            let error = self.text_if(&mut fails.parts())?;
            return Ok(Expectation::SendFails {
                rule,
                channel,
                error,
            });
        }
        let mut text_in = |rule| match parts.next_if(rule) {
            Some(pair) => self.text_if(&mut pair.parts()),
            None => Ok(None),
        };
        Ok(Expectation::Sends {
            rule,
            channel,
            body: text_in(Rule::sent_body)?,
            to: text_in(Rule::sent_to)?,
        })
    }
}

fn channel(pair: Pair<'_>) -> Channel {
    match pair.text() {
        "sms" => Channel::Sms,
        "mms" => Channel::Mms,
        "push" => Channel::Push,
        _ => Channel::Email,
    }
}

fn part_name(word: &str) -> PartName {
    match word {
        "title" => PartName::Title,
        "media" => PartName::Media,
        "body" => PartName::Body,
        "subject" => PartName::Subject,
        "url" => PartName::Url,
        "text" => PartName::Text,
        _ => PartName::Html,
    }
}
