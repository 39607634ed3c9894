"""Login: off without a section [auth], and with a faulty one nobody is let in."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1.util import patch_config_options
from visitor import Visitor

pytestmark = pytest.mark.slow

WHOLE = {
    "redirect_uri": "http://127.0.0.1:8501/oauth2callback",
    "cookie_secret": "a long and random secret",
    "client_id": "twincast",
    "client_secret": "another secret",
    "server_metadata_url": "http://127.0.0.1:1/.well-known/openid-configuration",
}
SHARED = ("redirect_uri", "cookie_secret")


@pytest.fixture(autouse=True)
def authlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were installed, whether it is or not: nothing here goes as far as using it."""
    present(monkeypatch, True)


def present(monkeypatch: pytest.MonkeyPatch, installed: bool) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: (found("json") if installed else None) if name == "authlib" else found(name, *rest),
    )


def asked(visitor: Visitor, auth: Any) -> Visitor:
    visitor.at.secrets = {"auth": auth}
    return visitor.open()


def inside(visitor: Visitor) -> bool:
    return visitor.has("go_on")


def test_nobody_is_asked_by_default(visitor: Visitor) -> None:
    assert inside(visitor.open())
    assert not visitor.has("login_None") and not visitor.has("logout")


@pytest.mark.parametrize("page", ["data.py", "train.py", "compare.py", "history.py"])
def test_with_a_section_auth_every_page_asks_first(visitor: Visitor, page: str) -> None:
    asked(visitor, WHOLE).open(page)
    assert visitor.title == "Twincast"
    assert [button.label for button in visitor.at.button] == ["Log in"]
    assert not visitor.errors and not visitor.charts


def test_whoever_is_logged_in_sees_the_pages_and_the_way_out(visitor: Visitor) -> None:
    visitor.at.user = {"is_logged_in": True, "name": "Ann **Bold**"}
    assert inside(asked(visitor, WHOLE))
    (name,) = [each.value for each in visitor.at.sidebar.caption]
    assert "**" not in name and "Ann" in name
    assert visitor.at.sidebar.button(key="logout").label == "Log out"


def test_each_named_provider_has_its_button(visitor: Visitor) -> None:
    provider = {key: value for key, value in WHOLE.items() if key not in SHARED}
    asked(visitor, {key: WHOLE[key] for key in SHARED} | {"google": provider, "okta": provider})
    assert [button.label for button in visitor.at.button] == ["Log in with Google", "Log in with Okta"]


@pytest.mark.parametrize("key", WHOLE)
def test_an_incomplete_section_lets_nobody_in_and_names_what_is_missing(visitor: Visitor, key: str) -> None:
    visitor.at.user = {"is_logged_in": True}
    asked(visitor, {name: value for name, value in WHOLE.items() if name != key})
    assert not inside(visitor)
    (error,) = visitor.errors
    assert f"missing in [auth]: {key}" in error and "docs/security.md" in error


@pytest.mark.parametrize("auth", [{}, "yes", {**{key: WHOLE[key] for key in SHARED}, "google": {"client_id": "x"}}])
def test_an_empty_or_strange_section_lets_nobody_in(visitor: Visitor, auth: Any) -> None:
    assert not inside(asked(visitor, auth))
    assert len(visitor.errors) == 1


def test_without_authlib_nobody_is_let_in_and_the_remedy_is_named(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    present(monkeypatch, False)
    assert not inside(asked(visitor, WHOLE))
    (error,) = visitor.errors
    assert 'pip install "streamlit[auth]"' in error


def test_secrets_that_cannot_be_read_let_nobody_in(
    visitor: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("[auth\nredirect_uri = 1")
    monkeypatch.setattr(st, "get_option", lambda name: config.get_option(name))  # as it is patched below
    with patch_config_options({"secrets.files": [str(file)]}):
        assert not inside(visitor.open())
    (error,) = visitor.errors
    assert "cannot be read" in error and "secrets.toml" in error
