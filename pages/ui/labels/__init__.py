"""The parts of the Labels page."""
