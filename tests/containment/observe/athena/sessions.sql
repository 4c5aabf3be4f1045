WITH "t1" AS (
  SELECT DISTINCT
    "t0"."agent",
    CAST(FLOOR(CAST((
      TO_UNIXTIME("t0"."time")
    ) AS DOUBLE) / (
      1800
    )) AS BIGINT) AS "slot"
  FROM "decisions" AS "t0"
  WHERE
    "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq')
    AND "t0"."rule" IS NOT NULL
    AND "t0"."by_agent"
)
SELECT
  "t6"."sessions" - "t12"."resumed" AS "sessions"
FROM (
  SELECT
    COUNT(*) AS "sessions"
  FROM "t1" AS "t2"
) AS "t6"
CROSS JOIN (
  SELECT
    "t10"."sessions" AS "resumed"
  FROM (
    SELECT
      COUNT(*) AS "sessions"
    FROM (
      SELECT
        "t5"."agent",
        "t5"."slot"
      FROM (
        SELECT DISTINCT
          "t0"."agent",
          CAST(FLOOR(CAST((
            TO_UNIXTIME("t0"."time")
          ) AS DOUBLE) / (
            1800
          )) AS BIGINT) AS "slot"
        FROM "decisions" AS "t0"
        WHERE
          "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq')
          AND "t0"."rule" IS NOT NULL
          AND "t0"."by_agent"
          AND (
            CAST(FLOOR(CAST((
              TO_UNIXTIME("t0"."time")
            ) AS DOUBLE) / (
              1800
            )) AS BIGINT) % 48
          ) <> 0
      ) AS "t5"
      WHERE
        EXISTS(
          SELECT
            1
          FROM (
            SELECT
              "t2"."agent",
              "t2"."slot" + 1 AS "slot"
            FROM "t1" AS "t2"
          ) AS "t8"
          WHERE
            "t5"."agent" = "t8"."agent" AND "t5"."slot" = "t8"."slot"
        )
    ) AS "t9"
  ) AS "t10"
) AS "t12"
