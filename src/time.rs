//! Points in time, zones and their text forms. The only file that names jiff; reads no clock.

/// A point in time, to the nanosecond, in the years 0001 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp {
    seconds: i64,
    nanoseconds: u32,
}
