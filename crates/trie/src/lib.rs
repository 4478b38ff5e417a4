//! What is the root? Merkle Patricia roots and proofs over sorted changes.
