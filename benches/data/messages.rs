//! Two templates with their event, and a documented Vibes event.

/// A template with three fields.
pub(crate) const FLAT: &str =
    "Hi {{first_name}}, your order arrives at {{delivery_time}}: {{order_url}}";
/// A template with a loop over ten products.
pub(crate) const EACH: &str = "{{#each products}}{{name}} x {{quantity}}, {{/each}}";

/// An event of 300 bytes from the vendor's documentation.
pub(crate) const VIBES: &str = r#"{
  "event_id": "2d4a2",
  "event_type": "day_of_delivery",
  "event_data": {
    "first_name": "Bob",
    "external_person_id": "abcd12345",
    "delivery_time": "5:00 PM",
    "order_url": "https://example.com/orders/12345"
  },
  "debug_data": {
    "field": "CUST_SYSTEM"
  }
}"#;

/// The rule that sends one SMS for it.
pub(crate) fn vibes_rules() -> String {
    format!(
        "company \"bench\"\nrule tell {{ on day_of_delivery when first_name == \"Bob\" and delivery_time is present \
         send sms {{ body {FLAT:?} }} }}\n"
    )
}

/// Returns a rule that sends this text.
pub(crate) fn rules(body: &str) -> String {
    format!("company \"bench\"\nrule tell {{ on told send sms {{ body {body:?} }} }}\n")
}

/// Returns an object with the fields of both templates.
pub(crate) fn object() -> String {
    let products: Vec<String> = (0..10)
        .map(|n| format!(r#"{{"name":"Item {n}","quantity":{}}}"#, n + 1))
        .collect();
    format!(
        r#"{{"mdn":"+13125550100","first_name":"Bob","delivery_time":"5:00 PM","order_url":"https://example.com/orders/12345","products":[{}]}}"#,
        products.join(",")
    )
}

/// Returns the event that contains this object.
pub(crate) fn event() -> String {
    format!(r#"{{"event_type":"told","event_data":{}}}"#, object())
}
