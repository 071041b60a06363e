//! `image/…`: the image cannot be had.

mod disk_full;
mod dns;
mod invalid_name;
mod never_pull;
mod no_platform;
mod not_found;
mod pull;
mod pull_failed;
mod pull_secret;
mod rate_limited;
mod registry_unavailable;
mod signature;
mod timeout;
mod tls;
mod unauthorized;

pub(super) use disk_full::DISK_FULL;
pub(super) use dns::DNS;
pub(super) use invalid_name::INVALID_NAME;
pub(super) use never_pull::NEVER_PULL;
pub(super) use no_platform::NO_PLATFORM;
pub(super) use not_found::NOT_FOUND;
pub(super) use pull_failed::PULL_FAILED;
pub(super) use pull_secret::PULL_SECRET;
pub(super) use rate_limited::RATE_LIMITED;
pub(super) use registry_unavailable::REGISTRY_UNAVAILABLE;
pub(super) use signature::SIGNATURE;
pub(super) use timeout::TIMEOUT;
pub(super) use tls::TLS;
pub(super) use unauthorized::UNAUTHORIZED;
