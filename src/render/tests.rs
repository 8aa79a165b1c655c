//! Tests the rendered texts and the failures of templates.

use super::render;
use crate::diagnostic::Severity;
use crate::eval::scope::{Lookup, Need, Scope};
use crate::event::Event;
use crate::event::id::SeededIds;
use crate::hir::{RuleSet, TemplateId, TemplateOwner, TemplatePart, TemplateSource};
use crate::json::parse;
use crate::limits::Limits;
use crate::outcome::FailureReason;
use crate::outcome::message::{Channel, PartName};
use crate::template::{Programs, compile};
use crate::text::span::{Place, SourceId, Span};
use crate::time::Timestamp;

const BODY: TemplatePart = TemplatePart::Part(Channel::Sms, PartName::Body);

/// The inputs of a rendering.
pub(super) struct Setting<'a> {
    part: TemplatePart,
    pub(super) blank: bool,
    /// The declared templates.
    partials: &'a [(&'a str, &'a str)],
    limits: Limits,
    person: Lookup<Option<&'a str>>,
    code: Lookup<Option<String>>,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Self {
            part: BODY,
            blank: false,
            partials: &[],
            limits: Limits::default(),
            person: Lookup::Pending,
            code: Lookup::Pending,
        }
    }
}

fn source(text: &str, owner: TemplateOwner) -> TemplateSource {
    TemplateSource {
        text: text.into(),
        place: Place::new(SourceId(0), Span::new(0, 0)),
        literal: crate::json::write::string(text).into(),
        owner,
    }
}

fn compiled(template: &str, setting: &Setting<'_>) -> Programs {
    let mut sources = vec![source(
        template,
        TemplateOwner::Rule {
            types: [].into(),
            part: setting.part,
            blank: setting.blank,
        },
    )];
    for (name, text) in setting.partials {
        let owner = TemplateOwner::Declaration {
            name: (*name).into(),
        };
        sources.push(source(text, owner));
    }
    let mut faults = Vec::new();
    let programs = compile(&sources, &RuleSet::default(), &setting.limits, &mut faults);
    faults.retain(|fault| fault.code.severity() == Severity::Error);
    assert!(faults.is_empty(), "{template}: {faults:?}");
    programs
}

fn run(
    template: &str,
    data: &str,
    setting: &Setting<'_>,
) -> Result<(String, Vec<Need>), (FailureReason, String)> {
    let programs = compiled(template, setting);
    let data = data.trim().trim_start_matches('{');
    let comma = if data.trim_start().starts_with('}') {
        ""
    } else {
        ","
    };
    let json = format!(
        r#"{{"event_type":"Test","event_id":"e1","event_data":{{"mdn":"+13125550100"{comma}{data}}}"#
    );
    let limits = Limits::default();
    let event = Event::from_json(json.as_bytes(), &limits, &mut SeededIds::new(1)).unwrap();
    let person = match setting.person {
        Lookup::Value(Some(text)) => Some(parse::read(text, 128).unwrap()),
        _ => None,
    };
    let scope = Scope {
        event: &event,
        data: event.data(),
        now: Timestamp::parse("2026-11-20T10:00:00Z").unwrap(),
        person: match setting.person {
            Lookup::Pending => Lookup::Pending,
            Lookup::Unavailable => Lookup::Unavailable,
            Lookup::Value(_) => Lookup::Value(person.as_ref().map(|person| person.root())),
        },
        carrier: Lookup::Value(Some((true, false))),
    };
    let mut out = String::from(">");
    let mut needs = Vec::new();
    let codes = |_: &str| setting.code.clone();
    let result = render(
        &programs,
        TemplateId(0),
        &scope,
        &codes,
        &setting.limits,
        &mut out,
        &mut needs,
    );
    match result {
        Ok(()) => Ok((out.split_off(1), needs)),
        Err(failure) => Err((failure.reason, failure.message)),
    }
}

