//! A hierarchical timer wheel: setting, forgetting and finding timers without a system call.
//!
//! Six wheels of 64 slots; a slot of the first is one millisecond, a slot of each next one is a
//! whole turn of the one before (Varghese and Lauck, «Hashed and hierarchical timing wheels»,
//! 1987). A timer moves to a finer wheel at most five times in its life.

use std::time::{Duration, Instant};

use slab::Slab;

const SLOTS: usize = 64;
const LEVELS: usize = 6;
const BITS: u32 = SLOTS.trailing_zeros();
const TICKS_MAX: u64 = (1 << (BITS * LEVELS as u32)) - 1;

/// Timers, each with a value that is handed back when its time has come.
pub(super) struct Wheel<T> {
    origin: Instant,
    elapsed: u64,
    next_number: u32,
    timers: Slab<Timer<T>>,
    levels: [Level; LEVELS],
}

/// A timer that was set; it never comes to mean another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimerId {
    index: u32,
    number: u32,
}

impl TimerId {
    pub(super) fn to_u64(self) -> u64 {
        u64::from(self.number) << 32 | u64::from(self.index)
    }

    pub(super) fn from_u64(id: u64) -> TimerId {
        TimerId {
            index: id as u32,
            number: (id >> 32) as u32,
        }
    }
}

struct Timer<T> {
    number: u32,
    value: T,
    tick: u64,
    level: usize,
    slot: usize,
    previous: Option<usize>,
    next: Option<usize>,
}

#[derive(Clone, Copy)]
struct Level {
    occupied: u64,
    first: [Option<usize>; SLOTS],
}

impl<T> Wheel<T> {
    pub(super) fn new(now: Instant) -> Wheel<T> {
        let level = Level {
            occupied: 0,
            first: [None; SLOTS],
        };
        Wheel {
            origin: now,
            elapsed: 0,
            next_number: 0,
            timers: Slab::new(),
            levels: [level; LEVELS],
        }
    }

