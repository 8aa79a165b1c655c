//! Tests the diagnostics of templates and their places in the rules.

use super::{Programs, compile};
use crate::diagnostic::{Code, Fault};
use crate::limits::Limits;
use crate::lower::lower;
use crate::syntax;
use crate::text::span::SourceId;

/// The declarations that the templates are checked against.
const DECLARED: &str = r#"
event order {
    name: string
    nick: string?
    total: number
    paid: bool
    due: timestamp?
    items: [{ name: string, price: number?, tags: [string] }]
    address: { city: string, zip: string? }?
    note: any
}
event other { name: string, extra: string }
event free
template hello "Hi {{name}}"
template city "{{address.city}}"
template up "{{../name}}"
template cyrillic "Привіт"
"#;

fn faults(rules: &str) -> Vec<Fault> {
    with_limits(rules, &Limits::default()).1
}

fn with_limits(rules: &str, limits: &Limits) -> (Programs, Vec<Fault>) {
    let mut faults = Vec::new();
    let outline = syntax::outline(SourceId(0), rules, limits, &mut faults);
    let lowered = lower(&[outline], limits, &mut faults);
    assert!(faults.is_empty(), "{rules}: {faults:?}");
    let programs = compile(&lowered.templates, &lowered.rules, limits, &mut faults);
    (programs, faults)
}

/// Compiles a body in a rule and returns its diagnostics as `CODE text`, with the text at the place.
fn found(types: &str, part: &str, template: &str) -> Vec<String> {
    let literal = format!("\"\"\"{template}\"\"\"");
    let rules = format!(
        "{DECLARED}rule r {{ on {types} {} }}",
        part.replace("BODY", &literal)
    );
    faults(&rules)
        .iter()
        .map(|fault| {
            let text = rules.get(fault.place.span.range()).unwrap();
            format!("{} {text}", fault.code)
        })
        .collect()
}

const SMS: &str = "send sms { body BODY }";