/// Returns the text, or the message of the failure after a `!`.
fn shown(template: &str, data: &str, setting: &Setting<'_>) -> String {
    match run(template, data, setting) {
        Ok((text, needs)) if needs.is_empty() => text,
        Ok((_, needs)) => format!("?{needs:?}"),
        Err((_, message)) => format!("!{message}"),
    }
}

pub(super) fn check(cases: &[(&str, &str, &str)], setting: &Setting<'_>) {
    for (template, data, expected) in cases {
        assert_eq!(
            shown(template, data, setting),
            *expected,
            "{template} of {data}"
        );
    }
}

#[test]
fn tokens_read_fields_elements_and_roots() {
    let data = r#"{
        "name": "Bob", "n": 1.50, "big": 12345678901234567890123, "exp": 1e400, "yes": true,
        "order": { "total": 20, "items": [ {"name": "a", "tags": ["x"]}, {"name": "b", "tags": []} ], "a b": 7, "0": "zero" },
        "event": "field", "title": "Sir", "person": "p", "else1": 1, "-x": "dash", "нема": "є", "3d": "3"
    }"#;
    check(
        &[
            ("Hi {{name}}!", data, "Hi Bob!"),
            (
                "{{n}} {{big}} {{exp}} {{yes}}",
                data,
                "1.50 12345678901234567890123 1e400 true",
            ),
            (
                "{{order.total}} {{order/total}} {{this.order.total}} {{./order.total}}",
                data,
                "20 20 20 20",
            ),
            (
                "{{order.items.[1].name}} {{order.items.0.name}}",
                data,
                "b a",
            ),
            (
                "{{order.[a b]}} {{order.[0]}} {{order.0}}",
                data,
                "7 zero zero",
            ),
            (
                "{{@root.name}} {{event_data.name}} {{[name]}}",
                data,
                "Bob Bob Bob",
            ),
            (
                "{{event.id}} {{event.type}} {{event.recipient.mdn}}",
                data,
                "e1 test +13125550100",
            ),
            (
                "{{event_data.event}} {{this.event}} {{[event]}}",
                data,
                "field field field",
            ),
            (
                "{{title}} {{this.else1}} {{-x}} {{нема}} {{3d}}",
                data,
                "Sir 1 dash є 3",
            ),
            (
                "{{now}} {{carrier.sms}} {{carrier.mms}}",
                data,
                "2026-11-20T10:00:00Z true false",
            ),
            (
                "{{name}} {{{name}}} {{&name}} {{ name }} {{~name~}} .",
                data,
                "Bob Bob Bob BobBob.",
            ),
            (
                "{{#each order.items}}{{name}}{{event.id}}{{this.name}}{{/each}}",
                data,
                "ae1abe1b",
            ),
            (
                r"\{{name}} \\{{name}} \\\{{name}} \a {{name}}\",
                data,
                r"{{name}} \Bob \\Bob \a Bob\",
            ),
            (
                r"\{{{{name}}}} { {{name}} } }}",
                data,
                "{{{{name}}}} { Bob } }}",
            ),
            ("a{{! note }}b{{!-- }} --}}c", data, "abc"),
            ("", data, ""),
        ],
        &Setting::default(),
    );
}

