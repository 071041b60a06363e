//! sk-diagnose's real binary against the fake API: wording, exit codes, what each form asks for.

mod support;

mod forms;
mod hostile;
mod input;
mod lists;
mod people;
mod withheld;
