//! Shamir's secret sharing over GF(2^8), as key groups use it: a share is the values of one polynomial a byte, and its
//! last byte is where they were taken.

use zeroize::Zeroizing;

/// Puts a secret together from enough shares.
///
/// # Errors
/// The shares do not fit each other.
pub(crate) fn combine(shares: &[Zeroizing<Vec<u8>>]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let [first, _, ..] = shares else {
        return Err("fewer than two shares");
    };
    let length = first.len();
    if length < 2 || shares.iter().any(|share| share.len() != length) {
        return Err("shares of different lengths");
    }
    let xs: Vec<u8> = shares.iter().map(|share| share[length - 1]).collect();
    let repeated = (1..xs.len()).any(|at| xs[..at].contains(&xs[at]));
    if repeated || xs.contains(&0) {
        return Err("two shares of the same place");
    }
    let mut secret = Zeroizing::new(vec![0; length - 1]);
    for (share, x) in shares.iter().zip(&xs) {
        let basis = basis(&xs, *x);
        for (out, y) in secret.iter_mut().zip(share.iter()) {
            *out ^= multiply(*y, basis);
        }
    }
    Ok(secret)
}

/// Lagrange's basis polynomial of a place, at 0.
fn basis(xs: &[u8], x: u8) -> u8 {
    let others = xs.iter().filter(|other| **other != x);
    others.fold(1, |product, other| {
        multiply(product, multiply(*other, invert(*other ^ x)))
    })
}

/// In the field of AES (x^8 + x^4 + x^3 + x + 1), in constant time.
fn multiply(a: u8, b: u8) -> u8 {
    let (mut product, mut a) = (0, a);
    for bit in 0..8 {
        product ^= a & (b >> bit & 1).wrapping_neg();
        a = (a << 1) ^ (0x1b & (a >> 7).wrapping_neg());
    }
    product
}

/// a^254, since a^255 is 1.
fn invert(a: u8) -> u8 {
    let mut power = a;
    for _ in 0..6 {
        power = multiply(multiply(power, power), a);
    }
    multiply(power, power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(secret: &[u8], coefficients: &[u8], x: u8) -> Zeroizing<Vec<u8>> {
        let value = |byte: u8| {
            let (mut sum, mut power) = (byte, 1);
            for coefficient in coefficients {
                power = multiply(power, x);
                sum ^= multiply(*coefficient, power);
            }
            sum
        };
        let mut out: Vec<u8> = secret.iter().map(|byte| value(*byte)).collect();
        out.push(x);
        out.into()
    }

    #[test]
    fn the_field_is_the_one_of_aes() {
        assert_eq!(multiply(0x53, 0xca), 1);
        assert!((1..=255).all(|a| multiply(a, invert(a)) == 1));
    }

    #[test]
    fn any_shares_above_the_threshold_give_the_secret() {
        let secret = b"thirty-two bytes of a data key!!";
        let shares: Vec<_> = [1, 7, 200].iter().map(|x| share(secret, &[0x3d], *x)).collect();
        for picked in [&shares[..2], &shares[1..], &shares[..]] {
            assert_eq!(combine(picked).expect("combines").as_slice(), secret);
        }
    }

    #[test]
    fn shares_that_do_not_fit_are_refused() {
        let (a, b) = (share(b"ab", &[3], 1), share(b"abc", &[3], 2));
        assert!(combine(std::slice::from_ref(&a)).is_err());
        assert!(combine(&[a.clone(), a.clone()]).is_err());
        assert!(combine(&[a, b]).is_err());
        assert!(combine(&[vec![1, 0].into(), vec![1, 1].into()]).is_err());
    }
}
