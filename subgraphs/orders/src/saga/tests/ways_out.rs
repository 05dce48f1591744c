//! Every state that an order can be in together with its stock, its money and its parcel has a way to an end at which all
//! of them fit together. The whole is walked: what each of the others may answer or do, in every order, with commands that
//! are lost, late or come again, and with every wish at every time.

use std::collections::HashMap;

use super::*;
use crate::order::Lifecycle;
use crate::saga::cancellation::Units;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stock {
    New,
    Held,
    Refused,
    Released,
    Expired,
    Settled,
    Returned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Money {
    Untouched,
    Authorized,
    Declined,
    Captured,
    Voided,
    Refunded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Box {
    Unknown,
    Booked,
    Refused,
    Dispatched,
    Delivered,
    Cancelled,
    Returning,
    Returned,
}

/// An order, and what the others hold for it.
#[derive(Clone)]
struct Joint {
    process: OrderProcess,
    lifecycle: Lifecycle,
    /// The commands whose answers were heard. Every answer to a command has one id, so the first counts.
    heard: Steps,
    stock: Stock,
    money: Money,
    parcel: Box,
}

/// Steps, a bit for each.
type Steps = u16;

/// All of it on which anything that follows depends.
type Key = (
    (Phase, Option<(Step, u32)>, Holdings, Option<StepOutcome>, Parcel),
    Option<(Progress, Option<(Step, u32)>, (RequestedBy, bool, bool, Units))>,
    (Steps, Steps),
    (Lifecycle, Stock, Money, Box),
);

/// What may happen to the order next, and what has become of the others by then.
struct Move {
    others: (Stock, Money, Box),
    what: Option<Event>,
    /// The command that it answers.
    answers: Option<Step>,
}

fn bit(step: Step) -> Steps {
    1 << Step::ALL.iter().position(|one| *one == step).expect("every step is listed")
}

fn started(reserved_until: DateTime<Utc>) -> Joint {
    let checkout = State::begin(noon(), reserved_until, RETRY_POLICY).state;
    let process = OrderProcess { checkout, cancelling: None };
    let (stock, money, parcel) = (Stock::New, Money::Untouched, Box::Unknown);
    Joint { process, lifecycle: Lifecycle::Placed, heard: 0, stock, money, parcel }.at_noon()
}

impl Joint {
    /// Times and attempts have no end, so that they begin anew with each step: every deadline has passed.
    fn at_noon(mut self) -> Self {
        let cancelling = self.process.cancelling.as_mut();
        let (awaiting, timeline) = cancelling.map(|one| (one.awaiting.as_mut(), one.timeline.iter_mut())).unzip();
        let awaited = awaiting.flatten().into_iter().chain(self.process.checkout.awaiting.as_mut());
        for awaited in awaited {
            awaited.deadline = noon();
            awaited.attempt = awaited.attempt.min(RETRY_POLICY.attempts);
        }
        for tried in timeline.into_iter().flatten().chain(self.process.checkout.timeline.iter_mut()) {
            tried.at = noon();
            tried.attempt = tried.attempt.min(RETRY_POLICY.attempts);
        }
        self
    }

    /// Each command that was ever sent: any of them may arrive late, or again.
    fn sent(&self) -> impl Iterator<Item = Step> {
        let of_cancelling = self.process.cancelling.iter().flat_map(|one| &one.timeline);
        let tried = self.process.checkout.timeline.iter().chain(of_cancelling).map(|tried| tried.step);
        let tried: Vec<Step> = tried.collect();
        Step::ALL.into_iter().filter(move |step| *step != Step::ConfirmOrder && tried.contains(step))
    }

    fn key(&self) -> Key {
        let OrderProcess { checkout, cancelling } = &self.process;
        let awaited = |awaiting: &Option<Awaited>| awaiting.as_ref().map(|awaited| (awaited.step, awaited.attempt));
        let settled = checkout.timeline.iter().find(|tried| tried.step == Step::SettleStock).map(|tried| tried.outcome);
        let sent = self.sent().fold(0, |sent, step| sent | bit(step));
        (
            (checkout.course, awaited(&checkout.awaiting), checkout.holdings, settled, checkout.parcel),
            cancelling.as_ref().map(|one| (one.progress, awaited(&one.awaiting), one.bearings())),
            (sent, self.heard),
            (self.lifecycle, self.stock, self.money, self.parcel),
        )
    }

    /// What may happen next, where `mute` answers nothing.
    fn moves(&self, mute: Option<Step>) -> Vec<Move> {
        let here = (self.stock, self.money, self.parcel);
        let happens = |what| Move { others: here, what: Some(what), answers: None };
        let unheard = |others| Move { others, what: None, answers: None };
        let mut moves = vec![
            happens(Event::DeadlinePassed),
            happens(Event::CancelRequested(RequestedBy::Customer)),
            happens(Event::CancelRequested(RequestedBy::Staff)),
            happens(Event::RefundRequested),
        ];
        for step in self.sent().filter(|step| Some(*step) != mute) {
            for (others, reply) in self.follow(step) {
                // Done, and the answer is lost.
                moves.push(unheard(others));
                moves.push(Move { others, what: Some(Event::Replied(reply)), answers: Some(step) });
            }
        }
        if self.stock == Stock::Held {
            moves.push(unheard((Stock::Expired, self.money, self.parcel)));
        }
        let carried = |parcel| unheard((self.stock, self.money, parcel));
        moves.extend(match self.parcel {
            Box::Booked => vec![carried(Box::Dispatched)],
            Box::Dispatched => vec![carried(Box::Delivered), happens(Event::ShipmentDispatched)],
            Box::Delivered => vec![happens(Event::ShipmentDispatched), happens(Event::ShipmentDelivered)],
            Box::Returning => vec![carried(Box::Returned), carried(Box::Delivered), happens(Event::ShipmentDispatched)],
            Box::Returned => vec![happens(Event::ShipmentDispatched), happens(Event::ShipmentReturned)],
            Box::Unknown | Box::Refused | Box::Cancelled => vec![],
        });
        moves
    }

    /// What a command may come to at whoever it goes to, by his own rules.
    fn follow(&self, step: Step) -> Vec<((Stock, Money, Box), Reply)> {
        let (stock, money, parcel) = (self.stock, self.money, self.parcel);
        let stocked = |stock: Stock, reply| ((stock, money, parcel), reply);
        let paid = |money: Money, reply| ((stock, money, parcel), reply);
        let sent = |parcel: Box, reply| ((stock, money, parcel), reply);
        let too_late = || Reply::ShipmentCancelRefused { message: "It has arrived.".into() };
        match step {
            Step::ReserveStock => match stock {
                Stock::New => vec![stocked(Stock::Held, Reply::StockReserved), stocked(Stock::Refused, short())],
                Stock::Held | Stock::Settled => vec![stocked(stock, Reply::StockReserved)],
                _ => vec![stocked(stock, short())],
            },
            Step::ReleaseStock => match stock {
                Stock::New | Stock::Held | Stock::Expired => vec![stocked(Stock::Released, Reply::StockReleased)],
                Stock::Settled => vec![stocked(stock, Reply::StockSettled)],
                _ => vec![stocked(stock, Reply::StockReleased)],
            },
            Step::SettleStock => match stock {
                Stock::Held => vec![stocked(Stock::Settled, Reply::StockSettled)],
                Stock::Expired => vec![stocked(Stock::Settled, Reply::StockSettled), stocked(Stock::Refused, short())],
                Stock::Settled => vec![stocked(stock, Reply::StockSettled)],
                _ => vec![stocked(stock, short())],
            },
            Step::ReturnStock => match stock {
                Stock::New | Stock::Held | Stock::Expired => vec![stocked(Stock::Released, Reply::StockReturned)],
                Stock::Settled => vec![stocked(Stock::Returned, Reply::StockReturned)],
                _ => vec![stocked(stock, Reply::StockReturned)],
            },
            Step::AuthorizePayment => match money {
                Money::Untouched => {
                    vec![paid(Money::Authorized, Reply::PaymentAuthorized), paid(Money::Declined, declined())]
                }
                Money::Declined => vec![paid(money, declined())],
                // Barred before it was asked for, or given back since.
                Money::Voided => vec![paid(money, declined()), paid(money, Reply::PaymentAuthorized)],
                _ => vec![paid(money, Reply::PaymentAuthorized)],
            },
            Step::CapturePayment => match money {
                Money::Authorized => {
                    vec![paid(Money::Captured, Reply::PaymentCaptured), paid(Money::Declined, declined())]
                }
                Money::Captured | Money::Refunded => vec![paid(money, Reply::PaymentCaptured)],
                _ => vec![paid(money, declined())],
            },
            Step::VoidPayment => match money {
                Money::Untouched | Money::Authorized => vec![paid(Money::Voided, Reply::PaymentVoided)],
                Money::Captured => vec![paid(Money::Refunded, Reply::PaymentVoided)],
                _ => vec![paid(money, Reply::PaymentVoided)],
            },
            Step::CreateShipment => match parcel {
                Box::Unknown => vec![sent(Box::Booked, Reply::ShipmentCreated), sent(Box::Refused, refused())],
                Box::Refused => vec![sent(parcel, refused())],
                Box::Cancelled => vec![sent(parcel, refused()), sent(parcel, Reply::ShipmentCreated)],
                _ => vec![sent(parcel, Reply::ShipmentCreated)],
            },
            Step::CancelShipment => match parcel {
                Box::Unknown | Box::Booked => vec![sent(Box::Cancelled, Reply::ShipmentCancelled)],
                Box::Dispatched => vec![sent(Box::Returning, Reply::ShipmentRecalled)],
                Box::Returning | Box::Returned => vec![sent(parcel, Reply::ShipmentRecalled)],
                Box::Delivered => vec![sent(parcel, too_late())],
                Box::Cancelled | Box::Refused => vec![sent(parcel, Reply::ShipmentCancelled)],
            },
            Step::ConfirmOrder => vec![],
        }
    }

    fn after(&self, Move { others: (stock, money, parcel), what, answers }: Move) -> Self {
        let mut next = Self { stock, money, parcel, ..self.clone() };
        let Some(what) = what else { return next };
        let answered = answers.map_or(0, bit);
        if self.heard & answered != 0 {
            return next;
        }
        next.heard |= answered;
        let (process, effects) = self.process.advance(&EventAt { at: noon(), event: what.clone() });
        for effect in effects {
            if let Effect::Record(event) = effect {
                let after = Lifecycle::after(Some(next.lifecycle), &event);
                next.lifecycle = after.unwrap_or_else(|no_way| panic!("{no_way}: {what:?} in {self:?}"));
            }
        }
        next.process = process;
        next.at_noon()
    }

    /// Whether nothing is waited for, and everybody holds what he should.
    fn has_ended_well(&self) -> bool {
        let OrderProcess { checkout, cancelling } = &self.process;
        let at_rest = checkout.awaiting.is_none()
            && matches!(checkout.course, Phase::Confirmed | Phase::Cancelled)
            && cancelling.as_ref().is_none_or(|one| one.ended() && one.awaiting.is_none());
        let sold = self.stock == Stock::Settled;
        let fits = match self.lifecycle {
            Lifecycle::Placed => false,
            Lifecycle::Confirmed => {
                let under_way = matches!(self.parcel, Box::Booked | Box::Dispatched | Box::Delivered);
                self.money == Money::Captured && sold && under_way
            }
            Lifecycle::Completed => self.money == Money::Captured && sold && self.parcel == Box::Delivered,
            Lifecycle::Cancelled => {
                let nothing_taken = !matches!(self.money, Money::Authorized | Money::Captured);
                let travels = matches!(self.parcel, Box::Delivered | Box::Returning);
                let units_are_where_they_should = match self.stock {
                    Stock::Held => false,
                    // In the parcel that comes back, or with the buyer.
                    Stock::Settled => travels,
                    Stock::Returned => !travels,
                    _ => true,
                };
                nothing_taken && units_are_where_they_should && !matches!(self.parcel, Box::Booked | Box::Dispatched)
            }
        };
        at_rest && fits
    }
}

impl std::fmt::Debug for Joint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.key())
    }
}

