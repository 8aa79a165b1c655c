//! Compares compiled templates with handlebars: equal output wherever both are meant to agree.

#[cfg(test)]
mod tests {
    use handlebars::{
        Context, Handlebars, Helper, HelperDef, JsonRender, RenderContext, RenderError,
        RenderErrorReason, ScopedJson,
    };
    use proptest::prelude::*;
    use serde_json::json;

    use crate::diagnostic::Fault;
    use crate::eval::scope::{Lookup, Scope};
    use crate::event::Event;
    use crate::event::id::SeededIds;
    use crate::hir::{RuleSet, TemplateId, TemplateOwner, TemplatePart, TemplateSource};
    use crate::limits::Limits;
    use crate::outcome::message::{Channel, PartName};
    use crate::render::render;
    use crate::template::tags::{TagKind, TemplatePiece, split};
    use crate::template::{Programs, compile};
    use crate::text::span::{Place, SourceId, Span};
    use crate::time::Timestamp;

    /// Templates that others include.
    const PARTIALS: [(&str, &str); 4] = [
        ("plain", "[{{s}}]"),
        ("lines", "a\n{{#if s}}\n  b{{n}}\n{{/if}}\nc\n"),
        ("loop", "{{#each l}}{{@index}}{{s}}{{../n}};{{/each}}"),
        ("outer", " <{{> plain}}\n{{> lines}}\n>"),
    ];

    fn source(text: &str, owner: TemplateOwner) -> TemplateSource {
        TemplateSource {
            text: text.into(),
            place: Place::new(SourceId(0), Span::new(0, 0)),
            literal: crate::json::write::string(text).into(),
            owner,
        }
    }

    fn ours(template: &str, html: bool) -> (Programs, Vec<Fault>) {
        let part = match html {
            true => TemplatePart::Part(Channel::Email, PartName::Html),
            false => TemplatePart::Part(Channel::Email, PartName::Text),
        };
        let owner = TemplateOwner::Rule {
            types: [].into(),
            part,
            blank: true,
        };
        let mut sources = vec![source(template, owner)];
        for (name, text) in PARTIALS {
            sources.push(source(
                text,
                TemplateOwner::Declaration { name: name.into() },
            ));
        }
        let mut faults = Vec::new();
        let programs = compile(
            &sources,
            &RuleSet::default(),
            &Limits::default(),
            &mut faults,
        );
        faults.retain(|fault| fault.code.as_str().starts_with('E'));
        (programs, faults)
    }

    /// Renders with the engine; `None` for errors that handlebars does not have.
    fn rendered(programs: &Programs, data: &serde_json::Value) -> Option<String> {
        let limits = Limits::default();
        let text = json!({"event_type": "t", "event_data": data}).to_string();
        let event = Event::from_json(text.as_bytes(), &limits, &mut SeededIds::new(1)).unwrap();
        let scope = Scope {
            event: &event,
            data: event.data(),
            now: Timestamp::from_unix_seconds(0).unwrap(),
            person: Lookup::Pending,
            carrier: Lookup::Pending,
        };
        let mut out = String::new();
        let codes = |_: &str| Lookup::Pending;
        let mut needs = Vec::new();
        let id = TemplateId(0);
        match render(programs, id, &scope, &codes, &limits, &mut out, &mut needs) {
            Ok(()) => Some(out),
            Err(failure) => {
                let known = ["is an object", "is a list", "is not a text"];
                assert!(
                    known.iter().any(|end| failure.message.ends_with(end)),
                    "{failure:?}"
                );
                None
            }
        }
    }

    /// The number of cases per test. Set the variable at compile time to run more.
    fn cases() -> ProptestConfig {
        let cases = option_env!("POINTSMAN_TEMPLATES").map_or(256, |cases| cases.parse().unwrap());
        ProptestConfig {
            max_shrink_iters: 20_000,
            ..ProptestConfig::with_cases(cases)
        }
    }

    /// One of our helpers as a handlebars helper, given its arguments and options.
    struct TestHelper(fn(&[serde_json::Value], Options<'_>) -> serde_json::Value);

    type Options<'a> = &'a dyn Fn(&str) -> Option<String>;

    impl HelperDef for TestHelper {
        fn call_inner<'reg: 'rc, 'rc>(
            &self,
            helper: &Helper<'rc>,
            _: &'reg Handlebars<'reg>,
            _: &'rc Context,
            _: &mut RenderContext<'reg, 'rc>,
        ) -> Result<ScopedJson<'rc>, RenderError> {
            if helper.params().is_empty() {
                return Err(RenderErrorReason::ParamNotFoundForIndex("same", 0).into());
            }
            let values: Vec<_> = helper
                .params()
                .iter()
                .map(|one| one.value().clone())
                .collect();
            let option = |name: &str| helper.hash_get(name).map(|one| one.value().render());
            Ok(ScopedJson::Derived((self.0)(&values, &option)))
        }
    }

