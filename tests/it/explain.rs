//! Explanations: what they contain for each rule, in which order, as text and as JSON.

use pointsman::{Answers, Engine, Event, Explanation, SeededIds, Timestamp};

const RULES: &str = r#"
company "c"

event order { total: number, city: string?, pin: secret? }

/// Big orders.
rule far { on order when total > 100 and city == "x" and pin == "1234" do a {} }
rule near { on order when total > 100 do a {} }
rule refused {
    on order
    when total > 1
    require person
    require subscribed "news"
    require total > 5 else "too small"
    do a {}
}
rule small { on order when total > 1 require total > 5 else "too small" do a {} }
rule old { on order active until "2020-01-01" do a {} }
rule other { on parcel do a {} }
rule takes {
    on order
    priority 5
    final
    do a {}
    do b { when city is present }
    first { send sms { body "{{city}}" } do c {} }
    send push { body "x" }
}
rule loud { on * priority 7 when person.tier == "gold" do a {} }
"#;

fn event(engine: &Engine, data: &str) -> Event {
    let text = format!(r#"{{"event_id":"e1","event_type":"Order","event_data":{data}}}"#);
    engine
        .read(text.as_bytes(), &mut SeededIds::new(0))
        .unwrap()
}

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn explain(rules: &str, data: &str, answers: &str) -> Explanation {
    let engine = Engine::compile(rules).unwrap();
    let answers = Answers::from_json(answers, now()).unwrap();
    engine.explain(&event(&engine, data), &answers)
}

/// Returns the first line for each rule.
fn verdicts(explanation: &Explanation) -> Vec<String> {
    let text = explanation.to_string();
    let rules = text.split("\n\n").skip(1);
    rules
        .map(|rule| rule.lines().next().unwrap().to_owned())
        .collect()
}

const BOB: &str = r#"{"mdn": "+13125550100", "total": 3}"#;

#[test]
fn rules_are_ordered_by_how_nearly_they_accepted() {
    let without_final = RULES.replace("    final\n", "");
    let answers = r#"{"person": {"tier": "iron"}, "subscribed": []}"#;
    assert_eq!(
        verdicts(&explain(&without_final, BOB, answers)),
        [
            "takes accepts",
            "loud skips: its condition is not true",
            "near skips: its condition is not true",
            "refused refuses: Person is not found",
            "small refuses: too small",
            "far skips: its condition is not true",
            "old is outside its window",
        ]
    );
    assert_eq!(
        verdicts(&explain(RULES, BOB, answers))[..2],
        ["takes accepts", "loud skips: its condition is not true"]
    );
    let after_final = "near is not considered: a final rule before it took the event";
    assert!(
        verdicts(&explain(RULES, BOB, answers))
            .iter()
            .any(|line| line == after_final)
    );
}

#[test]
fn an_undecided_rule_lists_its_questions() {
    let rules = RULES.replace("    final\n", "");
    assert_eq!(
        verdicts(&explain(&rules, BOB, "{}"))[..4],
        [
            "takes accepts",
            "loud is undecided",
            "refused is undecided",
            "near skips: its condition is not true",
        ]
    );
    let text = explain(&rules, BOB, "{}").to_string();
    assert!(text.contains("loud is undecided\n  asks {\"person\":{\"mdn\":\"+13125550100\"}}\n"));
    let away = r#"{"person": {"unavailable": "the database sleeps"}}"#;
    let text = explain(&rules, BOB, away).to_string();
    assert!(
        text.contains("loud skips: its condition is not true for want of"),
        "{text}"
    );
    assert!(
        text.contains("refused refuses: the database sleeps"),
        "{text}"
    );
    assert!(text.contains("- require subscribed \"news\"\n"), "{text}");
}

#[test]
fn a_rule_is_explained_completely() {
    let engine = Engine::compile(RULES).unwrap();
    let data = r#"{"mdn": "+13125550100", "total": "3", "pin": "s3cret", "City": "x"}"#;
    let event = event(&engine, data);
    let answers = Answers::new(now());
    let far = engine.explain_rule(&event, &answers, "far").unwrap();
    assert_eq!(
        far.to_string(),
        "\
event e1 of type Order
  ! event_data.total is declared number and is a string

far is not considered: a final rule before it took the event
  Big orders.
  when ? all of
    ? total > 100
      total = \"3\"
      `total` is a string and `100` is a number: they have no order
    ? city == \"x\"
      `city` is missing: event_data has no `city`, but `City`
    ✗ pin == \"1234\"
      pin = •••
"
        .replace("  when ? all of", "  when ✗ all of")
    );
    let far = engine.explain_rule(&event, &answers, "far").unwrap();
    assert_eq!(
        far.to_json(),
        concat!(
            r#"{"event_id":"e1","event_type":"Order","#,
            r#""breaches":[{"path":"event_data.total","error":"is declared number and is a string"}],"#,
            r#""rules":[{"rule":"far","description":"Big orders.","verdict":"not_considered","#,
            r#""when":{"is":"false","all":["#,
            r#"{"is":"unknown","test":"total > 100","seen":{"total":"\"3\""},"#,
            r#""why":["`total` is a string and `100` is a number: they have no order"]},"#,
            r#"{"is":"unknown","test":"city == \"x\"","seen":{"city":"missing"},"#,
            r#""why":["`city` is missing: event_data has no `city`, but `City`"]},"#,
            r#"{"is":"false","test":"pin == \"1234\"","seen":{"pin":"•••"}}]}}]}"#
        )
    );
    assert!(engine.explain_rule(&event, &answers, "nobody").is_none());
    let other = engine.explain_rule(&event, &answers, "other").unwrap();
    assert!(
        other
            .to_string()
            .ends_with("\nother listens to other types\n")
    );
}

#[test]
fn actions_show_their_results() {
    let engine = Engine::compile(RULES).unwrap();
    let event = event(&engine, BOB);
    let takes = engine
        .explain_rule(&event, &Answers::new(now()), "takes")
        .unwrap();
    let text = takes.to_string();
    let (_, explanation) = text.split_once("takes accepts\n").unwrap();
    assert_eq!(
        explanation,
        "  ✓ do a
  - do b: left out
    when ✗ city is present
      city = missing
  ✓ first of: send sms, do c
    `city` is missing: the context has no `city`
  ✗ send push fails: Recipient is blank
"
    );
}

#[test]
fn an_event_without_rules_is_explained() {
    let engine = Engine::builder()
        .source("r", RULES)
        .open_registry(true)
        .build()
        .unwrap();
    let text =
        br#"{"event_id":"e1","event_type":"unheard_of","event_data":{"mdn":"+13125550100"}}"#;
    let event = engine.read(text, &mut SeededIds::new(0)).unwrap();
    let explanation = engine.explain(&event, &Answers::new(now()));
    assert_eq!(verdicts(&explanation), ["loud is undecided"]);
    let engine = Engine::compile("event order rule r { on parcel do a {} }").unwrap();
    let text = br#"{"event_id":"e1","event_type":"order","event_data":{"mdn":"+13125550100"}}"#;
    let event = engine.read(text, &mut SeededIds::new(0)).unwrap();
    let explanation = engine.explain(&event, &Answers::new(now()));
    assert_eq!(
        explanation.to_string(),
        "event e1 of type order\n  no rule listens to this type\n"
    );
    assert_eq!(
        explanation.to_json(),
        r#"{"event_id":"e1","event_type":"order","rules":[]}"#
    );
}

#[test]
fn fields_missing_in_templates_are_listed() {
    let rules = r#"
        template greeting "Hi {{name}}"
        rule r {
            on order
            missing blank
            send sms { body "{{> greeting}} {{default nick 'you'}}{{#each items}}{{order.Price}} {{price}}{{/each}}{{gone}}" }
            do x { a: "{{upper nil}}", b: "{{name}}" }
        }
        rule s { on order send sms { body "{{Total}} {{gone}}" } }
    "#;
    let data = r#"{"mdn": "+13125550100", "Name": "Bob", "total": 1, "nil": null, "items": [{"Price": 1}]}"#;
    let text = explain(rules, data, "{}").to_string();
    let (_, explanation) = text.split_once("\n\n").unwrap();
    assert_eq!(
        explanation,
        "\
r accepts
  ✓ send sms
    `name` is missing: the context has no `name`, but `Name`
    `order.Price` is missing: the context has no `order`
    `price` is missing: the context has no `price`, but `Price`
    `gone` is missing: the context has no `gone`
  ✓ do x
    `nil` is missing or null
    `name` is missing: the context has no `name`, but `Name`

s accepts
  ✗ send sms fails: Token Total is missing; there is `total`
    `Total` is missing: the context has no `Total`, but `total`
"
    );
}

#[test]
fn the_description_of_the_event_type_is_shown() {
    let rules = "/// Someone bought\n/// something.\nevent order\nrule r { on order do a {} }";
    let explanation = explain(rules, r#"{"mdn":"+13125550100"}"#, "{}");
    assert!(
        explanation
            .to_string()
            .starts_with("event e1 of type Order\n  Someone bought\n  something.\n\nr accepts"),
        "{explanation}"
    );
    assert!(
        explanation.to_json().contains(
            r#""event_type":"Order","description":"Someone bought\nsomething.","rules":"#
        )
    );
}

#[test]
fn descriptions_of_fields_appear_where_they_are_read_or_violated() {
    let rules = r#"
/// An event.
event Order {
    /// Dollars with tax.
    /// Never negative.
    total: number
    /// The place it goes to.
    city: string?
    order: {
        /// The items bought.
        items: [{
            /// The price of one piece.
            price: number
        }]
    }
    /// Nothing reads it.
    unread: string?
    /// Numbers alone.
    codes: [number]
}
rule a {
    on Order
    when total > 5 and city == "x" and any i in order.items (i.price > 5) and total < 9
    do x {}
}
rule b { on Order require order.items[0].price > 9 else "cheap" do x {} }
"#;
    let engine = Engine::compile(rules).unwrap();
    let data = r#"{"mdn": "+13125550100", "total": "6", "order": {"items": [{"price": 1}]}, "codes": [1, "x"]}"#;
    let event = event(&engine, data);
    let explained = engine.explain(&event, &Answers::new(now()));
    assert_eq!(
        explained.to_string(),
        r#"event e1 of type Order
  An event.
  ! event_data.total is declared number and is a string
    Dollars with tax.
    Never negative.
  ! event_data.codes[1] is declared number and is a string
    Numbers alone.

b refuses: cheap
  ✗ require order.items[0].price > 9: cheap
    ✗ order.items[0].price > 9
      order.items[0].price = 1
      order.items[0].price: The price of one piece.

a skips: its condition is not true
  when ✗ all of
    ? total > 5
      total = "6"
      `total` is a string and `5` is a number: they have no order
      total: Dollars with tax.
        Never negative.
    ? city == "x"
      `city` is missing: event_data has no `city`
      city: The place it goes to.
    ✗ any i in order.items, one element
      [0] {"price": 1}
        ✗ i.price > 5
          i.price = 1
          i.price: The price of one piece.
    ? total < 9
      total = "6"
      `total` is a string and `9` is a number: they have no order
"#
    );
}

#[test]
fn empty_descriptions_are_omitted() {
    let rules = r#"
///
event Order {
    ///
    ///
    total: number
    /// The destination.
    ///
    /// Its name.
    city: string
}
///
rule a { on Order when total > 5 and city == "x" do x {} }
"#;
    let engine = Engine::compile(rules).unwrap();
    let event = event(
        &engine,
        r#"{"mdn": "+13125550100", "total": "6", "city": 1}"#,
    );
    let explained = engine.explain(&event, &Answers::new(now()));
    assert_eq!(
        explained.to_string(),
        r#"event e1 of type Order
  ! event_data.total is declared number and is a string
  ! event_data.city is declared string and is a number
    The destination.

    Its name.

a skips: its condition is not true
  when ✗ all of
    ? total > 5
      total = "6"
      `total` is a string and `5` is a number: they have no order
    ✗ city == "x"
      city = 1
      city: The destination.

        Its name.
"#
    );
    assert!(!explained.to_json().contains("description"));
}

#[test]
fn a_violation_inside_a_list_has_the_description_of_the_list() {
    let rules = "
event Order {
    /// The items bought.
    items: [{
        /// The price of one piece.
        price: number
    }]
}
rule a { on Order do x {} }
";
    let engine = Engine::compile(rules).unwrap();
    let data = r#"{"mdn": "+13125550100", "items": [{"price": 1}, 5, {"price": "1"}]}"#;
    let explained = engine.explain(&event(&engine, data), &Answers::new(now()));
    assert_eq!(
        explained.to_string(),
        "event e1 of type Order
  ! event_data.items[1] is declared { … } and is a number
    The items bought.
  ! event_data.items[2].price is declared number and is a string
    The price of one piece.

a accepts
  ✓ do x
"
    );
}
