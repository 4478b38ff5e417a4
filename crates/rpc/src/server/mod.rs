//! The endpoints: started together, stopped together.

mod gate;
mod ids;
mod ipc;
mod web;

use crate::{Api, Endpoint, Namespace, RpcConfig, RpcServerError, eth::subscribe, method};
use entente_node::Chain;
use gate::Gate;
use ids::HexIds;
#[doc(hidden)]
pub use ipc::Offline;
use jsonrpsee::{
    core::{
        middleware::RpcServiceBuilder,
        server::{MethodCallback, Methods},
    },
    server::{
        BatchRequestConfig, PingConfig, ServerBuilder, ServerConfig, ServerConfigBuilder,
        ServerHandle,
    },
};
use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};
use web::WebLayer;

/// The running endpoints of one chain. They close when this is dropped; [`RpcServer::stop`] waits for the requests under way.
#[derive(Debug)]
pub struct RpcServer {
    http: Option<(SocketAddr, ServerHandle)>,
    ws: Option<(SocketAddr, ServerHandle)>,
    ipc: Option<ipc::IpcServer>,
    feed: tokio::task::JoinHandle<()>,
}

impl RpcServer {
    /// Opens the endpoints of a configuration. `client_version` is what `web3_clientVersion` answers. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When an endpoint can't listen where it should; none is open then.
    pub async fn start(
        chain: Chain,
        config: RpcConfig,
        client_version: String,
    ) -> Result<Self, RpcServerError> {
        let limits = config.limits.clone();
        let api = Arc::new(Api::new(chain, config.limits, config.dialect, client_version));
        let base = ServerConfig::builder()
            .max_request_body_size(limits.request_bytes)
            .max_response_body_size(limits.response_bytes)
            .max_connections(limits.connections)
            .max_subscriptions_per_connection(limits.subscriptions)
            // The gate counts, so that the error has the field's code.
            .set_batch_request_config(BatchRequestConfig::Unlimited)
            .set_id_provider(HexIds);
        let http = match config.http {
            Some(endpoint) => Some(serve("HTTP", &api, endpoint, base.clone().http_only()).await?),
            None => None,
        };
        let ws = match config.ws {
            Some(endpoint) => {
                // A peer that vanished holds a connection until it misses this.
                let ping = PingConfig::new()
                    .ping_interval(Duration::from_secs(30))
                    .inactive_limit(Duration::from_secs(60));
                Some(serve("WebSocket", &api, endpoint, base.ws_only().enable_ws_ping(ping)).await?)
            }
            None => None,
        };
        let ipc = match config.ipc {
            Some(path) => Some(ipc::IpcServer::start(&api, path, &limits)?),
            None => None,
        };
        let feed = tokio::spawn(crate::eth::filters::feed(api));
        Ok(Self { http, ws, ipc, feed })
    }

    /// Where HTTP listens, if it does.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(|(address, _)| *address)
    }

    /// Where WebSocket listens, if it does.
    pub fn ws_address(&self) -> Option<SocketAddr> {
        self.ws.as_ref().map(|(address, _)| *address)
    }

    /// The socket of IPC, if there is one.
    pub fn ipc_path(&self) -> Option<&std::path::Path> {
        self.ipc.as_ref().map(ipc::IpcServer::path)
    }

    /// Takes no more requests, and waits for those under way.
    pub async fn stop(self) {
        let handles: Vec<_> = [&self.http, &self.ws]
            .into_iter()
            .flatten()
            .map(|(_, handle)| handle.clone())
            .collect();
        for handle in &handles {
            // An endpoint that has stopped already is what is wanted.
            let _ = handle.stop();
        }
        if let Some(ipc) = &self.ipc {
            ipc.stop();
        }
        self.feed.abort();
        drop(self);
        for handle in handles {
            handle.stopped().await;
        }
    }
}

impl Drop for RpcServer {
    fn drop(&mut self) {
        self.feed.abort();
    }
}

async fn serve(
    name: &'static str,
    api: &Arc<Api>,
    endpoint: Endpoint,
    config: ServerConfigBuilder,
) -> Result<(SocketAddr, ServerHandle), RpcServerError> {
    let bind = |source| RpcServerError::Bind { endpoint: name, address: endpoint.address, source };
    let web = WebLayer::new(&endpoint, api.clone())?;
    let gate = Arc::new(Gate::new(&endpoint.namespaces, &api.limits));
    let rpc =
        RpcServiceBuilder::new().layer_fn(move |service| gate::Gated::new(service, gate.clone()));
    let server = ServerBuilder::new()
        .set_config(config.build())
        .set_http_middleware(tower::ServiceBuilder::new().layer(web))
        .set_rpc_middleware(rpc)
        .build(endpoint.address)
        .await
        .map_err(bind)?;
    let address = server.local_addr().map_err(bind)?;
    Ok((address, server.start(served(api, &endpoint.namespaces))))
}

/// The methods of some namespaces, as jsonrpsee dispatches them.
fn served(api: &Arc<Api>, namespaces: &BTreeSet<Namespace>) -> Methods {
    let mut methods = Methods::new();
    let on = |name: &str| {
        Namespace::of(name)
            .is_some_and(|space| space == Namespace::Rpc || namespaces.contains(&space))
    };
    for method in method::all().filter(|method| on(method.doc.name)) {
        if let Some(callback) = method.callback(api) {
            add(&mut methods, method.doc.name, callback);
        }
    }
    add(&mut methods, "rpc_modules", crate::modules::callback(namespaces));
    if namespaces.contains(&Namespace::Eth) {
        methods.merge(subscribe::module(api)).expect("the tables leave these two names to it");
    }
    methods
}

fn add(methods: &mut Methods, name: &'static str, callback: MethodCallback) {
    methods
        .verify_and_insert(name, callback)
        .expect("no method stands in two tables; a test says so");
}
