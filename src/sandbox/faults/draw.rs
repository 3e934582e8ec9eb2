//! Chance that can be repeated.

/// Draws yes or no. The same seed gives the same sequence.
#[derive(Clone, Debug)]
pub(crate) struct Draw {
    state: u64,
    /// Of 2^32 numbers, how many mean yes.
    yes: u64,
}

/// The number of numbers that are drawn from.
const ALL: f64 = 4_294_967_296.0;

impl Draw {
    /// A sequence with this share of yes, from 0 to 1.
    pub(crate) fn new(seed: u64, probability: f64) -> Self {
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number from 0 to 2^32, as the probability is from 0 to 1"
        )]
        let yes = (probability.clamp(0.0, 1.0) * ALL).round() as u64;
        Self { state: seed, yes }
    }

    /// The next one.
    pub(crate) fn next(&mut self) -> bool {
        (number(&mut self.state) >> 32) < self.yes
    }
}

/// Bytes without a meaning, always the same for a seed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    std::iter::repeat_with(|| number(&mut state)).flat_map(u64::to_le_bytes).take(length).collect()
}

/// A number that looks like chance: the state goes in even steps, and is mixed well.
fn number(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(seed: u64, probability: f64) -> Vec<bool> {
        let mut draw = Draw::new(seed, probability);
        std::iter::repeat_with(|| draw.next()).take(1000).collect()
    }

    #[test]
    fn same_seed_gives_same_sequence() {
        assert_eq!(sequence(7, 0.5), sequence(7, 0.5));
        assert_ne!(sequence(7, 0.5), sequence(8, 0.5));
    }

    #[test]
    fn drawn_share_matches_probability() {
        let drawn = |probability| sequence(1, probability).into_iter().filter(|yes| *yes).count();
        assert_eq!((drawn(0.0), drawn(1.0)), (0, 1000));
        assert!((200..400).contains(&drawn(0.3)), "{}", drawn(0.3));
    }
}
