//! Traces of hand-made code; expectations follow from the formats' documentation, the EIPs' gas costs and arithmetic.

mod calls;
mod limits;
mod state;
mod steps;
mod world;
