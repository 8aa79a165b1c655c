//! Programs against handlebars: the same bytes wherever both are meant to agree. Tests alone.
