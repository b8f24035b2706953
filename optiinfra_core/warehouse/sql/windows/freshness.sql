-- Up to when is each account's data committed, and did its last window lack a part?
SELECT
    provider,
    account_id,
    dataset,
    maxIf(window_end, complete) AS complete_until,
    max(window_end) AS committed_until,
    max(finished_at) AS as_of,
    argMax(source, window_start) AS source,
    argMax(failed_parts, window_start) AS failed_parts,
    max(version) AS data_version,
    count() AS windows,
    sum("rows") AS "rows"
FROM collection_windows FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= {since:Date}
GROUP BY provider, account_id, dataset
ORDER BY provider ASC, account_id ASC, dataset ASC
