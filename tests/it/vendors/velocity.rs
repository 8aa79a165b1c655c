//! The rows about Velocity, arrays and transactional mail: the texts of the page, rendered.

use pointsman::adapter::Adapter;
use pointsman::adapter::esputnik::velocity_to_template;

use pointsman::{Answers, Engine};
use proptest::prelude::*;

use super::{engine, now, parse, route, taken};

const CART: &str = include_str!("../../fixtures/esputnik/abandoned-cart.json");
const PASSWORD: &str = include_str!("../../fixtures/esputnik/password-recovery.json");

/// The loop exactly as on the page.
const LOOP: &str = "#foreach($!item in $!data.get('array'))
$!item.get('name')
$!item.get('price')
$!item.get('url')
$!item.get('imageurl')
$!item.get('brand')
$!item.get('tags_weight')
$!item.get('tags_oldprice')
#end
";

fn rules(mode: &str, template: &str) -> String {
    let body = serde_json::to_string(template).unwrap();
    format!(
        "rule r {{ on abandoned_cart missing {mode}\n send email {{ subject \"s\" text {body} }} }}"
    )
}

/// Renders a template for the cart of the page; the error is the first one of the send.
fn rendered(mode: &str, template: &str) -> Result<String, String> {
    let engine = engine(&rules(mode, template));
    let outcome = route(&engine, &taken(Adapter::Esputnik, CART));
    let result = &outcome["results"][1];
    match result["action"]["status"].as_str() {
        Some("processing") => Ok(result["message"]["text"]
            .as_str()
            .unwrap_or_default()
            .to_owned()),
        _ => Err(result["action"]["failure"]["errors"][0]["error"]
            .as_str()
            .unwrap()
            .to_owned()),
    }
}

/// Renders a Velocity text, which must give the same in both modes of missing values.
fn translated(text: &str) -> String {
    let template =
        velocity_to_template(text, "items").unwrap_or_else(|error| panic!("{text}: {error}"));
    let [fail, blank] = ["fail", "blank"].map(|mode| rendered(mode, &template));
    assert_eq!(fail, blank, "{template}");
    fail.unwrap_or_else(|error| panic!("{template}: {error}"))
}

#[test]
fn the_loop_of_the_page_shows_every_item() {
    let items = &parse(CART)["params"][1]["value"]["array"];
    let mut expected = String::new();
    for item in items.as_array().unwrap() {
        for key in [
            "name",
            "price",
            "url",
            "imageurl",
            "brand",
            "tags_weight",
            "tags_oldprice",
        ] {
            expected.push_str(item[key].as_str().unwrap());
            expected.push('\n');
        }
    }
    assert_eq!(translated(LOOP), expected);
}

#[test]
fn elements_are_referred_to_by_their_index() {
    for (text, expected) in [
        ("$!data.get('array').get(0).get('name')", "Hair styler"),
        ("$!data.get('array').get(1).get('tags_oldprice')", "4467"),
        ("<$!data.get('array').get(2).get('name')>", "<>"),
        ("<$!data.get('array').get(0).get('Brand')>", "<>"),
        ("<$!data.get('list').get(0).get('brand')>", "<>"),
        ("Hi ${email}", "Hi site@ukr.net"),
        ("$!items.get('array').get(0).get('price')$", "341$"),
        ("#foreach($i in $!data.get('none'))x#end.", "."),
        (
            "#foreach($i in $data.get('array'))${email} $!i.get ('imageURL')#end",
            "site@ukr.net site@ukr.net ",
        ),
        (
            "#foreach($data in $data.get('array'))$data.get('price') #end",
            "341 2341 ",
        ),
    ] {
        assert_eq!(translated(text), expected, "{text}");
    }
}

