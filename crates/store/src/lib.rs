//! What do we remember? The block log, flat state, trie nodes, receipts and history.
