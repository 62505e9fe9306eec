"""Is a fit any good? Held-out cells, baselines and chance."""
