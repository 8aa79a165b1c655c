//! Rules as text against what they mean and what is wrong with them.
