"""From ratings to W and H."""
