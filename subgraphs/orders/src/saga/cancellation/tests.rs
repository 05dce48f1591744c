//! Cancelling, in every place where a wish can come in.

use chrono::TimeDelta;

use super::*;
use crate::cart::tests::noon;
use crate::saga::{Failure, NotRefundable, OrderProcess, Phase, State, TooLate};

const RETRY_POLICY: RetryPolicy = RetryPolicy { step_timeout_ms: 5_000, attempts: 3 };

const FORWARD: [Reply; 5] = [
    Reply::StockReserved,
    Reply::PaymentAuthorized,
    Reply::ShipmentCreated,
    Reply::PaymentCaptured,
    Reply::StockSettled,
];

/// An order with everything that was sent and logged so far.
struct Run {
    process: OrderProcess,
    at: DateTime<Utc>,
    sent: Vec<Step>,
    logged: Vec<&'static str>,
}

impl Run {
    fn after(replies: impl IntoIterator<Item = Reply>) -> Self {
        let checkout = State::begin(noon(), noon() + TimeDelta::minutes(30), RETRY_POLICY).state;
        let process = OrderProcess { checkout, cancelling: None };
        let mut run = Self { process, at: noon(), sent: vec![], logged: vec![] };
        for reply in replies {
            run.hear(reply);
        }
        run.sent.clear();
        run.logged.clear();
        run
    }

    fn take(&mut self, what: Event) -> usize {
        let (process, effects) = self.process.advance(&EventAt { at: self.at, event: what });
        let count = effects.len();
        self.process = process;
        for effect in effects {
            match effect {
                Effect::Send(step) => self.sent.push(step),
                Effect::Record(event) => self.logged.push(event.kind()),
            }
        }
        count
    }

    fn hear(&mut self, reply: Reply) -> usize {
        self.take(Event::Replied(reply))
    }

    fn wish(&mut self, by: RequestedBy) -> usize {
        self.take(Event::CancelRequested(by))
    }

    fn cancelling(&self) -> &CancellationSaga {
        self.process.cancelling.as_ref().expect("somebody wanted it cancelled")
    }
}

fn refused() -> Reply {
    Reply::ShipmentCancelRefused { message: "The parcel has arrived.".into() }
}

fn short() -> Reply {
    Reply::StockRefused { shortages: vec![], limited: false }
}

#[test]
fn every_answer_and_every_deadline_of_its_steps_is_listed_once_and_the_steps_are_inverses() {
    let steps = [Step::CancelShipment, Step::VoidPayment, Step::ReturnStock];
    for (index, step) in steps.into_iter().enumerate() {
        let of_step: Vec<&Rule> = TRANSITIONS.iter().filter(|rule| rule.when == When::Awaiting(step)).collect();
        assert!(of_step.iter().all(|rule| rule.event == EventKind::DeadlinePassed || rule.event.answers() == [step]));
        assert_eq!(of_step.iter().filter(|rule| rule.action == Action::Retry).count(), 1);
        let next: Vec<Action> =
            of_step.iter().map(|rule| rule.action).filter(|leads| *leads != Action::Retry).collect();
        assert_eq!(
            next[0],
            steps.get(index + 1).map_or(Action::Compensated, |&next| Action::Advance(next)),
            "only forward"
        );
        let otherwise = [Action::ParcelRecalled(steps[1]), Action::CancellationRefused];
        assert_eq!(next[1..], otherwise[..if index == 0 { 2 } else { 0 }], "nothing is undone by then");
        assert!(step.compensates().is_some());
    }
    assert_eq!(TRANSITIONS.len(), 8);
}

#[test]
fn before_the_pivot_a_wish_turns_the_checkout_round_and_what_may_have_happened_is_undone() {
    let undoing = [
        vec![Reply::StockReleased],
        vec![Reply::PaymentVoided, Reply::StockReleased],
        vec![Reply::ShipmentCancelled, Reply::PaymentVoided, Reply::StockReleased],
    ];
    for (heard, undone) in undoing.into_iter().enumerate() {
        let mut run = Run::after(FORWARD.into_iter().take(heard));
        run.wish(RequestedBy::Customer);
        assert_eq!(run.cancelling().progress, Progress::Waiting);
        undone.into_iter().for_each(|reply| assert_ne!(run.hear(reply), 0));
        assert_eq!(run.process.checkout.course, Phase::Cancelled);
        assert_eq!(run.process.checkout.failure, Some(Failure::Cancelled { by: RequestedBy::Customer }));
        assert_eq!(run.cancelling().progress, Progress::Completed);
        assert_eq!((run.logged[0], run.logged.last()), ("cancel_requested", Some(&"cancelled")));
    }
}

