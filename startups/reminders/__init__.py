"""What is planned from the dates of cohorts, sessions and Demo Days."""
