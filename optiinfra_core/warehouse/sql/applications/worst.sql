-- Which judged calls are the worst? Tampered first, then contradicted, then by score.
-- `series` holds the series that may be asked for, as application/metric/judge/model/rubric.
SELECT
    timestamp, application_id, provider, environment, service_version, prompt_name, prompt_version, model,
    substring(interaction_id, 1, 32) AS trace_id, interaction_id, metric_type, metric_name, judge, judge_model,
    rubric_version, status, score, label, passed, confidence, toBool(tamper) AS tampered,
    toUInt32OrZero(verdicts['contradicted']) AS contradicted, verdicts, inclusion_probability, stratum, scored_at
FROM application_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND metric_type IN {metric_types:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND timestamp >= {start:DateTime('UTC')} AND timestamp < {end:DateTime('UTC')}
    AND replicate = 0
    AND status = 'ok'
    AND (score IS NOT NULL OR tamper)
    AND ({application:String} = '' OR application_id = {application:String})
    AND ({environment:String} = '' OR environment = {environment:String})
    AND ({model:String} = '' OR model = {model:String})
    AND ({service_version:String} = '' OR service_version = {service_version:String})
    AND ({prompt_version:String} = '' OR prompt_version = {prompt_version:String})
    AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
    AND ({judge_model:String} = '' OR judge_model = {judge_model:String})
    AND concatWithSeparator('/', application_id, metric_name, judge, judge_model, rubric_version)
    IN {series:Array(String)}
ORDER BY
    tampered DESC, contradicted > 0 DESC, if(metric_type = 'quality', score, 1 - score) ASC NULLS FIRST,
    timestamp DESC, interaction_id ASC, metric_name ASC, judge ASC, judge_model ASC, rubric_version ASC
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
