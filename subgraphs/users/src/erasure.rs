//! An erasure: what was asked for it, what was answered, and so where it stands.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use vocab::{ErasureId, UserId};

/// Who has to agree before anybody is forgotten.
pub(crate) const ORDERS: &str = "orders";

/// Somebody on the way to being forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    pub id: ErasureId,
    pub user_id: UserId,
    pub requested_at: DateTime<Utc>,
    pub by_staff: bool,
    pub texts_too: bool,
    /// Since when there is no account any more.
    pub closed_at: Option<DateTime<Utc>>,
    pub mail_id: Option<Uuid>,
    pub done_at: Option<DateTime<Utc>>,
    pub steps: Vec<PrivacyStep>,
}

/// What a keeper was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivacyStep {
    pub keeper: String,
    pub pass: i32,
    pub answered_at: Option<DateTime<Utc>>,
    /// The last "not yet".
    pub refused: Option<Postponement>,
}

/// A keeper's "not yet".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postponement {
    pub at: DateTime<Utc>,
    pub reason: String,
    pub count: u64,
    /// When it is asked again.
    pub again_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasureState {
    Requested,
    Waiting,
    Erasing,
    Erased,
}

/// Something that happened on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureEvent {
    pub at: DateTime<Utc>,
    pub kind: &'static str,
    pub message: String,
}

impl Erasure {
    pub fn state(&self) -> ErasureState {
        match (self.done_at, self.closed_at, self.waiting_for()) {
            (Some(_), _, _) => ErasureState::Erased,
            (None, Some(_), _) => ErasureState::Erasing,
            (None, None, Some(_)) => ErasureState::Waiting,
            (None, None, None) => ErasureState::Requested,
        }
    }

    /// Why it does not go on.
    pub fn waiting_for(&self) -> Option<&Postponement> {
        self.steps.iter().find(|step| step.answered_at.is_none()).and_then(|step| step.refused.as_ref())
    }

    /// Whether the account may go.
    pub fn may_close(&self) -> bool {
        let agreed = |step: &PrivacyStep| step.keeper == ORDERS && step.pass == 1 && step.answered_at.is_some();
        self.closed_at.is_none() && self.steps.iter().any(agreed)
    }

    /// Whether everybody has forgotten.
    pub fn all_answered(&self) -> bool {
        self.closed_at.is_some() && self.steps.iter().all(|step| step.answered_at.is_some())
    }

    /// What has happened so far, in its order.
    pub fn timeline(&self) -> Vec<ErasureEvent> {
        let moment = |at, kind, message: String| ErasureEvent { at, kind, message };
        let by = if self.by_staff { "The shop's staff" } else { "The user" };
        let mut moments = vec![moment(self.requested_at, "requested", format!("{by} asked for the erasure."))];
        for step in &self.steps {
            if let Some(Postponement { at, count, .. }) = &step.refused {
                moments.push(moment(*at, "waiting", format!("{count} orders were still on their way.")));
            }
            if let Some(at) = step.answered_at {
                let message = match (step.keeper.as_str(), step.pass) {
                    (ORDERS, 1) => "The orders are anonymised.".to_owned(),
                    (ORDERS, _) => "No order was placed in the meantime, or it is anonymised as well.".to_owned(),
                    (keeper, 1) => format!("The {keeper} are anonymised."),
                    (keeper, _) => format!("What came to the {keeper} in the meantime is anonymised as well."),
                };
                moments.push(moment(at, "anonymised", message));
            }
        }
        if let Some(at) = self.closed_at {
            moments.push(moment(at, "closed", "The account is closed, and every session has ended.".to_owned()));
        }
        if let Some(at) = self.done_at {
            moments.push(moment(at, "erased", "Nothing is left that names the user.".to_owned()));
        }
        moments.sort_by_key(|moment| moment.at);
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_614_400, 0).expect("a date")
    }

    fn asked(keeper: &str, pass: i32, answered: bool) -> PrivacyStep {
        PrivacyStep { keeper: keeper.to_owned(), pass, answered_at: answered.then(noon), refused: None }
    }

    fn erasure(steps: Vec<PrivacyStep>) -> Erasure {
        Erasure {
            id: ErasureId::of_key("1"),
            user_id: UserId::of_key("1"),
            requested_at: noon(),
            by_staff: false,
            texts_too: false,
            closed_at: None,
            mail_id: None,
            done_at: None,
            steps,
        }
    }

    #[test]
    fn nobody_loses_the_account_before_orders_agrees() {
        assert!(!erasure(vec![asked(ORDERS, 1, false)]).may_close());
        assert!(erasure(vec![asked(ORDERS, 1, true)]).may_close());
        let closed = Erasure { closed_at: Some(noon()), ..erasure(vec![asked(ORDERS, 1, true)]) };
        assert!(!closed.may_close(), "twice");
    }

    #[test]
    fn it_is_done_when_everybody_has_answered_the_last_question() {
        let closed = |steps| Erasure { closed_at: Some(noon()), ..erasure(steps) };
        assert!(!closed(vec![asked(ORDERS, 1, true), asked(ORDERS, 2, false)]).all_answered());
        assert!(closed(vec![asked(ORDERS, 1, true), asked(ORDERS, 2, true)]).all_answered());
        assert!(!erasure(vec![asked(ORDERS, 1, true)]).all_answered(), "the account is still there");
    }

    #[test]
    fn it_waits_while_the_question_that_is_open_was_refused() {
        let refused = Some(Postponement { at: noon(), reason: "orders_on_their_way".into(), count: 2, again_at: None });
        let waiting = erasure(vec![PrivacyStep { refused, ..asked(ORDERS, 1, false) }]);
        assert_eq!(waiting.state(), ErasureState::Waiting);
        let kinds: Vec<&str> = waiting.timeline().iter().map(|moment| moment.kind).collect();
        assert_eq!(kinds, ["requested", "waiting"]);
    }
}
