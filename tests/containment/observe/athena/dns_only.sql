SELECT
  *
FROM (
  SELECT
    "t13"."server_name",
    "t13"."agent",
    MIN("t13"."rule") AS "rule",
    MAX("t13"."denied") AS "denied",
    COUNT(*) AS "count",
    MIN("t13"."time") AS "first_seen",
    MAX("t13"."time") AS "last_seen",
    COUNT(DISTINCT "t13"."day") AS "days"
  FROM (
    SELECT
      "t12"."time",
      "t12"."source",
      "t12"."sender",
      "t12"."agent",
      "t12"."by_agent",
      "t12"."server_name",
      "t12"."address",
      "t12"."port",
      "t12"."protocol",
      "t12"."rule",
      "t12"."known_rule",
      "t12"."verdict",
      "t12"."enforced",
      "t12"."flow",
      "t12"."upstream",
      "t12"."bytes_out",
      "t12"."bytes_in",
      IF("t12"."verdict" = 'DENY', 1, 0) AS "denied",
      DATE("t12"."time") AS "day"
    FROM (
      SELECT
        "t6"."time",
        "t6"."source",
        "t6"."sender",
        "t6"."agent",
        "t6"."by_agent",
        "t6"."server_name",
        "t6"."address",
        "t6"."port",
        "t6"."protocol",
        "t6"."rule",
        "t6"."known_rule",
        "t6"."verdict",
        "t6"."enforced",
        "t6"."flow",
        "t6"."upstream",
        "t6"."bytes_out",
        "t6"."bytes_in"
      FROM (
        SELECT
          *
        FROM "decisions" AS "t0"
        WHERE
          "t0"."source" = 'resolver-query'
          AND "t0"."by_agent"
          AND "t0"."server_name" IS NOT NULL
      ) AS "t6"
      WHERE
        NOT EXISTS(
          SELECT
            1
          FROM (
            SELECT DISTINCT
              "t0"."agent",
              "t0"."server_name"
            FROM "decisions" AS "t0"
            WHERE
              "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq', 'vpc-flow')
              AND "t0"."server_name" IS NOT NULL
          ) AS "t7"
          WHERE
            "t6"."agent" = "t7"."agent" AND "t6"."server_name" = "t7"."server_name"
        )
        AND NOT EXISTS(
          SELECT
            1
          FROM (
            SELECT DISTINCT
              *
            FROM (
              SELECT
                "t8"."agent",
                "t2"."name" AS "server_name"
              FROM (
                SELECT DISTINCT
                  "t0"."agent",
                  "t0"."address"
                FROM "decisions" AS "t0"
                WHERE
                  "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq', 'vpc-flow')
                  AND "t0"."address" IS NOT NULL
              ) AS "t8"
              INNER JOIN "answers" AS "t2"
                ON "t8"."address" = "t2"."address"
            ) AS "t9"
          ) AS "t11"
          WHERE
            "t6"."agent" = "t11"."agent" AND "t6"."server_name" = "t11"."server_name"
        )
    ) AS "t12"
  ) AS "t13"
  GROUP BY
    1,
    2
) AS "t14"
ORDER BY
  "t14"."server_name" ASC,
  "t14"."agent" ASC
