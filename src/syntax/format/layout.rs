//! Formatting for hosts: text in, text in the one layout out. Knows the way from one to the other, and
//! neither grammar nor layout.

use std::sync::Arc;

use crate::diagnostic::{Diagnostics, SourceText};
use crate::limits::Limits;
use crate::text::span::SourceId;

/// Puts rules into the one canonical layout, comments kept.
///
/// Formatting changes no meaning, and formatting what was formatted changes nothing. `name` stands in
/// diagnostics as the name of the source.
///
/// ```
/// let text = pointsman::format("shop.rules", "const metro=[ 'a' ]", &pointsman::Limits::default());
/// assert!(text.is_err());
///
/// let text = pointsman::format("shop.rules", "const metro=[ \"a\" ]", &pointsman::Limits::default())?;
/// assert_eq!(text, "const metro = [\"a\"]\n");
/// # Ok::<(), pointsman::Diagnostics>(())
/// ```
///
/// # Errors
///
/// What is wrong with the syntax; names and types are not looked at.
pub fn format(name: &str, text: &str, limits: &Limits) -> Result<String, Diagnostics> {
    let mut faults = Vec::new();
    let file = crate::syntax::parse(SourceId(0), text, limits, &mut faults);
    if faults.is_empty() {
        return Ok(super::file(&file));
    }
    let source = SourceText {
        name: Arc::from(name),
        text: Arc::from(text),
    };
    Err(Diagnostics::new(faults, &[source], limits))
}
