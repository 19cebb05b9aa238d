//! Dates: BSON dates, and ISO 8601 text. The counterpart of `dates.py`, whose docstring says which text is a date.

use chrono::{Datelike, NaiveDate, Weekday};

use crate::bson::{self, Value};

const DAY: i64 = 86_400_000;

/// The milliseconds of the years 1 to 9999.
const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// A moment, and the month where no time zone can move it into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// UTC milliseconds since 1970.
    pub milliseconds: i64,
    /// Months since 1970-01, where the text names a day or a month without a time.
    pub month: Option<i32>,
}

/// Read the date that a value is.
pub fn date(data: &[u8], value: Value) -> Option<Date> {
    let found = match value.kind() {
        bson::DATE => Some(Date { milliseconds: bson::int64(data, value.start), month: None }),
        bson::STRING | bson::SYMBOL => parse(bson::slice(data, value.start + 4, value.end - 1)),
        _ => None,
    };
    found.filter(|date| YEARS.contains(&date.milliseconds))
}

/// Read a date in ISO 8601 text.
fn parse(text: &[u8]) -> Option<Date> {
    let mut text = Cursor(text);
    let year = text.number(4).filter(|year| *year > 0)?;
    let dashed = text.take(b"-").is_some();
    let day = if text.take(b"W").is_some() {
        week_day(&mut text, year, dashed)?
    } else {
        let month = text.number(2)?;
        if dashed && text.0.is_empty() {
            return month_alone(year, month);
        }
        if dashed {
            text.take(b"-")?;
        }
        calendar_day(year, month, text.number(2)?)?
    };
    let mut milliseconds = midnight(day);
    if text.0.is_empty() {
        return Some(Date { milliseconds, month: Some(month_of(day)) });
    }
    text.take(b"Tt ")?;
    milliseconds += text.clock(true)?;
    milliseconds -= zone(&mut text)?;
    text.0.is_empty().then_some(Date { milliseconds, month: None })
}

fn month_alone(year: u32, month: u32) -> Option<Date> {
    let first = calendar_day(year, month, 1)?;
    Some(Date { milliseconds: midnight(first), month: Some(month_of(first)) })
}

fn midnight(day: NaiveDate) -> i64 {
    i64::from(day.to_epoch_days()) * DAY
}

fn month_of(day: NaiveDate) -> i32 {
    (day.year() - 1970) * 12 + day.month0().cast_signed()
}

/// The day of a week date, whose week comes next. A week of the year 9999 may end after it; no date does.
fn week_day(text: &mut Cursor<'_>, year: u32, dashed: bool) -> Option<NaiveDate> {
    let week = text.number(2)?;
    if dashed {
        text.take(b"-")?;
    }
    let day = Weekday::try_from(u8::try_from(text.number(1)?.checked_sub(1)?).ok()?).ok()?;
    NaiveDate::from_isoywd_opt(year.cast_signed(), week, day).filter(|day| day.year() <= 9999)
}

fn calendar_day(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year.cast_signed(), month, day)
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

/// What is left of a text.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn has_digit(&self) -> bool {
        self.0.first().is_some_and(u8::is_ascii_digit)
    }

    /// Take a byte that is one of these.
    fn take(&mut self, choice: &[u8]) -> Option<u8> {
        let (found, rest) = self.0.split_first().filter(|(byte, _)| choice.contains(byte))?;
        self.0 = rest;
        Some(*found)
    }

    /// Take so many digits.
    fn number(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = rest;
        Some(digits.iter().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0')))
    }

    /// Take a time of day, or the distance of a zone, in milliseconds: hours, then minutes, then seconds, with colons
    /// or without, and then, in a time of day, a fraction.
    fn clock(&mut self, with_fraction: bool) -> Option<i64> {
        let hours = self.number(2).filter(|hours| *hours < 24)?;
        let colons = self.0.starts_with(b":");
        let mut seconds = hours * 3600;
        let mut parts = 0;
        for unit in [60, 1] {
            let goes_on = if colons { self.take(b":").is_some() } else { self.has_digit() };
            if !goes_on {
                break;
            }
            seconds += self.number(2).filter(|number| *number < 60)? * unit;
            parts += 1;
        }
        let mut milliseconds = i64::from(seconds) * 1000;
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
