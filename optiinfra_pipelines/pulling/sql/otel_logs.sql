-- Why: log records that tell a piece of a call. Newer exporters name the event in a column of its
-- own, older ones in the attributes; COLUMNS takes the column where there is one.
SELECT
    TraceId AS trace_id,
    SpanId AS span_id,
    toUnixTimestamp64Nano(Timestamp) AS at,
    Body AS body,
    ResourceAttributes AS resource,
    LogAttributes AS attributes,
    COLUMNS('^EventName$')
FROM {table:Identifier}
WHERE
    Timestamp >= fromUnixTimestamp64Nano({start:Int64})
    AND Timestamp < fromUnixTimestamp64Nano({end:Int64})
    AND TraceId != ''
    AND (
        arrayExists(key -> startsWith(key, 'gen_ai.'), mapKeys(LogAttributes))
        OR startsWith(LogAttributes['event.name'], 'gen_ai.')
    )
