//! What does this block do? Executes blocks and calls over a state view.
