-- Which quarters of an hour hold calls of which applications, and how many of them may be judged?
SELECT
    application_id,
    toStartOfInterval(started, INTERVAL 15 MINUTE) AS window_start,
    count() AS calls,
    countIf(failure = '' AND allowed AND has_answer AND expires_on > {today:Date}) AS eligible,
    max(arrived) AS last_arrival
FROM
    (
        SELECT
            application_id,
            min(started_at) AS started,
            max(error_type) AS failure,
            min(judge_allowed) AS allowed,
            max(notEmpty(output_parts)) AS has_answer,
            max(text_expires_on) AS expires_on,
            max(ingested_at) AS arrived
        FROM llm_interactions
        WHERE
            customer_id = {customer_id:String}
            AND day >= toDate({start:DateTime('UTC')}) - 1 AND day <= toDate({end:DateTime('UTC')}) + 1
        GROUP BY customer_id, application_id, trace_id, span_id
        HAVING
            max(provider) = {provider:String}
            AND started >= {start:DateTime('UTC')} AND started < {end:DateTime('UTC')}
    )
GROUP BY application_id, window_start
ORDER BY application_id ASC, window_start ASC
