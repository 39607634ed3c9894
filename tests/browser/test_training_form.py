"""What the training form takes that only a real browser can give."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, idle

pytestmark = pytest.mark.browser


def test_a_part_of_a_country_is_typed_among_the_countries(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/train")
    idle(page)
    page.get_by_text("Model, training and hardware").click()
    answers = {"DE-BY": "One row covers more than a day", "DE-XX": "DE has no part “XX” with holidays of its own"}
    for typed, answer in answers.items():
        field = page.locator(".st-key-setting_holidays input")
        field.click()
        field.fill(typed)
        field.press("Enter")
        idle(page)
        expect(field).to_have_value(typed)
        expect(page.get_by_text(answer)).to_be_visible()
    field = page.locator(".st-key-setting_holidays input")
    field.click()
    field.fill("Germany")
    field.press("Enter")
    idle(page)
    expect(field).to_have_value("Germany (DE)")
    expect(page.get_by_text("One row covers more than a day")).to_be_visible()
