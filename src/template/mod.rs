//! Message templates: checked, and compiled to flat programs. The only place that names handlebars.