    /// Sets a timer; one whose time has passed fires at the next call of `expire`.
    pub(super) fn set(&mut self, deadline: Instant, value: T) -> TimerId {
        let since = deadline.saturating_duration_since(self.origin);
        let tick = u64::try_from(since.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        let tick = tick.clamp(self.elapsed + 1, self.elapsed + TICKS_MAX);
        self.next_number = self.next_number.wrapping_add(1);
        let number = self.next_number;
        let timer = Timer {
            number,
            value,
            tick,
            level: 0,
            slot: 0,
            previous: None,
            next: None,
        };
        let key = self.timers.insert(timer);
        self.link(key);
        TimerId {
            index: u32::try_from(key).expect("timers fit in memory"),
            number,
        }
    }

    /// Forgets a timer, and gives its value back if it has not fired.
    pub(super) fn cancel(&mut self, id: TimerId) -> Option<T> {
        let key = id.index as usize;
        self.timers
            .get(key)
            .filter(|timer| timer.number == id.number)?;
        self.unlink(key);
        Some(self.timers.remove(key).value)
    }

    /// When `expire` should be called next, if there is any timer.
    pub(super) fn next(&self) -> Option<Instant> {
        let (_, _, tick) = self.next_slot()?;
        Some(self.origin + Duration::from_millis(tick))
    }

    /// Takes the timers whose time has come.
    pub(super) fn expire(&mut self, now: Instant, due: &mut Vec<T>) {
        let since = now.saturating_duration_since(self.origin).as_millis();
        let now = u64::try_from(since).unwrap_or(u64::MAX);
        while let Some((level, slot, tick)) = self.next_slot().filter(|(_, _, tick)| *tick <= now) {
            self.elapsed = tick;
            while let Some(key) = self.levels[level].first[slot] {
                self.unlink(key);
                if self.timers[key].tick <= tick {
                    due.push(self.timers.remove(key).value);
                } else {
                    self.link(key);
                }
            }
        }
        self.elapsed = self.elapsed.max(now);
    }

    /// The occupied slot that comes first, and the tick at which it does.
    fn next_slot(&self) -> Option<(usize, usize, u64)> {
        (0..LEVELS).find_map(|level| {
            let occupied = self.levels[level].occupied;
            if occupied == 0 {
                return None;
            }
            let shift = BITS * level as u32;
            let here = (self.elapsed >> shift) % SLOTS as u64;
            let ahead = u64::from(occupied.rotate_right(here as u32).trailing_zeros());
            let slot = (here + ahead) % SLOTS as u64;
            let turn = self.elapsed & !((1 << (shift + BITS)) - 1);
            let mut tick = turn + (slot << shift);
            if tick < self.elapsed {
                tick += 1 << (shift + BITS);
            }
            Some((level, slot as usize, tick))
        })
    }

    fn link(&mut self, key: usize) {
        let tick = self.timers[key].tick;
        let distance = (self.elapsed ^ tick) | (SLOTS as u64 - 1);
        let level = (((63 - distance.leading_zeros()) / BITS) as usize).min(LEVELS - 1);
        let slot = ((tick >> (BITS * level as u32)) % SLOTS as u64) as usize;
        let first = self.levels[level].first[slot].replace(key);
        self.levels[level].occupied |= 1 << slot;
        if let Some(next) = first {
            self.timers[next].previous = Some(key);
        }
        let timer = &mut self.timers[key];
        (timer.level, timer.slot, timer.previous, timer.next) = (level, slot, None, first);
    }

    fn unlink(&mut self, key: usize) {
        let Timer {
            level,
            slot,
            previous,
            next,
            ..
        } = self.timers[key];
        if let Some(next) = next {
            self.timers[next].previous = previous;
        }
        match previous {
            Some(previous) => self.timers[previous].next = next,
            None => self.levels[level].first[slot] = next,
        }
        if self.levels[level].first[slot].is_none() {
            self.levels[level].occupied &= !(1 << slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fired(wheel: &mut Wheel<u64>, now: Instant) -> Vec<u64> {
        let mut due = Vec::new();
        wheel.expire(now, &mut due);
        due
    }

    #[test]
    fn fires_at_its_time_and_not_before() {
        let start = Instant::now();
        let mut wheel = Wheel::new(start);
        let millis = Duration::from_millis;
        for after in [1, 63, 64, 65, 4095, 4096, 75_000, 86_400_000] {
            wheel.set(start + millis(after), after);
        }
        for after in [1, 63, 64, 65, 4095, 4096, 75_000, 86_400_000] {
            assert_eq!(
                fired(&mut wheel, start + millis(after - 1)),
                Vec::<u64>::new()
            );
            assert_eq!(fired(&mut wheel, start + millis(after)), [after]);
        }
        assert_eq!(wheel.next(), None);
    }

    #[test]
    fn a_cancelled_timer_does_not_fire() {
        let start = Instant::now();
        let mut wheel = Wheel::new(start);
        let key = wheel.set(start + Duration::from_secs(5), 5);
        assert_eq!(wheel.cancel(key), Some(5));
        assert_eq!(wheel.cancel(key), None);
        assert_eq!(
            fired(&mut wheel, start + Duration::from_secs(6)),
            Vec::<u64>::new()
        );
    }

    proptest! {
        #[test]
        fn agrees_with_a_sorted_list(
            timers in prop::collection::vec((0u64..20_000_000, any::<bool>()), 0..60),
            steps in prop::collection::vec(1u64..3_000_000, 1..20),
        ) {
            let start = Instant::now();
            let at = |tick: u64| start + Duration::from_millis(tick);
            let mut wheel = Wheel::new(start);
            let mut expected = Vec::new();
            for (tick, is_cancelled) in timers {
                let key = wheel.set(at(tick), tick);
                if is_cancelled {
                    wheel.cancel(key);
                } else {
                    expected.push(tick);
                }
            }
            let mut now = 0;
            for step in steps {
                now += step;
                let mut due = fired(&mut wheel, at(now));
                due.sort_unstable();
                let mut should: Vec<u64> = expected.extract_if(.., |tick| *tick <= now).collect();
                should.sort_unstable();
                prop_assert_eq!(due, should);
                let nearest = expected.iter().min().map(|tick| at(*tick));
                prop_assert!(wheel.next() <= nearest || nearest.is_none());
                prop_assert_eq!(wheel.next().is_none(), expected.is_empty());
            }
        }
    }
}