#[test]
fn errors_are_reported_at_their_place() {
    let cases: &[(&str, &str)] = &[
        // Syntax.
        ("a {{name", "E0401 "),
        ("{{}}", "E0401 }"),
        ("{{name}", "E0401 }"),
        ("{{{name}}", "E0401 }"),
        ("{{na me)}}", "E0401 )"),
        ("{{'x'}}", "E0401 '"),
        ("{{#if name}}x", "E0401 {{#if name}}"),
        ("x{{/if}}", "E0401 {{/if}}"),
        ("{{#if name}}x{{/each}}", "E0401 {{/each}}"),
        ("{{else}}", "E0401 {{else}}"),
        ("{{#if name}}a{{else}}b{{else}}c{{/if}}", "E0401 {{else}}"),
        ("{{! never", "E0401 {{!"),
        ("{{ ! x}}", "E0401 {{ !"),
        ("{{items[0]}}", "E0401 ["),
        ("{{items..name}}", "E0401 ."),
        ("{{.}}", "E0401 ."),
        ("{{#each items}}{{..}}{{/each}}", "E0401 ."),
        ("{{upper 'a}}", "E0401 '"),
        ("{{upper 'a\\x'}}", "E0401 'a\\x'"),
        ("{{#if (eq name 01)}}{{/if}}", "E0401 01"),
        ("{{default name as}}", "E0401 as"),
        // Unsupported syntax.
        ("{{{{raw}}}}x{{{{/raw}}}}", "E0402 {{{{"),
        ("{{#*inline 'x'}}{{/inline}}", "E0402 {{#*"),
        ("{{#> hello}}{{/hello}}", "E0402 {{#>"),
        ("{{* x}}", "E0402 {{* "),
        ("{{^name}}{{/name}}", "E0402 {{^"),
        ("{{#if name}}{{^paid}}{{/if}}", "E0402 {{^"),
        ("{{#name}}x{{/name}}", "E0402 name"),
        ("{{lookup items 0}}", "E0402 lookup"),
        ("{{> hello name}}", "E0402 n"),
        ("{{> (lookup . 'x')}}", "E0402 ("),
        ("{{> @partial-block}}", "E0402 @partial-block"),
        ("{{#if (gt total 1e3)}}{{/if}}", "E0402 1e3"),
        (
            "{{#if (gt total 1234567890123456)}}{{/if}}",
            "E0402 1234567890123456",
        ),
        ("{{#if (eq items [1])}}{{/if}}", "E0402 ["),
        ("{{elsewhere}}", "E0402 elsewhere"),
        ("{{@index}}", "E0402 @index"),
        ("{{#each items}}{{@../index}}{{/each}}", "E0402 @../index"),
        // Helpers.
        ("{{shout name}}", "E0403 shout"),
        ("{{#loop items}}{{/loop}}", "E0403 loop"),
        ("{{#if (uper name)}}{{/if}}", "E0403 uper"),
        ("{{upper name name}}", "E0404 upper name name"),
        ("{{truncate name}}", "E0404 truncate name"),
        ("{{#if}}x{{/if}}", "E0404 if"),
        ("{{#if name paid}}x{{/if}}", "E0404 if name paid"),
        ("{{upper name loud=1}}", "E0404 loud"),
        ("{{#if paid includeZero=true}}x{{/if}}", "E0404 includeZero"),
        ("{{number total decimals=1 decimals=2}}", "E0404 decimals"),
        ("{{number total decimals=1.5}}", "E0404 1.5"),
        ("{{truncate name 'x'}}", "E0404 'x'"),
        ("{{currency total 'usd'}}", "E0404 'usd'"),
        ("{{date due '%'}}", "E0404 '%'"),
        ("{{date due '%d' tz='Mars'}}", "E0309 'Mars'"),
        ("{{incentive name}}", "E0404 name"),
        ("{{incentive ''}}", "E0404 ''"),
        ("{{name.first 1}}", "E0404 name.first"),
        ("{{#if paid as |x|}}{{/if}}", "E0404 x"),
        ("{{#with address as |x y|}}{{/with}}", "E0404 y"),
        ("{{upper items}}", "E0404 items"),
        ("{{join name ','}}", "E0404 name"),
        ("{{number paid}}", "E0404 paid"),
        ("{{date paid '%d'}}", "E0404 paid"),
        // Names and types.
        ("{{> helo}}", "E0203 helo"),
        ("{{debug_data.x}}", "E0206 debug_data.x"),
        ("{{event.name}}", "E0207 name"),
        ("{{carrier}}", "E0207 carrier"),
        ("{{now.year}}", "E0207 year"),
        ("{{event.recipient.fax}}", "E0208 fax"),
        ("{{frist_name}}", "E0407 frist_name"),
        ("{{default address.town 'x'}}", "E0407 town"),
        ("{{#each items}}{{price.x}}{{/each}}", "E0302 x"),
        ("{{#each items}}{{nam}}{{/each}}", "E0407 nam"),
        (
            "{{#each items as |item|}}{{item.nam}}{{../names}}{{/each}}",
            "E0407 nam; E0407 names",
        ),
        ("{{#with address}}{{town}}{{/with}}", "E0407 town"),
        (
            "{{#each items}}{{@root.nam}}{{this.tag}}{{/each}}",
            "E0407 nam; E0407 tag",
        ),
        ("{{items.[0].nam}}", "E0407 nam"),
        ("{{items}}", "E0408 items"),
        ("{{#if address}}{{address}}{{/if}}", "E0408 address"),
        ("{{#each name}}{{/each}}", "E0302 name"),
        ("{{../name}}", "E0409 ../name"),
        ("{{#if paid}}{{../name}}{{/if}}", "E0409 ../name"),
        ("{{> up}}", "E0409 ../name"),
        ("{{#each items}}{{> up}}{{/each}}", ""),
        ("{{#if (eq name 1)}}{{/if}}", "E0301 eq name 1"),
        ("{{#if (gt total '5')}}{{/if}}", "E0301 gt total '5'"),
        ("{{#if (lt paid true)}}{{/if}}", "E0301 lt paid true"),
        (
            "{{#if (lt due now)}}{{/if}}{{#if (eq name nick)}}{{/if}}{{#if (ne name 1)}}{{/if}}",
            "",
        ),
        // All errors are reported.
        (
            "{{shout name}}{{frist_name}}{{uper name}}",
            "E0403 shout; E0403 uper",
        ),
        ("{{name}{{'x'}}{{#if name}}", "E0401 }"),
        ("{{'x'}} {{\"y\"}}", "E0401 '; E0401 \""),
    ];
    for (template, expected) in cases {
        let found = found("order", SMS, template);
        let errors: Vec<_> = found
            .iter()
            .filter(|one| one.starts_with('E'))
            .cloned()
            .collect();
        assert_eq!(errors.join("; "), *expected, "{template}");
    }
}

