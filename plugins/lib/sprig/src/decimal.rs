//! Decimal numbers of any size, for `addf`, `subf`, `mulf` and `divf`.

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

/// Digits behind the point that a division keeps.
const DIVISION_DIGITS: i32 = 16;

/// The number cannot be a decimal, or the operation has no result. Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Infinity or not a number.
    #[error("Cannot create a Decimal from {0}")]
    NotFinite(&'static str),
    /// Division by zero.
    #[error("decimal division by 0")]
    DivisionByZero,
    /// More digits than a template may have computed.
    #[error("decimal has too many digits")]
    TooLong,
}

/// `value * 10^exponent`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    value: BigInt,
    exponent: i32,
}

/// Most bits of a value: repeated products grow, and so does the time of each.
const MAX_BITS: u64 = 1 << 17;

impl Decimal {
    /// The shortest decimal that a float prints as.
    ///
    /// # Errors
    /// The float is not finite.
    pub fn from_float(number: f64) -> Result<Self, DecimalError> {
        if !number.is_finite() {
            let name = match (number.is_nan(), number > 0.0) {
                (true, _) => "NaN",
                (false, true) => "+Inf",
                (false, false) => "-Inf",
            };
            return Err(DecimalError::NotFinite(name));
        }
        let shortest = sluice_go_template::format::shortest(number);
        let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let value = format!("{whole}{fraction}").parse().unwrap_or_default();
        let exponent: i32 = exponent.parse().unwrap_or_default();
        let decimals = i32::try_from(fraction.len()).unwrap_or_default();
        Ok(Self {
            value,
            exponent: exponent - decimals,
        })
    }

    /// The nearest float.
    pub fn to_float(&self) -> f64 {
        let text = format!("{}e{}", self.value, self.exponent);
        let number: f64 = text.parse().unwrap_or_default();
        // A zero has no sign here.
        number + 0.0
    }

    /// The sum.
    ///
    /// # Errors
    /// It would be too long.
    pub fn add(&self, other: &Self) -> Result<Self, DecimalError> {
        let (left, right, exponent) = self.aligned(other)?;
        Self::bounded(left + right, exponent)
    }

    /// The difference.
    ///
    /// # Errors
    /// It would be too long.
    pub fn sub(&self, other: &Self) -> Result<Self, DecimalError> {
        let (left, right, exponent) = self.aligned(other)?;
        Self::bounded(left - right, exponent)
    }

    /// The product.
    ///
    /// # Errors
    /// It would be too long.
    pub fn mul(&self, other: &Self) -> Result<Self, DecimalError> {
        let exponent = self
            .exponent
            .checked_add(other.exponent)
            .ok_or(DecimalError::TooLong)?;
        Self::bounded(&self.value * &other.value, exponent)
    }

    /// The quotient with 16 digits behind the point, the last one rounded half away from zero.
    ///
    /// # Errors
    /// The divisor is zero.
    pub fn div(&self, other: &Self) -> Result<Self, DecimalError> {
        if other.value.is_zero() {
            return Err(DecimalError::DivisionByZero);
        }
        let shift = self
            .exponent
            .checked_sub(other.exponent)
            .and_then(|shift| shift.checked_add(DIVISION_DIGITS));
        let shift = shift.ok_or(DecimalError::TooLong)?;
        let (mut numerator, mut denominator) = (self.value.clone(), other.value.clone());
        if shift < 0 {
            denominator *= power_of_ten(shift.unsigned_abs())?;
        } else {
            numerator *= power_of_ten(shift.unsigned_abs())?;
        }
        let (mut quotient, rest) = (&numerator / &denominator, &numerator % &denominator);
        if rest.abs() * 2 >= denominator.abs() {
            let negative = numerator.is_negative() != denominator.is_negative();
            quotient += if negative { -1 } else { 1 };
        }
        Self::bounded(quotient, -DIVISION_DIGITS)
    }

    /// Both values at the lower exponent.
    fn aligned(&self, other: &Self) -> Result<(BigInt, BigInt, i32), DecimalError> {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |decimal: &Self| {
            let up = decimal.exponent.abs_diff(exponent);
            Ok::<_, DecimalError>(&decimal.value * power_of_ten(up)?)
        };
        Ok((scaled(self)?, scaled(other)?, exponent))
    }

    fn bounded(value: BigInt, exponent: i32) -> Result<Self, DecimalError> {
        if value.bits() > MAX_BITS {
            return Err(DecimalError::TooLong);
        }
        Ok(Self { value, exponent })
    }
}

fn power_of_ten(exponent: u32) -> Result<BigInt, DecimalError> {
    if u64::from(exponent) * 3 > MAX_BITS {
        return Err(DecimalError::TooLong);
    }
    Ok(BigInt::from(10).pow(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(number: f64) -> Decimal {
        Decimal::from_float(number).expect("finite")
    }

    #[test]
    fn computes_in_tens() {
        let (tenth, fifth) = (decimal(0.1), decimal(0.2));
        assert_eq!(tenth.add(&fifth).expect("sum").to_float(), 0.3);
        assert_eq!(tenth.mul(&fifth).expect("product").to_float(), 0.02);
        assert_eq!(
            decimal(1.0).div(&decimal(3.0)).expect("quotient").to_float(),
            0.333_333_333_333_333_3
        );
        assert_eq!(
            decimal(-2.0).div(&decimal(3.0)).expect("quotient").to_float(),
            -0.666_666_666_666_666_7
        );
        assert_eq!(
            decimal(1e300)
                .sub(&decimal(1e-300))
                .expect("difference")
                .to_float(),
            1e300
        );
        assert_eq!(decimal(1.0).div(&decimal(0.0)), Err(DecimalError::DivisionByZero));
        assert!(Decimal::from_float(f64::INFINITY).is_err());
    }
}
