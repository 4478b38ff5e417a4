//! A method: its name, its documentation, and the function that answers it.
//!
//! Each namespace is a table of these. From the tables come the server's dispatch and the book's reference, so that neither can say what
//! the other does not.

use crate::{
    Api,
    args::Args,
    error::{RpcError, RpcResult},
};
use entente_evm::Interrupt;
use futures::future::BoxFuture;
use jsonrpsee::{
    core::server::{MethodCallback, MethodResponse, ResponsePayload},
    types::{ErrorObjectOwned, Id, Params},
};
use serde::Serialize;
use std::sync::{Arc, LazyLock};

/// What a method does, for the book's reference.
#[derive(Clone, Copy, Debug)]
pub struct MethodDoc {
    /// Its name.
    pub name: &'static str,
    /// The namespace that serves it: what stands before the name's underscore.
    pub namespace: &'static str,
    /// Its parameters by position; those that may be left out stand in brackets.
    pub params: &'static str,
    /// What it answers with.
    pub result: &'static str,
    /// What it is for.
    pub summary: &'static str,
}

/// What stands before a name's underscore.
pub(crate) const fn namespace_of(name: &'static str) -> &'static str {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b'_' {
        at += 1;
    }
    name.split_at(at).0
}

/// Answers from a request's parameters.
type Quick = fn(&Api, &Args<'_>, Reply<'_>) -> MethodResponse;
/// The same, with the flag that stops it.
type Dear = fn(&Api, &Args<'_>, &Interrupt, Reply<'_>) -> MethodResponse;
/// The same, for those that wait for something to happen.
type Waits = fn(Arc<Api>, Params<'static>, Reply<'static>) -> BoxFuture<'static, MethodResponse>;

/// How a method is carried out.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// At once, where the request arrived: it takes microseconds.
    Quick(Quick),
    /// At once, unless it asks for the pending block, which may have to be executed first.
    State(Quick),
    /// In its turn, among those that cost.
    Dear(Dear),
    /// When something happens.
    Waits(Waits),
    /// By jsonrpsee's subscriptions, or by the endpoint itself; it stands in the table for its documentation.
    Elsewhere,
}

/// A method of a table.
#[derive(Clone, Copy)]
pub(crate) struct Method {
    pub(crate) doc: MethodDoc,
    pub(crate) run: Run,
}

/// What an answer needs besides its value.
pub(crate) struct Reply<'a> {
    pub(crate) id: Id<'a>,
    pub(crate) max_bytes: usize,
}

impl Reply<'_> {
    /// The answer with a method's result. One larger than may be sent becomes an error before it is written out.
    pub(crate) fn with<T: Serialize + Clone>(self, result: RpcResult<T>) -> MethodResponse {
        let payload = match result {
            Ok(value) => ResponsePayload::success(value),
            Err(error) => ResponsePayload::error(ErrorObjectOwned::from(error)),
        };
        MethodResponse::response(self.id, payload, self.max_bytes)
    }

    fn error(self, error: RpcError) -> MethodResponse {
        self.with::<()>(Err(error))
    }
}

/// A line of a table: name, parameters, result, summary, and how it is answered: `quick`, `state` or `dear` with a function.
macro_rules! method {
    ($name:literal, $params:literal, $result:literal, $summary:literal, quick $answer:path) => {
        $crate::method::method!(@ $name, $params, $result, $summary,
            $crate::method::Run::Quick(|api, args, reply| reply.with($answer(api, args))))
    };
    ($name:literal, $params:literal, $result:literal, $summary:literal, state $answer:path) => {
        $crate::method::method!(@ $name, $params, $result, $summary,
            $crate::method::Run::State(|api, args, reply| reply.with($answer(api, args))))
    };
    ($name:literal, $params:literal, $result:literal, $summary:literal, dear $answer:path) => {
        $crate::method::method!(@ $name, $params, $result, $summary,
            $crate::method::Run::Dear(|api, args, interrupt, reply| reply.with($answer(api, args, interrupt))))
    };
    ($name:literal, $params:literal, $result:literal, $summary:literal, waits $answer:path) => {
        $crate::method::method!(@ $name, $params, $result, $summary, $crate::method::Run::Waits($answer))
    };
    ($name:literal, $params:literal, $result:literal, $summary:literal, elsewhere) => {
        $crate::method::method!(@ $name, $params, $result, $summary, $crate::method::Run::Elsewhere)
    };
    (@ $name:literal, $params:literal, $result:literal, $summary:literal, $run:expr) => {
        $crate::method::Method {
            doc: $crate::method::MethodDoc {
                name: $name,
                namespace: $crate::method::namespace_of($name),
                params: $params,
                result: $result,
                summary: $summary,
            },
            run: $run,
        }
    };
}
pub(crate) use method;

