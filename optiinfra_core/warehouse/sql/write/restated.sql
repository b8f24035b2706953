-- How many changes of money did this version find?
SELECT count() AS restatements
FROM cost_restatements FINAL
WHERE
    customer_id = {customer_id:String} AND provider = {provider:String} AND account_id = {account_id:String}
    AND day >= {first_day:Date} AND day <= {last_day:Date}
    AND version = {version:UInt64}
