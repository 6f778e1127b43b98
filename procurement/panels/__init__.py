"""What suppliers contribute to the pages that need all apps."""

from procurement.panels import board, file, statement

__all__ = ["board", "file", "statement"]
