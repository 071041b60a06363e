//! `crashloop/…`: a container cannot start, or does not stay.

mod config_error;

pub(super) use config_error::CONFIG_ERROR;
