//! What is wrong in a rule file, where, and what to write instead. Finds nothing itself: the registry
//! of codes and the plain data that the stages fill in.

pub(crate) mod source_map;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::json::write::ObjectWriter;
use crate::limits::Limits;
use crate::text::line_index::{LineIndex, Position};
use crate::text::snippet::{Snippet, SnippetLine, escape};
use crate::text::span::{Place, SourceId, Span};

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
    /// Results will have no `resource_url`.
    NoCompany = "W0004",
    /// A bare name right of `in` that is neither constant nor declared field.
    BareNameAfterIn = "W0005",
    /// An event type of a test or rule that is like a declared one.
    NearbyType = "W0006",
    /// A field that nothing declares, called like a literal of another language.
    ForeignLiteral = "W0007",
    // W01: rules
    /// A rule that can never match.
    NeverMatches = "W0101",
    /// A rule that an earlier `final` rule hides.
    Unreachable = "W0102",
    /// A rule that duplicates another.
    DuplicateRule = "W0103",
    /// Many rules of an event type with conditions of which nothing can be looked up.
    NotIndexed = "W0104",
    /// `!=` on an undeclared field holds across types.
    AcrossTypes = "W0105",
    /// A quantifier's variable, or part of a condition, that changes nothing.
    NoEffect = "W0106",
    /// An expectation of what its rule never does, in a test.
    NeverDone = "W0107",
    /// A pattern with the wildcards of SQL.
    ForeignWildcard = "W0108",
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
    /// A placeholder or tag of another template language, which is sent as it stands.
    ForeignToken = "W0206",
    /// A date's pattern that writes no date, or a month for minutes.
    DateFormat = "W0207",
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

    /// Drops the texts of a fault that is only counted: they need no memory.
    pub(crate) fn silence(&mut self) {
        self.message = String::new();
        self.help = None;
        self.labels = Vec::new();
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

/// Tells, of declarations in the order of the sources, from when on what is found is past the limit: so
/// many errors of a source stand before it that it is counted and never shown.
#[derive(Debug)]
pub(crate) struct Shown {
    most: usize,
    source: Option<SourceId>,
    /// Errors of that source.
    errors: usize,
    /// Faults looked at.
    seen: usize,
}

impl Shown {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self {
            most: limits.diagnostics,
            source: None,
            errors: 0,
            seen: 0,
        }
    }

    /// Whether what is found in the next declaration, of which something stands at `place`, may be shown;
    /// `faults` are those found up to here.
    pub(crate) fn begin(&mut self, place: Place, faults: &[Fault]) -> bool {
        if self.source != Some(place.source) {
            self.source = Some(place.source);
            self.errors = 0;
            self.seen = faults.len();
        }
        let new = faults.get(self.seen..).unwrap_or_default();
        let errors = new.iter().filter(|fault| {
            fault.code.severity() == Severity::Error
                && fault.place.source == place.source
                && fault.place.span.start < place.span.start
        });
        self.errors = self.errors.saturating_add(errors.count());
        self.seen = faults.len();
        self.errors < self.most
    }
}

/// One source of rules: its name and its text.
#[derive(Clone, Debug)]
pub(crate) struct SourceText {
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<str>,
}

/// One thing that is wrong, or probably not meant, in a source of rules.
///
/// `{}` prints it as people read it, over several lines, with the place marked and without a line break
/// at the end; [`to_json`](Self::to_json) is for programs. Control characters of the rules come out
/// escaped in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    code: Code,
    site: Site,
    message: Box<str>,
    help: Option<Box<str>>,
    labels: Vec<Label>,
}

/// A second place that matters to a diagnostic, with a word on why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    site: Site,
    text: Box<str>,
}

/// A place in a source as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Site {
    source: Arc<str>,
    span: Span,
    position: Position,
    snippet: Snippet,
}

impl Site {
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
    /// Of a single fault. For many, [`Diagnostics::new`] looks each source through only once.
    #[cfg(test)]
    pub(crate) fn from_fault(fault: &Fault, sources: &[SourceText]) -> Self {
        Self::new(fault, &lined(sources))
    }

