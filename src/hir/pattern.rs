//! Compiles the patterns of string operators: `like`, `matches` and `in_network`.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use memchr::memmem;

use crate::text::case_fold;

/// A compiled `like` pattern. Patterns are equal if their text and their case rule are equal.
///
/// `*` matches any sequence, `?` any one character, and `\` escapes the next character. The pattern is
/// split at each `*`. The first and the last section are anchored to the ends of the text. The sections
/// between are searched for from left to right, each at its first match. That takes linear time,
/// because every search is linear and no search is repeated.
#[derive(Clone, Debug)]
pub(crate) struct Like {
    text: Box<str>,
    ignoring_case: bool,
    first: Box<[LikePiece]>,
    /// `None` if the pattern has no `*`, so that `first` has to match the whole text.
    rest: Option<Rest>,
}

/// The fixed parts of a pattern, which every matching text contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LikeParts<'l> {
    /// The only text that matches.
    pub(crate) whole: Option<&'l str>,
    pub(crate) begins: Option<&'l str>,
    pub(crate) ends: Option<&'l str>,
    pub(crate) within: Vec<&'l str>,
}

/// The reason why a pattern is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LikeError {
    /// The pattern ends with an escape character.
    LoneEscape,
    /// More than [`WINDOW`] characters, at least one `?` among them, between two `*`.
    TooLong,
}

/// The maximum length of a section with `?` between two `*`. It keeps the search linear.
pub(crate) const WINDOW: usize = 1_024;

/// Translates the wildcards of SQL. Returns `None` if the pattern contains our wildcards, or if `%`
/// probably is a percent sign as in `50%`.
pub(crate) fn without_sql(text: &str) -> Option<String> {
    if text.contains(['*', '?', '\\']) || text == "%" {
        return None;
    }
    let digits = |before: &str| before.ends_with(|c: char| c.is_ascii_digit() || c == ' ');
    let ends = text.strip_suffix('%').is_some_and(|before| !digits(before));
    (ends || text.starts_with('%')).then(|| text.replace('%', "*"))
}

/// A compiled regular expression. Expressions are equal if their text and their case rule are equal.
#[derive(Clone, Debug)]
pub(crate) struct Regex {
    text: Box<str>,
    ignoring_case: bool,
    regex: regex::Regex,
}

/// The reason why a regular expression is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RegexError {
    /// The message of the `regex` crate in one line.
    Syntax(String),
    /// The compiled expression would be larger than this number of bytes.
    TooLarge(usize),
}

/// An IPv4 or IPv6 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network {
    /// IPv4 addresses are not mapped to IPv6. The bits after the prefix are zero.
    address: IpAddr,
    prefix: u8,
}

impl Like {
    pub(crate) fn new(text: &str, ignoring_case: bool) -> Result<Self, LikeError> {
        let mut cuts = split(text, ignoring_case)?.into_iter();
        let first = cuts.next().unwrap_or_default();
        let last = cuts.next_back();
        let rest = match last {
            None => None,
            Some(last) => Some(Rest {
                between: cuts
                    .filter(|cut| !cut.is_empty())
                    .map(|cut| Search::new(&cut))
                    .collect::<Result<_, _>>()?,
                last_chars: last.iter().map(LikePiece::chars).sum(),
                last: last.into(),
            }),
        };
        Ok(Self {
            text: text.into(),
            ignoring_case,
            first: first.into(),
            rest,
        })
    }

    /// Returns the pattern as written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) const fn ignoring_case(&self) -> bool {
        self.ignoring_case
    }

    /// Returns the fixed parts of the pattern; case-folded if case is ignored.
    pub(crate) fn parts(&self) -> LikeParts<'_> {
        let whole = match (&*self.first, &self.rest) {
            ([], None) => Some(""),
            ([LikePiece::Text(text)], None) => Some(&**text),
            _ => None,
        };
        let last = self.rest.as_ref().map_or(&self.first, |rest| &rest.last);
        let between = self.rest.iter().flat_map(|rest| &rest.between);
        LikeParts {
            whole,
            begins: self.first.first().and_then(LikePiece::text),
            ends: last.last().and_then(LikePiece::text),
            within: between.filter_map(Search::text).collect(),
        }
    }

    /// Returns whether the pattern matches the whole of `text`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        if self.ignoring_case {
            self.matches_folded(&case_fold::fold(text))
        } else {
            self.matches_folded(text)
        }
    }

    fn matches_folded(&self, text: &str) -> bool {
        let Some(mut left) = take(&self.first, text) else {
            return false;
        };
        let Some(rest) = &self.rest else {
            return left.is_empty();
        };
        for search in &rest.between {
            match search.after_match(left) {
                Some(after) => left = after,
                None => return false,
            }
        }
        // Earlier sections must not use the characters that the last section matches.
        match start_of_last(left, rest.last_chars) {
            Some(tail) => take(&rest.last, tail).is_some_and(str::is_empty),
            None => false,
        }
    }
}