    /// The helpers that handlebars does not bring along. A missing value is null there.
    fn helpers(registry: &mut Handlebars<'_>) {
        let mut add = |name: &str, same| registry.register_helper(name, Box::new(TestHelper(same)));
        add("upper", |values, _| {
            json!(values[0].render().to_uppercase())
        });
        add("lower", |values, _| {
            json!(values[0].render().to_lowercase())
        });
        add("trim", |values, _| json!(values[0].render().trim()));
        add("default", |values, _| match &values[0] {
            serde_json::Value::Null => values[1].clone(),
            serde_json::Value::String(text) if text.trim().is_empty() => values[1].clone(),
            value => value.clone(),
        });
        add("replace", |values, _| match &values[0] {
            serde_json::Value::Null => serde_json::Value::Null,
            text => json!(
                text.render()
                    .replace(&values[1].render(), &values[2].render())
            ),
        });
        add("truncate", |values, option| {
            let text = values[0].render();
            let most = values[1].as_u64().unwrap() as usize;
            if text.chars().count() <= most {
                return json!(text);
            }
            let mark = option("end").unwrap_or_else(|| "...".to_owned());
            let kept = match most.checked_sub(mark.chars().count()) {
                Some(kept) => text.chars().take(kept).collect::<String>() + &mark,
                None => text.chars().take(most).collect(),
            };
            json!(kept)
        });
    }

    /// Renders with handlebars, with line breaks and control characters normalized as ours.
    fn reference(template: &str, html: bool, data: &serde_json::Value) -> Option<String> {
        let mut registry = Handlebars::new();
        registry.set_prevent_indent(true);
        if !html {
            registry.register_escape_fn(handlebars::no_escape);
        }
        helpers(&mut registry);
        for (name, text) in PARTIALS {
            registry.register_partial(name, text).unwrap();
        }
        let mut out = registry.render_template(template, data).ok()?;
        out = out.replace("\r\n", "\n").replace('\r', "\n");
        out.retain(|c| !c.is_control() || matches!(c, '\t' | '\n'));
        Some(out)
    }

    /// Returns whether handlebars carries whitespace control past the next tag, a quirk that we do
    /// not copy.
    fn leaks_trimming(template: &str) -> bool {
        let (pieces, _) = split(template, &Limits::default());
        let mut trims = false;
        let mut block = false;
        for piece in &pieces {
            match piece {
                TemplatePiece::Text(text) => {
                    let source = template.get(text.at.clone()).unwrap();
                    if trims && block && source.trim().is_empty() {
                        return true;
                    }
                }
                TemplatePiece::Tag(tag) => {
                    if tag.kind == TagKind::Comment && trims {
                        return true;
                    }
                    trims = tag.trim_after;
                    block = !matches!(tag.kind, TagKind::Token { .. });
                }
            }
        }
        false
    }

