SELECT
  "t1"."server_name"
FROM (
  SELECT DISTINCT
    "t0"."server_name",
    "t0"."source"
  FROM "decisions" AS "t0"
  WHERE
    "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq', 'vpc-flow')
    AND "t0"."server_name" IS NOT NULL
) AS "t1"
ORDER BY
  "t1"."server_name" ASC
