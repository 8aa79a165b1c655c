//! The syntax tree of a source: what is written, and where.
//!
//! Spans inside a declaration are relative to the declaration's first byte. All spans compare equal, so
//! that a tree that is printed and parsed again is equal to itself.

pub(crate) use super::operator::Function;
use super::operator::{CompareOp, Is, Quantifier, TextOp};
use crate::outcome::message::{Channel, PartName};
use crate::text::span::Span;

/// A span that is ignored when trees are compared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At(pub(crate) Span);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for At {}

/// All declarations of one source that parse.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) declarations: Vec<Declaration>,
    /// Comments after the last declaration.
    pub(crate) trailing: Vec<Comment>,
    /// Names of declarations that failed to parse. References to them are not reported again.
    pub(crate) lost: Vec<Box<str>>,
}

/// One declaration with the comments that belong to it.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    /// Offset of the declaration's first byte (its keyword) in the source.
    pub(crate) offset: u32,
    /// The text from its keyword to its last byte.
    pub(crate) text: Box<str>,
    /// Comments between the previous declaration and this one, in order, with `///`. Their spans are
    /// absolute.
    pub(crate) leading: Vec<Comment>,
    /// There is a blank line before it.
    pub(crate) after_blank: bool,
    /// Comments inside, in order. Their spans are relative.
    pub(crate) inner: Vec<Comment>,
    /// The `///` lines directly before it, joined by line breaks.
    pub(crate) description: Option<Box<str>>,
    pub(crate) item: Item,
}

/// A comment with its slashes, without its line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) span: Span,
    pub(crate) text: Box<str>,
    /// There is only whitespace before it on its line.
    pub(crate) own_line: bool,
    /// There is a blank line before it.
    pub(crate) after_blank: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Company(StringLiteral),
    Event(EventDeclaration),
    Constant(ConstantDeclaration),
    Template(TemplateDeclaration),
    Rule(RuleDeclaration),
    Test(TestDeclaration),
}

/// A name as written: an event type, rule, field, constant, template or variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: Box<str>,
    pub(crate) at: At,
    /// It is written in quotes: `on "final"`, a key `"line-items"`.
    pub(crate) quoted: bool,
}

/// A string: its value and the span of its literal, with the quotes. `string::source_offset` maps an
/// offset in the value to one in the literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StringLiteral {
    pub(crate) value: Box<str>,
    pub(crate) at: At,
    /// It is written `"""…"""`.
    pub(crate) raw: bool,
}

/// `event TYPE { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventDeclaration {
    pub(crate) name: Name,
    /// `None` if it has no body.
    pub(crate) fields: Option<Vec<FieldDeclaration>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldDeclaration {
    pub(crate) name: Name,
    pub(crate) ty: Type,
    pub(crate) description: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) kind: TypeKind,
    pub(crate) optional: bool,
    pub(crate) at: At,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TypeKind {
    String,
    Number,
    Bool,
    Timestamp,
    Secret,
    Any,
    List(Box<Type>),
    Object(Vec<FieldDeclaration>),
}

/// `const NAME = …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConstantDeclaration {
    pub(crate) name: Name,
    pub(crate) value: Operand,
}

/// `template NAME "…"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateDeclaration {
    pub(crate) name: Name,
    pub(crate) text: StringLiteral,
}

