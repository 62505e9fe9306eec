"""The parts of the Ratings page."""
