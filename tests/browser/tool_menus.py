"""The menus of the tool bar above the image."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

__all__ = ["close_tool", "open_tool"]


def open_tool(page: Page, name: str, *, key: str = "") -> Locator:
    """Open a menu, with the mouse or a key, and wait for its controls; return them."""
    button = page.locator(f"[data-tool={name}] > .mw-tool-button")
    if button.get_attribute("aria-expanded") == "false":
        if not button.is_visible():  # the bar is too narrow: it is in the menu at its end
            more = page.locator("[data-tool=more] > .mw-tool-button")
            more.press(key) if key else more.click()
            button = page.locator(f"[data-more-item={name}]")
        button.press(key) if key else button.click()
    content = page.locator(f"[data-tool={name}] > .mw-tool-content")
    expect(content).to_be_visible()
    return content


def close_tool(page: Page, name: str) -> None:
    """Close a menu with its button."""
    button = page.locator(f"[data-tool={name}] > .mw-tool-button")
    if button.get_attribute("aria-expanded") == "true":
        button.click() if button.is_visible() else page.keyboard.press("Escape")
    expect(page.locator(f"[data-tool={name}] > .mw-tool-content")).to_be_hidden()
