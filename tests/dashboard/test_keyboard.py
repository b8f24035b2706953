"""Everything can be reached and worked with a keyboard alone, and it shows where one is."""

from tests.dashboard.test_pages import PAGES
from tests.dashboard.visitor import Visitor

# Everything that can be worked and is shown gets a number; what has the focus without an outline
# is written down.
NUMBER = """() => {
    const kinds = "a[href], button, select, input, summary, [tabindex='0']";
    const all = [...document.querySelectorAll(kinds)];
    const controls = all.filter(each => !each.disabled && each.checkVisibility());
    controls.forEach((each, at) => { each.dataset.at = at; });
    window.reached = {};
    if (!window.counting) document.addEventListener("focusin", ({target}) => {
        const style = getComputedStyle(target);
        const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        window.reached[target.dataset.at] = seen ? "" : target.outerHTML.slice(0, 160);
    });
    window.counting = true;
    document.activeElement.blur();
    controls[0].focus();
    return controls.length;
}"""
# A field for a moment has a stop for each of its parts.
SPARE = 10


def test_every_control_is_reached_and_its_focus_is_seen(visitor: Visitor) -> None:
    """Tab after tab from the skip link to the last control of each page, each with an outline."""
    visitor.enter("/", "operator", days="7")
    for name, path in PAGES.items():
        visitor.go(path, customer="acme", days="7")
        controls = visitor.page.evaluate(NUMBER)
        for _ in range(controls + SPARE):
            visitor.page.keyboard.press("Tab")
        reached = visitor.page.evaluate("window.reached")
        assert {str(at) for at in range(controls)} <= reached.keys(), name
        assert [hidden for hidden in reached.values() if hidden] == [], name


def test_the_skip_link_leads_past_the_navigation(visitor: Visitor) -> None:
    """It is the first stop, appears there, and Enter puts the focus on the content."""
    visitor.enter("/performance", days="7")
    visitor.page.reload()
    visitor.settle()
    visitor.page.keyboard.press("Tab")
    box = visitor.page.get_by_role("link", name="Skip to the content").bounding_box()
    assert box
    assert box["y"] >= 0
    before = visitor.page.url
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "content"
    assert visitor.page.url == before


def test_a_plot_can_be_read_as_a_table_without_a_mouse(visitor: Visitor) -> None:
    """Enter on the button turns it; another Enter turns it back."""
    visitor.enter("/performance", days="7")
    panel = visitor.panel("Trend")
    panel.get_by_role("button", name="Show as table").focus()
    visitor.page.keyboard.press("Enter")
    assert panel.get_by_role("table").is_visible()
    visitor.page.keyboard.press("Enter")
    assert panel.get_by_role("table").count() == 0
    assert panel.get_by_role("img").is_visible()
