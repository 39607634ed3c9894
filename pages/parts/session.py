"""The state of one browser session: the only file that touches st.session_state and st.query_params.

The address carries the comparison, so that a reload or another browser shows the same one, and a name for the
uploaded file, so that a reload, which loses the file, can be told from a first visit. Everything else here is a choice
in progress, which a reload may lose.
"""

import functools
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

FILE = "file"  # of the address: which upload is in use
SETTING = "setting_"  # prefix of the keys of the widgets on the training form


@dataclass(frozen=True)
class Upload:
    file: str
    content: bytes

    @functools.cached_property
    def sha256(self) -> str:
        """Of the content; worked out once, as every rerun asks for it."""
        return hashlib.sha256(self.content).hexdigest()


def id() -> str:
    """A random name of this session, by which its own comparisons are told from others'; a reload begins another."""
    known: str | None = st.session_state.get("session")
    if known is None:
        known = st.session_state["session"] = secrets.token_hex(8)
    return known


def comparison() -> str | None:
    """Id of the comparison this session looks at. The address wins over what the session remembers."""
    return _watched("comparison")


def show_comparison(comparison_id: str | None) -> None:
    """Look at another comparison, or at none."""
    _watch("comparison", comparison_id)


def tips() -> str | None:
    """Id of the measurement of the tips this session looks at, in the address like a comparison's."""
    return _watched("tips")


def show_tips(tips_id: str | None) -> None:
    """Look at another measurement of the tips, or at none."""
    _watch("tips", tips_id)


def _watched(what: str) -> str | None:
    asked = st.query_params.get(what)
    if asked is not None:
        st.session_state[what] = asked
    known: str | None = st.session_state.get(what)
    if known is not None and asked is None:  # side navigation drops query parameters
        st.query_params[what] = known
    return known


def _watch(what: str, id: str | None) -> None:
    st.session_state[what] = id
    if id is None:
        st.query_params.pop(what, None)
    else:
        st.query_params[what] = id


def upload() -> Upload | None:
    return st.session_state.get("upload")


def keep_upload(upload: Upload | None) -> None:
    """The series to work on from now on; None for a sample."""
    st.session_state["upload"] = upload
    st.session_state["lost"] = None
    name_upload()


def upload_is_lost() -> bool:
    """Whether a reload has lost the upload, and no other series was chosen since."""
    return st.session_state.get("lost") is not None


def name_upload() -> None:
    """The address names the upload in use. One that is named when a session begins belonged to the session before."""
    present, asked = upload(), st.query_params.get(FILE)
    if "lost" not in st.session_state:
        st.session_state["lost"] = asked
    named = present.sha256[:8] if present else st.session_state["lost"]
    if named is None:
        st.query_params.pop(FILE, None)
    elif named != asked:  # side navigation drops query parameters
        st.query_params[FILE] = named


def get(key: str, default: Any = None) -> Any:
    """The value of a keyed widget, or of a note that a page left for itself."""
    return st.session_state.get(key, default)


def put(key: str, value: Any) -> None:
    st.session_state[key] = value


def forget(key: str) -> None:
    """A keyed widget starts again with its default."""
    st.session_state.pop(key, None)


def settings() -> dict[str, Any]:
    """The values of the training form, by setting name."""
    return {str(k)[len(SETTING) :]: v for k, v in st.session_state.items() if str(k).startswith(SETTING)}


def put_settings(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        st.session_state[SETTING + name] = value
