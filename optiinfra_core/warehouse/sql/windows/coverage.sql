-- How much of the period is committed, per account, and where are the gaps?
-- `step_s` is the length of the data set's window, with which start and end are aligned.
SELECT
    provider, account_id, expected, committed, partial, unfinished,
    toBool(committed >= expected) AS complete,
    "rows", first_committed, last_committed, as_of, data_version,
    arraySlice(
        arrayFilter(
            gap -> gap.1 < gap.2,
            arrayMap(
                (since, until) -> (toDateTime(since, 'UTC'), toDateTime(until, 'UTC')),
                arrayPushFront(
                    arrayMap(held -> held + {step_s:UInt32}, starts), toUnixTimestamp({start:DateTime('UTC')})
                ),
                arrayPushBack(starts, toUnixTimestamp({end:DateTime('UTC')}))
            )
        ),
        1, {gap_limit:UInt32}
    ) AS gaps
FROM
    (
        SELECT
            provider, account_id,
            toUInt64(
                intDiv(dateDiff('second', {start:DateTime('UTC')}, {end:DateTime('UTC')}), {step_s:UInt32})
            ) AS expected,
            countIf(complete) AS committed,
            countIf(NOT complete) AS partial,
            countIf(finished_at < window_end) AS unfinished,
            sum("rows") AS "rows",
            min(window_start) AS first_committed,
            max(window_end) AS last_committed,
            max(finished_at) AS as_of,
            max(version) AS data_version,
            arraySort(groupArrayIf(toUnixTimestamp(window_start), complete)) AS starts
        FROM collection_windows FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND dataset = {dataset:String}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND window_start >= {start:DateTime('UTC')} AND window_start < {end:DateTime('UTC')}
        GROUP BY provider, account_id
    )
ORDER BY provider ASC, account_id ASC
