//! The tree of a source: what was written, and where. Resolves no name and judges no value.
//!
//! Spans inside a declaration are relative to the declaration's first byte. Two trees are equal when
//! they say the same: spans and comments do not count (`Spanned` and the spans compare equal), so that
//! a tree printed and parsed again equals itself.

use super::operator::{CompareOp, Is, Quantifier, TextOp};
use crate::outcome::message::{Channel, PartName};
use crate::text::span::Span;

/// A span that does not count when trees are compared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At(pub(crate) Span);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for At {}

/// All declarations of one source that could be read.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) declarations: Vec<Declaration>,
    /// Comments after the last declaration.
    pub(crate) trailing: Vec<Comment>,
    /// Names of declarations that could not be read: what refers to them deserves no second fault.
    pub(crate) lost: Vec<Box<str>>,
}

/// One declaration with the comments that belong to it.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    /// Offset of the declaration's first byte (its keyword) in the source.
    pub(crate) offset: u32,
    /// The declaration's text, from its keyword to its last byte.
    pub(crate) text: Box<str>,
    /// Comments between the declaration before and this one, in order, `///` included. Their spans are
    /// absolute.
    pub(crate) leading: Vec<Comment>,
    /// A blank line stands before it.
    pub(crate) after_blank: bool,
    /// Comments inside, in order; spans relative.
    pub(crate) inner: Vec<Comment>,
    /// The `///` lines directly before it, joined by line breaks.
    pub(crate) description: Option<Box<str>>,
    pub(crate) item: Item,
}

/// A comment as it stands, slashes included, line break not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) span: Span,
    pub(crate) text: Box<str>,
    /// Whether only blanks stand before it on its line.
    pub(crate) own_line: bool,
    /// A blank line stands before it.
    pub(crate) after_blank: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Company(Text),
    Event(EventDeclaration),
    Constant(Constant),
    Template(TemplateDeclaration),
    Rule(Rule),
    Test(Test),
}

/// A name as written: an event type, rule, field, constant, template or variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: Box<str>,
    pub(crate) at: At,
    /// Written in quotes: `on "final"`, a key `"line-items"`.
    pub(crate) quoted: bool,
}

/// A string: its value, and where its literal stands (quotes included). Offsets into the value are
/// mapped back by `syntax::text::source_offset`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) value: Box<str>,
    pub(crate) at: At,
    /// Written `"""…"""`.
    pub(crate) raw: bool,
}

/// `event TYPE { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventDeclaration {
    pub(crate) name: Name,
    /// None: declared without a body.
    pub(crate) fields: Option<Vec<Field>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
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
    Object(Vec<Field>),
}

/// `const NAME = …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Constant {
    pub(crate) name: Name,
    pub(crate) value: Operand,
}

/// `template NAME "…"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateDeclaration {
    pub(crate) name: Name,
    pub(crate) text: Text,
}

/// `rule NAME { … }`: clauses in the order written, given too often included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) name: Name,
    pub(crate) clauses: Vec<Clause>,
    /// The closing brace, for what is not given.
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
    Id(Text),
    Active {
        from: Option<Text>,
        until: Option<Text>,
    },
    /// The number's text.
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
    Subscribed(Text),
    CarrierSms,
    CarrierMms,
    Holds { expr: Expr, otherwise: Text },
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
        parts: Vec<Part>,
        close: At,
    },
    /// `do NAME { … }`; entries in the order written.
    Do {
        name: Name,
        entries: Vec<Entry>,
        close: At,
    },
    First {
        actions: Vec<Action>,
        close: At,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) at: At,
    pub(crate) kind: PartKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartKind {
    When(Expr),
    To(Recipient),
    /// `body media subject title url text html`
    Text {
        name: PartName,
        text: Text,
    },
    Data(Vec<Pair>),
    Transactional(bool),
}

/// `to` is a path or a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    Path(Path),
    Template(Text),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    When { at: At, expr: Expr },
    Pair(Pair),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) key: Name,
    pub(crate) value: Value,
}

/// What a `do` or `data` gives along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) at: At,
    pub(crate) kind: ValueKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Null,
    Bool(bool),
    Number(Box<str>),
    /// A template.
    Text(Text),
    /// A constant or a path.
    Path(Path),
    List(Vec<Value>),
    Object(Vec<Pair>),
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
    /// In parentheses.
    Group(Box<Expr>),
    Quantifier {
        which: Quantifier,
        variable: Name,
        over: Operand,
        body: Box<Expr>,
    },
    Sample(Sample),
    /// An operand with nothing behind it.
    Bare(Operand),
    Is {
        operand: Operand,
        negated: bool,
        what: Is,
    },
    Between {
        operand: Operand,
        negated: bool,
        /// The low one and the high one; rare, and as large as everything else together.
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

/// `sample 10%..30% by PATH salt "…"`; shares are the digits before the percent sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) from: Option<NumberText>,
    pub(crate) until: NumberText,
    pub(crate) by: Path,
    pub(crate) salt: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operand {
    pub(crate) at: At,
    pub(crate) kind: OperandKind,
    /// `+ 2h`, `- 7d`, in the order written.
    pub(crate) shifts: Vec<Shift>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OperandKind {
    Null,
    Bool(bool),
    Number(Box<str>),
    Text(Text),
    Duration(Duration),
    List(Vec<Operand>),
    Path(Path),
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    Length,
    Number,
    Time,
    TimeOfDay,
}

/// A path as written; the first segment is always a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) at: At,
    pub(crate) segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) at: At,
    pub(crate) kind: SegmentKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SegmentKind {
    /// `.name`, or the first name
    Name(Box<str>),
    /// `["any name"]`
    Key(Box<str>),
    /// `[0]`: the digits
    Index(Box<str>),
}

/// `test "TITLE" { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) title: Text,
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
    Moment(Text),
    Adapter(Name),
    Answers(JsonText),
    Event(JsonText),
    Expect(Expectation),
}

/// JSON in a test: cut by its braces, read by the event reader, never by the grammar.
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
        error: Option<Text>,
    },
    Skips(Name),
    Sends {
        rule: Name,
        channel: Channel,
        body: Option<Text>,
        to: Option<Text>,
    },
    SendFails {
        rule: Name,
        channel: Channel,
        error: Option<Text>,
    },
    Does {
        rule: Name,
        name: Name,
        params: Option<JsonText>,
    },
    Ignored,
    NoRouteRules,
    Rejected {
        code: Option<Text>,
    },
    NothingElse,
}
