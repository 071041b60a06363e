//! `rollout/…`: the Deployment itself does not get on.

mod paused;
mod progress_deadline;
mod quota_surge;

pub(super) use paused::PAUSED;
pub(super) use progress_deadline::PROGRESS_DEADLINE;
pub(super) use quota_surge::QUOTA_SURGE;
