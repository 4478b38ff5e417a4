//! Signed transactions as `eth_sendRawTransaction` takes them, up to the pool's decision.
#![no_main]

use alloy_consensus::{EthereumTxEnvelope, Transaction as _, TxEip4844Variant};
use alloy_eips::{Decodable2718 as _, Encodable2718 as _};
use alloy_primitives::{Address, U256};
use entente_chain::{
    Fork, Transaction, recover::recover_sender_with, recover_authority, recover_sender,
};
use entente_fuzz::within;
use entente_pool::{
    AccountSource, AccountState, HeadInfo, NewTransaction, Pool, PoolConfig, rules,
};
use libfuzzer_sys::fuzz_target;

/// Everybody is rich and has sent nothing.
struct Rich;

impl AccountSource for Rich {
    fn account(&self, _: Address) -> Result<AccountState, String> {
        Ok(AccountState { nonce: 0, balance: U256::MAX, code: None })
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    let decoded =
        within(128, bytes.len(), || EthereumTxEnvelope::<TxEip4844Variant>::decode_2718(&mut rest));
    let Ok(with_blobs) = decoded else { return };
    assert_eq!(
        with_blobs.encoded_2718(),
        bytes[..bytes.len() - rest.len()],
        "a transaction has one encoding"
    );
    let tx: Transaction = with_blobs.into();
    let encoded = tx.encoded_2718();
    let again = Transaction::decode_2718_exact(&encoded).expect("what was written can be read");
    assert_eq!((&again, again.tx_hash()), (&tx, tx.tx_hash()));

    for fork in Fork::ALL {
        assert!(rules::intrinsic_gas(&tx, fork) >= 21_000);
        rules::floor_gas(&tx, fork);
    }
    for authorization in tx.authorization_list().into_iter().flatten() {
        recover_authority(authorization);
    }
    let strict = recover_sender(&tx);
    let lax = recover_sender_with(&tx, false);
    if let Ok(sender) = &strict {
        assert_eq!(lax.as_ref().ok(), Some(sender));
        pool(&tx, *sender);
    }
});

fn pool(tx: &Transaction, sender: Address) {
    let config = PoolConfig { max_bytes: 1 << 20, remembered_drops: 16, ..PoolConfig::default() };
    let mut pool = Pool::new(config);
    let head = HeadInfo {
        number: 1,
        timestamp: 1,
        base_fee: Some(7),
        gas_limit: 30_000_000,
        fork: Fork::Osaka,
        chain_id: tx.chain_id().unwrap_or(1),
        transaction_gas_limit: Some(1 << 24),
    };
    let new = NewTransaction { tx: tx.clone(), sender, local: true };
    match pool.add(new, 1, &head, &Rich) {
        Ok(added) => {
            assert!(pool.contains(added.hash));
            let journal: Vec<u8> = pool.journal().flatten().collect();
            let replayed = entente_pool::journal::decode(&journal);
            assert_eq!((replayed.transactions, replayed.problem), (vec![tx.clone()], None));
        }
        Err(refused) => {
            assert!(refused.to_string().len() < 1024);
            assert_eq!(pool.iter().count(), 0);
        }
    }
}
