//! Message templates: checked, and compiled to flat programs. The only place that names handlebars.

use crate::diagnostic::Fault;
use crate::hir::{RuleSet, TemplateId, TemplateSource};
use crate::limits::Limits;

/// The programs of all templates of a rule set.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    texts: Vec<Box<str>>,
}

impl Programs {
    pub(crate) fn text(&self, id: TemplateId) -> &str {
        self.texts.get(id.0 as usize).map_or("", |text| text)
    }

    pub(crate) const fn reads_person(&self, _: TemplateId) -> bool {
        false
    }

    pub(crate) const fn reads_carrier(&self, _: TemplateId) -> bool {
        false
    }

    pub(crate) const fn reads_now(&self, _: TemplateId) -> bool {
        false
    }

    pub(crate) const fn pools(&self, _: TemplateId) -> &[Box<str>] {
        &[]
    }
}

pub(crate) fn compile(
    sources: &[TemplateSource],
    _: &RuleSet,
    _: &Limits,
    _: &mut Vec<Fault>,
) -> Programs {
    let texts = sources.iter().map(|source| source.text.clone()).collect();
    Programs { texts }
}
