-- Calls of one customer's five applications, evenly over the span, without texts.
INSERT INTO llm_interactions (
    customer_id, application_id, day, trace_id, span_id, started_at, ended_at, provider, environment, service_version,
    prompt_version, llm_vendor, model, operation, latency_ms, ttft_ms, input_tokens, output_tokens, cache_read_tokens,
    cost_usd, error_type, text_state, judge_allowed, text_expires_on, ingested_at
)
SELECT
    {customer:String}, concat('team.app-', toString(number % 5)),
    toDate({start:DateTime('UTC')} + intDiv(number * {span:UInt64}, {calls:UInt64})),
    lower(hex(sipHash128(number))), lower(hex(sipHash64(number, 1))),
    {start:DateTime('UTC')} + intDiv(number * {span:UInt64}, {calls:UInt64}),
    {start:DateTime('UTC')} + intDiv(number * {span:UInt64}, {calls:UInt64}) + 1,
    'aws', if(number % 10 = 0, 'test', 'prod'), toString(number % 3), toString(number % 2), 'openai',
    concat('model-', toString(number % 3)), 'chat', 500 + sipHash64(number, 2) % 4000, 50 + sipHash64(number, 3) % 500,
    200 + sipHash64(number, 4) % 4000, 50 + sipHash64(number, 5) % 500, sipHash64(number, 6) % 200,
    if(number % 50 = 0, NULL, toDecimal128((sipHash64(number, 7) % 1000) / 100000, 12)),
    if(number % 40 = 0, 'timeout', ''), 'redacted', 1, toDate('2100-01-01'), {start:DateTime('UTC')}
FROM numbers({first:UInt64}, {count:UInt64})
SETTINGS max_partitions_per_insert_block = 0