#[test]
fn warnings_are_reported_at_their_place() {
    let html = "send email { subject \"s\" html BODY }";
    let cases: &[(&str, &str, &str)] = &[
        (SMS, "{{name}} {{total}} {{event.id}} {{note.x}}", ""),
        (SMS, "{{nick}} {{mdn}}", "W0201 nick; W0201 mdn"),
        (
            SMS,
            "{{upper nick}} {{default nick 'x'}} {{default (upper nick) 'x'}} {{default nick mdn}}",
            "W0201 nick; W0201 mdn",
        ),
        (
            SMS,
            "{{#if nick}}{{nick}}{{else}}{{nick}}{{/if}}{{nick}}",
            "W0201 nick; W0201 nick",
        ),
        (
            SMS,
            "{{#unless nick}}{{nick}}{{else}}{{nick}}{{/unless}}",
            "W0201 nick",
        ),
        (
            SMS,
            "{{#if (and nick paid)}}{{nick}}{{/if}}{{#if (or nick paid)}}{{nick}}{{/if}}",
            "W0201 nick",
        ),
        (
            SMS,
            "{{#if (eq nick 'x')}}{{nick}}{{/if}}{{#unless (eq nick 'x')}}{{nick}}{{/unless}}",
            "W0201 nick",
        ),
        (
            SMS,
            "{{#if (not nick)}}{{nick}}{{else}}{{nick}}{{/if}}",
            "W0201 nick",
        ),
        (
            SMS,
            "{{#if paid}}x{{else if nick}}{{nick}}{{else}}{{nick}}{{/if}}{{nick}}",
            "W0201 nick; W0201 nick",
        ),
        (
            SMS,
            "{{#unless nick}}x{{else if paid}}{{nick}}{{else}}{{nick}}{{/unless}}{{nick}}",
            "W0201 nick",
        ),
        (
            SMS,
            "{{address.city}} {{#if address}}{{address.city}}{{address.zip}}{{/if}}",
            "W0201 address.city; W0201 address.zip",
        ),
        (
            SMS,
            "{{#if address.zip}}{{address.city}}{{/if}}{{#with address}}{{city}}{{zip}}{{../address.city}}{{/with}}",
            "W0201 zip",
        ),
        (
            SMS,
            "{{#each items}}{{name}}{{price}}{{#if price}}{{this.price}}{{/if}}{{/each}}{{items.[0].name}}",
            "W0201 price; W0201 items.[0].name",
        ),
        (
            SMS,
            "{{#each items as |i|}}{{#if i.price}}{{price}}{{#each ../items}}{{price}}{{/each}}{{/if}}{{/each}}",
            "W0201 price",
        ),
        (
            SMS,
            "{{> city}}{{#if address}}{{> city}}{{/if}}",
            "W0201 address.city",
        ),
        (
            html,
            "{{{name}}} {{&name}} {{name}}",
            "W0204 {{{name}}}; W0204 {{&name}}",
        ),
        (SMS, "{{{name}}}", ""),
        (SMS, "Привіт, {{name}}", "W0202 П"),
        (SMS, "\\{{x}} {{name~}}  —", "W0202 —"),
        (SMS, "a {{> cyrillic}}", "W0202 {{> cyrillic}}"),
        (
            SMS,
            "{{#if paid}}Привіт{{/if}} {{default name 'Привіт'}}",
            "",
        ),
        (SMS, "x\n  {{> hello}}\nx", "W0205 {{> hello}}"),
        ("send push { body BODY }", "Привіт", ""),
        ("send mms { media BODY }", "{{nick}}", ""),
        ("missing blank send sms { body BODY }", "{{nick}}", ""),
    ];
    for (part, template, expected) in cases {
        assert_eq!(
            found("order", part, template).join("; "),
            *expected,
            "{template}"
        );
    }
    let long = "x".repeat(161);
    let rules = format!("rule r {{ on t send sms {{ body \"{long}\" }} }}");
    let codes: Vec<_> = faults(&rules).iter().map(|fault| fault.code).collect();
    assert_eq!(codes, [Code::SecondSegment]);
}

