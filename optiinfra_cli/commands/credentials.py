"""``credentials``: the keys to customers' cloud accounts; secrets never stand on a command line."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from optiinfra_cli.exits import Exit
from optiinfra_cli.options import Customer, DataDir, Json, ProviderSlug, settings_for
from optiinfra_cli.output import Output
from optiinfra_core.errors import InvalidRequest

if TYPE_CHECKING:  # the vault imports Postgres, which --help need not
    from optiinfra_cli.office import Office
    from optiinfra_core.vault.records import CredentialRecord

app = typer.Typer(
    help="Credentials of cloud accounts. Secrets come from a prompt, a file, stdin or a variable.",
    no_args_is_help=True,
)

From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="SOURCE",
        help="JSON object with the fields: a file, - for stdin, or env:NAME; default: a prompt.",
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="A field that is not secret."),
]
CredentialId = Annotated[UUID, typer.Argument(help="The credential's id.")]
DEFAULT = "default"
FIELDS = (
    "id", "customer_id", "provider", "label", "status", "account_id", "principal", "revision",
    "configuration", "permissions_found", "permissions_missing", "created_at", "last_used_at",
    "last_verified_at", "expires_at", "last_error", "budget_usd",
)  # fmt: skip


@app.command()
def add(  # noqa: PLR0913 - a command's options
    customer: Customer,
    provider: ProviderSlug,
    *,
    label: Annotated[str, typer.Option("--label", help="For people.")] = "default",
    source: From = None,
    fields: Set = None,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Ask the provider who it is.")
    ] = True,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Seal a credential, and look whether it works and what it lacks."""
    from optiinfra_cli import credential_input  # noqa: PLC0415 - lazy
    from optiinfra_cli.office import ACTOR, open_office  # noqa: PLC0415 - lazy
    from optiinfra_pipelines import registry  # noqa: PLC0415 - lazy

    out = Output(as_json)
    cloud = registry.provider(provider)
    credential = credential_input.read(cloud.credential, source, tuple(fields or ()))
    with open_office(settings_for(data_dir)) as office:
        record = office.vault.add(customer, provider, credential, label, ACTOR)
        try:
            record = _verified(office, record.id) if verify else record
        except InvalidRequest:
            # This installation does not let it out: it would fail at every tick, and stay.
            office.vault.delete(record.id, ACTOR)
            raise
    _finish(out, record)


@app.command("list")
def list_(
    customer: Annotated[str | None, typer.Argument(help="Only this customer's.")] = None,
    *,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List the credentials; secrets are never shown."""
    from optiinfra_cli.office import open_office  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_office(settings_for(data_dir)) as office:
        if customer is not None:
            office.customers.get(customer)
        records = office.vault.list(customer)
    out.table(
        ("credential", "customer", "provider", "label", "status", "account", "last used"),
        [
            (r.id, r.customer_id, r.provider, r.label, r.status, r.account_id, r.last_used_at)
            for r in records
        ],
    )
    out.result(credentials=[_shown(record) for record in records])


@app.command()
def verify(credential: CredentialId, *, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Ask the provider, free of charge, whether the credential works and what it lacks."""
    from optiinfra_cli.office import open_office  # noqa: PLC0415 - lazy

    with open_office(settings_for(data_dir)) as office:
        record = _verified(office, credential)
    _finish(Output(as_json), record)


@app.command()
def rotate(
    credential: CredentialId,
    *,
    source: From = None,
    fields: Set = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Put new secrets in place and verify them."""
    from optiinfra_cli import credential_input  # noqa: PLC0415 - lazy
    from optiinfra_cli.office import ACTOR, open_office  # noqa: PLC0415 - lazy
    from optiinfra_pipelines import registry  # noqa: PLC0415 - lazy

    with open_office(settings_for(data_dir)) as office:
        cloud = registry.provider(office.vault.get(credential).provider)
        fresh = credential_input.read(cloud.credential, source, tuple(fields or ()))
        office.vault.rotate(credential, fresh, ACTOR)
        record = _verified(office, credential)
    _finish(Output(as_json), record)


@app.command()
def budget(
    credential: CredentialId,
    usd: Annotated[str, typer.Argument(metavar="USD", help="Dollars a month, or `default`.")],
    *,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Limit what calls for the account may cost a month; nearing it, collection slows down."""
    from optiinfra_cli.office import ACTOR, open_office  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_office(settings_for(data_dir)) as office:
        record = office.vault.set_budget(credential, _dollars(usd), ACTOR)
    limit = "the installation's default" if record.budget_usd is None else f"{record.budget_usd:f}"
    out.say(f"{record.id}  budget a month: {limit}")
    out.result(credential=_shown(record))


def _dollars(text: str) -> Decimal | None:
    """An amount that is no less than nothing; ``default`` is None."""
    if text == DEFAULT:
        return None
    try:
        amount = Decimal(text)
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise InvalidRequest(
            f"{text!r} is no amount of dollars", remedy=f"Write 5 or 5.00, or `{DEFAULT}`."
        )
    return amount


@app.command()
def remove(credential: CredentialId, *, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Shred a credential; its audit log stays."""
    from optiinfra_cli.office import ACTOR, open_office  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_office(settings_for(data_dir)) as office:
        office.vault.delete(credential, ACTOR)
    out.say(f"shredded {credential}")
    out.result(credential=credential)


def _verified(office: "Office", credential: UUID) -> "CredentialRecord":
    from optiinfra_cli.office import ACTOR  # noqa: PLC0415 - lazy
    from optiinfra_pipelines.verification import verify as look  # noqa: PLC0415 - lazy

    return look(
        credential, vault=office.vault, settings=office.settings, clock=office.clock, actor=ACTOR
    )


def _finish(out: Output, record: "CredentialRecord") -> None:
    """Show where the credential stands; the exit code says whether it can be used."""
    out.say(f"{record.id}  {record.status}  account {record.account_id or 'unknown'}")
    if record.permissions_missing:
        out.say(f"missing permissions: {', '.join(record.permissions_missing)}")
    if record.last_error:
        out.say(f"{record.last_error['detail']}\nRemedy: {record.last_error['remedy']}")
    out.result(credential=_shown(record))
    if record.status == "rejected":
        raise typer.Exit(Exit.CREDENTIAL)
    if record.permissions_missing:
        raise typer.Exit(Exit.PARTIAL)


def _shown(record: "CredentialRecord") -> dict[str, object]:
    return {name: getattr(record, name) for name in FIELDS}
