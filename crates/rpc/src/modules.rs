//! `rpc`: what this endpoint serves.

use crate::{
    Namespace,
    method::{Method, Reply, method},
};
use jsonrpsee::core::server::MethodCallback;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub(crate) const METHODS: &[Method] = &[method!(
    "rpc_modules",
    "",
    "versionByNamespace",
    "The namespaces that this endpoint serves.",
    elsewhere
)];

/// The answer differs by endpoint, so each registers its own.
pub(crate) fn callback(namespaces: &BTreeSet<Namespace>) -> MethodCallback {
    let modules: BTreeMap<&'static str, &'static str> =
        namespaces.iter().chain([&Namespace::Rpc]).map(|space| (space.name(), "1.0")).collect();
    MethodCallback::Sync(Arc::new(move |id, _, max_bytes, extensions| {
        Reply { id, max_bytes }.with(Ok(modules.clone())).with_extensions(extensions)
    }))
}
