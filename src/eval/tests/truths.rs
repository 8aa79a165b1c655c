//! Tests the algebra of truth sets against brute force, and the needs that it records.

use super::{
    DATA, FALSE, OPEN, TRUE, UNKNOWN, and, count, document, eq, event, is, l, lt, matching, not,
    or, p, quantifier, run, scope, t, within,
};
use crate::eval::scope::{Lookup, Need, Scope};
use crate::eval::{Needs, Steps, TruthSet, evaluate};
use crate::hir::{Expr, Operand, Predicate};
use crate::json::document::Document;
use crate::syntax::operator::{Is, Quantifier, TextOp};

#[test]
fn quantifiers() {
    use Quantifier::{All, Any, None as NoneOf};
    let dear = || t(lt(l("100"), p("$0.price")));
    let of_brand = || t(eq(p("$0.brand"), l("\"x\"")));
    let event = event(DATA);
    let scope = scope(&event);
    let cases = vec![
        (quantifier(Any, p("items"), dear()), TRUE),
        (quantifier(All, p("items"), dear()), FALSE),
        (quantifier(NoneOf, p("items"), dear()), FALSE),
        // The second item has no brand.
        (quantifier(Any, p("items"), of_brand()), TRUE),
        (quantifier(All, p("items"), of_brand()), UNKNOWN),
        (quantifier(NoneOf, p("items"), of_brand()), FALSE),
        (quantifier(Any, p("items"), not(of_brand())), UNKNOWN),
        (quantifier(All, p("items"), not(of_brand())), FALSE),
        (quantifier(NoneOf, p("items"), not(of_brand())), UNKNOWN),
        (quantifier(Any, p("none"), dear()), FALSE),
        (quantifier(All, p("none"), dear()), TRUE),
        (quantifier(NoneOf, p("none"), dear()), TRUE),
        (quantifier(Any, p("object"), dear()), UNKNOWN),
        (quantifier(All, p("gone"), dear()), UNKNOWN),
        (quantifier(NoneOf, p("city"), dear()), UNKNOWN),
        (
            quantifier(
                Any,
                l(r#"["Austin", "Chicago"]"#),
                t(eq(p("city"), p("$0"))),
            ),
            TRUE,
        ),
        (
            quantifier(Any, l("[[1], [2]]"), t(eq(p("$0.0"), l("2")))),
            TRUE,
        ),
        (
            quantifier(
                Any,
                Operand::List([p("gone"), p("n")].into()),
                t(eq(p("$0"), l("20.5"))),
            ),
            TRUE,
        ),
        (
            quantifier(
                Any,
                Operand::List([p("person.x"), p("n")].into()),
                t(eq(p("$0"), l("20.5"))),
            ),
            TRUE,
        ),
        (
            quantifier(
                Any,
                p("items"),
                quantifier(All, p("object.b"), t(lt(p("$1"), p("$0.price")))),
            ),
            TRUE,
        ),
        // A pending answer.
        (
            quantifier(Any, p("items"), t(lt(p("$0.price"), p("person.limit")))),
            OPEN,
        ),
        (
            quantifier(Any, p("none"), t(lt(p("$0.price"), p("person.limit")))),
            FALSE,
        ),
        (
            quantifier(
                Any,
                p("items"),
                or(vec![dear(), t(lt(p("$0.price"), p("person.limit")))]),
            ),
            TRUE,
        ),
    ];
    for (expr, expected) in cases {
        assert_eq!(run(&expr, &scope).0, expected, "{expr:?}");
    }
}

#[test]
fn truths_follow_kleene_on_every_set() {
    let all = [TRUE, FALSE, UNKNOWN];
    let kleene_and = |a: TruthSet, b: TruthSet| match (a, b) {
        (TRUE, b) => b,
        (a, TRUE) => a,
        (FALSE, _) | (_, FALSE) => FALSE,
        _ => UNKNOWN,
    };
    let of = |bits: u8| all.into_iter().filter(move |truth| truth.0 & bits != 0);
    for a in 1..8_u8 {
        let negated = of(a).fold(0, |set, x| set | x.not().0);
        assert_eq!(TruthSet(a).not().0, negated);
        assert_eq!(TruthSet(a).holds(), a == TRUE.0);
        assert_eq!(TruthSet(a).is_settled(), of(a).count() == 1);
        for b in 1..8_u8 {
            let mut both = 0;
            let mut either = 0;
            for x in of(a) {
                for y in of(b) {
                    both |= kleene_and(x, y).0;
                    either |= kleene_and(x.not(), y.not()).not().0;
                }
            }
            assert_eq!(TruthSet(a).and(TruthSet(b)).0, both, "{a:03b} and {b:03b}");
            assert_eq!(TruthSet(a).or(TruthSet(b)).0, either, "{a:03b} or {b:03b}");
        }
    }
    for truth in all {
        assert_eq!(truth.not().not(), truth);
    }
}

#[test]
fn answers_are_needed_only_if_they_can_make_the_condition_true() {
    let tier = || t(eq(p("person.tier"), l("\"gold\"")));
    let sms = || t(Predicate::Truth(p("carrier_sms")));
    let yes = || t(Predicate::Truth(p("yes")));
    let no = || t(Predicate::Truth(p("no")));
    let unknown = || t(Predicate::Truth(p("gone")));
    let event = event(DATA);
    let scope = scope(&event);
    let person = || vec![Need::Person];
    let carrier = || vec![Need::Carrier];
    let cases = vec![
        (tier(), person()),
        (not(tier()), person()),
        (and(vec![yes(), tier()]), person()),
        (and(vec![no(), tier()]), vec![]),
        (and(vec![tier(), no()]), vec![]),
        (and(vec![unknown(), tier()]), vec![]),
        (not(and(vec![unknown(), tier()])), person()),
        (not(and(vec![unknown(), not(no())])), vec![]),
        (or(vec![tier(), yes()]), vec![]),
        (or(vec![unknown(), tier()]), person()),
        (not(or(vec![unknown(), tier()])), vec![]),
        (or(vec![and(vec![unknown(), tier()]), sms()]), carrier()),
        (or(vec![and(vec![no(), tier()]), sms()]), carrier()),
        (
            or(vec![and(vec![tier(), no()]), and(vec![yes(), tier()])]),
            person(),
        ),
        (and(vec![tier(), tier()]), person()),
        (and(vec![tier(), sms()]), vec![Need::Person, Need::Carrier]),
        (t(eq(p("gone"), p("person.x"))), vec![]),
        (t(lt(p("yes"), p("person.x"))), vec![]),
        (t(within(p("person.x"), p("city"))), vec![]),
        (
            t(within(
                p("city"),
                Operand::List([p("person.x"), p("city")].into()),
            )),
            vec![],
        ),
        (
            t(within(
                p("city"),
                Operand::List([p("person.x"), p("n")].into()),
            )),
            person(),
        ),
        (t(matching(p("n"), TextOp::Contains, p("person.x"))), vec![]),
        (t(is(p("person.x"), Is::Missing)), person()),
        (t(eq(count(p("person.x")), l("1"))), person()),
        (quantifier(Quantifier::None, p("person.x"), yes()), person()),
        (
            quantifier(Quantifier::All, p("items"), and(vec![no(), tier()])),
            vec![],
        ),
        (
            quantifier(Quantifier::None, p("items"), and(vec![unknown(), tier()])),
            person(),
        ),
        (
            quantifier(Quantifier::Any, p("items"), and(vec![unknown(), tier()])),
            vec![],
        ),
    ];
    for (expr, expected) in cases {
        let (truths, needs) = run(&expr, &scope);
        assert_eq!(truths.is_undecided(), !expected.is_empty(), "{expr:?}");
        assert_eq!(needs.pending, expected, "{expr:?}");
        assert_eq!(needs.unavailable, [], "{expr:?}");
        // A failed lookup matters where the answer would have been asked for, and is unknown.
        let unavailable = Scope {
            person: Lookup::Unavailable,
            carrier: Lookup::Unavailable,
            ..scope
        };
        let (truths, needs) = run(&expr, &unavailable);
        assert!(!truths.may_hold() || expected.is_empty(), "{expr:?}");
        assert!(truths.is_settled(), "{expr:?}");
        assert_eq!(needs.unavailable, expected, "{expr:?}");
        assert_eq!(needs.pending, [], "{expr:?}");
    }
}

#[test]
fn answers_are_read() {
    let attributes = document(r#"{"person_key": "w2e2", "tier": "gold"}"#);
    let event = event(DATA);
    let tier = t(eq(p("person.tier"), l("\"gold\"")));
    let sms = t(Predicate::Truth(p("carrier_sms")));
    let cases = [
        (Lookup::Value(Some(attributes.root())), TRUE),
        (Lookup::Value(None), UNKNOWN),
        (Lookup::Unavailable, UNKNOWN),
        (Lookup::Pending, OPEN),
    ];
    for (person, expected) in cases {
        let scope = Scope {
            person,
            ..scope(&event)
        };
        assert_eq!(run(&tier, &scope).0, expected, "{person:?}");
    }
    let cases = [
        (Lookup::Value(Some((true, false))), TRUE),
        (Lookup::Value(Some((false, true))), FALSE),
        (Lookup::Value(None), UNKNOWN),
        (Lookup::Pending, OPEN),
    ];
    for (carrier, expected) in cases {
        let scope = Scope {
            carrier,
            ..scope(&event)
        };
        assert_eq!(run(&sms, &scope).0, expected, "{carrier:?}");
    }
}

#[test]
fn the_final_truth_was_in_the_pending_set() {
    // The set for a pending answer contains the truth for every possible answer.
    let event = event(DATA);
    let answers: Vec<Document> = [
        r#"{}"#,
        r#"{"a": 1}"#,
        r#"{"a": 2, "b": true}"#,
        r#"{"b": false}"#,
    ]
    .into_iter()
    .map(document)
    .collect();
    let leaves: [fn() -> Expr; 5] = [
        || t(eq(p("person.a"), l("1"))),
        || t(Predicate::Truth(p("person.b"))),
        || t(Predicate::Truth(p("yes"))),
        || t(Predicate::Truth(p("no"))),
        || t(Predicate::Truth(p("gone"))),
    ];
    let mut exprs: Vec<Expr> = Vec::new();
    for a in leaves {
        for b in leaves {
            exprs.push(and(vec![a(), not(b())]));
            exprs.push(or(vec![a(), b()]));
            for c in leaves {
                exprs.push(not(or(vec![and(vec![a(), b()]), c()])));
                exprs.push(and(vec![or(vec![not(a()), c()]), or(vec![b(), not(c())])]));
            }
        }
    }
    for expr in exprs {
        let open = scope(&event);
        let (set, needs) = run(&expr, &open);
        for answer in &answers {
            let person = Lookup::Value(Some(answer.root()));
            let (truth, left) = run(&expr, &Scope { person, ..open });
            assert!(truth.is_settled());
            assert_eq!(left, Needs::default());
            assert_eq!(truth.0 & set.0, truth.0, "{expr:?}");
        }
        assert_eq!(set.is_undecided(), !needs.pending.is_empty(), "{expr:?}");
    }
}

#[test]
fn steps_are_limited_inside_quantifiers() {
    let list: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let event = event(&format!(
        r#"{{"mdn":"13125550100","list":[{}]}}"#,
        list.join(",")
    ));
    let scope = scope(&event);
    let pairs = quantifier(
        Quantifier::Any,
        p("list"),
        quantifier(Quantifier::Any, p("list"), t(eq(p("$0"), l("\"never\"")))),
    );
    let limited = |expr: &Expr, limit| {
        let mut steps = Steps::new(limit);
        let truths = evaluate(expr, &scope, &mut steps, &mut Needs::default());
        (truths, steps.exceeded())
    };
    // One iteration and one test per pair, and one iteration per element.
    assert_eq!(limited(&pairs, 20_100), (FALSE, false));
    assert_eq!(limited(&pairs, 20_099), (UNKNOWN, true));
    assert_eq!(limited(&not(pairs.clone()), 100), (UNKNOWN, true));
    // A truth that does not depend on the limit stays known.
    let yes = t(eq(l("1"), l("1")));
    assert_eq!(
        limited(&or(vec![pairs.clone(), yes.clone()]), 100),
        (TRUE, true)
    );
    assert_eq!(limited(&yes, 0), (TRUE, false));
    let first = quantifier(Quantifier::Any, p("list"), t(eq(p("$0"), l("0"))));
    assert_eq!(limited(&first, 2), (TRUE, false));
}
