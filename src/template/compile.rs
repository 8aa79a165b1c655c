//! From pieces to a program: pairs blocks, resolves names, checks calls, lays the jumps. Knows no
//! declared type.

use std::ops::Range;

use super::expression::{Argument, ArgumentKind, Call, Flaw, Opt, Path, Start};
use super::helper;
use super::helper::{Signature, Wants};
use super::names::Names;
use super::program::{Base, Constant, Helper, Op, Plain, Program, TokenPath};
use super::tags::{Kind, Piece, Tag};
use crate::collections::map::Table;
use crate::diagnostic::Code;
use crate::event::path::Root;
use crate::hir::TemplateId;
use crate::limits::Limits;
use crate::number::{Decimal, Number};
use crate::text::span::saturating_u32;
use crate::time::{TimeZone, Timestamp};

/// A program, and what it says of itself.
#[derive(Debug, Default)]
pub(super) struct Lowered {
    pub(super) program: Program,
    pub(super) includes: Vec<Include>,
    pub(super) facts: Facts,
    /// The ops of comparisons by where these begin in the text.
    pub(super) comparisons: Vec<(usize, u32)>,
    pub(super) tags: usize,
    /// Blocks open at once.
    pub(super) depth: usize,
}

impl Lowered {
    /// The op of the comparison that begins at `start` of the text.
    pub(super) fn comparison(&self, start: usize) -> Option<u32> {
        let at = self
            .comparisons
            .binary_search_by_key(&start, |(start, _)| *start);
        self.comparisons.get(at.ok()?).map(|(_, op)| *op)
    }

    /// Makes that comparison one of times.
    pub(super) fn compare_times(&mut self, start: usize) {
        if let Some(op) = self.comparison(start) {
            self.program.compare_times(op);
        }
    }
}

/// A `{{> name}}`.
#[derive(Clone, Debug)]
pub(super) struct Include {
    pub(super) id: TemplateId,
    pub(super) at: Range<usize>,
    /// Blocks open around it.
    pub(super) blocks: usize,
}

/// What a program reads, apart from the templates it includes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) person: bool,
    pub(super) carrier: bool,
    pub(super) now: bool,
    pub(super) pools: Vec<Box<str>>,
}

/// Lowers the pieces of one template; flaws are all there are, and with any the program is of no use.
pub(super) fn lower(
    source: &str,
    pieces: &[Piece],
    templates: &Table<&str, TemplateId>,
    known: &[&str],
    limits: &Limits,
    flaws: &mut Vec<Flaw>,
) -> Lowered {
    let mut lowering = Lowering {
        source,
        templates,
        known,
        limits,
        flaws,
        ops: Vec::new(),
        text: String::new(),
        paths: Vec::new(),
        constants: Vec::new(),
        names: Names::default(),
        blocks: Vec::new(),
        out: Lowered::default(),
    };
    for piece in pieces {
        match piece {
            Piece::Text(text) => lowering.text(&text.value),
            Piece::Tag(tag) => lowering.tag(tag),
        }
    }
    while let Some(block) = lowering.blocks.pop() {
        let message = format!("`{{{{#{}}}}}` is not closed", block.name);
        lowering.flaws.push(
            Flaw::new(Code::TemplateSyntax, block.at, message)
                .help(format!("write `{{{{/{}}}}}` where it ends", block.name)),
        );
    }
    // Inner calls come before the outer ones that begin before them.
    lowering.out.comparisons.sort_unstable();
    lowering.out.program = Program {
        ops: lowering.ops.into(),
        text: lowering.text.into(),
        paths: lowering.paths.into(),
        constants: lowering.constants.into(),
    };
    lowering.out
}

struct Lowering<'a> {
    source: &'a str,
    templates: &'a Table<&'a str, TemplateId>,
    /// The names of all templates.
    known: &'a [&'a str],
    limits: &'a Limits,
    flaws: &'a mut Vec<Flaw>,
    ops: Vec<Op>,
    text: String,
    paths: Vec<TokenPath>,
    constants: Vec<Constant>,
    names: Names,
    blocks: Vec<Block>,
    out: Lowered,
}