    /// Compares both outputs. Returns whether there was anything to compare.
    fn compare(template: &str, html: bool, data: &serde_json::Value) -> bool {
        let (programs, faults) = ours(template, html);
        assert!(
            !faults
                .iter()
                .any(|fault| fault.message.starts_with("Handlebars")),
            "taken here alone: {template:?}"
        );
        if !faults.is_empty() || leaks_trimming(template) {
            return false;
        }
        let Some(theirs) = reference(template, html, data) else {
            return false;
        };
        match rendered(&programs, data) {
            Some(out) => {
                assert_eq!(out, theirs, "{template:?} of {data}");
                true
            }
            None => false,
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        prop::sample::select(vec![
            "",
            " ",
            "\n",
            "a",
            " \n ",
            "x\n",
            "\n\n",
            "\t",
            "\r\n",
            "b c",
            "\\{{s}}",
            "\\\\",
            "} {",
            ".",
            "é ",
            "  \n\t",
            "\r",
            "{ {",
            "\u{7}",
            "<&>",
            "\u{2028}",
            "😀\n",
            "\\\\{{n}}",
            "a\r\n  ",
        ])
        .prop_map(str::to_owned)
    }

    fn values() -> impl Strategy<Value = String> {
        prop::sample::select(vec![
            "s",
            "n",
            "b",
            "t",
            "x",
            "this.s",
            "./n",
            "o.s",
            "o/o.n",
            "l.[0].s",
            "l.1.n",
            "@root.s",
            "@index",
            "@first",
            "@last",
            "o.[a b]",
            "this",
            "../s",
            "../../n",
            "p.s",
            "p",
            "q",
            "upper s",
            "(upper o.s)",
            "@../index",
            "@key",
            "@../key",
            "@../../index",
            "@../first",
            "this.o.s",
            "[s]",
            "./o.[a b]",
            "../this.n",
            "../o.s",
            "@root.l.[1].t",
            "@root.o.[a b]",
            "p.o.n",
            "q.s",
            "l.[9].s",
            "s.s",
            "l.s",
            "f",
            "ключ",
            "lower s",
            "trim t",
            "default s 'none'",
            "default x (upper t)",
            "default (trim s) \"it's\"",
            "upper (default x 'a\"b')",
            "replace s 'e' (upper s)",
            "replace t ' ' '<'",
            "truncate s 6",
            "truncate t 4 end='…'",
            "truncate (replace s 'w' 'ww') 3 end=s",
            "eq @root.n 1",
            "and s b",
            "or s n",
            "not s",
        ])
        .prop_map(str::to_owned)
    }

    /// Formats a tag with its braces, with or without `~`.
    fn tag(inside: &str, left: bool, right: bool) -> String {
        let tilde = |is| if is { "~" } else { "" };
        format!("{{{{{}{inside}{}}}}}", tilde(left), tilde(right))
    }

    fn tilde() -> impl Strategy<Value = (bool, bool)> {
        (prop::bool::weighted(0.15), prop::bool::weighted(0.15))
    }

    fn templates() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            4 => texts(),
            4 => (values(), tilde()).prop_map(|(value, (l, r))| tag(&value, l, r)),
            1 => values().prop_map(|value| format!("{{{{{{{value}}}}}}}")),
            1 => values().prop_map(|value| format!("{{{{&{value}}}}}")),
            1 => values().prop_map(|value| format!("{{{{ {value} }}}}")),
            1 => Just("{{! note }}".to_owned()),
            1 => Just("{{!-- }} --}}".to_owned()),
            1 => Just("\n  {{! a line of its own }}  \n".to_owned()),
            1 => (prop::sample::select(vec!["plain", "lines", "loop", "outer"]), tilde())
                .prop_map(|(name, (l, r))| tag(&format!("> {name}"), l, r)),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let many = || prop::collection::vec(inner.clone(), 0..4).prop_map(|all| all.concat());
            let block = prop::sample::select(vec![
                ("if", "s"),
                ("if", "b"),
                ("if", "x"),
                ("if", "n"),
                ("unless", "t"),
                ("unless", "x"),
                ("each", "l"),
                ("each", "o.in"),
                ("each", "x"),
                ("each", "l as |p q|"),
                ("each", "o.o"),
                ("with", "o"),
                ("with", "x"),
                ("with", "o as |p|"),
                ("with", "s"),
                ("with", "l.[0]"),
                ("with", "../o"),
                ("with", "(default x 'made')"),
                ("each", "o"),
                ("each", "../l"),
                ("each", "this"),
                ("each", "@root.l as |p|"),
                ("each", "o as |p q|"),
                ("if", "f"),
                ("if", "l"),
                ("if", "@first"),
                ("if", "(not b)"),
                ("if", "(and s b)"),
                ("unless", "(or n (not t))"),
                ("unless", "@last"),
                ("if", "(eq @root.n 1)"),
                ("if", "(ne @root.s 'word')"),
                ("if", "(gt @root.n 0)"),
                ("if", "(lte @root.f 1.5)"),
                ("unless", "(or (lt @root.n 0) (gte @root.n 2))"),
                ("if", "(eq (upper @root.s) \"WORD\")"),
            ]);
            let tildes = (tilde(), tilde(), tilde());
            prop_oneof![
                many(),
                (block.clone(), many(), tilde(), tilde()).prop_map(|((name, with), body, a, b)| {
                    let open = tag(&format!("#{name} {with}"), a.0, a.1);
                    open + &body + &tag(&format!("/{name}"), b.0, b.1)
                }),
                // Blocks on their own lines.
                (block.clone(), many(), prop::sample::select(vec!["", " ", "\t"])).prop_map(
                    |((name, with), body, blank)| {
                        format!("\n{blank}{{{{#{name} {with}}}}}{blank}\n{body}\n{blank}{{{{/{name}}}}}{blank}\n")
                    }
                ),
                (block.clone(), many(), many(), tildes, any::<bool>()).prop_map(
                    |((name, with), body, other, (a, b, c), caret)| {
                        let open = tag(&format!("#{name} {with}"), a.0, a.1);
                        let otherwise = tag(if caret { "^" } else { "else" }, b.0, b.1);
                        open + &body + &otherwise + &other + &tag(&format!("/{name}"), c.0, c.1)
                    }
                ),
                (block.clone(), block, many(), many(), many(), tilde()).prop_map(
                    |(one, two, a, b, c, (left, right))| {
                        let open = tag(&format!("#{} {}", one.0, one.1), false, right);
                        let chained = tag(&format!("else {} {}", two.0, two.1), left, right);
                        let close = tag(&format!("/{}", one.0), left, false);
                        open + &a + &chained + &b + "{{else}}" + &c + &close
                    }
                ),
            ]
        })
    }

    fn data() -> impl Strategy<Value = serde_json::Value> {
        let text = prop::sample::select(vec![
            "",
            "word",
            "<a href='x'>&`=\"",
            " ",
            "{{s}}",
            "line\nline",
            "é",
            "a\r\nb\r",
            "\u{7}\u{85}x\u{2028}",
            "wide word 😀, \"quoted\" \\ and on",
            "\t\u{1f}",
        ]);
        let number = prop_oneof![4 => -3_i64..4, 1 => Just(i64::MAX), 1 => Just(i64::MIN)];
        let fraction =
            prop::sample::select(vec![0.0, -0.0, 1.5, -0.25, 1e300, 1e-7, 123_456_789.125]);
        (text.clone(), text, number.clone(), number, any::<bool>(), 0_usize..4, fraction).prop_map(
            |(s, t, n, m, b, count, f)| {
                let items: Vec<_> = (0..count)
                    .map(|at| json!({"n": at, "s": t, "b": !b, "l": [], "t": null}))
                    .collect();
                json!({
                    "b": b, "f": f, "l": items, "mdn": "+13125550100", "n": n, "s": s, "t": t, "ключ": {"s": s},
                    "o": {"a b": m, "in": vec![json!(s); count], "n": m, "o": {"n": n, "s": t}, "s": t, "t": b},
                })
            },
        )
    }

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn renders_what_handlebars_does(template in templates(), data in data(), html: bool) {
            compare(&template, html, &data);
        }

        #[test]
        fn rejects_what_handlebars_rejects(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "{{", "}}", "{{{", "}}}", "~", "{{~", "~}}", "#if s", "{{#if s}}", "/if", "{{/if}}", "else",
                    "{{else}}", "{{else if n}}", "{{#each l}}", "{{/each}}", "{{!--", "--}}", "{{! ", "--", "\\",
                    "s", " n", "'", "\"", "'a'", "(", ")", "(upper s)", "upper ", "[", "]", ".", "/", "../", "this", "@index",
                    "@root.s", " ", "\n", "{{s}}", "{{> plain}}", "> ", "plain", "& ", "as |p|", "|", "=", "1", "1.5",
                    "-", "é", "{{#with o}}", "{{/with}}", "^", "*", "!", "true", "null", "$", "\u{a0}",
                ]),
                0..14,
            ),
            data in data(),
        ) {
            compare(&pieces.concat(), true, &data);
        }
    }

    #[test]
    fn most_generated_templates_can_be_compared() {
        use proptest::strategy::ValueTree;
        use proptest::test_runner::TestRunner;
        let mut runner = TestRunner::deterministic();
        let mut compared = 0;
        for _ in 0..200 {
            let template = templates().new_tree(&mut runner).unwrap().current();
            let data = data().new_tree(&mut runner).unwrap().current();
            compared += usize::from(compare(&template, true, &data));
        }
        assert!(compared > 90, "{compared} of 200");
    }

    #[test]
    fn known_differences_are_detected() {
        // Handlebars indents partials and carries `~` past them; we do not.
        assert!(leaks_trimming("{{~> plain~}}\n{{s}} \nabc"));
    }
}
