-- Why: a day of a series in one row, kept for years after the samples are gone.
-- Recomputed from what the samples say, never fed by a view: a view counts a rewritten window twice.
CREATE TABLE IF NOT EXISTS ${DB}.performance_metrics_1d ${ON_CLUSTER}
(
    customer_id   LowCardinality(String),
    provider      LowCardinality(String),
    account_id    LowCardinality(String),
    region        LowCardinality(String),
    resource_type LowCardinality(String),
    resource_id   LowCardinality(String),
    resource_name LowCardinality(String),
    metric        LowCardinality(String),
    statistic     LowCardinality(String),
    unit          LowCardinality(String),
    day           Date CODEC(Delta, ZSTD(1)),
    samples       UInt32 CODEC(T64, ZSTD(1)),
    covered_s     UInt32 CODEC(T64, ZSTD(1)) COMMENT 'seconds of the day that the samples cover',
    value_sum     Float64 CODEC(ZSTD(1)),
    value_min     Float64 CODEC(ZSTD(1)),
    value_max     Float64 CODEC(ZSTD(1)),
    value_last    Float64 CODEC(ZSTD(1)),
    value_p95     Float64 CODEC(ZSTD(1)),
    version       UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted    UInt8 CODEC(ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(version, is_deleted)
PARTITION BY toYear(day)
ORDER BY (customer_id, provider, metric, day, resource_id, statistic, account_id, region)
SETTINGS index_granularity = 2048;
