"""Memory, time and order: polls, stores, judges, and runs the straight line."""