#[test]
fn a_wish_while_the_payment_is_captured_is_remembered_until_the_order_stands() {
    let mut run = Run::after(FORWARD.into_iter().take(3));
    run.wish(RequestedBy::Customer);
    assert_eq!((run.sent.len(), run.process.checkout.course), (0, Phase::Forward));
    run.hear(Reply::PaymentCaptured);
    assert_eq!((run.sent.as_slice(), run.process.checkout.course), (&[Step::SettleStock][..], Phase::Confirmed));
    run.hear(Reply::StockSettled);
    for reply in [Reply::ShipmentCancelled, Reply::PaymentVoided, Reply::StockReturned] {
        run.hear(reply);
    }
    assert_eq!(run.sent[1..], [Step::CancelShipment, Step::VoidPayment, Step::ReturnStock]);
    assert_eq!(
        run.logged,
        [
            "cancel_requested",
            "payment_captured",
            "confirmed",
            "stock_settled",
            "shipment_cancelled",
            "payment_voided",
            "stock_returned",
            "cancelled"
        ]
    );
    assert_eq!(run.cancelling().progress, Progress::Completed);
}

#[test]
fn a_wish_while_the_payment_is_captured_is_fulfilled_by_a_decline() {
    let mut run = Run::after(FORWARD.into_iter().take(3));
    run.wish(RequestedBy::Customer);
    run.hear(Reply::PaymentDeclined { reason: "lapsed".into(), message: "Too late.".into() });
    for reply in [Reply::ShipmentCancelled, Reply::PaymentVoided, Reply::StockReleased] {
        run.hear(reply);
    }
    assert_eq!(run.cancelling().progress, Progress::Completed);
    assert_eq!(run.logged.iter().filter(|&&kind| kind == "cancelled").count(), 1);
}

#[test]
fn a_parcel_that_the_carrier_does_not_take_back_leaves_the_order_as_it_is() {
    let mut run = Run::after(FORWARD);
    run.take(Event::ShipmentDispatched);
    assert_eq!(run.process.may_cancel(RequestedBy::Customer), Err(TooLate::Dispatched));
    assert_eq!(run.wish(RequestedBy::Customer), 0);
    run.wish(RequestedBy::Staff);
    run.take(Event::ShipmentDelivered);
    assert_eq!(run.logged, ["shipment_dispatched", "cancel_requested", "shipment_delivered"], "not completed yet");
    run.hear(refused());
    assert_eq!(run.logged[3..], ["cancel_refused", "completed"]);
    assert_eq!((run.cancelling().progress, run.sent.as_slice()), (Progress::Refused, &[Step::CancelShipment][..]));
    assert_eq!(run.process.may_cancel(RequestedBy::Staff), Err(TooLate::Refused));
}

#[test]
fn what_has_arrived_is_refunded_when_staff_wants_it_and_stays_where_it_is() {
    let mut refused = Run::after(FORWARD);
    refused.wish(RequestedBy::Staff);
    refused.take(Event::ShipmentDispatched);
    refused.take(Event::ShipmentDelivered);
    refused.hear(self::refused());
    let mut arrived = Run::after(FORWARD);
    arrived.take(Event::ShipmentDispatched);
    arrived.take(Event::ShipmentDelivered);
    for mut run in [refused, arrived] {
        run.sent.clear();
        run.logged.clear();
        assert_eq!(run.process.may_refund(), Ok(()));
        run.take(Event::RefundRequested);
        assert_eq!(run.take(Event::RefundRequested), 0, "a wish that comes again is no new one");
        assert_eq!((run.process.may_refund(), run.process.may_cancel(RequestedBy::Staff)), (Ok(()), Ok(())));
        run.hear(Reply::PaymentVoided);
        assert_eq!(run.sent, [Step::VoidPayment]);
        assert_eq!(run.logged, ["refund_requested", "payment_voided", "refunded"]);
        assert_eq!(
            (run.cancelling().progress, run.process.may_refund()),
            (Progress::Completed, Err(NotRefundable::Cancelled))
        );
        assert_eq!(run.take(Event::RefundRequested), 0);
    }
}

#[test]
fn what_may_still_be_cancelled_is_not_refunded_by_itself() {
    for heard in 0..=FORWARD.len() {
        let mut run = Run::after(FORWARD.into_iter().take(heard));
        let expected = if heard < 4 { NotRefundable::NotPaid } else { NotRefundable::NotArrived };
        assert_eq!(run.process.may_refund(), Err(expected));
        assert_eq!(run.take(Event::RefundRequested), 0);
        run.wish(RequestedBy::Staff);
        assert_eq!(run.process.may_refund(), Err(NotRefundable::BeingCancelled), "{heard}");
        assert_eq!(run.take(Event::RefundRequested), 0);
    }
}

