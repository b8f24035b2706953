-- Which judged calls are the worst? Tampered first, then contradicted, then by score.
-- `series` holds the series that may be asked for, as application/metric/judge/model/rubric.
-- A page starts after the call that the cursor names; -2 stands for no score, which comes first.
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
    AND (
        NOT {has_after:Bool}
        OR (
            NOT tampered, contradicted = 0, coalesce(if(metric_type = 'quality', score, -score), -2),
            -toUnixTimestamp64Milli(timestamp), interaction_id, metric_name, judge, judge_model, rubric_version
        )
        > (
            NOT {after_tampered:Bool}, {after_contradicted:UInt32} = 0,
            multiIf(
                {after_score:Float64} = -2, -2, metric_type = 'quality', {after_score:Float64}, -{after_score:Float64}
            ),
            -toUnixTimestamp64Milli({after_timestamp:DateTime64(3, 'UTC')}), {after_interaction:String},
            {after_metric:String}, {after_judge:String}, {after_model:String}, {after_rubric:String}
        )
    )
ORDER BY
    tampered DESC, contradicted > 0 DESC, if(metric_type = 'quality', score, -score) ASC NULLS FIRST,
    timestamp DESC, interaction_id ASC, metric_name ASC, judge ASC, judge_model ASC, rubric_version ASC
LIMIT {limit:UInt32}
