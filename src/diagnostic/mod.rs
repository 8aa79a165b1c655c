//! Errors and warnings about rules: the registry of codes, and how diagnostics are sorted and printed.

pub(crate) mod source_map;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::json::write::ObjectWriter;
use crate::limits::Limits;
use crate::text::line_index::{LineIndex, Position};
use crate::text::snippet::{Snippet, SnippetLine, escape};
use crate::text::span::{Place, SourceId, Span};

/// The severity of a diagnostic. Only an error prevents building an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// The rules are invalid, and no engine is built.
    Error,
    /// The rules are valid, but probably not what the author intended.
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
        /// The stable code of a diagnostic: `E` for errors, `W` for warnings. A code is never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* #[doc = concat!("\n\n`", $text, "`")] $name,)+
        }

        impl Code {
            /// Every code, in the order of the registry.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Returns the code as printed, such as `E0102`.
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
    /// There are more rules than the limit.
    TooManyRules = "E0004",
    /// Two sources have the same name.
    DuplicateSource = "E0005",
    // E01: syntax
    /// The language expects something else here.
    Unexpected = "E0101",
    /// Text outside every declaration.
    StrayText = "E0102",
    /// A brace, bracket or parenthesis that is never closed.
    Unclosed = "E0103",
    /// A closing brace, bracket or parenthesis that was not opened.
    Unopened = "E0104",
    /// A string without a closing quote.
    UnclosedString = "E0105",
    /// An escape that JSON does not define, or a control character in a string.
    InvalidString = "E0106",
    /// An invalid number, duration or percentage.
    InvalidNumber = "E0107",
    /// Nesting deeper than the limit.
    TooDeep = "E0108",
    /// A string, a list or the number of conditions exceeds its limit.
    TooLong = "E0109",
    /// A clause or part that occurs too often.
    GivenTwice = "E0110",
    /// A required clause or part that is missing.
    NotGiven = "E0111",
    /// A name that is not allowed here.
    InvalidName = "E0112",
    /// JSON in a test that is invalid or not an object.
    InvalidJson = "E0113",
    /// An answer in a test with an invalid value.
    InvalidAnswers = "E0114",
    // E02: names
    /// A name declared twice.
    Duplicate = "E0201",
    /// A field that no declared type of the rule has.
    UnknownField = "E0202",
    /// A template that is not declared.
    UnknownTemplate = "E0203",
    /// A test names a rule that is not declared.
    UnknownRule = "E0204",
    /// A constant with the name of a root, or of a declared field of a type that uses it.
    ConstantShadows = "E0205",
    /// A rule reads `debug_data`.
    DebugData = "E0206",
    /// A member that the root does not have.
    UnknownMember = "E0207",
    /// A recipient kind that does not exist.
    UnknownRecipient = "E0208",
    /// A test names an adapter that does not exist.
    UnknownAdapter = "E0209",
    /// A key that a built-in action does not have.
    UnknownKey = "E0210",
    // E03: types and values
    /// A comparison that is never true for the types of its operands.
    NeverHolds = "E0301",
    /// A path that enters a value that is not an object or a list.
    NotAContainer = "E0302",
    /// A literal of the wrong type for the operator.
    WrongLiteral = "E0303",
    /// An invalid timestamp.
    InvalidTimestamp = "E0304",
    /// A window that ends before it starts.
    EmptyWindow = "E0305",
    /// A regular expression that does not compile or is too large.
    InvalidRegex = "E0306",
    /// An invalid network.
    InvalidNetwork = "E0307",
    /// An invalid time of day, or `time_of_day` without `between`.
    InvalidTimeOfDay = "E0308",
    /// A time zone that does not exist.
    UnknownZone = "E0309",
    /// A sample whose share is not between 0% and 100%.
    InvalidShare = "E0310",
    /// A duration added to something that is not a timestamp.
    NotATime = "E0311",
    /// A priority that is not an integer in range.
    InvalidPriority = "E0312",
    /// A field that one type of the rule declares as a timestamp and another one does not.
    MixedTypes = "E0313",
    /// A pattern that ends in an incomplete escape.
    InvalidPattern = "E0314",
    // E04: templates
    /// A template that the handlebars grammar rejects.
    TemplateSyntax = "E0401",
    /// A handlebars feature that the language does not support.
    TemplateUnsupported = "E0402",
    /// A helper that does not exist.
    UnknownHelper = "E0403",
    /// A helper with invalid arguments.
    HelperArguments = "E0404",
    /// Templates that include each other in a cycle.
    TemplateCycle = "E0405",
    /// A template that exceeds a limit: bytes, tags, nesting.
    TemplateTooLarge = "E0406",
    /// A field in a template that no declared type has.
    TemplateField = "E0407",
    /// A token that is an object or a list.
    TokenNotText = "E0408",
    /// `../` past the root.
    PastRoot = "E0409",
    // W00: names and use
    /// A field that some declared types of the rule do not have.
    FieldInSomeTypes = "W0001",
    /// A constant that nothing uses.
    UnusedConstant = "W0002",
    /// A template that nothing uses.
    UnusedTemplate = "W0003",
    /// Results will have no `resource_url`.
    NoCompany = "W0004",
    /// A bare name after `in` that is neither a constant nor a declared field.
    BareNameAfterIn = "W0005",
    /// An event type that resembles a declared one.
    NearbyType = "W0006",
    /// An undeclared field with the name of a literal in another language.
    ForeignLiteral = "W0007",
    // W01: rules
    /// A rule that can never match.
    NeverMatches = "W0101",
    /// A rule that never runs because of an earlier `final` rule.
    Unreachable = "W0102",
    /// A rule that duplicates another.
    DuplicateRule = "W0103",
    /// Many rules of an event type without a condition that the index can use.
    NotIndexed = "W0104",
    /// `!=` on an undeclared field is also true for values of other types.
    AcrossTypes = "W0105",
    /// A quantifier's variable or a part of a condition without effect.
    NoEffect = "W0106",
    /// A test expects something that its rule never does.
    NeverDone = "W0107",
    /// A pattern with SQL wildcards.
    ForeignWildcard = "W0108",
    // W02: messages
    /// An optional token without a default.
    OptionalToken = "W0201",
    /// A text whose fixed part requires UCS-2.
    ForcesUcs2 = "W0202",
    /// A text whose fixed part needs more than one segment.
    SecondSegment = "W0203",
    /// A token in `html` that is not escaped.
    Unescaped = "W0204",
    /// A partial whose indentation or whitespace differs from handlebars.
    PartialIndent = "W0205",
    /// A placeholder or tag of another template language, which is sent unchanged.
    ForeignToken = "W0206",
    /// A date pattern that prints no date, or the month in place of the minutes.
    DateFormat = "W0207",
}

