//! [`Gate`]: after the API said that requests are too many, none begins before its time.
//!
//! If the refused request alone waited, the others would go on and be refused in turn, and a
//! request that is unlucky often enough fails. So the pause is shared. After it requests begin one
//! by one, a gap apart: the gap doubles with each refusal and shrinks with each answer, until it is
//! too small to matter. Where nothing was ever refused, the gate is open and nobody waits.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

/// The gap after the first refusal. At the shortest one, the limit is forgotten.
const FIRST_GAP: Duration = Duration::from_millis(10);
const SHORTEST_GAP: Duration = Duration::from_millis(1);
const LONGEST_GAP: Duration = Duration::from_millis(250);

/// So many turns that nobody took may be taken later, all at once: limits allow a burst after
/// silence, and Terraform comes in bursts.
const SAVED: u32 = 50;

/// Each answer takes this part off the gap, so 177 of them halve it. Faster, and many are on their
/// way when the limit is met again; slower, and a limit that was lifted is felt for long.
const SHRINK: u32 = 256;

/// What all requests to one host pass before each attempt.
#[derive(Default)]
pub(super) struct Gate {
    /// Held by whoever is next, until its turn has come. Those who wait for it are in a queue.
    door: tokio::sync::Mutex<()>,
    turns: Mutex<Turns>,
}

#[derive(Default)]
struct Turns {
    /// When the next attempt may begin. `None`: at any time.
    next: Option<Instant>,
    /// Time from one beginning to the next.
    gap: Duration,
    /// The end of the last pause. Refusals before it belong to one and the same overload.
    rest_until: Option<Instant>,
}

impl Gate {
    /// Waits until an attempt may begin. `false`: that would be after `until`.
    pub(super) async fn pass(&self, until: Option<Instant>) -> bool {
        let too_late = |at: Instant| until.is_some_and(|until| at > until);
        let next = self.turns().next;
        match next {
            None => return true,
            Some(at) if too_late(at) => return false,
            Some(_) => {}
        }
        let turn = async {
            let _next = self.door.lock().await;
            // Again after each wait: the pause may have become longer meanwhile.
            while let Err(at) = self.take() {
                if too_late(at) {
                    return false;
                }
                sleep_until(at).await;
            }
            true
        };
        match until {
            Some(until) => timeout_at(until, turn).await.unwrap_or(false),
            None => turn.await,
        }
    }

    /// An attempt was refused because requests are too many: none begins for so long.
    pub(super) fn refused(&self, rest: Duration) {
        let (now, mut turns) = (Instant::now(), self.turns());
        if turns.rest_until.is_none_or(|end| end <= now) {
            turns.gap = (turns.gap * 2).clamp(FIRST_GAP, LONGEST_GAP);
        }
        let end = turns.rest_until.max(now.checked_add(rest));
        turns.rest_until = end;
        turns.next = turns.next.max(end);
    }

    /// An attempt was answered in any other way.
    pub(super) fn answered(&self) {
        let mut turns = self.turns();
        let gap = turns.gap * (SHRINK - 1) / SHRINK;
        turns.gap = if gap < SHORTEST_GAP { Duration::ZERO } else { gap };
    }

