//! The pool from outside: what it takes and refuses, keeps, drops and gives out.

mod best;
mod eviction;
mod invariants;
mod journal;
mod queue;
mod rejections;
mod replacement;
mod upkeep;
mod world;