/// Walks everything that can be reached. Gives how many states there are, and those without a way to a good end.
fn walk(mute: Option<Step>) -> (usize, Vec<Joint>) {
    let mut states = vec![started(noon() + TimeDelta::days(1)), started(noon())];
    let mut known: HashMap<Key, usize> = states.iter().enumerate().map(|(index, one)| (one.key(), index)).collect();
    // From where each state is reached.
    let mut before: Vec<Vec<usize>> = vec![vec![]; states.len()];
    let mut here = 0;
    while here < states.len() {
        let joint = states[here].clone();
        for next in joint.moves(mute) {
            let next = joint.after(next);
            let there = *known.entry(next.key()).or_insert_with(|| {
                states.push(next);
                before.push(vec![]);
                states.len() - 1
            });
            before[there].push(here);
        }
        here += 1;
    }
    let mut ends_well: Vec<bool> = states.iter().map(Joint::has_ended_well).collect();
    let mut open: Vec<usize> = (0..states.len()).filter(|&index| ends_well[index]).collect();
    while let Some(there) = open.pop() {
        for &from in &before[there] {
            if !std::mem::replace(&mut ends_well[from], true) {
                open.push(from);
            }
        }
    }
    let count = states.len();
    (count, states.into_iter().zip(ends_well).filter(|(_, well)| !well).map(|(joint, _)| joint).collect())
}

#[test]
fn every_order_has_a_way_to_an_end_at_which_money_units_and_parcel_fit_together() {
    let (count, stuck) = walk(None);
    assert!(count > 1_000, "{count} states are no walk");
    assert!(stuck.is_empty(), "{} of {count} states lead nowhere, such as {:#?}", stuck.len(), stuck[0]);
}

/// A walk that never finds a dead end proves nothing.
#[test]
fn an_order_of_which_somebody_answers_nothing_is_found_to_lead_nowhere() {
    for mute in [Step::CancelShipment, Step::VoidPayment, Step::ReleaseStock, Step::SettleStock] {
        let (_, stuck) = walk(Some(mute));
        assert!(!stuck.is_empty(), "{mute:?}");
    }
}