impl PartialEq for Like {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ignoring_case == other.ignoring_case
    }
}

impl Eq for Like {}

impl Hash for Like {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        self.ignoring_case.hash(state);
    }
}

impl Regex {
    /// Compiles an expression. Neither the program nor its cache may exceed `size_limit` bytes.
    pub(crate) fn new(
        text: &str,
        ignoring_case: bool,
        size_limit: usize,
    ) -> Result<Self, RegexError> {
        let built = regex::RegexBuilder::new(text)
            .case_insensitive(ignoring_case)
            .size_limit(size_limit)
            .dfa_size_limit(size_limit)
            .build();
        match built {
            Ok(regex) => Ok(Self {
                text: text.into(),
                ignoring_case,
                regex,
            }),
            Err(regex::Error::CompiledTooBig(bytes)) => Err(RegexError::TooLarge(bytes)),
            Err(error) => Err(RegexError::Syntax(one_line(&error.to_string()))),
        }
    }

    /// Returns the expression as written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether the expression matches anywhere in `text`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ignoring_case == other.ignoring_case
    }
}

impl Eq for Regex {}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        self.ignoring_case.hash(state);
    }
}

impl Network {
    /// Parses `10.0.0.0/8`, `2001:db8::/32` or a single address. Bits after the prefix are ignored:
    /// `10.1.2.3/8` is `10.0.0.0/8`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            // Reject signs and leading zeros.
            Some(digits)
                if digits.bytes().all(|b| b.is_ascii_digit())
                    && (digits == "0" || !digits.starts_with('0')) =>
            {
                digits.parse().ok().filter(|prefix| *prefix <= most)?
            }
            Some(_) => return None,
        };
        Some(Self {
            address: first_address(address, prefix),
            prefix,
        })
    }

    /// Returns the network of this size that contains an address.
    pub(crate) fn of(address: IpAddr, prefix: u8) -> Self {
        Self {
            address: first_address(address, prefix),
            prefix,
        }
    }

    /// Returns the first address of the network.
    pub(crate) const fn address(&self) -> IpAddr {
        self.address
    }

    /// Returns the number of significant leading bits.
    pub(crate) const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Returns whether `text` is an address of the network.
    pub(crate) fn contains(&self, text: &str) -> bool {
        text.parse().is_ok_and(|address: IpAddr| {
            address.is_ipv4() == self.address.is_ipv4()
                && first_address(address, self.prefix) == self.address
        })
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Clears the bits of an address after `prefix`.
fn first_address(address: IpAddr, prefix: u8) -> IpAddr {
    let after = |bits: u32| bits.saturating_sub(u32::from(prefix));
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(after(u32::BITS)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(after(u128::BITS)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    }
}

/// Returns the last line of a message of the `regex` crate, without its `error: ` prefix.
fn one_line(text: &str) -> String {
    let last = text.lines().last().unwrap_or(text).trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// A run of literal text or of `?` in a section between two `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum LikePiece {
    Text(Box<str>),
    /// This number of `?`.
    Any(usize),
}

impl LikePiece {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Any(_) => None,
        }
    }

    fn chars(&self) -> usize {
        match self {
            Self::Text(text) => text.chars().count(),
            Self::Any(count) => *count,
        }
    }
}

#[derive(Clone, Debug)]
struct Rest {
    between: Box<[Search]>,
    last: Box<[LikePiece]>,
    last_chars: usize,
}

/// Splits a pattern at each `*` into sections; there is at least one.
fn split(text: &str, ignoring_case: bool) -> Result<Vec<Vec<LikePiece>>, LikeError> {
    let mut cuts = Vec::new();
    let mut pieces: Vec<LikePiece> = Vec::new();
    let mut literal = String::new();
    let finish = |literal: &mut String, pieces: &mut Vec<LikePiece>| {
        if !literal.is_empty() {
            pieces.push(LikePiece::Text(literal.as_str().into()));
            literal.clear();
        }
    };
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => {
                finish(&mut literal, &mut pieces);
                cuts.push(std::mem::take(&mut pieces));
            }
            '?' => {
                finish(&mut literal, &mut pieces);
                if let Some(LikePiece::Any(count)) = pieces.last_mut() {
                    *count = count.saturating_add(1);
                } else {
                    pieces.push(LikePiece::Any(1));
                }
            }
            c => {
                let c = match c {
                    '\\' => chars.next().ok_or(LikeError::LoneEscape)?,
                    c => c,
                };
                literal.push(if ignoring_case {
                    case_fold::fold_char(c)
                } else {
                    c
                });
            }
        }
    }
    finish(&mut literal, &mut pieces);
    cuts.push(pieces);
    Ok(cuts)
}

