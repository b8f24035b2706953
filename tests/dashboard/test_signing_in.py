"""The way in: a key is typed once, stays in the tab, and is refused with a remedy."""

from tests.dashboard.visitor import Visitor


def test_a_key_opens_the_page_that_was_asked_for(visitor: Visitor) -> None:
    """After signing in the page of the URL is shown, for the customer whose key it is."""
    visitor.enter("/", days="7")
    assert visitor.page.get_by_role("heading", level=1).inner_text() == "Overview"
    assert "customer=acme" in visitor.page.url
