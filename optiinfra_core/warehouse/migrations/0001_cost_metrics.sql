-- Why: one FOCUS charge line a row, exact to the cent, replaced window by window.
-- `day` is a real column: under bound parameters a function in the key loses the index.
-- `line_key` stands for every column of a line's identity that is not in the sorting key itself.
CREATE TABLE IF NOT EXISTS ${DB}.cost_metrics ${ON_CLUSTER}
(
    customer_id            LowCardinality(String),
    provider               LowCardinality(String),
    account_id             LowCardinality(String) COMMENT 'the account whose credential collected the line',
    source                 LowCardinality(String) COMMENT 'the data set it comes from: ce_daily, focus_export ...',
    charge_period_start    DateTime('UTC') CODEC(Delta, ZSTD(1)),
    day                    Date MATERIALIZED toDate(charge_period_start) CODEC(Delta, ZSTD(1)),
    charge_period_end      DateTime('UTC') CODEC(Delta, ZSTD(1)),
    billing_period_start   Date CODEC(Delta, ZSTD(1)),
    billing_account_id     LowCardinality(String),
    sub_account_id         LowCardinality(String),
    service_category       LowCardinality(String),
    service_name           LowCardinality(String),
    charge_category        LowCardinality(String) COMMENT 'Usage, Purchase, Tax, Credit, Adjustment',
    charge_class           LowCardinality(String) COMMENT 'Correction or empty',
    charge_description     LowCardinality(String),
    charge_frequency       LowCardinality(String) COMMENT 'One-Time, Recurring, Usage-Based',
    region_id              LowCardinality(String),
    availability_zone      LowCardinality(String),
    resource_id            LowCardinality(String),
    resource_name          LowCardinality(String),
    resource_type          LowCardinality(String),
    sku_id                 LowCardinality(String),
    sku_price_id           LowCardinality(String),
    pricing_category       LowCardinality(String),
    commitment_discount_id LowCardinality(String),
    consumed_quantity      Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    consumed_unit          LowCardinality(String),
    pricing_quantity       Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    pricing_unit           LowCardinality(String),
    list_unit_price        Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    billing_currency       LowCardinality(String),
    billed_cost            Decimal(38, 12) CODEC(ZSTD(1)),
    effective_cost         Decimal(38, 12) CODEC(ZSTD(1)),
    list_cost              Nullable(Decimal(38, 12)) CODEC(ZSTD(1)) COMMENT 'null where the source does not tell',
    contracted_cost        Nullable(Decimal(38, 12)) CODEC(ZSTD(1)) COMMENT 'null where the source does not tell',
    invoice_id             LowCardinality(String),
    finality               LowCardinality(String) COMMENT 'open, closing or final',
    tags                   Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    extra                  Map(LowCardinality(String), String) CODEC(ZSTD(1)) COMMENT 'provider columns outside FOCUS',
    line_key               UInt64 MATERIALIZED sipHash64(account_id, source, charge_period_end, billing_period_start, billing_account_id, sub_account_id, charge_category, charge_class, charge_description, charge_frequency, region_id, availability_zone, resource_type, sku_id, sku_price_id, pricing_category, commitment_discount_id, consumed_unit, pricing_unit, billing_currency, invoice_id, mapSort(tags)) CODEC(ZSTD(1)),
    run_id                 LowCardinality(String),
    version                UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'milliseconds at which the collection started; the highest wins',
    is_deleted             UInt8 CODEC(ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(day)
ORDER BY (customer_id, provider, day, service_name, resource_id, charge_period_start, line_key)
SETTINGS index_granularity = 2048;
