//! Dates: BSON dates, and ISO 8601 text. The counterpart of `dates.py`, whose docstring says which text is a date.

use crate::bson::{self, Value};

const DAY: i64 = 86_400_000;

/// A moment, and the month where the text names a month alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// UTC milliseconds since 1970.
    pub milliseconds: i64,
    /// Months since 1970-01.
    pub month: Option<i32>,
}

/// Read the date that a value is.
pub fn date(data: &[u8], value: Value) -> Option<Date> {
    match value.kind() {
        bson::DATE => Some(Date { milliseconds: bson::int64(data, value.start), month: None }),
        bson::STRING | bson::SYMBOL => parse(bson::slice(data, value.start + 4, value.end - 1)),
        _ => None,
    }
}

/// Read a date in ISO 8601 text.
fn parse(text: &[u8]) -> Option<Date> {
    let mut text = Cursor(text);
    let year = text.number(4).filter(|year| *year > 0)?;
    let day = match (text.peek(0), text.peek(1)) {
        (Some(b'W'), _) => {
            text.skip();
            week_day(&mut text, year, false)?
        }
        (Some(b'-'), Some(b'W')) => {
            text.skip();
            text.skip();
            week_day(&mut text, year, true)?
        }
        (Some(b'-'), _) => {
            text.skip();
            let month = text.number(2)?;
            if text.0.is_empty() {
                return month_alone(year, month);
            }
            text.take(b"-")?;
            calendar_day(year, month, text.number(2)?)?
        }
        _ => calendar_day(year, text.number(2)?, text.number(2)?)?,
    };
    let mut milliseconds = day.checked_mul(DAY)?;
    if !text.0.is_empty() {
        text.take(b"Tt ")?;
        milliseconds += text.clock(true)?;
        milliseconds -= zone(&mut text)?;
    }
    text.0.is_empty().then_some(Date { milliseconds, month: None })
}

fn month_alone(year: i64, month: i64) -> Option<Date> {
    let milliseconds = calendar_day(year, month, 1)?.checked_mul(DAY)?;
    let month = i32::try_from((year - 1970) * 12 + month - 1).ok()?;
    Some(Date { milliseconds, month: Some(month) })
}

/// The day of a week date, whose week comes next. Weeks begin on Monday, and the first has the year's first Thursday.
fn week_day(text: &mut Cursor<'_>, year: i64, dashed: bool) -> Option<i64> {
    let week = text.number(2)?;
    let named = if dashed { text.take(b"-").is_some() } else { text.peek(0).is_some_and(|byte| byte.is_ascii_digit()) };
    let day = if named { text.number(1)? } else { 1 };
    let first = first_monday(year);
    let monday = first + (week - 1) * 7;
    let day_number = monday + day - 1;
    let sound = (1..=7).contains(&day) && week >= 1 && monday < first_monday(year + 1);
    (sound && day_number < days_before_year(10_000)).then_some(day_number)
}

fn first_monday(year: i64) -> i64 {
    let fourth = days_before_year(year) + 3; // January 4 is always in the first week
    fourth - (fourth + 3).rem_euclid(7) // 1970 began on a Thursday
}

fn calendar_day(year: i64, month: i64, day: i64) -> Option<i64> {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const LENGTH: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month - 1).ok()?;
    let leap = i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let length = LENGTH.get(index)? + if month == 2 { leap } else { 0 };
    let before = BEFORE.get(index)? + if month > 2 { leap } else { 0 };
    (1..=length).contains(&day).then(|| days_before_year(year) + before + day - 1)
}

/// Days from 1970 to the beginning of a year.
fn days_before_year(year: i64) -> i64 {
    let past = year - 1;
    past * 365 + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400) - 719_162
}

/// How far the zone that comes next is ahead of UTC, in milliseconds.
fn zone(text: &mut Cursor<'_>) -> Option<i64> {
    if text.0.is_empty() || text.take(b"Zz").is_some() {
        return Some(0);
    }
    let ahead = text.take(b"+-")? == b'+';
    let far = text.clock(false)?;
    Some(if ahead { far } else { -far })
}

/// The year, month and day of a day since 1970.
pub fn civil(day: i64) -> (i64, i64, i64) {
    // Counted in years that begin in March, of eras of 400 years.
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// What is left of a text.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn peek(&self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    fn skip(&mut self) {
        self.0 = self.0.get(1..).unwrap_or(&[]);
    }

    /// Take a byte that is one of these.
    fn take(&mut self, choice: &[u8]) -> Option<u8> {
        let found = self.peek(0).filter(|byte| choice.contains(byte))?;
        self.skip();
        Some(found)
    }

    /// Take so many digits.
    fn number(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = rest;
        Some(digits.iter().fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0')))
    }

    /// Take a time of day, or the distance of a zone, in milliseconds: hours, then minutes, then seconds, with colons
    /// or without, and then, in a time of day, a fraction.
    fn clock(&mut self, with_fraction: bool) -> Option<i64> {
        let hours = self.number(2).filter(|hours| *hours < 24)?;
        let colons = self.peek(0) == Some(b':');
        let mut seconds = hours * 3600;
        let mut parts = 0;
        for unit in [60, 1] {
            if if colons { self.take(b":").is_none() } else { !self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) }
            {
                break;
            }
            seconds += self.number(2).filter(|number| *number < 60)? * unit;
            parts += 1;
        }
        let mut milliseconds = seconds * 1000;
        if with_fraction && parts == 2 && self.take(b".,").is_some() {
            let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, rest) = self.0.split_at_checked(count).filter(|_| count > 0)?;
            let digit = |at| digits.get(at).map_or(0, |byte| i64::from(byte - b'0'));
            milliseconds += digit(0) * 100 + digit(1) * 10 + digit(2);
            self.0 = rest;
        }
        Some(milliseconds)
    }
}
