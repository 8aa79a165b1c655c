//! Compiles the pieces of a template to a program: pairs blocks, resolves names, checks calls and sets
//! jump targets.

use std::ops::Range;

use super::expression::{
    Argument, ArgumentKind, Call, NamedArgument, PathStart, TemplateError, WrittenPath,
};
use super::helper;
use super::helper::{ParameterType, Signature};
use super::literals::literal_fits;
use super::names::TemplateNames;
use super::program::{Base, Helper, Instruction, PlainText, Program, TemplateConstant, TokenPath};
use super::tags::{Tag, TagKind, TemplatePiece};
use crate::collections::map::Table;
use crate::diagnostic::Code;
use crate::event::path::Root;
use crate::hir::TemplateId;
use crate::limits::Limits;
use crate::number::{Decimal, Number};
use crate::text::span::saturating_u32;

/// A program and what is known about it.
#[derive(Debug, Default)]
pub(super) struct CompiledTemplate {
    pub(super) program: Program,
    pub(super) includes: Vec<Include>,
    pub(super) facts: Facts,
    /// The instructions of comparisons, by the start of the comparison in the text.
    pub(super) comparisons: Vec<(usize, u32)>,
    pub(super) tags: usize,
    /// The maximum number of blocks open at once.
    pub(super) depth: usize,
}

impl CompiledTemplate {
    /// Returns the instruction of the comparison that begins at `start` in the text.
    pub(super) fn comparison(&self, start: usize) -> Option<u32> {
        let at = self
            .comparisons
            .binary_search_by_key(&start, |(start, _)| *start);
        self.comparisons.get(at.ok()?).map(|(_, op)| *op)
    }

    /// Turns that comparison into a comparison of times.
    pub(super) fn compare_times(&mut self, start: usize) {
        if let Some(op) = self.comparison(start) {
            self.program.compare_times(op);
        }
    }
}

/// A `{{> name}}` tag.
#[derive(Clone, Debug)]
pub(super) struct Include {
    pub(super) id: TemplateId,
    pub(super) at: Range<usize>,
    /// The number of blocks open around it.
    pub(super) blocks: usize,
}

/// The inputs that a program reads, without the templates it includes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) person: bool,
    pub(super) carrier: bool,
    pub(super) now: bool,
    pub(super) pools: Vec<Box<str>>,
}

/// Compiles the pieces of one template and adds all errors to `errors`. After an error, the program must
/// not be run.
pub(super) fn compile(
    source: &str,
    pieces: &[TemplatePiece],
    templates: &Table<&str, TemplateId>,
    known: &[&str],
    limits: &Limits,
    errors: &mut Vec<TemplateError>,
) -> CompiledTemplate {
    let mut builder = ProgramBuilder {
        source,
        templates,
        known,
        limits,
        errors,
        ops: Vec::new(),
        text: String::new(),
        paths: Vec::new(),
        constants: Vec::new(),
        names: TemplateNames::default(),
        blocks: Vec::new(),
        out: CompiledTemplate::default(),
    };
    for piece in pieces {
        match piece {
            TemplatePiece::Text(text) => builder.text(&text.value),
            TemplatePiece::Tag(tag) => builder.tag(tag),
        }
    }
    while let Some(block) = builder.blocks.pop() {
        let message = format!("`{{{{#{}}}}}` is not closed", block.name);
        builder.errors.push(
            TemplateError::syntax(block.at, message)
                .help(format!("add `{{{{/{}}}}}` at its end", block.name)),
        );
    }
    // An inner call ends before the outer call that begins before it.
    builder.out.comparisons.sort_unstable();
    builder.out.program = Program {
        ops: builder.ops.into(),
        text: builder.text.into(),
        paths: builder.paths.into(),
        constants: builder.constants.into(),
    };
    builder.out
}

