//! An engine that can be exchanged while threads route with it. Reads no files.

use std::sync::{PoisonError, RwLock};

use crate::diagnostic::Diagnostics;
use crate::engine::{Engine, EngineBuilder};

/// A place for an engine: threads take the one that is there, another thread puts a new one in.
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
/// # Ok::<(), pointsman::Diagnostics>(())
/// ```
#[derive(Debug)]
pub struct LiveEngine {
    current: RwLock<Engine>,
}

impl LiveEngine {
    /// With an engine to begin with.
    #[must_use]
    pub const fn new(engine: Engine) -> Self {
        Self {
            current: RwLock::new(engine),
        }
    }

    /// The engine as it is now. Who holds it routes by its rules to the end, whatever is put in meanwhile.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts another engine in.
    pub fn swap(&self, engine: Engine) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = engine;
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
}
