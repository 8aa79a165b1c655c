//! [`Limits`]: an upper bound for everything that input can make grow.

/// Upper bounds for rules, events and their processing, with the default and the reason of each.
///
/// Exceeding a limit is an error, never a silent truncation. The only exception is [`Limits::actions`]:
/// further results are left out, and the outcome says so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one source. 64 MiB: half a million rules of typical size.
    pub source_bytes: usize,
    /// Bytes of one declaration. 128 KiB: more than a person can read; the parser's memory is a multiple
    /// of it.
    pub declaration_bytes: usize,
    /// Nesting depth of an expression, a value or a type. 32: more than authors write, and the parser
    /// recurses. Values above 64 count as 64.
    pub expression_depth: usize,
    /// Tests in all expressions of one rule. 256.
    pub rule_conditions: usize,
    /// Bytes of a string literal. 64 KiB.
    pub string_bytes: usize,
    /// Elements of a list literal. 4,096: longer lists are data, not rules.
    pub list_elements: usize,
    /// Bytes of one compiled regular expression. 1 MiB.
    pub regex_bytes: usize,
    /// Rules of one engine. 4,000,000.
    pub rules: usize,
    /// Diagnostics reported per source; the rest is counted. 100.
    pub diagnostics: usize,
    /// Bytes of one event. 256 KiB.
    pub event_bytes: usize,
    /// Bytes of one event that the eSputnik adapter reads. 20 KiB: the limit of that platform.
    pub esputnik_bytes: usize,
    /// Nesting depth of an event's JSON. 128.
    pub json_depth: usize,
    /// Segments of a path. 16.
    pub path_depth: usize,
    /// Bytes of one template without its partials. 16 KiB: the handlebars parser takes quadratic time.
    pub template_bytes: usize,
    /// Tags of one template. 256: for the same reason.
    pub template_tags: usize,
    /// Nesting depth of the blocks of one template, including partials. 8.
    pub block_depth: usize,
    /// `{{else if}}` in one chain. 16: handlebars recurses for each one.
    pub else_ifs: usize,
    /// Steps of rendering one part: texts, tokens and loop iterations. 10,000.
    pub render_steps: usize,
    /// Bytes of one rendered part. 128 KiB.
    pub render_bytes: usize,
    /// Segments of one SMS. 10: the number that carriers reassemble.
    pub sms_segments: usize,
    /// Steps of evaluating the quantifiers of one condition: iterations, tests, and more for long values
    /// and wide objects. 1,000,000. Beyond it every remaining test is unknown, and explanations say so.
    pub evaluation_steps: usize,
    /// Results of one event, routing results excluded. 256.
    pub actions: usize,
    /// Errors of one failed outcome. 100.
    pub errors: usize,
    /// Questions of one event. 256.
    pub questions: usize,
    /// Rounds of questions and answers of one event. 64.
    pub rounds: usize,
    /// Event ids that [`SeenEvents`](crate::SeenEvents) remembers. 65,536.
    pub remembered_ids: usize,
    /// Seconds for which it remembers an id. 86,400, one day: senders retry sooner.
    pub remembered_seconds: u32,
    /// Receipt callbacks that [`ReceiptTracker`](crate::vendor::callback::ReceiptTracker) remembers. 262,144:
    /// a message in several parts has several.
    pub remembered_receipts: usize,
    /// Seconds for which it remembers a callback. 604,800, one week: carriers retry for days.
    pub remembered_receipt_seconds: u32,
    /// Events that one [`Journal`](crate::vendor::journal::Journal) stores. 10,000.
    pub journal_events: usize,
    /// Bytes of text that it stores, excluding the newest event. 64 MiB.
    pub journal_bytes: usize,
    /// Event types that [`KnownTypes`](crate::vendor::adapter::KnownTypes) remembers. 65,536.
    pub known_types: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            source_bytes: 64 << 20,
            declaration_bytes: 128 << 10,
            expression_depth: 32,
            rule_conditions: 256,
            string_bytes: 64 << 10,
            list_elements: 4_096,
            regex_bytes: 1 << 20,
            rules: 4_000_000,
            diagnostics: 100,
            event_bytes: 256 << 10,
            esputnik_bytes: 20 << 10,
            json_depth: 128,
            path_depth: 16,
            template_bytes: 16 << 10,
            template_tags: 256,
            block_depth: 8,
            else_ifs: 16,
            render_steps: 10_000,
            render_bytes: 128 << 10,
            sms_segments: 10,
            evaluation_steps: 1_000_000,
            actions: 256,
            errors: 100,
            questions: 256,
            rounds: 64,
            remembered_ids: 65_536,
            remembered_seconds: 86_400,
            remembered_receipts: 262_144,
            remembered_receipt_seconds: 604_800,
            journal_events: 10_000,
            journal_bytes: 64 << 20,
            known_types: 65_536,
        }
    }
}
