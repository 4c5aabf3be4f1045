SELECT
  *
FROM (
  SELECT
    "t1"."source",
    "t1"."minute",
    MIN("t1"."time") AS "first",
    MAX("t1"."time") AS "last"
  FROM (
    SELECT
      "t0"."time",
      IF("t0"."source" = 'vpc-flow-inbound', 'vpc-flow', "t0"."source") AS "source",
      "t0"."sender",
      "t0"."agent",
      "t0"."by_agent",
      "t0"."server_name",
      "t0"."address",
      "t0"."port",
      "t0"."protocol",
      "t0"."rule",
      "t0"."known_rule",
      "t0"."verdict",
      "t0"."enforced",
      "t0"."flow",
      "t0"."upstream",
      "t0"."bytes_out",
      "t0"."bytes_in",
      DATE_TRUNC('MINUTE', "t0"."time") AS "minute"
    FROM "decisions" AS "t0"
  ) AS "t1"
  GROUP BY
    1,
    2
) AS "t2"
ORDER BY
  "t2"."source" ASC,
  "t2"."minute" ASC