#[test]
fn missing_tokens_fail_or_are_blank() {
    let data = r#"{"nil": null, "o": {"a": 1}, "l": [1, [2]], "s": "text", "blank": " "}"#;
    let cases: &[(&str, &str, &str)] = &[
        ("{{x}}", "!Token x is missing", ""),
        ("{{nil}}", "!Token nil is missing", ""),
        ("{{o.b.c}}", "!Token o.b.c is missing", ""),
        ("{{s.length}}", "!Token s.length is missing", ""),
        ("{{l.[2]}}", "!Token l.[2] is missing", ""),
        ("{{./l/9}}", "!Token ./l/9 is missing", ""),
        ("{{upper (lower x)}}", "!Token x is missing", ""),
        ("{{truncate s x}}", "!Token x is missing", ""),
        ("{{(eq x 1)}}", "!Token x is missing", ""),
        (
            "{{event.recipient.email}}",
            "!Token event.recipient.email is missing",
            "",
        ),
        ("{{o}}", "!Token o is an object", "!Token o is an object"),
        ("{{l}}", "!Token l is a list", "!Token l is a list"),
        (
            "{{upper l}}",
            "!Token l is not a text",
            "!Token l is not a text",
        ),
        (
            "{{#each l}}{{this}}{{/each}}",
            "!Token this is a list",
            "!Token this is a list",
        ),
        (
            "{{default x 'there'}} {{default nil 'b'}} {{default blank 'c'}} {{default s 'd'}}",
            "there b c text",
            "there b c text",
        ),
        (
            "{{default (upper x) 'there'}} {{default x s}}",
            "there text",
            "there text",
        ),
        ("{{default x y}}", "!Token y is missing", ""),
        ("{{default false 'x'}}{{default 0 'x'}}", "false0", "false0"),
    ];
    for (template, fail, blank) in cases {
        let mut setting = Setting::default();
        assert_eq!(shown(template, data, &setting), *fail, "{template}");
        setting.blank = true;
        assert_eq!(shown(template, data, &setting), *blank, "{template}");
        setting.blank = false;
        for part in [
            TemplatePart::To(Channel::Sms),
            TemplatePart::Part(Channel::Mms, PartName::Media),
        ] {
            setting.part = part;
            assert_eq!(shown(template, data, &setting), *blank, "{template}");
        }
    }
}

#[test]
fn blocks() {
    let data = r#"{
        "yes": true, "no": false, "zero": 0.0, "minus": -0e5, "one": 1, "empty": "", "blank": " ", "none": [], "null": null,
        "nothing": {}, "list": ["a", "b", "c"], "object": {"z": 1, "a": 2}, "who": {"name": "Bob", "in": {"city": "X"}},
        "rows": [{"cells": [1, 2], "name": "r"}, {"cells": [], "name": "s"}]
    }"#;
    check(
        &[
            (
                "{{#if yes}}a{{/if}}{{#if no}}b{{/if}}{{#if one}}c{{/if}}{{#if blank}}d{{/if}}",
                data,
                "acd",
            ),
            (
                "{{#if zero}}a{{/if}}{{#if minus}}b{{/if}}{{#if empty}}c{{/if}}{{#if none}}d{{/if}}{{#if nothing}}e{{/if}}{{#if x}}f{{/if}}{{#if null}}g{{/if}}.",
                data,
                ".",
            ),
            (
                "{{#if list}}a{{/if}}{{#if object}}b{{/if}}{{#if now}}c{{/if}}",
                data,
                "abc",
            ),
            (
                "{{#if no}}a{{else}}b{{/if}}{{#if no}}a{{~else~}} c{{/if}}",
                data,
                "bc",
            ),
            (
                "{{#if no}}a{{else if x}}b{{else if yes}}c{{else}}d{{/if}}",
                data,
                "c",
            ),
            (
                "{{#if no}}a{{else if x}}b{{else unless yes}}c{{else}}d{{/if}}",
                data,
                "d",
            ),
            (
                "{{#if no}}a{{else each list}}{{this}}{{@index}}{{else}}d{{/if}}",
                data,
                "a0b1c2",
            ),
            (
                "{{#if no}}a{{else with who}}{{name}}{{else}}d{{/if}}{{one}}",
                data,
                "Bob1",
            ),
            (
                "{{#unless no}}a{{/unless}}{{#unless yes}}b{{else}}c{{/unless}}{{#unless (gt x 1)}}d{{/unless}}",
                data,
                "acd",
            ),
            (
                "{{#each list}}{{this}}{{@index}}{{@first}}{{@last}} {{/each}}",
                data,
                "a0truefalse b1falsefalse c2falsetrue ",
            ),
            (
                "{{#each object}}{{@key}}{{this}}{{@index}}{{/each}}",
                data,
                "z10a21",
            ),
            (
                "{{#each none}}a{{else}}b{{/each}}{{#each x}}a{{else}}c{{/each}}{{#each nothing}}a{{/each}}{{#each blank}}a{{else}}d{{/each}}",
                data,
                "bcd",
            ),
            (
                "{{#each rows}}{{#each cells}}{{../name}}{{this}}{{@../index}}{{@index}} {{else}}{{name}}{{@index}}{{/each}}{{/each}}",
                data,
                "r100 r201 s1",
            ),
            (
                "{{#each rows}}{{#if cells}}{{name}}{{../one}}{{/if}}{{/each}}",
                data,
                "r1",
            ),
            (
                "{{#each rows as |row i|}}{{#each row.cells as |cell j|}}{{i}}{{j}}{{cell}}{{row.name}} {{/each}}{{/each}}",
                data,
                "001r 012r ",
            ),
            (
                "{{#each object as |v k|}}{{k}}={{v}};{{/each}}",
                data,
                "z=1;a=2;",
            ),
            ("{{#each list as |event|}}{{event}}{{/each}}", data, "abc"),
            (
                "{{#with who}}{{name}} {{#with in}}{{city}} {{../name}} {{../../one}}{{/with}}{{/with}}",
                data,
                "Bob X Bob 1",
            ),
            (
                "{{#with who as |w|}}{{w.name}}{{/with}}{{#with x}}a{{else}}b{{/with}}{{#with one}}{{this}}{{/with}}",
                data,
                "Bobb1",
            ),
            (
                "{{#each rows}}{{#with cells}}{{@index}}{{@../index}}{{/with}}{{/each}}",
                data,
                "00",
            ),
            (
                "{{#with (length list)}}{{this}}{{#if (eq this 3)}}!{{/if}}{{/with}}",
                data,
                "3!",
            ),
            (
                "{{#each list}}{{#if (eq @index 1)}}{{this}}{{/if}}{{#if @first}}-{{/if}}{{#if @last}}+{{/if}}{{/each}}",
                data,
                "-b+",
            ),
            (
                "{{#each @root.list}}{{this}}{{/each}}{{#with @root}}{{one}}{{/with}}{{#each this.list}}{{../one}}{{/each}}",
                data,
                "abc1111",
            ),
        ],
        &Setting::default(),
    );
}

