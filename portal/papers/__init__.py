"""Papers: tagged PDF from a template and data, made in a process of its own.

Nothing here knows Django or the database. What people typed reaches the template as data only and
is never part of its source, so nobody's words can be taken for instructions.
"""

from portal.papers.making import Paper, PaperFailed, make

__all__ = ["Paper", "PaperFailed", "make"]
