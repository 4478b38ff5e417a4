//! What may a client ask? JSON-RPC over HTTP, WebSocket and IPC.
