-- What existed at a moment?
-- From the last committed snapshot of each account, at most two days back; a region that failed in it
-- is taken from the last snapshot in which it did not.
WITH
(
    SELECT groupArray((provider, account_id, history))
    FROM
        (
            SELECT provider, account_id, arrayReverseSort(groupArray((window_start, failed_parts))) AS history
            FROM collection_windows FINAL
            WHERE
                customer_id = {customer_id:String}
                AND provider IN {providers:Array(String)}
                AND dataset = 'resource'
                AND day >= toDate({at:DateTime('UTC')}) - 2 AND day <= toDate({at:DateTime('UTC')})
                AND window_start > {at:DateTime('UTC')} - INTERVAL 2 DAY AND window_start <= {at:DateTime('UTC')}
                AND (complete OR notEmpty(failed_parts))
            GROUP BY provider, account_id
        )
) AS accounts,
-- The snapshots that anything is taken from: the last one, and for each region it lacks the last that has it.
arrayDistinct(
    arrayFlatten(
        arrayMap(
            account -> arrayPushFront(
                arrayMap(
                    failed -> arrayFirst(past -> NOT has(past.2, failed), account.3).1,
                    account.3[1].2
                ),
                account.3[1].1
            ),
            accounts
        )
    )
) AS moments
SELECT
    provider, account_id, region, resource_type, resource_id, resource_name, state AS status, sku, vcpus,
    memory_gib, storage_gib, created_at, tags, attributes, ts AS snapshot_at
FROM resource_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({at:DateTime('UTC')}) - 2 AND day <= toDate({at:DateTime('UTC')})
    AND has(arrayMap(moment -> toDate(moment), moments), day)
    AND has(moments, ts)
    AND ts = arrayFirst(
        past -> NOT has(past.2, region),
        arrayFirst(account -> account.1 = provider AND account.2 = account_id, accounts).3
    ).1
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
    AND (
        NOT {has_after:Bool}
        OR (resource_id, provider, account_id, region)
        > ({after_resource:String}, {after_provider:String}, {after_account:String}, {after_region:String})
    )
ORDER BY resource_id ASC, provider ASC, account_id ASC, region ASC
LIMIT {limit:UInt32}
