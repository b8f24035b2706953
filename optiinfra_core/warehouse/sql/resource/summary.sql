-- How many resources of each kind, state and region existed at a moment, how large and how old?
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
    provider, account_id, region, resource_type, state AS status,
    count() AS resources,
    sum(vcpus) AS vcpus, sum(memory_gib) AS memory_gib, sum(storage_gib) AS storage_gib,
    min(created_at) AS oldest_created_at, max(created_at) AS newest_created_at,
    avg(dateDiff('second', created_at, {at:DateTime('UTC')}) / 86400) AS average_age_days,
    max(ts) AS snapshot_at
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
    AND ({account:String} = '' OR account_id = {account:String})
    AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
    AND (
        empty({tag_keys:Array(String)})
        OR arrayAll(
            (tag, wanted) -> mapContains(tags, tag) AND tags[tag] = wanted,
            {tag_keys:Array(String)}, {tag_values:Array(String)}
        )
    )
    AND (
        empty({untagged:Array(String)})
        OR NOT arrayExists(tag -> mapContains(tags, tag), {untagged:Array(String)})
    )
GROUP BY provider, account_id, region, resource_type, state
ORDER BY resource_type ASC, status ASC, provider ASC, account_id ASC, region ASC
