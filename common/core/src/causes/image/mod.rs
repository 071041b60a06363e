//! `image/…`: the image cannot be had.

mod never_pull;

pub(super) use never_pull::NEVER_PULL;
