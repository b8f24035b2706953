"""Every curl line of docs/application-quality.md is sent to the API and succeeds."""

from string import Template

from tests.api.applications import applications, furnish_applications
from tests.api.house import House
from tests.core.warehouse.judged import interaction
from tests.docs.examples import examples


def test_the_examples_of_reading_quality_work(house: House) -> None:
    """In the order of the page, over calls that are judged; each answer has what the page shows."""
    furnish_applications(house)
    applications(house).scores(dict.fromkeys(range(30), 1.0) | dict.fromkeys(range(30, 60), 0.0))
    variables = {"KEY": house.tokens["admin"], "CALL": interaction(1)}
    ran = 0
    for example in examples("application-quality.md"):
        request = example.request(variables)
        if request["content"]:
            request["content"] = Template(request["content"]).substitute(variables)
        answer = house.client.request(**request)
        assert answer.status_code in {200, 201, 204}, f"{example.command}\n{answer.text}"
        if example.shown is not None:
            assert answer.json() == example.shown
        ran += 1
    assert ran > 15
