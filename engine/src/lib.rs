//! The engine as a library: the pipeline from commands to durable transactions, and the wake-ups that follow.
