-- What was created, removed or changed between two instants, and which fields?
-- Each committed snapshot is compared with the committed one before it, region by region, so that a
-- failed region or a missed run is not taken for a removal. `at` is the snapshot that shows it.
-- What a resource was like is read only of those that changed.
WITH
commits AS
(
    SELECT provider, account_id, groupArray((window_start, failed_parts)) AS history
    FROM collection_windows FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND dataset = 'resource'
        AND day >= toDate({start:DateTime('UTC')}) - 2 AND day <= toDate({end:DateTime('UTC')})
        AND window_start >= {start:DateTime('UTC')} - INTERVAL 2 DAY AND window_start < {end:DateTime('UTC')}
        AND (complete OR notEmpty(failed_parts))
    GROUP BY provider, account_id
),

tracks AS
(
    SELECT
        provider, account_id, region, resource_id, groupArray((ts, 1, content_hash)) AS seen,
        min(content_hash) AS least, max(content_hash) AS most
    FROM resource_metrics FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND day >= toDate({start:DateTime('UTC')}) - 2 AND day <= toDate({end:DateTime('UTC')})
        AND ts >= {start:DateTime('UTC')} - INTERVAL 2 DAY AND ts < {end:DateTime('UTC')}
        AND ({resource_type:String} = '' OR resource_type = {resource_type:String})
        AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
        AND ({region:String} = '' OR region = {region:String})
    GROUP BY provider, account_id, region, resource_id
),

-- The region's snapshots in order, and in each whether the resource was in it, and as what.
states AS
(
    SELECT
        provider, account_id, region, resource_id,
        arrayMap(
            past -> (past.1, 0, toUInt64(0)), arrayFilter(past -> NOT has(past.2, region), history)
        ) AS taken,
        arraySort(arrayConcat(taken, seen)) AS entries,
        arrayMap(
            (entry, following) -> (entry.1, following.1 = entry.1, following.3, entry.2),
            entries, arrayPushBack(arrayPopFront(entries), (toDateTime(0, 'UTC'), 0, toUInt64(0)))
        ) AS told,
        arrayFilter(state -> state.4 = 0, told) AS states
    FROM tracks
    INNER JOIN commits USING (provider, account_id)
    WHERE least != most OR length(seen) != length(taken)
),

moves AS
(
    SELECT
        provider, account_id, region, resource_id, move.1 AS at, move.3 AS change,
        multiIf(change = 'created', [at], change = 'removed', [move.2], [move.2, at]) AS shown
    FROM states
    ARRAY JOIN
        arrayMap(
            (before, after) -> (
                after.1, before.1,
                multiIf(
                    before.2 AND after.2, if(before.3 = after.3, '', 'changed'),
                    after.2, 'created',
                    before.2, 'removed',
                    ''
                )
            ),
            arrayPopBack(states), arrayPopFront(states)
        ) AS move
    WHERE
        change != ''
        AND at >= {start:DateTime('UTC')} AND at < {end:DateTime('UTC')}
        AND (NOT {has_after:Bool} OR at >= {after_at:DateTime('UTC')})
),

details AS
(
    SELECT
        provider, account_id, region, resource_id, ts, resource_type, resource_name,
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
        AND (provider, day, resource_id, account_id, region, ts) IN (
            SELECT provider, toDate(moment), resource_id, account_id, region, moment
            FROM moves
            ARRAY JOIN shown AS moment
        )
),

events AS
(
    SELECT
        at, change, provider, account_id, region, resource_id,
        argMax(resource_type, ts) AS resource_type, argMax(resource_name, ts) AS resource_name,
        argMin(facts, ts) AS earlier, argMax(facts, ts) AS later,
        if(
            change = 'changed',
            arrayFilter(
                difference -> difference.2 != difference.3,
                arrayMap(
                    field -> (
                        field,
                        arrayFirst(fact -> fact.1 = field, earlier).2,
                        arrayFirst(fact -> fact.1 = field, later).2
                    ),
                    arrayDistinct(arrayMap(fact -> fact.1, arrayConcat(earlier, later)))
                )
            ),
            [('', '', '')]
        ) AS differences
    FROM (SELECT at, change, provider, account_id, region, resource_id, arrayJoin(shown) AS ts FROM moves) AS looked
    INNER JOIN details USING (provider, account_id, region, resource_id, ts)
    GROUP BY at, change, provider, account_id, region, resource_id
)

SELECT
    at, change, provider, account_id, region, resource_type, resource_id, resource_name,
    difference.1 AS field, difference.2 AS before, difference.3 AS after
FROM events
ARRAY JOIN differences AS difference
WHERE
    at >= {start:DateTime('UTC')}
    AND (
        NOT {has_after:Bool}
        OR (at, provider, account_id, region, resource_id, change, field)
        > (
            {after_at:DateTime('UTC')}, {after_provider:String}, {after_account:String}, {after_region:String},
            {after_resource:String}, {after_change:String}, {after_field:String}
        )
    )
ORDER BY at ASC, provider ASC, account_id ASC, region ASC, resource_id ASC, change ASC, field ASC
LIMIT {limit:UInt32}
