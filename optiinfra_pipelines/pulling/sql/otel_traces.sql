-- Why: spans that tell a call of a model, as the collector's ClickHouse exporter stores them.
SELECT
    TraceId AS trace_id,
    SpanId AS span_id,
    SpanName AS name,
    toUnixTimestamp64Nano(Timestamp) AS started,
    Duration AS took,
    StatusCode AS status,
    ResourceAttributes AS resource,
    SpanAttributes AS attributes,
    arrayMap(at -> toUnixTimestamp64Nano(at), `Events.Timestamp`) AS event_times,
    `Events.Name` AS event_names,
    `Events.Attributes` AS event_attributes
FROM {table:Identifier}
WHERE
    Timestamp >= fromUnixTimestamp64Nano({start:Int64})
    AND Timestamp < fromUnixTimestamp64Nano({end:Int64})
    AND arrayExists(
        key -> arrayExists(mark -> startsWith(key, mark), {marks:Array(String)}),
        mapKeys(SpanAttributes)
    )
