//! Checkouts that go well and ill, told as stories.

mod table;
mod ways_out;

use chrono::{DateTime, TimeDelta, Utc};
use vocab::VariantId;

use super::*;
use crate::cart::tests::noon;

const RETRY_POLICY: RetryPolicy = RetryPolicy { step_timeout_ms: 5_000, attempts: 3 };

/// A saga with everything that it has done so far.
struct Run {
    state: State,
    now: DateTime<Utc>,
    sent: Vec<Step>,
    recorded: Vec<&'static str>,
}

impl Run {
    fn begin() -> Self {
        let now = noon();
        let Transition { state, effects } = State::begin(now, now + TimeDelta::minutes(30), RETRY_POLICY);
        let mut run = Self { state, now, sent: vec![], recorded: vec![] };
        run.keep(effects);
        run
    }

    /// A saga that has heard `replies`.
    fn after(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut run = Self::begin();
        for reply in replies {
            run.hear(reply);
        }
        run
    }

    fn keep(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(step) => self.sent.push(step),
                Effect::Record(event) => self.recorded.push(event.kind()),
            }
        }
    }

    fn take(&mut self, what: Event) -> usize {
        let Transition { state, effects } = step(&self.state, EventAt { at: self.now, event: what });
        let count = effects.len();
        self.state = state;
        self.keep(effects);
        count
    }

    fn hear(&mut self, reply: Reply) -> usize {
        self.take(Event::Replied(reply))
    }

    fn wait_out(&mut self) {
        self.now = self.state.deadline().expect("an answer is waited for");
        self.take(Event::DeadlinePassed);
    }

    fn times(&self, step: Step) -> usize {
        self.sent.iter().filter(|&&sent| sent == step).count()
    }

    fn timeline(&self) -> Vec<(&'static str, StepOutcome)> {
        self.state.timeline.iter().map(|tried| (tried.step.name(), tried.outcome)).collect()
    }
}

fn declined() -> Reply {
    Reply::PaymentDeclined { reason: "card_declined".into(), message: "Your card was declined.".into() }
}

fn short() -> Reply {
    let shortage = Shortage { variant_id: VariantId::of_key("a"), requested: 2, available: 1 };
    Reply::StockRefused { shortages: vec![shortage], limited: false }
}

fn refused() -> Reply {
    Reply::ShipmentRefused { message: "No such street.".into() }
}

const FORWARD: [Reply; 4] =
    [Reply::StockReserved, Reply::PaymentAuthorized, Reply::ShipmentCreated, Reply::PaymentCaptured];

fn every_reply() -> Vec<Reply> {
    let undone = [Reply::ShipmentCancelled, Reply::PaymentVoided, Reply::StockReleased, Reply::StockSettled];
    let of_cancelling = [
        Reply::StockReturned,
        Reply::ShipmentRecalled,
        Reply::ShipmentCancelRefused { message: "It has arrived.".into() },
    ];
    FORWARD.into_iter().chain(undone).chain([short(), declined(), refused()]).chain(of_cancelling).collect()
}

#[test]
fn a_checkout_goes_forward_step_by_step_and_confirms_at_the_pivot() {
    let mut run = Run::after(FORWARD);
    assert_eq!(run.state.course, Phase::Confirmed);
    run.hear(Reply::StockSettled);
    assert_eq!(
        run.sent,
        [Step::ReserveStock, Step::AuthorizePayment, Step::CreateShipment, Step::CapturePayment, Step::SettleStock]
    );
    assert_eq!(
        run.recorded,
        ["stock_reserved", "payment_authorized", "shipment_created", "payment_captured", "confirmed", "stock_settled"]
    );
    assert!(run.timeline().iter().all(|(_, outcome)| *outcome == StepOutcome::Done), "{:?}", run.timeline());
    assert_eq!(run.state.awaiting, None);
}

#[test]
fn no_stock_leaves_nothing_to_take_back() {
    let run = Run::after([short()]);
    assert_eq!(run.state.course, Phase::Cancelled);
    assert_eq!(run.sent, [Step::ReserveStock]);
    assert_eq!(run.recorded, ["step_refused", "cancelled"]);
    assert_eq!(run.state.failure.as_ref().map(Failure::reason), Some("insufficient_stock"));
}

#[test]
fn a_declined_payment_releases_the_stock_and_voids_nothing() {
    let mut run = Run::after([Reply::StockReserved, declined()]);
    assert_eq!(run.state.course, Phase::Back);
    run.hear(Reply::StockReleased);
    assert_eq!(run.sent, [Step::ReserveStock, Step::AuthorizePayment, Step::ReleaseStock]);
    assert_eq!(run.state.course, Phase::Cancelled);
    assert_eq!(
        run.timeline(),
        [
            ("reserve_stock", StepOutcome::Compensated),
            ("authorize_payment", StepOutcome::Failed),
            ("release_stock", StepOutcome::Done)
        ]
    );
}

