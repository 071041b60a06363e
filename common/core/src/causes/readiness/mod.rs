//! `readiness/…`: a pod runs and takes no traffic.

mod asked;
mod body;
mod dependency;
mod dns;
mod http_4xx;
mod http_5xx;
mod min_ready_seconds;
mod network_policy;
pub(super) mod no_endpoints;
mod node_not_ready;
mod probe_failed;
mod readiness_gate;
mod refused;
mod sidecar_not_ready;
mod still_starting;
mod timeout;
mod tls;
mod unready;
mod wrong_port;

pub(super) use dependency::DEPENDENCY;
pub(super) use dns::DNS;
pub(super) use http_4xx::HTTP_4XX;
pub(super) use http_5xx::HTTP_5XX;
pub(super) use min_ready_seconds::MIN_READY_SECONDS;
pub(super) use network_policy::NETWORK_POLICY;
pub(super) use no_endpoints::NO_ENDPOINTS;
pub(super) use node_not_ready::NODE_NOT_READY;
pub(super) use probe_failed::PROBE_FAILED;
pub(super) use readiness_gate::READINESS_GATE;
pub(super) use refused::REFUSED;
pub(super) use sidecar_not_ready::SIDECAR_NOT_READY;
pub(super) use still_starting::STILL_STARTING;
pub(super) use timeout::TIMEOUT;
pub(super) use tls::TLS;
pub(super) use wrong_port::WRONG_PORT;
