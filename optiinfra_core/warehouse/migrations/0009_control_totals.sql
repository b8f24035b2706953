-- Why: sums that providers state on their own (an invoice's total, a manifest's), kept so that what
-- is served later can be held against what was stated.
-- A write of a span replaces the statements inside of it, like its rows.
CREATE TABLE IF NOT EXISTS ${DB}.control_totals ${ON_CLUSTER}
(
    customer_id LowCardinality(String),
    provider    LowCardinality(String),
    dataset     LowCardinality(String) COMMENT 'cost, performance, resource',
    account_id  LowCardinality(String),
    span_start  DateTime('UTC') CODEC(Delta, ZSTD(1)) COMMENT 'first instant that the statement covers',
    span_end    DateTime('UTC') CODEC(Delta, ZSTD(1)) COMMENT 'exclusive',
    day         Date MATERIALIZED toDate(span_start) CODEC(Delta, ZSTD(1)),
    name        LowCardinality(String) COMMENT 'which statement: invoice, manifest ...',
    invoice_id  String CODEC(ZSTD(1)) COMMENT 'only rows of this invoice count; empty: all rows',
    measure     LowCardinality(String) COMMENT 'the column that was added up',
    currency    LowCardinality(String),
    stated      Decimal(38, 18) CODEC(ZSTD(1)) COMMENT 'by the provider',
    collected   Decimal(38, 18) CODEC(ZSTD(1)) COMMENT 'sum of the rows when they were written',
    tolerance   Decimal(38, 18) CODEC(ZSTD(1)) COMMENT 'how far both may be apart',
    source      LowCardinality(String),
    run_id      LowCardinality(String),
    version     UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'of the write that it came with',
    is_deleted  UInt8 CODEC(ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(day)
ORDER BY (customer_id, provider, dataset, account_id, day, span_start, span_end, name, invoice_id, measure, currency)
SETTINGS index_granularity = 2048;