#[test]
fn a_refused_shipment_is_taken_back_in_reverse_one_acknowledgement_at_a_time() {
    let mut run = Run::after([Reply::StockReserved, Reply::PaymentAuthorized, refused()]);
    assert_eq!(run.sent.last(), Some(&Step::VoidPayment));
    assert_eq!(run.hear(Reply::StockReleased), 0, "the stock was not asked yet");
    run.hear(Reply::PaymentVoided);
    assert_eq!(run.sent.last(), Some(&Step::ReleaseStock));
    assert_eq!(run.state.course, Phase::Back);
    run.hear(Reply::StockReleased);
    assert_eq!(run.state.course, Phase::Cancelled);
    assert_eq!(run.recorded.last(), Some(&"cancelled"));
}

#[test]
fn a_declined_capture_takes_everything_back() {
    let mut run = Run::after([Reply::StockReserved, Reply::PaymentAuthorized, Reply::ShipmentCreated, declined()]);
    for reply in [Reply::ShipmentCancelled, Reply::PaymentVoided, Reply::StockReleased] {
        run.hear(reply);
    }
    assert_eq!(run.sent[4..], [Step::CancelShipment, Step::VoidPayment, Step::ReleaseStock]);
    assert_eq!(run.state.course, Phase::Cancelled);
}

#[test]
fn a_parcel_that_is_gone_keeps_neither_the_money_nor_the_stock() {
    let mut run = Run::after([Reply::StockReserved, Reply::PaymentAuthorized, Reply::ShipmentCreated, declined()]);
    run.hear(Reply::ShipmentCancelRefused { message: "It has arrived.".into() });
    for reply in [Reply::PaymentVoided, Reply::StockReleased] {
        run.hear(reply);
    }
    assert_eq!(run.state.course, Phase::Cancelled);
    assert_eq!(run.recorded[4..], ["cancel_refused", "payment_voided", "stock_released", "cancelled"]);
}

#[test]
fn the_same_answer_again_changes_nothing() {
    for heard in 1..=FORWARD.len() {
        let mut run = Run::after(FORWARD.into_iter().take(heard));
        for again in FORWARD.into_iter().take(heard) {
            let before = run.state.clone();
            assert_eq!(run.hear(again), 0);
            assert_eq!(run.state, before);
        }
    }
}

#[test]
fn an_answer_to_what_was_not_asked_changes_nothing() {
    let mut run = Run::begin();
    for reply in every_reply() {
        if matches!(reply, Reply::StockReserved | Reply::StockRefused { .. }) {
            continue;
        }
        let before = run.state.clone();
        assert_eq!(run.hear(reply.clone()), 0, "{reply:?}");
        assert_eq!(run.state, before);
    }
}

#[test]
fn nothing_moves_a_checkout_that_has_ended() {
    let mut confirmed = Run::after(FORWARD);
    confirmed.hear(Reply::StockSettled);
    let mut cancelled = Run::after([Reply::StockReserved, Reply::PaymentAuthorized, refused()]);
    cancelled.hear(Reply::PaymentVoided);
    cancelled.hear(Reply::StockReleased);
    for run in [&mut confirmed, &mut cancelled] {
        let before = run.state.clone();
        for reply in every_reply() {
            if matches!(reply, Reply::ShipmentCreated) {
                continue;
            }
            assert_eq!(run.hear(reply.clone()), 0, "{reply:?}");
        }
        run.now += TimeDelta::days(1);
        run.take(Event::DeadlinePassed);
        assert_eq!(run.state, before);
    }
}

#[test]
fn a_late_answer_has_its_command_sent_again_ever_more_patiently() {
    let mut run = Run::begin();
    let mut waits = vec![];
    for _ in 0..2 {
        run.wait_out();
        waits.push((run.state.deadline().expect("waiting") - run.now).num_seconds());
    }
    assert_eq!(run.sent, [Step::ReserveStock; 3]);
    assert_eq!(waits, [10, 20]);
    assert_eq!(run.state.timeline[0].attempt, 3);
}

#[test]
fn a_deadline_that_has_moved_has_not_passed() {
    let mut run = Run::after([Reply::StockReserved]);
    assert_eq!(run.take(Event::DeadlinePassed), 0);
}

