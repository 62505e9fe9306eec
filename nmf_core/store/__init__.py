"""Everything that is kept in SQL or on disk."""
