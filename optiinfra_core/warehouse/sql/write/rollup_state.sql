-- What is the rollup's highest version of the day, and how many series does it serve?
SELECT
    (
        SELECT max(version)
        FROM performance_metrics_1d
        WHERE customer_id = {customer_id:String} AND provider = {provider:String} AND day = {day:Date}
    ) AS version,
    count() AS rows
FROM performance_metrics_1d FINAL
WHERE customer_id = {customer_id:String} AND provider = {provider:String} AND day = {day:Date}
