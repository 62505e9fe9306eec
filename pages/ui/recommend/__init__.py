"""The parts of the Recommend page: a person, an item, somebody new, and the list that they share."""
