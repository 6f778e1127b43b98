"""The staff's doors to the kernel's records, one module a subject."""

from portal.admin import letters, people, programmes, trail, words

__all__ = ["letters", "people", "programmes", "trail", "words"]
