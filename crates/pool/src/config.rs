//! The pool's limits.

/// Limits and rules of a pool. `Default` gives the values named at each field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    /// Memory for all transactions together, in bytes of [footprint](crate::PoolTransaction::footprint) and
    /// [`SENDER_BYTES`](crate::SENDER_BYTES) a sender. 256 MiB: some 300,000 transfers.
    pub max_bytes: usize,
    /// Memory for the transactions of one sender, in bytes of footprint. 8 MiB: some 10,000 transfers.
    pub max_bytes_per_sender: usize,
    /// Transactions of one sender. 65,536.
    pub max_transactions_per_sender: usize,
    /// Largest transaction, in bytes of its EIP-2718 encoding. 128 KiB, as geth has it.
    pub max_tx_bytes: usize,
    /// Largest init code of a contract creation from Shanghai on, in bytes (EIP-3860). 49,152; a chain with a raised `contractSizeLimit`
    /// allows twice that limit.
    pub max_initcode_bytes: usize,
    /// How far a nonce may lie beyond the sender's next executable one. 1,024.
    pub max_nonce_gap: u64,
    /// By how many per cent a replacement must raise both fee and tip. 10.
    pub price_bump_percent: u32,
    /// Where there is no base fee, or it is zero: milliseconds after which the same price replaces, too. 10,000.
    pub replace_after_ms: u64,
    /// Milliseconds for which a transaction that cannot be executed is kept, local ones included. Three hours.
    pub queued_lifetime_ms: u64,
    /// Milliseconds for which any transaction is kept, executable or not; none: until it is mined or evicted. None.
    pub lifetime_ms: Option<u64>,
    /// Least gas price (for fee-market transactions: max fee per gas) that is taken, in wei. Zero.
    pub min_gas_price: u128,
    /// Refuse a transaction whose max fee is below the base fee instead of letting it wait for a cheaper block. Right where the base fee
    /// is fixed and no cheaper block will come. False.
    pub refuse_below_base_fee: bool,
    /// Refuse local transactions without replay protection (EIP-155). False: deployers with one address on every chain send such.
    pub only_replay_protected: bool,
    /// Whether transactions handed in at this node outlive those of peers when room is made. True.
    pub local_priority: bool,
    /// How many drops are remembered with their reason. 65,536.
    pub remembered_drops: usize,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            max_bytes: 256 << 20,
            max_bytes_per_sender: 8 << 20,
            max_transactions_per_sender: 1 << 16,
            max_tx_bytes: 128 << 10,
            max_initcode_bytes: 49_152,
            max_nonce_gap: 1_024,
            price_bump_percent: 10,
            replace_after_ms: 10_000,
            queued_lifetime_ms: 3 * 60 * 60 * 1_000,
            lifetime_ms: None,
            min_gas_price: 0,
            refuse_below_base_fee: false,
            only_replay_protected: false,
            local_priority: true,
            remembered_drops: 1 << 16,
        }
    }
}
