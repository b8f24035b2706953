-- What is the rollup's highest version of the day, tombstones included, and how many series has it?
-- Without FINAL: of each series the newest row decides, and a day has few rows besides those.
SELECT
    max(newest) AS version,
    countIf(NOT is_gone) AS "rows"
FROM
    (
        SELECT
            max(version) AS newest,
            argMax(is_deleted, version) AS is_gone
        FROM ${DAILY}
        WHERE customer_id = {customer_id:String} AND provider = {provider:String} AND day = {day:Date}
        GROUP BY account_id, region, resource_id, metric, statistic
    )
