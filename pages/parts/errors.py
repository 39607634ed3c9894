"""How anything that goes wrong looks on a page: one calm box, never a traceback. The only renderer of errors."""

import logging
import re
import secrets
from typing import Literal

import streamlit as st

from core.data.words import visible
from core.errors import Problem, TwincastError

Level = Literal["error", "warning"]

log = logging.getLogger("twincast")

# :material/x: and :red[x]; https://a.b and ftp://a.b; www.a.b; me@a.b
READ_ALL_THE_SAME = re.compile(r":(?=[A-Za-z][\w/+-]*[:\[])|://|www(?=\.)|@", re.IGNORECASE)


def show(error: Exception) -> None:
    """Say what happened, where, and what to do. What nobody foresaw gets a reference; its traceback is in the log."""
    if isinstance(error, TwincastError):
        _box("\n\n".join(_words(problem) for problem in error.problems))
        return
    reference = secrets.token_hex(3)
    log.error("Unexpected error, reference %s", reference, exc_info=error)
    _box(
        f"Something went wrong that Twincast did not foresee (reference **{reference}**). Nothing that was saved is "
        "lost. Reload the page to go on; the server's log says more under this reference."
    )


def show_problem(problem: Problem, level: Level = "error") -> None:
    """One problem that was written down earlier; a warning where the rest goes on without it."""
    _box(_words(problem), level)


def script_error(error: Exception) -> bool:
    """Streamlit's last resort for what a page let through: our box instead of its own."""
    show(error)
    return True


def escape(text: str) -> str:
    """Names from a file or a person are text: nothing in them is Markdown, HTML, an icon, a colour or a link."""
    # The browser reads icons, colours and addresses even when escaped: an invisible joiner parts them.
    text = READ_ALL_THE_SAME.sub("\\g<0>\u2060", visible(text))
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:@^=&])", r"\\\1", " ".join(text.split()))


def _box(words: str, level: Level = "error") -> None:
    if level == "error":
        st.error(words, icon=":material/error:")
    else:
        st.warning(words, icon=":material/warning:")


def _words(problem: Problem) -> str:
    where = f" ({escape(problem.where)})" if problem.where else ""
    return f"{escape(problem.what.rstrip('.'))}{where}. {escape(problem.remedy)}".strip()
