"""Commands that measure: speed against the peers, and from a change to its picture. None of them is a test."""
