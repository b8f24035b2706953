-- The commit records of those windows.
INSERT INTO collection_windows
(
    customer_id, provider, dataset, account_id, window_start, window_end, source, source_version, run_id,
    version, started_at, "rows", checksum, complete, failed_parts, first_committed_at, finished_at
)
SELECT
    {customer:String}, {provider:String}, {dataset:String}, {account:String},
    {start:DateTime('UTC')} + {step:UInt32} * number, {start:DateTime('UTC')} + {step:UInt32} * (number + 1),
    {source:String}, '', 'fill', {version:UInt64},
    fromUnixTimestamp64Milli({version:UInt64}), {rows:UInt64}, sipHash64(number), 1, [],
    fromUnixTimestamp64Milli({version:UInt64}), fromUnixTimestamp64Milli({version:UInt64})
FROM numbers({windows:UInt64})