struct ProgramBuilder<'a> {
    source: &'a str,
    templates: &'a Table<&'a str, TemplateId>,
    /// The names of all templates.
    known: &'a [&'a str],
    limits: &'a Limits,
    errors: &'a mut Vec<TemplateError>,
    ops: Vec<Instruction>,
    text: String,
    paths: Vec<TokenPath>,
    constants: Vec<TemplateConstant>,
    names: TemplateNames,
    blocks: Vec<Block>,
    out: CompiledTemplate,
}

/// An open block.
struct Block {
    name: Box<str>,
    at: Range<usize>,
    arm: Arm,
    /// The instruction that skips the arm if its condition does not hold.
    condition: Option<usize>,
    /// The jumps to the end of the block.
    exits: Vec<usize>,
    else_ifs: usize,
}

/// The kind of an arm, which determines how it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arm {
    If,
    Each { body: u32 },
    With,
    Else,
}

impl ProgramBuilder<'_> {
    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            let start = saturating_u32(self.text.len());
            self.text.push_str(text);
            let end = saturating_u32(self.text.len());
            let plain = PlainText::of(text);
            self.ops.push(Instruction::Text { start, end, plain });
        }
    }

    /// Writes the value pushed last. Most values are paths, which skip the stack.
    fn write(&mut self, raw: bool) {
        match self.ops.last_mut() {
            Some(op @ &mut Instruction::Path(path)) => *op = Instruction::Token { path, raw },
            _ => self.ops.push(Instruction::Write { raw }),
        }
    }

    fn tag(&mut self, tag: &Tag) {
        self.out.tags = self.out.tags.saturating_add(1);
        match &tag.kind {
            TagKind::Comment => {}
            TagKind::Token { shown, raw } => {
                self.argument(shown, ParameterType::Any);
                self.write(*raw);
            }
            TagKind::Open(call) => self.open(tag, call),
            TagKind::Else => {
                if self.leave_arm(tag)
                    && let Some(block) = self.blocks.last_mut()
                {
                    block.arm = Arm::Else;
                }
            }
            TagKind::ElseOpen(call) => self.else_open(tag, call),
            TagKind::Close { name } => self.close(tag, name),
            TagKind::Partial { name, name_at, .. } => self.include(tag, name, name_at),
        }
    }

    fn error(&mut self, error: TemplateError) {
        self.errors.push(error);
    }

    fn open(&mut self, tag: &Tag, call: &Call) {
        if self.blocks.len() >= self.limits.block_depth.min(DEEPEST) {
            let message = format!("more than {} nested blocks", self.limits.block_depth);
            self.error(TemplateError::too_large(tag.at.clone(), message));
        }
        self.blocks.push(Block {
            name: call.name.clone(),
            at: tag.at.clone(),
            arm: Arm::If,
            condition: None,
            exits: Vec::new(),
            else_ifs: 0,
        });
        self.out.depth = self.out.depth.max(self.blocks.len());
        self.enter_arm(call);
    }

    fn else_open(&mut self, tag: &Tag, call: &Call) {
        if !self.leave_arm(tag) {
            return;
        }
        if let Some(block) = self.blocks.last_mut() {
            block.else_ifs = block.else_ifs.saturating_add(1);
            if block.else_ifs > self.limits.else_ifs {
                let message = format!("more than {} `else if` in one block", self.limits.else_ifs);
                self.error(TemplateError::too_large(tag.at.clone(), message));
            }
        }
        self.enter_arm(call);
    }

    /// Begins an arm of the innermost block.
    fn enter_arm(&mut self, call: &Call) {
        match (call.arguments.as_slice(), call.options.as_slice()) {
            ([argument], _) => self.argument(argument, ParameterType::Any),
            // The grammar reads `{{#if n = 5}}` as an option; its author meant a comparison.
            ([], [option]) if is_block(&call.name) => {
                let error = self.compared(call, option);
                self.error(error);
            }
            _ if is_block(&call.name) => {
                let message = format!("`{}` takes one argument", call.name);
                let help = format!("write `{{{{#{}}}}}`", self.one_argument(call));
                self.error(TemplateError::arguments(call.at.clone(), message).help(help));
            }
            _ => {}
        }
        if let ([_], Some(option)) = (call.arguments.as_slice(), call.options.first()) {
            let message = format!("`{}` has no option `{}=`", call.name, option.name);
            self.error(TemplateError::arguments(option.at.clone(), message));
        }
        let most = match &*call.name {
            "each" => 2,
            "with" => 1,
            _ => 0,
        };
        if let Some((_, at)) = call.parameters.get(most) {
            let message = match most {
                0 => "only `each` and `with` have block parameters",
                _ => "`with` has only one block parameter",
            };
            self.error(TemplateError::arguments(at.clone(), message));
        }
        let condition = self.ops.len();
        let arm = match &*call.name {
            "if" | "unless" => {
                let on = *call.name == *"if";
                self.ops.push(Instruction::Unless { on, target: 0 });
                Arm::If
            }
            "each" => {
                self.ops.push(Instruction::Each { otherwise: 0 });
                let body = saturating_u32(self.ops.len());
                Arm::Each { body }
            }
            "with" => {
                self.ops.push(Instruction::With { otherwise: 0 });
                Arm::With
            }
            _ => {
                let error = no_block(call);
                self.error(error);
                Arm::If
            }
        };
        if matches!(arm, Arm::Each { .. } | Arm::With) {
            let names = call.parameters.iter().map(|(name, _)| name.clone());
            self.names.open(names.collect());
        }
        if let Some(block) = self.blocks.last_mut() {
            block.arm = arm;
            block.condition = Some(condition);
        }
    }

    /// Suggests how to write a block that has several arguments, which are often the words of a
    /// sentence.
    fn one_argument(&self, call: &Call) -> String {
        let block = &call.name;
        let texts: Vec<&str> = call
            .arguments
            .iter()
            .map(|argument| self.source.get(argument.at.clone()).unwrap_or(""))
            .collect();
        match (&**block, texts.as_slice()) {
            ("each", [item, "in", list]) => format!("each {list} as |{item}|"),
            ("if" | "unless", [left, word, right]) if joins(word).is_some() => {
                let word = joins(word).unwrap_or_default();
                format!("{block} ({word} {left} {right})")
            }
            ("if" | "unless", [word, ..]) if helper::find(word).is_some() => {
                format!("{block} ({})", texts.join(" "))
            }
            _ => format!("{block} x"),
        }
    }

    /// Reports a block whose only argument is `name=value`.
    fn compared(&self, call: &Call, option: &NamedArgument) -> TemplateError {
        let block = &call.name;
        let message = format!("`{block}` takes a value, not `{}=`", option.name);
        let error = TemplateError::arguments(call.at.clone(), message);
        let value = self.source.get(option.value.at.clone()).unwrap_or("");
        match &**block {
            "if" | "unless" => error.help(format!(
                "compare with a helper: `{{{{#{block} (eq {} {value})}}}}`",
                option.name
            )),
            _ => error.help(format!("write `{{{{#{block} {}}}}}`", option.name)),
        }
    }

    /// Ends the current arm at an `{{else}}`; returns false if no `{{else}}` is allowed here.
    fn leave_arm(&mut self, tag: &Tag) -> bool {
        match self.blocks.last().map(|block| block.arm) {
            None => {
                let message = "`{{else}}` outside a block";
                self.error(TemplateError::syntax(tag.at.clone(), message));
                return false;
            }
            Some(Arm::Else) => {
                let message = "this block already has an `{{else}}`";
                self.error(TemplateError::syntax(tag.at.clone(), message));
                return false;
            }
            Some(arm) => self.end_arm(arm),
        }
        let exit = self.ops.len();
        self.ops.push(Instruction::Jump(0));
        let condition = self.blocks.last_mut().and_then(|block| {
            block.exits.push(exit);
            block.condition.take()
        });
        if let Some(condition) = condition {
            self.land(condition);
        }
        true
    }

    fn end_arm(&mut self, arm: Arm) {
        match arm {
            Arm::If | Arm::Else => return,
            Arm::Each { body } => self.ops.push(Instruction::Next { body }),
            Arm::With => self.ops.push(Instruction::Leave),
        }
        self.names.close();
    }

    fn close(&mut self, tag: &Tag, name: &str) {
        let Some(block) = self.blocks.pop() else {
            let message = format!("`{{{{/{name}}}}}` without `{{{{#{name}}}}}`");
            self.error(TemplateError::syntax(tag.at.clone(), message));
            return;
        };
        if *block.name != *name {
            let open = &block.name;
            let message = format!("expected `{{{{/{open}}}}}`, found `{{{{/{name}}}}}`");
            self.error(TemplateError::syntax(tag.at.clone(), message));
        }
        self.end_arm(block.arm);
        for op in block.condition.into_iter().chain(block.exits) {
            self.land(op);
        }
    }

    /// Makes an earlier jump end at the current position.
    fn land(&mut self, op: usize) {
        let here = saturating_u32(self.ops.len());
        if let Some(
            Instruction::Unless { target, .. }
            | Instruction::Jump(target)
            | Instruction::Each { otherwise: target }
            | Instruction::With { otherwise: target },
        ) = self.ops.get_mut(op)
        {
            *target = here;
        }
    }

    fn include(&mut self, tag: &Tag, name: &str, name_at: &Range<usize>) {
        let Some(id) = self.templates.value(name).copied() else {
            let error = if name.starts_with('@') {
                TemplateError::unsupported(name_at.clone(), "partial blocks are not supported")
            } else {
                let message = format!("there is no template `{name}`");
                let error = TemplateError::new(Code::UnknownTemplate, name_at.clone(), message);
                match crate::text::suggest::nearest(name, self.known.iter().copied()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help(format!("declare it: `template {name} \"…\"`")),
                }
            };
            self.error(error);
            return;
        };
        self.ops.push(Instruction::Include(id));
        self.out.includes.push(Include {
            id,
            at: tag.at.clone(),
            blocks: self.blocks.len(),
        });
    }

    /// Emits code that pushes the value of an argument.
    fn argument(&mut self, argument: &Argument, wants: ParameterType) {
        if let Err(error) = literal_fits(argument, wants) {
            self.error(error);
        }
        let constant = match &argument.kind {
            ArgumentKind::Path(path) => return self.path(path),
            ArgumentKind::Call(call) => return self.call(call),
            ArgumentKind::Text(text) => TemplateConstant::Text(text.clone()),
            ArgumentKind::Number(text) => match Number::parse(text) {
                Some(number) => TemplateConstant::Number(Decimal::new(number)),
                None => TemplateConstant::Null,
            },
            ArgumentKind::Bool(value) => TemplateConstant::Bool(*value),
            ArgumentKind::Null => TemplateConstant::Null,
        };
        self.constant(constant);
    }

    fn constant(&mut self, constant: TemplateConstant) {
        let at = saturating_u32(self.constants.len());
        self.constants.push(constant);
        self.ops.push(Instruction::Constant(at));
    }

    fn path(&mut self, path: &WrittenPath) {
        if path.steps.len() > self.limits.path_depth {
            let message = format!("a path with more than {} names", self.limits.path_depth);
            self.error(TemplateError::too_large(path.at.clone(), message));
            return;
        }
        let (base, steps) = match self.names.resolve(path) {
            Ok(resolved) => resolved,
            Err(error) => return self.error(error),
        };
        let facts = &mut self.out.facts;
        match base {
            Base::Root(Root::Person) => facts.person = true,
            Base::Root(Root::CarrierSms | Root::CarrierMms) => facts.carrier = true,
            Base::Root(Root::Now) => facts.now = true,
            _ => {}
        }
        let at = saturating_u32(self.paths.len());
        self.paths.push(TokenPath {
            text: self.source.get(path.at.clone()).unwrap_or("").into(),
            base,
            steps,
        });
        self.ops.push(Instruction::Path(at));
    }

    /// Rewrites `n eq 5` and `name or "there"` with the helper in front.
    fn reordered(&self, call: &Call) -> Option<String> {
        let text = |argument: &Argument| self.source.get(argument.at.clone()).unwrap_or("");
        let name = &call.name;
        match (call.arguments.as_slice(), call.options.as_slice()) {
            ([word, right], []) => {
                let (word, right) = (text(word), text(right));
                match joins(word)? {
                    // Outside a condition, a string after `or` is a default value.
                    "or" if right.starts_with(['"', '\'']) => {
                        Some(format!("write `{{{{default {name} {right}}}}}`"))
                    }
                    word => Some(format!("write the helper first: `({word} {name} {right})`")),
                }
            }
            ([], [option]) if matches!(&*option.name, "default" | "fallback" | "else") => {
                let value = text(&option.value);
                Some(format!("write `{{{{default {name} {value}}}}}`"))
            }
            _ => None,
        }
    }

    fn call(&mut self, call: &Call) {
        let Some(signature) = helper::find(&call.name) else {
            let mut error = no_helper(call);
            error.help = self.reordered(call).or(error.help);
            return self.error(error);
        };
        let given = call.arguments.len();
        let wanted = signature.arguments.len();
        if given < wanted || (given > wanted && !signature.more) {
            let error = wrong_count(call, signature);
            self.error(error);
            return;
        }
        let last = signature
            .arguments
            .last()
            .copied()
            .unwrap_or(ParameterType::Any);
        for (index, argument) in call.arguments.iter().enumerate() {
            let wants = signature.arguments.get(index).copied().unwrap_or(last);
            self.argument(argument, wants);
        }
        for (name, wants) in signature.options {
            let mut named = call.options.iter().filter(|option| *option.name == **name);
            match named.next() {
                Some(option) => self.argument(&option.value, *wants),
                None => self.constant(TemplateConstant::Absent),
            }
            if let Some(again) = named.next() {
                let message = format!("`{name}=` is given twice");
                self.error(TemplateError::arguments(again.at.clone(), message));
            }
        }
        for option in &call.options {
            if !signature
                .options
                .iter()
                .any(|(name, _)| **name == *option.name)
            {
                let message = format!("`{}` has no option `{}=`", call.name, option.name);
                let near = crate::text::suggest::nearest(
                    &option.name,
                    signature.options.iter().map(|(name, _)| *name),
                );
                let help = match near {
                    Some(near) => format!("did you mean `{near}=`?"),
                    None => format!("write `{{{{{}}}}}`", signature.usage),
                };
                let at = option.at.clone();
                self.error(TemplateError::arguments(at, message).help(help));
            }
        }
        if signature.helper == Helper::Incentive
            && let Some(ArgumentKind::Text(pool)) = call.arguments.first().map(|pool| &pool.kind)
            && !self.out.facts.pools.contains(pool)
        {
            self.out.facts.pools.push(pool.clone());
        }
        if signature.helper.is_comparison() {
            let op = saturating_u32(self.ops.len());
            self.out.comparisons.push((call.at.start, op));
        }
        let values = saturating_u32(given.saturating_add(signature.options.len()));
        self.ops.push(Instruction::Call {
            helper: signature.helper,
            values,
        });
    }
}

