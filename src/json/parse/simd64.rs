//! Text in blocks of 64 bytes: what is where in one, as a bit of a word for each byte, and which of it is
//! inside of strings. Knows no value.

use wide::u8x16;

/// Bytes that are looked at together.
pub(super) const BLOCK: usize = 64;

/// The block that begins at `at`. `None` where the text ends before it does: behind one that is read by
/// blocks so many zeros stand.
#[inline(always)]
pub(super) fn block(bytes: &[u8], at: usize) -> Option<Lanes> {
    Some(Lanes::of(bytes.get(at..)?.first_chunk()?))
}

/// Where quotes and backslashes are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delimiters {
    quotes: u64,
    backslashes: u64,
}

/// Brackets of a kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brackets {
    pub(super) opening: u64,
    pub(super) closing: u64,
}

impl Brackets {
    /// Those that stand there.
    #[inline(always)]
    pub(super) const fn among(self, places: u64) -> Self {
        Self {
            opening: self.opening & places,
            closing: self.closing & places,
        }
    }
}

/// What is known of strings between two blocks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Strings {
    /// All bits where a string goes on, else none.
    goes_on: u64,
    /// The lowest bit where the first byte to come is escaped.
    escaped: u64,
}

impl Strings {
    /// The next block: what of it is inside of strings, from the quote that opens one on up to that which
    /// closes it, without that.
    #[inline(always)]
    pub(super) fn next(&mut self, delimiters: Delimiters) -> u64 {
        let mut escaped = self.escaped;
        self.escaped = 0;
        if delimiters.backslashes != 0 {
            (escaped, self.escaped) = escapes(delimiters.backslashes, escaped);
        }
        let inside = up_to_next(delimiters.quotes & !escaped) ^ self.goes_on;
        self.goes_on = 0_u64.wrapping_sub(inside >> 63);
        inside
    }
}

/// Which bytes are escaped by backslashes, some by one before the block, and whether the first behind it.
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

/// A block, ready to be asked.
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

    /// Brackets of all kinds, outside of strings.
    #[inline(always)]
    pub(super) fn brackets(self) -> u64 {
        self.bits(is_bracket)
    }

    /// Brackets of the kind of that one, which opens.
    #[inline(always)]
    pub(super) fn brackets_of<const OPENING: u8>(self) -> Brackets {
        let is = |bracket: u8| move |lane: u8x16| lane.simd_eq(u8x16::splat(bracket));
        Brackets {
            opening: self.bits(is(OPENING)),
            closing: self.bits(is(OPENING.wrapping_add(2))),
        }
    }

    #[inline(always)]
    pub(super) fn commas(self) -> u64 {
        self.bits(|lane| lane.simd_eq(u8x16::splat(b',')))
    }

    /// Commas and brackets, outside of strings.
    #[inline(always)]
    pub(super) fn separators(self) -> u64 {
        self.bits(|lane| lane.simd_eq(u8x16::splat(b',')) | is_bracket(lane))
    }

    /// One bit for each byte, the first one lowest.
    #[inline(always)]
    fn bits(self, test: impl Fn(u8x16) -> u8x16) -> u64 {
        gather(test(self.a), test(self.b), test(self.c), test(self.d))
    }

    /// As [`Lanes::bits`], for what most blocks have none of.
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

/// What a bracket has in common with letters that no good text has outside of strings.
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

/// From each odd bit that is set on, all bits below the next one that is.
#[inline(always)]
const fn up_to_next(bits: u64) -> u64 {
    let bits = bits ^ bits << 1;
    let bits = bits ^ bits << 2;
    let bits = bits ^ bits << 4;
    let bits = bits ^ bits << 8;
    let bits = bits ^ bits << 16;
    bits ^ bits << 32
}
