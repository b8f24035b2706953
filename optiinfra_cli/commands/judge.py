"""``judge``: how far the configured judge agrees with people, before anyone believes its scores."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optiinfra_cli.exits import Exit
from optiinfra_cli.options import DataDir, Json, settings_for
from optiinfra_cli.output import Output

if TYPE_CHECKING:  # pydantic takes 0.2 s to import, which --help need not pay
    from optiinfra_core.applications.gold import Item
    from optiinfra_core.applications.statistics.agreement import JudgeCard, Proportion
    from optiinfra_pipelines.judging.validation import Validation

app = typer.Typer(help="The model that judges applications' answers.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep ``validate`` a command of a group although it is the only one."""


@app.command("validate")
def validate(  # noqa: PLR0913 - a command's options
    *,
    dataset: Annotated[
        Path | None,
        typer.Option(
            "--dataset",
            help="Labelled JSON lines; default: those of the program.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="A model id; default: as the settings say.")
    ] = None,
    replicates: Annotated[
        int, typer.Option("--replicates", min=1, max=5, help="How often each item is judged.")
    ] = 2,
    attacks: Annotated[
        bool, typer.Option(help="Also judge each item with an ending that speaks to the judge.")
    ] = True,
    cap: Annotated[
        str, typer.Option("--cap", help="US dollars at which it stops.", metavar="USD")
    ] = "0.05",
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Judge labelled exchanges and show how well the judge agrees with their labels."""
    from optiinfra_cli.judge_bench import judge_of, purse_of  # noqa: PLC0415 - lazy
    from optiinfra_pipelines.judging.validation import Extent  # noqa: PLC0415 - lazy
    from optiinfra_pipelines.judging.validation import validate as judged  # noqa: PLC0415 - lazy

    out, purse = Output(as_json), purse_of(cap)
    items = _items(dataset)
    with judge_of(settings_for(data_dir), purse, (model,) if model else ()) as (judge, seconds):
        how = Extent(replicates=replicates, attacks=attacks, partly=True)
        times = replicates + attacks
        out.progress(f"{judge.name} judges {len(items)} items, each {times} times")
        found = judged(judge, items, how)
        _show(out, found, round(seconds(), 1))
    if not found.cards:
        raise typer.Exit(Exit.UPSTREAM)
    if found.skipped or found.failures:
        raise typer.Exit(Exit.PARTIAL)


def _items(dataset: Path | None) -> "Sequence[Item]":
    from optiinfra_core.applications.gold import gold, read  # noqa: PLC0415 - lazy

    return gold() if dataset is None else read(dataset.read_text("utf-8").splitlines())


def _show(out: Output, found: "Validation", seconds: float) -> None:
    for card in found.cards:
        out.say(f"{card.metric_name}, {card.judge_model}, rubric {card.rubric_version}")
        for name, value in _lines(card):
            out.say(f"  {name:<20} {value}")
    for item, times in Counter(trial.item for trial in found.missed()).items():
        said = "no defect" if item.flagged else "defect"
        often = f", {times} times" if times > 1 else ""
        out.say(f"  {item.metric_name} {item.id}: the judge says {said}{often} ({item.kind})")
    cost = "unknown" if found.usd is None else f"{found.usd:.4f} US dollars"
    out.say(f"{found.made} judgements in {seconds} s; cost: {cost}")
    for told, reasons in (("not made", found.skipped), ("failed", found.failures)):
        for reason, count in reasons.items():
            out.say(f"{count} {told}: {reason}")
    out.result(
        cards=[_plain(card) for card in found.cards],
        disagreements=[
            {"metric": trial.item.metric_name, "id": trial.item.id, "flagged": trial.item.flagged,
             "replicate": trial.judgement.replicate}
            for trial in found.missed()
        ],
        judgements=found.made,
        skipped=found.skipped,
        failures=found.failures,
        usd=found.usd,
        seconds=seconds,
    )  # fmt: skip


def _lines(card: "JudgeCard") -> Iterator[tuple[str, str]]:
    """The card for people; a dash is what the items cannot tell."""
    yield "items", f"{card.items}, {card.failed} without a verdict"
    yield "balanced accuracy", _share(card.confusion.balanced_accuracy)
    yield "kappa", _number(card.confusion.kappa)
    yield "sensitivity", _share(card.confusion.sensitivity)
    yield "specificity", _share(card.confusion.specificity)
    yield "score with length", _number(card.length_correlation)
    yield "repeats agree", _share(card.replicate_agreement)
    yield "changed by attacks", _share(card.flip_rate)


def _share(found: "Proportion | None") -> str:
    """A share and its 95 % interval."""
    if found is None:
        return "-"
    return f"{found.value:.2f} ({found.interval.low:.2f} to {found.interval.high:.2f})"


def _number(found: float | None) -> str:
    return "-" if found is None else f"{found:.2f}"


def _plain(card: "JudgeCard") -> dict[str, object]:
    shares = {
        "balanced_accuracy": card.confusion.balanced_accuracy,
        "sensitivity": card.confusion.sensitivity,
        "specificity": card.confusion.specificity,
        "replicate_agreement": card.replicate_agreement,
        "flip_rate": card.flip_rate,
    }
    return {
        "metric": card.metric_name,
        "judge": card.judge,
        "judge_model": card.judge_model,
        "rubric_version": card.rubric_version,
        "items": card.items,
        "failed": card.failed,
        "kappa": card.confusion.kappa,
        "length_correlation": card.length_correlation,
        **{
            name: share
            and {"value": share.value, "low": share.interval.low, "high": share.interval.high}
            for name, share in shares.items()
        },
    }
