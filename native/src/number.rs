//! Numbers: their canonical text, and what they are as amounts. The counterpart of `amounts.py`, and of the number
//! part of `values.py`.
//!
//! A double stands for its shortest text that gives it back; a decimal128 is decoded as IEEE 754-2008 lays it out
//! (binary integer encoding).

use crate::bson::{self, Value};

const NAN: &str = "{\"$numberDouble\":\"NaN\"}";
const WHOLE_LIMIT: f64 = 18_446_744_073_709_551_616.0; // 2**64
const WHOLE_DIGITS: usize = 11;
const DECIMALS: usize = 18;
const NARROW: u64 = 100_000_000_000; // 10**WHOLE_DIGITS
const ONE: i128 = 1_000_000_000_000_000_000; // 10**DECIMALS

/// An amount: units of 10**-18 where it is narrow, plain decimal text where it is wide.
#[derive(Debug, PartialEq, Eq)]
pub enum Amount {
    Narrow(i128),
    Wide(String),
}

/// Read the amount that a value is.
pub fn amount(data: &[u8], value: Value) -> Option<Amount> {
    match value.kind() {
        bson::DOUBLE => double_amount(double(data, value.start)),
        bson::INT => Some(whole_amount(bson::int32(data, value.start).into())),
        bson::LONG => Some(whole_amount(bson::int64(data, value.start))),
        bson::DECIMAL => decimal_amount(Decimal::read(data, value.start)),
        bson::STRING | bson::SYMBOL => {
            let text = std::str::from_utf8(bson::slice(data, value.start + 4, value.end - 1)).ok()?;
            text_amount(text.trim())
        }
        _ => None,
    }
}

fn whole_amount(number: i64) -> Amount {
    if number.unsigned_abs() < NARROW {
        Amount::Narrow(i128::from(number) * ONE)
    } else {
        Amount::Wide(number.to_string())
    }
}

/// An amount of few decimals, as nearly all are, is found by rounding to hundredths: that gives a text of at most 15
/// digits which stands for this double, and no other text of so few digits does.
fn double_amount(number: f64) -> Option<Amount> {
    let hundredths = (number * 100.0).round();
    #[expect(clippy::float_cmp, reason = "the same double or not")]
    if hundredths.abs() < 1e13 && hundredths / 100.0 == number {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small")]
        return Some(Amount::Narrow(i128::from(hundredths as i64) * (ONE / 100)));
    }
    if !number.is_finite() {
        return None;
    }
    let (digits, exponent) = shortest(number);
    text_amount(&plain(number < 0.0, &digits, exponent))
}

fn decimal_amount(number: Decimal) -> Option<Amount> {
    let Decimal::Finite { negative, coefficient, exponent } = number else {
        return None;
    };
    text_amount(&plain(negative, &coefficient.to_string(), exponent))
}

/// Write digits and an exponent as a number without an exponent.
fn plain(negative: bool, digits: &str, exponent: i32) -> String {
    let sign = if negative { "-" } else { "" };
    let count = exponent.unsigned_abs() as usize;
    if exponent >= 0 {
        return format!("{sign}{digits}{}", "0".repeat(count));
    }
    let zeros = "0".repeat((count + 1).saturating_sub(digits.len()));
    let padded = zeros + digits;
    let (whole, fraction) = padded.split_at(padded.len() - count);
    format!("{sign}{whole}.{fraction}")
}

/// Read `[+-]digits[.digits]`.
fn text_amount(text: &str) -> Option<Amount> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (unsigned, ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let negative = text.starts_with('-');
    Some(lowest(negative, whole.trim_start_matches('0'), fraction.trim_end_matches('0')))
}

/// Make the amount of a number without needless digits.
fn lowest(negative: bool, whole: &str, fraction: &str) -> Amount {
    if whole.len() <= WHOLE_DIGITS && fraction.len() <= DECIMALS {
        let digits = |sum: i128, byte: u8| sum * 10 + i128::from(byte - b'0');
        let units = whole.bytes().chain(fraction.bytes()).fold(0, digits);
        let units = (fraction.len()..DECIMALS).fold(units, |sum, _| sum * 10);
        return Amount::Narrow(if negative { -units } else { units });
    }
    let sign = if negative { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Amount::Wide(format!("{sign}{whole}{point}{fraction}"))
}

pub fn double(data: &[u8], at: usize) -> f64 {
    f64::from_le_bytes(bson::bytes(data, at))
}

/// The canonical number of a double, without its leading `$`.
pub fn double_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < WHOLE_LIMIT {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and fits")]
        return (number as i128).to_string();
    }
    if number.is_nan() {
        return NAN.to_owned();
    }
    if number.is_infinite() { infinity_text(number < 0.0) } else { shortest_text(number) }
}

