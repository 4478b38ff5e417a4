//! JSON-RPC over a Unix socket: one JSON value after another in each direction, as geth and Besu speak it.

use super::{gate::Gate, ids::HexIds, served};
use crate::{
    Api, Dialect, Limits, Namespace, RpcServerError,
    error::{RpcError, code},
};
use entente_node::Chain;
use jsonrpsee::{
    core::server::{
        BatchResponseBuilder, BoundedSubscriptions, ConnectionId, MethodCallback, MethodResponse,
        MethodSink, Methods, SubscriptionState, helpers::prepare_error,
    },
    types::{ErrorObject, ErrorObjectOwned, Id, Params, Request},
};
use serde_json::value::RawValue;
use std::{
    collections::BTreeSet,
    io,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    sync::{Semaphore, mpsc, watch},
};

/// Messages that may wait for a client that does not read.
const OUTBOX: usize = 1024;
/// Requests of one connection that are worked on at a time.
const IN_FLIGHT: usize = 64;
/// jsonrpsee numbers its own connections from zero; ours are far from them.
const FIRST_CONNECTION: usize = 1 << 40;

/// A listening socket. Its file goes with it.
#[derive(Debug)]
pub(crate) struct IpcServer {
    path: PathBuf,
    stop: watch::Sender<bool>,
}

struct Shared {
    methods: Methods,
    gate: Gate,
    limits: Limits,
    connections: Arc<Semaphore>,
    next: AtomicUsize,
}

impl Shared {
    fn new(api: &Arc<Api>, limits: &Limits) -> Self {
        let namespaces = BTreeSet::from(Namespace::ALL);
        Self {
            methods: served(api, &namespaces),
            gate: Gate::new(&namespaces, limits),
            limits: limits.clone(),
            connections: Arc::new(Semaphore::new(limits.connections as usize)),
            next: AtomicUsize::new(FIRST_CONNECTION),
        }
    }
}

impl IpcServer {
    /// Listens on a path. A socket that a dead process left there is replaced; one that somebody listens on is not.
    pub(crate) fn start(
        api: &Arc<Api>,
        path: PathBuf,
        limits: &Limits,
    ) -> Result<Self, RpcServerError> {
        let listener =
            bind(&path).map_err(|source| RpcServerError::Ipc { path: path.clone(), source })?;
        let shared = Arc::new(Shared::new(api, limits));
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(accept(listener, shared, stopped));
        Ok(Self { path, stop })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes no more requests.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }
}

impl Drop for IpcServer {
    fn drop(&mut self) {
        self.stop();
        // Nobody can do anything about a socket file that does not go away; the next start replaces it.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    if let Ok(found) = std::fs::symlink_metadata(path) {
        if !found.file_type().is_socket() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something else lies there"));
        }
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another process listens there"));
        }
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn accept(listener: UnixListener, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(target: "entente::rpc", %error, "an IPC connection could not be accepted");
                // Out of file handles, most likely: give some a chance to close.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(permit) = shared.connections.clone().try_acquire_owned() else {
            tracing::debug!(target: "entente::rpc", "an IPC connection too many was closed");
            continue;
        };
        let (shared, stopped) = (shared.clone(), stopped.clone());
        tokio::spawn(async move {
            if let Err(error) = converse(stream, &shared, stopped).await {
                tracing::debug!(target: "entente::rpc", %error, "an IPC connection broke");
            }
            drop(permit);
        });
    }
}

/// One connection, until either side closes it.
async fn converse(
    stream: UnixStream,
    shared: &Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let (mut reader, mut writer) = stream.into_split();
    let (outbox, mut outgoing) = mpsc::channel::<Box<RawValue>>(OUTBOX);
    let writing = tokio::spawn(async move {
        while let Some(message) = outgoing.recv().await {
            writer.write_all(message.get().as_bytes()).await?;
            writer.write_all(b"\n").await?;
        }
        io::Result::Ok(())
    });
    let connection = Arc::new(Connection::new(shared, outbox));
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut frames = Frames::new(shared.limits.request_bytes as usize);
    let mut buffer = vec![0; 16 * 1024];
    let result = 'reading: loop {
        let read = tokio::select! {
            read = reader.read(&mut buffer) => read,
            _ = stopped.changed() => break Ok(()),
        };
        match read {
            Ok(0) => break Ok(()),
            Ok(length) => frames.push(&buffer[..length]),
            Err(error) => break Err(error),
        }
        loop {
            let frame = match frames.next() {
                Ok(None) => break,
                Ok(Some(frame)) => frame,
                Err(limit) => {
                    let error = RpcError::new(
                        code::INVALID_REQUEST,
                        format!("request larger than {limit} bytes"),
                    );
                    connection.send(refusal(Id::Null, error)).await;
                    break 'reading Ok(());
                }
            };
            let Ok(permit) = in_flight.clone().acquire_owned().await else { break 'reading Ok(()) };
            let connection = connection.clone();
            tokio::spawn(async move {
                if let Some(answer) = connection.answer(&frame).await {
                    connection.send(answer).await;
                }
                drop(permit);
            });
        }
    };
    drop(connection);
    // Subscriptions hold the outbox too; they end when it is closed from the other side.
    writing.abort();
    result
}

