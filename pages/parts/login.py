"""Login by an OpenID Connect provider, where the server's secrets have a section [auth]; without one, none is asked.

Whatever is wrong with the section or its file keeps everyone out: a mistake there must not open the door.
"""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from core.errors import Problem
from pages.parts import errors

SHARED_KEYS = ("redirect_uri", "cookie_secret")
PROVIDER_KEYS = ("client_id", "client_secret", "server_metadata_url")
MANUAL = "docs/security.md says how."


def passed() -> bool:
    """Whether this person may see the pages; otherwise what is drawn says how they may."""
    problem, providers = _set_up()
    if problem is not None:
        errors.show_problem(problem)
        return False
    if providers and not st.user.get("is_logged_in", False):
        _ask(providers)
        return False
    if providers:
        _who()
    return True


def _set_up() -> tuple[Problem | None, dict[str, str | None]]:
    """What is wrong with the login, and the providers by the words on their button; none where no login is asked."""
    try:
        if "auth" not in st.secrets:
            return None, {}
        section: Mapping[str, Any] = st.secrets["auth"]
    except StreamlitSecretNotFoundError:
        return (_unreadable(), {}) if _has_file() else (None, {})
    if not isinstance(section, Mapping):
        return _incomplete(SHARED_KEYS), {}
    if missing := _missing(section):
        return _incomplete(missing), {}
    if importlib.util.find_spec("authlib") is None:
        what = "A login is asked for here, and the package it needs is not installed"
        return Problem(what, "Authlib", 'On the server: pip install "streamlit[auth]", then restart it.'), {}
    return None, _providers(section)


def _missing(section: Mapping[str, Any]) -> list[str]:
    """Keys without a value, as they are written in the file."""
    places = {f"{name}.": section[name] for name in _named(section)} or {"": section}
    missing = [key for key in SHARED_KEYS if not section.get(key)]
    return missing + [f"{place}{key}" for place, part in places.items() for key in PROVIDER_KEYS if not part.get(key)]


def _providers(section: Mapping[str, Any]) -> dict[str, str | None]:
    return {f"Log in with {name.capitalize()}": name for name in _named(section)} or {"Log in": None}


def _named(section: Mapping[str, Any]) -> list[str]:
    """The providers that have a part of their own, as in [auth.google]."""
    return [name for name, part in section.items() if isinstance(part, Mapping) and name != "client_kwargs"]


def _ask(providers: Mapping[str, str | None]) -> None:
    st.title("Twincast")
    st.write("This server asks who you are before it shows anything.")
    with st.container(horizontal=True):
        for words, provider in providers.items():
            if st.button(words, type="primary", icon=":material/login:", key=f"login_{provider}"):
                st.login(provider)


def _who() -> None:
    """Who is logged in, and the way out, at the foot of the navigation."""
    with st.sidebar:
        st.caption(errors.escape(str(st.user.get("name") or st.user.get("email") or "Logged in")))
        if st.button("Log out", icon=":material/logout:", key="logout", type="tertiary"):
            st.logout()


def _has_file() -> bool:
    return any(Path(file).exists() for file in st.get_option("secrets.files"))


def _unreadable() -> Problem:
    return Problem("The server's secrets cannot be read, so nobody is let in", "secrets.toml", f"Repair it. {MANUAL}")


def _incomplete(missing: Sequence[str]) -> Problem:
    what = "The login of this server is not set up completely, so nobody is let in"
    return Problem(what, f"missing in [auth]: {', '.join(missing)}", f"Add it. {MANUAL}")