#[test]
fn a_rule_on_several_types_is_checked_against_each() {
    let cases = [
        (
            "order, other",
            "{{name}} {{total}} {{extra}} {{no}}",
            "W0001 total; W0001 extra; E0407 no",
        ),
        ("order, free", "{{name}} {{no}}", "W0001 no"),
        ("order, undeclared", "{{no}}", "E0407 no"),
        ("undeclared", "{{no}}", ""),
        ("*", "{{no}} {{address}}", ""),
    ];
    for (types, template, expected) in cases {
        assert_eq!(
            found(types, SMS, template).join("; "),
            expected,
            "{types}: {template}"
        );
    }
}

#[test]
fn places_account_for_escapes_and_indentation() {
    let places = |rules: &str| -> Vec<String> {
        let faults = faults(rules);
        let text = |fault: &Fault| rules.get(fault.place.span.range()).unwrap().to_owned();
        faults.iter().map(text).collect()
    };
    let escaped =
        r#"rule r { on t send sms { body "\u00e9\n\"x\" \\ {{shout \"a\\nb\" }} \t{{nope 1}}" } }"#;
    assert_eq!(places(escaped), ["shout", "nope"]);
    let escaped_name = r#"rule r { on t send sms { body "\u00e9{{sh\u006fut 1}}{{nope 1}}" } }"#;
    assert_eq!(places(escaped_name), [r"sh\u006fut", "nope"]);
    let dedented = "rule r { on t send sms { body \"\"\"\r\n      é {{name}}\r\n\r\n      {{shout 1}}\r\n        {{nope 1}}\r\n    \"\"\" } }";
    assert_eq!(places(dedented), ["shout", "nope"]);
    let declared =
        "template t \"{{a}} {{shout 1}}\"\nrule r { on t send sms { body \"{{> t}}\" } }";
    assert_eq!(places(declared), ["shout"]);
}

#[test]
fn errors_in_partials_are_reported_once_with_the_include() {
    let rules = "event a { x: string }\ntemplate t \"{{y}}\"\ntemplate u \"{{> t}}\"\n\
        rule r { on a send sms { body \"{{> u}}\" } }\nrule s { on a send sms { body \"{{> t}}\" } }";
    let faults = faults(rules);
    let [fault] = faults.as_slice() else {
        panic!("{faults:?}");
    };
    assert_eq!(fault.code, Code::TemplateField);
    assert_eq!(rules.get(fault.place.span.range()), Some("y"));
    let [(label, _)] = fault.labels.as_slice() else {
        panic!("{faults:?}");
    };
    assert_eq!(rules.get(label.span.range()), Some("{{> u}}"));
}

