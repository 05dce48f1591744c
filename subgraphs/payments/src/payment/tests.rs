use vocab::CurrencyCode;

use super::*;

const COMMANDS: [Command; 3] = [Command::Authorize, Command::Capture, Command::Void];

fn payment(state: State) -> Payment {
    let terms = Terms {
        owner: Owner::user("user_ada"),
        amount: Money::new(4995, CurrencyCode::USD),
        token: PaymentToken::parse("pm_card_visa").ok(),
    };
    let mut payment = Payment::new(OrderId::of_key("1"), terms, DateTime::UNIX_EPOCH);
    payment.state = state;
    match state {
        State::Authorizing => {}
        State::Declined => payment.decline = Some(Decline::new("card_declined", "Your card was declined.")),
        _ => {
            payment.charge = Some(charge());
        }
    }
    payment
}

fn charge() -> Charge {
    let [reference, provider, brand, last4] = ["ch_1", "Sandbox", "visa", "4242"].map(str::to_owned);
    Charge { reference, provider, brand, last4 }
}

/// Follows a command with a gateway that approves of everything.
fn follow(payment: &mut Payment, command: Command) -> (Reply, Vec<Posting>) {
    let mut postings = Vec::new();
    for _ in 0..STATES.len() * 2 {
        let to = match payment.next(command) {
            Next::Answer(reply) => return (reply, postings),
            Next::Enter(state) => state,
            Next::Ask(Step::Authorize) => {
                payment.charge = Some(charge());
                State::Authorized
            }
            Next::Ask(Step::Capture) => State::Captured,
            Next::Ask(Step::Void) => State::Voided,
            Next::Ask(Step::Refund) => State::Refunded,
        };
        postings.extend(payment.enter(to).expect("a move that is listed"));
    }
    panic!("{command:?} never ends");
}

#[test]
fn every_command_ends_in_every_state() {
    for (state, _) in STATES {
        for command in COMMANDS {
            follow(&mut payment(*state), command);
        }
    }
}

#[test]
fn a_repeated_command_moves_nothing_and_answers_the_same() {
    for (state, _) in STATES {
        for command in COMMANDS {
            let mut payment = payment(*state);
            let (first, _) = follow(&mut payment, command);
            let settled = payment.state;
            let (again, postings) = follow(&mut payment, command);
            assert_eq!((again, payment.state, postings), (first, settled, vec![]), "{command:?} in {state:?}");
        }
    }
}

#[test]
fn no_money_is_captured_once_a_void_was_followed() {
    for (state, _) in STATES {
        let mut payment = payment(*state);
        follow(&mut payment, Command::Void);
        let (_, postings) = follow(&mut payment, Command::Capture);
        assert_eq!(postings, vec![], "from {state:?}");
        assert!(matches!(payment.state, State::Voided | State::Refunded | State::Declined));
    }
}

#[test]
fn an_authorization_is_answered_the_same_for_ever() {
    for state in [State::Authorized, State::Captured, State::Voided, State::Refunded] {
        assert_eq!(payment(state).next(Command::Authorize), Next::Answer(Reply::Authorized));
    }
    let barred = Payment::barred(OrderId::of_key("1"), DateTime::UNIX_EPOCH);
    assert_eq!(barred.next(Command::Authorize), Next::Answer(Reply::Declined(Decline::cancelled())));
}

#[test]
fn what_is_not_listed_cannot_happen() {
    let refused = payment(State::Refunded).enter(State::Captured).expect_err("no way back");
    assert_eq!(refused.to_string(), "the payment of ord_1 cannot go from Refunded to Captured");
}

#[test]
fn every_event_on_the_books_sums_to_zero() {
    let amount = Money::new(4995, CurrencyCode::USD);
    for posting in TRANSITIONS.iter().filter_map(|transition| transition.posting) {
        assert_eq!(posting.entries(amount).iter().map(|(_, minor)| minor).sum::<i64>(), 0, "{}", posting.event);
    }
}

#[test]
fn what_ends_released_or_refunded_leaves_nothing_with_the_shop() {
    for commands in [[Command::Authorize, Command::Void].as_slice(), &COMMANDS] {
        let mut payment = payment(State::Authorizing);
        let postings: Vec<Posting> = commands.iter().flat_map(|&command| follow(&mut payment, command).1).collect();
        let entries = postings.iter().flat_map(|posting| posting.entries(Money::new(4995, CurrencyCode::USD)));
        let shop: i64 = entries.filter(|(account, _)| *account != Account::Shopper).map(|(_, minor)| minor).sum();
        assert_eq!(shop, 0, "{commands:?}");
    }
}

#[test]
fn states_are_stored_by_name() {
    for (state, name) in STATES {
        assert_eq!(State::parse(name), Some(*state));
        assert_eq!(state.as_str(), *name);
    }
}