#[test]
fn whitespace() {
    let data = r#"{"a": "A", "l": [1, 2], "yes": true}"#;
    check(
        &[
            ("x {{~a~}} y", data, "xAy"),
            ("x \n\n{{~#if yes~}} \n y \n{{~/if~}}\n z", data, "xyz"),
            ("a\n{{#if yes}}\nb\n{{/if}}\nc", data, "a\nb\nc"),
            (
                "a\n  {{#if yes}}  \n  b\n  {{else}}\n c\n  {{/if}}",
                data,
                "a\n  b\n",
            ),
            ("{{#each l}}\n{{this}}\n{{/each}}\nend", data, "1\n2\nend"),
            ("{{! note }}\nx\n{{!-- note --}}\ny", data, "x\ny"),
            ("x {{#if yes}}\ny{{/if}}\nz", data, "x \ny\nz"),
            ("{{a}}\nx", data, "A\nx"),
            ("  {{{~a~}}}  .", data, "A."),
            ("  {{~{a}~}}  .", data, "A."),
            ("{{#if yes}}  {{/if}}.", data, "  ."),
            ("a\r\n{{#if yes}}\r\nb\r\n{{/if}}\r\nc", data, "a\nb\nc"),
        ],
        &Setting::default(),
    );
}

#[test]
fn partials_are_not_indented() {
    let data = r#"{"name": "Bob", "l": [{"name": "x"}, {"name": "y"}]}"#;
    let setting = Setting {
        partials: &[
            ("greeting", "Hi {{name}}"),
            ("lines", "a\nb\n"),
            ("twice", "{{> greeting}}{{> greeting}}"),
            ("index", "{{@index}}{{../name}}"),
            ("block", "{{#if name}}\nyes\n{{/if}}"),
        ],
        ..Setting::default()
    };
    check(
        &[
            ("{{> greeting}}!", data, "Hi Bob!"),
            ("{{>twice}}", data, "Hi BobHi Bob"),
            ("{{#each l}}{{> greeting}};{{/each}}", data, "Hi x;Hi y;"),
            ("{{#each l}}{{> index}};{{/each}}", data, "0Bob;1Bob;"),
            ("x\n  {{> lines}}\ny", data, "x\n  a\nb\ny"),
            ("x\n{{~> greeting ~}}\ny", data, "xHi Boby"),
            ("{{> block}}.", data, "yes\n."),
        ],
        &setting,
    );
}

