//! Checks media against the guidelines of a carrier.

use crate::lookup::answer::Media;

/// The media that an mms may carry.
///
/// The default allows images of at most 524,288 bytes, the half megabyte of the error text on Vibes'
/// callbacks page. The page lists no content types; JPEG, PNG and GIF are a choice of this crate.
///
/// ```
/// use pointsman::outcome::MediaGuidelines;
///
/// let guidelines = MediaGuidelines::new(["image/png", "video/mp4"], 1 << 20);
/// assert_ne!(guidelines, MediaGuidelines::default());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaGuidelines {
    content_types: Vec<Box<str>>,
    image_bytes: u64,
}

impl Default for MediaGuidelines {
    fn default() -> Self {
        Self::new(["image/jpeg", "image/png", "image/gif"], 1 << 19)
    }
}

impl MediaGuidelines {
    /// Allows the given content types, written without parameters, and images of at most `image_bytes`.
    #[must_use]
    pub fn new<T: Into<Box<str>>>(
        content_types: impl IntoIterator<Item = T>,
        image_bytes: u64,
    ) -> Self {
        Self {
            content_types: content_types.into_iter().map(Into::into).collect(),
            image_bytes,
        }
    }

    /// Returns the reason why the media must not be sent. Parameters and case of the type are ignored.
    pub(crate) fn violation(&self, media: &Media) -> Option<String> {
        let given = media.content_type.as_deref();
        let essence = given.map(|given| given.split(';').next().unwrap_or_default().trim());
        if let Some(essence) = essence
            && !self
                .content_types
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(essence))
        {
            return Some(format!("Content of type {essence} are not allowed"));
        }
        let is_image = essence.is_none_or(|essence| {
            essence
                .get(..6)
                .is_some_and(|kind| kind.eq_ignore_ascii_case("image/"))
        });
        (is_image && media.bytes.is_some_and(|bytes| bytes > self.image_bytes)).then(|| {
            format!(
                "Image size cannot exceed {} megabytes",
                megabytes(self.image_bytes)
            )
        })
    }
}

/// Formats the exact number of megabytes. A byte is 2^-20 megabytes, so twenty decimals suffice.
fn megabytes(bytes: u64) -> String {
    let mut text = (bytes >> 20).to_string();
    let mut rest = bytes & 0xf_ffff;
    if rest > 0 {
        text.push('.');
    }
    while rest > 0 {
        rest = rest.saturating_mul(10);
        text.push_str(&(rest >> 20).to_string());
        rest &= 0xf_ffff;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_and_sizes_are_checked() {
        let too_big = "Image size cannot exceed 0.5 megabytes";
        let cases = [
            (Media::new("image/png", 524_288), None),
            (Media::new("image/png", 524_289), Some(too_big)),
            (Media::new("IMAGE/Jpeg; q=1", 10), None),
            (Media::new(" image/gif ", 600_000), Some(too_big)),
            (
                Media::new("application/pdf; x=y", 1),
                Some("Content of type application/pdf are not allowed"),
            ),
            (Media::new("", 1), Some("Content of type  are not allowed")),
            (Media::default(), None),
        ];
        for (media, fault) in cases {
            assert_eq!(
                MediaGuidelines::default().violation(&media).as_deref(),
                fault,
                "{media:?}"
            );
        }
        let wide = MediaGuidelines::new(["image/png", "video/mp4"], 1_200_000);
        assert_eq!(wide.violation(&Media::new("video/mp4", 9_000_000)), None);
        assert_eq!(
            wide.violation(&Media::new("image/png", 9_000_000)).unwrap(),
            "Image size cannot exceed 1.1444091796875 megabytes"
        );
    }
}
