-- Why: one row is one judgement of one interaction by one judge, model and rubric. Another model or
-- another version of a rubric is another series: it stands beside the old one and never mixes with it.
-- A judgement that failed has a status and no score. `timestamp` is the time of the interaction, so
-- that judging again later moves nothing; `scored_at` decides which of two attempts is served.
CREATE TABLE IF NOT EXISTS ${DB}.application_metrics ${ON_CLUSTER}
(
    customer_id           LowCardinality(String),
    application_id        LowCardinality(String),
    provider              LowCardinality(String),
    environment           LowCardinality(String),
    service_version       LowCardinality(String),
    prompt_name           LowCardinality(String),
    prompt_version        LowCardinality(String),
    model                 LowCardinality(String) COMMENT 'of the application, not of the judge',
    timestamp             DateTime64(3, 'UTC') COMMENT 'of the interaction' CODEC(Delta, ZSTD(1)),
    day                   Date MATERIALIZED toDate(timestamp) CODEC(Delta, ZSTD(1)),
    interaction_id        String COMMENT 'trace_id-span_id' CODEC(ZSTD(1)),
    metric_type           LowCardinality(String) COMMENT 'quality, hallucination, toxicity',
    metric_name           LowCardinality(String) COMMENT 'quality, faithfulness, factuality_suspicion, toxicity, ...',
    judge                 LowCardinality(String) COMMENT 'groq, openai_compatible, lexical-1, external, ...',
    judge_model           LowCardinality(String) COMMENT 'empty for judges that are no model',
    rubric_version        LowCardinality(String) COMMENT 'number and hash of all that was asked',
    replicate             UInt8 CODEC(ZSTD(1)),
    status                Enum8('ok' = 1, 'error' = 2, 'refused' = 3, 'unparseable' = 4, 'skipped' = 5),
    reason                LowCardinality(String) COMMENT 'why there is no score',
    score                 Nullable(Float64) COMMENT '0 to 1; quality: higher is better; the others: higher is worse' CODEC(ZSTD(1)),
    label                 LowCardinality(String),
    passed                Nullable(UInt8) CODEC(ZSTD(1)),
    confidence            LowCardinality(String),
    tamper                UInt8 COMMENT 'the evidence tries to steer the judge; kept out of means' CODEC(ZSTD(1)),
    verdicts              Map(LowCardinality(String), LowCardinality(String)) COMMENT 'the small answers a score is made of' CODEC(ZSTD(1)),
    explanation           String TTL text_expires_on CODEC(ZSTD(3)),
    output_chars          Nullable(UInt32) COMMENT 'length of what was judged, for its correlation with the score' CODEC(ZSTD(1)),
    inclusion_probability Float64 COMMENT 'of the interaction in the sample' CODEC(ZSTD(1)),
    stratum               LowCardinality(String) COMMENT 'uniform: also in the uniform floor; risk: only for its risk; all: everything',
    system_fingerprint    LowCardinality(String),
    judge_input_tokens    Nullable(UInt32) CODEC(ZSTD(1)),
    judge_output_tokens   Nullable(UInt32) CODEC(ZSTD(1)),
    judge_cost_usd        Nullable(Decimal(38, 12)) COMMENT 'null: price unknown' CODEC(ZSTD(1)),
    judge_ms              Nullable(Float64) CODEC(ZSTD(1)),
    attempts              UInt8 CODEC(ZSTD(1)),
    text_expires_on       Date CODEC(ZSTD(1)),
    run_id                LowCardinality(String),
    scored_at             DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(scored_at)
PARTITION BY toYYYYMM(day)
PRIMARY KEY (customer_id, application_id, metric_type, metric_name, day)
ORDER BY (customer_id, application_id, metric_type, metric_name, day, interaction_id, judge, judge_model, rubric_version, replicate)
TTL day + INTERVAL ${RAW_DAYS} DAY
SETTINGS index_granularity = 2048;

-- Why: which interactions are to be judged is fixed before any is, with the probability it had; a
-- retry judges the same ones, so that failures cannot bias the estimates.
CREATE TABLE IF NOT EXISTS ${DB}.judge_samples ${ON_CLUSTER}
(
    customer_id           LowCardinality(String),
    application_id        LowCardinality(String),
    provider              LowCardinality(String),
    timestamp             DateTime64(3, 'UTC') COMMENT 'of the interaction' CODEC(Delta, ZSTD(1)),
    day                   Date MATERIALIZED toDate(timestamp) CODEC(Delta, ZSTD(1)),
    interaction_id        String CODEC(ZSTD(1)),
    inclusion_probability Float64 CODEC(ZSTD(1)),
    stratum               LowCardinality(String) COMMENT 'uniform, risk, all',
    risk                  Float64 COMMENT 'what the probability is proportional to' CODEC(ZSTD(1)),
    plan                  LowCardinality(String) COMMENT 'floor and factor of the window, so that late ones are drawn alike',
    run_id                LowCardinality(String),
    sampled_at            DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (customer_id, application_id, day, interaction_id)
TTL day + INTERVAL ${RAW_DAYS} DAY
SETTINGS index_granularity = 2048;

-- Why: what people say of single interactions; they correct the rates that judges give.
CREATE TABLE IF NOT EXISTS ${DB}.human_labels ${ON_CLUSTER}
(
    customer_id    LowCardinality(String),
    application_id LowCardinality(String),
    timestamp      DateTime64(3, 'UTC') COMMENT 'of the interaction' CODEC(Delta, ZSTD(1)),
    day            Date MATERIALIZED toDate(timestamp) CODEC(Delta, ZSTD(1)),
    interaction_id String CODEC(ZSTD(1)),
    metric_name    LowCardinality(String),
    rater          LowCardinality(String),
    flagged        UInt8 COMMENT '1: the defect that the metric looks for is there' CODEC(ZSTD(1)),
    comment        String TTL text_expires_on CODEC(ZSTD(3)),
    text_expires_on Date CODEC(ZSTD(1)),
    key_id         LowCardinality(String) COMMENT 'API key that entered it',
    labelled_at    DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    is_deleted     UInt8 CODEC(ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(labelled_at, is_deleted)
PARTITION BY toYYYYMM(day)
ORDER BY (customer_id, application_id, metric_name, day, interaction_id, rater)
TTL day + INTERVAL ${RAW_DAYS} DAY
SETTINGS index_granularity = 2048;

-- Why: trends and alarms read what each quarter of an hour said without reading every judgement. A
-- window is computed whole from what is committed and replaces what it was; never incremented.
CREATE TABLE IF NOT EXISTS ${DB}.quality_windows ${ON_CLUSTER}
(
    customer_id     LowCardinality(String),
    application_id  LowCardinality(String),
    provider        LowCardinality(String),
    environment     LowCardinality(String),
    service_version LowCardinality(String),
    prompt_name     LowCardinality(String),
    prompt_version  LowCardinality(String),
    model           LowCardinality(String),
    metric_type     LowCardinality(String),
    metric_name     LowCardinality(String),
    judge           LowCardinality(String),
    judge_model     LowCardinality(String),
    rubric_version  LowCardinality(String),
    window_start    DateTime('UTC') CODEC(Delta, ZSTD(1)),
    day             Date MATERIALIZED toDate(window_start) CODEC(Delta, ZSTD(1)),
    judged          UInt32 COMMENT 'with a score' CODEC(T64, ZSTD(1)),
    failed          UInt32 COMMENT 'error, unparseable, refused or skipped' CODEC(T64, ZSTD(1)),
    without_score   UInt32 COMMENT 'nothing to score: no claims, not applicable' CODEC(T64, ZSTD(1)),
    tampered        UInt32 CODEC(T64, ZSTD(1)),
    not_passed      UInt32 CODEC(T64, ZSTD(1)),
    weight          Float64 COMMENT 'sum of 1/probability over the judged' CODEC(ZSTD(1)),
    weight_squared  Float64 CODEC(ZSTD(1)),
    weighted_score  Float64 CODEC(ZSTD(1)),
    weighted_score_squared Float64 CODEC(ZSTD(1)),
    weighted_not_passed Float64 CODEC(ZSTD(1)),
    judge_cost_usd  Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    run_id          LowCardinality(String),
    version         UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'milliseconds at which it was computed; the highest wins',
    is_deleted      UInt8 CODEC(ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(day)
PRIMARY KEY (customer_id, application_id, metric_name, day)
ORDER BY (customer_id, application_id, metric_name, day, window_start, judge, judge_model, rubric_version, provider, environment, service_version, prompt_name, prompt_version, model)
SETTINGS index_granularity = 2048;

-- Why: a judge drifts too. The same labelled items are judged every day and whenever the judge changes;
-- a step there explains a step in the series.
CREATE TABLE IF NOT EXISTS ${DB}.judge_gold_results ${ON_CLUSTER}
(
    customer_id        LowCardinality(String) COMMENT 'who paid; the operator''s own checks carry -',
    judge              LowCardinality(String),
    judge_model        LowCardinality(String),
    rubric_version     LowCardinality(String),
    metric_name        LowCardinality(String),
    day                Date CODEC(Delta, ZSTD(1)),
    item_id            LowCardinality(String),
    replicate          UInt8 CODEC(ZSTD(1)),
    expected           UInt8 COMMENT '1: the defect is there' CODEC(ZSTD(1)),
    status             Enum8('ok' = 1, 'error' = 2, 'refused' = 3, 'unparseable' = 4, 'skipped' = 5),
    score              Nullable(Float64) CODEC(ZSTD(1)),
    flagged            Nullable(UInt8) CODEC(ZSTD(1)),
    output_chars       UInt32 CODEC(ZSTD(1)),
    system_fingerprint LowCardinality(String),
    judge_cost_usd     Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    run_id             LowCardinality(String),
    scored_at          DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(scored_at)
PARTITION BY toYYYYMM(day)
ORDER BY (customer_id, judge, judge_model, rubric_version, metric_name, day, item_id, replicate)
SETTINGS index_granularity = 2048;