#[test]
fn silence_before_the_pivot_takes_back_what_may_have_happened() {
    let mut run = Run::after([Reply::StockReserved]);
    for _ in 0..RETRY_POLICY.attempts {
        run.wait_out();
    }
    assert_eq!(run.times(Step::AuthorizePayment), 3);
    assert_eq!(run.sent.last(), Some(&Step::VoidPayment), "it may have been authorized");
    run.hear(Reply::PaymentVoided);
    run.hear(Reply::StockReleased);
    assert_eq!(run.state.course, Phase::Cancelled);
    assert_eq!(run.state.failure, Some(Failure::Unanswered { step: Step::AuthorizePayment }));
}

#[test]
fn silence_after_the_pivot_is_asked_for_ever() {
    let mut capturing = Run::after(FORWARD.into_iter().take(3));
    let mut settling = Run::after(FORWARD);
    let mut releasing = Run::after([Reply::StockReserved, declined()]);
    for (run, step) in [
        (&mut capturing, Step::CapturePayment),
        (&mut settling, Step::SettleStock),
        (&mut releasing, Step::ReleaseStock),
    ] {
        for _ in 0..50 {
            run.wait_out();
        }
        assert_eq!(run.times(step), 51);
        assert_eq!(run.state.deadline().map(|deadline| deadline - run.now), Some(TimeDelta::minutes(5)));
    }
}

#[test]
fn success_that_comes_after_the_step_was_given_up_is_compensated_exactly_once() {
    for when in 0..3 {
        let mut run = Run::after([Reply::StockReserved]);
        for _ in 0..RETRY_POLICY.attempts {
            run.wait_out();
        }
        for (turn, reply) in [Reply::PaymentVoided, Reply::StockReleased].into_iter().enumerate() {
            if turn == when {
                run.hear(Reply::PaymentAuthorized);
            }
            run.hear(reply);
        }
        run.hear(Reply::PaymentAuthorized);
        assert_eq!(run.times(Step::VoidPayment), 1, "late by {when}");
        assert_eq!(run.recorded.iter().filter(|&&kind| kind == "cancelled").count(), 1);
        assert_eq!(run.state.course, Phase::Cancelled);
    }
}

#[test]
fn success_that_contradicts_a_refusal_is_compensated_exactly_once() {
    for when in 0..2 {
        let mut run = Run::after([Reply::StockReserved, declined()]);
        if when == 0 {
            run.hear(Reply::PaymentAuthorized);
        }
        run.hear(Reply::StockReleased);
        run.hear(Reply::PaymentAuthorized);
        run.hear(Reply::PaymentVoided);
        run.hear(Reply::PaymentAuthorized);
        assert_eq!(run.times(Step::VoidPayment), 1, "late by {when}");
        assert_eq!(run.recorded.iter().filter(|&&kind| kind == "cancelled").count(), 1);
        assert_eq!((run.state.course, run.state.awaiting), (Phase::Cancelled, None));
    }
}

#[test]
fn nothing_is_captured_for_stock_that_is_held_no_more() {
    let mut run = Run::after(FORWARD.into_iter().take(2));
    run.now += TimeDelta::minutes(30);
    run.hear(Reply::ShipmentCreated);
    assert_eq!(run.times(Step::CapturePayment), 0);
    assert_eq!(run.sent.last(), Some(&Step::CancelShipment));
    assert_eq!(run.state.failure, Some(Failure::ReservationExpired));
}

/// Whatever is heard in whatever order: each step is asked for at most once unless it is late, nothing is captured
/// after turning back, and an ended order stays ended.
#[test]
fn no_order_of_answers_breaks_the_rules() {
    let replies = every_reply();
    for seed in 0..20_000_u64 {
        let mut run = Run::begin();
        let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for _ in 0..40 {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            let before = run.state.course;
            match usize::try_from(dice % 17).expect("small") {
                rolled if rolled < replies.len() => {
                    run.hear(replies[rolled].clone());
                }
                _ if run.state.awaiting.is_some() => run.wait_out(),
                _ => {}
            }
            let may_become = |from, to| match from {
                Phase::Forward => true,
                Phase::Back => matches!(to, Phase::Back | Phase::Cancelled),
                ended => ended == to,
            };
            assert!(may_become(before, run.state.course), "seed {seed}: {before:?} to {:?}", run.state.course);
            let held = run.state.timeline.iter().filter(|tried| tried.step == Step::CapturePayment).count();
            assert!(held <= 1, "seed {seed}");
        }
        let ends = run.recorded.iter().filter(|kind| matches!(**kind, "confirmed" | "cancelled")).count();
        assert_eq!(ends == 1, matches!(run.state.course, Phase::Confirmed | Phase::Cancelled), "seed {seed}");
        for tried in [Step::VoidPayment, Step::ReleaseStock, Step::CancelShipment] {
            let times = run.state.timeline.iter().filter(|one| one.step == tried).count();
            assert!(times <= 1, "seed {seed}: {tried:?} began {times} times");
        }
    }
}
