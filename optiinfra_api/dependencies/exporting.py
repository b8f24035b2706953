"""Which file of charges is asked for: format, version, kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

from fastapi import Depends, Query, Request

# What the Accept header calls the kinds of files.
MEDIA: Mapping[str, str] = MappingProxyType(
    {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A format of charges, and its version."""

    form: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Dataset):
    """A data set as a file of one kind."""

    kind: str

    @property
    def media_type(self) -> str:
        """What the file is."""
        return MEDIA[self.kind]


async def dataset_of(
    version: Annotated[Literal["1.2", "1.3"], Query(description="Version of FOCUS.")] = "1.3",
    form: Annotated[
        Literal["focus"], Query(alias="format", description="The only one there is.")
    ] = "focus",
) -> Dataset:
    """The data set that a request means."""
    return Dataset(form=form, version=version)


DatasetOf = Annotated[Dataset, Depends(dataset_of)]


async def wanted_of(
    request: Request,
    dataset: DatasetOf,
    file: Annotated[
        Literal["csv", "parquet"] | None,
        Query(description="Kind of file; left out: what the Accept header prefers, else csv."),
    ] = None,
) -> Wanted:
    """The file that a request means."""
    kind = file or preferred(request.headers.get("accept", ""))
    return Wanted(form=dataset.form, version=dataset.version, kind=kind)


def preferred(accept: str) -> str:
    """The kind of file that an Accept header names first."""
    kinds = {media_type: kind for kind, media_type in MEDIA.items()}
    named = (part.split(";")[0].strip() for part in accept.split(","))
    return next((kinds[one] for one in named if one in kinds), "csv")


WantedOf = Annotated[Wanted, Depends(wanted_of)]