    fn new(fault: &Fault, sources: &[(Arc<str>, LineIndex<'_>)]) -> Self {
        Self {
            code: fault.code,
            site: Site::new(fault.place, sources),
            message: escape(&fault.message).into(),
            help: fault.help.as_deref().map(|help| escape(help).into()),
            labels: fault
                .labels
                .iter()
                .map(|(place, text)| Label {
                    site: Site::new(*place, sources),
                    text: escape(text).into(),
                })
                .collect(),
        }
    }

    /// The code, the same in every version that knows it.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Error or warning.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// The name that the source was given under.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.site.source
    }

    /// The line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.site.position.line
    }

    /// The column, counted in characters from 1.
    #[must_use]
    pub const fn column(&self) -> u32 {
        self.site.position.column
    }

    /// The place as a range of bytes of the source.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.site.span.range()
    }

    /// What is wrong, in one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to write instead, where that is known.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Other places that matter.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// As one line of JSON: an object with `severity`, `code`, `file`, `line`, `column`, `message` and,
    /// where there is one, `help`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        object
            .string("severity", &self.severity().to_string())
            .string("code", self.code.as_str())
            .string("file", &self.site.source)
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
        let sites = self.labels.iter().map(|label| &label.site);
        let last = sites.map(|site| site.position.line).max();
        let margin = last
            .max(Some(self.line()))
            .map_or(1, |line| line.to_string().len());
        writeln!(f, "{}[{}]: {}", self.severity(), self.code, self.message)?;
        self.site.write(f, "-->", margin)?;
        for label in &self.labels {
            write!(f, "\n{:margin$} = note: {}\n", "", label.text)?;
            label.site.write(f, "-->", margin)?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n{:margin$} = help: {help}", "")?;
        }
        Ok(())
    }
}

impl Label {
    /// The name of the source it lies in.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.site.source
    }

    /// The line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.site.position.line
    }

    /// The column, counted in characters from 1.
    #[must_use]
    pub const fn column(&self) -> u32 {
        self.site.position.column
    }

    /// The place as a range of bytes of the source.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.site.span.range()
    }

    /// Why the place matters.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Everything that was found in the sources of one engine, by source and place.
///
/// Of each source at most [`Limits::diagnostics`](crate::Limits) are kept, errors before warnings; the
/// rest is counted. `{}` prints them all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    left_out: usize,
}

impl Diagnostics {
    /// Sorts the faults, keeps what the limit allows and finds lines and columns: in linear time, bar
    /// the sorting.
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
        let lined = lined(sources);
        Self {
            left_out: all.saturating_sub(faults.len()),
            list: faults
                .iter()
                .map(|fault| Diagnostic::new(fault, &lined))
                .collect(),
        }
    }

    /// One after the other, by source and place.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// How many are kept.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether nothing was found.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many more were found than are kept.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// Whether an error is among them, so that no engine can be built.
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

fn lined(sources: &[SourceText]) -> Vec<(Arc<str>, LineIndex<'_>)> {
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
    fn prints_the_place() {
        let fault = Fault::new(
            Code::StrayText,
            place(0, 13, 16),
            "`rul` begins no declaration",
        )
        .near(Some("rule"))
        .label(place(1, 5, 6), "a rule looks so");
        let found = Diagnostic::from_fault(&fault, &sources());
        let expected = "\
error[E0102]: `rul` begins no declaration
 --> a.rules:2:2
  |
2 |     rul foo {}
  |     ^^^
  = note: a rule looks so
 --> b.rules:1:6
  |
1 | rule b {}
  |      ^
  = help: did you mean `rule`?";
        assert_eq!(found.to_string(), expected);
        assert_eq!(
            found.to_json(),
            r#"{"severity":"error","code":"E0102","file":"a.rules","line":2,"column":2,"message":"`rul` begins no declaration","help":"did you mean `rule`?"}"#
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
        let told: Vec<_> = found.iter().map(Diagnostic::message).collect();
        assert_eq!(told, ["w0", "e8", "w"]);
        assert_eq!(found.left_out(), 1);
        assert!(found.has_errors());
        assert!(found.to_string().ends_with("and 1 more, not shown"));
    }

    #[test]
    fn many_faults_in_one_long_line() {
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
