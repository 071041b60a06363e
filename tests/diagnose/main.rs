//! sk-diagnose's real binary against the fake API: wording, exit codes, what each form asks for.

mod causes_complete;
#[expect(dead_code, reason = "what it takes to prove a fixture serves the other target")]
mod causes_fixture;
mod causes_table;
mod support;

mod beside;
mod forms;
mod hostile;
mod input;
mod lists;
mod people;
mod withheld;
