use super::*;

fn shipment(state: State) -> Shipment {
    let address = Address {
        name: "Ada".to_owned(),
        line1: "1 Analytical Way".to_owned(),
        line2: None,
        city: "Springfield".to_owned(),
        region: None,
        postal_code: None,
        country: "US".to_owned(),
    };
    let terms = Terms {
        owner: Owner::user("user_ada"),
        method: "standard".to_owned(),
        country: "US".to_owned(),
        address: Some(address),
    };
    let mut shipment = Shipment::new(OrderId::of_key("1"), terms, Vec::new(), DateTime::UNIX_EPOCH);
    shipment.state = state;
    if matches!(state, State::Dispatched | State::Delivered | State::Returning | State::Returned) {
        shipment.dispatched_at = Some(DateTime::UNIX_EPOCH);
    }
    match state {
        State::Booking => {}
        State::Refused => shipment.refusal = Some("not there".to_owned()),
        _ => shipment.label = Some(label()),
    }
    shipment
}

fn label() -> Label {
    Label { carrier: "Sandbox".to_owned(), tracking_number: "MSB1".to_owned() }
}

/// Follows a command with a carrier that takes everything. Gives the reply, and how often the carrier was asked.
fn follow(shipment: &mut Shipment, command: Command) -> (Reply, usize) {
    let mut asked = 0;
    for _ in 0..STATES.len() * 2 {
        let to = match shipment.next(command) {
            Next::Answer(reply) => return (reply, asked),
            Next::Enter(state) => state,
            Next::Ask(step) => {
                asked += 1;
                match step {
                    Step::Book => {
                        shipment.label = Some(label());
                        State::Booked
                    }
                    Step::Cancel if shipment.dispatched_at.is_some() => State::Returning,
                    Step::Cancel => State::Cancelled,
                }
            }
        };
        shipment.enter(to, DateTime::UNIX_EPOCH).expect("a move that is listed");
    }
    panic!("{command:?} never ends");
}

#[test]
fn a_repeated_command_asks_nobody_and_answers_the_same() {
    for (state, _) in STATES {
        for command in [Command::Create, Command::Cancel] {
            let mut shipment = shipment(*state);
            let (first, _) = follow(&mut shipment, command);
            assert_eq!(follow(&mut shipment, command), (first, 0), "{command:?} in {state:?}");
        }
    }
}

#[test]
fn nothing_is_booked_once_a_cancellation_was_followed() {
    for (state, _) in STATES {
        let mut shipment = shipment(*state);
        follow(&mut shipment, Command::Cancel);
        assert_eq!(follow(&mut shipment, Command::Create).1, 0, "from {state:?}");
        let ended = [State::Cancelled, State::Refused, State::Delivered, State::Returning, State::Returned];
        assert!(ended.contains(&shipment.state));
    }
}

#[test]
fn what_was_cancelled_first_is_refused() {
    let barred = Shipment::barred(OrderId::of_key("1"), DateTime::UNIX_EPOCH);
    let refused = Reply::Refused { message: CANCELLED_FIRST.to_owned() };
    assert_eq!(barred.next(Command::Create), Next::Answer(refused));
}

#[test]
fn what_is_delivered_is_not_called_back_and_what_is_on_its_way_is() {
    let (refused, asked) = follow(&mut shipment(State::Delivered), Command::Cancel);
    assert_eq!((refused, asked), (Reply::CancelRefused { message: DELIVERED_FIRST.to_owned() }, 0));
    assert_eq!(follow(&mut shipment(State::Dispatched), Command::Cancel), (Reply::Recalled, 1));
    assert_eq!(follow(&mut shipment(State::Booked), Command::Cancel), (Reply::Cancelled, 1));
    assert_eq!(follow(&mut shipment(State::Returned), Command::Cancel), (Reply::Recalled, 0), "also once it is back");
}

#[test]
fn what_is_delivered_or_comes_back_was_dispatched_once() {
    let at = DateTime::UNIX_EPOCH;
    let mut recalled = shipment(State::Cancelling);
    assert_eq!(recalled.enter(State::Returning, at), Ok(vec![State::Dispatched, State::Returning]));
    assert_eq!(recalled.enter(State::Returned, at), Ok(vec![State::Returned]));
    let mut unseen = shipment(State::Booked);
    assert_eq!(unseen.enter(State::Delivered, at), Ok(vec![State::Dispatched, State::Delivered]));
    let mut seen = shipment(State::Booked);
    assert_eq!(seen.enter(State::Dispatched, at), Ok(vec![State::Dispatched]));
    assert_eq!(seen.enter(State::Cancelling, at), Ok(vec![State::Cancelling]));
    assert_eq!(seen.enter(State::Delivered, at), Ok(vec![State::Delivered]));
}

#[test]
fn the_address_is_forgotten_once_the_carrier_has_answered() {
    for outcome in [State::Booked, State::Refused] {
        let mut shipment = shipment(State::Booking);
        shipment.enter(outcome, DateTime::UNIX_EPOCH).expect("listed");
        assert!(shipment.terms.expect("terms").address.is_none());
    }
}

#[test]
fn an_address_is_never_printed() {
    assert!(!format!("{:?}", shipment(State::Booking)).contains("Analytical"));
}

#[test]
fn what_is_not_listed_cannot_happen() {
    let refused = shipment(State::Cancelled).enter(State::Booked, DateTime::UNIX_EPOCH).expect_err("no way back");
    assert_eq!(refused.to_string(), "the shipment of ord_1 cannot go from Cancelled to Booked");
}

#[test]
fn states_are_stored_by_name() {
    for (state, name) in STATES {
        assert_eq!(State::parse(name), Some(*state));
        assert_eq!(state.as_str(), *name);
    }
}
