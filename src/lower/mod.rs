//! From the tree to its meaning: every name resolved, every type checked. Evaluates nothing.
