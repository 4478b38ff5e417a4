//! What do the targets share? A meter for memory, and a reader that makes structure out of arbitrary bytes.

pub mod log;
mod meter;
mod pick;

pub use meter::within;
pub use pick::Pick;
