//! The words of the language that have a fixed meaning.

/// The word that begins a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Company,
    Event,
    Const,
    Template,
    Rule,
    Test,
}

impl Keyword {
    pub(super) const ALL: [Self; 6] = [
        Self::Company,
        Self::Event,
        Self::Const,
        Self::Template,
        Self::Rule,
        Self::Test,
    ];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Event => "event",
            Self::Const => "const",
            Self::Template => "template",
            Self::Rule => "rule",
            Self::Test => "test",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "company" => Self::Company,
            "event" => Self::Event,
            "const" => Self::Const,
            "template" => Self::Template,
            "rule" => Self::Rule,
            "test" => Self::Test,
            _ => return None,
        })
    }
}
