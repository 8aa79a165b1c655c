//! Runs the programs of templates: what a part of a message comes to for one event. Knows no template's
//! text, no rule and no channel.
//!
//! One loop, no recursion: included templates return over a stack, blocks are jumps. Everything that a
//! template or an event could blow up is counted.

mod helper;
mod value;
mod write;

use std::borrow::Cow;

use self::value::{Item, Truth};
use self::write::Writer;
use crate::eval::missing_path::{dead_end, in_other_case};
use crate::eval::scope::{Known, Need, Reading, Scope};
use crate::event::path::{Path, Root};
use crate::hir::TemplateId;
use crate::json::document::{Datum, ListElements, ObjectMembers, Value};
use crate::json::path::Segment;
use crate::limits::Limits;
use crate::outcome::FailureReason;
use crate::template::Programs;
use crate::template::program::{Base, Constant, Helper, Mode, Op, Program, Step, TokenPath};

/// Why a text could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// `ValidationError`, `NoAvailableCodes` or, where the host could not look something up,
    /// `UnexpectedError`.
    pub(crate) reason: FailureReason,
    /// Empty with `UnexpectedError`: the host's own text belongs there.
    pub(crate) message: String,
    /// What could not be looked up.
    pub(crate) unavailable: Option<Need>,
}

/// Small where nothing fails.
pub(crate) type RenderFailure = Box<Failed>;

impl Failed {
    #[cold]
    fn invalid(message: impl Into<String>) -> RenderFailure {
        Box::new(Self {
            reason: FailureReason::ValidationError,
            message: message.into(),
            unavailable: None,
        })
    }

    #[cold]
    fn unavailable(need: Need) -> RenderFailure {
        Box::new(Self {
            reason: FailureReason::UnexpectedError,
            message: String::new(),
            unavailable: Some(need),
        })
    }

    fn out_of_codes() -> RenderFailure {
        Box::new(Self {
            reason: FailureReason::NoAvailableCodes,
            message: "The referenced incentive pool is out of codes.".to_owned(),
            unavailable: None,
        })
    }
}

/// Renders a template behind what `out` holds. With `needs` added to, what was written is unfinished:
/// it is rendered again when they are answered. `codes` gives a pool's code; a code is needed only
/// where nothing else is missing and nothing fails.
///
/// # Errors
///
/// A token that is missing or that a helper cannot use, a limit reached, an empty pool, or something
/// that the host could not look up.
pub(crate) fn render(
    programs: &Programs,
    id: TemplateId,
    scope: &Scope<'_>,
    codes: &dyn Fn(&str) -> Known<Option<String>>,
    limits: &Limits,
    out: &mut String,
    needs: &mut Vec<Need>,
) -> Result<(), RenderFailure> {
    let Some((program, mode)) = programs.program_and_mode(id) else {
        return Ok(());
    };
    let mut run = Run::new(programs, mode, scope, codes, limits, out);
    run.out.make_room(program.text.len());
    run.run(program)?;
    let (found, withheld) = (run.needs, run.withheld);
    if found.is_empty() && withheld.is_none() {
        return Ok(());
    }
    let is_code = |need: &Need| matches!(need, Need::Code(_));
    // A code is asked for when all else is there, and told of when all else went well.
    let early = found.iter().any(|need| !is_code(need));
    if let (false, Some(failure)) = (early, withheld) {
        return Err(failure);
    }
    for need in found {
        let moot = early && is_code(&need);
        if !moot && !needs.contains(&need) {
            needs.push(need);
        }
    }
    Ok(())
}

/// The tokens that a template would write and does not find, each once, with how far their paths got.
/// With `missing fail` that is the first, at which it ends.
pub(crate) fn missing_tokens(
    programs: &Programs,
    id: TemplateId,
    scope: &Scope<'_>,
    limits: &Limits,
) -> Vec<String> {
    let mut out = String::new();
    let codes = |_: &str| Known::Value(Some(String::new()));
    let Some((program, mode)) = programs.program_and_mode(id) else {
        return Vec::new();
    };
    let mut run = Run::new(programs, mode, scope, &codes, limits, &mut out);
    run.notes = Some(Notes::default());
    // What else goes wrong is told by the result of the action.
    let _ = run.run(program);
    run.notes.map_or_else(Vec::new, |notes| notes.missing)
}

