//! Defines compiled templates: flat programs that the renderer executes.

use crate::event::path::Root;
use crate::hir::TemplateId;
use crate::number::Decimal;

pub(crate) use super::helper::Helper;

/// One compiled template.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) ops: Box<[Instruction]>,
    /// All fixed texts, concatenated.
    pub(crate) text: Box<str>,
    pub(crate) paths: Box<[TokenPath]>,
    pub(crate) constants: Box<[TemplateConstant]>,
}

impl Program {
    /// Turns the comparison at `op` into a comparison of times.
    pub(super) fn compare_times(&mut self, op: u32) {
        if let Some(op) = self.ops.get_mut(op as usize)
            && let Instruction::Call { helper, .. } = *op
        {
            *op = Instruction::CompareTimes { helper };
        }
    }

    /// Adds `by` to the ids of the included templates.
    pub(super) fn shift_includes(&mut self, by: u32) {
        for op in &mut self.ops {
            if let Instruction::Include(id) = op {
                id.0 = id.0.saturating_add(by);
            }
        }
    }
}

/// An instruction of a program. Values are passed on a stack; the contexts of `each` and `with` are on
/// a second stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instruction {
    /// Writes a slice of the fixed text.
    Text {
        start: u32,
        end: u32,
        plain: PlainText,
    },
    /// Writes the value of a path. With `raw` it is not escaped in HTML. Counts as two steps.
    Token {
        path: u32,
        raw: bool,
    },
    /// Pushes the value of a path.
    Path(u32),
    /// Pushes a constant.
    Constant(u32),
    /// Pops `values` arguments and pushes the result of the helper.
    Call {
        helper: Helper,
        values: u32,
    },
    /// Pops two values and compares them as times.
    CompareTimes {
        helper: Helper,
    },
    /// Pops a value and writes it. With `raw` it is not escaped in HTML.
    Write {
        raw: bool,
    },
    /// Pops a value and jumps to `target` if its truth differs from `on`.
    Unless {
        on: bool,
        target: u32,
    },
    Jump(u32),
    /// Pops a value and starts a loop over it; jumps to `otherwise` if there is no iteration.
    Each {
        otherwise: u32,
    },
    /// Jumps to `body` for the next iteration, or ends the loop.
    Next {
        body: u32,
    },
    /// Pops a value and makes it the context; jumps to `otherwise` if it is false.
    With {
        otherwise: u32,
    },
    /// Ends a `with` block.
    Leave,
    /// Runs another template.
    Include(TemplateId),
}

/// Whether fixed text can be copied to the output unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainText {
    /// In every part.
    Always,
    /// In parts that keep line breaks.
    InLines,
    /// Possibly in no part.
    No,
}

impl PlainText {
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

/// A literal of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplateConstant {
    /// An option without a value.
    Absent,
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Box<str>),
}

/// A resolved path of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenPath {
    /// The path as written, for error messages.
    pub(crate) text: Box<str>,
    pub(crate) base: Base,
    pub(crate) steps: Box<[PathSegment]>,
}

/// The start of a path. Contexts are counted from the innermost, which is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Base {
    Root(Root),
    /// The value of a context.
    Context(u16),
    /// `@index` of the nearest `each`, counted from this context outwards.
    Index(u16),
    First(u16),
    Last(u16),
    Key(u16),
    /// The second block parameter: the key in an object, the index in a list.
    Position(u16),
}

/// A segment of a path: the key of a member or, if it is a number, possibly the index of an element.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PathSegment {
    pub(crate) name: Box<str>,
    pub(crate) index: Option<u32>,
}

impl PathSegment {
    pub(super) fn new(name: &str) -> Self {
        let digits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
        Self {
            name: name.into(),
            index: digits.then(|| name.parse().ok()).flatten(),
        }
    }
}

/// The output mode of a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mode {
    /// Escapes HTML like Handlebars does.
    pub(crate) escape: bool,
    /// Removes line breaks.
    pub(crate) single_line: bool,
    /// Writes nothing for a missing token instead of failing.
    pub(crate) blank: bool,
}