fn refusal(id: Id<'_>, error: RpcError) -> Box<RawValue> {
    MethodResponse::error(id, ErrorObjectOwned::from(error)).into_json()
}

struct Connection {
    shared: Arc<Shared>,
    outbox: mpsc::Sender<Box<RawValue>>,
    id: ConnectionId,
    subscriptions: BoundedSubscriptions,
}

impl Connection {
    fn new(shared: &Arc<Shared>, outbox: mpsc::Sender<Box<RawValue>>) -> Self {
        Self {
            shared: shared.clone(),
            outbox,
            id: ConnectionId(shared.next.fetch_add(1, Ordering::Relaxed)),
            subscriptions: BoundedSubscriptions::new(shared.limits.subscriptions),
        }
    }

    async fn send(&self, message: Box<RawValue>) {
        // A client that is gone needs no answer.
        let _ = self.outbox.send(message).await;
    }

    async fn answer(&self, frame: &[u8]) -> Option<Box<RawValue>> {
        if frame.first() == Some(&b'[') {
            return self.batch(frame).await;
        }
        match serde_json::from_slice::<Request<'_>>(frame) {
            Ok(request) => self.call(request).await.map(MethodResponse::into_json),
            Err(_) if is_notification(frame) => None,
            Err(_) => {
                let (id, code) = prepare_error(frame);
                Some(MethodResponse::error(id, ErrorObject::from(code)).into_json())
            }
        }
    }

    async fn batch(&self, frame: &[u8]) -> Option<Box<RawValue>> {
        let Ok(requests) = serde_json::from_slice::<Vec<&RawValue>>(frame) else {
            return Some(refusal(Id::Null, RpcError::new(-32700, "parse error")));
        };
        if let Some(error) = self.shared.gate.refuses_batch(requests.len()) {
            return Some(refusal(Id::Null, error));
        }
        let mut answers =
            BatchResponseBuilder::new_with_limit(self.shared.limits.response_bytes as usize);
        let mut any = requests.is_empty();
        for raw in requests {
            let answer = match serde_json::from_str::<Request<'_>>(raw.get()) {
                Ok(request) => self.call(request).await,
                Err(_) if is_notification(raw.get().as_bytes()) => None,
                Err(_) => {
                    let (id, code) = prepare_error(raw.get().as_bytes());
                    Some(MethodResponse::error(id, ErrorObject::from(code)))
                }
            };
            if let Some(answer) = answer {
                any = true;
                if let Err(too_large) = answers.append(answer) {
                    return Some(too_large.into_json());
                }
            }
        }
        any.then(|| MethodResponse::from_batch(answers.finish()).into_json())
    }

    /// Answers a call. None when the method has sent its answer itself, as subscriptions do.
    async fn call(&self, request: Request<'_>) -> Option<MethodResponse> {
        let Request { id, method, params, extensions, .. } = request;
        if let Some(error) = self.shared.gate.refuses(&method, params.as_deref()) {
            return Some(MethodResponse::error(id, ErrorObjectOwned::from(error)));
        }
        let params = Params::new(params.as_deref().map(RawValue::get));
        let max = self.shared.limits.response_bytes as usize;
        let response = match self.shared.methods.method(&method) {
            None => {
                let error = RpcError::new(code::METHOD_NOT_FOUND, "method not found");
                MethodResponse::error(id, ErrorObjectOwned::from(error))
            }
            Some(MethodCallback::Sync(answer)) => answer(id, params, max, extensions),
            Some(MethodCallback::Async(answer)) => {
                answer(id.into_owned(), params.into_owned(), self.id, max, extensions).await
            }
            Some(MethodCallback::Unsubscription(answer)) => {
                answer(id, params, self.id, max, extensions)
            }
            Some(MethodCallback::Subscription(subscribe)) => {
                let Some(subscription_permit) = self.subscriptions.acquire() else {
                    let limit = self.shared.limits.subscriptions;
                    let error = RpcError::limit(format!(
                        "{limit} subscriptions are open on this connection, the most there may be"
                    ));
                    return Some(MethodResponse::error(id, ErrorObjectOwned::from(error)));
                };
                let sink = MethodSink::new_with_limit(
                    self.outbox.clone(),
                    self.shared.limits.response_bytes,
                );
                let state = SubscriptionState {
                    conn_id: self.id,
                    id_provider: &HexIds,
                    subscription_permit,
                };
                let _ = subscribe(id, params, sink, state, extensions).await;
                return None;
            }
        };
        Some(response)
    }
}

