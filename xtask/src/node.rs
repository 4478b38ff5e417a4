//! A development node of our own, on free ports, for as long as a step needs it.

use crate::command::Repo;
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a node may take to answer. Generous: a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running node. It ends, and its directory goes, when this is dropped.
pub(crate) struct Node {
    child: Child,
    folder: PathBuf,
    http: u16,
    ws: u16,
}

impl Node {
    /// Starts the released binary as a development chain with every namespace open, and waits until it answers.
    pub(crate) fn start(repo: &Repo) -> Result<Self, String> {
        let (http, ws) = (free_port()?, free_port()?);
        let folder =
            std::env::temp_dir().join(format!("entente-xtask-{}-{http}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let log = fs::File::create(folder.join("log")).map_err(|error| error.to_string())?;
        let errors = log.try_clone().map_err(|error| error.to_string())?;
        const EVERYTHING: &str = "ETH,NET,WEB3,TXPOOL,DEBUG,TRACE,ADMIN";
        let child = Command::new(repo.entente())
            .args(["node", "--dev", "--data-path"])
            .arg(folder.join("data"))
            .args(["--rpc-http-port", &http.to_string(), "--rpc-ws-port", &ws.to_string()])
            .args(["--rpc-http-api", EVERYTHING, "--rpc-ws-api", EVERYTHING, "--rpc-ipc-path"])
            .arg(folder.join("ipc"))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(|error| {
                format!("{} could not be started: {error}", repo.entente().display())
            })?;
        let mut node = Self { child, folder, http, ws };
        node.wait_until_ready()?;
        Ok(node)
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the node ended with {status}:\n{}", self.log()));
            }
            if answers(self.http) {
                return Ok(());
            }
            sleep(Duration::from_millis(100));
        }
        Err(format!("the node does not answer:\n{}", self.log()))
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The environment in which the client suites find it.
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("ENTENTE_RPC", format!("http://127.0.0.1:{}", self.http)),
            ("ENTENTE_WS", format!("ws://127.0.0.1:{}", self.ws)),
            ("ENTENTE_IPC", self.folder.join("ipc").display().to_string()),
        ]
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that is free now. Another program may take it first; then the node says so.
fn free_port() -> Result<u16, String> {
    let listener =
        TcpListener::bind(("127.0.0.1", 0)).map_err(|error| format!("no free port: {error}"))?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream
            .write_all(b"GET /liveness HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    };
    ask().is_ok_and(|text| text.starts_with("HTTP/1.1 200"))
}
