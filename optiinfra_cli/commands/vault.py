"""``vault``: the keys that seal credentials, and the record of what was done to them."""

from typing import Annotated

import typer

from optiinfra_cli.exits import Exit
from optiinfra_cli.options import DataDir, Json, settings_for
from optiinfra_cli.output import Output

app = typer.Typer(help="The vault's keys and its audit log.", no_args_is_help=True)


@app.command("rotate-kek")
def rotate_kek(
    *,
    retire: Annotated[
        bool, typer.Option("--retire", help="Also take the old keys out of the ring.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a new key primary and wrap every credential's data key with it; secrets stay put."""
    from optiinfra_cli.office import ACTOR, open_office  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_office(settings_for(data_dir)) as office:
        old = office.keyring.ids
        new = office.keyring.rotate()
        wrapped = office.vault.rewrap(ACTOR)
        for key_id in old if retire else ():
            office.vault.retire(key_id, ACTOR)
        kept = office.keyring.ids
    out.say(f"{new} is primary; {wrapped} sealed revisions moved; the ring holds {', '.join(kept)}")
    out.result(primary=new, rewrapped=wrapped, ring=kept)


@app.command("rewrap")
def rewrap(*, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Wrap every credential's data key with the primary key: after a change of the key list."""
    from optiinfra_cli.office import ACTOR, open_office  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_office(settings_for(data_dir)) as office:
        primary, _ = office.keyring.primary()
        wrapped = office.vault.rewrap(ACTOR)
        in_use = dict(office.vault.keys_in_use())
    out.say(f"{wrapped} sealed revisions moved to {primary}; in use: {', '.join(in_use) or 'none'}")
    out.result(primary=primary, rewrapped=wrapped, in_use=in_use)


@app.command("verify-audit")
def verify_audit(*, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Check the hash chain of the audit log; exit code 5 when it is broken."""
    from optiinfra_cli.office import open_office  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_office(settings_for(data_dir)) as office:
        report = office.vault.verify_audit_chain()
    shown = {name: getattr(report, name) for name in report.__slots__}
    for name, value in shown.items():
        out.say(f"{name:<12} {value}")
    out.result(**shown)
    if report.first_broken is not None:
        raise typer.Exit(Exit.UPSTREAM)
