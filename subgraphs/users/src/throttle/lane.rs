//! A lane in which attempts wait for their turns: nobody is shut out of it, and the more come the longer each takes.

use chrono::{DateTime, Utc};
use kit::message::Bus;
use redis::{RedisResult, Script};

/// How a lane moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// So many go through at once.
    pub free: u32,
    /// The delay after them begins with a second, doubles with each, and is never longer.
    pub longest_ms: i64,
    /// Who would wait longer is sent away, and takes no turn.
    pub patience_ms: i64,
    /// An empty lane is forgotten after this.
    pub remembered_seconds: u32,
}

/// A place in the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Which attempt it is, from one on; of who was sent away the one that they would have been.
    pub number: u32,
    /// How long until it is their turn.
    pub wait_ms: i64,
    pub is_taken: bool,
}

/// How it stands in a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lane {
    pub taken: u32,
    /// When the last turn is, or was.
    pub last_ms: i64,
}

impl Lane {
    /// Takes the next turn, if that comes soon enough.
    pub(super) fn take(&mut self, now_ms: i64, pace: Pace) -> Turn {
        let delay = match self.taken.checked_sub(pace.free) {
            Some(beyond) => (1_000_i64 << beyond.min(30)).min(pace.longest_ms),
            None => 0,
        };
        let wait_ms = if delay == 0 { 0 } else { (self.last_ms + delay - now_ms).max(0) };
        let (number, is_taken) = (self.taken.saturating_add(1), wait_ms <= pace.patience_ms);
        if is_taken {
            *self = Self { taken: number, last_ms: now_ms + wait_ms };
        }
        Turn { number, wait_ms, is_taken }
    }
}

/// The same for all replicas, in Redis.
const TAKE: &str = r"
local taken = tonumber(redis.call('HGET', KEYS[1], 'taken') or '0')
local last = tonumber(redis.call('HGET', KEYS[1], 'last') or '0')
local now, free, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local wait = 0
if taken >= free then
  local delay = math.min(1000 * 2 ^ math.min(taken - free, 30), longest)
  if delay > 0 then wait = math.max(last + delay - now, 0) end
end
if wait > tonumber(ARGV[4]) then return {taken + 1, wait, 0} end
redis.call('HSET', KEYS[1], 'taken', taken + 1, 'last', now + wait)
redis.call('EXPIRE', KEYS[1], ARGV[5])
return {taken + 1, wait, 1}
";

pub(super) async fn take(bus: &Bus, key: &str, now: DateTime<Utc>, pace: Pace) -> RedisResult<Turn> {
    let script = Script::new(TAKE);
    let mut call = script.key(key);
    call.arg(now.timestamp_millis()).arg(pace.free).arg(pace.longest_ms).arg(pace.patience_ms);
    let (number, wait_ms, taken): (u32, i64, u8) =
        call.arg(pace.remembered_seconds).invoke_async(&mut bus.connection()).await?;
    Ok(Turn { number, wait_ms, is_taken: taken == 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { free: 2, longest_ms: 5_000, patience_ms: 2_000, remembered_seconds: 60 };

    fn turns(times: &[i64]) -> Vec<(u32, i64, bool)> {
        let mut lane = Lane::default();
        let taken = times.iter().map(|now| lane.take(*now, PACE));
        taken.map(|Turn { number, wait_ms, is_taken }| (number, wait_ms, is_taken)).collect()
    }

    #[test]
    fn the_first_go_through_and_then_each_waits_longer_than_the_one_before_up_to_the_longest() {
        let times = [0, 0, 0, 1_000, 3_000, 7_000, 12_000];
        let expected = [
            (1, 0, true),
            (2, 0, true),
            (3, 1_000, true),
            (4, 2_000, true),
            // Behind the one before, whose turn is now.
            (5, 4_000, false),
            (5, 0, true),
            (6, 0, true),
        ];
        assert_eq!(turns(&times), expected);
    }

    #[test]
    fn who_is_sent_away_takes_no_turn_and_so_makes_nobody_wait() {
        let times = [0, 0, 0, 0, 0, 0, 0, 0, 3_000];
        let turns = turns(&times);
        assert_eq!(turns.iter().filter(|(_, _, taken)| !taken).count(), 5, "{turns:?}");
        assert_eq!(turns[8], (4, 0, true));
    }

    #[tokio::test]
    async fn a_lane_moves_in_redis_as_it_does_here() {
        let redis = kit::testing::TestRedis::start().await;
        let bus = redis.bus().await;
        let mut lane = Lane::default();
        for ms in [0, 0, 0, 400, 1_000, 2_900, 3_000, 7_000, 7_100, 7_200, 40_000, 40_000, 40_001, 100_000] {
            let now = DateTime::from_timestamp_millis(1_767_614_400_000 + ms).expect("a date");
            let there = take(&bus, "lane", now, PACE).await.expect("Redis answers");
            assert_eq!(there, lane.take(now.timestamp_millis(), PACE), "at {ms}");
        }
    }
}
