SELECT
  *
FROM (
  SELECT
    "t12"."address",
    "t12"."agent",
    "t12"."port",
    "t12"."protocol",
    "t12"."rule",
    "t12"."denied",
    "t12"."applied",
    "t12"."count",
    "t12"."bytes_out",
    "t12"."bytes_in",
    "t12"."first_seen",
    "t12"."last_seen",
    "t12"."days"
  FROM (
    SELECT
      "t11"."address",
      "t11"."agent",
      "t11"."port",
      "t11"."protocol",
      "t11"."rule",
      "t11"."denied",
      "t11"."applied",
      "t11"."count",
      IF("t11"."has_out" = 1, "t11"."bytes_out", CAST(NULL AS BIGINT)) AS "bytes_out",
      IF("t11"."has_in" = 1, "t11"."bytes_in", CAST(NULL AS BIGINT)) AS "bytes_in",
      "t11"."has_out",
      "t11"."has_in",
      "t11"."first_seen",
      "t11"."last_seen",
      "t11"."days"
    FROM (
      SELECT
        "t10"."address",
        "t10"."agent",
        "t10"."port",
        "t10"."protocol",
        MAX("t10"."rule") AS "rule",
        MAX("t10"."denied") AS "denied",
        MAX("t10"."applied") AS "applied",
        MAX("t10"."count") AS "count",
        MAX("t10"."bytes_out") AS "bytes_out",
        MAX("t10"."bytes_in") AS "bytes_in",
        MAX("t10"."has_out") AS "has_out",
        MAX("t10"."has_in") AS "has_in",
        MIN("t10"."first_seen") AS "first_seen",
        MAX("t10"."last_seen") AS "last_seen",
        MAX("t10"."days") AS "days"
      FROM (
        SELECT
          "t9"."address",
          "t9"."agent",
          "t9"."port",
          "t9"."protocol",
          "t9"."source",
          MAX("t9"."rule") AS "rule",
          MAX("t9"."denied") AS "denied",
          MAX("t9"."applied") AS "applied",
          COUNT(*) AS "count",
          SUM("t9"."bytes_out") AS "bytes_out",
          SUM("t9"."bytes_in") AS "bytes_in",
          MAX("t9"."has_out") AS "has_out",
          MAX("t9"."has_in") AS "has_in",
          MIN("t9"."time") AS "first_seen",
          MAX("t9"."time") AS "last_seen",
          COUNT(DISTINCT "t9"."day") AS "days"
        FROM (
          SELECT
            "t8"."time",
            "t8"."source",
            "t8"."sender",
            "t8"."agent",
            "t8"."by_agent",
            "t8"."server_name",
            "t8"."address",
            COALESCE("t8"."port", -1) AS "port",
            "t8"."protocol",
            COALESCE("t8"."rule", '') AS "rule",
            "t8"."known_rule",
            "t8"."verdict",
            "t8"."enforced",
            COALESCE("t8"."flow", '') AS "flow",
            "t8"."upstream",
            "t8"."bytes_out",
            "t8"."bytes_in",
            IF("t8"."verdict" = 'DENY', 1, 0) AS "denied",
            IF((
              "t8"."verdict" = 'DENY'
            ) AND "t8"."enforced", 1, 0) AS "applied",
            DATE("t8"."time") AS "day",
            IF("t8"."bytes_out" IS NOT NULL, 1, 0) AS "has_out",
            IF("t8"."bytes_in" IS NOT NULL, 1, 0) AS "has_in"
          FROM (
            SELECT
              "t7"."time",
              "t7"."source",
              "t7"."sender",
              "t7"."agent",
              "t7"."by_agent",
              "t7"."server_name",
              "t7"."address",
              "t7"."port",
              "t7"."protocol",
              "t7"."rule",
              "t7"."known_rule",
              "t7"."verdict",
              "t7"."enforced",
              "t7"."flow",
              "t7"."upstream",
              "t7"."bytes_out",
              "t7"."bytes_in"
            FROM (
              SELECT
                *
              FROM "decisions" AS "t0"
              WHERE
                "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq', 'vpc-flow')
                AND "t0"."by_agent"
                AND "t0"."server_name" IS NULL
                AND "t0"."address" IS NOT NULL
                AND NOT (
                  SUBSTR(COALESCE("t0"."rule", ''), -LENGTH('-allow-vpc-dns-udp')) = '-allow-vpc-dns-udp'
                )
                AND NOT (
                  SUBSTR(COALESCE("t0"."rule", ''), -LENGTH('-allow-vpc-dns-tcp')) = '-allow-vpc-dns-tcp'
                )
            ) AS "t7"
            WHERE
              NOT EXISTS(
                SELECT
                  1
                FROM (
                  SELECT DISTINCT
                    "t1"."address"
                  FROM "answers" AS "t1"
                ) AS "t4"
                WHERE
                  "t7"."address" = "t4"."address"
              )
              AND NOT EXISTS(
                SELECT
                  1
                FROM (
                  SELECT DISTINCT
                    "t0"."agent",
                    "t0"."address"
                  FROM "decisions" AS "t0"
                  WHERE
                    "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq', 'vpc-flow')
                    AND "t0"."by_agent"
                    AND "t0"."server_name" IS NOT NULL
                ) AS "t5"
                WHERE
                  "t7"."agent" = "t5"."agent" AND "t7"."address" = "t5"."address"
              )
          ) AS "t8"
        ) AS "t9"
        GROUP BY
          1,
          2,
          3,
          4,
          5
      ) AS "t10"
      GROUP BY
        1,
        2,
        3,
        4
    ) AS "t11"
  ) AS "t12"
) AS "t13"
ORDER BY
  "t13"."address" ASC,
  "t13"."agent" ASC,
  "t13"."port" ASC,
  "t13"."protocol" ASC
