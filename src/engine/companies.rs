//! One engine per company.

use std::sync::Arc;

use dashmap::{DashMap, Entry};

use super::Engine;
use super::live::LiveEngine;

/// The engines of many companies, by company key. Shared between threads.
///
/// ```
/// use pointsman::{Companies, Engine};
///
/// let companies = Companies::new();
/// let engine = Engine::builder()
///     .source("a.rules", r#"company "zY5VnE7r" rule hello { on hi do greet {} }"#)
///     .build()?;
/// companies.insert(engine);
/// assert!(companies.engine("zY5VnE7r").is_some());
/// assert!(companies.engine("other").is_none());
/// # Ok::<(), pointsman::Diagnostics>(())
/// ```
#[derive(Debug, Default)]
pub struct Companies {
    engines: DashMap<Box<str>, Arc<LiveEngine>>,
}

impl Companies {
    /// Creates an empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Inserts an engine under its company key, replacing an earlier one.
    ///
    /// The key is empty if the rules declare no company. Events that are being routed finish on the engine
    /// they started with.
    pub fn insert(&self, engine: Engine) {
        let key: Box<str> = engine.company().unwrap_or_default().into();
        // INVARIANT: no other access to the map while the entry is held; it would deadlock.
        match self.engines.entry(key) {
            Entry::Occupied(live) => live.get().swap(engine),
            Entry::Vacant(entry) => {
                entry.insert(Arc::new(LiveEngine::new(engine)));
            }
        }
    }

    /// Returns the current engine of a company.
    #[must_use]
    pub fn engine(&self, company: &str) -> Option<Engine> {
        self.live(company).map(|live| live.engine())
    }

    /// Returns the live engine of a company, to reload or change it.
    #[must_use]
    pub fn live(&self, company: &str) -> Option<Arc<LiveEngine>> {
        self.engines.get(company).map(|live| Arc::clone(&live))
    }

    /// Removes a company.
    pub fn remove(&self, company: &str) {
        self.engines.remove(company);
    }
}
