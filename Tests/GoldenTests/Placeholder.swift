// Placeholder while the runner is built.