/// Matches `pieces` at the start of `text` and returns the rest.
fn take<'a>(pieces: &[LikePiece], text: &'a str) -> Option<&'a str> {
    pieces.iter().try_fold(text, |left, piece| match piece {
        LikePiece::Text(literal) => left.strip_prefix(&**literal),
        LikePiece::Any(count) => {
            let mut chars = left.chars();
            chars.nth(count.checked_sub(1)?)?;
            Some(chars.as_str())
        }
    })
}

/// Returns the last `count` characters of `text`, if it has that many.
fn start_of_last(text: &str, count: usize) -> Option<&str> {
    let at = match count.checked_sub(1) {
        None => text.len(),
        Some(before) => text.char_indices().rev().nth(before)?.0,
    };
    text.get(at..)
}

/// The search for a section between two `*`.
#[derive(Clone, Debug)]
enum Search {
    Text(Box<memmem::Finder<'static>>),
    Window(Window),
}

impl Search {
    fn new(pieces: &[LikePiece]) -> Result<Self, LikeError> {
        if let [LikePiece::Text(text)] = pieces {
            let finder = memmem::Finder::new(text.as_bytes()).into_owned();
            return Ok(Self::Text(Box::new(finder)));
        }
        Window::new(pieces)
            .map(Self::Window)
            .ok_or(LikeError::TooLong)
    }

    /// Returns the text of a section without `?`.
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(finder) => std::str::from_utf8(finder.needle()).ok(),
            Self::Window(_) => None,
        }
    }

    /// Returns the text after the first match of the section.
    fn after_match<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Text(finder) => {
                let at = finder.find(text.as_bytes())?;
                text.get(at.saturating_add(finder.needle().len())..)
            }
            Self::Window(window) => window.after_match(text),
        }
    }
}

/// Searches for a section with `?` with the shift-and algorithm. Bit `i` says whether the text read so
/// far ends with the first `i + 1` characters of the section, so each character of the text costs a
/// fixed number of words.
#[derive(Clone, Debug)]
struct Window {
    /// The number of characters, at most [`WINDOW`].
    length: usize,
    /// The positions that match any character.
    any: Box<[u64]>,
    /// The positions that match a character of the pattern, including those in `any`; sorted by
    /// character.
    of: Box<[(char, Box<[u64]>)]>,
}

impl Window {
    fn new(pieces: &[LikePiece]) -> Option<Self> {
        let length: usize = pieces.iter().map(LikePiece::chars).sum();
        if length > WINDOW {
            return None;
        }
        let words = length.div_ceil(64);
        let mut any = vec![0_u64; words];
        let mut places: Vec<(char, usize)> = Vec::new();
        let mut at = 0_usize;
        for piece in pieces {
            match piece {
                LikePiece::Text(text) => {
                    for c in text.chars() {
                        places.push((c, at));
                        at = at.saturating_add(1);
                    }
                }
                LikePiece::Any(count) => {
                    for _ in 0..*count {
                        set(&mut any, at);
                        at = at.saturating_add(1);
                    }
                }
            }
        }
        places.sort_unstable();
        let mut of: Vec<(char, Box<[u64]>)> = Vec::new();
        for (c, at) in places {
            if of.last().is_none_or(|(last, _)| *last != c) {
                of.push((c, any.clone().into()));
            }
            if let Some((_, bits)) = of.last_mut() {
                set(bits, at);
            }
        }
        Some(Self {
            length,
            any: any.into(),
            of: of.into(),
        })
    }

    fn after_match<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut state = [0_u64; WINDOW / 64];
        let last = self.length.saturating_sub(1);
        let mut chars = text.chars();
        loop {
            let c = chars.next()?;
            let bits = match self.of.binary_search_by_key(&c, |(c, _)| *c) {
                Ok(at) => self.of.get(at).map_or(&self.any, |(_, bits)| bits),
                Err(_) => &self.any,
            };
            let mut carry = 1;
            for (word, bits) in state.iter_mut().zip(bits) {
                let next = *word >> 63;
                *word = ((*word << 1) | carry) & bits;
                carry = next;
            }
            if state
                .get(last / 64)
                .is_some_and(|word| word & (1 << (last % 64)) != 0)
            {
                return Some(chars.as_str());
            }
        }
    }
}

