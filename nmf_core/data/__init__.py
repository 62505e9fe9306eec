"""Ratings, and what can be said of them."""