#[test]
fn keys_of_any_spelling_are_read() {
    for key in [
        "a}}b", "{{x", "a|b", "~", "(a)", "a\nb", "a=b", "../x", "@root", ".", "a.b", "a/b", "!",
        "#if", "é", " ", "a\"b", "0", "else", "null", "as |x|", "a[b", "event", "now", "length",
        "a-b", "\u{0}",
    ] {
        let texts = [
            (format!("<$data.get('{key}')>"), "<V>"),
            (format!("${{data.get('{key}')}}"), "V"),
            (
                format!("#foreach($i in $data.get('list'))$i.get('{key}')#end"),
                "VV",
            ),
        ];
        for (text, expected) in texts {
            let template = velocity_to_template(&text, "items").unwrap();
            let engine = engine(&rules("fail", &template));
            let items = serde_json::json!({key: "V", "list": [{key: "V"}, {key: "V"}]});
            let event = serde_json::json!({"eventTypeKey": "abandoned_cart", "keyValue": "k",
                "params": [{"name": "items", "value": items}]});
            let outcome = route(&engine, &taken(Adapter::Esputnik, &event.to_string()));
            assert_eq!(
                outcome["results"][1]["message"]["text"], expected,
                "{template}"
            );
        }
    }
}

#[test]
fn text_that_looks_like_a_template_stays_text() {
    for text in [
        "{{x}}",
        "{{{x}}}",
        "{{{{x",
        "a { b",
        "#ff0000 $5 100%",
        "\\n c:\\d",
        "}}",
        "{{! x }}",
        "{{else}} {{x}}{{y",
        "{{{{{{{",
    ] {
        assert_eq!(translated(text), text);
    }
    for (text, expected) in [
        ("{$email}", "{site@ukr.net}"),
        ("{{$!email}}", "{{site@ukr.net}}"),
        ("{{{$email}}}", "{{{site@ukr.net}}}"),
        ("{ $email }", "{ site@ukr.net }"),
        (
            "a {\n{#foreach($i in $data.get('array'))}{$i.get('price')#end}",
            "a {\n{}{341}{2341}",
        ),
        ("$email}}", "site@ukr.net}}"),
    ] {
        assert_eq!(translated(text), expected, "{text}");
    }
}

#[test]
fn without_an_exclamation_mark_the_rule_decides_about_missing_values() {
    let template =
        velocity_to_template("<$data.get('array').get(0).get('Brand')>", "items").unwrap();
    assert_eq!(rendered("blank", &template), Ok("<>".to_owned()));
    let error = rendered("fail", &template).unwrap_err();
    assert_eq!(
        error,
        "Token items.array.[0].Brand is missing; there is `brand`"
    );
}

#[test]
fn the_typo_of_the_page_is_an_error_at_its_position() {
    let text =
        "$!data.get('array').get(0).get('url')\n$!data.get('array').get(0).get(''tags_weight')";
    let error = velocity_to_template(text, "items").unwrap_err();
    assert_eq!((error.line(), error.column()), (2, 32));
}

#[test]
fn arrays_are_looped_over_and_indexed() {
    let text = "{{#each items.array}}{{name}}, {{/each}}{{items.array.[0].name}}";
    assert_eq!(
        rendered("fail", text).unwrap(),
        "Hair styler, Magnolia Nobile Парфумована вода, Hair styler"
    );
    for (text, error) in [
        (
            "{{items.array.[2].name}}",
            "Token items.array.[2].name is missing",
        ),
        (
            "{{items.array.[0].ImageUrl}}",
            "Token items.array.[0].ImageUrl is missing; there is `imageurl`",
        ),
        (
            "{{#each items.array}}{{upper ImageUrl}}{{/each}}",
            "Token ImageUrl is missing; there is `imageurl`",
        ),
    ] {
        assert_eq!(rendered("fail", text).unwrap_err(), error);
        assert_eq!(rendered("blank", text).unwrap_or_default(), "");
    }
}