#[test]
fn conditions() {
    let data = r#"{
        "a": 1, "b": 1.0, "c": "1", "big": 9007199254740993, "l": [1, {"x": 1, "y": 2}], "m": [1.0, {"y": 2, "x": 1e0}],
        "null": null, "yes": true, "s": "abc", "z": "abd"
    }"#;
    let conditions = [
        ("eq a b", "true"),
        ("eq a c", "false"),
        ("ne a c", "true"),
        ("eq big 900719925474099", "false"),
        ("eq l m", "true"),
        ("eq null null", "true"),
        ("eq null @root.null", "true"),
        ("lt s z", "true"),
        ("lte a b", "true"),
        ("gt a 0.5", "true"),
        ("gte a 2", "false"),
        ("lt a s", "unknown"),
        ("eq x 1", "unknown"),
        ("ne x 1", "unknown"),
        ("not (eq x 1)", "unknown"),
        ("not x", "true"),
        ("not a", "false"),
        ("and a yes", "true"),
        ("and a (eq x 1)", "unknown"),
        ("and x (eq x 1)", "false"),
        ("or x (eq x 1)", "unknown"),
        ("or x a (eq x 1)", "true"),
        ("and a s yes 0", "false"),
        ("eq (lt a s) true", "unknown"),
        ("eq (lt a 5) true", "true"),
    ];
    for (condition, expected) in conditions {
        let truth = |template: String| shown(&template, data, &Setting::default()) == "y";
        let on = truth(format!("{{{{#if ({condition})}}}}y{{{{/if}}}}"));
        let off = truth(format!("{{{{#if (not ({condition}))}}}}y{{{{/if}}}}"));
        let found = match (on, off) {
            (true, _) => "true",
            (_, true) => "false",
            _ => "unknown",
        };
        assert_eq!(found, expected, "{condition}");
        let unless = truth(format!("{{{{#unless ({condition})}}}}y{{{{/unless}}}}"));
        assert_eq!(unless, !on, "{condition}");
    }
}

#[test]
fn html_is_escaped_and_control_characters_are_removed() {
    let data = r#"{"x": "<a>\r\n&\u0007", "amp": "R&D"}"#;
    let template = "<b>{{x}}{{{amp}}}{{upper x}}\n</b>";
    let cases = [
        (
            TemplatePart::Part(Channel::Email, PartName::Html),
            "<b>&lt;a&gt;\n&amp;R&D&lt;A&gt;\n&amp;\n</b>",
        ),
        (
            TemplatePart::Part(Channel::Email, PartName::Text),
            "<b><a>\n&R&D<A>\n&\n</b>",
        ),
        (
            TemplatePart::Part(Channel::Email, PartName::Subject),
            "<b><a>&R&D<A>&</b>",
        ),
        (
            TemplatePart::Part(Channel::Push, PartName::Title),
            "<b><a>&R&D<A>&</b>",
        ),
        (
            TemplatePart::Part(Channel::Push, PartName::Url),
            "<b><a>&R&D<A>&</b>",
        ),
        (
            TemplatePart::Part(Channel::Mms, PartName::Media),
            "<b><a>&R&D<A>&</b>",
        ),
        (TemplatePart::To(Channel::Sms), "<b><a>&R&D<A>&</b>"),
        (TemplatePart::Value, "<b><a>\n&R&D<A>\n&\n</b>"),
        (BODY, "<b><a>\n&R&D<A>\n&\n</b>"),
    ];
    for (part, expected) in cases {
        let mut setting = Setting {
            part,
            ..Setting::default()
        };
        assert_eq!(shown(template, data, &setting), expected, "{part:?}");
        setting.partials = &[("p", "<b>{{x}}{{{amp}}}{{upper x}}\n</b>")];
        assert_eq!(shown("{{> p}}", data, &setting), expected, "{part:?}");
    }
}

