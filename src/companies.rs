//! One set of rules per company. Routes nothing itself.

use dashmap::DashMap;

use crate::engine::Engine;
use crate::live::LiveEngine;
use std::sync::Arc;

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
        let key = engine.company().unwrap_or_default();
        // INVARIANT: no guard is held across another call on the table; it would lock up.
        let existing = self.live(key);
        match existing {
            Some(live) => live.swap(engine),
            None => {
                let key = key.into();
                self.engines.insert(key, Arc::new(LiveEngine::new(engine)));
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
