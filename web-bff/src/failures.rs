//! What a client is told of a failure at the edge.

use kit::{Code, Failure, Refusal};
use uuid::Uuid;

/// A refusal as it is. The cause of a fault is logged, and the client gets one sentence.
pub fn to_refusal(failure: Failure) -> Refusal {
    let passing = failure.is_transient();
    match failure {
        Failure::Refusal(refused) => refused,
        Failure::Fault(cause) => {
            let trace_id = Uuid::now_v7();
            tracing::error!(%trace_id, cause = format!("{cause:#}"), "fault {trace_id}");
            if passing || cause.downcast_ref::<redis::RedisError>().is_some() {
                Refusal::new(Code::Unavailable, "The shop cannot answer at this moment. Try again shortly.")
            } else {
                let message = format!("Something broke on our side. Our log has it under {trace_id}.");
                Refusal::new(Code::Internal, message)
            }
        }
    }
}
