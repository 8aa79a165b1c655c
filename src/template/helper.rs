//! Lists the helpers that templates may call, and their parameters.

/// A built-in helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Helper {
    Default,
    Upper,
    Lower,
    Capitalize,
    Title,
    Trim,
    Truncate,
    Replace,
    UrlEncode,
    Json,
    Join,
    Sentence,
    Plural,
    Number,
    Currency,
    Percent,
    Date,
    Length,
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
    And,
    Or,
    Not,
    Incentive,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParameterType {
    Any,
    /// A scalar, which has a text form.
    Text,
    /// A number, or a string that contains one.
    Number,
    /// A number of characters.
    Count,
    /// A number of decimals.
    Decimals,
    List,
    /// An RFC 3339 string or seconds since the epoch.
    Time,
    /// A list or a string.
    Length,
    /// A currency code.
    Currency,
    /// A `strftime` pattern.
    DatePattern,
    Zone,
    /// The name of an incentive pool, as a literal.
    Pool,
}

/// The name and the parameters of a helper.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) helper: Helper,
    pub(super) name: &'static str,
    pub(super) arguments: &'static [ParameterType],
    /// More arguments of the type of the last one can follow.
    pub(super) more: bool,
    /// The `name=value` options, in the order in which they follow the arguments in a call.
    pub(super) options: &'static [(&'static str, ParameterType)],
    /// An example call for help texts.
    pub(super) usage: &'static str,
}

impl Helper {
    /// Returns whether the result is true, false or unknown.
    pub(super) const fn is_condition(self) -> bool {
        matches!(
            self,
            Self::Eq
                | Self::Ne
                | Self::Lt
                | Self::Lte
                | Self::Gt
                | Self::Gte
                | Self::And
                | Self::Or
                | Self::Not
        )
    }

    /// Returns whether the helper compares two arguments.
    pub(super) const fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Eq | Self::Ne | Self::Lt | Self::Lte | Self::Gt | Self::Gte
        )
    }
}

/// Finds a helper by its name.
pub(super) fn find(name: &str) -> Option<&'static Signature> {
    SIGNATURES.iter().find(|signature| signature.name == name)
}

/// Returns the names of all helpers, for "did you mean".
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SIGNATURES.iter().map(|signature| signature.name)
}

const fn plain(
    helper: Helper,
    name: &'static str,
    arguments: &'static [ParameterType],
    usage: &'static str,
) -> Signature {
    with_options(helper, name, arguments, &[], usage)
}

const fn with_options(
    helper: Helper,
    name: &'static str,
    arguments: &'static [ParameterType],
    options: &'static [(&'static str, ParameterType)],
    usage: &'static str,
) -> Signature {
    Signature {
        helper,
        name,
        arguments,
        more: matches!(helper, Helper::And | Helper::Or),
        options,
        usage,
    }
}

use ParameterType::{
    Any, Count, Currency, DatePattern, Decimals, Length, List, Number, Pool, Text, Time, Zone,
};

const SIGNATURES: &[Signature] = &[
    plain(
        Helper::Default,
        "default",
        &[Any, Any],
        "default x \"there\"",
    ),
    plain(Helper::Upper, "upper", &[Text], "upper x"),
    plain(Helper::Lower, "lower", &[Text], "lower x"),
    plain(Helper::Capitalize, "capitalize", &[Text], "capitalize x"),
    plain(Helper::Title, "title", &[Text], "title x"),
    plain(Helper::Trim, "trim", &[Text], "trim x"),
    with_options(
        Helper::Truncate,
        "truncate",
        &[Text, Count],
        &[("end", Text)],
        "truncate x 20 end=\"…\"",
    ),
    plain(
        Helper::Replace,
        "replace",
        &[Text, Text, Text],
        "replace x \"a\" \"b\"",
    ),
    plain(Helper::UrlEncode, "url_encode", &[Text], "url_encode x"),
    plain(Helper::Json, "json", &[Any], "json x"),
    plain(Helper::Join, "join", &[List, Text], "join x \", \""),
    plain(Helper::Sentence, "sentence", &[List], "sentence x"),
    plain(
        Helper::Plural,
        "plural",
        &[Number, Text, Text],
        "plural n \"item\" \"items\"",
    ),
    with_options(
        Helper::Number,
        "number",
        &[Number],
        &[("decimals", Decimals), ("group", Text), ("point", Text)],
        "number x decimals=2 group=\",\" point=\".\"",
    ),
    plain(
        Helper::Currency,
        "currency",
        &[Number, Currency],
        "currency x \"USD\"",
    ),
    with_options(
        Helper::Percent,
        "percent",
        &[Number],
        &[("decimals", Decimals)],
        "percent x decimals=0",
    ),
    with_options(
        Helper::Date,
        "date",
        &[Time, DatePattern],
        &[("tz", Zone)],
        "date x \"%d %b %H:%M\" tz=\"America/Chicago\"",
    ),
    plain(Helper::Length, "length", &[Length], "length x"),
    plain(Helper::Eq, "eq", &[Any, Any], "eq x y"),
    plain(Helper::Ne, "ne", &[Any, Any], "ne x y"),
    plain(Helper::Lt, "lt", &[Any, Any], "lt x y"),
    plain(Helper::Lte, "lte", &[Any, Any], "lte x y"),
    plain(Helper::Gt, "gt", &[Any, Any], "gt x y"),
    plain(Helper::Gte, "gte", &[Any, Any], "gte x y"),
    plain(Helper::And, "and", &[Any, Any], "and x y"),
    plain(Helper::Or, "or", &[Any, Any], "or x y"),
    plain(Helper::Not, "not", &[Any], "not x"),
    plain(
        Helper::Incentive,
        "incentive",
        &[Pool],
        "incentive \"POOL\"",
    ),
];

#[cfg(test)]
mod tests {
    use super::{SIGNATURES, find};

    #[test]
    fn every_helper_has_one_signature() {
        for signature in SIGNATURES {
            assert_eq!(find(signature.name).unwrap().helper, signature.helper);
            assert!(signature.usage.starts_with(signature.name));
        }
    }
}
