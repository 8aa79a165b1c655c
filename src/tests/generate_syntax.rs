//! Generates small random syntax trees of every shape for property tests.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::outcome::message::{Channel, PartName};
use crate::syntax::ast::{
    Action, ActionKind, At, Clause, ClauseKind, ConstantDeclaration, Declaration, DoEntry,
    Duration, EventDeclaration, Expectation, Expr, ExprKind, FieldDeclaration, File, Function,
    Item, JsonText, KeyValue, MessagePart, MessagePartKind, Name, NumberText, Operand, OperandKind,
    ParamValue, ParamValueKind, PathExpr, PathSegment, PathSegmentKind, RecipientExpr, Requirement,
    RuleDeclaration, Sample, Shift, StringLiteral, TemplateDeclaration, TestDeclaration, TestItem,
    TestItemKind, Type, TypeKind,
};
use crate::syntax::operator::{CompareOp, Is, Quantifier, TextOp};
use crate::syntax::string;

const NONE: At = At(crate::text::span::Span { start: 0, end: 0 });

pub(crate) fn file() -> BoxedStrategy<File> {
    vec((item(), option::of(description())), 0..6)
        .prop_map(|items| File {
            declarations: items
                .into_iter()
                .map(|(item, description)| Declaration {
                    offset: 0,
                    text: "".into(),
                    leading: Vec::new(),
                    after_blank: false,
                    inner: Vec::new(),
                    description,
                    item,
                })
                .collect(),
            trailing: Vec::new(),
            lost: Vec::new(),
        })
        .boxed()
}

fn description() -> BoxedStrategy<Box<str>> {
    prop_oneof!["[a-zé. ]{0,20}[a-z]", "[a-z]{1,5}\n\n[a-z]{1,5}"]
        .prop_map(Into::into)
        .boxed()
}

fn ident() -> BoxedStrategy<String> {
    prop_oneof![
        "[a-wyz_][A-Za-z0-9_]{0,6}x",
        Just("order".to_owned()),
        Just("person".to_owned()),
        Just("when".to_owned()),
        Just("first".to_owned()),
        Just("time".to_owned()),
    ]
    .boxed()
}

fn name() -> BoxedStrategy<Name> {
    ident().prop_map(plain_name).boxed()
}

fn plain_name(text: String) -> Name {
    Name {
        text: text.into(),
        at: NONE,
        quoted: false,
    }
}

fn type_name() -> BoxedStrategy<Name> {
    prop_oneof!["[A-Za-z0-9_-]{1,8}-x", Just("rule".to_owned()), ident()]
        .prop_map(plain_name)
        .boxed()
}

fn quoted(text: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Name> {
    text.prop_map(|text| Name {
        text: text.into(),
        at: NONE,
        quoted: true,
    })
    .boxed()
}

fn key() -> BoxedStrategy<Name> {
    prop_oneof![3 => name(), 1 => quoted("[ -~é\\n]{0,8}".prop_map(String::from))].boxed()
}

fn dotted() -> BoxedStrategy<Name> {
    vec(ident(), 1..3)
        .prop_map(|parts| plain_name(parts.join(".")))
        .boxed()
}

fn any_text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[a-z {}]{0,12}",
        1 => "[ -~éж😀\\n\\t\\r\u{1}\u{2028}\u{7f}]{0,20}",
        1 => "[a-z ]{90,110}",
    ]
    .boxed()
}

fn text() -> BoxedStrategy<StringLiteral> {
    // Decoding removes the margin, so only decoded values survive a round trip.
    let raw = "[ a-z\"\\\\é\\n\\t]{0,30}".prop_filter_map("three quotes", |inner: String| {
        let literal = format!("\"\"\"{inner}\"\"\"");
        let whole = !inner.contains("\"\"\"") && !inner.ends_with('"');
        whole.then(|| (string::decode(&literal).unwrap(), true))
    });
    prop_oneof![3 => any_text().prop_map(|text| (text, false)), 1 => raw]
        .prop_map(|(value, raw)| StringLiteral {
            value: value.into(),
            at: NONE,
            raw,
        })
        .boxed()
}

