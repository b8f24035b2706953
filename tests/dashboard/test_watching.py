"""The watch over pages itself: what it must see, it sees."""

import pytest

from tests.dashboard.visitor import Visitor


@pytest.mark.parametrize(
    ("wrong", "seen"),
    [
        ("console.error('broken')", "console error: broken"),
        ("queueMicrotask(() => { throw new Error('thrown') })", "exception: thrown"),
        ("fetch('/dashboard/none.js')", "status 404"),
        ("fetch('http://127.0.0.1:9/').catch(() => 0)", "Content Security Policy"),
        ("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
         "Content Security Policy"),
        ("document.body.innerHTML = '<p style=\"color: red\">x</p>'", "Content Security Policy"),
    ],
)  # fmt: skip
def test_what_goes_wrong_in_a_page_is_seen(visitor: Visitor, wrong: str, seen: str) -> None:
    """Errors, exceptions, failed requests, and everything the policy refuses."""
    visitor.enter("/collection")
    with visitor.page.expect_event("pageerror" if "throw" in wrong else "console"):
        visitor.page.evaluate(f"() => {{ {wrong} }}")
    assert any(seen in complaint for complaint in visitor.watch.complaints)
    visitor.watch.complaints.clear()
