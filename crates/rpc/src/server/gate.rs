//! What an endpoint lets through to its methods.

use crate::{
    Limits, Namespace,
    args::depth,
    error::{RpcError, code},
    method,
};
use futures::{
    FutureExt as _,
    future::{Either, Ready, ready},
};
use jsonrpsee::{
    core::{
        middleware::{Batch, BatchEntry, BatchEntryErr, Notification, Request, RpcServiceT},
        server::MethodResponse,
    },
    types::{ErrorObjectOwned, Id},
};
use serde_json::value::RawValue;
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

/// The rules of an endpoint.
#[derive(Debug)]
pub(crate) struct Gate {
    served: BTreeSet<Namespace>,
    known: HashSet<&'static str>,
    batch: usize,
    json_depth: usize,
}

impl Gate {
    pub(crate) fn new(served: &BTreeSet<Namespace>, limits: &Limits) -> Self {
        Self {
            served: served.clone(),
            known: method::all().map(|method| method.doc.name).collect(),
            batch: limits.batch as usize,
            json_depth: limits.json_depth,
        }
    }

    /// Why a request is not let through, if it is not.
    pub(crate) fn refuses(&self, method: &str, params: Option<&RawValue>) -> Option<RpcError> {
        let Some(space) = Namespace::of(method).filter(|_| self.known.contains(method)) else {
            // The name is the client's: no more of it than a method could have.
            let name: String = method.chars().take(64).collect();
            return Some(RpcError::new(
                code::METHOD_NOT_FOUND,
                format!("the method {name} does not exist/is not available"),
            ));
        };
        if space != Namespace::Rpc && !self.served.contains(&space) {
            return Some(RpcError::new(
                code::METHOD_NOT_ENABLED,
                format!(
                    "Method not enabled: {method}; the operator can add the namespace {space} to this endpoint's API list"
                ),
            ));
        }
        let deep = params.map_or(0, |params| depth(params.get().as_bytes()));
        (deep > self.json_depth).then(|| {
            RpcError::params(format!(
                "parameters are nested {deep} levels deep; {} are allowed",
                self.json_depth
            ))
        })
    }

    /// Why a batch is not let through, if it is not.
    pub(crate) fn refuses_batch(&self, length: usize) -> Option<RpcError> {
        (length > self.batch).then(|| {
            RpcError::limit(format!(
                "Number of requests in batch exceeds limit: {length} where {} are allowed",
                self.batch
            ))
        })
    }
}

/// Marks the HTTP response to notifications: there is nothing to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NothingToSay;

fn mark(mut response: MethodResponse) -> MethodResponse {
    if response.is_notification() {
        response.extensions_mut().insert(NothingToSay);
    }
    response
}

/// A service behind a gate.
#[derive(Clone, Debug)]
pub(crate) struct Gated<S> {
    service: S,
    gate: Arc<Gate>,
}

impl<S> Gated<S> {
    pub(crate) const fn new(service: S, gate: Arc<Gate>) -> Self {
        Self { service, gate }
    }
}

type Answer<F> = Either<F, Ready<MethodResponse>>;

fn refused<F>(id: Id<'_>, error: RpcError) -> Answer<F> {
    Either::Right(ready(MethodResponse::error(id, ErrorObjectOwned::from(error))))
}

impl<S> RpcServiceT for Gated<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        >,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        match self.gate.refuses(&request.method, request.params.as_deref()) {
            Some(error) => refused(request.id, error),
            None => Either::Left(self.service.call(request)),
        }
    }

    fn batch<'a>(&self, mut batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        if let Some(error) = self.gate.refuses_batch(batch.len()) {
            return refused(Id::Null, error);
        }
        for entry in batch.iter_mut() {
            if let Ok(BatchEntry::Call(request)) = entry
                && let Some(error) = self.gate.refuses(&request.method, request.params.as_deref())
            {
                let id = request.id.clone();
                *entry = Err(BatchEntryErr::new(id, ErrorObjectOwned::from(error)));
            }
        }
        Either::Left(self.service.batch(batch).map(mark))
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.service.notification(notification).map(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate::new(&Namespace::defaults(), &Limits { json_depth: 4, batch: 2, ..Limits::default() })
    }

    fn code(method: &str, params: &str) -> Option<i32> {
        let params = RawValue::from_string(params.into()).unwrap();
        gate().refuses(method, Some(&params)).map(|error| error.code)
    }

    #[test]
    fn methods_pass_are_off_or_are_unknown() {
        assert_eq!(code("eth_call", "[]"), None);
        assert_eq!(code("rpc_modules", "[]"), None);
        assert_eq!(code("debug_getRawBlock", "[]"), Some(-32604));
        assert_eq!(code("eth_nonsense", "[]"), Some(-32601));
        assert_eq!(code("foo_bar", "[]"), Some(-32601));
        assert_eq!(code("", "[]"), Some(-32601));
    }

    #[test]
    fn deep_parameters_and_long_batches_are_refused() {
        assert_eq!(code("eth_call", "[[[[]]]]"), None);
        assert_eq!(code("eth_call", "[[[[[]]]]]"), Some(-32602));
        assert!(gate().refuses_batch(2).is_none());
        assert_eq!(gate().refuses_batch(3).unwrap().code, -32005);
    }
}
