//! Executes compiled templates: renders a part of a message for one event.
//!
//! One loop without recursion: included templates return through a stack, blocks are jumps. Everything
//! that a template or an event could inflate is counted against a limit.

mod helper;
mod missing_tokens;
mod value;
mod write;

use std::borrow::Cow;

use self::missing_tokens::{MissingTokenLog, segments};
use self::value::{TokenValue, Truth};
use self::write::PartWriter;
use crate::eval::missing_path::key_in_other_case;
use crate::eval::scope::{Lookup, Need, PathValue, Scope};
use crate::event::path::{Path, Root};
use crate::hir::TemplateId;
use crate::json::document::{Datum, ListElements, ObjectMembers, Value};
use crate::limits::Limits;
use crate::outcome::FailureReason;
use crate::template::Programs;
use crate::template::program::{
    Base, Helper, Instruction, Mode, PathSegment, Program, TemplateConstant, TokenPath,
};

/// The reason why a template could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// `ValidationError`, `NoAvailableCodes`, or `UnexpectedError` if the host could not look something
    /// up.
    pub(crate) reason: FailureReason,
    /// Empty with `UnexpectedError`, for which the host has its own text.
    pub(crate) message: String,
    /// The lookup that failed.
    pub(crate) unavailable: Option<Need>,
}

/// Boxed, so that a `Result` stays small.
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

