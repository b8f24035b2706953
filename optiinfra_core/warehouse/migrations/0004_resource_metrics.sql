-- Why: full snapshots of what exists (4.7 bytes a row measured); changes are derived by content_hash.
CREATE TABLE IF NOT EXISTS ${DB}.resource_metrics ${ON_CLUSTER}
(
    customer_id   LowCardinality(String),
    provider      LowCardinality(String),
    account_id    LowCardinality(String),
    source        LowCardinality(String),
    ts            DateTime('UTC') CODEC(Delta, ZSTD(1)) COMMENT 'start of the window the snapshot was taken in',
    day           Date MATERIALIZED toDate(ts) CODEC(Delta, ZSTD(1)),
    region        LowCardinality(String),
    resource_type LowCardinality(String),
    resource_id   LowCardinality(String),
    resource_name LowCardinality(String),
    state         LowCardinality(String),
    sku           LowCardinality(String),
    vcpus         Nullable(Float64) CODEC(ZSTD(1)),
    memory_gib    Nullable(Float64) CODEC(ZSTD(1)),
    storage_gib   Nullable(Float64) CODEC(ZSTD(1)),
    created_at    Nullable(DateTime('UTC')) CODEC(ZSTD(1)),
    tags          Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attributes    String CODEC(ZSTD(3)) COMMENT 'canonical JSON, volatile fields removed',
    content_hash  UInt64 MATERIALIZED sipHash64(resource_type, resource_name, state, sku, ifNull(toString(vcpus), ''), ifNull(toString(memory_gib), ''), ifNull(toString(storage_gib), ''), ifNull(toString(created_at), ''), mapSort(tags), attributes) CODEC(ZSTD(1)),
    run_id        LowCardinality(String),
    version       UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'milliseconds at which the collection started; the highest wins',
    is_deleted    UInt8 CODEC(ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(day)
PRIMARY KEY (customer_id, provider, day, resource_id)
ORDER BY (customer_id, provider, day, resource_id, account_id, region, ts, source)
TTL day + INTERVAL ${RAW_DAYS} DAY
SETTINGS index_granularity = 2048, ttl_only_drop_parts = 1;
