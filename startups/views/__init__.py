"""Pages of startups, by record."""
