-- What existed at a moment?
-- From the last committed snapshot of each account, at most two days back; a region that failed in it
-- is taken from the last snapshot in which it did not.
WITH
commits AS
(
    SELECT provider, account_id, window_start, failed_parts
    FROM collection_windows FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND dataset = 'resource'
        AND day >= toDate({at:DateTime('UTC')}) - 2 AND day <= toDate({at:DateTime('UTC')})
        AND window_start > {at:DateTime('UTC')} - INTERVAL 2 DAY AND window_start <= {at:DateTime('UTC')}
        AND (complete OR notEmpty(failed_parts))
),

latest AS
(
    SELECT provider, account_id, max(window_start) AS ts, argMax(failed_parts, window_start) AS failed
    FROM commits
    GROUP BY provider, account_id
),

behind AS
(
    SELECT provider, account_id, region, max(commits.window_start) AS ts
    FROM commits
    INNER JOIN (SELECT provider, account_id, arrayJoin(failed) AS region FROM latest) AS lacking
        USING (provider, account_id)
    WHERE NOT has(commits.failed_parts, region)
    GROUP BY provider, account_id, region
),

chosen AS
(
    SELECT ts FROM latest
    UNION ALL
    SELECT ts FROM behind
),

(SELECT min(ts) FROM chosen) AS oldest
SELECT
    provider, account_id, region, resource_type, resource_id, resource_name, state AS status, sku, vcpus,
    memory_gib, storage_gib, created_at, tags, attributes, ts AS snapshot_at
FROM resource_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate(oldest) AND day <= toDate({at:DateTime('UTC')})
    AND ts >= oldest AND ts <= {at:DateTime('UTC')}
    AND (
        (
            (provider, account_id, ts) IN (SELECT provider, account_id, ts FROM latest)
            AND (provider, account_id, region)
            NOT IN (SELECT provider, account_id, arrayJoin(failed) FROM latest)
        )
        OR (provider, account_id, region, ts) IN (SELECT provider, account_id, region, ts FROM behind)
    )
    AND ({resource_type:String} = '' OR resource_type = {resource_type:String})
    AND ({status:String} = '' OR state = {status:String})
    AND ({region:String} = '' OR region = {region:String})
    AND (
        NOT {has_after:Bool}
        OR (resource_id, provider, account_id, region)
        > ({after_resource:String}, {after_provider:String}, {after_account:String}, {after_region:String})
    )
ORDER BY resource_id ASC, provider ASC, account_id ASC, region ASC
LIMIT {limit:UInt32}
