"""The guide in a real browser: a link carries the answers, and another page does not lose them."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, idle

pytestmark = pytest.mark.browser


def answered(page: Page, words: str) -> None:
    expect(page.locator(".st-key-recommendation h3")).to_have_text(words)


def test_answers_travel_with_the_address_and_outlive_a_look_elsewhere(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/guide")
    answered(page, "Either works")
    page.get_by_role("button", name="PhD").click()
    answered(page, "PyTorch")
    address = page.url
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    page.get_by_role("link", name="Guide").click()
    answered(page, "PyTorch")
    page.goto(address)
    answered(page, "PyTorch")
    page.get_by_role("tab", name="Code").click()
    page.locator("summary", has_text="Gradients").click()
    expect(page.get_by_text("added_up").first).to_be_visible()
    idle(page)
