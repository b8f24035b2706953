-- Why: collecting costs money and quota. One row is one call to a provider (a page, a retry).
CREATE TABLE IF NOT EXISTS ${DB}.collection_calls ${ON_CLUSTER}
(
    customer_id  LowCardinality(String),
    provider     LowCardinality(String),
    dataset      LowCardinality(String),
    account_id   LowCardinality(String),
    run_id       LowCardinality(String),
    at           DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    day          Date MATERIALIZED toDate(at) CODEC(Delta, ZSTD(1)),
    operation    LowCardinality(String),
    region       LowCardinality(String),
    units        UInt32 CODEC(T64, ZSTD(1)) COMMENT 'what the provider bills: metrics, requests',
    usd          Decimal(38, 12) CODEC(ZSTD(1)) COMMENT 'estimated by the price list',
    milliseconds UInt32 CODEC(T64, ZSTD(1)),
    status       UInt16 CODEC(T64, ZSTD(1)),
    throttled    UInt8 CODEC(ZSTD(1)),
    error        String CODEC(ZSTD(1))
)
ENGINE = ${ENGINE}MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (customer_id, provider, day, dataset, account_id, at)
TTL day + INTERVAL ${RAW_DAYS} DAY
SETTINGS index_granularity = 2048, non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1;