fn number() -> BoxedStrategy<Box<str>> {
    "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?"
        .prop_map(Into::into)
        .boxed()
}

fn number_text(text: impl Strategy<Value = Box<str>> + 'static) -> BoxedStrategy<NumberText> {
    text.prop_map(|text| NumberText { text, at: NONE }).boxed()
}

fn duration() -> BoxedStrategy<Duration> {
    (
        "[0-9]{1,4}",
        prop::sample::select(&['s', 'm', 'h', 'd'][..]),
    )
        .prop_map(|(digits, unit)| Duration {
            digits: digits.into(),
            unit,
            at: NONE,
        })
        .boxed()
}

fn path() -> BoxedStrategy<PathExpr> {
    let segment = prop_oneof![
        ident().prop_map(|name| PathSegmentKind::Name(name.into())),
        Just(PathSegmentKind::Name("and".into())),
        "[ -~é]{0,8}".prop_map(|key| PathSegmentKind::Key(key.into())),
        "0|[1-9][0-9]{0,2}".prop_map(|index| PathSegmentKind::Index(index.into())),
    ];
    (ident(), vec(segment, 0..4))
        .prop_map(|(first, rest)| {
            let first = PathSegmentKind::Name(first.into());
            let segments = std::iter::once(first).chain(rest);
            PathExpr {
                at: NONE,
                segments: segments
                    .map(|kind| PathSegment { at: NONE, kind })
                    .collect(),
            }
        })
        .boxed()
}

fn scalar() -> BoxedStrategy<OperandKind> {
    prop_oneof![
        Just(OperandKind::Null),
        any::<bool>().prop_map(OperandKind::Bool),
        number().prop_map(OperandKind::Number),
        text().prop_map(OperandKind::Text),
        duration().prop_map(OperandKind::Duration),
    ]
    .boxed()
}

fn unmoved(kind: OperandKind) -> Operand {
    Operand {
        at: NONE,
        kind,
        shifts: Vec::new(),
    }
}

fn literal() -> BoxedStrategy<Operand> {
    scalar()
        .prop_map(unmoved)
        .prop_recursive(3, 24, 6, |inner| {
            vec(inner, 0..6).prop_map(|list| unmoved(OperandKind::List(list)))
        })
        .boxed()
}

fn operand() -> BoxedStrategy<Operand> {
    let leaf =
        prop_oneof![2 => scalar(), 3 => path().prop_map(OperandKind::Path)].prop_map(unmoved);
    let function = prop::sample::select(
        &[
            Function::Count,
            Function::Length,
            Function::Number,
            Function::Time,
            Function::TimeOfDay,
        ][..],
    );
    leaf.prop_recursive(2, 12, 4, move |inner| {
        let shift =
            (any::<bool>(), duration()).prop_map(|(minus, duration)| Shift { minus, duration });
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(|list| unmoved(OperandKind::List(list))),
            (function.clone(), vec(inner.clone(), 1..3)).prop_map(|(function, arguments)| {
                unmoved(OperandKind::Call {
                    function,
                    arguments,
                })
            }),
            (inner, vec(shift, 1..3)).prop_map(|(operand, shifts)| Operand { shifts, ..operand }),
        ]
    })
    .boxed()
}

fn of(kind: ExprKind) -> Expr {
    Expr { at: NONE, kind }
}