fn infinity_text(negative: bool) -> String {
    let sign = if negative { "-" } else { "" };
    format!("{{\"$numberDouble\":\"{sign}Infinity\"}}")
}

/// The shortest text of a double that is not a small whole number: with an exponent below 10**-4 and from 10**16.
fn shortest_text(number: f64) -> String {
    let (digits, exponent) = shortest(number);
    let first = exponent_of_first(&digits, exponent);
    if (-4..16).contains(&first) {
        plain(number < 0.0, &digits, exponent)
    } else {
        format!("{}e{first:+03}", pointed(number < 0.0, &digits))
    }
}

/// The power of ten that the first digit counts, where an exponent comes after the last one.
fn exponent_of_first(digits: &str, exponent: i32) -> i32 {
    exponent + i32::try_from(digits.len()).unwrap_or(0) - 1
}

/// Write digits with a point after the first.
fn pointed(negative: bool, digits: &str) -> String {
    let sign = if negative { "-" } else { "" };
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}")
}

/// The fewest digits that give a finite double back, the nearest of these, and of two equally near ones the even one;
/// without zeros at either end, and with an exponent. (The standard library takes the upper of two.)
fn shortest(number: f64) -> (String, i32) {
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format_finite(number.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_end_matches('0');
    let dropped = all.len() - digits.len();
    let moved = i32::try_from(dropped).unwrap_or(0) - i32::try_from(fraction.len()).unwrap_or(0);
    (digits.trim_start_matches('0').to_owned(), exponent.parse::<i32>().unwrap_or(0) + moved)
}

/// A decimal128.
#[derive(Clone, Copy, Debug)]
pub enum Decimal {
    Nan,
    Infinite { negative: bool },
    Finite { negative: bool, coefficient: u128, exponent: i32 },
}

impl Decimal {
    /// Decode a decimal128. A coefficient of 10**34 or more, the standard says, is 0.
    pub fn read(data: &[u8], at: usize) -> Self {
        let bits = u128::from_le_bytes(bson::bytes(data, at));
        let negative = bits >> 127 == 1;
        let combination = bits >> 122 & 0b1_1111;
        if combination >= 0b1_1110 {
            return if combination & 1 == 1 { Self::Nan } else { Self::Infinite { negative } };
        }
        if combination >= 0b1_1000 {
            return Self::Finite { negative, coefficient: 0, exponent: 0 };
        }
        let coefficient = bits & ((1 << 113) - 1);
        let exponent = i32::try_from(bits >> 113 & 0x3FFF).unwrap_or(0) - 6176;
        let coefficient = if coefficient < 10_u128.pow(34) { coefficient } else { 0 };
        Self::Finite { negative, coefficient, exponent }
    }
}

/// The canonical number of a decimal128, without its leading `$`.
pub fn decimal_text(number: Decimal) -> String {
    let (negative, mut coefficient, mut exponent) = match number {
        Decimal::Nan => return NAN.to_owned(),
        Decimal::Infinite { negative } => return infinity_text(negative),
        Decimal::Finite { coefficient: 0, .. } => return "0".to_owned(),
        Decimal::Finite { negative, coefficient, exponent } => (negative, coefficient, exponent),
    };
    while coefficient % 10 == 0 {
        coefficient /= 10;
        exponent += 1;
    }
    let sign = if negative { "-" } else { "" };
    if let Ok(zeros @ 0..20) = u32::try_from(exponent)
        && let Some(whole) = coefficient.checked_mul(10_u128.pow(zeros))
        && whole < 1 << 64
    {
        return format!("{sign}{whole}");
    }
    if is_double(coefficient, exponent)
        && let Ok(number) = format!("{sign}{coefficient}e{exponent}").parse()
    {
        return shortest_text(number);
    }
    let digits = coefficient.to_string();
    let first = exponent_of_first(&digits, exponent);
    if exponent <= 0 && first > -7 {
        format!("{{\"$numberDecimal\":\"{}\"}}", plain(negative, &digits, exponent))
    } else {
        format!("{{\"$numberDecimal\":\"{}E{first:+}\"}}", pointed(negative, &digits))
    }
}

/// Whether there is a double that is exactly `coefficient * 10**exponent`: an odd number of at most 53 bits, and twos.
fn is_double(coefficient: u128, exponent: i32) -> bool {
    let odd = coefficient >> coefficient.trailing_zeros();
    let odd = 5_u128.checked_pow(exponent.unsigned_abs()).and_then(|fives| match exponent {
        0.. => odd.checked_mul(fives),
        _ => odd.is_multiple_of(fives).then(|| odd / fives),
    });
    odd.is_some_and(|odd| odd < 1 << 53)
}
