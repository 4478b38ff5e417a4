//! Runs a driver on a thread of its own: gives it the time, wakes it for its timers, and hands it what arrives.

use crate::{Driver, Input, NodeError, Output};
use entente_consensus::Tick;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread::JoinHandle,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Inputs that may wait for the driver before whoever has more must wait too.
const INPUTS: usize = 1024;
/// How often housekeeping (pool expiry) runs when nothing else happens.
const HOUSEKEEPING: Duration = Duration::from_secs(5);

enum Order {
    Input(Input),
    Look,
    Stop,
}

/// Milliseconds since the epoch.
pub fn wall_clock() -> Tick {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Tick(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A driver at work. Dropping it stops the thread and waits for it.
pub struct Runtime {
    orders: SyncSender<Order>,
    waiting: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), NodeError>>>,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}

/// Wakes a runtime when transactions wait. Cheap to clone and to call: calls in a row become one.
#[derive(Clone)]
pub struct Waker {
    orders: SyncSender<Order>,
    waiting: Arc<AtomicBool>,
}

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waker").finish_non_exhaustive()
    }
}

impl Waker {
    /// Says that transactions wait.
    pub fn transactions_waiting(&self) {
        if !self.waiting.swap(true, Ordering::AcqRel) {
            // A full queue wakes the driver anyway, and it looks at the flag every time.
            let _ = self.orders.try_send(Order::Look);
        }
    }

    /// Hands an input to the driver; waits when too many wait already.
    pub fn send(&self, input: Input) -> Result<(), NodeError> {
        self.orders.send(Order::Input(input)).map_err(|_| NodeError::Stopping)
    }
}

impl Runtime {
    /// Starts a thread for a driver. Its outputs go to `deliver`, housekeeping to `housekeeping`.
    pub fn spawn(
        mut driver: Driver,
        mut deliver: impl FnMut(Output) + Send + 'static,
        mut housekeeping: impl FnMut(Tick) + Send + 'static,
    ) -> Result<Self, NodeError> {
        let (orders, inbox) = mpsc::sync_channel(INPUTS);
        let waiting = Arc::new(AtomicBool::new(false));
        let flag = waiting.clone();
        let thread = std::thread::Builder::new()
            .name("chain".into())
            .spawn(move || {
                let result = run(&mut driver, &inbox, &flag, &mut deliver, &mut housekeeping);
                if let Err(error) = &result {
                    tracing::error!(target: "entente::node", %error, "the chain stopped");
                }
                result
            })
            .map_err(|source| NodeError::File {
                action: "start a thread for",
                path: "chain".into(),
                source,
            })?;
        Ok(Self { orders, waiting, thread: Some(thread) })
    }

    /// A handle for those who have something for the driver.
    pub fn waker(&self) -> Waker {
        Waker { orders: self.orders.clone(), waiting: self.waiting.clone() }
    }

    /// Stops the thread after what it is doing and waits for it.
    ///
    /// # Errors
    /// What stopped it earlier, if something did.
    pub fn stop(mut self) -> Result<(), NodeError> {
        self.join()
    }

    fn join(&mut self) -> Result<(), NodeError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        let mut order = Order::Stop;
        // The queue may be full: the thread is then busy taking from it.
        while let Err(TrySendError::Full(back)) = self.orders.try_send(order) {
            order = back;
            std::thread::sleep(Duration::from_millis(1));
        }
        thread.join().unwrap_or(Err(NodeError::Stopping))
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // Errors were logged by the thread.
        let _ = self.join();
    }
}

fn run(
    driver: &mut Driver,
    inbox: &mpsc::Receiver<Order>,
    waiting: &AtomicBool,
    deliver: &mut dyn FnMut(Output),
    housekeeping: &mut dyn FnMut(Tick),
) -> Result<(), NodeError> {
    driver.start(wall_clock())?.into_iter().for_each(&mut *deliver);
    let mut cleaned = wall_clock();
    loop {
        let now = wall_clock();
        let pause = driver.next_timer().map_or(HOUSEKEEPING, |at| {
            Duration::from_millis(at.0.saturating_sub(now.0)).min(HOUSEKEEPING)
        });
        let order = match inbox.recv_timeout(pause) {
            Ok(order) => Some(order),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        let now = wall_clock();
        let mut outputs = match order {
            Some(Order::Stop) => return Ok(()),
            Some(Order::Input(input)) => match driver.handle(now, input) {
                // A bad block from elsewhere is its sender's fault, not ours.
                Err(error @ (NodeError::InvalidBlock { .. } | NodeError::UnknownParent { .. })) => {
                    tracing::warn!(target: "entente::node", %error, "block refused");
                    Vec::new()
                }
                result => result?,
            },
            Some(Order::Look) | None => Vec::new(),
        };
        if waiting.swap(false, Ordering::AcqRel) {
            outputs.extend(driver.handle(now, Input::TransactionsWaiting)?);
        }
        outputs.extend(driver.tick(now)?);
        outputs.into_iter().for_each(&mut *deliver);
        if now.0.saturating_sub(cleaned.0) >= 5_000 {
            cleaned = now;
            housekeeping(now);
        }
    }
}