impl Code {
    /// Returns the severity, which the first letter of the code gives.
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

/// A diagnostic as the stages of the compiler create it, with byte offsets instead of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Other relevant places, each with a note.
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

    /// Drops the texts of a fault that is counted but not reported, to free their memory.
    pub(crate) fn silence(&mut self) {
        self.message = String::new();
        self.help = None;
        self.labels = Vec::new();
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the help `did you mean …?` if there is a similar name.
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

/// Detects when a source has so many errors that those of later declarations are only counted.
///
/// Declarations must come in source order.
#[derive(Debug)]
pub(crate) struct DiagnosticBudget {
    limit: usize,
    source: Option<SourceId>,
    /// Errors of that source so far.
    errors: usize,
    /// Faults counted so far.
    counted: usize,
}

impl DiagnosticBudget {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.diagnostics,
            source: None,
            errors: 0,
            counted: 0,
        }
    }

    /// Returns whether faults of the next declaration can be reported.
    ///
    /// `place` is any place in that declaration, `faults` are all faults before it.
    pub(crate) fn has_room(&mut self, place: Place, faults: &[Fault]) -> bool {
        if self.source != Some(place.source) {
            self.source = Some(place.source);
            self.errors = 0;
            self.counted = faults.len();
        }
        let new = faults.get(self.counted..).unwrap_or_default();
        let errors = new.iter().filter(|fault| {
            fault.code.severity() == Severity::Error
                && fault.place.source == place.source
                && fault.place.span.start < place.span.start
        });
        self.errors = self.errors.saturating_add(errors.count());
        self.counted = faults.len();
        self.errors < self.limit
    }
}

/// The name and the text of a source.
#[derive(Clone, Debug)]
pub(crate) struct SourceText {
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<str>,
}

/// An error or a warning about rules.
///
/// `{}` prints it for people: several lines with the source line underlined, without a final line break.
/// [`to_json`](Self::to_json) is for programs. Both escape control characters from the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    code: Code,
    place: SourcePlace,
    message: Box<str>,
    help: Option<Box<str>>,
    labels: Vec<Label>,
}

/// Another place that is relevant to a diagnostic, with a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    place: SourcePlace,
    text: Box<str>,
}

/// A place in a source with its position and the text of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SourcePlace {
    source: Arc<str>,
    span: Span,
    position: Position,
    snippet: Snippet,
}

