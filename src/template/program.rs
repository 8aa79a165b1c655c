//! Compiled templates: flat programs that the renderer runs. Knows no text of a template, but for what
//! a message about a token has to quote.

use crate::event::path::Root;
use crate::hir::TemplateId;
use crate::number::Decimal;

pub(crate) use super::helper::Helper;

/// One compiled template.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) ops: Box<[Op]>,
    /// All fixed texts, one behind the other.
    pub(crate) text: Box<str>,
    pub(crate) paths: Box<[TokenPath]>,
    pub(crate) constants: Box<[Constant]>,
}

impl Program {
    /// Makes the comparison at `op` one of times.
    pub(super) fn compare_times(&mut self, op: u32) {
        if let Some(op) = self.ops.get_mut(op as usize)
            && let Op::Call { helper, .. } = *op
        {
            *op = Op::CompareTimes { helper };
        }
    }

    /// Gives what it includes ids that are higher by so much.
    pub(super) fn shift_includes(&mut self, by: u32) {
        for op in &mut self.ops {
            if let Op::Include(id) = op {
                id.0 = id.0.saturating_add(by);
            }
        }
    }
}

/// One step of a program. Values go over a stack; contexts of `each` and `with` are a second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// Writes a part of the fixed text.
    Text {
        start: u32,
        end: u32,
        plain: Plain,
    },
    /// Writes what a path reads; raw: as it is, also in html. Counts as two steps.
    Token {
        path: u32,
        raw: bool,
    },
    /// Pushes what a path reads.
    Path(u32),
    /// Pushes a constant.
    Constant(u32),
    /// Takes so many values and pushes what the helper makes of them.
    Call {
        helper: Helper,
        values: u32,
    },
    /// Takes two values and compares them as times.
    CompareTimes {
        helper: Helper,
    },
    /// Takes a value and writes it; raw: as it is, also in html.
    Write {
        raw: bool,
    },
    /// Takes a value; goes on at `target` where its truth is not `on`.
    Unless {
        on: bool,
        target: u32,
    },
    Jump(u32),
    /// Takes a value and begins its first turn; goes on at `otherwise` where it has none.
    Each {
        otherwise: u32,
    },
    /// Begins the next turn at `body`, or ends the loop.
    Next {
        body: u32,
    },
    /// Takes a value and makes it the context; goes on at `otherwise` where it is false.
    With {
        otherwise: u32,
    },
    /// Ends a `with`.
    Leave,
    /// Runs another template here.
    Include(TemplateId),
}

/// Whether fixed text is written as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// Wherever it stands.
    Always,
    /// Where line breaks are left in.
    InLines,
    /// Perhaps not.
    No,
}

impl Plain {
    pub(super) fn of(text: &str) -> Self {
        let is_special = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        let mut plain = Self::Always;
        for c in text.chars().filter(|c| is_special(*c)) {
            match c {
                '\n' => plain = Self::InLines,
                _ => return Self::No,
            }
        }
        plain
    }
}

/// A value written in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Constant {
    /// An option that was not given.
    Absent,
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Box<str>),
}

/// A path of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenPath {
    /// As the author wrote it.
    pub(crate) text: Box<str>,
    pub(crate) base: Base,
    pub(crate) steps: Box<[Step]>,
}

/// Where a path of a template begins. Contexts are counted outwards, the innermost is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Base {
    Root(Root),
    /// The value of a context.
    Context(u16),
    /// `@index` of the innermost `each` at or outside a context.
    Index(u16),
    First(u16),
    Last(u16),
    Key(u16),
    /// The second block parameter: the key over an object, else the index.
    Position(u16),
}

/// One step of a path: a member of an object or, where it is a number, an element of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    pub(crate) name: Box<str>,
    pub(crate) index: Option<u32>,
}

impl Step {
    pub(super) fn new(name: &str) -> Self {
        let digits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
        Self {
            name: name.into(),
            index: digits.then(|| name.parse().ok()).flatten(),
        }
    }
}

/// How the texts of a template are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mode {
    /// As Handlebars escapes for html.
    pub(crate) escape: bool,
    /// Line breaks are left out.
    pub(crate) single_line: bool,
    /// A missing token is nothing rather than a failure.
    pub(crate) blank: bool,
}
