-- Why: one sample of one metric of one resource a row; `ts` is the start of the interval measured.
-- Of the orders tried at 10 M rows, (metric, day, resource, ts) answers every read in under 17 ms.
CREATE TABLE IF NOT EXISTS ${DB}.performance_metrics ${ON_CLUSTER}
(
    customer_id   LowCardinality(String),
    provider      LowCardinality(String),
    account_id    LowCardinality(String),
    source        LowCardinality(String),
    region        LowCardinality(String),
    resource_type LowCardinality(String),
    resource_id   LowCardinality(String),
    resource_name LowCardinality(String),
    metric        LowCardinality(String) COMMENT 'canonical name, for example cpu_utilization',
    statistic     LowCardinality(String),
    unit          LowCardinality(String),
    ts            DateTime('UTC') CODEC(Delta, ZSTD(1)) COMMENT 'start of the interval',
    day           Date MATERIALIZED toDate(ts) CODEC(Delta, ZSTD(1)),
    period_s      UInt32 CODEC(ZSTD(1)),
    value         Float64 CODEC(${VALUE_CODEC}),
    run_id        LowCardinality(String),
    version       UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'milliseconds at which the collection started; the highest wins',
    is_deleted    UInt8 CODEC(ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(day)
PRIMARY KEY (customer_id, provider, metric, day, resource_id, statistic, ts)
ORDER BY (customer_id, provider, metric, day, resource_id, statistic, ts, account_id, region, source)
TTL day + INTERVAL ${RAW_DAYS} DAY
SETTINGS index_granularity = 2048, ttl_only_drop_parts = 1;
