//! `terminating/…`: a pod is being deleted and is still there.

mod finalizer;
mod ignores_sigterm;
pub(super) mod leaving;
mod node_lost;
mod pre_stop_hook;
mod runtime_kill;
mod static_pod;
mod stopping;
mod volume_detach;
mod within_grace;

pub(super) use finalizer::FINALIZER;
pub(super) use ignores_sigterm::IGNORES_SIGTERM;
pub(super) use node_lost::NODE_LOST;
pub(super) use pre_stop_hook::PRE_STOP_HOOK;
pub(super) use runtime_kill::RUNTIME_KILL;
pub(super) use static_pod::STATIC_POD;
pub(super) use volume_detach::VOLUME_DETACH;
pub(super) use within_grace::WITHIN_GRACE;
