-- Why: one row is one call of an application to a language model. A call may reach us in halves (a span,
-- its log records), in any order and more than once: every column merges by a function that gives the
-- same result whichever way the halves are grouped or repeated (min, max, union).
-- `day` is the UTC day of the half that carries it, so that reads prune; halves that straddle midnight
-- stay two parts. Readers therefore look one day further at both ends and GROUP BY the identity.
CREATE TABLE IF NOT EXISTS ${DB}.llm_interactions ${ON_CLUSTER}
(
    customer_id         LowCardinality(String),
    application_id      LowCardinality(String) COMMENT 'slug of service.namespace and service.name',
    day                 Date CODEC(Delta, ZSTD(1)),
    trace_id            String COMMENT 'lower-case hex' CODEC(ZSTD(1)),
    span_id             String COMMENT 'lower-case hex' CODEC(ZSTD(1)),
    started_at          SimpleAggregateFunction(min, DateTime64(6, 'UTC')) CODEC(Delta, ZSTD(1)),
    ended_at            SimpleAggregateFunction(max, DateTime64(6, 'UTC')) CODEC(Delta, ZSTD(1)),
    provider            SimpleAggregateFunction(max, LowCardinality(String)) COMMENT 'cloud that hosts the application; empty: not told',
    environment         SimpleAggregateFunction(max, LowCardinality(String)),
    service_version     SimpleAggregateFunction(max, LowCardinality(String)),
    prompt_name         SimpleAggregateFunction(max, LowCardinality(String)),
    prompt_version      SimpleAggregateFunction(max, LowCardinality(String)),
    llm_vendor          SimpleAggregateFunction(max, LowCardinality(String)) COMMENT 'gen_ai.provider.name',
    request_model       SimpleAggregateFunction(max, LowCardinality(String)),
    model               SimpleAggregateFunction(max, LowCardinality(String)) COMMENT 'that answered, else that was asked for',
    operation           SimpleAggregateFunction(max, LowCardinality(String)) COMMENT 'chat, text_completion, generate_content',
    dialect             SimpleAggregateFunction(max, LowCardinality(String)) COMMENT 'how the instrumentation spells a call',
    latency_ms          SimpleAggregateFunction(max, Nullable(Float64)),
    ttft_ms             SimpleAggregateFunction(max, Nullable(Float64)) COMMENT 'time to the first token',
    input_tokens        SimpleAggregateFunction(max, Nullable(UInt64)) COMMENT 'cached ones included',
    output_tokens       SimpleAggregateFunction(max, Nullable(UInt64)) COMMENT 'reasoning included',
    cache_read_tokens   SimpleAggregateFunction(max, Nullable(UInt64)),
    cache_write_tokens  SimpleAggregateFunction(max, Nullable(UInt64)),
    reasoning_tokens    SimpleAggregateFunction(max, Nullable(UInt64)),
    cost_usd            SimpleAggregateFunction(max, Nullable(Decimal(38, 12))) COMMENT 'null: price or tokens unknown',
    price_version       SimpleAggregateFunction(max, LowCardinality(String)),
    error_type          SimpleAggregateFunction(max, LowCardinality(String)) COMMENT 'empty: the call succeeded',
    finish_reason       SimpleAggregateFunction(max, LowCardinality(String)),
    conversation_id     SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
    user_hash           SimpleAggregateFunction(max, String) COMMENT 'keyed hash; erasure goes by it' CODEC(ZSTD(1)),
    external_id         SimpleAggregateFunction(max, String) COMMENT 'the sender''s own id' CODEC(ZSTD(1)),
    text_state          SimpleAggregateFunction(max, Enum8('none' = 0, 'hash' = 1, 'redacted' = 2, 'full' = 3)),
    judge_allowed       SimpleAggregateFunction(min, UInt8) COMMENT '0 where the policy or the call forbids it',
    content_sha256      SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
    input_parts         SimpleAggregateFunction(groupUniqArrayArray, Array(String)) TTL text_expires_on CODEC(ZSTD(3)),
    output_parts        SimpleAggregateFunction(groupUniqArrayArray, Array(String)) TTL text_expires_on CODEC(ZSTD(3)),
    context_parts       SimpleAggregateFunction(groupUniqArrayArray, Array(String)) TTL text_expires_on CODEC(ZSTD(3)),
    text_expires_on     SimpleAggregateFunction(max, Date) COMMENT 'the text columns are empty from this day on',
    tags                SimpleAggregateFunction(maxMap, Map(String, String)) CODEC(ZSTD(1)),
    ingested_at         SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = ${ENGINE}AggregatingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (customer_id, application_id, day, trace_id, span_id)
TTL day + INTERVAL ${RAW_DAYS} DAY
SETTINGS index_granularity = 2048;