fn test() -> BoxedStrategy<Expr> {
    let is = prop::sample::select(
        &[
            Is::Present,
            Is::Missing,
            Is::Null,
            Is::Blank,
            Is::String,
            Is::Number,
            Is::Bool,
            Is::List,
            Is::Object,
        ][..],
    );
    let sign = prop::sample::select(
        &[
            CompareOp::Equal,
            CompareOp::NotEqual,
            CompareOp::Less,
            CompareOp::LessOrEqual,
            CompareOp::Greater,
            CompareOp::GreaterOrEqual,
        ][..],
    );
    let word = prop::sample::select(
        &[
            TextOp::Contains,
            TextOp::StartsWith,
            TextOp::EndsWith,
            TextOp::Like,
            TextOp::Matches,
            TextOp::InNetwork,
        ][..],
    );
    let share = || number_text("[0-9]{1,2}(\\.[0-9]{1,2})?".prop_map(Into::into));
    prop_oneof![
        2 => operand().prop_map(ExprKind::Bare),
        1 => (operand(), any::<bool>(), is).prop_map(|(operand, negated, what)| ExprKind::Is {
            operand,
            negated,
            what,
        }),
        2 => (operand(), sign, operand(), any::<bool>()).prop_map(
            |(left, op, right, ignoring_case)| ExprKind::Compare {
                left,
                op,
                right,
                ignoring_case,
            }
        ),
        1 => (operand(), any::<bool>(), operand(), operand(), any::<bool>()).prop_map(
            |(operand, negated, low, high, ignoring_case)| ExprKind::Between {
                operand,
                negated,
                bounds: Box::new([low, high]),
                ignoring_case,
            }
        ),
        1 => (operand(), any::<bool>(), operand(), any::<bool>()).prop_map(
            |(left, negated, right, ignoring_case)| ExprKind::In {
                left,
                negated,
                right,
                ignoring_case,
            }
        ),
        1 => (operand(), any::<bool>(), word, operand(), any::<bool>()).prop_map(
            |(left, negated, op, right, ignoring_case)| ExprKind::Match {
                left,
                negated,
                op,
                right,
                ignoring_case,
            }
        ),
        1 => (option::of(share()), share(), path(), option::of(text())).prop_map(
            |(from, until, by, salt)| ExprKind::Sample(Sample {
                from,
                until,
                by,
                salt,
            })
        ),
    ]
    .prop_map(of)
    .boxed()
}

fn expr() -> BoxedStrategy<Expr> {
    // A negation, and conditions joined by `and`, and these by `or`, as the grammar has them.
    test()
        .prop_recursive(3, 16, 3, |inner| {
            let which =
                prop::sample::select(&[Quantifier::Any, Quantifier::All, Quantifier::None][..]);
            let over = prop_oneof![
                path().prop_map(OperandKind::Path),
                vec(operand(), 0..3).prop_map(OperandKind::List),
            ];
            let nested = prop_oneof![
                inner
                    .clone()
                    .prop_map(|expr| of(ExprKind::Group(Box::new(expr)))),
                (which, name(), over, inner).prop_map(|(which, variable, over, body)| {
                    of(ExprKind::Quantifier {
                        which,
                        variable,
                        over: unmoved(over),
                        body: Box::new(body),
                    })
                }),
                test(),
            ];
            let negation = (nested, 0..3_usize).prop_map(|(expr, nots)| {
                (0..nots).fold(expr, |expr, _| of(ExprKind::Not(Box::new(expr))))
            });
            let conj = vec(negation, 1..4).prop_map(|arms| joined(arms, ExprKind::And));
            vec(conj, 1..4).prop_map(|arms| joined(arms, ExprKind::Or))
        })
        .boxed()
}

fn joined(mut arms: Vec<Expr>, join: fn(Vec<Expr>) -> ExprKind) -> Expr {
    match arms.len() {
        1 => arms.remove(0),
        _ => of(join(arms)),
    }
}

fn field_type() -> BoxedStrategy<Type> {
    let word = prop_oneof![
        Just(TypeKind::String),
        Just(TypeKind::Number),
        Just(TypeKind::Bool),
        Just(TypeKind::Timestamp),
        Just(TypeKind::Secret),
        Just(TypeKind::Any),
    ];
    let typed = |(kind, optional)| Type {
        kind,
        optional,
        at: NONE,
    };
    (word, any::<bool>())
        .prop_map(typed)
        .prop_recursive(3, 12, 4, move |inner| {
            let list = inner.clone().prop_map(|ty| TypeKind::List(Box::new(ty)));
            let object = fields(inner).prop_map(TypeKind::Object);
            (prop_oneof![list, object], any::<bool>()).prop_map(typed)
        })
        .boxed()
}

