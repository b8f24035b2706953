-- What is the highest version of the day's windows of quality, tombstones included, and how many are served?
SELECT
    max(newest) AS version,
    countIf(NOT is_gone) AS "rows"
FROM
    (
        SELECT
            max(version) AS newest,
            argMax(is_deleted, version) AS is_gone
        FROM quality_windows
        WHERE customer_id = {customer_id:String} AND provider = {provider:String} AND day = {day:Date}
        GROUP BY
            application_id, environment, service_version, prompt_name, prompt_version, model,
            metric_name, judge, judge_model, rubric_version, window_start
    )