/// Renders a template and appends the text to `out`. If this adds to `needs`, the text is incomplete
/// and must be rendered again once they are answered. `codes` returns the code of a pool; a code is
/// needed only if nothing else is pending and nothing fails.
///
/// # Errors
///
/// A token that is missing or has the wrong type for a helper, an exceeded limit, an empty pool, or a
/// failed lookup of the host.
pub(crate) fn render(
    programs: &Programs,
    id: TemplateId,
    scope: &Scope<'_>,
    codes: &dyn Fn(&str) -> Lookup<Option<String>>,
    limits: &Limits,
    out: &mut String,
    needs: &mut Vec<Need>,
) -> Result<(), RenderFailure> {
    let Some((program, mode)) = programs.program_and_mode(id) else {
        return Ok(());
    };
    let mut run = Rendering::new(programs, mode, scope, codes, limits, out);
    run.out.make_room(program.text.len());
    run.run(program)?;
    let (found, deferred_code_error) = (run.needs, run.deferred_code_error);
    if found.is_empty() && deferred_code_error.is_none() {
        return Ok(());
    }
    let is_code = |need: &Need| matches!(need, Need::Code(_));
    // A code is asked for after all other answers, and its failure is reported after all other
    // failures.
    let early = found.iter().any(|need| !is_code(need));
    if let (false, Some(failure)) = (early, deferred_code_error) {
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

/// Returns the tokens that a template would write but does not find, each once, with the reason. A
/// template with `missing fail` stops at the first.
pub(crate) fn missing_tokens(
    programs: &Programs,
    id: TemplateId,
    scope: &Scope<'_>,
    limits: &Limits,
) -> Vec<String> {
    let mut out = String::new();
    let codes = |_: &str| Lookup::Value(Some(String::new()));
    let Some((program, mode)) = programs.program_and_mode(id) else {
        return Vec::new();
    };
    let mut run = Rendering::new(programs, mode, scope, &codes, limits, &mut out);
    run.log = Some(MissingTokenLog::default());
    // The result of the action reports other failures.
    let _ = run.run(program);
    run.log.map_or_else(Vec::new, |log| log.missing)
}

/// Removes control characters and line breaks from a text of the event.
pub(crate) fn single_line(text: &str) -> String {
    text.chars()
        .filter(|c| !write::is_special(*c, false, true))
        .collect()
}

struct Rendering<'r, 'a> {
    programs: &'a Programs,
    scope: &'a Scope<'a>,
    codes: &'r dyn Fn(&str) -> Lookup<Option<String>>,
    limits: &'r Limits,
    mode: Mode,
    /// The number of steps left.
    left: usize,
    out: PartWriter<'r>,
    stack: Vec<TokenValue<'a>>,
    /// The outermost context: the event data.
    root: ContextFrame<'a>,
    /// The contexts inside the outermost one.
    frames: Vec<ContextFrame<'a>>,
    /// The return addresses of included templates.
    calls: Vec<(&'a Program, usize)>,
    needs: Vec<Need>,
    /// The failure of a code, reported only if nothing else fails.
    deferred_code_error: Option<RenderFailure>,
    /// The last path without a value, and the value it started from.
    last_missing: Option<(&'a TokenPath, Value<'a>)>,
    /// Only for explanations.
    log: Option<MissingTokenLog<'a>>,
}

/// A context, in which relative paths begin.
struct ContextFrame<'a> {
    value: Context<'a>,
    loop_state: LoopState<'a>,
}

enum Context<'a> {
    /// A value of a document.
    Document(Value<'a>),
    /// A value computed by the template.
    Computed(TokenValue<'a>),
}

/// The state of the loop to which a context belongs.
enum LoopState<'a> {
    /// Not a loop: the event data or a `with` block.
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

/// The control flow after an instruction.
enum Flow {
    Next,
    Goto(u32),
    /// Enter an included template.
    Call(TemplateId),
    /// Stop until a need is answered.
    Stop,
}

/// The number of text bytes, or of members skipped by a lookup, that count as one step.
const BYTES_PER_STEP: usize = 256;

impl<'r, 'a> Rendering<'r, 'a> {
    fn new(
        programs: &'a Programs,
        mode: Mode,
        scope: &'a Scope<'a>,
        codes: &'r dyn Fn(&str) -> Lookup<Option<String>>,
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
            out: PartWriter::new(out, mode, limits.render_bytes),
            stack: Vec::new(),
            root: ContextFrame {
                value: Context::Document(scope.data),
                loop_state: LoopState::Once,
            },
            frames: Vec::new(),
            calls: Vec::new(),
            needs: Vec::new(),
            deferred_code_error: None,
            last_missing: None,
            log: None,
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
            // The most common instructions are handled here; the others in `step`.
            let piece = match *op {
                Instruction::Text { start, end, plain } => {
                    let text = program.text.get(start as usize..end as usize);
                    let text = text.unwrap_or("");
                    if !self.out.takes_text(plain) {
                        self.out.text(text)?;
                        continue;
                    }
                    text
                }
                Instruction::Token { path, raw } => {
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
                Instruction::Next { body } => {
                    if self.next_iteration() {
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
    fn step(&mut self, program: &'a Program, op: Instruction) -> Result<Flow, RenderFailure> {
        match op {
            Instruction::Path(index) => {
                if let Some(path) = program.paths.get(index as usize) {
                    let item = self.read(path)?;
                    self.stack.push(item);
                }
            }
            Instruction::Constant(index) => {
                let constant = program.constants.get(index as usize);
                self.stack
                    .push(constant.map_or(TokenValue::Absent, constant_item));
            }
            Instruction::Call { helper, values } => {
                let first = self.stack.len().saturating_sub(values as usize);
                let values = self.stack.split_off(first);
                let item = self.call(helper, &values)?;
                self.stack.push(item);
            }
            Instruction::CompareTimes { helper } => {
                let right = self.stack.pop().unwrap_or(TokenValue::Absent);
                let left = self.stack.pop().unwrap_or(TokenValue::Absent);
                self.stack
                    .push(helper::compare_times(helper, &left, &right));
            }
            Instruction::Write { raw } => {
                let item = self.stack.pop().unwrap_or(TokenValue::Absent);
                if !self.write_item(item, raw)? {
                    return Ok(Flow::Stop);
                }
            }
            Instruction::Unless { on, target } => {
                let Some(truth) = self.truth()? else {
                    return Ok(Flow::Stop);
                };
                if truth != on {
                    return Ok(Flow::Goto(target));
                }
            }
            Instruction::Jump(target) => return Ok(Flow::Goto(target)),
            Instruction::Each { otherwise } => return self.each(otherwise),
            Instruction::With { otherwise } => {
                let Some(item) = self.settled()? else {
                    return Ok(Flow::Stop);
                };
                if item.truth() != Truth::True {
                    return Ok(Flow::Goto(otherwise));
                }
                let value = match item {
                    TokenValue::Value {
                        datum: Datum::Node(value),
                        ..
                    } => Context::Document(value),
                    item => Context::Computed(item),
                };
                self.frames.push(ContextFrame {
                    value,
                    loop_state: LoopState::Once,
                });
            }
            Instruction::Include(id) => return Ok(Flow::Call(id)),
            Instruction::Leave => {
                self.frames.pop();
            }
            Instruction::Text { .. } | Instruction::Token { .. } | Instruction::Next { .. } => {}
        }
        Ok(Flow::Next)
    }

    /// Pops a value; records a need if it is pending and fails if it is unavailable.
    fn settled(&mut self) -> Result<Option<TokenValue<'a>>, RenderFailure> {
        match self.stack.pop() {
            Some(TokenValue::Pending(need)) => {
                self.needs.push(need);
                Ok(None)
            }
            Some(TokenValue::Unavailable(need)) => Err(Failed::unavailable(need)),
            item => Ok(Some(item.unwrap_or(TokenValue::Absent))),
        }
    }

    /// Pops a value and returns whether it is true. Unknown counts as false.
    fn truth(&mut self) -> Result<Option<bool>, RenderFailure> {
        Ok(self.settled()?.map(|item| item.truth() == Truth::True))
    }

    /// Writes a value; returns false if rendering has to stop until a need is answered.
    fn write_item(&mut self, item: TokenValue<'a>, raw: bool) -> Result<bool, RenderFailure> {
        match item {
            TokenValue::Value { datum, origin } => match datum {
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
            TokenValue::Count { text, .. } => self.out.token(&text, raw)?,
            TokenValue::Unknown { origin } => self.missing(origin)?,
            TokenValue::Absent | TokenValue::Code => {}
            TokenValue::Pending(need) => {
                self.needs.push(need);
                return Ok(false);
            }
            TokenValue::Unavailable(need) => return Err(Failed::unavailable(need)),
        }
        Ok(true)
    }

    fn missing(&mut self, origin: &str) -> Result<(), RenderFailure> {
        if let Some(log) = &mut self.log {
            log.add_missing(origin);
        }
        if self.mode.blank {
            Ok(())
        } else {
            let near = match self.last_missing {
                Some((path, from)) if *path.text == *origin => {
                    key_in_other_case(from, &segments(path))
                }
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
        let TokenValue::Value {
            datum: Datum::Node(value),
            ..
        } = item
        else {
            return Ok(Flow::Goto(otherwise));
        };
        let count = value.count();
        let loop_state = if value.is_list() {
            LoopState::List {
                rest: value.elements(),
                index: 0,
                count,
            }
        } else {
            LoopState::Object {
                rest: value.members(),
                key: Cow::Borrowed(""),
                index: 0,
                count,
            }
        };
        self.frames.push(ContextFrame {
            value: Context::Document(value),
            loop_state,
        });
        if self.next_iteration() {
            // The first iteration has index 0.
            if let Some(LoopState::List { index, .. } | LoopState::Object { index, .. }) =
                self.frames.last_mut().map(|frame| &mut frame.loop_state)
            {
                *index = 0;
            }
            return Ok(Flow::Next);
        }
        self.frames.pop();
        Ok(Flow::Goto(otherwise))
    }

    /// Advances the innermost loop; returns false at its end.
    fn next_iteration(&mut self) -> bool {
        let Some(frame) = self.frames.last_mut() else {
            return false;
        };
        match &mut frame.loop_state {
            LoopState::Once => false,
            LoopState::List { rest, index, .. } => match rest.next() {
                Some(element) => {
                    *index = index.saturating_add(1);
                    frame.value = Context::Document(element);
                    true
                }
                None => false,
            },
            LoopState::Object {
                rest, key, index, ..
            } => match rest.next() {
                Some((name, value)) => {
                    *index = index.saturating_add(1);
                    *key = name.string().unwrap_or_default();
                    frame.value = Context::Document(value);
                    true
                }
                None => false,
            },
        }
    }

    /// Returns the text at a path, if it can be borrowed from the document unchanged.
    #[inline(always)]
    fn simple_text(&mut self, path: &'a TokenPath) -> Result<Option<&'a str>, RenderFailure> {
        let value = match self.start(path.base) {
            Some(start) => self.walk(start, path)?,
            None => None,
        };
        let text = value.and_then(Value::simple_text);
        if let Some(text) = text {
            self.spend((text.len() / BYTES_PER_STEP).saturating_add(1))?;
        }
        Ok(text)
    }

    /// Reads a path and writes its value; returns false if rendering has to stop until a need is
    /// answered.
    #[inline(never)]
    fn write_other(&mut self, path: &'a TokenPath, raw: bool) -> Result<bool, RenderFailure> {
        self.spend(1)?;
        let item = self.read(path)?;
        self.write_item(item, raw)
    }

    #[inline(never)]
    fn read(&mut self, path: &'a TokenPath) -> Result<TokenValue<'a>, RenderFailure> {
        let origin: &'a str = &path.text;
        if let Some(start) = self.start(path.base) {
            return match self.walk(start, path)? {
                Some(value) => self.read_value(value, path),
                None => Ok(TokenValue::missing(origin)),
            };
        }
        let datum = match path.base {
            Base::Root(root) => match self.scope.read(&Path::whole(root), &[]) {
                PathValue::Datum(datum) => datum,
                PathValue::Pending(need) => return Ok(TokenValue::Pending(need)),
                PathValue::Unavailable(need) => return Ok(TokenValue::Unavailable(need)),
            },
            Base::Context(up) => match self.context(up).map(|frame| &frame.value) {
                Some(Context::Computed(TokenValue::Value { datum, .. })) => datum.clone(),
                Some(Context::Computed(item)) if path.steps.is_empty() => {
                    return Ok(item.clone().named(origin));
                }
                _ => Datum::Missing,
            },
            base if path.steps.is_empty() => return Ok(self.loop_variable(base, origin)),
            _ => Datum::Missing,
        };
        // These values have no members.
        if !path.steps.is_empty() {
            self.record_missing(path, None);
            return Ok(TokenValue::missing(origin));
        }
        if let Datum::Text(text) = &datum {
            self.spend(text.len() / BYTES_PER_STEP)?;
        }
        Ok(TokenValue::Value { datum, origin })
    }

    fn read_value(
        &mut self,
        value: Value<'a>,
        path: &'a TokenPath,
    ) -> Result<TokenValue<'a>, RenderFailure> {
        let datum = value.datum();
        if let Datum::Text(text) = &datum {
            self.spend(text.len() / BYTES_PER_STEP)?;
        }
        let origin = &path.text;
        Ok(TokenValue::Value { datum, origin })
    }

    /// Returns the value of a document in which a path begins; `None` for computed values.
    fn start(&self, base: Base) -> Option<Value<'a>> {
        match base {
            Base::Root(Root::EventData) => Some(self.scope.data),
            Base::Root(Root::Person) => match self.scope.person {
                Lookup::Value(person) => person,
                Lookup::Pending | Lookup::Unavailable => None,
            },
            Base::Context(up) => match self.context(up)?.value {
                Context::Document(value) => Some(value),
                Context::Computed(_) => None,
            },
            _ => None,
        }
    }

    /// Follows a path to its end; `None` if a segment is missing.
    #[inline(always)]
    fn walk(
        &mut self,
        start: Value<'a>,
        path: &'a TokenPath,
    ) -> Result<Option<Value<'a>>, RenderFailure> {
        let mut value = start;
        for step in &path.steps {
            if value.count() as usize >= BYTES_PER_STEP {
                self.spend_on_passing(value, step)?;
            }
            match value.inside(&step.name, step.index) {
                Some(next) => value = next,
                None => {
                    self.record_missing(path, Some(start));
                    return Ok(None);
                }
            }
        }
        Ok(Some(value))
    }

    /// Charges the search through a large container.
    #[cold]
    fn spend_on_passing(
        &mut self,
        value: Value<'_>,
        step: &PathSegment,
    ) -> Result<(), RenderFailure> {
        let passed = match step.index {
            Some(index) if value.is_list() => index.min(value.count()),
            _ => value.count(),
        };
        self.spend(passed as usize / BYTES_PER_STEP)
    }

    /// Records a path without a value.
    #[cold]
    fn record_missing(&mut self, path: &'a TokenPath, start: Option<Value<'a>>) {
        let start = start.filter(|start| start.is_object() || start.is_list());
        if let Some(start) = start {
            self.last_missing = Some((path, start));
        }
        if let Some(log) = &mut self.log {
            log.add_reason(path, start);
        }
    }

    fn context(&self, up: u16) -> Option<&ContextFrame<'a>> {
        match self.frames.len().checked_sub(usize::from(up))? {
            0 => Some(&self.root),
            behind => self.frames.get(behind.saturating_sub(1)),
        }
    }

    /// Returns a variable of the nearest loop, counted from a context outwards.
    fn loop_variable(&self, base: Base, origin: &'a str) -> TokenValue<'a> {
        let (Base::Index(up)
        | Base::First(up)
        | Base::Last(up)
        | Base::Key(up)
        | Base::Position(up)
        | Base::Context(up)) = base
        else {
            return TokenValue::missing(origin);
        };
        let inner = self.frames.len().saturating_sub(usize::from(up));
        let loop_state = self
            .frames
            .iter()
            .take(inner)
            .rev()
            .map(|frame| &frame.loop_state)
            .find(|loop_state| !matches!(loop_state, LoopState::Once));
        let (index, count, key) = match loop_state {
            Some(LoopState::List { index, count, .. }) => (*index, *count, None),
            Some(LoopState::Object {
                index, count, key, ..
            }) => (*index, *count, Some(key)),
            _ => return TokenValue::missing(origin),
        };
        let truth =
            |holds| TokenValue::truth_value(if holds { Truth::True } else { Truth::False }, origin);
        match (base, key) {
            (Base::First(_), _) => truth(index == 0),
            (Base::Last(_), _) => truth(index.saturating_add(1) >= count),
            (Base::Key(_) | Base::Position(_), Some(key)) => TokenValue::text(key.clone(), origin),
            (Base::Key(_), None) => TokenValue::missing(origin),
            _ => TokenValue::count(index.into(), origin),
        }
    }

    fn call(
        &mut self,
        helper: Helper,
        values: &[TokenValue<'a>],
    ) -> Result<TokenValue<'a>, RenderFailure> {
        if helper == Helper::Incentive {
            return Ok(self.code(values));
        }
        self.spend(helper::work(helper, values) / BYTES_PER_STEP)?;
        helper::call(helper, values, self.mode.blank, self.limits.render_bytes)
    }

    /// Returns a code of the host. Failures are deferred until everything else is known.
    fn code(&mut self, values: &[TokenValue<'a>]) -> TokenValue<'a> {
        let Some(TokenValue::Value {
            datum: Datum::Text(pool),
            origin,
        }) = values.first()
        else {
            return TokenValue::Absent;
        };
        let failure = match (self.codes)(pool) {
            Lookup::Value(Some(code)) => {
                return TokenValue::Value {
                    datum: Datum::Text(Cow::Owned(code)),
                    origin,
                };
            }
            Lookup::Pending => {
                self.needs.push(Need::Code(pool.as_ref().into()));
                return TokenValue::Code;
            }
            Lookup::Value(None) => Failed::out_of_codes(),
            Lookup::Unavailable => Failed::unavailable(Need::Code(pool.as_ref().into())),
        };
        self.deferred_code_error.get_or_insert(failure);
        TokenValue::Code
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

fn constant_item(constant: &TemplateConstant) -> TokenValue<'_> {
    let (datum, origin) = match constant {
        TemplateConstant::Absent => return TokenValue::Absent,
        TemplateConstant::Null => (Datum::Null, "null"),
        TemplateConstant::Bool(value) => {
            (Datum::Bool(*value), if *value { "true" } else { "false" })
        }
        TemplateConstant::Number(number) => {
            let number = number.as_number();
            (Datum::Number(number), number.text())
        }
        TemplateConstant::Text(text) => (Datum::Text(Cow::Borrowed(text)), &**text),
    };
    TokenValue::Value { datum, origin }
}

#[cfg(test)]
mod tests;
