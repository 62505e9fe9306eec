"""Cells as they stand in a file, without a meaning yet."""
