//! An engine that can be exchanged while threads route with it. Reads no files.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, TryLockError};

use super::change::Change;
use super::{Engine, EngineBuilder};
use crate::diagnostic::Diagnostics;

/// A place for an engine: threads take the one that is there, another thread puts a new one in.
///
/// Rules are compiled without any lock on the engine that others route with. [`LiveEngine::engine`] may
/// wait for as long as another thread copies or exchanges a pointer; a [`Reader`] never waits, and shares
/// nothing that is written to with other readers, so that threads do not slow each other down.
///
/// ```
/// use pointsman::{Engine, LiveEngine};
///
/// let rules = |text| Engine::builder().source("a.rules", text);
/// let live = LiveEngine::new(rules("rule a { on hi do greet {} }").build()?);
/// assert!(live.reload(rules("rule a { on hi")).is_err());
/// // The old one is still there.
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
    /// Counts engines, so that readers need not look at a lock to see that nothing is new.
    version: AtomicU64,
    /// Held while an engine is made from the current one.
    writing: Mutex<()>,
}

impl LiveEngine {
    /// With an engine to begin with.
    #[must_use]
    pub const fn new(engine: Engine) -> Self {
        Self {
            current: RwLock::new(engine),
            version: AtomicU64::new(0),
            writing: Mutex::new(()),
        }
    }

    /// The engine as it is now. Who holds it routes by its rules to the end, whatever is put in meanwhile.
    ///
    /// The last to let go of an engine frees its memory. Threads that ask for it at every event had better
    /// have a [`LiveEngine::reader`] each.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A thread's own hold on the engine: one atomic load where nothing is new.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Reader {
            live: self,
            version: self.version.load(Ordering::Acquire),
            engine: current.clone(),
        }
    }

    /// Puts another engine in.
    pub fn swap(&self, engine: Engine) {
        self.put(engine, &self.write());
    }

    /// Builds an engine and puts it in; routing goes on meanwhile.
    ///
    /// # Errors
    ///
    /// The diagnostics, where the rules have errors; the old engine stays.
    pub fn reload(&self, builder: EngineBuilder) -> Result<(), Diagnostics> {
        self.swap(builder.build()?);
        Ok(())
    }

    /// Changes the rules of the engine that is there; routing goes on meanwhile, and others that put
    /// engines in wait for their turn, so that no change is lost. `steps` must not put one in here itself.
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
        // Freed, if nobody else holds it, where nobody waits.
        drop(old);
    }
}

/// One thread's hold on the engine of a [`LiveEngine`]: made by [`LiveEngine::reader`].
///
/// ```
/// use pointsman::{Engine, LiveEngine};
///
/// let live = LiveEngine::new(Engine::compile("rule a { on hi do greet {} }")?);
/// let mut reader = live.reader();
/// live.change(|change| change.put_rule("rules", "rule b { on hi do greet {} }"))?;
/// // At every event:
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
    /// The engine as it is now. While another thread exchanges it, that is the one before: nobody waits.
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
