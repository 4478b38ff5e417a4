//! What is waiting? Pending transactions by sender and price, bounded in bytes.