#[test]
fn a_template_error_has_its_position() {
    let errors = Engine::compile(rules("fail", "{{#each items.array}}{{name}}")).unwrap_err();
    assert!(errors.to_string().contains("2:"), "{errors}");
}

#[test]
fn transactional_mail_goes_to_the_param_or_the_key() {
    let rules = r#"
        event password_recovery { EmailAddress: string, password: secret }
        rule r { on password_recovery
            send email { transactional true subject "Your password" text "{{password}}" }
            send email { transactional true to EmailAddress subject "Your password" text "{{password}}" } }"#;
    let engine = engine(rules);
    let outcome = route(&engine, &taken(Adapter::Esputnik, PASSWORD));
    for (at, to) in [(1, "site@com.net"), (2, "site@ukr.net")] {
        let message = &outcome["results"][at]["message"];
        assert_eq!(message["to"]["email"], to);
        assert_eq!(message["text"], "12345678");
        assert_eq!(message["transactional"], true);
    }
    let with_param = PASSWORD.replace("EmailAddress", "email");
    let outcome = route(&engine, &taken(Adapter::Esputnik, &with_param));
    assert_eq!(
        outcome["results"][1]["message"]["to"]["email"],
        "site@ukr.net"
    );
    // The key of a contact is not always an address.
    let by_key = PASSWORD.replace("site@com.net", "AV13760");
    let outcome = route(&engine, &taken(Adapter::Esputnik, &by_key));
    assert_eq!(
        outcome["results"][1]["message"]["to"]["contact_key"],
        "AV13760"
    );
}

#[test]
fn a_name_in_another_case_is_not_inserted_and_explained() {
    for mode in ["fail", "blank"] {
        let engine = engine(&rules(mode, "<{{items.array.[0].ImageUrl}}>"));
        let event = taken(Adapter::Esputnik, CART);
        let explained = engine.explain(&event, &Answers::new(now())).to_string();
        for words in ["items.array.[0].ImageUrl", "imageurl"] {
            assert!(explained.contains(words), "{explained}");
        }
    }
}

#[test]
fn a_secret_is_masked_in_explanations_and_errors() {
    let rules = r#"
        event password_recovery { EmailAddress: string, password: secret }
        rule r { on password_recovery when password == "other" and length(password) > 3
            send email { subject "s" text "{{password}} {{nothing.at_all}}" } }"#;
    let engine = engine(&rules.replace("{{nothing.at_all}}", ""));
    let event = taken(Adapter::Esputnik, PASSWORD);
    let explanation = engine.explain(&event, &Answers::new(now()));
    for text in [
        explanation.to_string(),
        explanation.to_json(),
        format!("{explanation:?}"),
        format!("{event:?}"),
    ] {
        assert!(!text.contains("12345678"), "{text}");
    }
    let errors = Engine::compile(rules).unwrap_err();
    assert!(!errors.to_string().contains("12345678"));
}

proptest! {
    #[test]
    fn translated_templates_compile(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "$!a", "$data", "${now}", "$!{else_x.get('a b')}", ".get('b')", ".get(0)", ".", "{", "}",
                "{{", "}}", "#foreach($x in $data)", "#foreach ( $!event in $x )", "#end", "#end", "\\",
                "\n", " ", "#", "$", "é", "!", "~", "x", "\"",
            ]),
            0..14,
        ),
    ) {
        let text = pieces.concat();
        if let Ok(template) = velocity_to_template(&text, "items")
            && text.matches("#foreach").count() <= 8
        {
            let built = Engine::compile(rules("blank", &format!("-{template}")));
            prop_assert!(built.is_ok(), "{text:?}\n{template:?}\n{}", built.unwrap_err());
        }
    }

    #[test]
    fn arbitrary_text_does_not_make_the_translator_panic(text in "[$#!{}.(')\"a-z0\\\\ \\n\u{e9}]{0,40}") {
        let _ = velocity_to_template(&text, "");
        let _ = velocity_to_template("$data", &text);
    }
}
