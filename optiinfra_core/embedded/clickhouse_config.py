"""The configuration files of the embedded ClickHouse: what it listens on, who may do what."""

import hashlib
from pathlib import Path
from xml.sax.saxutils import escape

from optiinfra_core.embedded.directory import HOST, Record, private_file

WRITER = "optiinfra"
READER = "reader"
READER_SECONDS = 15
READER_BYTES = 2_000_000_000
# Business intelligence tools and Grafana: the views alone, and longer questions.
BI = "bi"
BI_SECONDS = 60
BI_BYTES = 2_000_000_000

# Engines that keep data in the server's own folder. Without a grant for each, CREATE fails with
# code 497 even under GRANT ALL; File, URL, S3 and the like stay out.
ENGINES = (
    "Atomic",
    "MergeTree",
    "ReplacingMergeTree",
    "AggregatingMergeTree",
    "SummingMergeTree",
    "CollapsingMergeTree",
    "VersionedCollapsingMergeTree",
    "MaterializedView",
    "View",
    "Dictionary",
    "Memory",
    "Null",
)
WRITER_GRANTS = (
    "ALL ON optiinfra*.*",
    "SELECT ON system.*",
    "CREATE TEMPORARY TABLE ON *.*",
    "SYSTEM MERGES, SYSTEM FLUSH LOGS ON *.*",
    "KILL QUERY ON *.*",
    *(f"TABLE ENGINE ON {engine}" for engine in ENGINES),
)
READER_GRANTS = ("SELECT ON optiinfra*.*", "CREATE TEMPORARY TABLE ON *.*")
BI_GRANTS = ("SELECT ON optiinfra.bi_*",)
# The engine's own session logs in as `default`, which must have an empty password. Its quota is
# the engine's two statements: whoever else comes as `default` finds it used up, and the constants
# that no quota counts (SELECT 1) get little memory. A duration of 1e9 s last ended in 2001 and
# next ends in 2033; 3e9 overflows and the engine refuses to start.
ENGINE_GRANTS = ("SYSTEM LISTEN ON *.*", "SELECT ON system.numbers")

CONFIG = """<clickhouse>
  <path>{data}/</path>
  <tmp_path>{data}/tmp/</tmp_path>
  <timezone>UTC</timezone>
  <listen_host>{host}</listen_host>
  <http_port>{port}</http_port>
  <keep_alive_timeout>10</keep_alive_timeout>
  <users_config>users.xml</users_config>
  <user_directories><users_xml><path>users.xml</path></users_xml></user_directories>
  <access_control_improvements>
    <select_from_system_db_requires_grant>true</select_from_system_db_requires_grant>
    <select_from_information_schema_requires_grant>true</select_from_information_schema_requires_grant>
  </access_control_improvements>
  <logger>
    <level>warning</level>
    <log>{log}</log>
    <errorlog>{error_log}</errorlog>
    <size>20M</size>
    <count>2</count>
  </logger>
  <query_log>
    <database>system</database>
    <table>query_log</table>
    <ttl>event_date + INTERVAL 7 DAY DELETE</ttl>
  </query_log>
  <max_server_memory_usage_to_ram_ratio>0.5</max_server_memory_usage_to_ram_ratio>
  <mark_cache_size>268435456</mark_cache_size>
</clickhouse>
"""

USERS = """<clickhouse>
  <profiles>
    <default/>
    <reader>
      <readonly>2</readonly>
      <max_execution_time>{seconds}</max_execution_time>
      <max_memory_usage>{bytes}</max_memory_usage>
      <constraints>
        <max_execution_time><min>1</min><max>{seconds}</max></max_execution_time>
        <max_memory_usage><min>1</min><max>{bytes}</max></max_memory_usage>
      </constraints>
    </reader>
    <bi>
      <readonly>2</readonly>
      <max_execution_time>{bi_seconds}</max_execution_time>
      <max_memory_usage>{bi_bytes}</max_memory_usage>
      <constraints>
        <max_execution_time><min>1</min><max>{bi_seconds}</max></max_execution_time>
        <max_memory_usage><min>1</min><max>{bi_bytes}</max></max_memory_usage>
      </constraints>
    </bi>
    <engine>
      <max_memory_usage>100000000</max_memory_usage>
      <constraints><max_memory_usage><readonly/></max_memory_usage></constraints>
    </engine>
  </profiles>
  <quotas>
    <default/>
    <engine><interval><duration>1000000000</duration><queries>2</queries></interval></engine>
  </quotas>
  <users>{users}</users>
</clickhouse>
"""

USER = """
    <{name}>
      {password}
      <networks><ip>127.0.0.1</ip></networks>
      <profile>{profile}</profile>
      <quota>{quota}</quota>
      <grants>{grants}</grants>
    </{name}>"""


def write_configuration(directory: Path, record: Record) -> Path:
    """Write config.xml and users.xml; returns the folder the engine has to be started in."""
    run = directory / "run"
    run.mkdir(exist_ok=True)
    private_file(run / "config.xml", _config(directory, record.port))
    private_file(run / "users.xml", _users(record))
    return run


def _config(directory: Path, port: int) -> str:
    return CONFIG.format(
        host=HOST,
        port=port,
        data=escape(str(directory / "data")),
        log=escape(str(directory / "server.log")),
        error_log=escape(str(directory / "server.err.log")),
    )


def _users(record: Record) -> str:
    users = (
        _user("default", None, "engine", ENGINE_GRANTS),
        _user(WRITER, record.secrets["password"], "default", WRITER_GRANTS),
        _user(READER, record.secrets["reader_password"], "reader", READER_GRANTS),
        _user(BI, record.secrets["bi_password"], "bi", BI_GRANTS),
    )
    return USERS.format(
        seconds=READER_SECONDS,
        bytes=READER_BYTES,
        bi_seconds=BI_SECONDS,
        bi_bytes=BI_BYTES,
        users="".join(users),
    )


def _user(name: str, password: str | None, profile: str, grants: tuple[str, ...]) -> str:
    digest = hashlib.sha256(password.encode()).hexdigest() if password else ""
    sealed = f"<password_sha256_hex>{digest}</password_sha256_hex>"
    return USER.format(
        name=name,
        password=sealed if password else "<password></password>",
        profile=profile,
        quota="default" if password else "engine",
        grants="".join(f"<query>GRANT {escape(grant)}</query>" for grant in grants),
    )
