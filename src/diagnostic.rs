//! What is wrong in a rule file, where, and what to write instead. Finds nothing itself: the registry
//! of codes and the plain data that the stages fill in.

use std::fmt;
use std::sync::Arc;

use crate::span::{Place, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// No engine is built.
    Error,
    /// The rules work, and probably not as meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// The stable code of a diagnostic: `E` for errors, `W` for warnings. A code is never used
        /// again for something else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* #[doc = concat!("\n\n`", $text, "`")] $name,)+
        }

        impl Code {
            /// Every code there is, in the order of the registry.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code as printed: `E0102`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

codes! {
    // E00: whole sources
    /// A source is larger than the limit.
    SourceTooLarge = "E0001",
    /// A declaration is larger than the limit.
    DeclarationTooLarge = "E0002",
    /// A source is not UTF-8.
    NotUtf8 = "E0003",
    /// More rules than the limit.
    TooManyRules = "E0004",
    /// Two sources of one name.
    DuplicateSource = "E0005",
    // E01: syntax
    /// Something other than what the language expects here.
    Unexpected = "E0101",
    /// Text outside every declaration.
    StrayText = "E0102",
    /// A brace, bracket or parenthesis that is never closed.
    Unclosed = "E0103",
    /// A closing one that opens nothing.
    Unopened = "E0104",
    /// A string that does not end.
    UnclosedString = "E0105",
    /// An escape that JSON does not have, or a control character in a string.
    InvalidString = "E0106",
    /// A number, duration or percentage that is none.
    InvalidNumber = "E0107",
    /// Nested deeper than the limit.
    TooDeep = "E0108",
    /// A string, list or condition count over its limit.
    TooLong = "E0109",
    /// A clause or part given too often.
    GivenTwice = "E0110",
    /// A clause or part that is required and not there.
    NotGiven = "E0111",
    /// A name that is not allowed here.
    InvalidName = "E0112",
    /// JSON in a test that is not JSON, or not an object.
    InvalidJson = "E0113",
    /// Answers in a test with a value of another form than theirs.
    InvalidAnswers = "E0114",
    // E02: names
    /// A name declared twice.
    Duplicate = "E0201",
    /// A field that no declared type of the rule has.
    UnknownField = "E0202",
    /// A template that is not declared.
    UnknownTemplate = "E0203",
    /// A rule that is not declared, in a test.
    UnknownRule = "E0204",
    /// A constant called like a root, or like a declared field of a type that uses it.
    ConstantShadows = "E0205",
    /// `debug_data` is read.
    DebugData = "E0206",
    /// A root without the member named.
    UnknownMember = "E0207",
    /// A recipient kind that does not exist.
    UnknownRecipient = "E0208",
    /// An adapter that does not exist, in a test.
    UnknownAdapter = "E0209",
    /// A key that a built-in action does not have.
    UnknownKey = "E0210",
    // E03: types and values
    /// A comparison that can never hold for its operands' types.
    NeverHolds = "E0301",
    /// A path that steps into something that is no object or no list.
    NotAContainer = "E0302",
    /// A literal where the operator needs another kind.
    WrongLiteral = "E0303",
    /// A text that is no timestamp.
    InvalidTimestamp = "E0304",
    /// A window that ends before it begins.
    EmptyWindow = "E0305",
    /// A regular expression that does not compile or is too large.
    InvalidRegex = "E0306",
    /// A text that is no network.
    InvalidNetwork = "E0307",
    /// A time of day that is none, or `time_of_day` outside `between`.
    InvalidTimeOfDay = "E0308",
    /// A time zone that does not exist.
    UnknownZone = "E0309",
    /// A sample's share that is no part of 0% to 100%.
    InvalidShare = "E0310",
    /// Adding a duration to what is no timestamp.
    NotATime = "E0311",
    /// A priority that is no whole number in range.
    InvalidPriority = "E0312",
    /// A field declared as a timestamp by one type of the rule and otherwise by another.
    MixedTypes = "E0313",
    /// A pattern that ends in a lone escape.
    InvalidPattern = "E0314",
    // E04: templates
    /// A template that handlebars' grammar does not take.
    TemplateSyntax = "E0401",
    /// A part of handlebars that the language leaves out.
    TemplateUnsupported = "E0402",
    /// A helper that does not exist.
    UnknownHelper = "E0403",
    /// A helper with arguments that it does not take.
    HelperArguments = "E0404",
    /// A cycle of templates.
    TemplateCycle = "E0405",
    /// A template over a limit: bytes, tags, nesting.
    TemplateTooLarge = "E0406",
    /// A field that no declared type has, in a template.
    TemplateField = "E0407",
    /// An object or a list as a token.
    TokenNotText = "E0408",
    /// `../` past the root.
    PastRoot = "E0409",
    // W00: names and use
    /// A field that some of the rule's declared types lack.
    FieldInSomeTypes = "W0001",
    /// A constant that nothing uses.
    UnusedConstant = "W0002",
    /// A template that nothing uses.
    UnusedTemplate = "W0003",
    /// Results will have no resource_url.
    NoCompany = "W0004",
    /// A bare name right of `in` that is neither constant nor declared field.
    BareNameAfterIn = "W0005",
    /// An event type of a test or rule that is like a declared one.
    NearbyType = "W0006",
    // W01: rules
    /// A rule that can never match.
    NeverMatches = "W0101",
    /// A rule that an earlier `final` rule hides.
    Unreachable = "W0102",
    /// A rule that duplicates another.
    DuplicateRule = "W0103",
    /// A condition of a rule that the index cannot use.
    NotIndexed = "W0104",
    /// `!=` on an undeclared field holds across types.
    AcrossTypes = "W0105",
    /// A quantifier's variable, or part of a condition, that changes nothing.
    NoEffect = "W0106",
    // W02: messages
    /// An optional token without a default.
    OptionalToken = "W0201",
    /// A text whose fixed part forces ucs2.
    ForcesUcs2 = "W0202",
    /// A text whose fixed part takes more than one segment.
    SecondSegment = "W0203",
    /// A token in `html` that is not escaped.
    Unescaped = "W0204",
    /// A partial indented or otherwise put in differently from handlebars.
    PartialIndent = "W0205",
}

impl Code {
    /// Error or warning, as its first letter says.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self.as_str().as_bytes() {
            [b'W', ..] => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A finding as a stage of the compiler makes it: a place by offsets, not yet by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Other places that matter, each with a word on why.
    pub(crate) labels: Vec<(Place, String)>,
}

impl Fault {
    pub(crate) fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            place,
            message: message.into(),
            help: None,
            labels: Vec::new(),
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With `did you mean "…"?` where there is a name near enough.
    pub(crate) fn near(mut self, near: Option<&str>) -> Self {
        if let Some(near) = near {
            self.help = Some(format!("did you mean `{near}`?"));
        }
        self
    }

    pub(crate) fn label(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push((place, text.into()));
        self
    }
}

/// One source of rules: its name and its text.
#[derive(Clone, Debug)]
pub(crate) struct SourceText {
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<str>,
}

/// One thing that is wrong, or probably not meant, in a source of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    code: Code,
    source: Arc<str>,
    span: Span,
    line: u32,
    column: u32,
    line_text: Box<str>,
    message: Box<str>,
    help: Option<Box<str>>,
    labels: Vec<Label>,
}

/// A second place that matters to a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    source: Arc<str>,
    span: Span,
    line: u32,
    column: u32,
    text: Box<str>,
}
