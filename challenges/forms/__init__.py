"""What comes in from browsers about calls, applications, reviews and results."""