fn fields(ty: impl Strategy<Value = Type> + 'static) -> BoxedStrategy<Vec<FieldDeclaration>> {
    let field = (key(), ty, option::weighted(0.2, description()));
    vec(
        field.prop_map(|(name, ty, description)| FieldDeclaration {
            name,
            ty,
            description,
        }),
        0..4,
    )
    .boxed()
}

fn value() -> BoxedStrategy<ParamValue> {
    let leaf = prop_oneof![
        Just(ParamValueKind::Null),
        any::<bool>().prop_map(ParamValueKind::Bool),
        number().prop_map(ParamValueKind::Number),
        text().prop_map(ParamValueKind::Text),
        path().prop_map(ParamValueKind::Path),
    ];
    let of = |kind| ParamValue { at: NONE, kind };
    leaf.prop_map(of)
        .prop_recursive(3, 16, 4, move |inner| {
            let list = vec(inner.clone(), 0..4).prop_map(ParamValueKind::List);
            let object = pairs(inner).prop_map(ParamValueKind::Object);
            prop_oneof![list, object].prop_map(of)
        })
        .boxed()
}

fn pairs(value: impl Strategy<Value = ParamValue> + 'static) -> BoxedStrategy<Vec<KeyValue>> {
    vec(
        (key(), value).prop_map(|(key, value)| KeyValue { key, value }),
        0..4,
    )
    .boxed()
}

fn channel() -> BoxedStrategy<Channel> {
    prop::sample::select(&[Channel::Sms, Channel::Mms, Channel::Push, Channel::Email][..]).boxed()
}

fn part() -> BoxedStrategy<MessagePart> {
    let name = prop::sample::select(
        &[
            PartName::Title,
            PartName::Media,
            PartName::Body,
            PartName::Subject,
            PartName::Url,
            PartName::Text,
            PartName::Html,
        ][..],
    );
    prop_oneof![
        expr().prop_map(MessagePartKind::When),
        path().prop_map(|path| MessagePartKind::To(RecipientExpr::Path(path))),
        text().prop_map(|text| MessagePartKind::To(RecipientExpr::Template(text))),
        (name, text()).prop_map(|(name, text)| MessagePartKind::Text { name, text }),
        pairs(value()).prop_map(MessagePartKind::Data),
        any::<bool>().prop_map(MessagePartKind::Transactional),
    ]
    .prop_map(|kind| MessagePart { at: NONE, kind })
    .boxed()
}

fn entry() -> BoxedStrategy<DoEntry> {
    prop_oneof![
        1 => expr().prop_map(|expr| DoEntry::When { at: NONE, expr }),
        4 => (key(), value()).prop_map(|(key, value)| DoEntry::Pair(KeyValue { key, value })),
    ]
    .boxed()
}

fn action() -> BoxedStrategy<Action> {
    let of = |kind| Action { at: NONE, kind };
    let leaf = prop_oneof![
        (channel(), vec(part(), 0..4)).prop_map(|(channel, parts)| ActionKind::Send {
            channel,
            parts,
            close: NONE,
        }),
        (dotted(), vec(entry(), 0..4)).prop_map(|(name, entries)| ActionKind::Do {
            name,
            entries,
            close: NONE,
        }),
    ];
    leaf.prop_map(of)
        .prop_recursive(2, 6, 3, move |inner| {
            vec(inner, 0..3).prop_map(move |actions| {
                of(ActionKind::First {
                    actions,
                    close: NONE,
                })
            })
        })
        .boxed()
}

