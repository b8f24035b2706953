-- Why: the commit record of one written window. Readers learn from it, and from nothing else, what
-- is complete and when; an empty window and a failed run look the same in the data itself.
-- One record a window whatever the source: the source that wrote last owns the window.
CREATE TABLE IF NOT EXISTS ${DB}.collection_windows ${ON_CLUSTER}
(
    customer_id        LowCardinality(String),
    provider           LowCardinality(String),
    dataset            LowCardinality(String) COMMENT 'cost, performance, resource',
    account_id         LowCardinality(String),
    window_start       DateTime('UTC') CODEC(Delta, ZSTD(1)),
    window_end         DateTime('UTC') CODEC(Delta, ZSTD(1)),
    day                Date MATERIALIZED toDate(window_start) CODEC(Delta, ZSTD(1)),
    source             LowCardinality(String),
    source_version     String CODEC(ZSTD(1)) COMMENT 'what the source called its own state; empty where it has none',
    run_id             LowCardinality(String),
    version            UInt64 CODEC(Delta, ZSTD(1)),
    started_at         DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'when the collection started',
    rows               UInt64 CODEC(T64, ZSTD(1)) COMMENT 'rows that the window serves',
    checksum           UInt64 CODEC(ZSTD(1)) COMMENT 'of those rows, computed by the server',
    complete           UInt8 CODEC(ZSTD(1)) COMMENT '0 where a part of the account failed',
    failed_parts       Array(String) CODEC(ZSTD(1)),
    first_committed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    finished_at        DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (customer_id, provider, dataset, account_id, day, window_start)
SETTINGS index_granularity = 2048;