/// A text from an event as a part of one line: without control characters and line breaks.
pub(crate) fn single_line(text: &str) -> String {
    text.chars()
        .filter(|c| !write::is_special(*c, false, true))
        .collect()
}

struct Run<'r, 'a> {
    programs: &'a Programs,
    scope: &'a Scope<'a>,
    codes: &'r dyn Fn(&str) -> Known<Option<String>>,
    limits: &'r Limits,
    mode: Mode,
    /// How many steps it may still take.
    left: usize,
    out: Writer<'r>,
    stack: Vec<Item<'a>>,
    /// The outermost context, the event's data.
    root: Frame<'a>,
    /// The contexts inside of it.
    frames: Vec<Frame<'a>>,
    /// Where to go on after an included template.
    calls: Vec<(&'a Program, usize)>,
    needs: Vec<Need>,
    /// The failure of a code, which counts only where nothing else fails.
    withheld: Option<RenderFailure>,
    /// The path that was followed last in vain, and from where.
    lost: Option<(&'a TokenPath, Value<'a>)>,
    /// Kept for explaining alone.
    notes: Option<Notes<'a>>,
}

/// What was looked for in vain.
#[derive(Default)]
struct Notes<'a> {
    /// Of tokens read last: where their paths ended.
    ends: Vec<(&'a str, String)>,
    missing: Vec<String>,
}

impl<'a> Notes<'a> {
    /// Notes where a path ended.
    fn end(&mut self, path: &'a TokenPath, from: Option<Value<'_>>) {
        self.ends.retain(|(token, _)| *token != &*path.text);
        let end = from.and_then(|from| dead_end(from, &segments(path)));
        if let Some((gone, why)) = end {
            let last = match path.steps.get(..gone).and_then(<[Step]>::last) {
                Some(step) => format!("`{}`", step.name),
                None => "the context".to_owned(),
            };
            self.ends.push((&path.text, format!("{last} {why}")));
        }
    }

    /// Notes a token for which there was nothing to write.
    fn note(&mut self, token: &str) {
        const MOST: usize = 100;
        let end = self.ends.iter().find(|(known, _)| *known == token);
        let text = match end {
            Some((_, end)) => format!("`{token}` is missing: {end}"),
            None => format!("`{token}` is missing or null"),
        };
        if self.missing.len() < MOST && !self.missing.contains(&text) {
            self.missing.push(text);
        }
    }
}

/// A context: what tokens without a path of their own read.
struct Frame<'a> {
    value: Context<'a>,
    turn: Turn<'a>,
}

enum Context<'a> {
    /// A value of a document.
    There(Value<'a>),
    /// What was worked out.
    Made(Item<'a>),
}

/// What comes after a context.
enum Turn<'a> {
    /// Nothing: the event's data, or a `with`.
    Once,
    List {
        rest: ListElements<'a>,
        index: u32,
        count: u32,
    },
    Object {
        rest: ObjectMembers<'a>,
        key: Cow<'a, str>,
        index: u32,
        count: u32,
    },
}

/// How a step of a program went.
enum Flow {
    Next,
    Goto(u32),
    /// Into an included template.
    Call(TemplateId),
    /// Not to be finished before a need is met.
    Stop,
}

/// How many bytes of text, or members passed on the way to one, count as one step.
const BYTES_A_STEP: usize = 256;

impl<'r, 'a> Run<'r, 'a> {
    fn new(
        programs: &'a Programs,
        mode: Mode,
        scope: &'a Scope<'a>,
        codes: &'r dyn Fn(&str) -> Known<Option<String>>,
        limits: &'r Limits,
        out: &'r mut String,
    ) -> Self {
        Self {
            programs,
            scope,
            codes,
            limits,
            mode,
            left: limits.render_steps,
            out: Writer::new(out, mode, limits.render_bytes),
            stack: Vec::new(),
            root: Frame {
                value: Context::There(scope.data),
                turn: Turn::Once,
            },
            frames: Vec::new(),
            calls: Vec::new(),
            needs: Vec::new(),
            withheld: None,
            lost: None,
            notes: None,
        }
    }

