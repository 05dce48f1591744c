//! Where strangers stand who try to get into one account.
//!
//! Each client waits in a lane of its own, which others do not lengthen. All of them together have an allowance, and those
//! who are new to the account have another than those who have tried before: so who goes on guessing uses up nothing of
//! somebody who comes for the first time, unless it comes from ever new sites.

use kit::messaging::Bus;
use redis::{RedisResult, Script};

use super::allowance::{Allowance, Rate};
use super::lane::{Lane, Pace};

/// The longest that it is remembered who has tried.
const LONGEST_MS: i64 = 86_400_000;
/// How long it is remembered of a site while there is plenty left for those who are new.
const MEANWHILE_MS: i64 = 3_600_000;
/// Whose site has not tried more often than this is new.
const NEW: u32 = 3;

/// By what rules they stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub pace: Pace,
    /// For those who are new, and for the others.
    pub rate: Rate,
    /// Who would wait longer is sent away, and takes no turn.
    pub patience_ms: i64,
}

/// What is remembered of a client and an account, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    pub client: String,
    /// How often its site has tried.
    pub site: String,
    /// What those have spent who are new.
    pub newcomers: String,
    /// What the others have spent.
    pub others: String,
}

impl Keys {
    pub(super) fn allowance(&self, is_new: bool) -> &str {
        if is_new { &self.newcomers } else { &self.others }
    }
}

/// What comes of an attempt to stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// How long until it is their turn.
    pub wait_ms: i64,
    pub is_taken: bool,
    /// Whose allowance it is taken from.
    pub is_new: bool,
    /// Whether the owner should hear of what goes on.
    pub is_suspect: bool,
}

/// How it stands for one client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub lane: Lane,
    pub tries_of_site: u32,
    pub newcomers: Allowance,
    pub others: Allowance,
}

impl Standing {
    /// How long the lane is remembered: no longer than it takes to try as often with the longest delays, so that nobody
    /// tries more often by waiting for it to be forgotten, and names that were tried once take no room for long.
    pub(super) fn lane_kept_ms(&self, rules: Rules) -> i64 {
        (i64::from(self.lane.taken) * rules.pace.longest_ms).clamp(1_000, LONGEST_MS)
    }

    /// How long the site is: longer when it matters who is new.
    pub(super) fn site_kept_ms(&self, turn: Turn, now_ms: i64, rules: Rules) -> i64 {
        let allowance = if turn.is_new { self.newcomers } else { self.others };
        if allowance.is_half_spent(now_ms, rules.rate) { LONGEST_MS } else { MEANWHILE_MS }
    }

    /// Takes the next turn, if that comes soon enough.
    pub(super) fn take(&mut self, now_ms: i64, rules: Rules) -> Turn {
        let Rules { pace, rate, patience_ms } = rules;
        let is_new = self.tries_of_site < NEW;
        let allowance = if is_new { &mut self.newcomers } else { &mut self.others };
        let wait_ms = self.lane.wait_ms(now_ms, pace).max(allowance.wait_ms(now_ms, rate));
        let is_taken = wait_ms <= patience_ms;
        if is_taken {
            self.lane.take(now_ms + wait_ms);
            self.tries_of_site = self.tries_of_site.saturating_add(1);
            allowance.spend(now_ms, rate);
        }
        let is_suspect = self.lane.taken > pace.free || allowance.is_half_spent(now_ms, rate);
        Turn { wait_ms, is_taken, is_new, is_suspect }
    }
}

/// The same for all replicas, in Redis. What is spent until a time that is over is not spent, however long it is kept.
const TAKE: &str = r"
local now, free, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local each, ahead, patience = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local taken = tonumber(redis.call('HGET', KEYS[1], 'taken') or '0')
local last = tonumber(redis.call('HGET', KEYS[1], 'last') or '0')
local wait = 0
if taken >= free then
  local delay = math.min(1000 * 2 ^ math.min(taken - free, 30), longest)
  if delay > 0 then wait = math.max(last + delay - now, 0) end