#[test]
fn the_units_of_a_parcel_that_was_called_back_return_once_it_has_and_the_order_is_cancelled_before() {
    let mut run = Run::after(FORWARD);
    run.take(Event::ShipmentDispatched);
    run.wish(RequestedBy::Staff);
    run.hear(Reply::ShipmentRecalled);
    run.hear(Reply::PaymentVoided);
    assert_eq!(run.sent, [Step::CancelShipment, Step::VoidPayment], "the units are not here");
    assert_eq!(
        run.logged,
        ["shipment_dispatched", "cancel_requested", "shipment_recalled", "payment_voided", "cancelled"]
    );
    assert_eq!((run.cancelling().progress, run.cancelling().deadline()), (Progress::Completed, None));
    run.take(Event::ShipmentReturned);
    assert_eq!(run.take(Event::ShipmentReturned), 0);
    assert_eq!(run.sent[2..], [Step::ReturnStock]);
    run.at = run.cancelling().deadline().expect("an answer is waited for");
    run.take(Event::DeadlinePassed);
    assert_eq!(run.sent[2..], [Step::ReturnStock; 2], "silence is no answer");
    run.hear(Reply::StockReturned);
    assert_eq!(run.hear(Reply::StockReturned), 0);
    assert_eq!(run.logged[5..], ["shipment_returned", "stock_returned"]);
    assert_eq!((run.cancelling().progress, run.cancelling().deadline()), (Progress::Completed, None));
}

#[test]
fn a_parcel_that_is_back_before_the_money_has_its_units_returned_after_it() {
    let mut run = Run::after(FORWARD);
    run.take(Event::ShipmentDispatched);
    run.wish(RequestedBy::Staff);
    run.take(Event::ShipmentReturned);
    run.hear(Reply::ShipmentRecalled);
    assert_eq!(run.sent, [Step::CancelShipment, Step::VoidPayment]);
    run.hear(Reply::PaymentVoided);
    assert_eq!(run.sent[2..], [Step::ReturnStock]);
    run.hear(Reply::StockReturned);
    assert_eq!(run.logged[4..], ["payment_voided", "cancelled", "stock_returned"]);
}

#[test]
fn an_order_whose_units_are_gone_is_refunded_whatever_the_carrier_says() {
    for (says, logged) in [(refused(), "cancel_refused"), (Reply::ShipmentRecalled, "shipment_recalled")] {
        let mut run = Run::after(FORWARD.into_iter().take(4));
        run.take(Event::ShipmentDispatched);
        run.take(Event::ShipmentDelivered);
        assert!(!run.logged.contains(&"completed"), "nobody knows yet whether there were units");
        run.hear(short());
        run.hear(says);
        assert_eq!(run.cancelling().progress, Progress::Running);
        run.hear(Reply::PaymentVoided);
        assert_eq!(run.sent, [Step::CancelShipment, Step::VoidPayment], "nothing is there to return");
        assert_eq!(run.logged[2..], ["step_refused", logged, "payment_voided", "cancelled"]);
        assert_eq!((run.cancelling().progress, run.cancelling().by), (Progress::Completed, RequestedBy::Shop));
    }
}

#[test]
fn an_order_that_was_paid_for_units_that_are_gone_is_cancelled_and_refunded() {
    let mut run = Run::after(FORWARD.into_iter().take(4));
    run.hear(short());
    assert_eq!(run.sent, [Step::CancelShipment]);
    run.hear(Reply::ShipmentCancelled);
    run.hear(Reply::PaymentVoided);
    assert_eq!(run.sent, [Step::CancelShipment, Step::VoidPayment], "nothing is there to return");
    assert_eq!(run.logged, ["step_refused", "shipment_cancelled", "payment_voided", "cancelled"]);
    assert_eq!((run.cancelling().progress, run.cancelling().by), (Progress::Completed, RequestedBy::Shop));
}

#[test]
fn silence_is_asked_for_ever_and_an_answer_again_changes_nothing() {
    let mut run = Run::after(FORWARD);
    run.wish(RequestedBy::Customer);
    for _ in 0..20 {
        run.at = run.cancelling().deadline().expect("an answer is waited for");
        run.take(Event::DeadlinePassed);
    }
    assert_eq!(run.sent, [Step::CancelShipment; 21]);
    for reply in [Reply::ShipmentCancelled, Reply::PaymentVoided, Reply::StockReturned] {
        run.hear(reply.clone());
        assert_eq!(run.hear(reply), 0);
    }
    assert_eq!(run.wish(RequestedBy::Staff), 0);
    assert_eq!(run.take(Event::ShipmentDelivered), 1, "it is only logged");
    assert_eq!(run.take(Event::ShipmentDelivered), 0);
}

#[test]
fn an_order_is_completed_once_when_its_parcel_has_arrived() {
    let mut run = Run::after(FORWARD);
    for what in
        [Event::ShipmentDispatched, Event::ShipmentDelivered, Event::ShipmentDispatched, Event::ShipmentDelivered]
    {
        run.take(what);
    }
    assert_eq!(run.logged, ["shipment_dispatched", "shipment_delivered", "completed"]);
    assert_eq!(run.process.may_cancel(RequestedBy::Staff), Err(TooLate::Completed));
}
