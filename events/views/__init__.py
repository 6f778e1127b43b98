"""Pages of events, for everybody and for guests."""