end
local is_new = tonumber(redis.call('GET', KEYS[2]) or '0') < tonumber(ARGV[7])
local allowance = is_new and KEYS[3] or KEYS[4]
local spent = tonumber(redis.call('GET', allowance) or '0')
wait = math.max(wait, spent - ahead - now)
local is_taken = wait <= patience
if is_taken then
  taken = taken + 1
  if each > 0 then
    spent = math.max(spent, now) + each
    redis.call('SET', allowance, string.format('%.0f', spent), 'PX', spent - now + 60000)
  end
end
local is_half_spent = each > 0 and (spent - now) * 2 > ahead
if is_taken then
  redis.call('HSET', KEYS[1], 'taken', taken, 'last', now + wait)
  redis.call('EXPIRE', KEYS[1], math.ceil(math.max(1000, math.min(taken * longest, tonumber(ARGV[8]))) / 1000))
  redis.call('INCR', KEYS[2])
  redis.call('EXPIRE', KEYS[2], (is_half_spent and tonumber(ARGV[8]) or tonumber(ARGV[9])) / 1000)
end
local is_suspect = taken > free or is_half_spent
return {wait, is_taken and 1 or 0, is_new and 1 or 0, is_suspect and 1 or 0}
";

/// Gives back what somebody has taken who knew the password.
const GIVE_BACK: &str = r"
redis.call('DEL', KEYS[1], KEYS[2])
local spent = tonumber(redis.call('GET', KEYS[3]) or '0') - tonumber(ARGV[2])
local left = spent - tonumber(ARGV[1])
if left > 0 then
  redis.call('SET', KEYS[3], string.format('%.0f', spent), 'PX', left + 60000)
else
  redis.call('DEL', KEYS[3])
end
";

pub(super) async fn take(bus: &Bus, keys: &Keys, now_ms: i64, rules: Rules) -> RedisResult<Turn> {
    let Rules { pace, rate, patience_ms } = rules;
    let script = Script::new(TAKE);
    let mut call = script.key(&keys.client);
    call.key(&keys.site).key(&keys.newcomers).key(&keys.others);
    call.arg(now_ms).arg(pace.free).arg(pace.longest_ms).arg(rate.each_ms()).arg(rate.ahead_ms());
    call.arg(patience_ms).arg(NEW).arg(LONGEST_MS).arg(MEANWHILE_MS);
    let (wait_ms, is_taken, is_new, is_suspect): (i64, bool, bool, bool) =
        call.invoke_async(&mut bus.connection()).await?;
    Ok(Turn { wait_ms, is_taken, is_new, is_suspect })
}

