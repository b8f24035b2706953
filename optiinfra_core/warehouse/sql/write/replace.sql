-- Replace a window as a whole: the new rows and the tombstones of all that the batch no longer has.
-- One statement, one part: a reader sees the window wholly old or wholly new.
-- Lines with the same key are summed; of columns that cannot be summed the later row's are kept.
INSERT INTO ${TABLE} (${WRITTEN}, customer_id, provider, account_id, source, run_id, version, is_deleted)
SELECT
    ${GIVEN},
    {customer_id:String}, {provider:String}, {account_id:String}, {source:String}, {run_id:String}, {version:UInt64}, 0
FROM
    (
        SELECT ${UNPACKED}
        FROM
            (
                SELECT ${GATHERED}
                FROM batch
                WHERE NOT has({failed:Array(String)}, ${PART})
                GROUP BY ALL
            )
    )
UNION ALL
SELECT
    ${WRITTEN},
    customer_id, provider, account_id, source, {run_id:String}, {version:UInt64}, 1
FROM ${TABLE} FINAL
WHERE
    customer_id = {customer_id:String} AND provider = {provider:String} AND account_id = {account_id:String}
    AND day >= {first_day:Date} AND day <= {last_day:Date}
    AND ${INSTANT} >= {start:DateTime('UTC')} AND ${INSTANT} < {end:DateTime('UTC')}
    AND NOT has({failed:Array(String)}, ${PART})
    AND ({every_part:Bool} OR has({parts:Array(String)}, ${PART}))
    AND (source, ${OLD_LINE}) NOT IN (SELECT {source:String}, ${NEW_LINE} FROM batch)
