-- Scores of those calls by three metrics, of two judge models one after the other.
INSERT INTO application_metrics (
    customer_id, application_id, provider, environment, service_version, prompt_version, model, timestamp,
    interaction_id, metric_type, metric_name, judge, judge_model, rubric_version, replicate, status, reason, score, label,
    passed, tamper, verdicts, output_chars, inclusion_probability, stratum, judge_input_tokens, judge_output_tokens,
    judge_cost_usd, text_expires_on, run_id, scored_at
)
SELECT
    {customer:String}, concat('team.app-', toString(number % 5)), 'aws', if(number % 10 = 0, 'test', 'prod'),
    toString(number % 3), toString(number % 2), concat('model-', toString(number % 3)),
    {start:DateTime('UTC')} + intDiv(number * {span:UInt64}, {calls:UInt64}),
    concat(lower(hex(sipHash128(number))), '-', lower(hex(sipHash64(number, 1)))),
    metric.1, metric.2, 'groq', if(number < intDiv({calls:UInt64}, 2), 'model-a', 'model-b'), '1-aaaaaaaaaa', 0,
    if(number % 100 = 0, 'error', 'ok') AS status, if(status = 'ok', '', 'timeout'),
    if(status = 'ok', (sipHash64(number, metric.2) % 6) / 5, NULL) AS score, '',
    if(score IS NULL, NULL, score >= 0.4), number % 500 = 1,
    map('contradicted', toString(number % 7 = 0)), 100 + sipHash64(number, 8) % 3000,
    if(number % 4 = 0, 1, 0.03), if(number % 4 = 0, 'risk', 'uniform'), 900, 120, toDecimal128(0.0001, 12),
    toDate('2100-01-01'), 'bench', {start:DateTime('UTC')} + intDiv(number * {span:UInt64}, {calls:UInt64}) + 1200
FROM numbers({first:UInt64}, {count:UInt64})
ARRAY JOIN
    [('quality', 'quality'), ('hallucination', 'faithfulness'), ('toxicity', 'toxicity')] AS metric
SETTINGS max_partitions_per_insert_block = 0
