//! Who decides the next block? The Engine trait and its engines.
