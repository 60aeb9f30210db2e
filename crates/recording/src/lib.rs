//! A recording from start to finish, on top of the plain calls of [`chimeline_core`].
//!
//! The logic stands here once, and makes no call itself: a [`Plan`] says which call it wants next, whoever drives it makes the
//! call through its own client and hands the outcome back. So clients that are awaited, clients that block, hooks, stubs and
//! middleware of every language see ordinary calls, and the logic is tested without a network.
//!
//! ```
//! use chimeline_recording::{Outcome, Plan, Step};
//! use serde_json::json;
//!
//! let input = json!({"meeting": "arn:aws:chime::111122223333:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b", "sink": "s3://bucket"});
//! let mut plan = Plan::new("start_recording", &input)?;
//! let Step::Call(call) = plan.step(None) else { panic!("it begins with a call") };
//! assert_eq!(call.operation, "CreateMediaCapturePipeline");
//! # Ok::<(), chimeline_recording::Failure>(())
//! ```

mod engine;
mod flows;
mod journal;
mod names;
mod preflight;

pub use engine::{Call, Failure, HostError, JsonPlan, Outcome, Plan, Step, evaluate};
pub use flows::artifacts::parse_key;
pub use flows::events::{parse_event, parse_events};
pub use journal::journal;
pub use preflight::documents::policies;
