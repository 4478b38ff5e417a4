//! The chain that is measured: ERC-20 transfers among many holders.

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Address, B256, TxKind, U256, address, hex, keccak256};
use alloy_sol_types::{SolCall, sol};
use entente_chain::{Genesis, NodeKey, Transaction};
use entente_node::TransactionSource;
use std::fmt::Write;

sol! {
    function transfer(address to, uint256 amount) external returns (bool);
    function balanceOf(address account) external view returns (uint256);
}

/// Where the token stands from the genesis block on.
pub(crate) const TOKEN: Address = address!("00000000000000000000000000000000000e2c20");
pub(crate) const CHAIN_ID: u64 = 4242;
const TOKEN_ARTIFACT: &str = include_str!("../../contracts/artifacts/BenchToken.json");

/// The key of the n-th holder.
pub(crate) fn key(index: u64) -> NodeKey {
    let secret = keccak256(index.to_be_bytes());
    NodeKey::from_hex(&hex::encode(secret)).expect("a hash is a valid secret but for one in 2^128")
}

/// `balances` is the token's first mapping (contracts/README.md): holder and slot 0, hashed.
fn balance_slot(holder: Address) -> B256 {
    let mut preimage = [0; 64];
    preimage[12..32].copy_from_slice(holder.as_slice());
    keccak256(preimage)
}

/// A genesis with a token, its holders, and accounts that only take up room.
pub(crate) fn genesis(
    holders: &[Address],
    idle_accounts: u64,
) -> Result<Genesis, Box<dyn std::error::Error>> {
    let artifact: serde_json::Value = serde_json::from_str(TOKEN_ARTIFACT)?;
    let code = artifact["deployedBytecode"]
        .as_str()
        .ok_or("the token's artifact has no deployedBytecode")?;
    let mut alloc = String::new();
    for holder in holders {
        write!(alloc, "\"{holder}\":{{\"balance\":\"0xd3c21bcecceda1000000\"}},")?;
    }
    for index in 0..idle_accounts {
        let idle = Address::from_slice(
            &keccak256([b"idle".as_slice(), &index.to_be_bytes()].concat())[..20],
        );
        write!(alloc, "\"{idle}\":{{\"balance\":\"0x1\"}},")?;
    }
    let slots: Vec<_> = holders
        .iter()
        .map(|holder| format!("\"{}\":\"0xffffffffff\"", balance_slot(*holder)))
        .collect();
    let text = format!(
        r#"{{"config":{{"chainId":{CHAIN_ID},"homesteadBlock":0,"eip150Block":0,"eip155Block":0,"eip158Block":0,"byzantiumBlock":0,
        "constantinopleBlock":0,"petersburgBlock":0,"istanbulBlock":0,"berlinBlock":0,"londonBlock":0,"terminalTotalDifficulty":0,
        "shanghaiTime":0,"cancunTime":0,"pragueTime":0,"entente":{{"engine":"solo"}}}},
        "gasLimit":"0x3b9aca00","difficulty":"0x0","baseFeePerGas":"0x7","alloc":{{{alloc}"{TOKEN}":{{"balance":"0x0","nonce":"0x1","code":"{code}","storage":{{{}}}}}}}}}"#,
        slots.join(",")
    );
    Ok(Genesis::from_json(&text, "benchmark genesis")?)
}

/// The n-th transfer: holders take turns, each to a holder picked by hash.
pub(crate) fn transfer(keys: &[NodeKey], holders: &[Address], index: u64) -> Transaction {
    let count = holders.len() as u64;
    let (from, nonce) = (index % count, index / count);
    let to = u64::from_be_bytes(
        keccak256(index.to_le_bytes())[..8].try_into().expect("eight bytes of 32"),
    ) % count;
    let call = transferCall { to: holders[to as usize], amount: U256::ONE };
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 1_000_000_000,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(TOKEN),
        input: call.abi_encode().into(),
        ..TxEip1559::default()
    };
    let signature = keys[from as usize].sign(tx.signature_hash());
    Transaction::Eip1559(tx.into_signed(signature))
}

/// Hands out what it was given.
pub(crate) struct Given(pub(crate) std::vec::IntoIter<(Transaction, Address)>);

impl TransactionSource for Given {
    fn next(&mut self) -> Option<(Transaction, Address)> {
        self.0.next()
    }

    fn skip_sender(&mut self) {}

    fn reject(&mut self, _: B256, _: &str) {}

    fn out_of_time(&self) -> bool {
        false
    }
}