fn clause() -> BoxedStrategy<Clause> {
    let listened = prop_oneof![
        type_name().prop_filter("a clause word", |name| {
            !["when", "first"].contains(&&*name.text)
        }),
        quoted(prop_oneof![Just("final".to_owned()), "[a-z0-9_-]{1,5}"]),
    ];
    let requirement = prop_oneof![
        Just(Requirement::Person),
        text().prop_map(Requirement::Subscribed),
        Just(Requirement::CarrierSms),
        Just(Requirement::CarrierMms),
        (expr(), text()).prop_map(|(expr, otherwise)| Requirement::Holds { expr, otherwise }),
    ];
    let window = (option::of(text()), option::of(text()))
        .prop_filter("no end", |(from, until)| from.is_some() || until.is_some());
    prop_oneof![
        1 => Just(ClauseKind::OnAll),
        2 => vec(listened, 1..8).prop_map(ClauseKind::On),
        1 => text().prop_map(ClauseKind::Id),
        1 => window.prop_map(|(from, until)| ClauseKind::Active { from, until }),
        1 => number_text(number()).prop_map(ClauseKind::Priority),
        3 => expr().prop_map(ClauseKind::When),
        3 => requirement.prop_map(|requirement| ClauseKind::Require(Box::new(requirement))),
        1 => Just(ClauseKind::Final),
        1 => any::<bool>().prop_map(|blank| ClauseKind::Missing { blank }),
        3 => action().prop_map(ClauseKind::Action),
    ]
    .prop_map(|kind| Clause { at: NONE, kind })
    .boxed()
}

fn json() -> BoxedStrategy<JsonText> {
    prop_oneof![
        Just("{}"),
        Just("{ \"a\": [1, {\"b\": \"}//{\\\"\"}] }"),
        Just("{\n  \"c\": null,\n    \"d\": \"\"\n}"),
    ]
    .prop_map(|text| JsonText {
        text: text.into(),
        at: NONE,
    })
    .boxed()
}

fn expectation() -> BoxedStrategy<Expectation> {
    let rule = || prop_oneof![4 => type_name(), 1 => Just(plain_name("ignored".to_owned()))];
    let maybe = || option::of(text());
    prop_oneof![
        rule().prop_map(Expectation::Accepts),
        rule().prop_map(Expectation::Skips),
        (rule(), maybe()).prop_map(|(rule, error)| Expectation::Refuses { rule, error }),
        (rule(), channel(), maybe(), maybe()).prop_map(|(rule, channel, body, to)| {
            Expectation::Sends {
                rule,
                channel,
                body,
                to,
            }
        }),
        (rule(), channel(), maybe()).prop_map(|(rule, channel, error)| Expectation::SendFails {
            rule,
            channel,
            error,
        }),
        (rule(), dotted(), option::of(json())).prop_map(|(rule, name, params)| Expectation::Does {
            rule,
            name,
            params
        }),
        Just(Expectation::Ignored),
        Just(Expectation::NoRouteRules),
        maybe().prop_map(|code| Expectation::Rejected { code }),
        Just(Expectation::NothingElse),
    ]
    .boxed()
}

fn test_item() -> BoxedStrategy<TestItem> {
    prop_oneof![
        1 => text().prop_map(TestItemKind::Time),
        1 => type_name().prop_map(TestItemKind::Adapter),
        1 => json().prop_map(TestItemKind::Answers),
        1 => json().prop_map(TestItemKind::Event),
        4 => expectation().prop_map(TestItemKind::Expect),
    ]
    .prop_map(|kind| TestItem { at: NONE, kind })
    .boxed()
}

fn item() -> BoxedStrategy<Item> {
    prop_oneof![
        1 => text().prop_map(Item::Company),
        2 => (type_name(), option::of(fields(field_type())))
            .prop_map(|(name, fields)| Item::Event(EventDeclaration { name, fields })),
        2 => (name(), literal())
            .prop_map(|(name, value)| Item::Constant(ConstantDeclaration { name, value })),
        1 => (name(), text())
            .prop_map(|(name, text)| Item::Template(TemplateDeclaration { name, text })),
        4 => (type_name(), vec(clause(), 0..6)).prop_map(|(name, clauses)| Item::Rule(RuleDeclaration {
            name,
            clauses,
            close: NONE,
        })),
        2 => (text(), vec(test_item(), 0..6)).prop_map(|(title, items)| Item::Test(TestDeclaration {
            title,
            items,
            close: NONE,
        })),
    ]
    .boxed()
}
