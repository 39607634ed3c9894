"""Text that a spreadsheet would take for a formula, marked so that it stays text; and the mark taken away again.

The mark is one apostrophe before = + - @, a tab or a carriage return. Text that begins with apostrophes and then one of
these gets one more, so that the reader, which takes away exactly one, gives back what was written. Source of the rule:
OWASP, CSV injection.
"""

import re

FORMULA = re.compile(r"'*[=+\-@\t\r]")
MARKED = re.compile(r"'+[=+\-@\t\r]")


def marked(text: str) -> str:
    """Text for a cell of a file that people open in a spreadsheet. Numbers are never passed through this."""
    return f"'{text}" if FORMULA.match(text) else text


def unmarked(text: str) -> str:
    """What `marked` was given."""
    return text[1:] if MARKED.match(text) else text