/// A block that is open.
struct Block {
    name: Box<str>,
    at: Range<usize>,
    arm: Arm,
    /// The op that leaves the arm when its condition does not hold.
    condition: Option<usize>,
    /// The jumps to behind the block.
    exits: Vec<usize>,
    else_ifs: usize,
}

/// What has to be done at the end of a part of a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arm {
    If,
    Each { body: u32 },
    With,
    Else,
}

impl Lowering<'_> {
    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            let start = saturating_u32(self.text.len());
            self.text.push_str(text);
            let end = saturating_u32(self.text.len());
            let plain = Plain::of(text);
            self.ops.push(Op::Text { start, end, plain });
        }
    }

    /// Writes the value that was pushed last; most are paths, which need no place on the stack.
    fn write(&mut self, raw: bool) {
        match self.ops.last_mut() {
            Some(op @ &mut Op::Path(path)) => *op = Op::Token { path, raw },
            _ => self.ops.push(Op::Write { raw }),
        }
    }

    fn tag(&mut self, tag: &Tag) {
        self.out.tags = self.out.tags.saturating_add(1);
        match &tag.kind {
            Kind::Comment => {}
            Kind::Token { shown, raw } => {
                self.argument(shown, Wants::Any);
                self.write(*raw);
            }
            Kind::Open(call) => self.open(tag, call),
            Kind::Else => {
                if self.leave_arm(tag)
                    && let Some(block) = self.blocks.last_mut()
                {
                    block.arm = Arm::Else;
                }
            }
            Kind::ElseOpen(call) => self.else_open(tag, call),
            Kind::Close { name } => self.close(tag, name),
            Kind::Partial { name, name_at, .. } => self.include(tag, name, name_at),
        }
    }

    fn flaw(&mut self, flaw: Flaw) {
        self.flaws.push(flaw);
    }

    fn open(&mut self, tag: &Tag, call: &Call) {
        if self.blocks.len() >= self.limits.block_depth.min(DEEPEST) {
            let message = format!(
                "more than {} blocks inside one another",
                self.limits.block_depth
            );
            self.flaw(Flaw::new(Code::TemplateTooLarge, tag.at.clone(), message));
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
                self.flaw(Flaw::new(Code::TemplateTooLarge, tag.at.clone(), message));
            }
        }
        self.enter_arm(call);
    }

    /// Begins a part of the innermost block that stands under a condition or a context.
    fn enter_arm(&mut self, call: &Call) {
        match (call.arguments.as_slice(), call.options.as_slice()) {
            ([argument], _) => self.argument(argument, Wants::Any),
            // `{{#if n = 5}}` is an option to the grammar, and a comparison to its author.
            ([], [option]) if is_block(&call.name) => {
                let flaw = self.compared(call, option);
                self.flaw(flaw);
            }
            _ if is_block(&call.name) => {
                let message = format!("`{}` takes one argument", call.name);
                let help = format!("write `{{{{#{}}}}}`", self.one_argument(call));
                self.flaw(Flaw::new(Code::HelperArguments, call.at.clone(), message).help(help));
            }
            _ => {}
        }
        if let ([_], Some(option)) = (call.arguments.as_slice(), call.options.first()) {
            let message = format!("`{}` takes no `{}=`", call.name, option.name);
            self.flaw(Flaw::new(Code::HelperArguments, option.at.clone(), message));
        }
        let most = match &*call.name {
            "each" => 2,
            "with" => 1,
            _ => 0,
        };
        if let Some((_, at)) = call.parameters.get(most) {
            let message = match most {
                0 => "block parameters belong to `each` and `with`",
                _ => "`with` has one block parameter",
            };
            self.flaw(Flaw::new(Code::HelperArguments, at.clone(), message));
        }
        let condition = self.ops.len();
        let arm = match &*call.name {
            "if" | "unless" => {
                let on = *call.name == *"if";
                self.ops.push(Op::Unless { on, target: 0 });
                Arm::If
            }
            "each" => {
                self.ops.push(Op::Each { otherwise: 0 });
                let body = saturating_u32(self.ops.len());
                Arm::Each { body }
            }
            "with" => {
                self.ops.push(Op::With { otherwise: 0 });
                Arm::With
            }
            _ => {
                let flaw = no_block(call);
                self.flaw(flaw);
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

    /// How a block is written that was given several arguments: as words of a sentence, mostly.
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

    /// A block that was given `name=value` alone.
    fn compared(&self, call: &Call, option: &Opt) -> Flaw {
        let block = &call.name;
        let message = format!("`{block}` takes a value, not `{}=`", option.name);
        let flaw = Flaw::new(Code::HelperArguments, call.at.clone(), message);
        let value = self.source.get(option.value.at.clone()).unwrap_or("");
        match &**block {
            "if" | "unless" => flaw.help(format!(
                "a comparison is a helper: `{{{{#{block} (eq {} {value})}}}}`",
                option.name
            )),
            _ => flaw.help(format!("write `{{{{#{block} {}}}}}`", option.name)),
        }
    }

    /// Ends the part of the innermost block that `{{else}}` ends; whether it can.
    fn leave_arm(&mut self, tag: &Tag) -> bool {
        match self.blocks.last().map(|block| block.arm) {
            None => {
                let message = "`{{else}}` stands in no block";
                self.flaw(Flaw::new(Code::TemplateSyntax, tag.at.clone(), message));
                return false;
            }
            Some(Arm::Else) => {
                let message = "nothing but the end of the block follows an `{{else}}`";
                self.flaw(Flaw::new(Code::TemplateSyntax, tag.at.clone(), message));
                return false;
            }
            Some(arm) => self.end_arm(arm),
        }
        let exit = self.ops.len();
        self.ops.push(Op::Jump(0));
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
            Arm::Each { body } => self.ops.push(Op::Next { body }),
            Arm::With => self.ops.push(Op::Leave),
        }
        self.names.close();
    }

    fn close(&mut self, tag: &Tag, name: &str) {
        let Some(block) = self.blocks.pop() else {
            let message = format!("`{{{{/{name}}}}}` closes nothing");
            self.flaw(Flaw::new(Code::TemplateSyntax, tag.at.clone(), message));
            return;
        };
        if *block.name != *name {
            let open = &block.name;
            let message = format!("`{{{{/{name}}}}}` where `{{{{/{open}}}}}` belongs");
            self.flaw(Flaw::new(Code::TemplateSyntax, tag.at.clone(), message));
        }
        self.end_arm(block.arm);
        for op in block.condition.into_iter().chain(block.exits) {
            self.land(op);
        }
    }

    /// Lets a jump that was laid before land here.
    fn land(&mut self, op: usize) {
        let here = saturating_u32(self.ops.len());
        if let Some(
            Op::Unless { target, .. }
            | Op::Jump(target)
            | Op::Each { otherwise: target }
            | Op::With { otherwise: target },
        ) = self.ops.get_mut(op)
        {
            *target = here;
        }
    }

    fn include(&mut self, tag: &Tag, name: &str, name_at: &Range<usize>) {
        let Some(id) = self.templates.value(name).copied() else {
            let flaw = if name.starts_with('@') {
                Flaw::new(
                    Code::TemplateUnsupported,
                    name_at.clone(),
                    "partial blocks are not supported",
                )
            } else {
                let message = format!("there is no template `{name}`");
                let flaw = Flaw::new(Code::UnknownTemplate, name_at.clone(), message);
                match crate::text::suggest::nearest(name, self.known.iter().copied()) {
                    Some(near) => flaw.help(format!("did you mean `{near}`?")),
                    None => flaw.help(format!("declare it: `template {name} \"…\"`")),
                }
            };
            self.flaw(flaw);
            return;
        };
        self.ops.push(Op::Include(id));
        self.out.includes.push(Include {
            id,
            at: tag.at.clone(),
            blocks: self.blocks.len(),
        });
    }

    /// Pushes an argument's value.
    fn argument(&mut self, argument: &Argument, wants: Wants) {
        if let Err(flaw) = literal_fits(argument, wants) {
            self.flaw(flaw);
        }
        let constant = match &argument.kind {
            ArgumentKind::Path(path) => return self.path(path),
            ArgumentKind::Call(call) => return self.call(call),
            ArgumentKind::Text(text) => Constant::Text(text.clone()),
            ArgumentKind::Number(text) => match Number::parse(text) {
                Some(number) => Constant::Number(Decimal::new(number)),
                None => Constant::Null,
            },
            ArgumentKind::Bool(value) => Constant::Bool(*value),
            ArgumentKind::Null => Constant::Null,
        };
        self.constant(constant);
    }

    fn constant(&mut self, constant: Constant) {
        let at = saturating_u32(self.constants.len());
        self.constants.push(constant);
        self.ops.push(Op::Constant(at));
    }

    fn path(&mut self, path: &Path) {
        if path.steps.len() > self.limits.path_depth {
            let message = format!("a path of more than {} names", self.limits.path_depth);
            self.flaw(Flaw::new(Code::TemplateTooLarge, path.at.clone(), message));
            return;
        }
        let (base, steps) = match self.names.resolve(path) {
            Ok(resolved) => resolved,
            Err(flaw) => return self.flaw(flaw),
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
        self.ops.push(Op::Path(at));
    }

    /// `n eq 5` and `name or "there"`, with the helper in front.
    fn reordered(&self, call: &Call) -> Option<String> {
        let text = |argument: &Argument| self.source.get(argument.at.clone()).unwrap_or("");
        let name = &call.name;
        match (call.arguments.as_slice(), call.options.as_slice()) {
            ([word, right], []) => {
                let (word, right) = (text(word), text(right));
                match joins(word)? {
                    // Where no condition stands, a text behind `or` is what is written instead.
                    "or" if right.starts_with(['"', '\'']) => {
                        Some(format!("write `{{{{default {name} {right}}}}}`"))
                    }
                    word => Some(format!(
                        "a helper stands in front: `({word} {name} {right})`"
                    )),
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
            let mut flaw = no_helper(call);
            flaw.help = self.reordered(call).or(flaw.help);
            return self.flaw(flaw);
        };
        let given = call.arguments.len();
        let wanted = signature.arguments.len();
        if given < wanted || (given > wanted && !signature.more) {
            let flaw = wrong_count(call, signature);
            self.flaw(flaw);
            return;
        }
        let last = signature.arguments.last().copied().unwrap_or(Wants::Any);
        for (index, argument) in call.arguments.iter().enumerate() {
            let wants = signature.arguments.get(index).copied().unwrap_or(last);
            self.argument(argument, wants);
        }
        for (name, wants) in signature.options {
            let mut named = call.options.iter().filter(|option| *option.name == **name);
            match named.next() {
                Some(option) => self.argument(&option.value, *wants),
                None => self.constant(Constant::Absent),
            }
            if let Some(again) = named.next() {
                let message = format!("`{name}=` is given twice");
                self.flaw(Flaw::new(Code::HelperArguments, again.at.clone(), message));
            }
        }
        for option in &call.options {
            if !signature
                .options
                .iter()
                .any(|(name, _)| **name == *option.name)
            {
                let message = format!("`{}` takes no `{}=`", call.name, option.name);
                let near = crate::text::suggest::nearest(
                    &option.name,
                    signature.options.iter().map(|(name, _)| *name),
                );
                let help = match near {
                    Some(near) => format!("did you mean `{near}=`?"),
                    None => format!("write `{{{{{}}}}}`", signature.usage),
                };
                let at = option.at.clone();
                self.flaw(Flaw::new(Code::HelperArguments, at, message).help(help));
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
        self.ops.push(Op::Call {
            helper: signature.helper,
            values,
        });
    }
}

/// What handlebars' parser, which recurses, is given of blocks at the most.
const DEEPEST: usize = 64;

/// Decimals that may be asked for in a template.
pub(crate) const MOST_DECIMALS: u32 = 100;

pub(super) fn is_block(name: &str) -> bool {
    matches!(name, "each" | "if" | "unless" | "with")
}

/// The helper that a word between two values is meant for.
fn joins(word: &str) -> Option<&'static str> {
    let word = match word {
        "is" | "equals" | "equal" => "eq",
        word => word,
    };
    let signature = helper::find(word)?;
    let joins = signature.helper.is_condition() && signature.helper != Helper::Not;
    joins.then_some(signature.name)
}

fn no_block(call: &Call) -> Flaw {
    let name = &call.name;
    let at = call.name_at.clone();
    if helper::find(name).is_some() {
        let message = format!("`{name}` is a helper, not a block");
        return Flaw::new(Code::TemplateUnsupported, at, message)
            .help(format!("write `{{{{#if ({name} …)}}}}`"));
    }
    let near = crate::text::suggest::nearest(name, ["each", "if", "unless", "with"]);
    if !call.arguments.is_empty() {
        let flaw = Flaw::new(
            Code::UnknownHelper,
            at,
            format!("there is no block `{name}`"),
        );
        return match near {
            Some(near) => flaw.help(format!("did you mean `{near}`?")),
            None => flaw.help("a block is `each`, `if`, `unless` or `with`"),
        };
    }
    let message = format!("`{{{{#{name}}}}}` is not supported: a block says what it does");
    Flaw::new(Code::TemplateUnsupported, at, message).help(format!(
        "write `{{{{#if {name}}}}}`, `{{{{#each {name}}}}}` or `{{{{#with {name}}}}}`"
    ))
}

fn no_helper(call: &Call) -> Flaw {
    let name = &call.name;
    let at = call.name_at.clone();
    match &**name {
        name if is_block(name) => {
            let message = format!("`{name}` is a block, not a helper");
            return Flaw::new(Code::TemplateUnsupported, at, message)
                .help(format!("write `{{{{#{name} x}}}}…{{{{/{name}}}}}`"));
        }
        "lookup" => {
            return Flaw::new(Code::TemplateUnsupported, at, "`lookup` is not supported")
                .help("write the path: `items.[0].name`");
        }
        "len" | "count" | "size" => {
            return Flaw::new(
                Code::UnknownHelper,
                at,
                format!("there is no helper `{name}`"),
            )
            .help("did you mean `length`?");
        }
        _ => {}
    }
    let flaw = Flaw::new(
        Code::UnknownHelper,
        at,
        format!("there is no helper `{name}`"),
    );
    let near = crate::text::suggest::nearest(name, helper::names());
    // `uppercase`, `pluralize`, `formatDate` and their like are longer than what they stand for.
    let lower = name.to_ascii_lowercase();
    let longer = || helper::names().find(|known| known.len() > 3 && lower.contains(known));
    match near.or_else(longer) {
        Some(near) => flaw.help(format!("did you mean `{near}`?")),
        None if call.arguments.is_empty() => {
            flaw.help(format!("parentheses call a helper; a field is `{name}`"))
        }
        None => match blank_name(call) {
            Some(name) => flaw.help(format!(
                "helpers are `upper`, `default`, `date` and such; a field of that name is `{{{{[{name}]}}}}`"
            )),
            None => flaw,
        },
    }
}

/// The words of a call that may be the name of a field with blanks in it.
fn blank_name(call: &Call) -> Option<String> {
    let mut name = call.name.to_string();
    for argument in &call.arguments {
        let ArgumentKind::Path(Path {
            start: Start::Bare,
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

fn wrong_count(call: &Call, signature: &Signature) -> Flaw {
    let wanted = match (signature.arguments.len(), signature.more) {
        (1, false) => "one argument".to_owned(),
        (2, false) => "two arguments".to_owned(),
        (2, true) => "two arguments or more".to_owned(),
        (count, _) => format!("{count} arguments"),
    };
    let message = format!("`{}` takes {wanted}", call.name);
    Flaw::new(Code::HelperArguments, call.at.clone(), message)
        .help(format!("write `{{{{{}}}}}`", signature.usage))
}

/// Whether a literal is what a helper can use there; of paths and calls nothing is known here.
fn literal_fits(argument: &Argument, wants: Wants) -> Result<(), Flaw> {
    let flaw = |message: String| {
        Err(Flaw::new(
            Code::HelperArguments,
            argument.at.clone(),
            message,
        ))
    };
    let text = match &argument.kind {
        ArgumentKind::Path(_) | ArgumentKind::Call(_) => {
            return match wants {
                Wants::Pool => flaw("an incentive pool is named by a string".to_owned()),
                _ => Ok(()),
            };
        }
        ArgumentKind::Text(text) => Some(&**text),
        _ => None,
    };
    let number = match &argument.kind {
        ArgumentKind::Number(text) => Number::parse(text),
        _ => None,
    };
    match (wants, text) {
        (Wants::Any, _) | (Wants::Text, Some(_)) => Ok(()),
        (Wants::Text, None) if matches!(argument.kind, ArgumentKind::Null) => {
            flaw("a text belongs here".to_owned())
        }
        (Wants::Text, None) => Ok(()),
        (Wants::Number, Some(text)) if Number::parse(text).is_some() => Ok(()),
        (Wants::Number, _) if number.is_some() => Ok(()),
        (Wants::Number, _) => flaw("a number belongs here".to_owned()),
        (Wants::Count, _) => match number.and_then(Number::to_i64) {
            Some(count) if (0..=i64::from(u32::MAX)).contains(&count) => Ok(()),
            _ => flaw("a whole number belongs here".to_owned()),
        },
        (Wants::Decimals, _) => match number.and_then(Number::to_i64) {
            Some(count) if (0..=i64::from(MOST_DECIMALS)).contains(&count) => Ok(()),
            _ => flaw(format!(
                "a number of decimals up to {MOST_DECIMALS} belongs here"
            )),
        },
        (Wants::List, _) => flaw("a list belongs here".to_owned()),
        (Wants::Length, Some(_)) => Ok(()),
        (Wants::Length, None) => flaw("a list or a text belongs here".to_owned()),
        (Wants::Time, Some(text)) if Timestamp::parse(text).is_some() => Ok(()),
        (Wants::Time, _) if number.and_then(Timestamp::from_epoch).is_some() => Ok(()),
        (Wants::Time, _) => flaw("a date belongs here".to_owned()),
        (Wants::Currency, Some(text)) if is_currency(text) => Ok(()),
        (Wants::Currency, _) => {
            flaw("the code of a currency belongs here: three capital letters".to_owned())
        }
        (Wants::DatePattern, Some(text)) => date_pattern(text).or_else(flaw),
        (Wants::DatePattern, None) => flaw("a pattern like `%d %b` belongs here".to_owned()),
        (Wants::Zone, Some(text)) => match TimeZone::find(text) {
            Some(_) => Ok(()),
            None => Err(no_zone(argument, text)),
        },
        (Wants::Zone, None) => flaw("a time zone belongs here".to_owned()),
        (Wants::Pool, Some(text)) if !text.trim().is_empty() => Ok(()),
        (Wants::Pool, _) => flaw("the name of an incentive pool belongs here".to_owned()),
    }
}

fn no_zone(argument: &Argument, text: &str) -> Flaw {
    let message = format!("there is no time zone `{text}`");
    let flaw = Flaw::new(Code::UnknownZone, argument.at.clone(), message);
    let names = TimeZone::names();
    match crate::text::suggest::nearest(text, names.iter().map(String::as_str)) {
        Some(near) => flaw.help(format!("did you mean `{near}`?")),
        None => flaw,
    }
}

/// A pattern that is fine for one moment is fine for all.
fn date_pattern(text: &str) -> Result<(), String> {
    match Timestamp::from_unix_seconds(0).map(|moment| moment.strftime(&TimeZone::UTC, text)) {
        Some(Err(invalid)) => Err(invalid.to_string()),
        _ => Ok(()),
    }
}

/// Three capital letters, as ISO 4217 has them.
pub(crate) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}
