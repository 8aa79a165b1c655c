//! One set of rules per company. Routes nothing itself.

use std::sync::Arc;

use dashmap::{DashMap, Entry};

use super::Engine;
use super::live::LiveEngine;

/// The engines of many companies, by company key; shared by threads.
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
    /// No company yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts an engine in under its company key (the empty one where its rules name none); events that are
    /// being routed end on the engine they began with.
    pub fn insert(&self, engine: Engine) {
        let key: Box<str> = engine.company().unwrap_or_default().into();
        // INVARIANT: while an entry is held nothing else touches the table; it would lock up.
        match self.engines.entry(key) {
            Entry::Occupied(live) => live.get().swap(engine),
            Entry::Vacant(place) => {
                place.insert(Arc::new(LiveEngine::new(engine)));
            }
        }
    }

    /// The engine of a company as it is now.
    #[must_use]
    pub fn engine(&self, company: &str) -> Option<Engine> {
        self.live(company).map(|live| live.engine())
    }

    /// The exchangeable engine of a company, to reload it.
    #[must_use]
    pub fn live(&self, company: &str) -> Option<Arc<LiveEngine>> {
        self.engines.get(company).map(|live| Arc::clone(&live))
    }

    /// Takes a company out.
    pub fn remove(&self, company: &str) {
        self.engines.remove(company);
    }
}