#[test]
fn texts_of_the_event_are_not_templates() {
    let data = r#"{"x": "{{y}} {{#if y}}", "y": "no"}"#;
    assert_eq!(shown("{{x}}", data, &Setting::default()), "{{y}} {{#if y}}");
}

#[test]
fn the_host_is_asked_only_for_needed_answers() {
    let person = |person| Setting {
        person,
        ..Setting::default()
    };
    let data = r#"{"name": "Bob", "no": false}"#;
    let open = person(Lookup::Pending);
    let known = person(Lookup::Value(Some(r#"{"name": "Ann", "tier": "gold"}"#)));
    let nobody = person(Lookup::Value(None));
    assert_eq!(shown("{{person.name}}", data, &open), "?[Person]");
    assert_eq!(shown("{{#if no}}{{person.name}}{{/if}}.", data, &open), ".");
    assert_eq!(shown("{{default name person.name}}", data, &open), "Bob");
    assert_eq!(
        shown("{{#if (and no person.name)}}x{{/if}}.", data, &open),
        "."
    );
    assert_eq!(
        shown("{{#if (and name person.name)}}x{{/if}}.", data, &open),
        "?[Person]"
    );
    assert_eq!(
        shown("{{#with person}}{{name}}{{/with}}", data, &open),
        "?[Person]"
    );
    assert_eq!(
        shown(
            "{{person.name}} {{#with person}}{{tier}}{{/with}}",
            data,
            &known
        ),
        "Ann gold"
    );
    assert_eq!(
        shown("{{person.name}}", data, &nobody),
        "!Token person.name is missing"
    );
    assert_eq!(
        shown("{{#each person}}{{@key}}{{/each}}", data, &known),
        "nametier"
    );
    let failure = run("{{upper person.name}}", data, &person(Lookup::Unavailable));
    assert_eq!(
        failure,
        Err((FailureReason::UnexpectedError, String::new()))
    );
}

#[test]
fn codes_are_asked_for_last() {
    let code = |code| Setting {
        code,
        ..Setting::default()
    };
    let data = r#"{"name": "Bob"}"#;
    let template = "{{name}}: {{incentive \"TEN\"}}{{upper (incentive 'TEN')}}";
    let open = code(Lookup::Pending);
    let there = code(Lookup::Value(Some("c-1".to_owned())));
    let empty = code(Lookup::Value(None));
    assert_eq!(shown(template, data, &open), r#"?[Code("TEN")]"#);
    assert_eq!(shown(template, data, &there), "Bob: c-1C-1");
    let out = "The referenced incentive pool is out of codes.".to_owned();
    assert_eq!(
        run(template, data, &empty),
        Err((FailureReason::NoAvailableCodes, out))
    );
    let failure = run(template, data, &code(Lookup::Unavailable));
    assert_eq!(
        failure,
        Err((FailureReason::UnexpectedError, String::new()))
    );
    // Something after the code fails, so no code is asked for.
    for setting in [&open, &there, &empty] {
        let template = "{{incentive 'TEN'}}{{x}}";
        assert_eq!(shown(template, data, setting), "!Token x is missing");
    }
    assert_eq!(
        shown("{{incentive 'TEN'}}{{person.x}}", data, &open),
        "?[Person]"
    );
    assert_eq!(
        shown("{{incentive 'TEN'}}{{person.x}}", data, &empty),
        "?[Person]"
    );
}

#[test]
fn work_and_length_are_limited() {
    let list = |count: usize| format!(r#"{{"l": [{}]}}"#, vec!["1"; count].join(","));
    let setting = Setting::default();
    // Loops that write nothing are still limited.
    let nested = "{{#each l}}{{#each ../l}}{{#each ../../l}}{{/each}}{{/each}}{{/each}}";
    let steps = "!Rendering takes more than 10000 steps";
    assert_eq!(shown(nested, &list(1_000), &setting), steps);
    assert_eq!(shown("{{#each l}}{{/each}}", &list(9_000), &setting), "");
    assert_eq!(
        shown("{{#each l}}{{/each}}", &list(10_000), &setting),
        steps
    );
    let long = format!(
        r#"{{"s": "{}", "l": [1, 2, 3, 4, 5, 6, 7, 8, 9]}}"#,
        "x".repeat(20_000)
    );
    let bytes = "!Rendered text is longer than 131072 bytes";
    assert_eq!(
        shown("{{#each l}}{{../s}}{{/each}}", &long, &setting),
        bytes
    );
    let replace =
        "{{replace (replace (replace s 'x' 'xxxxxxxxxx') 'x' 'xxxxxxxxxx') 'x' 'xxxxxxxxxx'}}";
    assert_eq!(shown(replace, &long, &setting), bytes);
    // A loop over long texts that writes nothing is charged by the bytes it reads.
    let upper = "{{#each l}}{{#if (eq (upper ../s) (lower ../s))}}{{/if}}{{/each}}";
    let many = list(200).replace("[", &format!("[\"{}\",", "y".repeat(100_000)));
    let upper_many = "{{#each l}}{{#if (eq (upper ../l.[0]) 'x')}}{{/if}}{{/each}}";
    assert_eq!(shown(upper, &long, &setting), "");
    assert_eq!(shown(upper_many, &many, &setting), steps);
    // Partials that double each other.
    let setting = Setting {
        partials: &[
            ("p1", "{{> p2}}{{> p2}}{{> p2}}{{> p2}}{{> p2}}{{> p2}}"),
            ("p2", "{{> p3}}{{> p3}}{{> p3}}{{> p3}}{{> p3}}{{> p3}}"),
            ("p3", "{{> p4}}{{> p4}}{{> p4}}{{> p4}}{{> p4}}{{> p4}}"),
            ("p4", "{{#each l}}{{this}}{{/each}}"),
        ],
        ..Setting::default()
    };
    assert_eq!(shown("{{> p1}}", &list(100), &setting), steps);
}

#[test]
fn declared_timestamps_compare_as_times() {
    let rules = r#"
company "c"
event order { due: timestamp? said: string? }
template late "{{#if (lt due '2026-11-20')}}late{{/if}}"
rule r { on order send email { subject "s" text """
{{#if (eq due "2026-11-20T00:00:00Z")}}same {{/if}}{{#if (eq said "2026-11-20T00:00:00Z")}}said {{/if}}{{> late}}.
""" } }"#;
    let engine = crate::engine::Engine::compile(rules).unwrap();
    let render = |data: &str| {
        let json =
            format!(r#"{{"event_type":"order","event_data":{{"mdn":"+13125550100",{data}}}}}"#);
        let event = engine
            .read(json.as_bytes(), &mut SeededIds::new(1))
            .unwrap();
        let now = Timestamp::parse("2026-11-20T10:00:00Z").unwrap();
        let outcome = match engine.route(&event, &crate::lookup::answer::Answers::new(now)) {
            crate::route::Step::Done(outcome) => outcome,
            crate::route::Step::Ask(_) => panic!("nothing is to be asked"),
        };
        let texts = outcome
            .results()
            .iter()
            .filter_map(|result| result.message()?.text());
        texts.map(str::to_owned).collect::<String>()
    };
    assert_eq!(render(r#""due": "2026-11-20T01:00:00+01:00""#), "same .");
    assert_eq!(render(r#""said": "2026-11-20T01:00:00+01:00""#), ".");
    assert_eq!(render(r#""due": "2026-11-20T00:30:00+01:00""#), "late.");
    assert_eq!(render(r#""due": 1763596799"#), "late.");
    assert_eq!(render(r#""due": "soon""#), ".");
}
