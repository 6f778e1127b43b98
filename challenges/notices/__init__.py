"""What we say about calls, applications, reviews and results, and to whom."""
