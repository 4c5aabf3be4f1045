SELECT
  MIN("t1"."time") AS "start",
  MAX("t1"."time") AS "end",
  COUNT(DISTINCT "t1"."day") AS "days",
  SUM("t1"."judged") AS "judged",
  SUM("t1"."unknown") AS "unknown"
FROM (
  SELECT
    "t0"."time",
    "t0"."source",
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
    DATE("t0"."time") AS "day",
    IF(
      "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq')
      AND (
        "t0"."rule" IS NOT NULL
      ),
      1,
      0
    ) AS "judged",
    IF(
      "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq')
      AND (
        "t0"."rule" IS NOT NULL
      )
      AND (
        "t0"."verdict" = 'PERMIT'
      )
      AND NOT (
        "t0"."known_rule"
      ),
      1,
      0
    ) AS "unknown"
  FROM "decisions" AS "t0"
) AS "t1"
