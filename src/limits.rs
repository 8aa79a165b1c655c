//! Every limit there is, its default and its reason. Enforces none of them itself.

/// A figure for everything that input can grow.
///
/// Reaching a limit is a clear error, never a silent cut; the one exception is the number of results
/// of an event, past which results are left out and the outcome says so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one source of rules. 64 MiB: half a million rules of the usual size.
    pub source_bytes: usize,
    /// Bytes of one declaration. 128 KiB: what a person could still read; the parser's memory is a
    /// multiple of it.
    pub declaration_bytes: usize,
    /// Nesting of an expression, a value or a type. 32: no author writes deeper, and parsers recurse;
    /// more than 64 counts as 64.
    pub expression_depth: usize,
    /// Conditions (single tests) of one rule, all its expressions together. 256.
    pub rule_conditions: usize,
    /// Bytes of a string literal. 64 KiB.
    pub string_bytes: usize,
    /// Elements of a list literal. 4,096: longer lists are data, not rules.
    pub list_elements: usize,
    /// Bytes that one compiled regular expression may take. 1 MiB.
    pub regex_bytes: usize,
    /// Rules of one engine. 4,000,000.
    pub rules: usize,
    /// Diagnostics kept of one source; the rest is counted. 100.
    pub diagnostics: usize,
    /// Bytes of one event. 256 KiB.
    pub event_bytes: usize,
    /// Bytes of one event that the eSputnik adapter reads. 20 KiB: what that platform takes.
    pub esputnik_bytes: usize,
    /// Nesting of an event's JSON: so many open brackets pass. 128.
    pub json_depth: usize,
    /// Segments of a path. 16.
    pub path_depth: usize,
    /// Bytes of one template, its partials not counted. 16 KiB: handlebars' parser takes quadratic time.
    pub template_bytes: usize,
    /// Tags of one template. 256: the same reason.
    pub template_tags: usize,
    /// Blocks open at once in one template, partials counted in. 8.
    pub block_depth: usize,
    /// `{{else if}}` in one chain. 16: handlebars recurses for each.
    pub else_ifs: usize,
    /// Steps of rendering one part: texts, tokens and turns of loops. 10,000.
    pub render_steps: usize,
    /// Bytes of one rendered part. 128 KiB.
    pub render_bytes: usize,
    /// Segments of one sms. 10: what carriers put together again.
    pub sms_segments: usize,
    /// Steps of evaluating one condition inside its quantifiers: turns, single tests, and more for long
    /// values and wide objects. 1,000,000. Past it the rest is unknown, and explanations say so.
    pub evaluation_steps: usize,
    /// Results of one event besides routing results. 256.
    pub actions: usize,
    /// Errors of one failed outcome. 100.
    pub errors: usize,
    /// Questions of one event. 256.
    pub questions: usize,
    /// Rounds of questions and answers of one event. 64.
    pub rounds: usize,
    /// Event ids that [`SeenEvents`](crate::SeenEvents) remembers. 65,536.
    pub remembered_ids: usize,
    /// Seconds for which it remembers one. 86,400, a day: who sends an event again does so sooner.
    pub remembered_seconds: u32,
    /// Callbacks of receipts that [`ReceiptTracker`](crate::vendor::callback::ReceiptTracker) remembers. 262,144:
    /// a message in parts has several.
    pub remembered_receipts: usize,
    /// Seconds for which it remembers one. 604,800, a week: carriers try for days.
    pub remembered_receipt_seconds: u32,
    /// Events that one [`Journal`](crate::vendor::journal::Journal) holds. 10,000.
    pub journal_events: usize,
    /// Bytes of text that it holds, the newest event apart. 64 MiB.
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
