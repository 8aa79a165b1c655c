//! Classifies text in blocks of 64 bytes: one bit per byte, and which bytes are inside strings.
//!
//! The method is that of simdjson's first stage.

use wide::u8x16;

/// Bytes per block.
pub(super) const BLOCK: usize = 64;

/// Loads the block at `at`. Returns `None` past the end: text read in blocks is followed by one
/// block of zeros.
#[inline(always)]
pub(super) fn block(bytes: &[u8], at: usize) -> Option<Lanes> {
    Some(Lanes::of(bytes.get(at..)?.first_chunk()?))
}

/// The positions of quotes and backslashes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delimiters {
    quotes: u64,
    backslashes: u64,
}

/// The positions of one kind of bracket.
#[derive(Clone, Copy, Debug)]
pub(super) struct BracketMasks {
    pub(super) opening: u64,
    pub(super) closing: u64,
}

impl BracketMasks {
    /// Keeps the brackets at these positions.
    #[inline(always)]
    pub(super) const fn masked(self, places: u64) -> Self {
        Self {
            opening: self.opening & places,
            closing: self.closing & places,
        }
    }
}

/// The state of the string scanner between two blocks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StringState {
    /// All bits set inside a string, else zero.
    in_string: u64,
    /// The lowest bit is set if the first byte of the next block is escaped.
    escaped: u64,
}

impl StringState {
    /// Consumes the next block. Returns the bytes inside strings: from an opening quote up to, but
    /// not including, the closing one.
    #[inline(always)]
    pub(super) fn next(&mut self, delimiters: Delimiters) -> u64 {
        let mut escaped = self.escaped;
        self.escaped = 0;
        if delimiters.backslashes != 0 {
            (escaped, self.escaped) = escapes(delimiters.backslashes, escaped);
        }
        let inside = prefix_xor(delimiters.quotes & !escaped) ^ self.in_string;
        self.in_string = 0_u64.wrapping_sub(inside >> 63);
        inside
    }
}

/// Returns which bytes are escaped by a backslash, and whether the first byte of the next block is.
#[inline(never)]
const fn escapes(backslashes: u64, before: u64) -> (u64, u64) {
    let mut escapes = 0;
    let mut escaped = before;
    let mut left = backslashes & !before;
    while left != 0 {
        let first = left & left.wrapping_neg();
        escapes |= first;
        escaped |= first << 1;
        left &= !(first | first << 1);
    }
    (escaped, escapes >> 63)
}

/// A block, loaded into four vectors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes {
    a: u8x16,
    b: u8x16,
    c: u8x16,
    d: u8x16,
}

impl Lanes {
    #[inline(always)]
    fn of(block: &[u8; BLOCK]) -> Self {
        let lane = |at: usize| {
            let bytes = block.get(at..).and_then(|rest| rest.first_chunk());
            u8x16::from(*bytes.unwrap_or(&[0; 16]))
        };
        Self {
            a: lane(0),
            b: lane(16),
            c: lane(32),
            d: lane(48),
        }
    }

    #[inline(always)]
    pub(super) fn delimiters(self) -> Delimiters {
        Delimiters {
            quotes: self.bits(|lane| lane.simd_eq(u8x16::splat(b'"'))),
            backslashes: self.rare_bits(|lane| lane.simd_eq(u8x16::splat(b'\\'))),
        }
    }

    /// Returns all brackets. Only meaningful outside strings.
    #[inline(always)]
    pub(super) fn brackets(self) -> u64 {
        self.bits(is_bracket)
    }

    /// Returns the brackets of the kind that `OPENING` opens.
    #[inline(always)]
    pub(super) fn brackets_of<const OPENING: u8>(self) -> BracketMasks {
        let is = |bracket: u8| move |lane: u8x16| lane.simd_eq(u8x16::splat(bracket));
        BracketMasks {
            opening: self.bits(is(OPENING)),
            closing: self.bits(is(OPENING.wrapping_add(2))),
        }
    }

    #[inline(always)]
    pub(super) fn commas(self) -> u64 {
        self.bits(|lane| lane.simd_eq(u8x16::splat(b',')))
    }

    /// Returns commas and brackets. Only meaningful outside strings.
    #[inline(always)]
    pub(super) fn separators(self) -> u64 {
        self.bits(|lane| lane.simd_eq(u8x16::splat(b',')) | is_bracket(lane))
    }

    /// Returns one bit per byte, the first byte lowest.
    #[inline(always)]
    fn bits(self, test: impl Fn(u8x16) -> u8x16) -> u64 {
        gather(test(self.a), test(self.b), test(self.c), test(self.d))
    }

    /// As [`Lanes::bits`], for bytes that most blocks do not contain.
    #[inline(always)]
    fn rare_bits(self, test: impl Fn(u8x16) -> u8x16) -> u64 {
        let (a, b, c, d) = (test(self.a), test(self.b), test(self.c), test(self.d));
        if ((a | b) | (c | d)).to_bitmask() == 0 {
            0
        } else {
            gather_rare(a, b, c, d)
        }
    }
}

/// Also true for a few letters that valid text never contains outside strings.
#[inline(always)]
fn is_bracket(lane: u8x16) -> u8x16 {
    (lane | u8x16::splat(0x26)).simd_eq(u8x16::splat(0x7f))
}

#[cold]
#[inline(never)]
fn gather_rare(a: u8x16, b: u8x16, c: u8x16, d: u8x16) -> u64 {
    gather(a, b, c, d)
}

#[inline(always)]
fn gather(a: u8x16, b: u8x16, c: u8x16, d: u8x16) -> u64 {
    let low = u64::from(a.to_bitmask()) | u64::from(b.to_bitmask()) << 16;
    let high = u64::from(c.to_bitmask()) | u64::from(d.to_bitmask()) << 16;
    low | high << 32
}

/// Prefix XOR: sets all bits from each odd set bit up to the next set one.
#[inline(always)]
const fn prefix_xor(bits: u64) -> u64 {
    let bits = bits ^ bits << 1;
    let bits = bits ^ bits << 2;
    let bits = bits ^ bits << 4;
    let bits = bits ^ bits << 8;
    let bits = bits ^ bits << 16;
    bits ^ bits << 32
}
