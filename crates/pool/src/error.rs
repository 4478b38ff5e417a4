//! Why a transaction is not taken.

use alloy_primitives::{Address, B256, U256};

/// Why the pool does not take a transaction.
///
/// The texts begin as geth's do: ethers, viem and web3.py recognise errors by them (`nonce too low`, `insufficient funds for gas * price +
/// value`, `replacement transaction underpriced`, ...). What follows the colon says what was found and what was needed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The very same transaction waits already.
    #[error("already known")]
    AlreadyKnown,
    /// The transaction's type is not taken, or not yet valid on this chain.
    #[error("transaction type not supported: {0}")]
    TypeNotSupported(String),
    /// The encoding is larger than the pool takes.
    #[error("oversized data: transaction size {size}, limit {limit}")]
    Oversized {
        /// Bytes of the EIP-2718 encoding.
        size: usize,
        /// [`PoolConfig::max_tx_bytes`](crate::PoolConfig::max_tx_bytes).
        limit: usize,
    },
    /// EIP-3860: init code too large.
    #[error("max initcode size exceeded: code size {size}, limit {limit}")]
    InitcodeTooLarge {
        /// Bytes of init code.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    WrongChainId {
        /// The transaction's chain id.
        have: u64,
        /// This chain's.
        want: u64,
    },
    /// Signed with a chain id before EIP-155 is in force.
    #[error(
        "invalid chain id for signer: replay-protected transactions (EIP-155) begin with the Spurious Dragon fork; sign without a chain id"
    )]
    ReplayProtectionTooEarly,
    /// Signed without a chain id where the operator wants one.
    #[error("only replay-protected (EIP-155) transactions allowed over RPC")]
    Unprotected,
    /// EIP-2: the signature's `s` is in the upper half, from which anybody could make a second hash of the same transaction.
    #[error("invalid sender: the signature's s is above half of the curve's order (EIP-2)")]
    MalleableSignature,
    /// More gas than a block has.
    #[error("exceeds block gas limit: transaction gas {gas}, block gas limit {limit}")]
    ExceedsBlockGasLimit {
        /// Gas asked for.
        gas: u64,
        /// The newest block's limit.
        limit: u64,
    },
    /// EIP-7825: more gas than one transaction may have.
    #[error("transaction gas limit too high (cap: {cap}, tx: {gas})")]
    GasLimitTooHigh {
        /// Gas asked for.
        gas: u64,
        /// The cap in force.
        cap: u64,
    },
    /// Less gas than the transaction costs before anything is executed.
    #[error("intrinsic gas too low: gas {gas}, minimum needed {needed}")]
    IntrinsicGasTooLow {
        /// Gas asked for.
        gas: u64,
        /// Gas needed.
        needed: u64,
    },
    /// EIP-7623: less gas than the floor for its data.
    #[error("insufficient gas for floor data gas cost: gas {gas}, minimum needed {needed}")]
    FloorGasTooLow {
        /// Gas asked for.
        gas: u64,
        /// Gas needed.
        needed: u64,
    },
    /// EIP-1559: the tip is more than the whole fee.
    #[error(
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, maxFeePerGas: {fee}"
    )]
    TipAboveFee {
        /// Wei.
        tip: u128,
        /// Wei.
        fee: u128,
    },
    /// Below the base fee, and [`PoolConfig::refuse_below_base_fee`](crate::PoolConfig::refuse_below_base_fee) is set.
    #[error("max fee per gas less than block base fee: maxFeePerGas: {fee}, baseFee: {base_fee}")]
    FeeBelowBaseFee {
        /// Wei.
        fee: u128,
        /// Wei.
        base_fee: u64,
    },
    /// Below the operator's least price.
    #[error("transaction underpriced: gas price {price}, minimum needed {needed}")]
    Underpriced {
        /// Wei a gas.
        price: u128,
        /// [`PoolConfig::min_gas_price`](crate::PoolConfig::min_gas_price).
        needed: u128,
    },
    /// EIP-7702: the authorization list may not be empty.
    #[error("EIP-7702 transaction with empty auth list")]
    EmptyAuthorizationList,
    /// EIP-2681: the highest nonce cannot be used.
    #[error("nonce has max value: {0}")]
    NonceMax(u64),
    /// The nonce is used.
    #[error("nonce too low: next nonce {next}, tx nonce {nonce}")]
    NonceTooLow {
        /// The account's nonce.
        next: u64,
        /// The transaction's.
        nonce: u64,
    },
    /// The nonce lies too far ahead.
    #[error(
        "nonce too high: next nonce {next}, tx nonce {nonce}, at most {max_gap} ahead are kept"
    )]
    NonceTooHigh {
        /// The next nonce that could be executed.
        next: u64,
        /// The transaction's.
        nonce: u64,
        /// [`PoolConfig::max_nonce_gap`](crate::PoolConfig::max_nonce_gap).
        max_gap: u64,
    },
    /// EIP-3607: the sender is a contract.
    #[error("sender not an eoa: address {0} has code")]
    SenderHasCode(Address),
    /// The balance does not cover gas and value.
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {}", cost.saturating_sub(*balance))]
    InsufficientFunds {
        /// Wei in the newest state.
        balance: U256,
        /// Gas limit times max fee, and the value, in wei.
        cost: U256,
    },
    /// The balance covers the transaction, but not together with those that wait before it.
    #[error("insufficient funds for gas * price + value: balance {balance}, queued cost {queued}, tx cost {cost}, overshot {}", queued.saturating_add(*cost).saturating_sub(*balance))]
    InsufficientFundsQueued {
        /// Wei in the newest state.
        balance: U256,
        /// Cost of the sender's other executable transactions.
        queued: U256,
        /// Cost of this one.
        cost: U256,
    },
    /// A transaction with this nonce waits and pays too much to be replaced by this one.
    #[error("replacement transaction underpriced: {hash} with this nonce pays max fee {fee} and tip {tip}; at least {needed_fee} and {needed_tip} replace it{}", wait_text(*wait_ms))]
    ReplacementUnderpriced {
        /// The one that waits.
        hash: B256,
        /// Its max fee per gas in wei.
        fee: u128,
        /// Its max priority fee per gas in wei.
        tip: u128,
        /// Max fee that replaces it.
        needed_fee: u128,
        /// Tip that replaces it.
        needed_tip: u128,
        /// On a free-gas network: milliseconds until the same price replaces it.
        wait_ms: Option<u64>,
    },
    /// The sender has used up its share.
    #[error(
        "account limit exceeded: {sender} would have {transactions} transactions in {bytes} bytes here, limits are {max_transactions} and {max_bytes}; wait for blocks to take them"
    )]
    AccountLimit {
        /// The sender.
        sender: Address,
        /// Transactions with this one.
        transactions: usize,
        /// Bytes of footprint with this one.
        bytes: usize,
        /// [`PoolConfig::max_transactions_per_sender`](crate::PoolConfig::max_transactions_per_sender).
        max_transactions: usize,
        /// [`PoolConfig::max_bytes_per_sender`](crate::PoolConfig::max_bytes_per_sender).
        max_bytes: usize,
    },
    /// No room, and nothing in the pool is worth less.
    #[error(
        "txpool is full: {used} of {limit} bytes taken and {needed} needed, by transactions worth no less than this one; pay more or try again later"
    )]
    Full {
        /// Bytes of footprint in use.
        used: usize,
        /// [`PoolConfig::max_bytes`](crate::PoolConfig::max_bytes).
        limit: usize,
        /// Bytes of footprint that the transaction needs.
        needed: usize,
    },
    /// The sender's account could not be read.
    #[error("the sender's account could not be read from the newest state: {0}")]
    StateUnavailable(String),
}

fn wait_text(wait_ms: Option<u64>) -> String {
    wait_ms.map(|ms| format!(", or the same price in {ms} ms")).unwrap_or_default()
}
