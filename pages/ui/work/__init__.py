"""Long pieces of work and what comes of them."""
