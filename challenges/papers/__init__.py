"""Applications and forms on paper: as PDF, and as a text document that a team writes in."""

from challenges.papers.asked import choices_of
from challenges.papers.copies import as_file, copy_by_section, paper_of, versions_of
from challenges.papers.word import (
    WORD,
    answers_in_word,
    blank_form_in_word,
    notes_marked,
    notes_of,
)

__all__ = [
    "WORD",
    "answers_in_word",
    "as_file",
    "blank_form_in_word",
    "choices_of",
    "copy_by_section",
    "notes_marked",
    "notes_of",
    "paper_of",
    "versions_of",
]
