"""The staff's doors to the kernel's records, one module a subject."""

from portal.admin import accounts, letters, people, programmes, trail, words

__all__ = ["accounts", "letters", "people", "programmes", "trail", "words"]
