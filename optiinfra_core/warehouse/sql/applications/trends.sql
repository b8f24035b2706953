-- How does each series of scores develop from one hour, day, week or month to the next?
SELECT
    multiIf(
        {group_by:String} = 'hour', toStartOfHour(window_start),
        {group_by:String} = 'day', toStartOfDay(window_start),
        {group_by:String} = 'week', toDateTime(toStartOfWeek(window_start, 1), 'UTC'),
        toDateTime(toStartOfMonth(window_start), 'UTC')
    ) AS period,
    application_id, environment, metric_type, metric_name, judge, judge_model, rubric_version,
    sum(judged) AS judged, sum(failed) AS failed, sum(without_score) AS without_score, sum(tampered) AS tampered,
    sum(not_passed) AS not_passed, sum(weight) AS weight, sum(weight_squared) AS weight_squared,
    sum(weighted_score) AS weighted, sum(weighted_score_squared) AS weighted_squared,
    sum(weighted_not_passed) AS weighted_not_passed, sumOrNull(judge_cost_usd) AS judge_cost_usd
FROM quality_windows FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND window_start >= {start:DateTime('UTC')} AND window_start < {end:DateTime('UTC')}
    AND ({application:String} = '' OR application_id = {application:String})
    AND ({environment:String} = '' OR environment = {environment:String})
    AND ({model:String} = '' OR model = {model:String})
    AND ({service_version:String} = '' OR service_version = {service_version:String})
    AND ({prompt_version:String} = '' OR prompt_version = {prompt_version:String})
    AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
    AND ({judge_model:String} = '' OR judge_model = {judge_model:String})
    AND (
        {every:Bool}
        OR concatWithSeparator('/', application_id, metric_name, judge, judge_model, rubric_version)
        IN {series:Array(String)}
    )
GROUP BY period, application_id, environment, metric_type, metric_name, judge, judge_model, rubric_version
HAVING
    NOT {has_after:Bool}
    OR (period, application_id, metric_name, environment, judge, judge_model, rubric_version)
    > (
        {after_period:DateTime('UTC')}, {after_application:String}, {after_metric:String}, {after_environment:String},
        {after_judge:String}, {after_model:String}, {after_rubric:String}
    )
ORDER BY
    period ASC, application_id ASC, metric_name ASC, environment ASC, judge ASC, judge_model ASC, rubric_version ASC
LIMIT {limit:UInt32}