    fn run(&mut self, program: &'a Program) -> Result<(), RenderFailure> {
        let mut program = program;
        let mut at: usize = 0;
        loop {
            let Some(op) = program.ops.get(at) else {
                let Some((caller, next)) = self.calls.pop() else {
                    return Ok(());
                };
                program = caller;
                at = next;
                continue;
            };
            self.spend(1)?;
            at = at.wrapping_add(1);
            // What most templates are made of.
            let piece = match *op {
                Op::Text { start, end, plain } => {
                    let text = program.text.get(start as usize..end as usize);
                    let text = text.unwrap_or("");
                    if !self.out.takes_text(plain) {
                        self.out.text(text)?;
                        continue;
                    }
                    text
                }
                Op::Token { path, raw } => {
                    let Some(path) = program.paths.get(path as usize) else {
                        continue;
                    };
                    match self.simple_text(path)? {
                        Some(text) if self.out.takes_token(text, raw) => text,
                        Some(text) => {
                            self.out.token(text, raw)?;
                            continue;
                        }
                        None if self.write_other(path, raw)? => continue,
                        None => return Ok(()),
                    }
                }
                Op::Next { body } => {
                    if self.next_turn() {
                        at = body as usize;
                    } else {
                        self.frames.pop();
                    }
                    continue;
                }
                op => {
                    match self.step(program, op)? {
                        Flow::Next => {}
                        Flow::Goto(target) => at = target as usize,
                        Flow::Call(id) => {
                            if let Some(included) = self.programs.program(id) {
                                self.calls.push((program, at));
                                program = included;
                                at = 0;
                            }
                        }
                        Flow::Stop => return Ok(()),
                    }
                    continue;
                }
            };
            self.out.piece(piece)?;
        }
    }

    #[inline(never)]
    fn step(&mut self, program: &'a Program, op: Op) -> Result<Flow, RenderFailure> {
        match op {
            Op::Path(index) => {
                if let Some(path) = program.paths.get(index as usize) {
                    let item = self.read(path)?;
                    self.stack.push(item);
                }
            }
            Op::Constant(index) => {
                let constant = program.constants.get(index as usize);
                self.stack
                    .push(constant.map_or(Item::Absent, constant_item));
            }
            Op::Call { helper, values } => {
                let first = self.stack.len().saturating_sub(values as usize);
                let values = self.stack.split_off(first);
                let item = self.call(helper, &values)?;
                self.stack.push(item);
            }
            Op::CompareTimes { helper } => {
                let right = self.stack.pop().unwrap_or(Item::Absent);
                let left = self.stack.pop().unwrap_or(Item::Absent);
                self.stack
                    .push(helper::compare_times(helper, &left, &right));
            }
            Op::Write { raw } => {
                let item = self.stack.pop().unwrap_or(Item::Absent);
                if !self.write_item(item, raw)? {
                    return Ok(Flow::Stop);
                }
            }
            Op::Unless { on, target } => {
                let Some(truth) = self.truth()? else {
                    return Ok(Flow::Stop);
                };
                if truth != on {
                    return Ok(Flow::Goto(target));
                }
            }
            Op::Jump(target) => return Ok(Flow::Goto(target)),
            Op::Each { otherwise } => return self.each(otherwise),
            Op::With { otherwise } => {
                let Some(item) = self.settled()? else {
                    return Ok(Flow::Stop);
                };
                if item.truth() != Truth::True {
                    return Ok(Flow::Goto(otherwise));
                }
                let value = match item {
                    Item::Value {
                        datum: Datum::Node(value),
                        ..
                    } => Context::There(value),
                    item => Context::Made(item),
                };
                self.frames.push(Frame {
                    value,
                    turn: Turn::Once,
                });
            }
            Op::Include(id) => return Ok(Flow::Call(id)),
            Op::Leave => {
                self.frames.pop();
            }
            Op::Text { .. } | Op::Token { .. } | Op::Next { .. } => {}
        }
        Ok(Flow::Next)
    }

