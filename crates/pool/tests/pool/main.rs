//! The pool from outside: what it takes and refuses, keeps, drops and gives out.

#![expect(
    clippy::unwrap_used,
    reason = "the make-believe world serves tests only; a failure there is a test's failure"
)]

mod best;
mod eviction;
mod invariants;
mod journal;
mod queue;
mod rejections;
mod replacement;
mod upkeep;
mod world;