#[test]
fn include_cycles_are_reported() {
    let codes = |rules: &str| -> Vec<String> {
        let faults = faults(rules);
        let messages = faults
            .iter()
            .map(|fault| format!("{} {}", fault.code, fault.message));
        messages.collect()
    };
    assert_eq!(
        codes("template a \"{{> a}}\""),
        ["E0405 template `a` includes itself: a → a"]
    );
    assert_eq!(
        codes(
            "template a \"{{> b}}\" template b \"{{> c}}\" template c \"x{{#if y}}{{> a}}{{/if}}\"
             rule r { on t send sms { body \"{{> a}}\" } }"
        ),
        ["E0405 template `a` includes itself: a → b → c → a"]
    );
    // The maximum nesting of blocks, one level more, and a chain of thousands.
    let chain = |length: usize| {
        let mut rules = String::from("template t0 \"x\"\n");
        for at in 1..length {
            rules += &format!("template t{at} \"{{{{> t{}}}}}\"\n", at - 1);
        }
        rules
    };
    assert!(codes(&chain(9)).is_empty());
    let messages = codes(&chain(10));
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0].starts_with("E0406 including `t8` nests more than 8 blocks"),
        "{messages:?}"
    );
    assert_eq!(codes(&chain(3_000)).len(), 1);
    // Templates that double each other are limited by their expanded size.
    let mut rules = String::from("template t0 \"x{{a}}\"\n");
    for at in 1..8 {
        rules += &format!(
            "template t{at} \"{}\"\n",
            format!("{{{{> t{}}}}}", at - 1).repeat(9)
        );
    }
    let messages = codes(&rules);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0].starts_with("E0406 the template has too many tags once `t"),
        "{messages:?}"
    );
}

#[test]
fn templates_past_the_limits_are_rejected() {
    let deep = |open: &str, close: &str, count: usize| {
        format!("{}x{}", open.repeat(count), close.repeat(count))
    };
    let cases = [
        deep("{{#if a}}", "{{/if}}", 9),
        deep("{{#if a}}", "{{/if}}", 120),
        format!("{{{{#if a}}}}{}{{{{/if}}}}", "{{else if b}}".repeat(17)),
        format!("{{{{#if a}}}}{}{{{{/if}}}}", "{{else if b}}".repeat(200)),
        format!("{{{{#if {}}}}}{{{{/if}}}}", deep("(not ", ")", 40)),
        format!("{{{{#if {}}}}}{{{{/if}}}}", deep("(not ", ")", 2_000)),
        format!("{{{{{}x}}}}", "../".repeat(3_000)),
        format!("{{{{a{}}}}}", ".b".repeat(16)),
        "{{".repeat(8_000),
        "{{{".repeat(5_000),
        "{{x}}".repeat(257),
        "{{!".repeat(5_000),
        "x".repeat(16_385),
    ];
    for template in cases {
        let rules = format!("rule r {{ on t send sms {{ body \"{template}\" }} }}");
        let faults = faults(&rules);
        let errors = faults
            .iter()
            .any(|fault| fault.code.as_str().starts_with("E04"));
        assert!(errors, "{template:.60}");
    }
    let fine = [
        deep("{{#if a}}", "{{/if}}", 8),
        format!("{{{{#if a}}}}{}{{{{/if}}}}", "{{else if b}}".repeat(16)),
        format!("{{{{#if {}}}}}{{{{/if}}}}", deep("(not ", ")", 32)),
        format!("{{{{a{}}}}}", ".b".repeat(15)),
        "{{x}}".repeat(256),
        "{".to_owned(),
        "x".repeat(16_384),
    ];
    for template in fine {
        let rules = format!("rule r {{ on t send email {{ subject \"s\" text \"{template}\" }} }}");
        assert_eq!(faults(&rules), [], "{template:.60}");
    }
}

#[test]
fn programs_report_their_inputs() {
    use crate::hir::TemplateId;
    let rules = "template who \"{{person.name}}{{incentive 'A'}}\"\n\
        rule r { on t send sms { body \"{{#if a}}{{> who}}{{/if}}{{incentive 'B'}}{{incentive 'A'}}\" } \
        send sms { body \"{{carrier.sms}} {{date now '%d'}}\" } send sms { body \"{{name}}\" } }";
    let (programs, faults) = with_limits(rules, &Limits::default());
    assert_eq!(faults, []);
    let reads = |id| {
        let id = TemplateId(id);
        let flags = (
            programs.reads_person(id),
            programs.reads_carrier(id),
            programs.reads_now(id),
        );
        (flags, programs.pools(id).join(" "))
    };
    assert_eq!(reads(0), ((true, false, false), "A".to_owned()));
    assert_eq!(reads(1), ((true, false, false), "B A".to_owned()));
    assert_eq!(reads(2), ((false, true, true), String::new()));
    assert_eq!(reads(3), ((false, false, false), String::new()));
}

