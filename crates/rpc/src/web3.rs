//! `web3`: the client.

use crate::{
    Api,
    args::Args,
    error::RpcResult,
    method::{Method, method},
};
use alloy_primitives::{B256, Bytes, keccak256};

pub(crate) const METHODS: &[Method] = &[
    method!("web3_clientVersion", "", "text", "Name and version of this node.", quick client_version),
    method!("web3_sha3", "bytes", "hash", "keccak256 of some bytes.", quick sha3),
];

fn client_version(api: &Api, _: &Args<'_>) -> RpcResult<String> {
    Ok(api.client_version.clone())
}

fn sha3(_: &Api, args: &Args<'_>) -> RpcResult<B256> {
    Ok(keccak256(args.required::<Bytes>(0, "bytes")?))
}
