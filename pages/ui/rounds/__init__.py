"""The parts of a blind round: what whoever opens it sees, what pupils see, and the results that both see."""
