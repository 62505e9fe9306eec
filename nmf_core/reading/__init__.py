"""From tables to ratings."""
