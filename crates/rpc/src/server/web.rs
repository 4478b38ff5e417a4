//! What is checked of an HTTP request before it may say anything: host, origin, path and method.
//!
//! A page that a browser shows can send requests to a node on the same machine. Two things keep it out: the host by which the node is addressed must
//! be one that the operator listed (DNS rebinding makes a foreign name point here), and the page's origin must be allowed.

use super::gate::NothingToSay;
use crate::{Api, Endpoint, RpcServerError, config::AllowList};
use futures::future::BoxFuture;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE, HOST, ORIGIN, UPGRADE, VARY,
    },
    uri::Authority,
};
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tower::{Layer, Service};

/// Seconds for which a browser may remember a preflight's answer.
const PREFLIGHT_AGE: &str = "600";

#[derive(Debug)]
struct Rules {
    hosts: AllowList,
    origins: AllowList,
    api: Arc<Api>,
}

/// Puts the checks around a service.
#[derive(Clone, Debug)]
pub(crate) struct WebLayer(Arc<Rules>);

impl WebLayer {
    /// The checks of an endpoint.
    ///
    /// # Errors
    /// When an origin can't be one.
    pub(crate) fn new(endpoint: &Endpoint, api: Arc<Api>) -> Result<Self, RpcServerError> {
        for origin in &endpoint.cors_origins {
            let any = origin == "*" || origin.eq_ignore_ascii_case("all") || origin == "null";
            if !any && (!origin.contains("://") || HeaderValue::from_str(origin).is_err()) {
                return Err(RpcServerError::Origin(origin.clone()));
            }
        }
        Ok(Self(Arc::new(Rules {
            hosts: endpoint.allowed_hosts.iter().collect(),
            origins: endpoint
                .cors_origins
                .iter()
                .map(|origin| origin.trim_end_matches('/'))
                .collect(),
            api,
        })))
    }
}

impl<S> Layer<S> for WebLayer {
    type Service = Web<S>;

    fn layer(&self, inner: S) -> Web<S> {
        Web { inner, rules: self.0.clone() }
    }
}

/// A service behind the checks.
#[derive(Clone, Debug)]
pub(crate) struct Web<S> {
    inner: S,
    rules: Arc<Rules>,
}

/// What the checks came to.
enum Way {
    /// Answered here.
    Answered(HttpResponse),
    /// To be handed on; pages of this origin may read the answer.
    On(Option<HeaderValue>),
}

impl Rules {
    fn check(&self, request: &HttpRequest) -> Way {
        if !self.host_is_allowed(request) {
            return Way::Answered(text(
                StatusCode::FORBIDDEN,
                "Host not authorized. The operator can list it with --host-allowlist.\n",
            ));
        }
        let origin = match self.origin(request.headers()) {
            Ok(origin) => origin,
            Err(()) => {
                return Way::Answered(text(
                    StatusCode::FORBIDDEN,
                    "Origin not authorized. The operator can list it with --rpc-http-cors-origins.\n",
                ));
            }
        };
        let upgrade = request.headers().contains_key(UPGRADE);
        let response = match (request.method(), request.uri().path()) {
            (&Method::POST, "/" | "") => return Way::On(origin),
            (&Method::GET, _) if upgrade => return Way::On(origin),
            (&Method::OPTIONS, _) => preflight(),
            (&Method::GET, "/liveness") => health(StatusCode::OK, "UP"),
            (&Method::GET, "/readiness") => self.readiness(),
            (_, "/" | "" | "/liveness" | "/readiness") => {
                text(StatusCode::METHOD_NOT_ALLOWED, "JSON-RPC is asked by POST.\n")
            }
            _ => text(StatusCode::NOT_FOUND, "Nothing is served here. JSON-RPC is at /.\n"),
        };
        Way::Answered(with_origin(response, origin))
    }

    /// The host that the client addressed: HTTP/1.1's header, HTTP/2's authority. Besu refuses requests without one, too.
    fn host_is_allowed(&self, request: &HttpRequest) -> bool {
        if self.hosts == AllowList::Any {
            return true;
        }
        let named = request
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
        let authority = named.as_ref().or_else(|| request.uri().authority());
        authority
            .is_some_and(|authority| self.hosts.allows(authority.host().trim_matches(['[', ']'])))
    }

    /// The page's origin if it may read answers, None when there is no page. A page that may not is an error: its request is not answered, for
    /// what it asks may do something even if it can't see the answer.
    fn origin(&self, headers: &HeaderMap) -> Result<Option<HeaderValue>, ()> {
        let Some(origin) = headers.get(ORIGIN) else { return Ok(None) };
        match origin.to_str() {
            Ok(name) if self.origins.allows(name) => Ok(Some(origin.clone())),
            _ => Err(()),
        }
    }

    /// Ready when the chain answers and is not behind. Besu also wants a peer; an engine that decides alone has none.
    fn readiness(&self) -> HttpResponse {
        match self.api.store().header(self.api.chain.head().number) {
            Ok(Some(_)) => health(StatusCode::OK, "UP"),
            _ => health(StatusCode::SERVICE_UNAVAILABLE, "DOWN"),
        }
    }
}

fn text(status: StatusCode, body: &'static str) -> HttpResponse {
    answer(status, "text/plain; charset=utf-8", body)
}

fn health(status: StatusCode, word: &'static str) -> HttpResponse {
    let body = if word == "UP" { r#"{"status":"UP"}"# } else { r#"{"status":"DOWN"}"# };
    answer(status, "application/json", body)
}

fn answer(status: StatusCode, kind: &'static str, body: &'static str) -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn preflight() -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, GET, OPTIONS"));
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("content-type, authorization"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_AGE));
    response
}

fn with_origin(mut response: HttpResponse, origin: Option<HeaderValue>) -> HttpResponse {
    if let Some(origin) = origin {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.headers_mut().insert(VARY, HeaderValue::from_static("origin"));
    }
    response
}

/// Besu takes JSON whatever its declared type, and its users' scripts post without one; curl then says that it is a form. Clients with an origin
/// were checked, so that a form on a foreign page does not get here.
fn accept_any_type(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
}

impl<S> Service<HttpRequest> for Web<S>
where
    S: Service<HttpRequest, Response = HttpResponse> + Send,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<HttpResponse, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: HttpRequest) -> Self::Future {
        match self.rules.check(&request) {
            Way::Answered(response) => Box::pin(async { Ok(response) }),
            Way::On(origin) => {
                accept_any_type(request.headers_mut());
                let answer = self.inner.call(request);
                Box::pin(async {
                    let mut answer = answer.await?;
                    if answer.extensions().get::<NothingToSay>().is_some() {
                        *answer.body_mut() = HttpBody::default();
                    }
                    Ok(with_origin(answer, origin))
                })
            }
        }
    }
}