/// Every table. A namespace is added here and nowhere else.
pub(crate) const TABLES: &[&[Method]] = &[
    crate::admin::METHODS,
    crate::debug::METHODS,
    crate::eth::METHODS,
    crate::net::METHODS,
    crate::modules::METHODS,
    crate::tracing::METHODS,
    crate::txpool::METHODS,
    crate::web3::METHODS,
];

/// Every method that this node knows, sorted by name: the source of the book's reference.
pub fn methods() -> &'static [MethodDoc] {
    static DOCS: LazyLock<Vec<MethodDoc>> = LazyLock::new(|| {
        let mut docs: Vec<_> = all().map(|method| method.doc).collect();
        docs.sort_unstable_by_key(|doc| doc.name);
        docs
    });
    &DOCS
}

/// All methods of all tables.
pub(crate) fn all() -> impl Iterator<Item = &'static Method> {
    TABLES.iter().copied().flatten()
}

impl Method {
    /// The callback by which jsonrpsee answers it; None for those that are registered elsewhere.
    pub(crate) fn callback(&self, api: &Arc<Api>) -> Option<MethodCallback> {
        let api = api.clone();
        Some(match self.run {
            Run::Quick(answer) => {
                MethodCallback::Sync(Arc::new(move |id, params, max_bytes, extensions| {
                    quick(answer, &api, &params, Reply { id, max_bytes })
                        .with_extensions(extensions)
                }))
            }
            Run::State(answer) => {
                MethodCallback::Async(Arc::new(move |id, params, _, max_bytes, extensions| {
                    let reply = Reply { id, max_bytes };
                    if !params.as_str().is_some_and(|text| text.contains("\"pending\"")) {
                        let answer =
                            quick(answer, &api, &params, reply).with_extensions(extensions);
                        return Box::pin(std::future::ready(answer));
                    }
                    let api = api.clone();
                    Box::pin(async move {
                        let work = {
                            let api = api.clone();
                            move |_: &Interrupt, reply: Reply<'_>| {
                                quick(answer, &api, &params, reply)
                            }
                        };
                        in_turn(&api, reply, work).await.with_extensions(extensions)
                    })
                }))
            }
            Run::Dear(answer) => {
                MethodCallback::Async(Arc::new(move |id, params, _, max_bytes, extensions| {
                    let api = api.clone();
                    Box::pin(async move {
                        let reply = Reply { id, max_bytes };
                        let work = {
                            let api = api.clone();
                            move |interrupt: &Interrupt, reply: Reply<'_>| match Args::new(&params)
                            {
                                Ok(args) => answer(&api, &args, interrupt, reply),
                                Err(error) => reply.error(error),
                            }
                        };
                        in_turn(&api, reply, work).await.with_extensions(extensions)
                    })
                }))
            }
            Run::Waits(answer) => {
                MethodCallback::Async(Arc::new(move |id, params, _, max_bytes, extensions| {
                    let answer = answer(api.clone(), params, Reply { id, max_bytes });
                    Box::pin(async move { answer.await.with_extensions(extensions) })
                }))
            }
            Run::Elsewhere => return None,
        })
    }
}

fn quick(answer: Quick, api: &Api, params: &Params<'_>, reply: Reply<'_>) -> MethodResponse {
    match Args::new(params) {
        Ok(args) => answer(api, &args, reply),
        Err(error) => reply.error(error),
    }
}

/// Answers among the dear calls; the answer is written out there too.
async fn in_turn(
    api: &Api,
    reply: Reply<'static>,
    work: impl FnOnce(&Interrupt, Reply<'_>) -> MethodResponse + Send + 'static,
) -> MethodResponse {
    let (id, max_bytes) = (reply.id.clone(), reply.max_bytes);
    match api.dear.run(move |interrupt| work(interrupt, reply)).await {
        Ok(response) => response,
        Err(error) => Reply { id, max_bytes }.error(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Namespace;
    use std::collections::BTreeSet;

    #[test]
    fn every_method_is_documented_once_under_its_namespace() {
        let docs = methods();
        let names: BTreeSet<_> = docs.iter().map(|doc| doc.name).collect();
        assert_eq!(names.len(), docs.len(), "a method stands in two tables");
        for doc in docs {
            let space =
                Namespace::of(doc.name).unwrap_or_else(|| panic!("{} has no namespace", doc.name));
            assert_eq!(doc.namespace, space.name());
            assert!(!doc.summary.is_empty() && doc.summary.ends_with('.'), "{}", doc.name);
            assert!(!doc.result.is_empty(), "{}", doc.name);
        }
    }
}
