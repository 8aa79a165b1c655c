//! The operators and functions of conditions and the words that write them.

/// An enum whose variants are words of the language, with both directions between the two.
macro_rules! words {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident { $($variant:ident = $word:literal,)* }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $visibility enum $name {
            $($variant,)*
        }

        impl $name {
            const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The words of all variants.
            pub(in crate::syntax) const WORDS: &[&str] = &[$($word,)*];

            /// Returns how rules write it.
            $visibility const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Returns the variant written as `word`.
            pub(in crate::syntax) fn from_word(word: &str) -> Option<Self> {
                let index = Self::WORDS.iter().position(|known| *known == word)?;
                Self::ALL.get(index).copied()
            }
        }
    };
}

pub(super) use words;

words! {
    pub(crate) enum Quantifier {
        Any = "any",
        All = "all",
        None = "none",
    }
}

words! {
    pub(crate) enum CompareOp {
        Equal = "==",
        NotEqual = "!=",
        Less = "<",
        LessOrEqual = "<=",
        Greater = ">",
        GreaterOrEqual = ">=",
    }
}

words! {
    pub(crate) enum TextOp {
        Contains = "contains",
        StartsWith = "starts_with",
        EndsWith = "ends_with",
        Like = "like",
        Matches = "matches",
        InNetwork = "in_network",
    }
}

words! {
    /// The word after `is`.
    pub(crate) enum Is {
        Present = "present",
        Missing = "missing",
        Null = "null",
        Blank = "blank",
        String = "string",
        Number = "number",
        Bool = "bool",
        List = "list",
        Object = "object",
    }
}

words! {
    pub(crate) enum Function {
        Count = "count",
        Length = "length",
        Number = "number",
        Time = "time",
        TimeOfDay = "time_of_day",
    }
}

impl CompareOp {
    /// Returns the comparison that is true where this one is false; both are unknown together.
    pub(crate) const fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    /// Returns the same comparison with its operands swapped.
    pub(crate) const fn mirrored(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }
}
