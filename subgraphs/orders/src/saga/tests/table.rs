//! The table, walked: line by line, and through every state that can be reached.

use std::collections::HashSet;

use super::*;
use crate::saga::table::{Action, EventKind, TRANSITIONS, When};

const KINDS: [EventKind; 20] = [
    EventKind::StockReserved,
    EventKind::StockRefused,
    EventKind::StockReleased,
    EventKind::StockSettled,
    EventKind::PaymentAuthorized,
    EventKind::PaymentDeclined,
    EventKind::PaymentCaptured,
    EventKind::PaymentVoided,
    EventKind::ShipmentCreated,
    EventKind::ShipmentRefused,
    EventKind::ShipmentCancelled,
    EventKind::ShipmentRecalled,
    EventKind::ShipmentCancelRefused,
    EventKind::StockReturned,
    EventKind::DeadlinePassed,
    EventKind::CancelRequested,
    EventKind::RefundRequested,
    EventKind::ShipmentDispatched,
    EventKind::ShipmentDelivered,
    EventKind::ShipmentReturned,
];

fn listed(step: Step, kind: EventKind) -> usize {
    TRANSITIONS.iter().filter(|rule| rule.when == When::Awaiting(step) && rule.event == kind).count()
}

#[test]
fn every_answer_and_every_deadline_of_an_awaited_step_is_listed_once_and_nothing_else_is() {
    for step in Step::ALL.into_iter().filter(|step| !step.phases().is_empty()) {
        for kind in KINDS {
            let answered = kind.answers().contains(&step);
            let turned_round = kind == EventKind::CancelRequested && step.acquires().is_some();
            let expected = answered || turned_round || kind == EventKind::DeadlinePassed;
            assert_eq!(listed(step, kind), usize::from(expected), "{step:?} {kind:?}");
        }
    }
}

#[test]
fn what_comes_too_late_is_listed_for_every_step_that_leaves_something_behind() {
    for step in Step::ALL {
        let late = TRANSITIONS
            .iter()
            .filter(|rule| rule.when == When::Compensating && rule.event.answers() == [step])
            .filter(|rule| rule.action == Action::LateSuccess);
        assert_eq!(late.count(), usize::from(step.acquires().is_some()), "{step:?}");
    }
}

#[test]
fn no_rule_leads_backwards() {
    for rule in TRANSITIONS {
        let from = match rule.when {
            When::Awaiting(step) => step.phases(),
            When::Compensating => &[Phase::Back, Phase::Cancelled],
        };
        assert!(!from.is_empty(), "{rule:?}");
        for &from in from {
            let courses = rule.action.phases(from);
            assert!(!courses.is_empty(), "{rule:?} leads nowhere from {from:?}");
            assert!(courses.iter().all(|&to| from.may_become(to)), "{rule:?} from {from:?}");
        }
    }
}

#[test]
fn every_effect_forward_has_exactly_one_inverse_which_takes_nothing_else_back_than_its_holding() {
    for step in Step::ALL {
        if let Some(holding) = step.acquires() {
            assert_eq!(step.inverse(), Some(holding.undone_by()), "{step:?}");
            let undoing: Vec<Step> = Step::ALL.into_iter().filter(|one| one.compensates() == Some(step)).collect();
            assert_eq!(undoing, [holding.undone_by()], "{step:?}");
        }
        if let Some(inverse) = step.inverse() {
            assert!(inverse.compensates().is_some() && inverse.inverse().is_none(), "{step:?}");
        }
    }
    assert_eq!(Step::CapturePayment.inverse(), Some(Step::VoidPayment), "what is captured is refunded");
    assert_eq!(Step::SettleStock.inverse(), Some(Step::ReturnStock), "what is sold is returned");
}

/// Without times and attempts, which have no end.
fn essence(state: &State) -> String {
    let timeline: Vec<_> = state.timeline.iter().map(|tried| (tried.step, tried.outcome)).collect();
    let attempt = state.awaiting.as_ref().map(|awaited| (awaited.step, awaited.attempt.min(RETRY_POLICY.attempts)));
    format!("{:?} {attempt:?} {:?} {timeline:?}", state.course, state.holdings)
}

fn happenings() -> Vec<Event> {
    let wish = Event::CancelRequested(RequestedBy::Customer);
    let parcel = [Event::ShipmentDispatched, Event::ShipmentDelivered, Event::ShipmentReturned];
    let others = [Event::DeadlinePassed, wish, Event::RefundRequested].into_iter().chain(parcel);
    every_reply().into_iter().map(Event::Replied).chain(others).collect()
}

#[test]
fn every_state_that_can_be_reached_takes_every_event_as_the_table_says() {
    let mut open = vec![State::begin(noon(), noon() + TimeDelta::days(1), RETRY_POLICY).state];
    let mut seen: HashSet<String> = open.iter().map(essence).collect();
    while let Some(state) = open.pop() {
        let awaited = state.awaiting.as_ref().map(|awaited| awaited.step);
        for what in happenings() {
            let rule = crate::saga::table::rule(awaited, state.course, what.kind());
            let at = state.deadline().unwrap_or(noon());
            let next = step(&state, EventAt { at, event: what.clone() });
            match rule {
                None => assert_eq!((&next.state, next.effects.len()), (&state, 0), "{state:?} {what:?}"),
                Some(rule) => {
                    let courses = rule.action.phases(state.course);
                    assert!(courses.contains(&next.state.course), "{rule:?}: {state:?} to {:?}", next.state.course);
                }
            }
            assert!(state.course.may_become(next.state.course));
            if seen.insert(essence(&next.state)) {
                open.push(next.state);
            }
        }
    }
    assert!((50..5_000).contains(&seen.len()), "{} states", seen.len());
}

#[test]
fn every_state_that_can_be_reached_comes_to_rest_when_everybody_answers() {
    let mut open = vec![State::begin(noon(), noon() + TimeDelta::days(1), RETRY_POLICY).state];
    let mut seen: HashSet<String> = open.iter().map(essence).collect();
    while let Some(state) = open.pop() {
        let mut now = state.clone();
        for _ in 0..10 {
            let Some(awaited) = now.awaiting.clone() else { break };
            let answer = every_reply().into_iter().find(|reply| reply.kind().answers()[0] == awaited.step);
            let what = Event::Replied(answer.expect("every step has an answer"));
            now = step(&now, EventAt { at: now.timeline[0].at, event: what }).state;
        }
        assert_eq!(now.awaiting, None, "{state:?}");
        assert!(matches!(now.course, Phase::Confirmed | Phase::Cancelled), "{state:?}");
        for what in happenings() {
            let at = state.deadline().unwrap_or(noon());
            let next = step(&state, EventAt { at, event: what }).state;
            if seen.insert(essence(&next)) {
                open.push(next);
            }
        }
    }
}
