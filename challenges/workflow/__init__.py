"""States of calls, applications, reviews and letters to many: one table each."""
