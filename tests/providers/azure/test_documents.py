"""The page about connecting Azure says what the code does, and its examples are Azure's own."""

import json
import re
from pathlib import Path
from typing import Any

from azure.mgmt.costmanagement import models

from optiinfra_pipelines.providers import azure as folder
from optiinfra_pipelines.providers.azure.client.refusals import SIGN_IN
from optiinfra_pipelines.providers.azure.credential import AzureCredential
from optiinfra_pipelines.providers.azure.performance import WATCHED

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "connecting-azure.md").read_text()


def test_every_permission_field_and_metric_is_explained() -> None:
    """The role that is shipped, the credential's fields, what is sampled, Entra's codes."""
    role = json.loads((Path(folder.__path__[0]) / "role.json").read_text())
    assert all(f"`{action}`" in PAGE for action in role["Actions"])
    assert all(f"`{field}`" in PAGE for field in AzureCredential.model_fields)
    assert all(f"`{one.metric}`" in PAGE for watched in WATCHED.values() for one in watched)
    assert set(re.findall(r"AADSTS(\d+)", PAGE)) <= set(SIGN_IN)


def test_the_example_of_an_export_is_one_to_azure() -> None:
    """Every field and value of it is one that the SDK's model of an export knows."""
    (block,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    export: Any = models.Export(json.loads(block))
    assert export.definition.type == models.ExportType.FOCUS_COST
    assert export.definition.timeframe == models.TimeframeType.MONTH_TO_DATE
    assert export.definition.data_set.configuration.data_version == "1.0r2"
    assert export.format == models.FormatType.PARQUET
    assert export.compression_mode == models.CompressionModeType.SNAPPY
    assert export.data_overwrite_behavior == (
        models.DataOverwriteBehaviorType.OVERWRITE_PREVIOUS_REPORT
    )
    assert export.schedule.recurrence == models.RecurrenceType.DAILY
    assert export.delivery_info.destination.root_folder_path == "focus"
    assert export.partition_data is True


def test_the_example_of_a_credential_is_one() -> None:
    """It can be entered as it stands, but for the secret."""
    (block,) = re.findall(r"<<'JSON'\n(.*?)^JSON$", PAGE, re.MULTILINE | re.DOTALL)
    credential = AzureCredential.model_validate(json.loads(block))
    assert credential.cost_export is not None
    assert credential.cost_export.directory == "focus"
