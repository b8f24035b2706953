"""What a customer says of its applications, and that it holds for what is stored."""

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.dependencies.tenant import known
from optiinfra_api.schemas.application_registry import (
    ApplicationChanges,
    ApplicationOut,
    EffectiveRules,
    ErasureOut,
    Person,
)
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.applications import Application
from optiinfra_core.warehouse.persons import calls_of, erase_calls
from optiinfra_core.warehouse.texts import follow

RULES = "effective"
# What changes for stored texts; asked again it is done again, so that a failure is repaired.
OF_TEXTS = frozenset({"text_policy", "text_days"})


def shown(application: Application, settings: Settings) -> ApplicationOut:
    """An application as the API shows it."""
    rules = application.rules(settings)
    told = {
        name: getattr(application, name) for name in ApplicationOut.model_fields if name != RULES
    }
    return ApplicationOut(
        **told,
        effective=EffectiveRules(
            text_policy=rules.policy,
            text_days=rules.days,
            send_to_judge=rules.send_to_judge,
            sample_share=application.share(settings),
            daily_budget_usd=application.budget(settings),
        ),
    )


async def change(
    doors: Doors, customer: str, application_id: str, body: ApplicationChanges, actor: str
) -> ApplicationOut:
    """Change what is said of an application; stored texts follow before this returns.

    Raises:
        InvalidRequest: the id is none that an application can have.
        NotFound: the provider is not installed; the remedy lists those that are.
        Transient: a server does not answer. What was said holds for what comes; say it again, and
            what is stored follows.
    """
    if body.provider:
        known(await doors.providers(), body.provider)
    changes = body.model_dump(exclude_unset=True, mode="python")
    if body.baseline is not None:
        changes["baseline"] = body.baseline.model_dump(mode="json")

    def work() -> Application:
        now = doors.clock.now()
        changed = doors.applications.patch(customer, application_id, changes, actor=actor, at=now)
        if OF_TEXTS & changes.keys():
            rules = changed.rules(doors.settings)
            follow(doors.writer, customer, application_id, rules, now.date())
        return changed

    return shown(await run_in_threadpool(work), doors.settings)


async def forget(doors: Doors, customer: str, person: Person, actor: str) -> ErasureOut:
    """Erase a person: written down first, so that nothing of theirs comes in meanwhile.

    Raises:
        Transient: a server does not answer; ask again, and the rest is erased.
    """

    def work() -> ErasureOut:
        pseudonyms = doors.intake.redactors.customer(customer).pseudonyms
        user_hash = person.user_hash or pseudonyms.user(str(person.user))
        asked_at = doors.clock.now()
        erasure = doors.erasures.ask(customer, user_hash, actor, asked_at)
        calls = calls_of(doors.writer, customer, user_hash)
        doors.erasures.remember(customer, calls, asked_at)
        rows: Mapping[str, int] = erase_calls(doors.writer, customer, calls)
        done_at = doors.clock.now()
        doors.erasures.done(customer, erasure, sum(rows.values()), done_at)
        return ErasureOut(
            id=erasure,
            user_hash=user_hash,
            calls=len(calls),
            rows=dict(rows),
            asked_at=asked_at,
            done_at=done_at,
        )

    return await run_in_threadpool(work)
