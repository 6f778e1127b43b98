"""Answers to a call's form: how they are kept, what is wrong or missing, how they read.

`canonical` says in which form each kind of answer is kept.
"""

from challenges.answers.browser import rules_for
from challenges.answers.canonical import (
    PARTS,
    SEVERAL,
    canonical,
    chosen,
    from_fields,
    mark_shown,
    options_of,
    shown,
    to_fields,
)
from challenges.answers.money import CURRENCIES
from challenges.answers.numbers import as_number, bound
from challenges.answers.problems import (
    SENTENCES,
    Problem,
    problem_in,
    problem_with,
    too_long_to_keep,
)
from challenges.answers.text import length_of, limit_of, mark_of, most_kept, normal
from challenges.answers.whole import (
    Missing,
    Unsent,
    by_section,
    completeness,
    condition_in_words,
    condition_marked,
    documents_in,
    missing_from,
    progress,
    unsent,
)
from challenges.answers.words import (
    Translated,
    copy_in_words,
    facts_in_words,
    in_words,
    label_marked,
    label_of,
    languages_of,
    link_in,
    translated,
    value_in_words,
)

__all__ = [
    "CURRENCIES",
    "PARTS",
    "SENTENCES",
    "SEVERAL",
    "Missing",
    "Problem",
    "Translated",
    "Unsent",
    "as_number",
    "bound",
    "by_section",
    "canonical",
    "chosen",
    "completeness",
    "condition_in_words",
    "condition_marked",
    "copy_in_words",
    "documents_in",
    "facts_in_words",
    "from_fields",
    "in_words",
    "label_marked",
    "label_of",
    "languages_of",
    "length_of",
    "limit_of",
    "link_in",
    "mark_of",
    "mark_shown",
    "missing_from",
    "most_kept",
    "normal",
    "options_of",
    "problem_in",
    "problem_with",
    "progress",
    "rules_for",
    "shown",
    "to_fields",
    "too_long_to_keep",
    "translated",
    "unsent",
    "value_in_words",
]