impl SourcePlace {
    fn new(place: Place, sources: &[(Arc<str>, LineIndex<'_>)]) -> Self {
        let Some((name, index)) = sources.get(place.source.0 as usize) else {
            return Self {
                source: Arc::from(""),
                span: place.span,
                position: Position { line: 1, column: 1 },
                snippet: Snippet::default(),
            };
        };
        Self {
            source: Arc::clone(name),
            span: place.span,
            position: index.position(place.span.start),
            snippet: Snippet::new(index, place.span),
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, arrow: &str, margin: usize) -> fmt::Result {
        let Position { line, column } = self.position;
        let name = escape(&self.source);
        writeln!(f, "{:margin$}{arrow} {name}:{line}:{column}", "")?;
        writeln!(f, "{:margin$} |", "")?;
        let SnippetLine { text, lead, width } = self.snippet.to_line();
        writeln!(f, "{}", format!("{line:margin$} | {text}").trim_end())?;
        write!(f, "{:margin$} | {:lead$}{}", "", "", "^".repeat(width))
    }
}

impl Diagnostic {
    /// Creates a single diagnostic. [`Diagnostics::new`] creates many and indexes each source once.
    #[cfg(test)]
    pub(crate) fn from_fault(fault: &Fault, sources: &[SourceText]) -> Self {
        Self::new(fault, &index_lines(sources))
    }

    fn new(fault: &Fault, sources: &[(Arc<str>, LineIndex<'_>)]) -> Self {
        Self {
            code: fault.code,
            place: SourcePlace::new(fault.place, sources),
            message: escape(&fault.message).into(),
            help: fault.help.as_deref().map(|help| escape(help).into()),
            labels: fault
                .labels
                .iter()
                .map(|(place, text)| Label {
                    place: SourcePlace::new(*place, sources),
                    text: escape(text).into(),
                })
                .collect(),
        }
    }

    /// Returns the code. A code keeps its meaning in later versions.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Returns the severity.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// Returns the name of the source.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.place.source
    }

    /// Returns the line, from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.place.position.line
    }

    /// Returns the column in characters, from 1.
    #[must_use]
    pub const fn column(&self) -> u32 {
        self.place.position.column
    }

    /// Returns the place as a byte range of the source.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.place.span.range()
    }

    /// Returns the message, a single line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns a suggestion for a fix, if there is one.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Returns other relevant places.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// Returns one line of JSON: an object with `severity`, `code`, `file`, `line`, `column`, `message` and
    /// an optional `help`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        object
            .string("severity", &self.severity().to_string())
            .string("code", self.code.as_str())
            .string("file", &self.place.source)
            .raw("line", &self.line().to_string())
            .raw("column", &self.column().to_string())
            .string("message", &self.message);
        if let Some(help) = &self.help {
            object.string("help", help);
        }
        object.end();
        out
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.labels.iter().map(|label| &label.place);
        let last = places.map(|place| place.position.line).max();
        let margin = last
            .max(Some(self.line()))
            .map_or(1, |line| line.to_string().len());
        writeln!(f, "{}[{}]: {}", self.severity(), self.code, self.message)?;
        self.place.write(f, "-->", margin)?;
        for label in &self.labels {
            write!(f, "\n{:margin$} = note: {}\n", "", label.text)?;
            label.place.write(f, "-->", margin)?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n{:margin$} = help: {help}", "")?;
        }
        Ok(())
    }
}

impl Label {
    /// Returns the name of the source.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.place.source
    }

    /// Returns the line, from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.place.position.line
    }

    /// Returns the column in characters, from 1.
    #[must_use]
    pub const fn column(&self) -> u32 {
        self.place.position.column
    }

    /// Returns the place as a byte range of the source.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.place.span.range()
    }

    /// Returns the note that explains why the place is relevant.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The errors and warnings of one engine's sources, sorted by source and place.
///
/// Each source has at most [`Limits::diagnostics`](crate::Limits); errors take precedence over warnings,
/// and the rest is counted. `{}` prints all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    left_out: usize,
}