    /// Takes a value, asking or failing where it depends on the host.
    fn settled(&mut self) -> Result<Option<Item<'a>>, RenderFailure> {
        match self.stack.pop() {
            Some(Item::Open(need)) => {
                self.needs.push(need);
                Ok(None)
            }
            Some(Item::Unavailable(need)) => Err(Failed::unavailable(need)),
            item => Ok(Some(item.unwrap_or(Item::Absent))),
        }
    }

    /// Takes a value and tells whether it is true; unknown is not.
    fn truth(&mut self) -> Result<Option<bool>, RenderFailure> {
        Ok(self.settled()?.map(|item| item.truth() == Truth::True))
    }

    /// Whether the text can go on behind it.
    fn write_item(&mut self, item: Item<'a>, raw: bool) -> Result<bool, RenderFailure> {
        match item {
            Item::Value { datum, origin } => match datum {
                Datum::Missing | Datum::Null => self.missing(origin)?,
                Datum::Node(value) => {
                    let what = if value.is_list() {
                        "a list"
                    } else {
                        "an object"
                    };
                    return Err(Failed::invalid(format!("Token {origin} is {what}")));
                }
                Datum::List(_) => {
                    return Err(Failed::invalid(format!("Token {origin} is a list")));
                }
                Datum::Bool(value) => self.out.token(if value { "true" } else { "false" }, raw)?,
                Datum::Number(number) => self.out.token(number.text(), raw)?,
                Datum::Text(text) => self.out.token(&text, raw)?,
                Datum::Time(time) => self.out.token(&time.to_string(), raw)?,
            },
            Item::Whole { text, .. } => self.out.token(&text, raw)?,
            Item::Unknown { origin } => self.missing(origin)?,
            Item::Absent | Item::Code => {}
            Item::Open(need) => {
                self.needs.push(need);
                return Ok(false);
            }
            Item::Unavailable(need) => return Err(Failed::unavailable(need)),
        }
        Ok(true)
    }

    fn missing(&mut self, origin: &str) -> Result<(), RenderFailure> {
        if let Some(notes) = &mut self.notes {
            notes.note(origin);
        }
        if self.mode.blank {
            Ok(())
        } else {
            let near = match self.lost {
                Some((path, from)) if *path.text == *origin => in_other_case(from, &segments(path)),
                _ => None,
            };
            let near = near.map(|near| format!("; there is `{}`", near.escape_debug()));
            let near = near.unwrap_or_default();
            Err(Failed::invalid(format!("Token {origin} is missing{near}")))
        }
    }

    fn each(&mut self, otherwise: u32) -> Result<Flow, RenderFailure> {
        let Some(item) = self.settled()? else {
            return Ok(Flow::Stop);
        };
        let Item::Value {
            datum: Datum::Node(value),
            ..
        } = item
        else {
            return Ok(Flow::Goto(otherwise));
        };
        let count = value.count();
        let turn = if value.is_list() {
            Turn::List {
                rest: value.elements(),
                index: 0,
                count,
            }
        } else {
            Turn::Object {
                rest: value.members(),
                key: Cow::Borrowed(""),
                index: 0,
                count,
            }
        };
        self.frames.push(Frame {
            value: Context::There(value),
            turn,
        });
        if self.next_turn() {
            // The first turn is number 0.
            if let Some(Turn::List { index, .. } | Turn::Object { index, .. }) =
                self.frames.last_mut().map(|frame| &mut frame.turn)
            {
                *index = 0;
            }
            return Ok(Flow::Next);
        }
        self.frames.pop();
        Ok(Flow::Goto(otherwise))
    }

    /// Moves the innermost context on to its next element or member, if there is one.
    fn next_turn(&mut self) -> bool {
        let Some(frame) = self.frames.last_mut() else {
            return false;
        };
        match &mut frame.turn {
            Turn::Once => false,
            Turn::List { rest, index, .. } => match rest.next() {
                Some(element) => {
                    *index = index.saturating_add(1);
                    frame.value = Context::There(element);
                    true
                }
                None => false,
            },
            Turn::Object {
                rest, key, index, ..
            } => match rest.next() {
                Some((name, value)) => {
                    *index = index.saturating_add(1);
                    *key = name.string().unwrap_or_default();
                    frame.value = Context::There(value);
                    true
                }
                None => false,
            },
        }
    }

    /// What a path reads, where that stands in a document as it is to be written.
    #[inline(always)]
    fn simple_text(&mut self, path: &'a TokenPath) -> Result<Option<&'a str>, RenderFailure> {
        let value = match self.start(path.base) {
            Some(start) => self.walk(start, path)?,
            None => None,
        };
        let text = value.and_then(Value::simple_text);
        if let Some(text) = text {
            self.spend((text.len() / BYTES_A_STEP).saturating_add(1))?;
        }
        Ok(text)
    }

    /// Reads a path and writes what is there; whether the text can go on behind it.
    #[inline(never)]
    fn write_other(&mut self, path: &'a TokenPath, raw: bool) -> Result<bool, RenderFailure> {
        self.spend(1)?;
        let item = self.read(path)?;
        self.write_item(item, raw)
    }

    #[inline(never)]
    fn read(&mut self, path: &'a TokenPath) -> Result<Item<'a>, RenderFailure> {
        let origin: &'a str = &path.text;
        if let Some(start) = self.start(path.base) {
            return match self.walk(start, path)? {
                Some(value) => self.read_value(value, path),
                None => Ok(Item::missing(origin)),
            };
        }
        let datum = match path.base {
            Base::Root(root) => match self.scope.read(&Path::whole(root), &[]) {
                Reading::Datum(datum) => datum,
                Reading::Open(need) => return Ok(Item::Open(need)),
                Reading::Unavailable(need) => return Ok(Item::Unavailable(need)),
            },
            Base::Context(up) => match self.context(up).map(|frame| &frame.value) {
                Some(Context::Made(Item::Value { datum, .. })) => datum.clone(),
                Some(Context::Made(item)) if path.steps.is_empty() => {
                    return Ok(item.clone().named(origin));
                }
                _ => Datum::Missing,
            },
            base if path.steps.is_empty() => return Ok(self.turn(base, origin)),
            _ => Datum::Missing,
        };
        // There is nothing inside of these.
        if !path.steps.is_empty() {
            self.lose(path, None);
            return Ok(Item::missing(origin));
        }
        if let Datum::Text(text) = &datum {
            self.spend(text.len() / BYTES_A_STEP)?;
        }
        Ok(Item::Value { datum, origin })
    }

    fn read_value(
        &mut self,
        value: Value<'a>,
        path: &'a TokenPath,
    ) -> Result<Item<'a>, RenderFailure> {
        let datum = value.datum();
        if let Datum::Text(text) = &datum {
            self.spend(text.len() / BYTES_A_STEP)?;
        }
        let origin = &path.text;
        Ok(Item::Value { datum, origin })
    }

    /// The value of a document at which a path begins, if it begins at one.
    fn start(&self, base: Base) -> Option<Value<'a>> {
        match base {
            Base::Root(Root::EventData) => Some(self.scope.data),
            Base::Root(Root::Person) => match self.scope.person {
                Known::Value(person) => person,
                Known::Open | Known::Unavailable => None,
            },
            Base::Context(up) => match self.context(up)?.value {
                Context::There(value) => Some(value),
                Context::Made(_) => None,
            },
            _ => None,
        }
    }

    /// The value at the end of a path, if the path gets there.
    #[inline(always)]
    fn walk(
        &mut self,
        start: Value<'a>,
        path: &'a TokenPath,
    ) -> Result<Option<Value<'a>>, RenderFailure> {
        let mut value = start;
        for step in &path.steps {
            if value.count() as usize >= BYTES_A_STEP {
                self.spend_on_passing(value, step)?;
            }
            match value.inside(&step.name, step.index) {
                Some(next) => value = next,
                None => {
                    self.lose(path, Some(start));
                    return Ok(None);
                }
            }
        }
        Ok(Some(value))
    }

    /// Counts what has to be passed on the way to what is inside of something large.
    #[cold]
    fn spend_on_passing(&mut self, value: Value<'_>, step: &Step) -> Result<(), RenderFailure> {
        let passed = match step.index {
            Some(index) if value.is_list() => index.min(value.count()),
            _ => value.count(),
        };
        self.spend(passed as usize / BYTES_A_STEP)
    }

    /// Notes a path that ends in vain.
    #[cold]
    fn lose(&mut self, path: &'a TokenPath, start: Option<Value<'a>>) {
        let start = start.filter(|start| start.is_object() || start.is_list());
        if let Some(start) = start {
            self.lost = Some((path, start));
        }
        if let Some(notes) = &mut self.notes {
            notes.end(path, start);
        }
    }

    fn context(&self, up: u16) -> Option<&Frame<'a>> {
        match self.frames.len().checked_sub(usize::from(up))? {
            0 => Some(&self.root),
            behind => self.frames.get(behind.saturating_sub(1)),
        }
    }

    /// What the innermost `each` at or outside a context says of its turn.
    fn turn(&self, base: Base, origin: &'a str) -> Item<'a> {
        let (Base::Index(up)
        | Base::First(up)
        | Base::Last(up)
        | Base::Key(up)
        | Base::Position(up)
        | Base::Context(up)) = base
        else {
            return Item::missing(origin);
        };
        let inner = self.frames.len().saturating_sub(usize::from(up));
        let turn = self
            .frames
            .iter()
            .take(inner)
            .rev()
            .map(|frame| &frame.turn)
            .find(|turn| !matches!(turn, Turn::Once));
        let (index, count, key) = match turn {
            Some(Turn::List { index, count, .. }) => (*index, *count, None),
            Some(Turn::Object {
                index, count, key, ..
            }) => (*index, *count, Some(key)),
            _ => return Item::missing(origin),
        };
        let truth =
            |holds| Item::truth_value(if holds { Truth::True } else { Truth::False }, origin);
        match (base, key) {
            (Base::First(_), _) => truth(index == 0),
            (Base::Last(_), _) => truth(index.saturating_add(1) >= count),
            (Base::Key(_) | Base::Position(_), Some(key)) => Item::text(key.clone(), origin),
            (Base::Key(_), None) => Item::missing(origin),
            _ => Item::whole(index.into(), origin),
        }
    }

    fn call(&mut self, helper: Helper, values: &[Item<'a>]) -> Result<Item<'a>, RenderFailure> {
        if helper == Helper::Incentive {
            return Ok(self.code(values));
        }
        self.spend(helper::work(helper, values) / BYTES_A_STEP)?;
        helper::call(helper, values, self.mode.blank, self.limits.render_bytes)
    }

    /// A code from the host. Whatever becomes of it is known only when all else is.
    fn code(&mut self, values: &[Item<'a>]) -> Item<'a> {
        let Some(Item::Value {
            datum: Datum::Text(pool),
            origin,
        }) = values.first()
        else {
            return Item::Absent;
        };
        let failure = match (self.codes)(pool) {
            Known::Value(Some(code)) => {
                return Item::Value {
                    datum: Datum::Text(Cow::Owned(code)),
                    origin,
                };
            }
            Known::Open => {
                self.needs.push(Need::Code(pool.as_ref().into()));
                return Item::Code;
            }
            Known::Value(None) => Failed::out_of_codes(),
            Known::Unavailable => Failed::unavailable(Need::Code(pool.as_ref().into())),
        };
        self.withheld.get_or_insert(failure);
        Item::Code
    }

    #[inline]
    fn spend(&mut self, steps: usize) -> Result<(), RenderFailure> {
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(too_many_steps(self.limits.render_steps)),
        }
    }
}

#[cold]
fn too_many_steps(most: usize) -> RenderFailure {
    Failed::invalid(format!("Rendering takes more than {most} steps"))
}

fn segments(path: &TokenPath) -> Vec<Segment> {
    let segment = |step: &Step| match step.index {
        Some(index) => Segment::Index(index),
        None => Segment::Key(step.name.clone()),
    };
    path.steps.iter().map(segment).collect()
}

fn constant_item(constant: &Constant) -> Item<'_> {
    let (datum, origin) = match constant {
        Constant::Absent => return Item::Absent,
        Constant::Null => (Datum::Null, "null"),
        Constant::Bool(value) => (Datum::Bool(*value), if *value { "true" } else { "false" }),
        Constant::Number(number) => {
            let number = number.as_number();
            (Datum::Number(number), number.text())
        }
        Constant::Text(text) => (Datum::Text(Cow::Borrowed(text)), &**text),
    };
    Item::Value { datum, origin }
}

#[cfg(test)]
mod tests;