#[test]
fn errors_past_the_limit_have_no_suggestions() {
    let limits = Limits {
        diagnostics: 2,
        ..Limits::default()
    };
    let mut rules = DECLARED.to_owned();
    for number in 0..5 {
        let body = "{{nmae}} {{> helo}}";
        rules.push_str(&format!(
            "rule r{number} {{ on order send sms {{ body \"{body}\" }} }}\n"
        ));
        let body = "{{nmae}}";
        rules.push_str(&format!(
            "rule s{number} {{ on order send sms {{ body \"{body}\" }} }}\n"
        ));
    }
    let (_, faults) = with_limits(&rules, &limits);
    let helped = |code: Code| -> Vec<bool> {
        let of_code = faults.iter().filter(|fault| fault.code == code);
        of_code.map(|fault| fault.help.is_some()).collect()
    };
    let meant = |code: Code| -> usize {
        let of_code = faults.iter().filter(|fault| fault.code == code);
        of_code
            .filter(|fault| {
                let help = fault.help.as_deref().unwrap_or_default();
                help.starts_with("did you mean")
            })
            .count()
    };
    assert_eq!(helped(Code::UnknownTemplate).len(), 5);
    assert_eq!(meant(Code::UnknownTemplate), 1);
    assert_eq!(
        helped(Code::TemplateField),
        [true, false, false, false, false]
    );
}

#[test]
fn warnings_about_foreign_placeholders_are_limited() {
    let placeholders = |rules: &str| -> Vec<String> {
        let faults = faults(rules).into_iter();
        let found = faults.filter(|fault| fault.code == Code::ForeignToken);
        found.map(|fault| fault.help.unwrap()).collect()
    };
    // A warning in a template that several rules include is reported once.
    let mut rules = format!("{DECLARED}template odd \"{{nmae}} {{total}}\"\n");
    for number in 0..3 {
        rules.push_str(&format!(
            "rule r{number} {{ on order send push {{ title \"{{{{> odd}}}}\" body \"{{{{> odd}}}} {{nick}}\" }} }}\n"
        ));
    }
    let meant = |name: &str| format!("write `{{{{{name}}}}}`");
    let expected = ["name", "total", "nick", "nick", "nick"].map(meant);
    assert_eq!(placeholders(&rules), expected);
    // Both the number of warnings per text and the number of suggestions are limited.
    let mut rules = DECLARED.to_owned();
    for number in 0..12 {
        let body = "{nmae}".repeat(150);
        rules.push_str(&format!(
            "rule r{number} {{ on order send push {{ body \"{body}\" }} }}\n"
        ));
    }
    let messages = placeholders(&rules);
    assert_eq!(messages.len(), 1_200);
    let (first, last) = messages.split_at(1_000);
    assert!(first.iter().all(|help| *help == meant("name")));
    assert!(
        last.iter()
            .all(|help| help.ends_with("such as `{{first_name}}`"))
    );
}

#[test]
fn long_cycles_are_abbreviated() {
    let mut rules = String::new();
    for number in 0..100 {
        let next = (number + 1) % 100;
        rules.push_str(&format!("template t{number} \"{{{{> t{next}}}}}\"\n"));
    }
    let faults = faults(&rules);
    let [fault] = faults.as_slice() else {
        panic!("{faults:?}");
    };
    assert_eq!(fault.code, Code::TemplateCycle);
    assert_eq!(fault.message.matches(" → ").count(), 33);
    assert!(fault.message.ends_with("t31 → … → t0"), "{}", fault.message);
}
