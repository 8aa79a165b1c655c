//! The questions that an engine asks its host, and the answers.

pub mod answer;
pub mod question;
