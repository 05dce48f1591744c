//! Lanes: the deliveries that a process holds, queued by key. A lane handles one message at a time, in stream order; lanes
//! do not wait for each other. A message that waits for a retry delays its own lane only.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use redis::streams::StreamId;
use tokio::time::Instant;

use crate::messaging::bus::{Place, entry_order};

/// A message that was read and is not finished.
#[derive(Debug)]
pub(super) struct Delivery {
    pub entry: StreamId,
    pub class: Class,
    /// How often it has failed.
    pub failures: usize,
    /// How many of these failures were not transient.
    pub faults: usize,
}

/// The class of a delivery decides how many of its kind may be handled at once, and whether in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Class {
    /// May be handled together with others.
    New,
    /// Is handled by itself: its batch was declined or failed.
    Single,
    /// Has failed before.
    Again,
    /// Was being handled when a process ended, and may have killed it.
    Suspect,
}

impl Delivery {
    pub(super) fn new(entry: StreamId, class: Class) -> Self {
        Self { entry, class, failures: 0, faults: 0 }
    }

    pub(super) fn place(&self) -> Place {
        entry_order(&self.entry.id)
    }

    /// The lane's key: the message's, or the entry's id if it has none.
    fn key(&self) -> String {
        self.entry.get("key").unwrap_or_else(|| self.entry.id.clone())
    }

    fn bytes(&self) -> usize {
        let length = |value: &redis::Value| match value {
            redis::Value::BulkString(bytes) => bytes.len(),
            _ => 0,
        };
        self.entry.map.values().map(length).sum()
    }
}

#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: HashMap<String, Lane>,
    /// The heads of lanes that may go, by class and place.
    ready: BTreeMap<Class, BTreeMap<Place, String>>,
    waiting: BTreeSet<(Instant, String)>,
    /// Everything that is in hand, what is being handled as well.
    places: BTreeSet<Place>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Lane {
    queue: BTreeMap<Place, Delivery>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Free,
    /// Its former head is being handled.
    Busy,
    Waits,
}

