//! Warns about SMS whose fixed texts alone need UCS-2 or several segments.

use crate::diagnostic::{Code, Fault};
use crate::hir::TemplateSource;
use crate::outcome::message::Encoding;
use crate::outcome::sms;
use crate::template::parsed::place;
use crate::template::tags::FixedText;
use crate::text::span::Place;

/// The fixed texts that are rendered for every event.
#[derive(Debug, Default)]
pub(in crate::template) struct FixedTexts {
    text: String,
    /// The place of the first character that forces UCS-2.
    forcing: Option<Place>,
}

impl FixedTexts {
    /// Adds a fixed text of the message, or of a template that it includes at `include`.
    pub(in crate::template) fn add(
        &mut self,
        text: &FixedText,
        source: &TemplateSource,
        include: Option<Place>,
    ) {
        self.text.push_str(&text.value);
        let forces = |c: &char| sms::septets(*c).is_none();
        if let (None, Some(c)) = (self.forcing, text.value.chars().find(forces)) {
            // The text as written contains whitespace and backslashes that are not rendered.
            let written = source.text.get(text.at.clone()).unwrap_or("");
            let at = text.at.start.saturating_add(written.find(c).unwrap_or(0));
            let own = || place(source, at..at.saturating_add(c.len_utf8()));
            // The warning is about the message, so it points into the message.
            self.forcing = Some(include.unwrap_or_else(own));
        }
    }

    /// Warns if the text costs more than it seems to.
    pub(in crate::template) fn warn(&self, source: &TemplateSource, faults: &mut Vec<Fault>) {
        const SHOWN: usize = 10;
        let length = sms::measure(&self.text);
        if length.encoding() == Encoding::Ucs2 {
            let characters = length.ucs2().iter().take(SHOWN);
            let shown: Vec<String> = characters.map(|c| format!("`{c}`")).collect();
            let message = format!(
                "{} force{} UCS-2 encoding: 70 characters per segment instead of 160",
                shown.join(" "),
                if shown.len() == 1 { "s" } else { "" }
            );
            let at = self.forcing.unwrap_or(source.place);
            faults.push(Fault::new(Code::ForcesUcs2, at, message));
        }
        if length.segments() > 1 {
            let segments = length.segments();
            let message = format!("the fixed text alone takes {segments} segments");
            faults.push(Fault::new(Code::SecondSegment, source.place, message));
        }
    }
}
