-- What was created, removed or changed between two instants, and which fields?
-- Each committed snapshot is compared with the committed one before it, region by region, so that a
-- failed region or a missed run is not taken for a removal. `at` is the snapshot that shows it.
WITH
commits AS
(
    SELECT provider, account_id, window_start, failed_parts
    FROM collection_windows FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND dataset = 'resource'
        AND day >= toDate({start:DateTime('UTC')}) - 2 AND day <= toDate({end:DateTime('UTC')})
        AND window_start >= {start:DateTime('UTC')} - INTERVAL 2 DAY AND window_start < {end:DateTime('UTC')}
        AND (complete OR notEmpty(failed_parts))
),

snapshots AS
(
    SELECT
        provider, account_id, region, resource_id, ts, resource_type, resource_name, content_hash,
        arrayConcat(
            [
                ('resource_type', toString(resource_type)), ('resource_name', toString(resource_name)),
                ('status', toString(state)), ('sku', toString(sku)),
                ('vcpus', coalesce(toString(vcpus), '')), ('memory_gib', coalesce(toString(memory_gib), '')),
                ('storage_gib', coalesce(toString(storage_gib), '')),
                ('created_at', coalesce(toString(created_at), ''))
            ],
            arrayMap((name, text) -> (concat('tags.', name), text), mapKeys(tags), mapValues(tags)),
            arrayMap(pair -> (concat('attributes.', pair.1), pair.2), JSONExtractKeysAndValuesRaw(attributes))
        ) AS facts
    FROM resource_metrics FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND day >= toDate({start:DateTime('UTC')}) - 2 AND day <= toDate({end:DateTime('UTC')})
        AND ts >= {start:DateTime('UTC')} - INTERVAL 2 DAY AND ts < {end:DateTime('UTC')}
        AND ({resource_type:String} = '' OR resource_type = {resource_type:String})
        AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
        AND ({region:String} = '' OR region = {region:String})
),

steps AS
(
    SELECT
        provider, account_id, region, window_start AS ts,
        lagInFrame(toNullable(window_start)) OVER in_region AS before_ts,
        leadInFrame(toNullable(window_start)) OVER in_region AS after_ts
    FROM commits
    INNER JOIN (SELECT DISTINCT provider, account_id, region FROM snapshots) AS regions
        USING (provider, account_id)
    WHERE NOT has(failed_parts, region)
    WINDOW in_region AS (
        PARTITION BY provider, account_id, region ORDER BY window_start ASC
        ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING
    )
),

histories AS
(
    SELECT
        provider, account_id, region, resource_id, ts, resource_type, resource_name, facts, content_hash,
        before_ts, after_ts,
        lagInFrame(toNullable(ts)) OVER of_resource AS seen_before,
        leadInFrame(toNullable(ts)) OVER of_resource AS seen_after,
        lagInFrame(content_hash) OVER of_resource AS hash_before,
        lagInFrame(facts) OVER of_resource AS facts_before
    FROM snapshots
    INNER JOIN steps USING (provider, account_id, region, ts)
    WINDOW of_resource AS (
        PARTITION BY provider, account_id, region, resource_id ORDER BY ts ASC
        ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING
    )
),

events AS
(
    SELECT
        ts AS at, 'created' AS change, provider, account_id, region, resource_type, resource_id, resource_name,
        [('', '', '')] AS differences
    FROM histories
    WHERE isNotNull(before_ts) AND (isNull(seen_before) OR seen_before != before_ts)
    UNION ALL
    SELECT
        assumeNotNull(after_ts) AS at, 'removed' AS change, provider, account_id, region, resource_type, resource_id,
        resource_name, [('', '', '')] AS differences
    FROM histories
    WHERE isNotNull(after_ts) AND (isNull(seen_after) OR seen_after != after_ts)
    UNION ALL
    SELECT
        ts AS at, 'changed' AS change, provider, account_id, region, resource_type, resource_id, resource_name,
        arrayFilter(
            difference -> difference.2 != difference.3,
            arrayMap(
                field -> (
                    field,
                    arrayFirst(fact -> fact.1 = field, facts_before).2,
                    arrayFirst(fact -> fact.1 = field, facts).2
                ),
                arrayDistinct(arrayMap(fact -> fact.1, arrayConcat(facts_before, facts)))
            )
        ) AS differences
    FROM histories
    WHERE isNotNull(before_ts) AND seen_before = before_ts AND hash_before != content_hash
)

SELECT
    at, change, provider, account_id, region, resource_type, resource_id, resource_name,
    difference.1 AS field, difference.2 AS before, difference.3 AS after
FROM events
ARRAY JOIN differences AS difference
WHERE at >= {start:DateTime('UTC')} AND at < {end:DateTime('UTC')}
ORDER BY at ASC, provider ASC, account_id ASC, region ASC, resource_id ASC, change ASC, field ASC
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