    /// Takes the turn that is there now, or says when it is.
    fn take(&self) -> Result<(), Instant> {
        let (now, mut turns) = (Instant::now(), self.turns());
        let Some(at) = turns.next else { return Ok(()) };
        if at > now {
            return Err(at);
        }
        // Counted from when the turn was due, or timers that are late would slow all down.
        let oldest = now.checked_sub(turns.gap * SAVED).unwrap_or(now);
        turns.next = (!turns.gap.is_zero()).then(|| (at + turns.gap).max(oldest));
        Ok(())
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::task::JoinSet;
    use tokio::time::sleep;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// When each of so many who come at once is through, in milliseconds from now.
    async fn through(gate: &Arc<Gate>, count: usize) -> Vec<u128> {
        let begin = Instant::now();
        let mut all = JoinSet::new();
        for _ in 0..count {
            let gate = Arc::clone(gate);
            all.spawn(async move {
                assert!(gate.pass(None).await);
                begin.elapsed().as_millis()
            });
        }
        all.join_all().await
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_where_nothing_was_refused() {
        let gate = Arc::new(Gate::default());
        gate.answered();
        assert_eq!(through(&gate, 100).await, [0; 100]);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_refusal_all_wait_and_then_begin_one_by_one() {
        let gate = Arc::new(Gate::default());
        gate.refused(SECOND);
        assert_eq!(through(&gate, 4).await, [1000, 1010, 1020, 1030]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_becomes_longer_holds_those_who_wait_already() {
        let gate = Arc::new(Gate::default());
        gate.refused(SECOND);
        let (times, ()) = tokio::join!(through(&gate, 2), async {
            sleep(SECOND / 2).await;
            gate.refused(SECOND);
        });
        assert_eq!(times, [1500, 1510]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_pause_does_not_end_a_longer_one() {
        let gate = Arc::new(Gate::default());
        gate.refused(SECOND * 9);
        gate.refused(SECOND);
        assert_eq!(through(&gate, 1).await, [9000]);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_of_one_overload_widen_the_gap_once_and_those_of_the_next_again() {
        let gate = Arc::new(Gate::default());
        for _ in 0..16 {
            gate.refused(SECOND);
        }
        assert_eq!(through(&gate, 2).await, [1000, 1010]);
        sleep(SECOND).await;
        gate.refused(SECOND);
        assert_eq!(through(&gate, 2).await, [1000, 1020]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_gap_has_an_end_and_answers_take_it_away() {
        let gate = Arc::new(Gate::default());
        for _ in 0..99 {
            gate.refused(Duration::ZERO);
        }
        assert_eq!(through(&gate, 3).await, [0, 250, 500]);
        for _ in 0..1500 {
            gate.answered();
        }
        through(&gate, 1).await;
        assert_eq!(through(&gate, 100).await, [0; 100]);
    }

    #[tokio::test(start_paused = true)]
    async fn turns_that_nobody_took_are_saved_but_not_without_end() {
        let gate = Arc::new(Gate::default());
        gate.refused(SECOND);
        sleep(SECOND * 9).await;
        let times = through(&gate, 60).await;
        assert_eq!(times[..50], [0; 50]);
        assert!(times[59] > 50, "{times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_after_the_deadline_is_not_waited_for_even_behind_others() {
        let (gate, begin) = (Gate::default(), Instant::now());
        gate.refused(SECOND * 30);
        let hasty = async {
            let passed = gate.pass(Some(begin + SECOND * 20)).await;
            (passed, begin.elapsed())
        };
        assert_eq!(tokio::join!(gate.pass(None), hasty), (true, (false, Duration::ZERO)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_ends_a_wait_that_became_too_long_and_the_queue_goes_on() {
        let (gate, begin) = (Gate::default(), Instant::now());
        gate.refused(SECOND);
        let timed = async |until| (gate.pass(until).await, begin.elapsed());
        let (first, second, third, ()) =
            tokio::join!(timed(None), timed(Some(begin + SECOND * 2)), timed(None), async {
                sleep(SECOND / 2).await;
                gate.refused(SECOND * 30);
            });
        let end = SECOND / 2 + SECOND * 30;
        assert_eq!([first, second], [(true, end), (false, SECOND * 2)]);
        assert_eq!(third, (true, end + FIRST_GAP));
    }

    /// So many requests, sixteen at once and each of 20 ms, to a server that takes 100 in a second.
    /// How many of them it refused, and how long all took.
    async fn under_a_limit(requests: usize, gate: Arc<Gate>) -> (usize, Duration) {
        let begin = Instant::now();
        let (left, refused) = (Arc::new(Mutex::new((100.0, begin))), Arc::new(Mutex::new(0)));
        let permits = Arc::new(tokio::sync::Semaphore::new(16));
        let mut all = JoinSet::new();
        for _ in 0..requests {
            let (gate, left) = (Arc::clone(&gate), Arc::clone(&left));
            let (refused, permits) = (Arc::clone(&refused), Arc::clone(&permits));
            all.spawn(async move {
                loop {
                    let permit = permits.acquire().await.unwrap();
                    gate.pass(None).await;
                    sleep(Duration::from_millis(20)).await;
                    let taken = {
                        let (mut left, now) = (left.lock().unwrap(), Instant::now());
                        let filled = (now - left.1).as_secs_f64() * 100.0;
                        *left = (100.0_f64.min(left.0 + filled), now);
                        let taken = left.0 >= 1.0;
                        left.0 -= if taken { 1.0 } else { 0.0 };
                        taken
                    };
                    if taken {
                        return gate.answered();
                    }
                    gate.refused(SECOND);
                    *refused.lock().unwrap() += 1;
                    drop(permit);
                    sleep(SECOND).await;
                }
            });
        }
        while all.join_next().await.is_some() {}
        let refused = *refused.lock().unwrap();
        (refused, begin.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn few_requests_are_wasted_under_a_limit_and_little_time() {
        let (refused, took) = under_a_limit(2000, Arc::default()).await;
        // The first 100 are free, so 19 seconds is the least.
        assert!(refused <= 60 && took < SECOND * 21, "{refused} refused, {took:?}");
    }
}
