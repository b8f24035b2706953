"""Every curl line of docs/applications.md is sent to the API; what the page shows comes back."""

from tests.api.house import House
from tests.docs.examples import examples


def test_the_examples_of_the_applications_page_work(house: House) -> None:
    """In the order of the page: each succeeds, with the answer that it shows to the letter."""
    ran = 0
    for example in examples("applications.md"):
        answer = house.client.request(**example.request({"KEY": house.tokens["admin"]}))
        expected = {example.status} if example.status else {200}
        assert answer.status_code in expected, f"{example.command}\n{answer.text}"
        if example.shown is not None:
            assert answer.json() == example.shown, example.command
        ran += 1
    assert ran >= 7
