//! How does one chain live? Builds, checks and commits blocks and drives an engine.
