SELECT
  "t11"."server_name",
  "t11"."address",
  "t11"."agent",
  "t11"."moved",
  "t11"."count",
  "t11"."first_seen",
  "t11"."last_seen",
  "t11"."days",
  COALESCE("t11"."answered", 0) AS "answered",
  COALESCE("t11"."matched", 0) AS "matched"
FROM (
  SELECT
    "t10"."server_name",
    "t10"."address",
    "t10"."agent",
    "t10"."moved",
    "t10"."count",
    "t10"."first_seen",
    "t10"."last_seen",
    "t10"."days",
    "t7"."answered",
    "t8"."matched"
  FROM (
    SELECT
      "t6"."server_name",
      "t6"."address",
      "t6"."agent",
      MAX("t6"."moved") AS "moved",
      COUNT(DISTINCT "t6"."flow") AS "count",
      MIN("t6"."time") AS "first_seen",
      MAX("t6"."time") AS "last_seen",
      COUNT(DISTINCT "t6"."day") AS "days"
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
        COALESCE("t0"."flow", '') AS "flow",
        "t0"."upstream",
        "t0"."bytes_out",
        "t0"."bytes_in",
        IF((
          "t0"."upstream" IS NOT NULL
        ) AND (
          "t0"."upstream" <> "t0"."address"
        ), 1, 0) AS "moved",
        DATE("t0"."time") AS "day"
      FROM "decisions" AS "t0"
      WHERE
        "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq')
        AND "t0"."server_name" IS NOT NULL
        AND "t0"."address" IS NOT NULL
    ) AS "t6"
    GROUP BY
      1,
      2,
      3
  ) AS "t10"
  LEFT OUTER JOIN (
    SELECT
      "t2"."server_name",
      1 AS "answered"
    FROM (
      SELECT DISTINCT
        "t1"."name" AS "server_name"
      FROM "answers" AS "t1"
    ) AS "t2"
  ) AS "t7"
    ON "t10"."server_name" = "t7"."server_name"
  LEFT OUTER JOIN (
    SELECT
      "t3"."address",
      "t3"."server_name",
      1 AS "matched"
    FROM (
      SELECT DISTINCT
        "t1"."address",
        "t1"."name" AS "server_name"
      FROM "answers" AS "t1"
    ) AS "t3"
  ) AS "t8"
    ON "t10"."server_name" = "t8"."server_name" AND "t10"."address" = "t8"."address"
) AS "t11"
ORDER BY
  "t11"."server_name" ASC,
  "t11"."address" ASC,
  "t11"."agent" ASC
