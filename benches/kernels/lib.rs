//! Empty. The package consists of its benchmark.