fn set(bits: &mut [u64], at: usize) {
    if let Some(word) = bits.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::{Like, LikeError, Network, Regex, RegexError, without_sql};
    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

    fn like(pattern: &str, text: &str) -> bool {
        Like::new(pattern, false).unwrap().matches(text)
    }

    #[test]
    fn sql_wildcards_are_translated() {
        for (theirs, ours) in [
            ("A%", "A*"),
            ("%@gmail.com", "*@gmail.com"),
            ("%a%b%", "*a*b*"),
        ] {
            assert_eq!(without_sql(theirs).as_deref(), Some(ours));
        }
        for text in [
            "", "%", "A", "A*", "A%*", "50%", "50 %", "5% off", "a_c", "_", "?%", "A\\%",
        ] {
            assert_eq!(without_sql(text), None, "{text}");
        }
    }

    #[test]
    fn like_matches_the_whole_text() {
        for (pattern, text, holds) in [
            ("Order-*-EU", "Order-17-EU", true),
            ("Order-*-EU", "Order--EU", true),
            ("Order-*-EU", "Order-EU", false),
            ("Order-*-EU", "xOrder-1-EU", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("**", "anything", true),
            ("?", "ä", true),
            ("?", "", false),
            ("??", "a", false),
            ("a?c*", "abcdef", true),
            ("*a?c", "xxabc", true),
            ("*a?c", "xxabcx", false),
            ("*b?d*f", "abcbcdef", true),
            ("*😀?b*", "xx😀äbyy", true),
            ("*aa?b*", "aaaab", true),
            ("a*a", "a", false),
            ("ab*ba", "aba", false),
            ("*ab*ab", "ab", false),
            (r"100\%", "100%", true),
            (r"\*\?\\", r"*?\", true),
            (r"\*", "a", false),
            ("*\n*", "a\nb", true),
        ] {
            assert_eq!(like(pattern, text), holds, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn like_ignores_case() {
        let pattern = Like::new("grÜn*?EE", true).unwrap();
        assert!(pattern.matches("GRünkohl-Xee"));
        assert!(!Like::new("grÜn*", false).unwrap().matches("grün"));
    }

    #[test]
    fn invalid_like_patterns_are_rejected() {
        assert_eq!(Like::new(r"a\", false), Err(LikeError::LoneEscape));
        let long = format!("*{}?*", "a".repeat(1_024));
        assert_eq!(Like::new(&long, false), Err(LikeError::TooLong));
        let fits = format!("*{}?*", "a".repeat(1_023));
        assert!(Like::new(&fits, false).is_ok_and(|like| like.matches(&"a".repeat(1_024))));
        // Without a `*`, no search is needed.
        assert!(Like::new(&"?a".repeat(2_000), false).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn like_agrees_with_a_regular_expression(pattern in r"[ab?*]{0,9}", text in "[abä]{0,12}") {
            let mut expression = String::from("(?s)^");
            for c in pattern.chars() {
                match c {
                    '*' => expression.push_str(".*"),
                    '?' => expression.push('.'),
                    c => expression.push(c),
                }
            }
            expression.push('$');
            let holds = regex::Regex::new(&expression).unwrap().is_match(&text);
            prop_assert_eq!(like(&pattern, &text), holds);
        }
    }

    #[test]
    fn regex_is_unanchored_and_limited() {
        let limit = 1 << 20;
        let regex = Regex::new("b+c", false, limit).unwrap();
        assert!(regex.matches("abbcd") && !regex.matches("aBC"));
        assert!(Regex::new("b+c", true, limit).unwrap().matches("aBC"));
        assert_eq!(
            Regex::new("a(b", false, limit),
            Err(RegexError::Syntax("unclosed group".to_owned()))
        );
        assert_eq!(
            Regex::new(r"\w{1000}", false, limit),
            Err(RegexError::TooLarge(limit))
        );
    }

    #[test]
    fn networks_contain_addresses() {
        let holds =
            |network: &str, address: &str| Network::parse(network).unwrap().contains(address);
        assert!(holds("10.0.0.0/8", "10.255.1.2"));
        assert!(holds("10.1.2.3/8", "10.255.1.2"));
        assert!(!holds("10.0.0.0/8", "11.0.0.0"));
        assert!(holds("0.0.0.0/0", "255.255.255.255"));
        assert!(!holds("0.0.0.0/0", "::1"));
        assert!(holds("192.168.1.7", "192.168.1.7"));
        assert!(!holds("192.168.1.7", "192.168.1.8"));
        assert!(holds("2001:db8::/32", "2001:0db8:ffff::1"));
        assert!(!holds("2001:db8::/32", "2001:db9::"));
        assert!(holds("::/0", "::1") && holds("::1", "0:0::1"));
        assert!(!holds("::ffff:0:0/96", "10.0.0.1"));
        assert!(!holds("10.0.0.0/8", "somewhere"));
        for wrong in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/08",
            "a",
        ] {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
        assert_eq!(
            Network::parse("10.1.2.3/8").unwrap().to_string(),
            "10.0.0.0/8"
        );
    }
}