/// A conversation over no socket, for fuzzing: what a client would send goes in, what it would be sent comes out.
#[doc(hidden)]
pub struct Offline(Arc<Shared>);

impl Offline {
    /// The methods of every namespace on a chain.
    pub fn new(chain: Chain, limits: &Limits) -> Self {
        let api = Api::new(chain, limits.clone(), Dialect::Current, "entente/offline".into());
        Self(Arc::new(Shared::new(&Arc::new(api), limits)))
    }

    /// One connection's life: its requests one after the other, then the end.
    pub async fn converse(&self, sent: &[u8]) -> Vec<Box<RawValue>> {
        let (outbox, mut outgoing) = mpsc::channel(OUTBOX);
        let connection = Connection::new(&self.0, outbox);
        let mut frames = Frames::new(self.0.limits.request_bytes as usize);
        frames.push(sent);
        let mut answers = Vec::new();
        while let Ok(Some(frame)) = frames.next() {
            answers.extend(connection.answer(&frame).await);
            while let Ok(message) = outgoing.try_recv() {
                answers.push(message);
            }
        }
        answers
    }
}

fn is_notification(frame: &[u8]) -> bool {
    serde_json::from_slice::<jsonrpsee::types::Notification<'_, Option<&RawValue>>>(frame).is_ok()
}

/// Cuts a stream of bytes into JSON values by their brackets.
#[derive(Debug)]
struct Frames {
    bytes: Vec<u8>,
    /// How far the bytes have been looked at.
    at: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    limit: usize,
}

impl Frames {
    const fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), at: 0, depth: 0, in_string: false, escaped: false, limit }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole value; the limit as an error when what there is of it is too large already. Something that is no object or list ends at
    /// its line, so that it is answered with an error rather than waited on.
    fn next(&mut self) -> Result<Option<Vec<u8>>, usize> {
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += 1;
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Ok(Some(self.cut()));
                    }
                }
                b'\n' if self.depth == 0 => {
                    let line = self.cut();
                    if !line.is_empty() {
                        return Ok(Some(line));
                    }
                }
                _ => {}
            }
        }
        if self.bytes.len() > self.limit { Err(self.limit) } else { Ok(None) }
    }

    fn cut(&mut self) -> Vec<u8> {
        let rest = self.bytes.split_off(self.at);
        let frame = std::mem::replace(&mut self.bytes, rest);
        self.at = 0;
        frame.trim_ascii().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_out_wherever_the_stream_is_broken() {
        let stream = br#"{"a":"}\"{"} [1,{"b":2}]
nonsense
{"c":[]}"#;
        for size in 1..stream.len() {
            let mut frames = Frames::new(100);
            let mut found = Vec::new();
            for chunk in stream.chunks(size) {
                frames.push(chunk);
                while let Some(frame) = frames.next().unwrap() {
                    found.push(String::from_utf8(frame).unwrap());
                }
            }
            assert_eq!(
                found,
                [r#"{"a":"}\"{"}"#, r#"[1,{"b":2}]"#, "nonsense", r#"{"c":[]}"#],
                "{size}"
            );
        }
    }

    #[test]
    fn a_value_without_end_is_given_up() {
        let mut frames = Frames::new(10);
        frames.push(b"[[[[[[[[[[[");
        assert_eq!(frames.next(), Err(10));
    }
}
