-- Why: providers change what they said. Every change of money in a window already served is one row,
-- so that a total can be asked for as it was known at a moment, and a surprise can be explained.
-- A change is identified by its line and by the version it was found against (from_version):
-- finding it again after a crash replaces it, and a change that did not happen is tombstoned.
CREATE TABLE IF NOT EXISTS ${DB}.cost_restatements ${ON_CLUSTER}
(
    customer_id            LowCardinality(String),
    provider               LowCardinality(String),
    account_id             LowCardinality(String),
    charge_period_start    DateTime('UTC') CODEC(Delta, ZSTD(1)),
    day                    Date MATERIALIZED toDate(charge_period_start) CODEC(Delta, ZSTD(1)),
    charge_period_end      DateTime('UTC') CODEC(Delta, ZSTD(1)),
    sub_account_id         LowCardinality(String),
    service_name           LowCardinality(String),
    charge_category        LowCardinality(String),
    charge_class           LowCardinality(String),
    charge_description     LowCardinality(String),
    region_id              LowCardinality(String),
    resource_id            LowCardinality(String),
    sku_id                 LowCardinality(String),
    pricing_category       LowCardinality(String),
    commitment_discount_id LowCardinality(String),
    billing_currency       LowCardinality(String),
    line                   UInt64 MATERIALIZED sipHash64(charge_period_start, charge_period_end, sub_account_id, service_name, charge_category, charge_class, charge_description, region_id, resource_id, sku_id, pricing_category, commitment_discount_id, billing_currency) CODEC(ZSTD(1)),
    change                 LowCardinality(String) COMMENT 'restated, appeared, vanished, or source where another data set took over',
    old_billed_cost        Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    new_billed_cost        Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    delta_billed_cost      Decimal(38, 12) CODEC(ZSTD(1)),
    old_effective_cost     Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    new_effective_cost     Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    delta_effective_cost   Decimal(38, 12) CODEC(ZSTD(1)),
    source                 LowCardinality(String),
    source_version         String CODEC(ZSTD(1)),
    run_id                 LowCardinality(String),
    from_version           UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'the version of the day that was replaced',
    detected_at            DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    version                UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted             UInt8 CODEC(ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(day)
ORDER BY (customer_id, provider, day, account_id, line, from_version)
SETTINGS index_granularity = 2048;
