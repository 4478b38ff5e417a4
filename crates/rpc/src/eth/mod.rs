//! `eth`: the execution API.

mod access_list;
mod blocks;
mod call;
mod chain_config;
mod estimate;
mod fees;
pub(crate) mod filters;
mod logs;
mod node;
mod proof;
pub(crate) mod send;
mod simulate;
mod state;
pub(crate) mod subscribe;
mod transactions;

use crate::method::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method!("eth_accounts", "", "addresses", "Accounts whose keys this node holds: none, clients sign.", quick node::accounts),
    method!("eth_baseFee", "", "wei", "Base fee of the next block; null before London.", quick fees::base_fee),
    method!("eth_blobBaseFee", "", "wei", "Blob base fee of the next block (EIP-4844).", quick fees::blob_base_fee),
    method!("eth_blockNumber", "", "height", "Height of the newest committed block.", quick node::block_number),
    method!("eth_call", "call, [block], [stateOverrides], [blockOverrides]", "bytes", "Runs a call without keeping its effects; a revert is error 3 with its data.", dear call::call),
    method!("eth_chainId", "", "id", "EIP-155 chain id.", quick node::chain_id),
    method!("eth_coinbase", "", "address", "Who is paid for this node's blocks: the newest block's beneficiary.", quick node::coinbase),
    method!("eth_config", "", "config", "Current, next and last fork with blob schedule, precompiles and system contracts (EIP-7910).", quick chain_config::config),
    method!("eth_createAccessList", "call, [block], [stateOverrides]", "accessList, gasUsed, error", "The accounts and slots that a call touches (EIP-2930), and its gas with them.", dear access_list::create_access_list),
    method!("eth_estimateGas", "call, [block], [stateOverrides], [blockOverrides]", "gas", "The least gas limit with which a call succeeds, within the operator's tolerance.", dear estimate::estimate_gas),
    method!("eth_feeHistory", "blockCount, newestBlock, [rewardPercentiles]", "history", "Base fees, fullness and tips of past blocks.", dear fees::fee_history),
    method!("eth_gasPrice", "", "wei", "A price that gets a legacy transaction into one of the next blocks.", quick fees::gas_price),
    method!("eth_getBalance", "address, [block]", "wei", "An account's balance.", state state::balance),
    method!("eth_getBlockByHash", "hash, [full]", "block or null", "A block, its transactions as hashes or in full.", quick blocks::block_by_hash),
    method!("eth_getBlockByNumber", "block, [full]", "block or null", "A block, its transactions as hashes or in full.", state blocks::block_by_number),
    method!("eth_getBlockReceipts", "block", "receipts or null", "All receipts of a block.", dear blocks::block_receipts),
    method!("eth_getBlockTransactionCountByHash", "hash", "count or null", "Number of transactions in a block.", quick blocks::transaction_count_by_hash),
    method!("eth_getBlockTransactionCountByNumber", "block", "count or null", "Number of transactions in a block.", state blocks::transaction_count_by_number),
    method!("eth_getCode", "address, [block]", "bytes", "An account's code.", state state::code),
    method!("eth_getFilterChanges", "filterId", "hashes or logs", "What is new for a filter since it was last asked.", dear filters::changes),
    method!("eth_getFilterLogs", "filterId", "logs", "All logs of a log filter.", dear filters::logs),
    method!("eth_getLogs", "filter", "logs", "Logs by address and topics, in a range of blocks or in one block by hash.", dear logs::logs),
    method!("eth_getProof", "address, slots, [block]", "proof", "An account and slots with their Merkle proofs (EIP-1186), for the newest blocks.", dear proof::proof),
    method!("eth_getStorageAt", "address, slot, [block]", "word", "A storage slot.", state state::storage),
    method!("eth_getStorageValues", "slotsByAddress, [block]", "wordsByAddress", "Many storage slots of many accounts at once.", dear state::storage_values),
    method!("eth_getTransactionByBlockHashAndIndex", "hash, index", "transaction or null", "A transaction by its place.", quick transactions::by_block_hash_and_index),
    method!("eth_getTransactionByBlockNumberAndIndex", "block, index", "transaction or null", "A transaction by its place.", state transactions::by_block_number_and_index),
    method!("eth_getTransactionByHash", "hash", "transaction or null", "A transaction, committed or waiting.", quick transactions::by_hash),
    method!("eth_getTransactionBySenderAndNonce", "address, nonce", "transaction or null", "A sender's transaction with a nonce, waiting or committed.", dear transactions::by_sender_and_nonce),
    method!("eth_getTransactionCount", "address, [block]", "count", "An account's nonce; with `pending`, the next one to use.", quick state::transaction_count),
    method!("eth_getTransactionReceipt", "hash", "receipt or null", "What came of a committed transaction.", quick transactions::receipt),
    method!("eth_getUncleByBlockHashAndIndex", "hash, index", "block or null", "An uncle of a block.", quick blocks::uncle_by_hash),
    method!("eth_getUncleByBlockNumberAndIndex", "block, index", "block or null", "An uncle of a block.", state blocks::uncle_by_number),
    method!("eth_getUncleCountByBlockHash", "hash", "count or null", "Number of a block's uncles.", quick blocks::uncle_count_by_hash),
    method!("eth_getUncleCountByBlockNumber", "block", "count or null", "Number of a block's uncles.", state blocks::uncle_count_by_number),
    method!("eth_maxPriorityFeePerGas", "", "wei", "A tip that gets a transaction into one of the next blocks.", quick fees::max_priority_fee),
    method!("eth_newBlockFilter", "", "filterId", "A filter that tells of new blocks.", quick filters::new_block_filter),
    method!("eth_newFilter", "filter", "filterId", "A filter that tells of new logs.", quick filters::new_log_filter),
    method!("eth_newPendingTransactionFilter", "", "filterId", "A filter that tells of new executable transactions in the pool.", quick filters::new_pending_filter),
    method!("eth_protocolVersion", "", "version", "Version of the eth wire protocol.", quick node::protocol_version),
    method!("eth_sendRawTransaction", "bytes", "hash", "Takes a signed transaction into the pool.", quick send::send_raw),
    method!("eth_sendRawTransactionSync", "bytes, [timeoutMs]", "receipt", "Takes a signed transaction and waits for its receipt (EIP-7966).", waits send::send_raw_sync),
    method!("eth_sendTransaction", "call", "error", "Refused: this node holds no keys.", quick send::send_unsigned),
    method!("eth_sign", "address, bytes", "error", "Refused: this node holds no keys.", quick send::sign),
    method!("eth_signTransaction", "call", "error", "Refused: this node holds no keys.", quick send::sign),
    method!(
        "eth_simulateV1",
        "payload, [block]",
        "blocks",
        "Runs calls in blocks that are pretended on top of a block.",
        dear simulate::simulate
    ),
    method!(
        "eth_subscribe",
        "kind, [options]",
        "subscriptionId",
        "Tells of `newHeads`, `logs`, `newPendingTransactions`, `droppedPendingTransactions`, `transactionReceipts` or `syncing` as they happen (WebSocket, IPC).",
        elsewhere
    ),
    method!("eth_syncing", "", "false or progress", "Whether the chain is behind its peers.", quick node::syncing),
    method!("eth_uninstallFilter", "filterId", "bool", "Forgets a filter; false when there is none.", quick filters::uninstall),
    method!(
        "eth_unsubscribe",
        "subscriptionId",
        "bool",
        "Ends a subscription; false when there is none.",
        elsewhere
    ),
];
