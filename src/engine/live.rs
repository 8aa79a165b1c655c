//! [`LiveEngine`]: an engine that is replaced while other threads route with it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, TryLockError};

use super::change::Change;
use super::{Engine, EngineBuilder};
use crate::diagnostic::Diagnostics;

/// Holds the current engine, which one thread can replace while others route.
///
/// New rules are compiled without locking the current engine. [`LiveEngine::engine`] may wait while
/// another thread copies or swaps a pointer. A [`Reader`] never waits, and readers share no memory that is
/// written to, so threads do not slow each other down.
///
/// ```
/// use pointsman::{Engine, LiveEngine};
///
/// let rules = |text| Engine::builder().source("a.rules", text);
/// let live = LiveEngine::new(rules("rule a { on hi do greet {} }").build()?);
/// assert!(live.reload(rules("rule a { on hi")).is_err());
/// // The old engine stays.
/// assert_eq!(live.engine().rule_names().collect::<Vec<_>>(), ["a"]);
/// live.reload(rules("rule b { on hi do greet {} }"))?;
/// assert_eq!(live.engine().rule_names().collect::<Vec<_>>(), ["b"]);
/// // One rule among many: only that one is compiled.
/// live.change(|change| change.put_rule("a.rules", "rule b { on hi, hey do greet {} }"))?;
/// assert_eq!(live.engine().event_types().collect::<Vec<_>>(), ["hey", "hi"]);
/// # Ok::<(), pointsman::Diagnostics>(())
/// ```
#[derive(Debug)]
pub struct LiveEngine {
    current: RwLock<Engine>,
    /// Counts the engines so far, so that readers detect a new one without taking the lock.
    version: AtomicU64,
    /// Held while an engine is built from the current one, so that no change is lost.
    writing: Mutex<()>,
}

impl LiveEngine {
    /// Creates a live engine with its first engine.
    #[must_use]
    pub const fn new(engine: Engine) -> Self {
        Self {
            current: RwLock::new(engine),
            version: AtomicU64::new(0),
            writing: Mutex::new(()),
        }
    }

    /// Returns the current engine. The returned engine does not change, whatever replaces it here.
    ///
    /// The thread that drops an engine last frees its memory. A thread that needs the engine for every event
    /// should use a [`LiveEngine::reader`].
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Creates a reader for one thread, which gets the current engine with one atomic load.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Reader {
            live: self,
            version: self.version.load(Ordering::Acquire),
            engine: current.clone(),
        }
    }

    /// Replaces the engine.
    pub fn swap(&self, engine: Engine) {
        self.put(engine, &self.write());
    }

    /// Builds an engine and replaces the current one. Routing continues meanwhile.
    ///
    /// # Errors
    ///
    /// Returns the diagnostics if the rules have errors; the old engine stays.
    pub fn reload(&self, builder: EngineBuilder) -> Result<(), Diagnostics> {
        self.swap(builder.build()?);
        Ok(())
    }

    /// Changes the rules of the current engine. Routing continues meanwhile.
    ///
    /// Concurrent calls that replace the engine wait, so that no change is lost. `steps` must not replace
    /// the engine itself; it would deadlock.
    ///
    /// # Errors
    ///
    /// As [`Change::build`]; the old engine stays.
    pub fn change(&self, steps: impl FnOnce(Change) -> Change) -> Result<(), Diagnostics> {
        let writing = self.write();
        let engine = steps(self.engine().change()).build()?;
        self.put(engine, &writing);
        Ok(())
    }

    fn write(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, engine: Engine, _writing: &MutexGuard<'_, ()>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, engine);
        self.version.fetch_add(1, Ordering::Release);
        drop(current);
        // May free the old engine, which takes long; the lock is released already.
        drop(old);
    }
}

/// One thread's access to the engine of a [`LiveEngine`], created by [`LiveEngine::reader`].
///
/// ```
/// use pointsman::{Engine, LiveEngine};
///
/// let live = LiveEngine::new(Engine::compile("rule a { on hi do greet {} }")?);
/// let mut reader = live.reader();
/// live.change(|change| change.put_rule("rules", "rule b { on hi do greet {} }"))?;
/// // For every event:
/// let engine = reader.engine();
/// assert_eq!(engine.rule_names().count(), 2);
/// # Ok::<(), pointsman::Diagnostics>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    live: &'a LiveEngine,
    version: u64,
    engine: Engine,
}

impl Reader<'_> {
    /// Returns the current engine, or the previous one while another thread is replacing it. Never waits.
    pub fn engine(&mut self) -> &Engine {
        if self.live.version.load(Ordering::Acquire) != self.version {
            let current = match self.live.current.try_read() {
                Ok(current) => Some(current),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            };
            if let Some(current) = current {
                let engine = current.clone();
                self.version = self.live.version.load(Ordering::Acquire);
                drop(current);
                self.engine = engine;
            }
        }
        &self.engine
    }
}
