"""Questions that people put to agents, as prompts with arguments."""

from collections.abc import Mapping
from dataclasses import dataclass

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    GetPromptResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    TextContent,
)

LONGEST = 100


@dataclass(frozen=True, slots=True)
class Asking:
    """A prompt and the text that its arguments go into."""

    prompt: Prompt
    text: str


CUSTOMER = PromptArgument(name="customer_id", description="Slug of the customer.", required=True)
PROVIDER = PromptArgument(name="provider", description="A cloud's slug; left out: all.")
DAYS = PromptArgument(name="days", description="Days back from today; left out: 7.")

PROMPTS: Mapping[str, Asking] = {
    "explain_cost_rise": Asking(
        Prompt(
            name="explain_cost_rise",
            title="Why did cost rise?",
            description="What a cloud cost a customer lately, and why that is more or less than"
            " before.",
            arguments=[CUSTOMER, PROVIDER, DAYS],
        ),
        "What did {provider} cost {customer_id} in the last {days} days, and why did that change?"
        " Call cost_change with customer_id={customer_id}, provider={provider}, days={days}."
        " Say the cost, the change and its percentage with the currency, the period and how"
        " complete the answer is. Then name what explains most of the change: new resources, more"
        " use, dearer prices, restatements. Where one service explains most of it, call cost_change"
        " again with that service. Do not add up figures yourself, and do not call null zero.",
    ),
    "review_waste": Asking(
        Prompt(
            name="review_waste",
            title="What costs much and works little?",
            description="The dearest resources of a customer beside how hard they work.",
            arguments=[CUSTOMER, PROVIDER, DAYS],
        ),
        "Which resources of {customer_id} at {provider} cost much and work little? Call"
        " cost_by_resource with customer_id={customer_id}, provider={provider}, days={days},"
        " limit=20; then performance_summary of the same period, and performance_metrics with the"
        " resource_id of the dearest. Say what could be switched off or made smaller, what each"
        " costs with its currency, and for which of them there are no samples: those are unknown,"
        " not idle.",
    ),
}
DEFAULTS: Mapping[str, str] = {"provider": "all", "days": "7"}


def filled(name: str, arguments: Mapping[str, str]) -> GetPromptResult:
    """The prompt with its arguments.

    Raises:
        MCPError: there is none of that name, or an argument is missing, unknown or no plain word.
    """
    if name not in PROMPTS:
        raise MCPError(INVALID_PARAMS, f"there is no prompt {name[:80]!r}: see prompts/list")
    asking = PROMPTS[name]
    taken = {each.name for each in asking.prompt.arguments or ()}
    given = {**DEFAULTS, **arguments}
    odd = [each for each, value in given.items() if len(value) > LONGEST or not value.isprintable()]
    if given.keys() - taken or taken - given.keys() or odd:
        raise MCPError(INVALID_PARAMS, f"{name} takes {', '.join(sorted(taken))}, plain words each")
    message = PromptMessage(
        role="user", content=TextContent(type="text", text=asking.text.format(**given))
    )
    return GetPromptResult(description=asking.prompt.description, messages=[message])