/// Limits the nesting of blocks, because the parser of handlebars is recursive.
const DEEPEST: usize = 64;

pub(super) fn is_block(name: &str) -> bool {
    matches!(name, "each" | "if" | "unless" | "with")
}

/// Returns the helper meant by a word between two values.
fn joins(word: &str) -> Option<&'static str> {
    let word = match word {
        "is" | "equals" | "equal" => "eq",
        word => word,
    };
    let signature = helper::find(word)?;
    let joins = signature.helper.is_condition() && signature.helper != Helper::Not;
    joins.then_some(signature.name)
}

fn no_block(call: &Call) -> TemplateError {
    let name = &call.name;
    let at = call.name_at.clone();
    if helper::find(name).is_some() {
        let message = format!("`{name}` is a helper, not a block");
        return TemplateError::unsupported(at, message)
            .help(format!("write `{{{{#if ({name} …)}}}}`"));
    }
    let near = crate::text::suggest::nearest(name, ["each", "if", "unless", "with"]);
    if !call.arguments.is_empty() {
        let error = TemplateError::new(
            Code::UnknownHelper,
            at,
            format!("there is no block `{name}`"),
        );
        return match near {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("blocks are `each`, `if`, `unless` and `with`"),
        };
    }
    let message = format!("`{{{{#{name}}}}}` is not supported: name the kind of block");
    TemplateError::unsupported(at, message).help(format!(
        "write `{{{{#if {name}}}}}`, `{{{{#each {name}}}}}` or `{{{{#with {name}}}}}`"
    ))
}

