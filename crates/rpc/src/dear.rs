//! Calls that cost: a bounded number at a time, bounded in time, on threads of their own.
//!
//! Requests that read a value or two are answered where they arrive. What executes code or walks history waits here for its turn, so that a cheap
//! request never stands behind a dear one.

use crate::{
    Limits,
    error::{RpcError, RpcResult},
};
use entente_evm::Interrupt;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;

/// Where dear calls run.
#[derive(Debug)]
pub(crate) struct DearCalls {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    time: Duration,
}

/// Stops the work when nobody waits for it any more, or its time is up.
struct Stop(Interrupt);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.raise();
    }
}

/// One more that waits, for as long as it lives.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl DearCalls {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(limits.concurrent_calls.max(1))),
            waiting: AtomicUsize::new(0),
            max_waiting: limits.waiting_calls,
            time: limits.call_timeout,
        }
    }

    /// Runs work in its turn. The interrupt that it is given is raised when its time is up, and when whoever asked went away.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Interrupt) -> T + Send + 'static,
    ) -> RpcResult<T> {
        let turn = match self.turns.clone().try_acquire_owned() {
            Ok(turn) => turn,
            Err(_) => self.wait().await?,
        };
        let interrupt = Interrupt::armed();
        let stop = Stop(interrupt.clone());
        let mut running = tokio::task::spawn_blocking(move || {
            // The turn is over when the work is, not when somebody stops waiting for it.
            let _turn = turn;
            work(&interrupt)
        });
        let joined = tokio::select! {
            joined = &mut running => joined,
            () = tokio::time::sleep(self.time) => {
                stop.0.raise();
                running.await
            }
        };
        joined.map_err(|error| RpcError::internal(&error))
    }

    async fn wait(&self) -> RpcResult<tokio::sync::OwnedSemaphorePermit> {
        let _waiting = Waiting(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.max_waiting {
            return Err(RpcError::limit(format!(
                "the node is busy: {} calls wait already; try again later",
                self.max_waiting
            )));
        }
        self.turns
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| RpcError::server("the node is stopping"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn calls(concurrent_calls: usize, waiting_calls: usize) -> Arc<DearCalls> {
        Arc::new(DearCalls::new(&Limits {
            concurrent_calls,
            waiting_calls,
            call_timeout: Duration::from_secs(3600),
            ..Limits::default()
        }))
    }

    #[tokio::test]
    async fn one_call_too_many_is_told_so_and_those_that_wait_get_their_turn() {
        let calls = calls(1, 1);
        let (release, gate) = mpsc::channel::<()>();
        let (started, has_started) = tokio::sync::oneshot::channel();
        let first = tokio::spawn({
            let calls = calls.clone();
            async move {
                calls
                    .run(move |_| {
                        started.send(()).unwrap();
                        gate.recv().unwrap();
                        1
                    })
                    .await
            }
        });
        has_started.await.unwrap();
        let second = tokio::spawn({
            let calls = calls.clone();
            async move { calls.run(|_| 2).await }
        });
        while calls.waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        let third = calls.run(|_| 3).await;
        assert_eq!(third.unwrap_err().code, -32005);
        release.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(1));
        assert_eq!(second.await.unwrap(), Ok(2));
        assert_eq!(calls.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn work_that_takes_too_long_is_interrupted() {
        let limits = Limits { call_timeout: Duration::from_millis(1), ..Limits::default() };
        let calls = DearCalls::new(&limits);
        let slow = calls.run(|interrupt| {
            while !interrupt.is_raised() {
                std::thread::yield_now();
            }
            "stopped"
        });
        assert_eq!(slow.await, Ok("stopped"));
    }
}