/// `rule NAME { … }`: all clauses in source order, also those given twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleDeclaration {
    pub(crate) name: Name,
    pub(crate) clauses: Vec<Clause>,
    /// The closing brace: the place of faults about missing clauses.
    pub(crate) close: At,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) at: At,
    pub(crate) kind: ClauseKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClauseKind {
    /// `on *`
    OnAll,
    On(Vec<Name>),
    Id(StringLiteral),
    Active {
        from: Option<StringLiteral>,
        until: Option<StringLiteral>,
    },
    Priority(NumberText),
    When(Expr),
    Require(Box<Requirement>),
    Final,
    /// `missing blank` (true) or `missing fail`.
    Missing {
        blank: bool,
    },
    Action(Action),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NumberText {
    pub(crate) text: Box<str>,
    pub(crate) at: At,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Requirement {
    Person,
    Subscribed(StringLiteral),
    CarrierSms,
    CarrierMms,
    Holds {
        expr: Expr,
        otherwise: StringLiteral,
    },
}

/// `send … { }`, `do … { }` or `first { }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) at: At,
    pub(crate) kind: ActionKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ActionKind {
    Send {
        channel: Channel,
        parts: Vec<MessagePart>,
        close: At,
    },
    /// `do NAME { … }`; entries in source order.
    Do {
        name: Name,
        entries: Vec<DoEntry>,
        close: At,
    },
    First {
        actions: Vec<Action>,
        close: At,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessagePart {
    pub(crate) at: At,
    pub(crate) kind: MessagePartKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MessagePartKind {
    When(Expr),
    To(RecipientExpr),
    /// `body media subject title url text html`
    Text {
        name: PartName,
        text: StringLiteral,
    },
    Data(Vec<KeyValue>),
    Transactional(bool),
}

/// The recipient after `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RecipientExpr {
    Path(PathExpr),
    Template(StringLiteral),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DoEntry {
    When { at: At, expr: Expr },
    Pair(KeyValue),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyValue {
    pub(crate) key: Name,
    pub(crate) value: ParamValue,
}

/// A value in a `do` or `data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParamValue {
    pub(crate) at: At,
    pub(crate) kind: ParamValueKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParamValueKind {
    Null,
    Bool(bool),
    Number(Box<str>),
    /// A template.
    Text(StringLiteral),
    /// A constant or a path.
    Path(PathExpr),
    List(Vec<ParamValue>),
    Object(Vec<KeyValue>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expr {
    pub(crate) at: At,
    pub(crate) kind: ExprKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExprKind {
    /// Two or more.
    Or(Vec<Expr>),
    /// Two or more.
    And(Vec<Expr>),
    Not(Box<Expr>),
    /// A condition in parentheses.
    Group(Box<Expr>),
    Quantifier {
        which: Quantifier,
        variable: Name,
        over: Operand,
        body: Box<Expr>,
    },
    Sample(Sample),
    /// An operand without an operator.
    Bare(Operand),
    Is {
        operand: Operand,
        negated: bool,
        what: Is,
    },
    Between {
        operand: Operand,
        negated: bool,
        /// The low and the high bound. Boxed because `between` is rare and operands are large.
        bounds: Box<[Operand; 2]>,
        ignoring_case: bool,
    },
    Compare {
        left: Operand,
        op: CompareOp,
        right: Operand,
        ignoring_case: bool,
    },
    In {
        left: Operand,
        negated: bool,
        right: Operand,
        ignoring_case: bool,
    },
    Match {
        left: Operand,
        negated: bool,
        op: TextOp,
        right: Operand,
        ignoring_case: bool,
    },
}

/// `sample 10%..30% by PATH salt "…"`; percentages are without the percent sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) from: Option<NumberText>,
    pub(crate) until: NumberText,
    pub(crate) by: PathExpr,
    pub(crate) salt: Option<StringLiteral>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operand {
    pub(crate) at: At,
    pub(crate) kind: OperandKind,
    /// `+ 2h`, `- 7d`, in source order.
    pub(crate) shifts: Vec<Shift>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OperandKind {
    Null,
    Bool(bool),
    Number(Box<str>),
    Text(StringLiteral),
    Duration(Duration),
    List(Vec<Operand>),
    Path(PathExpr),
    Call {
        function: Function,
        arguments: Vec<Operand>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) minus: bool,
    pub(crate) duration: Duration,
}

/// `90s 30m 2h 7d`: the digits and the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Duration {
    pub(crate) digits: Box<str>,
    pub(crate) unit: char,
    pub(crate) at: At,
}

/// A path as written; the first segment is always a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathExpr {
    pub(crate) at: At,
    pub(crate) segments: Vec<PathSegment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathSegment {
    pub(crate) at: At,
    pub(crate) kind: PathSegmentKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathSegmentKind {
    /// `.name`, or the first name
    Name(Box<str>),
    /// `["any name"]`
    Key(Box<str>),
    /// `[0]`: the digits
    Index(Box<str>),
}

/// `test "TITLE" { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TestDeclaration {
    pub(crate) title: StringLiteral,
    pub(crate) items: Vec<TestItem>,
    pub(crate) close: At,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TestItem {
    pub(crate) at: At,
    pub(crate) kind: TestItemKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TestItemKind {
    Time(StringLiteral),
    Adapter(Name),
    Answers(JsonText),
    Event(JsonText),
    Expect(Expectation),
}

/// JSON in a test. The splitter finds its end by its braces; the grammar does not parse it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonText {
    pub(crate) text: Box<str>,
    pub(crate) at: At,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expectation {
    Accepts(Name),
    Refuses {
        rule: Name,
        error: Option<StringLiteral>,
    },
    Skips(Name),
    Sends {
        rule: Name,
        channel: Channel,
        body: Option<StringLiteral>,
        to: Option<StringLiteral>,
    },
    SendFails {
        rule: Name,
        channel: Channel,
        error: Option<StringLiteral>,
    },
    Does {
        rule: Name,
        name: Name,
        params: Option<JsonText>,
    },
    Ignored,
    NoRouteRules,
    Rejected {
        code: Option<StringLiteral>,
    },
    NothingElse,
}
