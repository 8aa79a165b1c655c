//! Reports of tests.

use std::sync::Arc;

/// The result of one `test` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReport {
    pub(super) title: Box<str>,
    pub(super) source: Box<str>,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) failures: Vec<TestFailure>,
    pub(super) breaches: Vec<Box<str>>,
    pub(super) accepted: Vec<Arc<str>>,
}

/// An expectation that was not met, or an error that kept the test from running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFailure {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: Box<str>,
    pub(super) explanation: Option<Box<str>>,
}

impl TestReport {
    /// Returns the title of the test.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the name of the source that contains the test.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the line where the test begins, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Returns the column where the test begins, in characters from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// Returns whether every expectation was met.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// Returns the failures, in source order.
    #[must_use]
    pub fn failures(&self) -> &[TestFailure] {
        &self.failures
    }

    /// Returns the violations of event declarations by events of this test, one line each.
    ///
    /// A violation does not fail the test. If the test has several events, each line begins with the
    /// event's number.
    ///
    /// ```
    /// use pointsman::Engine;
    ///
    /// let engine = Engine::compile(r#"
    ///     event hi { age: number }
    ///     rule hello { on hi when age > 17 do greet {} }
    ///     test "without an age" {
    ///         event { "event_type": "hi", "event_data": { "mdn": "13125550100", "age": "18" } }
    ///         expect hello skips
    ///     }
    /// "#)?;
    /// let report = &engine.run_tests()[0];
    /// assert!(report.passed());
    /// let breaches: Vec<&str> = report.breaches().collect();
    /// assert_eq!(breaches, ["event_data.age is declared number and is a string"]);
    /// # Ok::<(), pointsman::Diagnostics>(())
    /// ```
    pub fn breaches(&self) -> impl Iterator<Item = &str> {
        self.breaches.iter().map(|breach| &**breach)
    }

    /// Returns the rules that accepted an event of this test, without duplicates: its coverage.
    pub fn accepted_rules(&self) -> impl Iterator<Item = &str> {
        self.accepted.iter().map(|rule| &**rule)
    }
}

impl TestFailure {
    /// Returns the line of the expectation, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Returns the column of the expectation, in characters from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// Returns what was expected, and what happened instead.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the explanation of the rule, if the expectation is about one.
    #[must_use]
    pub fn explanation(&self) -> Option<&str> {
        self.explanation.as_deref()
    }
}
