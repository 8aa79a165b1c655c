//! Generates rules and events that resemble those of a shop, the same on every run.

use super::Dice;

const TYPES: u64 = 40;
const CITIES: [&str; 12] = [
    "Austin", "Boston", "Chicago", "Dallas", "Denver", "Fresno", "Houston", "Miami", "Omaha",
    "Reno", "Seattle", "Tucson",
];
const CATEGORIES: [&str; 8] = [
    "books", "garden", "games", "kitchen", "music", "office", "sport", "toys",
];

/// Returns rules for forty event types, each with two to four conditions, a message and an action.
pub(crate) fn rules(count: usize) -> String {
    let mut dice = Dice(1);
    let mut text = String::from(
        "company \"bench\"\n\ntemplate greeting \"Hi {{default first_name 'there'}}\"\n",
    );
    for number in 0..count {
        let first = match dice.below(4) {
            0 => format!("order.sku == \"S{}\"", dice.below(20_000)),
            1 => {
                let low = dice.below(900);
                format!("order.total between {low} and {}.99", low + 2)
            }
            2 => format!("order.sku starts_with \"S{}\"", 1_000 + dice.below(1_000)),
            _ => format!(
                "customer.zip in [\"{}\", \"{}\"]",
                dice.below(99_999),
                dice.below(99_999)
            ),
        };
        let second = match dice.below(4) {
            0 => format!("city == \"{}\"", dice.one_of(&CITIES)),
            1 => format!("not (category == \"{}\")", dice.one_of(&CATEGORIES)),
            2 => format!("(city == \"{}\" or customer.vip)", dice.one_of(&CITIES)),
            _ => format!("any i in items (i.price > {})", dice.below(90)),
        };
        text.push_str(&format!(
            "\nrule r{number} {{\n    on type_{}\n    when {first} and {second} and coupon is missing\n    \
             send sms {{ body \"{{{{> greeting}}}}, order {{{{order.sku}}}} for {{{{currency order.total 'USD'}}}}\" }}\n    \
             do crm.note {{ text: \"rule {number}\", total: order.total }}\n}}\n",
            dice.below(TYPES),
        ));
    }
    text
}

/// Returns events for those rules, each a line of JSON with about 500 bytes.
pub(crate) fn events(count: u64) -> Vec<String> {
    let mut dice = Dice(2);
    let event = |number: u64| {
        let items: Vec<String> = (0..1 + dice.below(4))
            .map(|_| {
                format!(
                    "{{\"name\":\"Item {}\",\"price\":{}.{:02},\"quantity\":{}}}",
                    dice.below(500),
                    dice.below(100),
                    dice.below(100),
                    1 + dice.below(5)
                )
            })
            .collect();
        format!(
            "{{\"event_id\":\"e{number}\",\"event_type\":\"type_{}\",\"event_data\":{{\"mdn\":\"+1312555{:04}\",\
             \"first_name\":\"Bob\",\"city\":\"{}\",\"category\":\"{}\",\"customer\":{{\"zip\":\"{}\",\"vip\":{},\
             \"since\":\"2019-04-0{}\"}},\"order\":{{\"sku\":\"S{}\",\"total\":{}.{:02},\"note\":\"leave it with \
             the neighbour if nobody is there, please\"}},\"items\":[{}]}}}}",
            dice.below(TYPES),
            dice.below(10_000),
            dice.one_of(&CITIES),
            dice.one_of(&CATEGORIES),
            dice.below(99_999),
            dice.below(10) == 0,
            1 + dice.below(9),
            dice.below(20_000),
            dice.below(1_000),
            dice.below(100),
            items.join(",")
        )
    };
    (0..count).map(event).collect()
}
