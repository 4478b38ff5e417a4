//! The endpoints over real sockets: HTTP with its checks, batches and limits, WebSocket and IPC with their subscriptions.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use alloy_primitives::Address;
use entente_rpc::{Endpoint, Limits, RpcConfig};
use serde_json::{Value, json};
use std::time::Duration;
use support::{Node, anywhere, post, raw, transfer};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpStream, UnixStream},
};

const CHAIN_ID: &str = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn requests_come_by_post_under_an_allowed_host() {
    let node = Node::dev(|config| {
        config.http.as_mut().unwrap().cors_origins = vec!["https://wallet.example".into()];
    })
    .await;
    let address = node.server.http_address().unwrap();

    let good = node.post(CHAIN_ID).await;
    assert_eq!((good.status, good.json()["result"].as_str()), (200, Some("0x539")));
    let rebound = post(address, "Host: evil.example\r\n", CHAIN_ID).await;
    assert_eq!(rebound.status, 403);
    // With its port, and whatever the case.
    assert_eq!(
        post(address, &format!("Host: LocalHost:{}\r\n", address.port()), CHAIN_ID).await.status,
        200
    );

    let get =
        |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let live = raw(address, &get("/liveness")).await;
    assert_eq!((live.status, live.json()), (200, json!({"status": "UP"})));
    assert_eq!(raw(address, &get("/readiness")).await.status, 200);
    assert_eq!(raw(address, &get("/")).await.status, 405);
    assert_eq!(raw(address, &get("/elsewhere")).await.status, 404);
    // Besu's users post without saying that it is JSON.
    let untyped = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{CHAIN_ID}",
        CHAIN_ID.len()
    );
    assert_eq!(raw(address, &untyped).await.json()["result"], "0x539");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_call_only_from_allowed_origins() {
    let node = Node::dev(|config| {
        config.http.as_mut().unwrap().cors_origins = vec!["https://wallet.example".into()];
    })
    .await;
    let address = node.server.http_address().unwrap();
    let preflight = |origin: &str| {
        format!(
            "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n"
        )
    };
    let allowed = raw(address, &preflight("https://wallet.example")).await;
    assert_eq!(allowed.status, 204);
    assert!(
        allowed.has_header("access-control-allow-origin: https://wallet.example"),
        "{allowed:?}"
    );
    assert!(allowed.has_header("access-control-allow-methods: post, get, options"), "{allowed:?}");
    let answered = post(address, "Origin: https://wallet.example\r\n", CHAIN_ID).await;
    assert!(
        answered.has_header("access-control-allow-origin: https://wallet.example"),
        "{answered:?}"
    );
    assert_eq!(raw(address, &preflight("https://evil.example")).await.status, 403);
    assert_eq!(post(address, "Origin: https://evil.example\r\n", CHAIN_ID).await.status, 403);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_answered_with_the_standards_codes() {
    let node = Node::dev(|config| config.http = Some(Endpoint::at(anywhere()))).await;
    for (body, code) in [
        ("{", -32700),
        ("[1,", -32700),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_nonsense"}"#, -32601),
        (r#"{"jsonrpc":"2.0","id":1,"method":"debug_getRawBlock","params":["0x0"]}"#, -32604),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":{"a":1}}"#, -32602),
    ] {
        let answer = node.post(body).await.json();
        assert_eq!(answer["error"]["code"], code, "{body}: {answer}");
    }
    // Nothing is said to a notification.
    assert_eq!(node.post(r#"{"jsonrpc":"2.0","method":"eth_chainId"}"#).await.body, "");
    assert_eq!(
        node.result("rpc_modules", json!([])).await,
        json!({"eth": "1.0", "net": "1.0", "rpc": "1.0", "web3": "1.0"})
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_answered_in_order_and_each_limit_says_what_it_is() {
    let node = Node::dev(|config| {
        config.limits = Limits {
            batch: 4,
            request_bytes: 4096,
            response_bytes: 2000,
            json_depth: 8,
            ..Limits::default()
        };
    })
    .await;
    let one =
        |id: u32, method: &str| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": []});
    let batch = json!([one(1, "eth_chainId"), one(2, "eth_nonsense"), 7, one(3, "net_version")]);
    let answers = node.post(&batch.to_string()).await.json();
    let codes: Vec<_> =
        answers.as_array().unwrap().iter().map(|answer| answer["error"]["code"].clone()).collect();
    assert_eq!(codes, [Value::Null, json!(-32601), json!(-32600), Value::Null]);
    assert_eq!(answers[3]["result"], "1337");
    let long = json!([
        one(1, "eth_chainId"),
        one(2, "eth_chainId"),
        one(3, "eth_chainId"),
        one(4, "eth_chainId"),
        one(5, "eth_chainId")
    ]);
    assert_eq!(node.post(&long.to_string()).await.json()["error"]["code"], -32005);
    assert_eq!(node.post("[]").await.json()["error"]["code"], -32600);

    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    let (code, message) = node.error("web3_sha3", serde_json::from_str(&deep).unwrap()).await;
    assert!(code == -32602 && message.contains("nested"), "{code} {message}");
    let large = node.call("web3_sha3", json!([format!("0x{}", "00".repeat(4096))])).await;
    assert_eq!(large["error"]["code"], -32007, "{large}");
    // A block with its bloom takes more than 500 bytes of JSON, and a batch's answers are counted together.
    let block = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["latest", false]});
    let answer = node.post(&json!([block, block, block, block]).to_string()).await.json();
    assert!(answer["error"]["message"].as_str().unwrap().contains("too large"), "{answer}");
    node.stop().await;
}

/// A client's end of a WebSocket: just enough of RFC 6455 for text frames.
struct Socket(TcpStream);

impl Socket {
    async fn open(address: std::net::SocketAddr, headers: &str) -> Result<Self, u16> {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        match head.split(' ').nth(1).unwrap().parse().unwrap() {
            101 => Ok(Self(stream)),
            status => Err(status),
        }
    }

    async fn send(&mut self, text: &str) {
        // A whole text frame, masked with zeros.
        let mut frame = vec![0x81];
        match text.len() {
            short @ 0..126 => frame.push(0x80 | u8::try_from(short).unwrap()),
            long => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(long).unwrap().to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.write_all(&frame).await.unwrap();
    }

    async fn receive(&mut self) -> Value {
        let wait = Duration::from_secs(30);
        tokio::time::timeout(wait, async {
            loop {
                let kind = self.0.read_u8().await.unwrap() & 0x0f;
                let length = match self.0.read_u8().await.unwrap() & 0x7f {
                    126 => usize::from(self.0.read_u16().await.unwrap()),
                    127 => usize::try_from(self.0.read_u64().await.unwrap()).unwrap(),
                    short => usize::from(short),
                };
                let mut payload = vec![0; length];
                self.0.read_exact(&mut payload).await.unwrap();
                if kind == 1 {
                    return serde_json::from_slice(&payload).unwrap();
                }
            }
        })
        .await
        .expect("nothing came for 30 seconds")
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.send(
            &json!({"jsonrpc": "2.0", "id": 9, "method": method, "params": params}).to_string(),
        )
        .await;
        loop {
            let message = self.receive().await;
            if message["id"] == 9 {
                return message;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_tells_of_heads_pending_transactions_and_receipts() {
    let node = Node::dev(|config| config.ws = Some(Endpoint::at(anywhere()))).await;
    let address = node.server.ws_address().unwrap();
    assert_eq!(Socket::open(address, "Origin: https://evil.example\r\n").await.err(), Some(403));
    let mut socket = Socket::open(address, "").await.ok().unwrap();
    assert_eq!(socket.call("eth_chainId", json!([])).await["result"], "0x539");
    assert_eq!(socket.call("eth_subscribe", json!(["nonsense"])).await["error"]["code"], -32602);
    let mut ids = Vec::new();
    for kind in [
        json!(["newHeads"]),
        json!(["newPendingTransactions", true]),
        json!(["transactionReceipts"]),
    ] {
        let id = socket.call("eth_subscribe", kind).await["result"].as_str().unwrap().to_owned();
        assert!(id.starts_with("0x") && id.len() == 34, "{id}");
        ids.push(id);
    }
    let hash = node
        .result("eth_sendRawTransaction", json!([transfer(0, Address::repeat_byte(7), 5)]))
        .await;
    let mut told = std::collections::BTreeMap::new();
    while told.len() < 3 {
        let message = socket.receive().await;
        assert_eq!(message["method"], "eth_subscription");
        let id = message["params"]["subscription"].as_str().unwrap().to_owned();
        told.insert(id, message["params"]["result"].clone());
    }
    assert_eq!(told[&ids[0]]["number"], "0x1");
    assert_eq!(told[&ids[1]]["hash"], hash);
    assert_eq!(told[&ids[2]][0]["transactionHash"], hash);
    assert_eq!(socket.call("eth_unsubscribe", json!([ids[0]])).await["result"], true);
    assert_eq!(socket.call("eth_unsubscribe", json!([ids[0]])).await["result"], false);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ipc_speaks_json_after_json_and_subscribes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("entente.ipc");
    let node = Node::dev(|config| config.ipc = Some(path.clone())).await;
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let stream = UnixStream::connect(&path).await.unwrap();
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut next = async || -> Value {
        let line = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await;
        serde_json::from_str(&line.expect("nothing came for 30 seconds").unwrap().unwrap()).unwrap()
    };
    // Without any newline between or after.
    writer.write_all(CHAIN_ID.as_bytes()).await.unwrap();
    assert_eq!(next().await["result"], "0x539");
    writer.write_all(format!("[{CHAIN_ID},{CHAIN_ID}]").as_bytes()).await.unwrap();
    assert_eq!(next().await.as_array().unwrap().len(), 2);
    // Every namespace is served here.
    writer
        .write_all(br#"{"jsonrpc":"2.0","id":2,"method":"admin_nodeInfo","params":[]}"#)
        .await
        .unwrap();
    assert_eq!(next().await["result"]["consensus"], "solo");
    writer.write_all(b"nonsense\n").await.unwrap();
    assert_eq!(next().await["error"]["code"], -32700);
    writer
        .write_all(br#"{"jsonrpc":"2.0","id":3,"method":"eth_subscribe","params":["newHeads"]}"#)
        .await
        .unwrap();
    let id = next().await["result"].clone();
    assert!(id.as_str().unwrap().starts_with("0x"));
    node.result("eth_sendRawTransaction", json!([transfer(0, Address::repeat_byte(7), 5)])).await;
    let told = next().await;
    assert_eq!(
        (&told["params"]["subscription"], &told["params"]["result"]["number"]),
        (&id, &json!("0x1"))
    );
    node.stop().await;
    assert!(!path.exists(), "the socket goes with the server");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_an_error_that_names_it() {
    let node = Node::dev(|_| ()).await;
    let taken = node.server.http_address().unwrap();
    let config = RpcConfig { http: Some(Endpoint::at(taken)), ..RpcConfig::default() };
    let error =
        entente_rpc::RpcServer::start(node.chain.clone(), config, "x".into()).await.unwrap_err();
    assert!(error.to_string().contains(&taken.to_string()), "{error}");
    node.stop().await;
}