fn no_helper(call: &Call) -> TemplateError {
    let name = &call.name;
    let at = call.name_at.clone();
    match &**name {
        name if is_block(name) => {
            let message = format!("`{name}` is a block, not a helper");
            return TemplateError::unsupported(at, message)
                .help(format!("write `{{{{#{name} x}}}}…{{{{/{name}}}}}`"));
        }
        "lookup" => {
            return TemplateError::unsupported(at, "`lookup` is not supported")
                .help("write the path: `items.[0].name`");
        }
        "len" | "count" | "size" => {
            return TemplateError::new(
                Code::UnknownHelper,
                at,
                format!("there is no helper `{name}`"),
            )
            .help("did you mean `length`?");
        }
        _ => {}
    }
    let error = TemplateError::new(
        Code::UnknownHelper,
        at,
        format!("there is no helper `{name}`"),
    );
    let near = crate::text::suggest::nearest(name, helper::names());
    // Names such as `uppercase`, `pluralize` and `formatDate` contain the name of the helper.
    let lower = name.to_ascii_lowercase();
    let longer = || helper::names().find(|known| known.len() > 3 && lower.contains(known));
    match near.or_else(longer) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if call.arguments.is_empty() => error.help(format!(
            "parentheses call a helper; write a field without them: `{name}`"
        )),
        None => match spaced_name(call) {
            Some(name) => error.help(format!(
                "for a field with spaces in its name, write `{{{{[{name}]}}}}`"
            )),
            None => error,
        },
    }
}

/// Returns the words of a call joined by spaces, if they may be the name of one field.
fn spaced_name(call: &Call) -> Option<String> {
    let mut name = call.name.to_string();
    for argument in &call.arguments {
        let ArgumentKind::Path(WrittenPath {
            start: PathStart::Bare,
            steps,
            ..
        }) = &argument.kind
        else {
            return None;
        };
        let [step] = steps.as_slice() else {
            return None;
        };
        name.push(' ');
        name.push_str(&step.name);
    }
    call.options.is_empty().then_some(name)
}

fn wrong_count(call: &Call, signature: &Signature) -> TemplateError {
    let wanted = match (signature.arguments.len(), signature.more) {
        (1, false) => "one argument".to_owned(),
        (2, false) => "two arguments".to_owned(),
        (2, true) => "at least two arguments".to_owned(),
        (count, _) => format!("{count} arguments"),
    };
    let message = format!("`{}` takes {wanted}", call.name);
    TemplateError::arguments(call.at.clone(), message)
        .help(format!("write `{{{{{}}}}}`", signature.usage))
}
