"""Login in a real browser, by a provider of the tests' own: the policy lets it through, and nobody in without it."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT, Server, Watch, idle, serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(importlib.util.find_spec("authlib") is None, reason="Authlib is not installed"),
]
NAME = "Ann Example"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that asks for a login."""
    home = tmp_path_factory.mktemp("guarded")
    command = [sys.executable, "-m", "tests.browser.provider", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as provider:
        assert provider.stdout is not None
        try:
            secrets = secrets_file(home / "secrets.toml", int(provider.stdout.readline()))
            with serving(ROOT / "app.py", home, options=("--secrets.files", str(secrets))) as server:
                yield server
        finally:
            provider.terminate()


def secrets_file(path: Path, provider: int) -> Path:
    path.write_text(
        f"""
        [auth]
        redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
        cookie_secret = "as long as a secret of the tests has to be"
        client_id = "twincast"
        client_secret = "unused"
        server_metadata_url = "http://127.0.0.1:{provider}/.well-known/openid-configuration"
        """
    )
    return path


def test_in_and_out_again(guarded: Server, page: Page) -> None:
    page.goto(guarded.url + "/history")
    idle(page)
    expect(page.get_by_role("heading", name="Twincast")).to_be_visible()
    expect(page.get_by_role("link", name="Train")).to_have_count(0)
    assert "History" not in page.inner_text("body")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name=f"I am {NAME}").click()
    expect(page.get_by_text("Which series do you want to forecast?")).to_be_visible()
    expect(page.get_by_text(NAME)).to_be_visible()
    page.get_by_role("link", name="Train").click()
    expect(page.locator(".st-key-start button")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    expect(page.get_by_text("Which series")).to_have_count(0)


def test_a_forged_cookie_lets_nobody_in(guarded: Server, browser: Browser) -> None:
    context = browser.new_context()
    for name in ("_streamlit_user", "_streamlit_user_tokens"):
        context.add_cookies(
            [{"name": name, "value": "2|1:0|10:1|eyJpc19sb2dnZWRfaW4iOiB0cnVlfQ==|x", "url": guarded.url}]
        )
    watch, page = Watch(), context.new_page()
    watch.on(page)
    page.goto(guarded.url)
    expect(page.get_by_role("button", name="Log in")).to_be_visible(timeout=20_000)
    context.close()
    assert not watch.faults