impl Diagnostics {
    /// Sorts the faults, applies the limit and finds lines and columns. Apart from sorting, this takes
    /// linear time.
    pub(crate) fn new(mut faults: Vec<Fault>, sources: &[SourceText], limits: &Limits) -> Self {
        if faults.is_empty() {
            return Self::default();
        }
        let all = faults.len();
        let place = |fault: &Fault| (fault.place.source, fault.place.span, fault.code);
        faults.sort_by_key(|fault| (fault.place.source, fault.code.severity(), place(fault)));
        let mut source = None;
        let mut count: usize = 0;
        faults.retain(|fault| {
            if source != Some(fault.place.source) {
                source = Some(fault.place.source);
                count = 0;
            }
            count = count.saturating_add(1);
            count <= limits.diagnostics
        });
        faults.sort_by_key(place);
        let indexed = index_lines(sources);
        Self {
            left_out: all.saturating_sub(faults.len()),
            list: faults
                .iter()
                .map(|fault| Diagnostic::new(fault, &indexed))
                .collect(),
        }
    }

    /// Iterates over the diagnostics, sorted by source and place.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Returns the number of diagnostics, without those left out.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns whether there are no diagnostics.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the number of diagnostics left out because of the limit.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// Returns whether there is an error, which prevents building an engine.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.iter().any(|found| found.severity() == Severity::Error)
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n\n" };
            write!(f, "{gap}{diagnostic}")?;
        }
        match self.left_out {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more, not shown"),
        }
    }
}

impl std::error::Error for Diagnostics {}

fn index_lines(sources: &[SourceText]) -> Vec<(Arc<str>, LineIndex<'_>)> {
    sources
        .iter()
        .map(|source| (Arc::clone(&source.name), LineIndex::new(&source.text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Code, Diagnostic, Diagnostics, Fault, SourceText};
    use crate::limits::Limits;
    use crate::text::span::{Place, SourceId, Span};

    fn place(source: u32, start: u32, end: u32) -> Place {
        Place::new(SourceId(source), Span::new(start, end))
    }

    fn sources() -> Vec<SourceText> {
        [
            ("a.rules", "company \"x\"\n\trul foo {}\n"),
            ("b.rules", "rule b {}"),
        ]
        .map(|(name, text)| SourceText {
            name: Arc::from(name),
            text: Arc::from(text),
        })
        .into()
    }

    #[test]
    fn codes_are_distinct_and_sorted() {
        let texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(texts.is_sorted_by(|a, b| a < b), "{texts:?}");
    }

    #[test]
    fn prints_the_source_line_underlined() {
        let fault = Fault::new(
            Code::StrayText,
            place(0, 13, 16),
            "unknown declaration `rul`",
        )
        .near(Some("rule"))
        .label(place(1, 5, 6), "a rule");
        let found = Diagnostic::from_fault(&fault, &sources());
        let expected = "\
error[E0102]: unknown declaration `rul`
 --> a.rules:2:2
  |
2 |     rul foo {}
  |     ^^^
  = note: a rule
 --> b.rules:1:6
  |
1 | rule b {}
  |      ^
  = help: did you mean `rule`?";
        assert_eq!(found.to_string(), expected);
        assert_eq!(
            found.to_json(),
            r#"{"severity":"error","code":"E0102","file":"a.rules","line":2,"column":2,"message":"unknown declaration `rul`","help":"did you mean `rule`?"}"#
        );
        assert_eq!(found.range(), 13..16);
    }

    #[test]
    fn keeps_errors_before_warnings_and_sorts_by_place() {
        let limits = Limits {
            diagnostics: 2,
            ..Limits::default()
        };
        let faults = vec![
            Fault::new(Code::UnusedConstant, place(1, 0, 1), "w"),
            Fault::new(Code::UnusedConstant, place(0, 0, 1), "w0"),
            Fault::new(Code::UnusedConstant, place(0, 1, 2), "w1"),
            Fault::new(Code::Unexpected, place(0, 8, 9), "e8"),
        ];
        let found = Diagnostics::new(faults, &sources(), &limits);
        let messages: Vec<_> = found.iter().map(Diagnostic::message).collect();
        assert_eq!(messages, ["w0", "e8", "w"]);
        assert_eq!(found.left_out(), 1);
        assert!(found.has_errors());
        assert!(found.to_string().ends_with("and 1 more, not shown"));
    }

    #[test]
    fn many_faults_in_one_long_line_take_linear_time() {
        let text = "x".repeat(1 << 20);
        let sources = [SourceText {
            name: Arc::from("long"),
            text: Arc::from(text),
        }];
        let limits = Limits {
            diagnostics: 100_000,
            ..Limits::default()
        };
        let faults = (0..100_000)
            .map(|at| Fault::new(Code::Unexpected, place(0, at * 10, at * 10 + 1), "no"))
            .collect();
        let found = Diagnostics::new(faults, &sources, &limits);
        let last = found.iter().last().unwrap();
        assert_eq!((last.line(), last.column()), (1, 999_991));
    }
}