pub(super) async fn give_back(bus: &Bus, keys: &Keys, is_new: bool, now_ms: i64, rate: Rate) -> RedisResult<()> {
    let script = Script::new(GIVE_BACK);
    let mut call = script.key(&keys.client);
    call.key(&keys.site).key(keys.allowance(is_new));
    call.arg(now_ms).arg(rate.each_ms()).invoke_async(&mut bus.connection()).await
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const RULES: Rules = Rules {
        pace: Pace { free: 10, longest_ms: 900_000 },
        rate: Rate { an_hour: 100, at_once: 300 },
        patience_ms: 4_000,
    };

    /// How often so many clients, each of a site of its own, guess within a day who each take whatever turn they get.
    fn guesses_a_day(clients: usize, rules: Rules) -> u32 {
        let (mut shared, mut guesses) = (Standing::default(), 0);
        let mut lanes = vec![(Lane::default(), 0); clients];
        for minute in 0..1_440 {
            for (lane, tries_of_site) in &mut lanes {
                for _ in 0..20 {
                    let mut standing = Standing { lane: *lane, tries_of_site: *tries_of_site, ..shared };
                    if !standing.take(minute * 60_000, rules).is_taken {
                        break;
                    }
                    guesses += 1;
                    (*lane, *tries_of_site) = (standing.lane, standing.tries_of_site);
                    shared = standing;
                }
            }
        }
        guesses
    }

    #[test]
    fn an_account_is_guessed_at_no_more_often_a_day_than_the_decision_says() {
        let told = [1, 10, 30, 100, 1_000, 5_000].map(|clients| guesses_a_day(clients, RULES));
        // Never more than both allowances of a day, with what goes at once of each: 2 * (2,400 + 300).
        assert_eq!(told, [114, 1_140, 2_788, 2_998, 5_396, 5_396]);
    }

    #[test]
    fn whoever_comes_for_the_first_time_waits_for_none_of_those_who_go_on_guessing() {
        let mut shared = Standing::default();
        let mut lanes = vec![(Lane::default(), 0); 90];
        for second in 0..7_200 {
            for (lane, tries_of_site) in &mut lanes {
                let mut standing = Standing { lane: *lane, tries_of_site: *tries_of_site, ..shared };
                standing.take(second * 1_000, RULES);
                (*lane, *tries_of_site) = (standing.lane, standing.tries_of_site);
                shared = standing;
            }
            let mut owner = Standing { lane: Lane::default(), tries_of_site: 0, ..shared };
            let turn = owner.take(second * 1_000, RULES);
            assert_eq!((turn.wait_ms, turn.is_taken, turn.is_new), (0, true, true), "after {second} s");
        }
        let mut again = Standing { lane: Lane::default(), tries_of_site: 3, ..shared };
        assert!(!again.take(7_200_000, RULES).is_taken, "the others have used up what is theirs");
    }

    #[test]
    fn what_was_tried_once_is_soon_forgotten_and_nobody_tries_more_often_for_that() {
        let mut standing = Standing::default();
        for tries in 1..=200 {
            let turn = standing.take(0, Rules { patience_ms: i64::MAX, ..RULES });
            assert_eq!(standing.lane_kept_ms(RULES), (tries * 900_000).min(LONGEST_MS));
            let kept = if turn.is_new || tries < 153 { MEANWHILE_MS } else { LONGEST_MS };
            assert_eq!(standing.site_kept_ms(turn, 0, RULES), kept, "after {tries}");
        }
    }

    #[test]
    fn who_is_sent_away_takes_no_turn() {
        let rules = Rules { patience_ms: 0, ..RULES };
        let mut standing = Standing::default();
        for _ in 0..10 {
            assert!(standing.take(0, rules).is_taken);
        }
        let before = standing;
        for _ in 0..50 {
            assert!(!standing.take(999, rules).is_taken);
        }
        assert_eq!(standing, before);
        assert!(standing.take(1_000, rules).is_taken);
    }

    fn keys(client: &str) -> Keys {
        let [client, site] = [format!("lane:{client}"), format!("site:{}", &client[..1])];
        Keys { client, site, newcomers: "newcomers".to_owned(), others: "others".to_owned() }
    }

    #[tokio::test]
    async fn turns_are_taken_and_given_back_in_redis_as_they_are_here() {
        let redis = kit::testing::TestRedis::start().await;
        let bus = redis.bus().await;
        let clock = kit::testing::manual_clock();
        let here = super::super::tally::Tally::new(clock.clone());
        let rules = Rules {
            // Long enough that nothing is forgotten by a clock that is not Redis's.
            pace: Pace { free: 2, longest_ms: 60_000 },
            rate: Rate { an_hour: 1_200, at_once: 6 },
            patience_ms: 2_000,
        };
        let mut seen = HashMap::new();
        for round in 0..400_i64 {
            let keys = keys(["a1", "a2", "b1", "c1"][usize::try_from(round * 7 % 11).expect("small") % 4]);
            let there = take(&bus, &keys, clock.now().timestamp_millis(), rules).await.expect("Redis answers");
            assert_eq!(there, here.queue(&keys, rules), "in round {round}");
            *seen.entry((there.is_taken, there.is_new, there.is_suspect)).or_insert(0) += 1;
            if there.is_taken && round % 5 == 0 {
                let now = clock.now().timestamp_millis();
                give_back(&bus, &keys, there.is_new, now, rules.rate).await.expect("Redis answers");
                here.give_back(&keys, there.is_new, rules.rate);
            }
            clock.advance(chrono::TimeDelta::milliseconds(round * 131 % 900));
        }
        assert!(seen.len() >= 5, "every kind of turn: {seen:?}");
    }
}