impl Lanes {
    /// How many messages are in hand.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// How large those are that wait in their lanes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn has(&self, place: Place) -> bool {
        self.places.contains(&place)
    }

    /// How many of a class may go.
    pub(super) fn ready(&self, class: Class) -> usize {
        self.ready.get(&class).map_or(0, BTreeMap::len)
    }

    pub(super) fn all_ready(&self) -> usize {
        self.ready.values().map(BTreeMap::len).sum()
    }

    pub(super) fn take_in(&mut self, held: Delivery) {
        let (key, place) = (held.key(), held.place());
        if !self.places.insert(place) {
            return;
        }
        self.bytes += held.bytes();
        self.unready(&key);
        self.lanes.entry(key.clone()).or_default().queue.insert(place, held);
        self.make_ready(key);
    }

    /// Lets lanes go that have waited long enough.
    pub(super) fn wake(&mut self, now: Instant) {
        while let Some((at, _)) = self.waiting.first()
            && *at <= now
            && let Some((_, key)) = self.waiting.pop_first()
        {
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.state = State::Free;
            }
            self.make_ready(key);
        }
    }

    /// When the next lane has waited long enough.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// The first on the stream that may go, of the classes that may.
    pub(super) fn next(&mut self, may: impl Fn(Class) -> bool) -> Option<Delivery> {
        let heads = self.ready.iter().filter(|(class, _)| may(**class));
        let (_, key) = heads.filter_map(|(_, heads)| heads.first_key_value()).min_by_key(|(place, _)| **place)?;
        let key = key.clone();
        self.go(&key)
    }

    /// The first of a class, of as many lanes.
    pub(super) fn next_of(&mut self, class: Class, most: usize) -> Vec<Delivery> {
        let heads = self.ready.get(&class).into_iter().flat_map(BTreeMap::values);
        let keys: Vec<String> = heads.take(most).cloned().collect();
        keys.iter().filter_map(|key| self.go(key)).collect()
    }

    fn go(&mut self, key: &str) -> Option<Delivery> {
        self.unready(key);
        let lane = self.lanes.get_mut(key)?;
        let (_, held) = lane.queue.pop_first()?;
        lane.state = State::Busy;
        self.bytes -= held.bytes();
        Some(held)
    }

    /// Nothing more is to be done about a message that went.
    pub(super) fn done(&mut self, held: &Delivery) {
        self.places.remove(&held.place());
        self.free(held.key());
    }

    /// A message that went is to go again: at once, or then.
    pub(super) fn put_back(&mut self, held: Delivery, at: Option<Instant>) {
        let key = held.key();
        self.bytes += held.bytes();
        let lane = self.lanes.entry(key.clone()).or_default();
        lane.queue.insert(held.place(), held);
        match at {
            Some(at) => {
                lane.state = State::Waits;
                self.waiting.insert((at, key));
            }
            None => self.free(key),
        }
    }

    /// Lets go of what does not go yet, for somebody else to take it.
    pub(super) fn let_go(&mut self, of: impl Fn(Place) -> bool) -> Vec<Delivery> {
        let mut gone = Vec::new();
        for lane in self.lanes.values_mut() {
            gone.extend(lane.queue.extract_if(.., |place, _| of(*place)).map(|(_, held)| held));
        }
        for held in &gone {
            self.places.remove(&held.place());
            self.bytes -= held.bytes();
        }
        self.ready.clear();
        let keys: Vec<String> = self.lanes.keys().cloned().collect();
        for key in keys {
            self.make_ready(key);
        }
        gone
    }

    /// The first and the last on the stream that is in hand.
    pub(super) fn span(&self) -> Option<(Place, Place)> {
        Some((*self.places.first()?, *self.places.last()?))
    }

    fn free(&mut self, key: String) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.state = State::Free;
        }
        self.make_ready(key);
    }

    fn unready(&mut self, key: &str) {
        let Some(lane) = self.lanes.get(key) else { return };
        if let Some((place, held)) = lane.queue.first_key_value()
            && let Some(heads) = self.ready.get_mut(&held.class)
        {
            heads.remove(place);
        }
    }

    fn make_ready(&mut self, key: String) {
        let Some(lane) = self.lanes.get(&key) else { return };
        match (lane.state, lane.queue.first_key_value()) {
            (State::Free, Some((place, held))) => {
                self.ready.entry(held.class).or_default().insert(*place, key);
            }
            (State::Free, None) => {
                self.lanes.remove(&key);
            }
            (State::Busy | State::Waits, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn message(place: u64, key: &str) -> Delivery {
        let map = [("key".to_owned(), redis::Value::BulkString(key.as_bytes().to_vec()))].into();
        Delivery::new(StreamId { id: format!("{place}-0"), map, ..StreamId::default() }, Class::New)
    }

    fn holding(messages: &[(u64, &str)]) -> Lanes {
        let mut lanes = Lanes::default();
        messages.iter().for_each(|(place, key)| lanes.take_in(message(*place, key)));
        lanes
    }

    fn next(lanes: &mut Lanes) -> Option<Delivery> {
        lanes.next(|_| true)
    }

    fn drained(lanes: &mut Lanes) -> Vec<u64> {
        std::iter::from_fn(|| next(lanes)).map(|held| held.place().0).collect()
    }

    #[test]
    fn a_lane_goes_one_at_a_time_and_others_do_not_wait_for_it() {
        let mut lanes = holding(&[(1, "a"), (2, "a"), (3, "b"), (4, "c")]);
        let first = next(&mut lanes).unwrap();
        assert_eq!(first.place().0, 1);
        assert_eq!(drained(&mut lanes), [3, 4]);
        lanes.done(&first);
        assert_eq!(drained(&mut lanes), [2]);
    }

    #[test]
    fn what_waits_for_its_next_attempt_holds_up_its_own_lane_alone() {
        let mut lanes = holding(&[(1, "a"), (2, "a"), (3, "b")]);
        let first = next(&mut lanes).unwrap();
        let later = Instant::now() + Duration::from_secs(60);
        lanes.put_back(first, Some(later));
        assert_eq!(drained(&mut lanes), [3]);
        lanes.wake(later);
        let again = next(&mut lanes).unwrap();
        assert_eq!(again.place().0, 1, "before what came after it");
        lanes.done(&again);
        assert_eq!(drained(&mut lanes), [2]);
    }

    #[test]
    fn what_comes_late_goes_where_it_stands_on_the_stream() {
        let mut lanes = holding(&[(5, "a"), (7, "b")]);
        lanes.take_in(message(2, "a"));
        assert_eq!(next(&mut lanes).map(|held| held.place().0), Some(2));
        assert_eq!(drained(&mut lanes), [7]);
    }

    #[test]
    fn what_is_in_hand_is_not_taken_in_twice() {
        let mut lanes = holding(&[(1, "a")]);
        let held = next(&mut lanes).unwrap();
        lanes.take_in(message(1, "a"));
        assert_eq!(lanes.len(), 1);
        lanes.done(&held);
        assert!(next(&mut lanes).is_none());
        assert_eq!((lanes.len(), lanes.bytes(), lanes.lanes.len()), (0, 0, 0), "nothing is left behind");
    }

    #[test]
    fn one_of_each_lane_goes_together() {
        let mut lanes = holding(&[(1, "a"), (2, "a"), (3, "b"), (4, "c")]);
        let places: Vec<u64> = lanes.next_of(Class::New, 2).iter().map(|held| held.place().0).collect();
        assert_eq!((places, lanes.ready(Class::New)), (vec![1, 3], 1));
    }

    #[test]
    fn what_does_not_go_yet_can_be_let_go() {
        let mut lanes = holding(&[(1, "a"), (2, "a"), (3, "b")]);
        let first = next(&mut lanes).unwrap();
        assert_eq!(lanes.let_go(|place| place.0 == 2).len(), 1);
        lanes.done(&first);
        assert_eq!(drained(&mut lanes), [3]);
    }
}
