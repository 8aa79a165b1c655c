//! Truncates long texts for messages.

/// Returns the first 40 characters of `text`, with an ellipsis if there are more.
pub(crate) fn truncate(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut chars = text.chars();
    let mut out: String = chars.by_ref().take(LONGEST).collect();
    if chars.next().is_some() {
        out.push('…');
    }
    out
}
