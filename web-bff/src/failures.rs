//! What a client learns of a failure at the edge.

use kit::{Code, Failure, Refused};
use uuid::Uuid;

/// Refusals as they are. Of anything else the log gets the cause, and the client a sentence.
pub fn to_refusal(failure: Failure) -> Refused {
    let passing = failure.is_transient();
    match failure {
        Failure::Refused(refused) => refused,
        Failure::Fault(cause) => {
            let trace_id = Uuid::now_v7();
            tracing::error!(%trace_id, cause = format!("{cause:#}"), "fault {trace_id}");
            if passing || cause.downcast_ref::<redis::RedisError>().is_some() {
                Refused::new(Code::Unavailable, "The shop cannot answer at this moment. Try again shortly.")
            } else {
                let message = format!("Something broke on our side. Our log has it under {trace_id}.");
                Refused::new(Code::Internal, message)
            }
        }
    }
}
